/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an appliance that is a program has to open before the other contracts hold: its cores are
 * threads, its serial line is a terminal, its data ports are interfaces of the operating system.
 * For boards that have one. Data core, but for what says otherwise.
 */
#ifndef HAL_LIVE_H
#define HAL_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal/interface.h"

/* Before threads are made: a fault of management's is the end of that core alone from here on. 0 or
 * −errno. */
int cores_init(void);
/* Ends the thread of management's core, which is off then. */
_Noreturn void cores_end_management(void);

/* hal/serial.h's line: the terminal, if standard input and output are one, whose lines then are
 * taken key by key; else a pseudo terminal that the link `path` leads to from now on, and standard
 * output goes there. `*output`: where that went before. 0 or −errno. */
int serial_open(const char *path, int *output);
/* Whether it is the terminal. */
bool serial_is_terminal(void);
/* Puts the terminal back, or takes the link away. Any core, also at the very end. */
void serial_close(void);

/* hal/board.h's data ports: opens both. 0, or −errno and in `error` which one and why, as a
 * clause. */
int live_ports_open(const struct interface *inside, const struct interface *outside, char *error,
		    size_t size);
/* What they are driven by and why, as a clause. */
const char *live_ports_driver(void);
/* A few times a second: has the ports count what their interfaces lost. */
void live_ports_look(void);
void live_ports_close(void);

#endif
