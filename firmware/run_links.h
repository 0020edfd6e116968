/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The links of the two interfaces that `portreeve run` bridges: has a loss on one side be shown to
 * the other one (firmware/link_carry.h), by switching that interface off. Management's work: the
 * system may take as long as it likes to switch an interface, and lets nobody else ask meanwhile.
 */
#ifndef FIRMWARE_RUN_LINKS_H
#define FIRMWARE_RUN_LINKS_H

#include <stdint.h>

#include "firmware/run_ports.h"

/* Data core, before management runs; `ports` stays. 0 or −errno. */
int run_links_open(const struct run_ports *ports);
/* A duty of management's: does what is due, returns when it wants to look again at the latest. */
uint64_t run_links_watch(uint64_t now_ns);
/* Switches on what is off: the kernel's bridge does not carry. Data core, when management's core is
 * off. */
void run_links_release(void);
/* Also releases. */
void run_links_close(void);

#endif
