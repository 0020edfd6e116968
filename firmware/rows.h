/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A text broken into rows for a screen of 80 columns: what the console prints for people.
 * Where two spaces stand a row ends first (behind who an alert is about, before what a
 * reason means), else between words; rows after the first one are indented. A word that
 * is wider than the screen stays whole: it is there to be copied. UTF-8; a letter counts
 * as one column.
 */
#ifndef FIRMWARE_ROWS_H
#define FIRMWARE_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#define ROW_COLUMNS 79 /* the last one makes some terminals begin a new row */
#define ROW_INDENT "  "

/* What is left of a text. */
struct rows {
	const char *text;
	size_t length;
	bool begun;
};

struct row {
	const char *indent; /* goes before it */
	const char *text; /* not terminated */
	size_t length;
};

static inline struct rows rows_of(const char *text, size_t length)
{
	return (struct rows){ .text = text, .length = length };
}

/* The next row; false: that was all. */
bool rows_next(struct rows *rows, struct row *row);

#endif
