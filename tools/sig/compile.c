/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compiling signature files; see compile.h.
 */
#include "tools/sig/compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "tools/sig/file.h"
#include "tools/sig/memory.h"

void compile_stream(struct collection *collection, FILE *from, const char *name,
		    struct report *report)
{
	struct lex_line *line = memory_zeroed(1, sizeof(*line));
	struct signature signature;
	struct place place = { name, 0, 0 };

	while (!report_full(report) && lex_read(from, line, &place, report)) {
		if (parse_line(line, &signature, &place, report) == PARSE_SIGNATURE) {
			place.column = line->words[0].column;
			collect_add(collection, &signature, &place, report);
		}
	}
	free(line);
}

struct blob compile_set(struct collection *collection, const uint8_t key[static SET_KEY_SIZE],
			bool key_outside, struct report *report)
{
	struct blob blob = { NULL, 0 };

	if (report->errors > 0) {
		return blob;
	}
	collect_sort(collection, report);
	blob = build_set(collection, key_outside ? NULL : key, report);
	if (blob.bytes != NULL && !build_verify(collection, &blob, key, report)) {
		free(blob.bytes);
		blob.bytes = NULL;
	}
	return blob;
}

static void compile_file(struct collection *collection, const char *path, struct report *report)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *from = standard ? stdin : fopen(path, "rb");

	if (from == NULL) {
		struct place place = { path, 0, 0 };

		report_error(report, &place, "cannot be opened: %s", strerror(errno));
		return;
	}
	compile_stream(collection, from, standard ? "<stdin>" : path, report);
	if (!standard) {
		fclose(from);
	}
}

static bool get_key(const struct compile_options *options, uint8_t key[static SET_KEY_SIZE])
{
	if (options->key_file != NULL) {
		return file_read_key(options->key_file, key);
	}
	if (getrandom(key, SET_KEY_SIZE, 0) != SET_KEY_SIZE) {
		perror("portreeve-tool: no random key");
		return false;
	}
	return true;
}

int compile(const struct compile_options *options)
{
	struct report report = { .to = stderr };
	struct collection collection;
	struct siphash_key hash_key;
	uint8_t key[SET_KEY_SIZE];
	struct blob blob;
	bool done;

	if (!get_key(options, key)) {
		return 1;
	}
	hash_key = siphash_key(key);
	collect_init(&collection, &hash_key);
	for (size_t i = 0; i < options->file_count && !report_full(&report); i++) {
		compile_file(&collection, options->files[i], &report);
	}
	blob = compile_set(&collection, key, options->key_outside, &report);
	done = blob.bytes != NULL && blob_write(options->output, &blob);
	if (report.warnings > REPORT_MAX) {
		fprintf(stderr, "portreeve-tool: %u more warnings\n", report.warnings - REPORT_MAX);
	}
	if (done) {
		printf("%s: %zu values of %zu SIDs, %zu bytes\n", options->output,
		       collection.value_count, collection.rule_count, blob.size);
	}
	free(blob.bytes);
	collect_free(&collection);
	return done ? 0 : 1;
}
