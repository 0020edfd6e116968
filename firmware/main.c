/* SPDX-License-Identifier: BSD-2-Clause */
/* The program on Linux: finds the command that the first argument names, and leaves the rest to it.
 */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "firmware/replay.h"
#include "firmware/run.h"

#define EXIT_USAGE 2

static const struct {
	const char *name;
	const char *purpose;
	int (*main)(int count, char **arguments);
} commands[] = {
	{ "detach", "end the bridge that run leaves in the kernel", detach_main },
	{ "replay", "scan captured traffic", replay_main },
	{ "run", "bridge two interfaces and scan what passes", run_main },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *out)
{
	fputs("usage: portreeve COMMAND [ARGUMENT]...\n\n", out);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].purpose);
	}
	fputs("\n'portreeve COMMAND --help' says more; 'portreeve --version' tells the version.\n",
	      out);
}

int main(int count, char **arguments)
{
	if (count < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(arguments[1], commands[i].name) == 0) {
			return commands[i].main(count - 2, arguments + 2);
		}
	}
	if (strcmp(arguments[1], "--help") == 0 || strcmp(arguments[1], "-h") == 0) {
		print_usage(stdout);
		return 0;
	}
	if (strcmp(arguments[1], "--version") == 0) {
		puts("portreeve " CONFIG_VERSION);
		return 0;
	}
	fprintf(stderr, "portreeve: unknown command '%s'\n", arguments[1]);
	print_usage(stderr);
	return EXIT_USAGE;
}
