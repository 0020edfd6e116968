/* SPDX-License-Identifier: BSD-2-Clause */
/* The console's commands: which there are, and what a line asks for. */
#ifndef FIRMWARE_CONSOLE_COMMAND_H
#define FIRMWARE_CONSOLE_COMMAND_H

#include "firmware/console.h"

/* Does what a line says and prints the answer. */
void console_command(struct console *console, const char *line);

#endif
