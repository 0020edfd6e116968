/* SPDX-License-Identifier: BSD-2-Clause */
/* What the console's commands answer. Reads counters that the data core goes on writing: each is
 * whole, together they are of about the same moment. */
#ifndef FIRMWARE_CONSOLE_SHOW_H
#define FIRMWARE_CONSOLE_SHOW_H

#include "firmware/console.h"

/* Prints the answer to a command line. */
void console_answer(const struct console *console, const char *line);

#endif
