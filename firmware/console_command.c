/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of console_command.h. What is shown stands in console_show.c. */
#include "firmware/console_command.h"

#include <stdio.h>
#include <string.h>

#include "firmware/console_show.h"

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
	{ "reboot", "end all flows, print what they still have to tell, and start anew", reboot },
	{ "show accounts", "what became of every frame and buffer, at one instant",
	  console_show_accounts },
	{ "show alerts", "the latest alerts, and how many there were", console_show_alerts },
	{ "show drops", "frames that did not leave or were not inspected, by reason",
	  console_show_drops },
	{ "show ports", "the data ports, what came in and what left", console_show_ports },
	{ "signatures load", "read the set from flash again and swap it for the one in use",
	  load_signatures },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void show_help(struct console *console)
{
	(void)console;
	for (size_t i = 0; i < COMMANDS; i++) {
		printf("%-16s %s\r\n", commands[i].command, commands[i].text);
	}
}

/* Words apart by any spaces: the next one, its length; 0 at the end. */
static size_t next_word(const char **at)
{
	*at += strspn(*at, " ");
	return strcspn(*at, " ");
}

static bool matches(const char *line, const char *command)
{
	for (;;) {
		size_t typed = next_word(&line), wanted = next_word(&command);

		if (typed != wanted || memcmp(line, command, typed) != 0) {
			return false;
		}
		if (typed == 0) {
			return true;
		}
		line += typed;
		command += wanted;
	}
}

void console_command(struct console *console, const char *line)
{
	const char *at = line;

	if (next_word(&at) == 0) {
		return;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (matches(line, commands[i].command)) {
			commands[i].run(console);
			return;
		}
	}
	printf("no such command: %s\r\n'help' lists them\r\n", at);
}
