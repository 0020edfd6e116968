/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/entropy.h: how many bytes it writes, and that they are not always the same. Whether they are
 * good is the kernel's affair.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hal/entropy.h"

#define GUARD 0xa5u

static void entropy_fill_any_length_stays_within_it(void **state)
{
	uint8_t bytes[600];

	(void)state;
	for (size_t length = 0; length < sizeof(bytes); length++) {
		memset(bytes, GUARD, sizeof(bytes));
		assert_int_equal(entropy_fill(bytes, length), 0);
		for (size_t i = length; i < sizeof(bytes); i++) {
			assert_int_equal(bytes[i], GUARD);
		}
	}
}

/* Every byte differs in one of 64 repetitions, unless it is not written (or once in 2^500). */
static void entropy_fill_long_request_writes_every_byte(void **state)
{
	static uint8_t first[4096];
	static uint8_t again[sizeof(first)];
	static uint8_t changed[sizeof(first)];

	(void)state;
	assert_int_equal(entropy_fill(first, sizeof(first)), 0);
	for (unsigned round = 0; round < 64; round++) {
		assert_int_equal(entropy_fill(again, sizeof(again)), 0);
		for (size_t i = 0; i < sizeof(first); i++) {
			changed[i] |= first[i] ^ again[i];
		}
	}
	for (size_t i = 0; i < sizeof(first); i++) {
		assert_int_not_equal(changed[i], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entropy_fill_any_length_stays_within_it),
		cmocka_unit_test(entropy_fill_long_request_writes_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
