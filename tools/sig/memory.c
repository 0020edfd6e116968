/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory or the end; see memory.h.
 */
#include "tools/sig/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/set.h"

static void *checked(void *memory)
{
	if (memory == NULL) {
		fputs("portreeve-tool: out of memory\n", stderr);
		exit(1);
	}
	return memory;
}

void *memory_zeroed(size_t count, size_t size)
{
	size_t bytes;

	if (count > (SIZE_MAX - SET_ALIGNMENT) / size) {
		return checked(NULL);
	}
	bytes = (count * size + SET_ALIGNMENT) & ~(size_t)(SET_ALIGNMENT - 1);
	return memset(checked(aligned_alloc(SET_ALIGNMENT, bytes)), 0, bytes);
}

void *memory_grow(void *array, size_t used, size_t *capacity, size_t size)
{
	size_t more = *capacity == 0 ? 64 : *capacity + *capacity / 2;

	if (used < *capacity) {
		return array;
	}
	*capacity = more;
	return checked(more > SIZE_MAX / size ? NULL : realloc(array, more * size));
}
