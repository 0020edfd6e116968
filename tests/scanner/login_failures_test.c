/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of failed logins: thresholds, windows, pairs apart, and who makes room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scanner/login_failures.h"

#define START (1780308000ull * NS_PER_S)

static void *memory;
static struct login_failures *table;
static uint32_t count;

static void begin(uint32_t pairs, uint32_t threshold, uint32_t window_s)
{
	const struct login_failures_config config = {
		.pairs = pairs, .threshold = threshold, .window_s = window_s, .key = { 1, 2, 3 }
	};

	free(memory);
	memory = malloc(login_failures_size(pairs));
	assert_non_null(memory);
	table = login_failures_init(memory, &config);
	count = 0;
}

static struct login_pair pair(uint8_t server, uint32_t peer)
{
	struct login_pair made = { .family = 4 };

	made.server[3] = server;
	made.peer[0] = (uint8_t)(peer >> 24);
	made.peer[1] = (uint8_t)(peer >> 16);
	made.peer[2] = (uint8_t)(peer >> 8);
	made.peer[3] = (uint8_t)peer;
	return made;
}

static bool add(const struct login_pair *of, uint64_t second, uint32_t failures)
{
	return login_failures_add(table, of, (struct timestamp){ START + second * NS_PER_S },
				  failures, &count);
}

static void add_at_threshold_reports_once_a_window(void **state)
{
	const struct login_pair one = pair(1, 1);

	(void)state;
	begin(100, 30, 1800);
	for (uint64_t i = 0; i < 29; i++) {
		assert_false(add(&one, i, 1));
	}
	assert_true(add(&one, 29, 1));
	assert_int_equal(count, 30);
	for (uint64_t i = 30; i < 1800; i += 10) {
		assert_false(add(&one, i, 3));
	}
	/* the window that begins behind the first */
	assert_false(add(&one, 1801, 29));
	assert_true(add(&one, 1900, 2));
	assert_int_equal(count, 31);
}

static void add_beyond_threshold_in_one_step_reports_the_sum(void **state)
{
	const struct login_pair one = pair(1, 1);

	(void)state;
	begin(1, 30, 1800);
	assert_false(add(&one, 0, 25));
	assert_true(add(&one, 0, 10));
	assert_int_equal(count, 35);
}

static void add_outside_window_starts_again(void **state)
{
	const struct login_pair one = pair(1, 1);

	(void)state;
	begin(100, 3, 60);
	assert_false(add(&one, 0, 2));
	assert_false(add(&one, 61, 2));
	assert_true(add(&one, 121, 1)); /* 60 s after the window began: still within */
}

static void add_threshold_one_reports_at_once(void **state)
{
	const struct login_pair one = pair(1, 1);

	(void)state;
	begin(100, 1, 60);
	assert_true(add(&one, 0, 1));
	assert_false(add(&one, 1, 1));
}

static void add_counts_pairs_apart(void **state)
{
	struct login_pair pairs[] = { pair(1, 1), pair(1, 2), pair(2, 1), pair(1, 1) };

	(void)state;
	pairs[3].family = 6;
	begin(100, 2, 60);
	for (size_t i = 0; i < 4; i++) {
		assert_false(add(&pairs[i], 0, 1));
	}
	for (size_t i = 0; i < 4; i++) {
		assert_true(add(&pairs[i], 1, 1));
		assert_int_equal(count, 2);
	}
}

static void add_time_that_goes_back_stays_in_the_window(void **state)
{
	const struct login_pair one = pair(1, 1);

	(void)state;
	begin(100, 3, 60);
	assert_false(add(&one, 1000, 2));
	assert_true(add(&one, 10, 1));
}

static void add_full_table_makes_the_longest_silent_leave(void **state)
{
	(void)state;
	begin(8, 2, 100000); /* one set of eight */
	for (uint32_t i = 0; i < 8; i++) {
		const struct login_pair one = pair(1, i);

		assert_false(add(&one, 100 + i, 1));
	}
	const struct login_pair oldest = pair(1, 0), second = pair(1, 1), new = pair(1, 99);

	assert_false(add(&new, 200, 1)); /* takes the place of `oldest` */
	assert_true(add(&second, 201, 1));
	assert_true(add(&new, 202, 1));
	assert_false(add(&oldest, 203, 1)); /* forgotten: counts from one */
	assert_true(add(&oldest, 204, 1));
}

static void add_flood_of_pairs_keeps_within_memory(void **state)
{
	(void)state;
	begin(1000, 1000, 60);
	for (uint32_t i = 0; i < 50000; i++) {
		const struct login_pair one = pair((uint8_t)i, i * 2654435761u);

		assert_false(add(&one, i / 100, 1));
	}
}

static void add_huge_numbers_saturates(void **state)
{
	const struct login_pair one = pair(1, 1);

	(void)state;
	begin(8, UINT32_MAX, 60);
	assert_false(add(&one, 0, UINT32_MAX - 1));
	assert_true(add(&one, 0, UINT32_MAX));
	assert_int_equal(count, UINT32_MAX);
}

static void size_holds_at_least_the_pairs(void **state)
{
	(void)state;
	assert_int_equal(login_failures_size(1), login_failures_size(8));
	assert_true(login_failures_size(9) > login_failures_size(8));
	assert_true(login_failures_size(1u << 24) >= (size_t)(1u << 24) * 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(add_at_threshold_reports_once_a_window),
		cmocka_unit_test(add_beyond_threshold_in_one_step_reports_the_sum),
		cmocka_unit_test(add_outside_window_starts_again),
		cmocka_unit_test(add_threshold_one_reports_at_once),
		cmocka_unit_test(add_counts_pairs_apart),
		cmocka_unit_test(add_time_that_goes_back_stays_in_the_window),
		cmocka_unit_test(add_full_table_makes_the_longest_silent_leave),
		cmocka_unit_test(add_flood_of_pairs_keeps_within_memory),
		cmocka_unit_test(add_huge_numbers_saturates),
		cmocka_unit_test(size_holds_at_least_the_pairs),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(memory);
	return failed;
}
