/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines and words of signature files; see lex.h.
 */
#define _POSIX_C_SOURCE 200809L
#include "tools/sig/lex.h"

#include <errno.h>
#include <string.h>

#include "scanner/letter.h"

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

bool lex_read(FILE *from, struct lex_line *line, struct place *place, struct report *report)
{
	int byte;

	line->length = 0;
	place->column = 0;
	while ((byte = getc_unlocked(from)) != EOF && byte != '\n') {
		if (line->length == LEX_LINE_MAX) {
			place->line++;
			report_error(report, place, "line too long, expected at most %d bytes",
				     LEX_LINE_MAX);
			return false;
		}
		line->raw[line->length++] = (char)byte;
	}
	if (ferror(from)) {
		place->line = 0;
		report_error(report, place, "cannot be read: %s", strerror(errno));
		return false;
	}
	if (byte == EOF && line->length == 0) {
		return false;
	}
	line->raw[line->length] = '\0';
	place->line++;
	if (place->line == 1 && line->length >= 3 && memcmp(line->raw, "\xef\xbb\xbf", 3) == 0) {
		line->length -= 3;
		memmove(line->raw, line->raw + 3, line->length + 1);
	}
	return true;
}

/* The line as it is being split. */
struct splitter {
	const struct lex_line *line;
	size_t at, column_at; /* bytes */
	uint32_t column; /* of column_at */
	char *out;
	struct place place;
	struct report *report;
};

/* Characters before byte `at`, which only moves forward. */
static uint32_t column_of(struct splitter *s, size_t at)
{
	for (; s->column_at < at; s->column_at++) {
		s->column += (s->line->raw[s->column_at] & 0xc0) != 0x80;
	}
	return s->column;
}

static bool fail(struct splitter *s, size_t at, const char *message)
{
	s->place.column = column_of(s, at);
	report_error(s->report, &s->place, "%s", message);
	return false;
}

static int hex_value(char digit)
{
	return digit >= '0' && digit <= '9' ? digit - '0' :
	       digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 :
	       digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 :
					      -1;
}

static bool escape(struct splitter *s)
{
	const char *raw = s->line->raw + s->at; /* terminated */

	if (raw[1] == '"' || raw[1] == '\\') {
		*s->out++ = raw[1];
		s->at += 2;
		return true;
	}
	if (raw[1] == 'x' && hex_value(raw[2]) >= 0 && hex_value(raw[3]) >= 0) {
		*s->out++ = (char)(hex_value(raw[2]) << 4 | hex_value(raw[3]));
		s->at += 4;
		return true;
	}
	return fail(s, s->at, "unknown escape, expected \\\", \\\\ or \\xHH");
}

static bool quoted(struct splitter *s)
{
	const char *raw = s->line->raw;
	size_t start = s->at++;

	while (s->at < s->line->length && raw[s->at] != '"') {
		if (raw[s->at] != '\\') {
			*s->out++ = raw[s->at++];
		} else if (!escape(s)) {
			return false;
		}
	}
	if (s->at == s->line->length) {
		return fail(s, start, "the quotes do not end, expected '\"'");
	}
	s->at++;
	if (s->at < s->line->length && !is_space(raw[s->at])) {
		return fail(s, s->at, "text after closing quotes, expected white space");
	}
	return true;
}

static bool word(struct splitter *s, struct lex_word *word)
{
	const char *raw = s->line->raw;
	size_t start = s->at;

	word->column = column_of(s, start);
	word->text = s->out;
	word->quote = LEX_BARE;
	while (s->at < s->line->length && !is_space(raw[s->at])) {
		if (raw[s->at] != '"') {
			*s->out++ = raw[s->at++];
			continue;
		}
		if (s->at != start && raw[s->at - 1] != '=') {
			return fail(s, s->at,
				    "quotes inside a word, expected the whole word in quotes");
		}
		word->quote = (size_t)(s->out - word->text);
		if (!quoted(s)) {
			return false;
		}
	}
	word->length = (size_t)(s->out - word->text);
	return true;
}

/* All of the line, comments too: UTF-8 without control characters. */
static bool clean(struct splitter *s)
{
	const uint8_t *raw = (const uint8_t *)s->line->raw;

	for (size_t at = 0; at < s->line->length;) {
		uint32_t letter = 0;
		size_t used;

		if (raw[at] >= 0x20 && raw[at] < 0x7f) { /* most of it, and there is a lot */
			at++;
			continue;
		}
		used = letter_decode(raw + at, s->line->length - at, &letter);
		if (used == 0) {
			return fail(s, at, "not UTF-8, expected UTF-8 or \\xHH in quotes");
		}
		if ((letter < 0x20 && !is_space((char)letter)) || letter == 0x7f) {
			return fail(s, at, "a control character, expected \\xHH in quotes");
		}
		at += used;
	}
	return true;
}

bool lex_split(struct lex_line *line, const struct place *place, struct report *report)
{
	struct splitter s = {
		.line = line, .column = 1, .out = line->text, .place = *place, .report = report
	};

	line->count = 0;
	line->end_column = 1;
	if (!clean(&s)) {
		return false;
	}
	for (;;) {
		while (s.at < line->length && is_space(line->raw[s.at])) {
			s.at++;
		}
		if (s.at == line->length || line->raw[s.at] == '#') {
			return true;
		}
		if (line->count == LEX_WORDS_MAX) {
			return fail(&s, s.at, "too many words, expected the end of the line");
		}
		if (!word(&s, &line->words[line->count++])) {
			return false;
		}
		line->end_column = column_of(&s, s.at);
	}
}
