/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signature set of the appliance: in flash at FLASH_SET_OFFSET, as sig compile wrote
 * it. Copied to memory, checked and opened there: flash cannot be read while it is
 * written, and a set that is in use may not change. Management core.
 */
#ifndef FIRMWARE_FLASH_SET_H
#define FIRMWARE_FLASH_SET_H

#include <stdatomic.h>
#include <stdbool.h>

#include "firmware/loaded_set.h"
#include "hal/flash.h"

#define FLASH_SET_OFFSET 0

/* `flash` may be NULL. False: see error. `progress` counts up meanwhile, as a million values take
 * their time. */
bool flash_set_load(struct loaded_set *signatures, const struct flash *flash,
		    _Atomic uint32_t *progress);

#endif
