/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages of pages.h: one bit each, first fit from where the last search ended. */
#include "hal/aarch64/pages.h"

#include <errno.h>
#include <stdbool.h>

#include "hal/aarch64/layout.h"

#define PAGES_MAX 32768u /* 128 MiB */

extern uint8_t __heap_start[], __pool_start[];

static uint64_t used[PAGES_MAX / 64];
static size_t next;

static size_t page_count(void)
{
	size_t count = (size_t)(__pool_start - __heap_start) / PAGE_BYTES;

	return count < PAGES_MAX ? count : PAGES_MAX;
}

static bool is_used(size_t page)
{
	return (used[page / 64] >> page % 64 & 1) != 0;
}

static void mark(size_t first, size_t count, bool value)
{
	for (size_t page = first; page < first + count; page++) {
		uint64_t bit = 1ull << page % 64;

		used[page / 64] = value ? used[page / 64] | bit : used[page / 64] & ~bit;
	}
}

/* The first page of a free run within [from, end), or `end`. */
static size_t find(size_t from, size_t end, size_t count)
{
	size_t run = 0;

	for (size_t page = from; page < end; page++) {
		run = is_used(page) ? 0 : run + 1;
		if (run == count) {
			return page + 1 - count;
		}
	}
	return end;
}

uintptr_t pages_map(size_t bytes)
{
	size_t total = page_count();
	size_t count = bytes / PAGE_BYTES + (bytes % PAGE_BYTES != 0);

	if (count == 0 || count > total) {
		return 0;
	}
	size_t first = find(next, total, count);

	if (first == total) {
		first = find(0, total, count);
	}
	if (first == total) {
		return 0;
	}
	mark(first, count, true);
	next = first + count;
	uint64_t *words = (uint64_t *)(void *)(__heap_start + first * PAGE_BYTES);

	for (size_t i = 0; i < count * (PAGE_BYTES / sizeof(*words)); i++) {
		words[i] = 0;
	}
	return (uintptr_t)words;
}

int pages_unmap(uintptr_t address, size_t bytes)
{
	size_t at = address - (uintptr_t)__heap_start;
	size_t count = bytes / PAGE_BYTES + (bytes % PAGE_BYTES != 0);

	if (address % PAGE_BYTES != 0 || address < (uintptr_t)__heap_start ||
	    at / PAGE_BYTES > page_count() || count > page_count() - at / PAGE_BYTES) {
		return -EINVAL;
	}
	mark(at / PAGE_BYTES, count, false);
	return 0;
}
