/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory for a host program: there is some, or the program ends and says so.
 */
#ifndef TOOLS_SIG_MEMORY_H
#define TOOLS_SIG_MEMORY_H

#include <stddef.h>

/* `count` × `size` zeroed bytes at a multiple of SET_ALIGNMENT; freed with free(). */
void *memory_zeroed(size_t count, size_t size);

/* Makes room for one more element after `used` of them. Returns the array, moved perhaps;
 * *capacity starts at 0 with a NULL array. */
void *memory_grow(void *array, size_t used, size_t *capacity, size_t size);

#endif
