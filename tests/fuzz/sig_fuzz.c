/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signature compiler on any text: an error or a set, never neither nor both; the
 * set finds every value (build_verify() says so) and comes out the same again.
 */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>

#include "tests/tools/compile_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct blob compile_reported(const uint8_t *data, size_t size, char **out)
{
	size_t length;
	FILE *to = open_memstream(out, &length);
	struct blob blob;

	if (to == NULL) {
		abort();
	}
	blob = compile_text(data, size, false, to);
	fclose(to);
	return blob;
}

/* True when a line's own message, behind FILE:LINE:COLUMN, begins with `text`: what it quotes of
 * the input may read the same. */
static bool reports(const char *out, const char *text)
{
	for (const char *line = out; *line != '\0'; line = strchr(line, '\n') + 1) {
		const char *at = strstr(line, ": error: ");

		if (at != NULL && strncmp(at + strlen(": error: "), text, strlen(text)) == 0) {
			return true;
		}
		if (strchr(line, '\n') == NULL) {
			break;
		}
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *first, *second;
	struct blob inside = compile_reported(data, size, &first);
	struct blob again = compile_reported(data, size, &second);

	assert(inside.bytes != NULL || strstr(first, ": error: ") != NULL);
	assert(strcmp(first, second) == 0);
	assert((inside.bytes == NULL) == (again.bytes == NULL));
	assert(!reports(first, "the finished set does not"));
	if (inside.bytes != NULL) {
		assert(inside.size == again.size);
		assert(memcmp(inside.bytes, again.bytes, inside.size) == 0);
	}
	free(inside.bytes);
	free(again.bytes);
	free(first);
	free(second);
	return 0;
}
