/* SPDX-License-Identifier: BSD-2-Clause */
/* The line editor of console.h; console_command.c answers. */
#include "firmware/console.h"

#include <stdio.h>
#include <string.h>

#include "firmware/alert_text.h"
#include "firmware/console_command.h"
#include "hal/serial.h"

#define PROMPT "portreeve> "
#define READ_BYTES 64
#define PIECE_BYTES 1024
#define KEY_BACKSPACE 0x08
#define KEY_DELETE 0x7f
#define KEY_KILL 0x15 /* Ctrl-U */

static void say(const char *text)
{
	serial_write(text, strlen(text));
}

static void prompt(const struct console *console)
{
	say(PROMPT);
	serial_write(console->line, console->length);
}

void console_start(struct console *console, const struct dataplane *plane,
		   struct signatures *signatures)
{
	console->plane = plane;
	console->signatures = signatures;
	console->started = true;
	prompt(console);
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

void console_print(struct console *console, const char *line, size_t length)
{
	if (console->started) {
		say("\r\x1b[K"); /* the line that is being typed goes down */
	}
	say_long(console, line, length);
	say("\r\n");
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

static void type(struct console *console, char letter)
{
	bool second_half = console->after_return && letter == '\n';

	console->after_return = letter == '\r';
	if (second_half) {
		return;
	}
	if (letter == '\r' || letter == '\n') {
		run_line(console);
	} else if (letter == KEY_BACKSPACE || letter == KEY_DELETE) {
		erase(console);
	} else if (letter == KEY_KILL) {
		while (console->length != 0) {
			erase(console);
		}
	} else if (letter >= 0x20 && letter < KEY_DELETE &&
		   console->length < CONSOLE_LINE_MAX - 1) {
		console->line[console->length++] = letter;
		serial_write(&letter, 1);
	} else {
		say("\a"); /* no room, or a key that means nothing here */
	}
}

void console_poll(struct console *console)
{
	char typed[READ_BYTES];
	size_t count = serial_read(typed, sizeof(typed));

	for (size_t i = 0; i < count; i++) {
		type(console, typed[i]);
	}
}
