/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parallel NOR flash with the Intel command set (JEDEC JESD68, CFI; Intel AP-646), two
 * 16-bit chips side by side on a 32-bit bus, as the `virt` machine has it. Reads are in
 * place. While a block is programmed or erased nothing of the flash can be read:
 * only management may do it, with nothing else looking at the flash.
 */
#ifndef DRIVERS_FLASH_CFI_H
#define DRIVERS_FLASH_CFI_H

#include "hal/flash.h"

/* `base`: mapped as device memory, for commands and reads. */
struct cfi {
	struct flash flash; /* first */
	uintptr_t base;
};

/* Asks the chips for their size and blocks. 0; −ENODEV: no such flash there, or the two say
 * different things. */
int cfi_init(struct cfi *cfi, uintptr_t base);

#endif
