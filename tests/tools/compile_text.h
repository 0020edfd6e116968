/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signature text to a set in memory, as `sig compile` does it with files; for tests
 * of the compiler and of the sets it makes.
 */
#ifndef TESTS_TOOLS_COMPILE_TEXT_H
#define TESTS_TOOLS_COMPILE_TEXT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sig/compile.h"

static const uint8_t compile_text_key[SET_KEY_SIZE] = "a key for tests";

/* What was reported goes to `to`. No bytes when there were errors; free() the bytes. */
static inline struct blob compile_text(const void *text, size_t length, bool key_outside, FILE *to)
{
	struct siphash_key key = siphash_key(compile_text_key);
	struct report report = { .to = to };
	struct collection collection;
	struct blob blob;
	/* fmemopen() of glibc and musl differ on empty buffers: there is always a line. */
	char *copy = malloc(length + 1);
	FILE *from;

	if (copy == NULL) {
		abort();
	}
	memcpy(copy, text, length);
	copy[length] = '\n';
	from = fmemopen(copy, length + 1, "r");
	if (from == NULL) {
		abort();
	}
	collect_init(&collection, &key);
	compile_stream(&collection, from, "t.sig", &report);
	blob = compile_set(&collection, compile_text_key, key_outside, &report);
	collect_free(&collection);
	fclose(from);
	free(copy);
	return blob;
}

#endif
