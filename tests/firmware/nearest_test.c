/* SPDX-License-Identifier: BSD-2-Clause */
/* Distances between what was typed and a command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/nearest.h"

static void nearest_distance_is_the_least_number_of_changes(void **state)
{
	(void)state;
	assert_int_equal(nearest_distance("show portz", "show ports"), 1);
	assert_int_equal(nearest_distance("shw ports", "show ports"), 1);
	assert_int_equal(nearest_distance("showw ports", "show ports"), 1);
	assert_int_equal(nearest_distance("shwo prots", "show ports"), 4);
	assert_int_equal(nearest_distance("kitten", "sitting"), 3);
	assert_int_equal(nearest_distance("help me", "help"), 3);
	assert_int_equal(nearest_distance("x", "help"), 4);
	assert_int_equal(nearest_distance("abcdefgh", "help"), 7);
}

static void nearest_distance_of_a_beginning_is_none(void **state)
{
	(void)state;
	assert_int_equal(nearest_distance("", "help"), 0);
	assert_int_equal(nearest_distance("show", "show ports"), 0);
	assert_int_equal(nearest_distance("show ports", "show ports"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearest_distance_is_the_least_number_of_changes),
		cmocka_unit_test(nearest_distance_of_a_beginning_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
