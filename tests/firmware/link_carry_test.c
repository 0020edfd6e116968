/* SPDX-License-Identifier: BSD-2-Clause */
/* When a lost link is carried to the other side and when it is taken back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/link_carry.h"

#define START_NS 7000000000ull
#define MS_NS 1000000ull

static struct link_carry carry;
static uint64_t now_ns;
static bool up[SCANNER_PORTS];

static int set_up(void **state)
{
	(void)state;
	now_ns = START_NS;
	up[PORT_INSIDE] = up[PORT_OUTSIDE] = true;
	link_carry_init(&carry, now_ns);
	return 0;
}

/* What is said about `side`; about the other one nothing may be. */
static enum link_act act_on(unsigned side)
{
	unsigned said = side;
	enum link_act act = link_carry_step(&carry, up, now_ns, &said);

	assert_int_equal(said, side);
	return act;
}

static void lose_outside(void)
{
	assert_int_equal(act_on(PORT_INSIDE), LINK_NOTHING);
	up[PORT_OUTSIDE] = false;
	assert_int_equal(act_on(PORT_INSIDE), LINK_NOTHING);
	now_ns += LINK_CARRY_LOST_NS;
	assert_int_equal(act_on(PORT_INSIDE), LINK_SWITCH_OFF);
	up[PORT_INSIDE] = false; /* as it is off */
}

static void step_hiccup_of_a_link_is_not_carried(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		up[PORT_OUTSIDE] = i % 2 == 0;
		assert_int_equal(act_on(PORT_INSIDE), LINK_NOTHING);
		now_ns += LINK_CARRY_LOST_NS - 1;
		assert_int_equal(act_on(PORT_INSIDE), LINK_NOTHING);
	}
}

static void step_link_lost_is_carried_soon(void **state)
{
	(void)state;
	lose_outside();
	assert_int_equal(act_on(PORT_INSIDE), LINK_NOTHING);
}

static void step_link_back_is_taken_when_it_stays(void **state)
{
	(void)state;
	lose_outside();
	now_ns += 60000 * MS_NS;
	up[PORT_OUTSIDE] = true;
	assert_int_equal(act_on(PORT_INSIDE), LINK_NOTHING);
	now_ns += 999 * MS_NS;
	assert_int_equal(act_on(PORT_INSIDE), LINK_NOTHING);
	up[PORT_OUTSIDE] = false; /* it flaps */
	assert_int_equal(act_on(PORT_INSIDE), LINK_NOTHING);
	up[PORT_OUTSIDE] = true;
	now_ns += 2 * MS_NS;
	assert_int_equal(act_on(PORT_INSIDE), LINK_NOTHING);
	now_ns += 1000 * MS_NS;
	assert_int_equal(act_on(PORT_INSIDE), LINK_SWITCH_ON);
}

static void step_port_switched_on_has_time_to_find_its_link(void **state)
{
	(void)state;
	step_link_back_is_taken_when_it_stays(state);
	now_ns += 4999 * MS_NS;
	assert_int_equal(act_on(PORT_OUTSIDE), LINK_NOTHING);
	now_ns += 1 * MS_NS; /* its link is lost, too */
	assert_int_equal(act_on(PORT_OUTSIDE), LINK_SWITCH_OFF);
}

static void step_link_found_within_the_time_counts_from_then_on(void **state)
{
	(void)state;
	step_link_back_is_taken_when_it_stays(state);
	up[PORT_INSIDE] = true;
	assert_int_equal(act_on(PORT_OUTSIDE), LINK_NOTHING);
	up[PORT_INSIDE] = false;
	assert_int_equal(act_on(PORT_OUTSIDE), LINK_NOTHING);
	now_ns += LINK_CARRY_LOST_NS;
	assert_int_equal(act_on(PORT_OUTSIDE), LINK_SWITCH_OFF);
}

static void step_both_lost_is_nothing_to_carry(void **state)
{
	(void)state;
	now_ns += 60000 * MS_NS;
	up[PORT_INSIDE] = up[PORT_OUTSIDE] = false;
	assert_int_equal(act_on(PORT_INSIDE), LINK_NOTHING);
}

static void step_link_absent_at_start_is_carried_after_the_grace(void **state)
{
	(void)state;
	up[PORT_INSIDE] = false;
	assert_int_equal(act_on(PORT_OUTSIDE), LINK_NOTHING);
	now_ns += LINK_CARRY_GRACE_NS;
	assert_int_equal(act_on(PORT_OUTSIDE), LINK_SWITCH_OFF);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, NULL)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(step_hiccup_of_a_link_is_not_carried),
		CASE(step_link_lost_is_carried_soon),
		CASE(step_link_back_is_taken_when_it_stays),
		CASE(step_port_switched_on_has_time_to_find_its_link),
		CASE(step_link_found_within_the_time_counts_from_then_on),
		CASE(step_both_lost_is_nothing_to_carry),
		CASE(step_link_absent_at_start_is_carried_after_the_grace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
