/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arguments of `portreeve-tool sig …`; see sig.h.
 */
#include "tools/sig/sig.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sig/compile.h"
#include "tools/sig/memory.h"
#include "tools/sig/show.h"

static int usage(const char *problem)
{
	fprintf(stderr, "portreeve-tool: %s\nusage:\n%s", problem, SIG_USAGE);
	return 2;
}

/* Reads arguments into `options`; returns what is wrong with them, or NULL. */
static const char *read_options(int count, char **arguments, struct compile_options *options)
{
	bool only_files = false;

	for (int i = 0; i < count; i++) {
		const char *argument = arguments[i];
		const char **value = strcmp(argument, "-o") == 0	 ? &options->output :
				     strcmp(argument, "--hash-key") == 0 ? &options->key_file :
									   NULL;

		if (only_files || argument[0] != '-' || strcmp(argument, "-") == 0) {
			options->files[options->file_count++] = argument;
		} else if (value != NULL) {
			if (*value != NULL || i + 1 == count) {
				return "-o and --hash-key take one argument, once";
			}
			*value = arguments[++i];
		} else if (strcmp(argument, "--key-outside") == 0) {
			options->key_outside = true;
		} else if (strcmp(argument, "--") == 0) {
			only_files = true;
		} else {
			return "unknown option";
		}
	}
	if (options->file_count == 0) {
		return "no signature file";
	}
	if (options->output == NULL) {
		return "no set to write, expected -o SET";
	}
	if (options->key_outside && options->key_file == NULL) {
		return "--key-outside needs --hash-key FILE: a random key would be lost";
	}
	return NULL;
}

static int sig_compile(int count, char **arguments)
{
	struct compile_options options = { 0 };
	const char *problem;
	int status;

	options.files = memory_zeroed((size_t)count + 1, sizeof(*options.files));
	problem = read_options(count, arguments, &options);
	status = problem != NULL ? usage(problem) : compile(&options);
	free(options.files);
	return status;
}

int sig(int count, char **arguments)
{
	if (count > 0 && strcmp(arguments[0], "compile") == 0) {
		return sig_compile(count - 1, arguments + 1);
	}
	if (count == 2 && strcmp(arguments[0], "show") == 0) {
		return show(arguments[1]);
	}
	return usage("expected sig compile or sig show SET");
}
