/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A signature file in lines, a line in words. Words are bare or in double quotes
 * with \" \\ \xHH; an option's value may be quoted after its '='; '#' begins a
 * comment at the start of a line or after white space.
 */
#ifndef TOOLS_SIG_LEX_H
#define TOOLS_SIG_LEX_H

#include <stdbool.h>
#include <stdio.h>

#include "tools/sig/report.h"

#define LEX_LINE_MAX 16384
#define LEX_WORDS_MAX 16

struct lex_word {
	const char *text; /* unquoted, not terminated, may hold '\0' */
	size_t length;
	uint32_t column;
	size_t quote; /* where in `text` quotes began, or LEX_BARE */
};
#define LEX_BARE ((size_t)-1)

struct lex_line {
	char raw[LEX_LINE_MAX + 1];
	size_t length;
	char text[LEX_LINE_MAX + 1]; /* what the words point to */
	struct lex_word words[LEX_WORDS_MAX];
	size_t count;
	uint32_t end_column; /* behind the last word */
};

/* Reads the next line; `place` counts lines up. False at the end of the file, or when it cannot
 * be read or a line is too long, which is reported. */
bool lex_read(FILE *from, struct lex_line *line, struct place *place, struct report *report);
/* Splits the line; false when something was wrong, which is reported. */
bool lex_split(struct lex_line *line, const struct place *place, struct report *report);

#endif
