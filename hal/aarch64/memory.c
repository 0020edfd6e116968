/* SPDX-License-Identifier: BSD-2-Clause */
/* hal/memory.h: the region between the C library's heap and the end of RAM, from below. */
#include "hal/memory.h"

#include <stdint.h>

extern uint8_t __pool_start[], __ram_end[];

static uintptr_t taken;

void *memory_take(size_t bytes, size_t alignment)
{
	size_t step = alignment > sizeof(uint64_t) ? alignment : sizeof(uint64_t);
	uintptr_t start = (uintptr_t)__pool_start + taken;
	uintptr_t at = (start + step - 1) & ~(uintptr_t)(step - 1);

	if (at > (uintptr_t)__ram_end || bytes > (uintptr_t)__ram_end - at) {
		return NULL;
	}
	/* RAM is zero after a cold start only; whole words, the rest of the last one is nobody's */
	size_t words = bytes / sizeof(uint64_t) + (bytes % sizeof(uint64_t) != 0);

	for (size_t i = 0; i < words; i++) {
		((uint64_t *)at)[i] = 0;
	}
	taken = at + bytes - (uintptr_t)__pool_start;
	return (void *)at;
}

size_t memory_left(void)
{
	return (size_t)(__ram_end - __pool_start) - taken;
}
