/* SPDX-License-Identifier: BSD-2-Clause */
/* hal/memory.h: the region between the C library's heap and the end of RAM, from below. */
#include "hal/memory.h"

#include <stdint.h>

extern uint8_t __pool_start[], __ram_end[];

static uintptr_t taken;

void *memory_take(size_t bytes, size_t alignment)
{
	uintptr_t start = (uintptr_t)__pool_start + taken;
	uintptr_t at = (start + alignment - 1) & ~(uintptr_t)(alignment - 1);

	/* RAM is zero after a cold start only; what is taken is cleared by who takes it */
	if (at > (uintptr_t)__ram_end || bytes > (uintptr_t)__ram_end - at) {
		return NULL;
	}
	taken = at + bytes - (uintptr_t)__pool_start;
	for (uint64_t *word = (uint64_t *)at; word < (uint64_t *)(at + (bytes & ~(size_t)7));
	     word++) {
		*word = 0;
	}
	return (void *)at;
}

size_t memory_left(void)
{
	return (size_t)(__ram_end - __pool_start) - taken;
}
