/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a board is made of, as the firmware asks for it: one body per image, in
 * board/NAME/. Found and started on first use, by core 0.
 */
#ifndef HAL_BOARD_H
#define HAL_BOARD_H

#include "hal/flash.h"
#include "hal/port.h"
#include "hal/watchdog.h"

/* NULL where the board (or what it is plugged into) has none. */
struct port *board_port_inside(void);
struct port *board_port_outside(void);
struct flash *board_flash(void);
struct watchdog *board_watchdog(void);
const char *board_name(void);

#endif
