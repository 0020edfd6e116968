/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of DATA and its look-alikes: every short text of the bytes that matter,
 * whole and in pieces, against rules written down apart; and each known look-alike.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/smtp_data.h"

#define TEXT_MAX 64

struct result {
	uint8_t message[TEXT_MAX];
	size_t length; /* of the message */
	size_t used; /* with the end */
	bool end, lookalike;
};

/* Feeds pieces of at most `piece` bytes, the first one of `first`. */
static struct result read_text(const uint8_t *text, size_t length, size_t first, size_t piece)
{
	struct smtp_data data;
	struct result result = { .length = 0 };
	size_t limit = first;

	smtp_data_begin(&data);
	while (result.used < length && !result.end) {
		size_t part = length - result.used < limit ? length - result.used : limit;
		uint8_t *copy = malloc(part); /* so that a byte beyond it is found */
		size_t used = 0;

		assert_non_null(copy);
		memcpy(copy, text + result.used, part);
		while (used < part && !result.end) {
			struct smtp_piece out;

			used += smtp_data_next(&data, copy + used, part - used, &out);
			assert_true(used <= part && out.length <= TEXT_MAX - result.length);
			memcpy(result.message + result.length, out.bytes, out.length);
			result.length += out.length;
			result.lookalike |= out.lookalike;
			result.end = out.end;
		}
		free(copy);
		result.used += used;
		limit = piece;
	}
	return result;
}

static bool is_line_end(uint8_t byte)
{
	return byte == '\r' || byte == '\n';
}

/* The same by looking at the whole text. */
static struct result expect_text(const uint8_t *text, size_t length)
{
	uint8_t all[TEXT_MAX + 2] = "\r\n"; /* of the DATA line */
	struct result result = { .length = 0 };
	size_t end = length + 2;
	bool whole = true;

	memcpy(all + 2, text, length);
	for (size_t i = 2; i < end; i++) {
		bool behind_crlf = all[i - 2] == '\r' && all[i - 1] == '\n';
		bool odd = is_line_end(all[i - 1]) ||
			   (all[i - 1] == '\0' && is_line_end(all[i - 2]));

		if (all[i] != '.' || !odd) {
			result.message[result.length++] = all[i];
			continue;
		}
		if (behind_crlf && i + 2 < end && memcmp(all + i + 1, "\r\n", 2) == 0) {
			result.end = true;
			result.used = i + 3 - 2;
			return result;
		}
		if (i + 1 < end && is_line_end(all[i + 1])) {
			/* "<CRLF>.<CR>" and no more: nobody knows yet */
			whole = !(behind_crlf && all[i + 1] == '\r' && i + 2 == end);
			result.lookalike |= whole;
		}
		if (!behind_crlf) {
			result.message[result.length++] = '.';
		} else if (!whole) {
			break; /* the CR is held back */
		}
	}
	result.used = length;
	return result;
}

static void assert_same(const struct result *got, const struct result *expected)
{
	assert_int_equal(got->end, expected->end);
	assert_int_equal(got->lookalike, expected->lookalike);
	assert_int_equal(got->used, expected->used);
	assert_int_equal(got->length, expected->length);
	assert_memory_equal(got->message, expected->message, expected->length);
}

static void next_every_short_text_whole_and_split_agrees(void **state)
{
	static const uint8_t alphabet[] = { '.', '\r', '\n', '\0', 'a' };
	uint8_t text[7];
	unsigned count = 1;

	(void)state;
	for (size_t length = 1; length <= sizeof(text); length++) {
		count *= sizeof(alphabet);
		for (unsigned number = 0; number < count; number++) {
			unsigned rest = number;

			for (size_t i = 0; i < length; i++, rest /= sizeof(alphabet)) {
				text[i] = alphabet[rest % sizeof(alphabet)];
			}
			struct result expected = expect_text(text, length);
			struct result got = read_text(text, length, length, 1);

			assert_same(&got, &expected);
			got = read_text(text, length, 1, 1);
			assert_same(&got, &expected);
			got = read_text(text, length, (length + 1) / 2, length);
			assert_same(&got, &expected);
		}
	}
}

static void next_known_lookalikes_are_told_and_read_on(void **state)
{
	static const struct {
		const char *text;
		size_t length;
	} known[] = {
		{ "\n.\n", 3 },	      { "\n.\r", 3 },	    { "\r.\n", 3 },
		{ "\r.\r", 3 },	      { "\n.\r\n", 4 },	    { "\r.\r\n", 4 },
		{ "\r\n\0.\r\n", 6 }, { "\r\n.\r\r\n", 6 }, { "\r\r\n.\r\r\n", 7 },
		{ "\r\n.\n", 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		uint8_t text[TEXT_MAX] = "x";
		size_t length = 1 + known[i].length;

		memcpy(text + 1, known[i].text, known[i].length);
		memcpy(text + length, "y\r\n.\r\nz", 7);
		for (size_t cut = 1; cut < length + 6; cut++) {
			struct result got = read_text(text, length + 7, cut, TEXT_MAX);

			assert_true(got.lookalike && got.end);
			assert_int_equal(got.used, length + 6);
		}
	}
}

static void next_end_at_once_is_an_empty_message(void **state)
{
	struct result got = read_text((const uint8_t *)".\r\nQUIT\r\n", 9, 9, 9);

	(void)state;
	assert_true(got.end && !got.lookalike);
	assert_int_equal(got.used, 3);
	assert_int_equal(got.length, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next_every_short_text_whole_and_split_agrees),
		cmocka_unit_test(next_known_lookalikes_are_told_and_read_on),
		cmocka_unit_test(next_end_at_once_is_an_empty_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
