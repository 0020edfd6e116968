/* SPDX-License-Identifier: BSD-2-Clause */
/* Counting what is different: exact as long as there is room, then with the error that distinct.h
 * states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/distinct.h"

#define TRIALS 400u

static struct distinct distinct;
static uint16_t memory[DISTINCT_SLOTS_MAX];

static void begin(void)
{
	memset(&distinct, 0, sizeof(distinct));
	memset(memory, 0, sizeof(memory));
}

/* As good as a keyed hash, and the same in every run (SplitMix64). */
static uint64_t hash_of(uint64_t value)
{
	uint64_t z = (value + 1) * 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static void add_up_to_the_slots_counts_exactly(void **state)
{
	(void)state;
	for (unsigned slots = 8; slots <= DISTINCT_SLOTS_MAX; slots *= 2) {
		begin();
		for (uint64_t i = 0; i < slots; i++) {
			assert_true(distinct_add(&distinct, memory, slots, i * 257));
			assert_int_equal(distinct_count(&distinct), i + 1);
		}
		assert_false(distinct.mapped);
	}
}

static void add_again_changes_nothing(void **state)
{
	(void)state;
	begin();
	for (uint64_t i = 0; i < 300; i++) {
		distinct_add(&distinct, memory, 16, hash_of(i));
		for (uint64_t j = 0; j <= i; j += 7) {
			uint32_t before = distinct_count(&distinct);

			assert_false(distinct_add(&distinct, memory, 16, hash_of(j)));
			assert_int_equal(distinct_count(&distinct), before);
		}
	}
}

static void add_one_more_than_the_slots_goes_on_counting(void **state)
{
	(void)state;
	begin();
	for (uint64_t i = 0; i < 17; i++) {
		distinct_add(&distinct, memory, 16, i * 257);
	}
	assert_true(distinct.mapped);
	assert_int_equal(distinct_count(&distinct), 17);
}

/* Mean and mean square of the relative error over many sets of values, in 1/10,000. */
static void measure(unsigned slots, uint32_t values, int64_t *bias, int64_t *variance)
{
	int64_t sum = 0, squares = 0;

	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		begin();
		for (uint64_t i = 0; i < values; i++) {
			distinct_add(&distinct, memory, slots, hash_of(trial << 32 | i));
		}
		int64_t error = ((int64_t)distinct_count(&distinct) - values) * 10000 / values;

		sum += error;
		squares += error * error;
	}
	*bias = sum / TRIALS;
	*variance = squares / TRIALS;
}

static void count_of_many_values_is_within_the_stated_error(void **state)
{
	static const struct {
		unsigned slots;
		uint32_t values;
		int64_t error; /* standard, in 1/10,000 */
	} cases[] = {
		{ 8, 128, 800 },  { 8, 320, 1100 },  { 16, 256, 600 },	{ 16, 640, 800 },
		{ 32, 512, 400 }, { 32, 1280, 600 }, { 64, 1024, 300 }, { 64, 2560, 400 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t bias, variance;

		measure(cases[i].slots, cases[i].values, &bias, &variance);
		if (variance > cases[i].error * cases[i].error) {
			fail_msg("%u slots, %u values: bias %d, variance %d", cases[i].slots,
				 (unsigned)cases[i].values, (int)bias, (int)variance);
		}
		/* three standard errors of a mean of so many */
		assert_in_range(bias + cases[i].error * 3 / 20, 0, cases[i].error * 6 / 20);
	}
}

static void add_without_end_stops_counting_and_stays_in_its_memory(void **state)
{
	(void)state;
	begin();
	memory[8] = 0x1234; /* behind its own */
	for (uint64_t i = 0; i < 100000; i++) {
		distinct_add(&distinct, memory, 8, hash_of(i));
	}
	assert_int_equal(distinct.used, 128);
	assert_in_range(distinct_count(&distinct), 80 * 8, 100 * 8);
	assert_int_equal(memory[8], 0x1234);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(add_up_to_the_slots_counts_exactly),
		cmocka_unit_test(add_again_changes_nothing),
		cmocka_unit_test(add_one_more_than_the_slots_goes_on_counting),
		cmocka_unit_test(count_of_many_values_is_within_the_stated_error),
		cmocka_unit_test(add_without_end_stops_counting_and_stays_in_its_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
