/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of console_command.h. What is shown stands in console_show.c. */
#include "firmware/console_command.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "firmware/console_show.h"
#include "firmware/nearest.h"

static void print_eve(struct console *console)
{
	console->eve = true;
}

static void print_text(struct console *console)
{
	console->eve = false;
}

static void load_signatures(struct console *console)
{
	signatures_load(console->signatures);
}

static void reboot(struct console *console)
{
	console->reboot = true;
}

static void show_help(struct console *console);

static const struct {
	const char *command;
	const char *text;
	void (*run)(struct console *console);
} commands[] = {
	{ "events eve", "print all events, each as a line of EVE JSON", print_eve },
	{ "events text", "print alerts and anomalies, for a person (as after a start)",
	  print_text },
	{ "help", "this list", show_help },
	{ "reboot", "end all flows, print what is left to tell, and start anew", reboot },
	{ "show accounts", "what became of every frame and buffer, at one instant",
	  console_show_accounts },
	{ "show alerts", "the latest alerts, and how many there were", console_show_alerts },
	{ "show drops", "frames that did not leave or were not inspected, by reason",
	  console_show_drops },
	{ "show ports", "the data ports, what came in and what left", console_show_ports },
	{ "signatures load", "read the set again and swap it for the one in use", load_signatures },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void show_help(struct console *console)
{
	(void)console;
	for (size_t i = 0; i < COMMANDS; i++) {
		char row[128];

		snprintf(row, sizeof(row), "%-15s  %s", commands[i].command, commands[i].text);
		console_show_rows(row);
	}
}

/* Words apart by one space each, none around them. */
static void tidy(const char *line, char out[static CONSOLE_LINE_MAX])
{
	char *at = out;

	for (line += strspn(line, " "); *line != '\0'; line += strspn(line, " ")) {
		size_t length = strcspn(line, " ");

		if (at != out) {
			*at++ = ' ';
		}
		memcpy(at, line, length);
		at += length;
		line += length;
	}
	*at = '\0';
}

/* What cannot have been meant is further than half of its letters. */
static unsigned distance(const char *typed, const char *command)
{
	unsigned letters = nearest_distance(typed, command);

	return letters <= strlen(command) / 2 ? letters : UINT_MAX;
}

/* Names the commands that may have been meant: those that begin so, else the nearest. */
static void refuse(const char *typed)
{
	unsigned nearest = UINT_MAX - 1;
	const char *separator = "perhaps: ";

	printf("no such command: %s\r\n", typed);
	for (size_t i = 0; i < COMMANDS; i++) {
		unsigned far = distance(typed, commands[i].command);

		nearest = far < nearest ? far : nearest;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (distance(typed, commands[i].command) == nearest) {
			printf("%s%s", separator, commands[i].command);
			separator = ", ";
		}
	}
	printf("%s'help' lists all\r\n", *separator == ',' ? "; " : "");
}

void console_command(struct console *console, const char *line)
{
	char typed[CONSOLE_LINE_MAX];

	tidy(line, typed);
	if (typed[0] == '\0') {
		return;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(typed, commands[i].command) == 0) {
			commands[i].run(console);
			return;
		}
	}
	refuse(typed);
}
