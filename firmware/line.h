/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line of text in a buffer of the caller's, written from left to right: what
 * events are printed with (json.h, alert_text.h). Bounded: what does not fit is
 * left out whole, and so is everything after it.
 *
 * What is called for every few letters stands here, so that the lengths of
 * constants are known where they are written.
 */
#ifndef FIRMWARE_LINE_H
#define FIRMWARE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "scanner/event.h"
#include "scanner/timestamp.h"

struct line {
	char *start;
	char *at;
	char *end; /* where it stands when the line is full */
	bool full; /* something did not fit */
};

void line_init(struct line *line, char *out, size_t size);
static inline size_t line_length(const struct line *line)
{
	return (size_t)(line->at - line->start);
}

/* Where the next `length` bytes are to be written, all of them; NULL when they do not fit. */
static inline char *line_room(struct line *line, size_t length)
{
	char *at = line->at;

	if (length > (size_t)(line->end - at)) {
		line->full = true;
		line->end = at; /* nothing fits from now on */
		return NULL;
	}
	line->at = at + length;
	return at;
}

static inline void line_char(struct line *line, char letter)
{
	char *at = line_room(line, 1);

	if (at != NULL) {
		*at = letter;
	}
}

void line_bytes(struct line *line, const void *bytes, size_t length);

static inline void line_string(struct line *line, const char *string)
{
	line_bytes(line, string, strlen(string));
}

/* Decimal, with leading zeroes up to `digits` ≤ 20. */
void line_decimal(struct line *line, uint64_t value, unsigned digits);
/* An IP address in network order, `family` 4 or 6; IPv6 as RFC 5952 writes it. */
void line_address(struct line *line, uint8_t family, const uint8_t bytes[static 16]);
/* One end of a flow: 192.0.2.1:22, [2001:db8::1]:22; the address alone where there are no ports. */
void line_end(struct line *line, const struct event_tuple *tuple, bool source);
/* 2026-06-01T10:00:00.123456+0000, UTC */
void line_time(struct line *line, struct timestamp time);
/* 2026-06-01 10:00:00, UTC */
void line_second(struct line *line, struct timestamp time);

#endif
