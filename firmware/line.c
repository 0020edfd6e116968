/* SPDX-License-Identifier: BSD-2-Clause */
/* The line of line.h: numbers, addresses and times as text. */
#include "firmware/line.h"

#include <string.h>

#define SECONDS_PER_DAY 86400u
#define DECIMAL_MAX 20 /* digits of a uint64_t */

void line_init(struct line *line, char *out, size_t size)
{
	*line = (struct line){ .start = out, .at = out, .end = out + size };
}

void line_bytes(struct line *line, const void *bytes, size_t length)
{
	if (line->full || length > (size_t)(line->end - line->at)) {
		line->full = true;
		return;
	}
	memcpy(line->at, bytes, length);
	line->at += length;
}

void line_string(struct line *line, const char *string)
{
	line_bytes(line, string, strlen(string));
}

void line_decimal(struct line *line, uint64_t value, unsigned digits)
{
	char text[DECIMAL_MAX];
	size_t at = sizeof(text);

	do {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0 || sizeof(text) - at < digits);
	line_bytes(line, text + at, sizeof(text) - at);
}

static void put_hex(struct line *line, unsigned group)
{
	char text[4];
	size_t n = 0;

	for (int shift = 12; shift >= 0; shift -= 4) {
		if (group >> shift != 0 || shift == 0) {
			text[n++] = "0123456789abcdef"[group >> shift & 15u];
		}
	}
	line_bytes(line, text, n);
}

/* The first longest run of two or more zero groups is what "::" stands for (RFC 5952 section
 * 4.2); a run of length 0 if there is none. */
static void longest_zeroes(const unsigned groups[static 8], unsigned *start, unsigned *length)
{
	*start = *length = 0;
	for (unsigned i = 0; i < 8;) {
		unsigned run = 0;

		while (i + run < 8 && groups[i + run] == 0) {
			run++;
		}
		if (run >= 2 && run > *length) {
			*start = i;
			*length = run;
		}
		i += run + 1;
	}
}

static void put_ipv6(struct line *line, const uint8_t bytes[static 16])
{
	unsigned groups[8], start, length;

	for (unsigned i = 0; i < 8; i++) {
		groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
	}
	longest_zeroes(groups, &start, &length);
	for (unsigned i = 0; i < 8; i++) {
		if (length != 0 && i == start) {
			line_string(line, "::");
			i += length - 1;
			continue;
		}
		if (i != 0 && (length == 0 || i != start + length)) {
			line_string(line, ":");
		}
		put_hex(line, groups[i]);
	}
}

void line_address(struct line *line, uint8_t family, const uint8_t bytes[static 16])
{
	if (family == 6) {
		put_ipv6(line, bytes);
		return;
	}
	for (int i = 0; i < 4; i++) {
		if (i != 0) {
			line_string(line, ".");
		}
		line_decimal(line, bytes[i], 1);
	}
}

/* The Gregorian date of a day since 1970-01-01. Years are counted from March, so that the leap day
 * is a year's last; an era is 400 years of 146097 days. */
static void put_date(struct line *line, uint64_t days)
{
	uint64_t shifted = days + 719468; /* since 0000-03-01 */
	uint64_t era = shifted / 146097, day_of_era = shifted % 146097;
	uint64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	uint64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	uint64_t month = (5 * day_of_year + 2) / 153; /* 0 is March */

	line_decimal(line, era * 400 + year_of_era + (month >= 10), 4);
	line_string(line, "-");
	line_decimal(line, month < 10 ? month + 3 : month - 9, 2);
	line_string(line, "-");
	line_decimal(line, day_of_year - (153 * month + 2) / 5 + 1, 2);
}

void line_time_of_day(struct line *line, struct timestamp time)
{
	uint64_t second = time.ns / NS_PER_S % SECONDS_PER_DAY;

	line_decimal(line, second / 3600, 2);
	line_string(line, ":");
	line_decimal(line, second / 60 % 60, 2);
	line_string(line, ":");
	line_decimal(line, second % 60, 2);
}

void line_time(struct line *line, struct timestamp time)
{
	put_date(line, time.ns / NS_PER_S / SECONDS_PER_DAY);
	line_string(line, "T");
	line_time_of_day(line, time);
	line_string(line, ".");
	line_decimal(line, time.ns % NS_PER_S / 1000, 6);
	line_string(line, "+0000");
}
