/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Errors and warnings about signature files, one a line in the form that editors
 * jump from: FILE:LINE:COLUMN: error: what is wrong, expected what.
 */
#ifndef TOOLS_SIG_REPORT_H
#define TOOLS_SIG_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* After so many errors a compilation gives up; more warnings are only counted. */
#define REPORT_MAX 20

struct place {
	const char *file;
	uint32_t line, column; /* from 1; columns count characters; 0: the whole line or file */
};

struct report {
	FILE *to;
	unsigned int errors, warnings;
};

void report_error(struct report *report, const struct place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void report_warning(struct report *report, const struct place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* True when so many errors were reported that going on helps nobody. */
bool report_full(const struct report *report);

/* Text of a file as it may stand in a message: in quotes, cut to a sensible length, control
 * characters as \xHH. */
struct report_text {
	char text[96];
};
struct report_text report_quote(const void *bytes, size_t length);

#endif
