/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sig compile`: signature files to a set.
 */
#ifndef TOOLS_SIG_COMPILE_H
#define TOOLS_SIG_COMPILE_H

#include "tools/sig/build.h"

struct compile_options {
	const char **files; /* "-": standard input */
	size_t file_count;
	const char *output;
	const char *key_file; /* NULL: a random key */
	bool key_outside;
};

/* Reads all of one file. Stops early when the report is full. */
void compile_stream(struct collection *collection, FILE *from, const char *name,
		    struct report *report);
/* A sorted collection to a verified set; no bytes when errors were reported. */
struct blob compile_set(struct collection *collection, const uint8_t key[static SET_KEY_SIZE],
			bool key_outside, struct report *report);
/* The whole command. Returns the exit status, 0 or 1. */
int compile(const struct compile_options *options);

#endif
