/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Base64 with anything between its letters: the decoder, and the count that stands for
 * it where nothing is hashed, against a naive decoder, in pieces of any size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/base64.h"
#include "scanner/scan.h"
#include "tests/scanner/cpu_has.h"

#define LENGTH_MAX 600u

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The letters up to the padding, then six bits of each. */
static size_t naive(const uint8_t *in, size_t length, uint8_t *out)
{
	size_t letters = 0, written = 0;
	unsigned pads = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < length; i++) {
		const char *at = in[i] != '\0' ? strchr(alphabet, in[i]) : NULL;

		if (in[i] == '=' && letters % 4 >= 2 && letters % 4 + ++pads == 4) {
			break;
		}
		if (at == NULL) {
			continue;
		}
		pads = 0;
		bits = bits << 6 | (uint32_t)(at - alphabet);
		if (++letters % 4 != 1) {
			out[written++] = (uint8_t)(bits >> (3 - (letters + 3) % 4) * 2);
		}
	}
	return written;
}

/* The same numbers in every run (SplitMix64). */
static uint64_t random_state;

static uint64_t next_random(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static size_t make(uint8_t *in, unsigned noise)
{
	static const uint8_t between[] = "\r\n-=\n =\xff";
	size_t length = next_random() % LENGTH_MAX;

	for (size_t i = 0; i < length; i++) {
		in[i] = next_random() % noise == 0 ? between[next_random() & 7] :
						     (uint8_t)alphabet[next_random() & 63];
	}
	return length;
}

static void check(const uint8_t *in, size_t length, size_t piece_max)
{
	uint8_t expected[LENGTH_MAX], out[BASE64_DECODED_MAX(LENGTH_MAX) + 1];
	size_t size = naive(in, length, expected), written = 0;
	struct base64 decoded = { 0 }, skipped = { 0 };
	uint64_t count = 0;

	for (size_t at = 0; at < length;) {
		size_t piece = 1 + next_random() % piece_max;

		piece = piece < length - at ? piece : length - at;
		uint8_t *copy = test_malloc(piece), *room = test_malloc(BASE64_DECODED_MAX(piece));

		memcpy(copy, in + at, piece);
		size_t n = base64_decode(&decoded, copy, piece, room);

		memcpy(out + written, room, n);
		written += n;
		count += base64_skip(&skipped, copy, piece);
		test_free(copy);
		test_free(room);
		at += piece;
	}
	assert_int_equal(written, size);
	assert_memory_equal(out, expected, size);
	assert_int_equal(count, size);
	assert_int_equal(decoded.ended, skipped.ended);
}

static void base64_decode_agrees_with_the_naive_one(void **state)
{
	static const unsigned noise[] = { 2, 8, 40, 78, 1000 };
	static const size_t pieces[] = { 1, 3, 64, LENGTH_MAX };
	static uint8_t in[LENGTH_MAX];

	(void)state;
	for (int with = 0; with <= (int)cpu_has_avx2(); with++) {
		scan_select(with != 0);
		random_state = 1;
		for (unsigned turn = 0; turn < 400; turn++) {
			size_t length = make(in, noise[turn % 5]);

			for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
				check(in, length, pieces[i]);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_decode_agrees_with_the_naive_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
