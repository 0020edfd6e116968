/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/copy.h: every length, and nothing beside it. */
#include "scanner/copy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define LENGTH_MAX (2 * COPY_SHORT_MAX)

static void copy_short_any_length_copies_it_and_no_more(void **state)
{
	static uint8_t from[LENGTH_MAX], to[LENGTH_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(from); i++) {
		from[i] = (uint8_t)(1 + i % 251);
	}
	for (size_t length = 0; length <= LENGTH_MAX; length++) {
		memset(to, 0, sizeof(to));
		copy_short(to + 1, from, length);
		assert_memory_equal(to + 1, from, length);
		assert_int_equal(to[0], 0);
		assert_int_equal(to[length + 1], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy_short_any_length_copies_it_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
