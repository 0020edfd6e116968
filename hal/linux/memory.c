/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/memory.h on Linux: pages of the program's own, which cost nothing until they are used, or
 * until the program has to have them all.
 */
#define _GNU_SOURCE

#include "hal/memory.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hal/live.h"

void *memory_take(size_t bytes, size_t alignment)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t extra = alignment > page ? alignment : 0;

	if (bytes == 0 || bytes > SIZE_MAX - extra) {
		return NULL;
	}
	uint8_t *memory = mmap(NULL, bytes + extra, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		return NULL;
	}
	/* Flows lie far apart: with huge pages finding one takes fewer looks at the page table. A
	 * refusal does not matter. */
	(void)madvise(memory, bytes + extra, MADV_HUGEPAGE);
	return memory + (alignment - ((uintptr_t)memory & (alignment - 1))) % alignment;
}

void live_keep_memory(void)
{
	(void)mlockall(MCL_CURRENT);
}

size_t memory_left(void)
{
	return (size_t)sysconf(_SC_AVPHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
}
