/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/clock.h against the C library's own reading of the same clocks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "hal/clock.h"

#define NS_PER_S 1000000000u

static void clock_monotonic_now_read_often_never_goes_back(void **state)
{
	struct clock_monotonic last = clock_monotonic_now();
	struct clock_monotonic first = last;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		struct clock_monotonic now = clock_monotonic_now();

		assert_true(now.ns >= last.ns);
		last = now;
	}
	assert_true(last.ns > first.ns);
}

static void clock_wall_now_lies_between_two_readings_of_time(void **state)
{
	time_t before = time(NULL);
	struct clock_wall now = clock_wall_now();
	time_t after = time(NULL);

	(void)state;
	/* time() may lag by a tick of the kernel's coarse clock. */
	assert_true(now.ns / NS_PER_S >= (uint64_t)before);
	assert_true(now.ns / NS_PER_S <= (uint64_t)after + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clock_monotonic_now_read_often_never_goes_back),
		cmocka_unit_test(clock_wall_now_lies_between_two_readings_of_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
