/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data core's memory: taken at start, kept for good. On bare metal management's
 * core can read it and not write it, so nothing that goes wrong there reaches frames,
 * flows or rings.
 */
#ifndef HAL_MEMORY_H
#define HAL_MEMORY_H

#include <stddef.h>

/* `bytes`, zeroed, aligned to `alignment` (a power of two ≤ 2 MiB); NULL when there is no more.
 * Core 0, before the data plane runs. */
void *memory_take(size_t bytes, size_t alignment);
/* What could still be taken. */
size_t memory_left(void);

#endif
