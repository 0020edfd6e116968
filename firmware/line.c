/* SPDX-License-Identifier: BSD-2-Clause */
/* The line of line.h: numbers, addresses and times as text. */
#include "firmware/line.h"

#include <string.h>

#include "scanner/copy.h"

#define SECONDS_PER_DAY 86400u
#define DECIMAL_MAX 20 /* digits of a uint64_t */

void line_init(struct line *line, char *out, size_t size)
{
	*line = (struct line){ .start = out, .at = out, .end = out + size };
}

void line_bytes(struct line *line, const void *bytes, size_t length)
{
	char *to = line_room(line, length);

	if (to != NULL) {
		copy_short(to, bytes, length);
	}
}

/* Two digits for each number below 100. */
static const char pairs[] = "00010203040506070809101112131415161718192021222324"
			    "25262728293031323334353637383940414243444546474849"
			    "50515253545556575859606162636465666768697071727374"
			    "75767778798081828384858687888990919293949596979899";

static void put_pair(char *out, uint64_t value)
{
	memcpy(out, &pairs[2 * value], 2);
}

void line_decimal(struct line *line, uint64_t value, unsigned digits)
{
	char text[DECIMAL_MAX + 1];
	char *const end = text + sizeof(text);
	char *at = end;

	for (; value >= 10; value /= 100) {
		at -= 2;
		put_pair(at, value % 100);
	}
	if (value != 0 || at == end) {
		*--at = (char)('0' + value);
	}
	while ((size_t)(end - at) < digits) {
		*--at = '0';
	}
	line_bytes(line, at, (size_t)(end - at));
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
			line_char(line, ':');
		}
		put_hex(line, groups[i]);
	}
}

static void put_ipv4(struct line *line, const uint8_t bytes[static 4])
{
	char text[] = "255.255.255.255";
	char *at = text;

	for (int i = 0; i < 4; i++) {
		unsigned value = bytes[i];

		if (i != 0) {
			*at++ = '.';
		}
		if (value >= 100) {
			*at++ = (char)('0' + value / 100);
		}
		if (value >= 10) {
			put_pair(at, value % 100);
			at += 2;
		} else {
			*at++ = (char)('0' + value);
		}
	}
	line_bytes(line, text, (size_t)(at - text));
}

void line_address(struct line *line, uint8_t family, const uint8_t bytes[static 16])
{
	if (family == 6) {
		put_ipv6(line, bytes);
	} else {
		put_ipv4(line, bytes);
	}
}

void line_end(struct line *line, const struct event_tuple *tuple, bool source)
{
	const uint8_t *address = source ? tuple->source : tuple->destination;
	uint16_t port = source ? tuple->source_port : tuple->destination_port;

	if (port == 0) {
		line_address(line, tuple->family, address);
		return;
	}
	line_string(line, tuple->family == 6 ? "[" : "");
	line_address(line, tuple->family, address);
	line_string(line, tuple->family == 6 ? "]:" : ":");
	line_decimal(line, port, 1);
}

/* The Gregorian date of a day since 1970-01-01. Years are counted from March, so that the leap day
 * is a year's last; an era is 400 years of 146097 days. */
static void put_date(char out[static 10], uint64_t days)
{
	uint64_t shifted = days + 719468; /* since 0000-03-01 */
	uint64_t era = shifted / 146097, day_of_era = shifted % 146097;
	uint64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	uint64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	uint64_t month = (5 * day_of_year + 2) / 153; /* 0 is March */
	uint64_t year = era * 400 + year_of_era + (month >= 10);

	put_pair(out, year / 100);
	put_pair(out + 2, year % 100);
	out[4] = '-';
	put_pair(out + 5, month < 10 ? month + 3 : month - 9);
	out[7] = '-';
	put_pair(out + 8, day_of_year - (153 * month + 2) / 5 + 1);
}

static void put_time_of_day(char out[static 8], uint32_t second)
{
	put_pair(out, second / 3600);
	out[2] = ':';
	put_pair(out + 3, second / 60 % 60);
	out[5] = ':';
	put_pair(out + 6, second % 60);
}

void line_second(struct line *line, struct timestamp time)
{
	char *out = line_room(line, 19);
	uint64_t seconds = time.ns / NS_PER_S;

	if (out != NULL) {
		put_date(out, seconds / SECONDS_PER_DAY);
		out[10] = ' ';
		put_time_of_day(out + 11, (uint32_t)(seconds % SECONDS_PER_DAY));
	}
}

void line_time(struct line *line, struct timestamp time)
{
	static const char form[] = "YYYY-MM-DDThh:mm:ss.uuuuuu+0000";
	char *out = line_room(line, sizeof(form) - 1);
	uint64_t seconds = time.ns / NS_PER_S;
	uint32_t fraction_us = (uint32_t)(time.ns % NS_PER_S / 1000);

	if (out == NULL) {
		return;
	}
	memcpy(out, form, sizeof(form) - 1);
	put_date(out, seconds / SECONDS_PER_DAY);
	put_time_of_day(out + 11, (uint32_t)(seconds % SECONDS_PER_DAY));
	put_pair(out + 20, fraction_us / 10000);
	put_pair(out + 22, fraction_us / 100 % 100);
	put_pair(out + 24, fraction_us % 100);
}
