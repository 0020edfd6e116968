/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of `portreeve replay`. */
#ifndef FIRMWARE_REPLAY_OPTIONS_H
#define FIRMWARE_REPLAY_OPTIONS_H

#include "firmware/options.h"

struct replay_options {
	const char *signatures; /* NULL: none */
	const char *hash_key; /* NULL: in the set */
	const char *eve; /* "-": standard output */
	const char *forward; /* NULL: none */
	bool enforce;
	struct options_networks inside;
	char **captures; /* lies in the argument vector */
	unsigned capture_count;
	char error[OPTIONS_ERROR_BYTES];
};

/* Reads `arguments` (without "replay"), and moves the captures among them to the beginning. */
enum options_result replay_options_parse(struct replay_options *options, int count,
					 char **arguments);

/* What --help prints. */
extern const char replay_usage[];

#endif
