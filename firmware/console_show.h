/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the console's `show` commands print. All but the accounts read counters that the
 * data core goes on writing: each is whole, together they are of about the same moment.
 */
#ifndef FIRMWARE_CONSOLE_SHOW_H
#define FIRMWARE_CONSOLE_SHOW_H

#include "firmware/console.h"

/* Prints a text in rows (rows.h). */
void console_show_rows(const char *text);
void console_show_accounts(struct console *console);
void console_show_alerts(struct console *console);
void console_show_drops(struct console *console);
void console_show_ports(struct console *console);

#endif
