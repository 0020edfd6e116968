/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The serial line as a person uses it: a prompt, a line with backspace, a few commands
 * that show what the appliance counts. Lines that arrive while one is typed are printed
 * above it. Management core only.
 *
 *   show … | events … | signatures load | reboot | help
 */
#ifndef FIRMWARE_CONSOLE_H
#define FIRMWARE_CONSOLE_H

#include "firmware/dataplane.h"
#include "firmware/signatures.h"

#define CONSOLE_LINE_MAX 128
#define CONSOLE_ALERTS 16 /* the latest, kept for `show alerts` */
#define CONSOLE_ALERT_BYTES 320

struct console {
	const struct dataplane *plane;
	struct signatures *signatures;
	bool eve; /* events as EVE JSON, not as text */
	bool reboot; /* is wanted: management does it */
	char line[CONSOLE_LINE_MAX];
	size_t length;
	bool started;
	bool after_return; /* an LF that follows belongs to it */
	uint64_t events[EVENT_TYPE_COUNT];
	uint64_t alerts;
	char alert[CONSOLE_ALERTS][CONSOLE_ALERT_BYTES]; /* a ring of text */
};

void console_start(struct console *console, const struct dataplane *plane,
		   struct signatures *signatures);
/* Takes what was typed, answers what is complete. */
void console_poll(struct console *console);
/* Prints a line of its own, whatever is being typed. */
void console_print(struct console *console, const char *line, size_t length);
/* Counts an event and keeps the text of an alert. */
void console_count(struct console *console, const struct event *event);

#endif
