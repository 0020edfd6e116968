/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The serial line as a person uses it: a prompt, a line that can be edited (backspace,
 * Ctrl-U; Ctrl-C begins anew), a few commands that show what the appliance counts. Lines
 * that arrive while one is typed are printed above it. For a screen of 80 columns.
 * Management core only.
 *
 *   show … | events … | signatures load | reboot | help
 */
#ifndef FIRMWARE_CONSOLE_H
#define FIRMWARE_CONSOLE_H

#include "firmware/alert_servers.h"
#include "firmware/dataplane.h"
#include "firmware/signatures.h"

#define CONSOLE_LINE_MAX \
	68 /* with the prompt a row of the screen: what is printed above clears one */
#define CONSOLE_ALERTS 8 /* the latest, kept for `show alerts`: a screen of them */
#define CONSOLE_ALERT_BYTES 320

struct console {
	const struct dataplane *plane;
	struct signatures *signatures;
	bool eve; /* events as EVE JSON, not as text */
	bool reboot; /* is wanted: management does it */
	char line[CONSOLE_LINE_MAX];
	size_t length;
	bool started;
	uint64_t started_ns;
	bool after_return; /* an LF that follows belongs to it */
	enum { KEY_PLAIN, KEY_ESCAPE, KEY_SEQUENCE } key; /* within what an arrow key sends */
	uint64_t events[EVENT_TYPE_COUNT];
	uint64_t alerts;
	struct alert_servers servers;
	char alert[CONSOLE_ALERTS][CONSOLE_ALERT_BYTES]; /* a ring of text */
};

void console_start(struct console *console, const struct dataplane *plane,
		   struct signatures *signatures);
/* Takes what was typed, answers what is complete. */
void console_poll(struct console *console);
/* Prints a text of its own, whatever is being typed: of EVE one line, else in rows (rows.h). */
void console_print(struct console *console, const char *line, size_t length);
/* Counts an event and keeps the text of an alert. */
void console_count(struct console *console, const struct event *event);

#endif
