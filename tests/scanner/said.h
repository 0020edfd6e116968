/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a stage writes down as text, for the tests that compare runs: a log that only
 * grows, of bounded size, NUL-terminated from the first word on. `said->length = 0`
 * together with an empty text begins a new one.
 */
#ifndef TESTS_SCANNER_SAID_H
#define TESTS_SCANNER_SAID_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define SAID_BYTES 65536u

struct said {
	size_t length;
	char text[SAID_BYTES];
};

static inline void say(struct said *said, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static inline void say(struct said *said, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int n = vsnprintf(said->text + said->length, SAID_BYTES - said->length, format, arguments);
	va_end(arguments);
	assert_true(n >= 0 && (size_t)n < SAID_BYTES - said->length);
	said->length += (size_t)n;
}

/* What is not printable ASCII as {hex}. */
static inline void say_bytes(struct said *said, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		say(said, bytes[i] >= 0x20 && bytes[i] < 0x7f ? "%c" : "{%02x}", bytes[i]);
	}
}

#endif
