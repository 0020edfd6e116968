/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor on a clock that the test moves: when the watchdog is fed, when a
 * management core counts as dead and what follows, and that nothing of it waits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/supervisor.h"
#include "hal/clock.h"
#include "hal/cores.h"
#include "hal/reset.h"
#include "hal/serial.h"
#include "tests/scanner/rig.h"

#define MS 1000000ull
#define ALARM "\r\nportreeve: management is dead; frames go on, alerts are lost\r\n"

#define RESET "\r\nportreeve: management has been dead for so long that the board resets\r\n"

static const struct supervisor_config config = { .watchdog_ms = 800, .stall_s = 5, .reset_s = 60 };

static struct rig rig;
static struct dataplane plane;
static struct dataplane_shared shared;
static struct supervisor supervisor;
static uint64_t now_ns;
static bool management_off;
static unsigned parked, feedings, started_ms;
static size_t line_takes; /* bytes at a time */
static char said[256];
static size_t said_length;
static jmp_buf has_reset;

struct clock_monotonic clock_monotonic_now(void)
{
	return (struct clock_monotonic){ .ns = now_ns };
}

struct clock_wall clock_wall_now(void)
{
	return (struct clock_wall){ .ns = rig.now.ns + now_ns };
}

bool core_is_off(enum core core)
{
	assert_int_equal(core, CORE_MANAGEMENT);
	return management_off;
}

void core_park(enum core core)
{
	assert_int_equal(core, CORE_MANAGEMENT);
	parked++; /* it takes its time to write its report */
}

void reset_board(void)
{
	longjmp(has_reset, 1);
}

size_t serial_offer(const void *bytes, size_t length)
{
	length = length < line_takes ? length : line_takes;
	assert_true(length < sizeof(said) - said_length);
	memcpy(said + said_length, bytes, length);
	said_length += length;
	return length;
}

/* Only before a reset, which needs all of it said. */
void serial_write(const void *bytes, size_t length)
{
	line_takes = length;
	serial_offer(bytes, length);
}

static void start(struct watchdog *watchdog, uint32_t timeout_ms)
{
	(void)watchdog;
	started_ms = timeout_ms;
}

static void feed(struct watchdog *watchdog)
{
	(void)watchdog;
	feedings++;
}

static const struct watchdog_ops ops = { .start = start, .feed = feed };
static struct watchdog watchdog = { .ops = &ops };

static int set_up(void **state)
{
	(void)state;
	memset(&shared, 0, sizeof(shared));
	memset(&plane, 0, sizeof(plane));
	now_ns = 3000 * MS;
	management_off = false;
	parked = feedings = started_ms = 0;
	line_takes = sizeof(said);
	said_length = 0;
	rig_open(&rig, NULL);
	plane.scanner = rig.scanner;
	plane.shared = &shared;
	supervisor_init(&supervisor, &config, &plane, &watchdog);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

/* Looks every 10 ms for so long. True: the board was reset meanwhile. */
static bool look_for(uint64_t ms)
{
	if (setjmp(has_reset) != 0) {
		return true;
	}
	for (uint64_t end_ns = now_ns + ms * MS; now_ns < end_ns; now_ns += 10 * MS) {
		supervisor_look(&supervisor);
	}
	return false;
}

static void look_feeds_the_watchdog_ten_times_a_second(void **state)
{
	(void)state;
	assert_int_equal(started_ms, 800);
	assert_int_equal(feedings, 0);
	look_for(1000);
	assert_int_equal(feedings, 10);
	now_ns += 5000 * MS; /* a long round: once, not once for each look that was missed */
	look_for(100);
	assert_int_equal(feedings, 11);
}

static void look_without_a_watchdog_goes_on(void **state)
{
	(void)state;
	supervisor_init(&supervisor, &config, &plane, NULL);
	assert_false(look_for(6000));
	assert_int_equal(parked, 1);
	assert_int_equal(feedings, 0);
}

static void look_while_management_makes_progress_leaves_it_alone(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		assert_false(look_for(4800));
		atomic_fetch_add(&shared.management_progress, 1);
	}
	atomic_store(&shared.management_progress, 0); /* as after 2^32 */
	assert_false(look_for(4800));
	assert_int_equal(parked, 0);
	assert_int_equal(plane.counters.management_stopped, 0);
	assert_int_equal(said_length, 0);
}

static void look_at_management_that_stalls_parks_it_once_and_alarms(void **state)
{
	(void)state;
	assert_false(look_for(4900));
	assert_int_equal(parked, 0);
	assert_false(look_for(300));
	assert_int_equal(parked, 1);
	assert_int_equal(plane.counters.management_stopped, 1);
	assert_false(look_for(700));
	assert_int_equal(said_length, 0); /* it still writes its report */
	management_off = true;
	assert_false(look_for(200));
	assert_int_equal(said_length, strlen(ALARM));
	assert_memory_equal(said, ALARM, said_length);
	assert_false(look_for(20000));
	assert_int_equal(parked, 1);
	assert_int_equal(plane.counters.management_stopped, 1);
	assert_int_equal(said_length, strlen(ALARM));
	assert_true(feedings > 200);
}

static void look_at_management_that_faulted_counts_it_and_does_not_park(void **state)
{
	(void)state;
	management_off = true;
	assert_false(look_for(300));
	assert_int_equal(parked, 0);
	assert_int_equal(plane.counters.management_stopped, 1);
	assert_memory_equal(said, ALARM, strlen(ALARM));
}

/* It may hang where nothing stops it. */
static void look_at_management_that_does_not_stop_alarms_all_the_same(void **state)
{
	(void)state;
	assert_false(look_for(5800));
	assert_int_equal(parked, 1);
	assert_int_equal(said_length, 0);
	assert_false(look_for(500));
	assert_int_equal(said_length, strlen(ALARM));
}

static void alarm_goes_out_as_the_line_takes_it(void **state)
{
	(void)state;
	management_off = true;
	line_takes = 0;
	assert_false(look_for(2000));
	line_takes = 7;
	assert_false(look_for(100));
	assert_int_equal(said_length, 7);
	assert_false(look_for(2000));
	assert_int_equal(said_length, strlen(ALARM));
	assert_memory_equal(said, ALARM, said_length);
	assert_null(supervisor.alarm);
}

static void reset_comes_the_set_time_after_death(void **state)
{
	(void)state;
	management_off = true;
	assert_false(look_for(59900));
	atomic_fetch_add(&shared.management_progress, 1); /* nobody is there to have done it */
	assert_true(look_for(300));
	assert_in_range(now_ns, 63000 * MS, 63200 * MS);
	assert_memory_equal(said + strlen(ALARM), RESET, strlen(RESET));
}

static void reset_after_0_s_is_never(void **state)
{
	struct supervisor_config never = config;

	(void)state;
	never.reset_s = 0;
	supervisor_init(&supervisor, &never, &plane, &watchdog);
	management_off = true;
	assert_false(look_for(3600000));
	assert_int_equal(plane.counters.management_stopped, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(look_feeds_the_watchdog_ten_times_a_second),
		CASE(look_without_a_watchdog_goes_on),
		CASE(look_while_management_makes_progress_leaves_it_alone),
		CASE(look_at_management_that_stalls_parks_it_once_and_alarms),
		CASE(look_at_management_that_faulted_counts_it_and_does_not_park),
		CASE(look_at_management_that_does_not_stop_alarms_all_the_same),
		CASE(alarm_goes_out_as_the_line_takes_it),
		CASE(reset_comes_the_set_time_after_death),
		CASE(reset_after_0_s_is_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
