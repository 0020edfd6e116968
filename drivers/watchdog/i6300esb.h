/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The watchdog timer of Intel's 6300ESB I/O controller hub (data sheet 300641, chapter
 * 16), a PCI function. It counts two stages; the second one resets the board.
 */
#ifndef DRIVERS_WATCHDOG_I6300ESB_H
#define DRIVERS_WATCHDOG_I6300ESB_H

#include "hal/watchdog.h"

struct i6300esb {
	struct watchdog watchdog; /* first */
	uintptr_t function; /* its configuration space */
	uintptr_t registers;
};

/* `function`: its PCI configuration space, `window`: bus addresses that it may have for its
 * registers. Whether it expired is told once. 0; −ENODEV: another device, or none; −EIO: its
 * registers are not where they were put. */
int i6300esb_init(struct i6300esb *esb, uintptr_t function, uintptr_t window);

#endif
