/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The searches of scan.h: every body this processor can run, on every alignment and
 * length, in a page of its own between two that may not be touched, so that one byte
 * read too many ends the test.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "scanner/scan_body.h"
#include "tests/scanner/cpu_has.h"

#define LENGTH_MAX 200u
#define ALIGNMENTS 64u

/* One page; the ones before and behind it fault. */
static uint8_t *page;
static size_t page_size;

static size_t naive_line_feed(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '\n') {
			return i;
		}
	}
	return length;
}

static size_t naive_behind(const uint8_t *bytes, size_t length, uint8_t byte, uint8_t previous)
{
	for (size_t i = 0; i < length; i++) {
		uint8_t before = i > 0 ? bytes[i - 1] : previous;

		if (bytes[i] == byte && (before == '\r' || before == '\n' || before == 0)) {
			return i;
		}
	}
	return length;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool naive_letter(uint8_t byte)
{
	return byte != '\0' && strchr(alphabet, byte) != NULL;
}

static size_t naive_base64(const uint8_t *bytes, size_t length, size_t *letters)
{
	size_t i = 0;

	while (i < length && bytes[i] != '=') {
		*letters += naive_letter(bytes[i++]);
	}
	return i;
}

static size_t naive_groups(const uint8_t *bytes, size_t length, uint8_t *out)
{
	size_t i = 0;

	for (; i + 4 <= length; i += 4) {
		uint32_t bits = 0;

		for (size_t k = 0; k < 4; k++) {
			if (!naive_letter(bytes[i + k])) {
				return i;
			}
			bits = bits << 6 | (uint32_t)(strchr(alphabet, bytes[i + k]) - alphabet);
		}
		*out++ = (uint8_t)(bits >> 16);
		*out++ = (uint8_t)(bits >> 8);
		*out++ = (uint8_t)bits;
	}
	return i;
}

static uint64_t naive_sum(const uint8_t *bytes, size_t length)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < length; i += 2) {
		uint16_t word;

		memcpy(&word, bytes + i, 2);
		sum += word;
	}
	return sum;
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

/* Of `one_in` bytes about one is one of those that matter. */
static void fill(uint8_t *bytes, size_t length, unsigned one_in)
{
	static const uint8_t special[] = { '\n', '\r', '\0', '.', '-', '.', '-', '\n' };

	for (size_t i = 0; i < length; i++) {
		uint64_t random = next_random();

		bytes[i] = random % one_in == 0 ? special[random >> 32 & 7] :
						  (uint8_t)(random >> 40 | 0x40);
	}
}

static void check(const struct scan_body *body, const uint8_t *bytes, size_t length)
{
	static const uint8_t previous[] = { 'a', '\n', '\r', '\0', '.' };

	assert_int_equal(body->byte(bytes, length, '\n'), naive_line_feed(bytes, length));
	for (size_t i = 0; i < sizeof(previous); i++) {
		assert_int_equal(body->behind_line_end(bytes, length, '.', previous[i]),
				 naive_behind(bytes, length, '.', previous[i]));
		assert_int_equal(body->behind_line_end(bytes, length, '-', previous[i]),
				 naive_behind(bytes, length, '-', previous[i]));
	}
}

static void check_base64(const struct scan_body *body, const uint8_t *bytes, size_t length)
{
	uint8_t out[LENGTH_MAX + SCAN_GROUPS_SPARE + 1], expected[LENGTH_MAX];
	const size_t decoded = naive_groups(bytes, length, expected) / 4 * 3;
	size_t letters = 5, expected_letters = 5;

	assert_int_equal(body->base64(bytes, length, &letters),
			 naive_base64(bytes, length, &expected_letters));
	assert_int_equal(letters, expected_letters);
	out[decoded + SCAN_GROUPS_SPARE] = 0xa5;
	assert_int_equal(body->groups(bytes, length, out), decoded / 3 * 4);
	assert_memory_equal(out, expected, decoded);
	assert_int_equal(out[decoded + SCAN_GROUPS_SPARE], 0xa5);
}

/* Letters, and of `one_in` bytes about one of any kind. */
static void fill_base64(uint8_t *bytes, size_t length, unsigned one_in)
{
	for (size_t i = 0; i < length; i++) {
		uint64_t random = next_random();

		bytes[i] = random % one_in == 0 ? (uint8_t)(random >> 40) :
						  (uint8_t)alphabet[random >> 40 & 63];
	}
}

/* Every byte among letters: which are letters, and their values. */
static void check_every_byte(const struct scan_body *body)
{
	uint8_t *bytes = page + page_size - 64;

	for (unsigned byte = 0; byte < 256; byte++) {
		for (size_t at = 0; at < 64; at += 3) {
			memset(bytes, 'A', 64);
			bytes[at] = (uint8_t)byte;
			check_base64(body, bytes, 64);
		}
	}
}

/* More bytes between the letters than a byte of a vector can count. */
static void check_many_others(const struct scan_body *body)
{
	static uint8_t bytes[100000];
	size_t letters = 0;

	memset(bytes, '\n', sizeof(bytes));
	bytes[0] = bytes[40000] = bytes[sizeof(bytes) - 2] = 'A';
	bytes[sizeof(bytes) - 1] = '=';
	assert_int_equal(body->base64(bytes, sizeof(bytes), &letters), sizeof(bytes) - 1);
	assert_int_equal(letters, 3);
}

/* Noise, zeroes, and all ones, where the most is carried. */
static void check_sum(const struct scan_body *body)
{
	for (size_t length = 0; length + SCAN_SUM_STEP <= page_size; length += SCAN_SUM_STEP) {
		uint8_t *bytes = page + page_size - length - length / SCAN_SUM_STEP % 2;

		fill(bytes, length, 1000000);
		assert_int_equal(body->sum(bytes, length) % 0xffff,
				 naive_sum(bytes, length) % 0xffff);
		memset(bytes, 0xff, length);
		assert_int_equal(body->sum(bytes, length) % 0xffff, 0);
		assert_int_equal(body->sum(bytes, length) != 0, length != 0);
		memset(bytes, 0, length);
		assert_int_equal(body->sum(bytes, length), 0);
	}
}

static void check_everywhere(const struct scan_body *body)
{
	static const unsigned one_in[] = { 1, 3, 20, 150, 1000000 };

	for (size_t rate = 0; rate < sizeof(one_in) / sizeof(one_in[0]); rate++) {
		random_state = rate;
		for (size_t length = 0; length <= LENGTH_MAX; length++) {
			for (size_t at = 0; at < ALIGNMENTS; at++) {
				uint8_t *last = page + page_size - length;

				fill(page + at, length, one_in[rate]);
				check(body, page + at, length);
				if (at == 0) {
					fill(last, length, one_in[rate]);
					check(body, last, length);
					fill_base64(last, length, 10 * one_in[rate]);
					check_base64(body, last, length);
					check_base64(body, last, length / 2);
				}
			}
		}
	}
}

/* One match alone, at every place of every length, with near misses all around. */
static void check_single(const struct scan_body *body)
{
	for (size_t length = 1; length <= LENGTH_MAX; length++) {
		uint8_t *bytes = page + page_size - length;

		for (size_t at = 0; at < length; at++) {
			memset(bytes, '.', length);
			bytes[at] = '\n';
			assert_int_equal(body->byte(bytes, length, '\n'), at);
			assert_int_equal(body->byte(bytes, at, '\n'), at);
			assert_int_equal(body->byte(bytes, length, '.'), at == 0);
			assert_int_equal(body->behind_line_end(bytes, length, '.', 'a'),
					 at + 1 < length ? at + 1 : length);
			assert_int_equal(body->behind_line_end(bytes, at + 1, '.', 'a'), at + 1);
			memset(bytes, '\n', length);
			bytes[at] = '-';
			assert_int_equal(body->behind_line_end(bytes, length, '-', '\n'), at);
			assert_int_equal(body->behind_line_end(bytes, length, '-', 'a'),
					 at > 0 ? at : length);
		}
	}
}

static void scan_portable_body_agrees_with_the_naive_one(void **state)
{
	(void)state;
	check_everywhere(&scan_portable);
	check_single(&scan_portable);
	check_every_byte(&scan_portable);
	check_many_others(&scan_portable);
	check_sum(&scan_portable);
}

static void scan_baseline_body_agrees_with_the_naive_one(void **state)
{
	(void)state;
	check_everywhere(&scan_baseline);
	check_single(&scan_baseline);
	check_every_byte(&scan_baseline);
	check_many_others(&scan_baseline);
	check_sum(&scan_baseline);
}

static void scan_best_body_agrees_with_the_naive_one(void **state)
{
	const struct scan_body *body = scan_best(cpu_has_avx2());

	(void)state;
	check_everywhere(body);
	check_single(body);
	check_every_byte(body);
	check_many_others(body);
	check_sum(body);
}

static void scan_select_calls_find_what_the_bodies_find(void **state)
{
	static const uint8_t text[] = "one line\r\n.two\r\n--three\r\n";
	const size_t length = sizeof(text) - 1;
	uint8_t out[3 + SCAN_GROUPS_SPARE];
	size_t letters = 0;

	(void)state;
	for (int with = 0; with <= (int)cpu_has_avx2(); with++) {
		scan_select(with != 0);
		assert_int_equal(scan_best(with != 0) == &scan_baseline, with == 0);
		assert_int_equal(scan_line_feed(text, length), 9);
		assert_int_equal(scan_behind_line_end(text, length, '.', '\n'), 10);
		assert_int_equal(scan_behind_line_end(text, length, '-', '\n'), 16);
		assert_int_equal(scan_base64(text, length, &letters), length);
		assert_int_equal(scan_base64_groups(text + 16, 4, out), 0);
		assert_int_equal(scan_base64_groups(text + 18, 5, out), 4);
		assert_memory_equal(out, "\xb6\x1a\xde", 3); /* "thre" */
		assert_int_equal(scan_sum(text, 0), 0);
	}
	assert_int_equal(letters, 15u * (1 + cpu_has_avx2()));
}

static int map_page(void **state)
{
	(void)state;
	page_size = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *pages = mmap(NULL, 3 * page_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED) {
		return -1;
	}
	page = pages + page_size;
	return mprotect(page, page_size, PROT_READ | PROT_WRITE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scan_portable_body_agrees_with_the_naive_one),
		cmocka_unit_test(scan_baseline_body_agrees_with_the_naive_one),
		cmocka_unit_test(scan_best_body_agrees_with_the_naive_one),
		cmocka_unit_test(scan_select_calls_find_what_the_bodies_find),
	};

	return cmocka_run_group_tests(tests, map_page, NULL);
}
