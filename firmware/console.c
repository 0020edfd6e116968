/* SPDX-License-Identifier: BSD-2-Clause */
/* The line editor of console.h; console_command.c answers. */
#include "firmware/console.h"

#include <stdio.h>
#include <string.h>

#include "firmware/alert_text.h"
#include "firmware/console_command.h"
#include "firmware/rows.h"
#include "hal/clock.h"
#include "hal/serial.h"

#define PROMPT "portreeve> "
#define READ_BYTES 64
#define PIECE_BYTES 1024
#define BYTE_INTERRUPT 0x03 /* Ctrl-C */
#define BYTE_BACKSPACE 0x08
#define BYTE_KILL 0x15 /* Ctrl-U */
#define BYTE_ESCAPE 0x1b
#define BYTE_DELETE 0x7f

static void say(const char *text)
{
	serial_write(text, strlen(text));
}

static void prompt(const struct console *console)
{
	say(PROMPT);
	serial_write(console->line, console->length);
}

/* A piece takes a slow line far less time than management may be without progress. */
static void say_long(const struct console *console, const char *text, size_t length)
{
	while (length != 0) {
		size_t piece = length < PIECE_BYTES ? length : PIECE_BYTES;

		serial_write(text, piece);
		text += piece;
		length -= piece;
		atomic_fetch_add_explicit(&console->plane->shared->management_progress, 1,
					  memory_order_relaxed);
	}
}

static void say_rows(const char *text, size_t length)
{
	struct rows rows = rows_of(text, length);
	struct row row;

	while (rows_next(&rows, &row)) {
		say(row.indent);
		serial_write(row.text, row.length);
		say("\r\n");
	}
}

void console_print(struct console *console, const char *line, size_t length)
{
	if (console->started) {
		say("\r\x1b[K"); /* the line that is being typed goes down */
	}
	if (console->eve) {
		say_long(console, line, length);
		say("\r\n");
	} else {
		say_rows(line, length);
	}
	if (console->started) {
		prompt(console);
	}
}

void console_count(struct console *console, const struct event *event)
{
	if (event->type < EVENT_TYPE_COUNT) {
		console->events[event->type]++;
	}
	if (event->type == EVENT_ALERT) {
		char *text = console->alert[console->alerts++ % CONSOLE_ALERTS];

		text[alert_text(event, text, CONSOLE_ALERT_BYTES - 1)] = '\0';
		alert_servers_count(&console->servers, event);
	}
}

static void run_line(struct console *console)
{
	console->line[console->length] = '\0';
	console->length = 0;
	say("\r\n");
	console_command(console, console->line);
	if (!console->reboot) {
		prompt(console);
	}
}

static void erase(struct console *console)
{
	if (console->length != 0) {
		console->length--;
		say("\b \b");
	}
}

static void begin_anew(struct console *console)
{
	console->length = 0;
	say("^C\r\n");
	prompt(console);
}

/* ECMA-48: what an arrow or another key sends is ESC, perhaps '[' or 'O', and ends with '@' to '~'.
 * There is nothing to do for these keys. Whether the byte was part of that. */
static bool is_of_sequence(struct console *console, char byte)
{
	if (console->key == KEY_PLAIN) {
		console->key = byte == BYTE_ESCAPE ? KEY_ESCAPE : KEY_PLAIN;
		return byte == BYTE_ESCAPE;
	}
	if (byte < 0x20 || byte == BYTE_DELETE) { /* no sequence holds these: ESC was a key */
		console->key = KEY_PLAIN;
		return is_of_sequence(console, byte);
	}
	if (console->key == KEY_ESCAPE) {
		console->key = byte == '[' || byte == 'O' ? KEY_SEQUENCE : KEY_PLAIN;
	} else if (byte >= '@') {
		console->key = KEY_PLAIN;
	}
	return true;
}

static void edit(struct console *console, char byte)
{
	if (byte == BYTE_BACKSPACE || byte == BYTE_DELETE) {
		erase(console);
	} else if (byte == BYTE_KILL) {
		while (console->length != 0) {
			erase(console);
		}
	} else if (byte >= 0x20 && byte < BYTE_DELETE && console->length < CONSOLE_LINE_MAX - 1) {
		console->line[console->length++] = byte;
		serial_write(&byte, 1);
	} else {
		say("\a"); /* no room, or a key that means nothing here */
	}
}

static void type(struct console *console, char byte)
{
	bool second_half = console->after_return && byte == '\n';

	console->after_return = byte == '\r';
	if (second_half || is_of_sequence(console, byte)) {
		return;
	}
	if (byte == '\r' || byte == '\n') {
		run_line(console);
	} else if (byte == BYTE_INTERRUPT) {
		begin_anew(console);
	} else {
		edit(console, byte);
	}
}

static void type_all(struct console *console, const char *typed, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		type(console, typed[i]);
	}
}

void console_start(struct console *console, const struct dataplane *plane,
		   struct signatures *signatures)
{
	char typed[READ_BYTES];
	/* begins to receive: who sees the prompt may type */
	size_t count = serial_read(typed, sizeof(typed));

	console->plane = plane;
	console->signatures = signatures;
	console->started = true;
	console->started_ns = clock_monotonic_now().ns;
	prompt(console);
	type_all(console, typed, count);
}

void console_poll(struct console *console)
{
	char typed[READ_BYTES];

	type_all(console, typed, serial_read(typed, sizeof(typed)));
}
