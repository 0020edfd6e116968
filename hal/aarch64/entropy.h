/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Behind hal/entropy.h on bare metal: the board's source and, where the core has it,
 * RNDR, mixed.
 */
#ifndef HAL_AARCH64_ENTROPY_H
#define HAL_AARCH64_ENTROPY_H

#include <stdbool.h>
#include <stddef.h>

/* For the stack canary, before the C library runs. False: there was no real entropy; the bytes
 * differ from start to start then, but may be guessed. */
bool entropy_early(void *out, size_t length);

#endif
