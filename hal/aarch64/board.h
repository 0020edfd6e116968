/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the bare-metal start-up asks of a board, each once per image, called by core 0
 * before main(): link errors when missing. Addresses are physical and virtual at once
 * (the map is the identity).
 */
#ifndef HAL_AARCH64_BOARD_H
#define HAL_AARCH64_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Registers of devices, mapped as Device-nGnRE, never executable. Page 0 may not be in it. */
struct board_region {
	uintptr_t start;
	size_t bytes;
	bool data_core; /* its alone: not mapped for management */
};

/* The board's device regions, closed by one of 0 bytes. Called with the MMU off. */
const struct board_region *board_regions(void);
uintptr_t board_gic_distributor(void);
uintptr_t board_gic_redistributors(void); /* of core 0, the others follow in order */
/* Real entropy, for the stack canary and all keys; how many bytes of `out` were filled. */
size_t board_entropy(void *out, size_t length);
/* Nanoseconds since 1970 by the board's clock, 0 if it has none or it was never set. */
uint64_t board_wall_ns(void);

#endif
