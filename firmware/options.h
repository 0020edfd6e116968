/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arguments of a command of the program: each command has a table of the options that it knows,
 * all are read by the same rules. A value follows as the next argument or after "=". An option is
 * given once, but for flags and networks. --help, -h and --version need no entry. Every complaint
 * names the argument it is about, so that a long line from a script can be put right at once.
 */
#ifndef FIRMWARE_OPTIONS_H
#define FIRMWARE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "scanner/scanner.h"

#define OPTIONS_ERROR_BYTES 256
#define OPTIONS_MAX 32 /* in a table */
#define OPTIONS_EXIT_USAGE 2

enum options_result { OPTIONS_READ, OPTIONS_HELP, OPTIONS_VERSION, OPTIONS_WRONG };

struct options_networks {
	unsigned count;
	struct scanner_prefix prefix[SCANNER_INSIDE_MAX];
};

/* Exactly one of the pointers to what it sets is not NULL. What is not given is left as it is. */
struct option {
	const char *name; /* with its dashes; NULL ends a table */
	bool *flag; /* takes no value: true */
	const char **text; /* any value but an empty one */
	unsigned *word; /* which of `words` */
	uint32_t *milliseconds; /* 1 to `most` */
	struct options_networks *networks; /* one more of them */
	const char *const *words; /* at least two; NULL ends them */
	uint32_t most;
};

struct arguments {
	int count;
	char **vector;
	unsigned *operands; /* how many of them are no options; NULL: there may be none */
};

/* Operands may stand between options, and "--" ends these; they are moved to the beginning of
 * `vector`. `error` tells what is wrong. */
enum options_result options_read(const struct option *known, const struct arguments *arguments,
				 char error[static OPTIONS_ERROR_BYTES]);
/* For what a command finds wrong itself. */
enum options_result options_wrong(char error[static OPTIONS_ERROR_BYTES], const char *sentence, ...)
	__attribute__((format(printf, 2, 3)));

/* All that a command does for a result other than OPTIONS_READ: prints its `usage`, the version, or
 * `error`. Returns the exit status. */
int options_answer(enum options_result result, const char *command, const char *usage,
		   const char *error);

#endif
