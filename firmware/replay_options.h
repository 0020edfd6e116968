/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of `portreeve replay`. */
#ifndef FIRMWARE_REPLAY_OPTIONS_H
#define FIRMWARE_REPLAY_OPTIONS_H

#include <stdbool.h>

#include "scanner/scanner.h"

#define REPLAY_ERROR_BYTES 256

enum replay_request { REPLAY_RUN, REPLAY_HELP, REPLAY_VERSION, REPLAY_WRONG };

struct replay_options {
	const char *signatures; /* NULL: none */
	const char *hash_key; /* NULL: in the set */
	const char *eve; /* "-": standard output */
	const char *forward; /* NULL: none */
	bool enforce;
	unsigned inside_count;
	struct scanner_prefix inside[SCANNER_INSIDE_MAX];
	char **captures; /* lies in the argument vector */
	unsigned capture_count;
	char error[REPLAY_ERROR_BYTES]; /* what is wrong, naming the argument */
};

/* Reads `arguments` (without "replay"), which it reorders: options may stand between captures,
 * "--" ends them, values follow as the next argument or after "=". */
enum replay_request replay_options_parse(struct replay_options *options, int count,
					 char **arguments);

/* What --help prints. */
extern const char replay_usage[];

#endif
