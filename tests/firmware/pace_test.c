/* SPDX-License-Identifier: BSD-2-Clause */
/* What a data core does between its rounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/pace.h"
#include "hal/port.h"

static void after_lone_frames_goes_on(void **state)
{
	struct pace pace = { .busy = false };

	(void)state;
	for (unsigned moved = 1; moved < PACE_BURST_MIN; moved++) {
		assert_int_equal(pace_after(&pace, moved), PACE_GO_ON);
	}
}

static void after_burst_gathers_unless_more_may_wait(void **state)
{
	struct pace pace = { .busy = false };

	(void)state;
	assert_int_equal(pace_after(&pace, PACE_BURST_MIN), PACE_GATHER);
	assert_int_equal(pace_after(&pace, PORT_BURST_MAX - 1), PACE_GATHER);
	assert_int_equal(pace_after(&pace, PORT_BURST_MAX), PACE_GO_ON);
	assert_int_equal(pace_after(&pace, 2 * PORT_BURST_MAX), PACE_GO_ON);
}

static void after_idle_rounds_sleeps_and_counts_anew(void **state)
{
	struct pace pace = { .busy = false };

	(void)state;
	for (unsigned time = 0; time < 2; time++) {
		for (unsigned i = 1; i < PACE_IDLE_ROUNDS; i++) {
			assert_int_equal(pace_after(&pace, 0), PACE_GO_ON);
		}
		assert_int_equal(pace_after(&pace, 0), PACE_SLEEP);
	}
}

static void after_frame_idle_rounds_count_anew(void **state)
{
	struct pace pace = { .busy = false };

	(void)state;
	for (unsigned i = 1; i < PACE_IDLE_ROUNDS; i++) {
		pace_after(&pace, 0);
	}
	assert_int_equal(pace_after(&pace, 1), PACE_GO_ON);
	assert_int_equal(pace_after(&pace, 0), PACE_GO_ON);
}

static void after_busy_never_waits_but_lets_others_run(void **state)
{
	struct pace pace = { .busy = true };
	unsigned yields = 0;

	(void)state;
	assert_int_equal(pace_after(&pace, PACE_BURST_MIN), PACE_GO_ON);
	for (unsigned i = 0; i < 10 * PACE_IDLE_ROUNDS; i++) {
		enum pace_step step = pace_after(&pace, 0);

		assert_true(step == PACE_GO_ON || step == PACE_YIELD);
		yields += step == PACE_YIELD;
	}
	assert_int_equal(yields, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_lone_frames_goes_on),
		cmocka_unit_test(after_burst_gathers_unless_more_may_wait),
		cmocka_unit_test(after_idle_rounds_sleeps_and_counts_anew),
		cmocka_unit_test(after_frame_idle_rounds_count_anew),
		cmocka_unit_test(after_busy_never_waits_but_lets_others_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
