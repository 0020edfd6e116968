/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Management's loop, run by the test as the second core would: it shows that it goes on,
 * prints events between what is typed, sleeps only when nothing waits, and reboots when
 * it is asked to. The test is the serial line, the data core, and the end of the loop.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/management.h"
#include "hal/bypass.h"
#include "hal/clock.h"
#include "hal/cores.h"
#include "hal/reset.h"
#include "hal/serial.h"
#include "scanner/anomaly.h"
#include "tests/scanner/rig.h"

#define WAKE_NS 1000000ull

enum { WENT_ON, SLEPT_ENOUGH, HAS_RESET };

static struct rig rig;
static struct dataplane plane;
static struct dataplane_shared shared;
static struct rig second_rig; /* another data core, where a test has it */
static struct dataplane second_plane;
static struct dataplane_shared second_shared;
static void *(*entry)(void *);
static void *entry_argument;
static int start_result;
static uint64_t now_ns;
static unsigned sleeps, sleeps_max, late_events;
static bool ends_flows; /* the data core does as it is asked */
static unsigned loads, told, rests;
static bool wishes_reload, wishes_end;
static const char *typed;
static bool receives;
static char said[65536];
static size_t said_length;
static jmp_buf out;

int core_start(enum core core, void *(*function)(void *), void *argument)
{
	assert_int_equal(core, CORE_MANAGEMENT);
	entry = function;
	entry_argument = argument;
	return start_result;
}

struct clock_monotonic clock_monotonic_now(void)
{
	return (struct clock_monotonic){ .ns = now_ns };
}

struct clock_wall clock_wall_now(void)
{
	return (struct clock_wall){ .ns = CLOCK_PLAUSIBLE_NS + now_ns };
}

void reset_board(void)
{
	longjmp(out, HAS_RESET);
}

const struct bypass_state *bypass_state(void)
{
	static const struct bypass_state state = { .way = BYPASS_OPEN, .text = "a relay" };

	return &state;
}

const uint32_t *serial_faults(void)
{
	static const uint32_t faults[SERIAL_FAULTS];

	return faults;
}

void serial_write(const void *bytes, size_t length)
{
	assert_true(length < sizeof(said) - said_length);
	memcpy(said + said_length, bytes, length);
	said_length += length;
	said[said_length] = '\0';
}

static void put_anomaly_on(struct event_ring *ring, uint32_t count)
{
	struct event *event = event_begin(ring, EVENT_ANOMALY);
	const struct event_anomaly detail = { .anomaly = ANOMALY_STREAM_CONFLICT, .count = count };

	assert_non_null(event);
	event->tuple.family = 4;
	event_put(event, ATTRIBUTE_ANOMALY, &detail, sizeof(detail));
	event_commit(ring, event);
}

static void put_anomaly(uint32_t count)
{
	put_anomaly_on(scanner_events(rig.scanner), count);
}

size_t serial_read(void *to, size_t length)
{
	size_t count = strlen(typed) < length ? strlen(typed) : length;

	if (!receives) { /* the console looks before it prompts: nothing is typed yet */
		receives = true;
		return 0;
	}
	if (late_events != 0) { /* after the loop has looked at events */
		put_anomaly(1000 + late_events--);
	}
	memcpy(to, typed, count);
	typed += count;
	return count;
}

void core_wake(enum core core)
{
	uint32_t done = ASK_ACCOUNT | (ends_flows ? ASK_END_FLOWS : 0);

	assert_true(core == CORE_DATA || core == second_plane.core);
	atomic_fetch_and(core == CORE_DATA ? &shared.asked : &second_shared.asked, ~done);
	now_ns += WAKE_NS; /* who wakes it again and again gets on in time */
}

void core_sleep_until(unsigned long long deadline_ns)
{
	assert_true(deadline_ns > now_ns && deadline_ns - now_ns <= 500000000);
	now_ns = deadline_ns;
	if (++sleeps == sleeps_max) {
		longjmp(out, SLEPT_ENOUGH);
	}
}

static bool no_set(struct loaded_set *next, _Atomic uint32_t *progress)
{
	(void)progress;
	*next = (struct loaded_set){ .error = "none is there" };
	loads++;
	return false;
}

static bool reload(void)
{
	bool wish = wishes_reload;

	wishes_reload = false;
	return wish;
}

static bool end(void)
{
	return wishes_end;
}

static void tell(const struct event *event)
{
	assert_int_equal(event->type, EVENT_ANOMALY);
	told++;
}

static void rest(void)
{
	assert_null(event_peek(scanner_events(rig.scanner)));
	rests++;
}

static const struct management_duties all_duties = {
	.load = no_set, .reload = reload, .end = end, .event = tell, .idle = rest
};

static bool fake_link_up(const struct port *port)
{
	(void)port;
	return true;
}

static int set_up(void **state)
{
	static const struct management_duties duties = { .load = no_set };
	static const struct port_ops ops = { .link_up = fake_link_up };
	static struct port ports[SCANNER_PORTS] = { { .ops = &ops, .name = "inside" },
						    { .ops = &ops, .name = "outside" } };

	(void)state;
	memset(&shared, 0, sizeof(shared));
	memset(&plane, 0, sizeof(plane));
	memset(&second_shared, 0, sizeof(second_shared));
	second_plane = (struct dataplane){ .core = CORE_DATA };
	rig_open(&rig, NULL);
	plane.scanner = rig.scanner;
	plane.shared = &shared;
	plane.port[0] = &ports[0];
	plane.port[1] = &ports[1];
	start_result = 0;
	sleeps = late_events = 0;
	sleeps_max = 3;
	ends_flows = true;
	typed = "";
	receives = false;
	said_length = 0;
	said[0] = '\0';
	loads = told = rests = 0;
	wishes_reload = wishes_end = false;
	assert_int_equal(management_start(&plane, &duties), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rig_drain(&rig);
	rig_close(&rig);
	return 0;
}

/* The loop, until it has slept often enough or resets the board. */
static int run(void)
{
	int how = setjmp(out);

	if (how == WENT_ON) {
		entry(entry_argument);
	}
	return how;
}

static unsigned count_of(const char *text)
{
	unsigned count = 0;

	for (const char *at = said; (at = strstr(at, text)) != NULL; at++) {
		count++;
	}
	return count;
}

static void start_without_a_core_is_the_error(void **state)
{
	(void)state;
	start_result = -EAGAIN;
	assert_int_equal(management_start(&plane, &all_duties), -EAGAIN);
}

static void loop_with_nothing_to_do_shows_progress_and_sleeps(void **state)
{
	uint32_t before = atomic_load(&shared.management_progress);

	(void)state;
	sleeps_max = 100;
	assert_int_equal(run(), SLEPT_ENOUGH);
	assert_true(atomic_load(&shared.management_progress) - before >= 100);
	assert_int_equal(now_ns % 500000000, 0); /* never longer than half a second */
	assert_true(atomic_load(&shared.management_sleeps)); /* it is to be woken */
	assert_string_equal(said, "portreeve> ");
}

static void loop_prints_events_before_it_sleeps(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 3; i++) {
		put_anomaly(i);
	}
	sleeps_max = 1;
	assert_int_equal(run(), SLEPT_ENOUGH);
	assert_int_equal(count_of("stream-conflict"), 3);
	assert_non_null(strstr(said, "(1)\r\n"));
	assert_true(strstr(said, "(2)\r\n") < strstr(said, "(3)\r\n"));
}

static void loop_with_two_data_cores_serves_both_and_waits_for_both(void **state)
{
	(void)state;
	rig_open(&second_rig, NULL);
	second_plane = (struct dataplane){ .core = CORE_COUNT,
					   .scanner = second_rig.scanner,
					   .shared = &second_shared,
					   .port = { plane.port[0], plane.port[1] } };
	plane.next = &second_plane;
	put_anomaly(1);
	put_anomaly_on(scanner_events(second_rig.scanner), 2);
	sleeps_max = 1;
	assert_int_equal(run(), SLEPT_ENOUGH);
	assert_int_equal(count_of("stream-conflict"), 2);
	assert_true(atomic_load(&shared.management_sleeps));
	assert_true(atomic_load(&second_shared.management_sleeps));
	put_anomaly_on(scanner_events(second_rig.scanner), 3);
	typed = "reboot\r";
	sleeps_max = 1000;
	assert_int_equal(run(), HAS_RESET);
	assert_int_equal(count_of("stream-conflict"), 3);
	assert_int_equal(atomic_load(&shared.asked) | atomic_load(&second_shared.asked), 0);
	rig_drain(&second_rig);
	rig_close(&second_rig);
}

static void loop_event_that_comes_after_the_look_is_not_slept_over(void **state)
{
	(void)state;
	late_events = 5;
	sleeps_max = 1;
	assert_int_equal(run(), SLEPT_ENOUGH);
	assert_int_equal(count_of("stream-conflict"), 5);
}

static void loop_under_a_flood_still_hears_what_is_typed(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 200; i++) {
		put_anomaly(i);
	}
	typed = "q";
	sleeps_max = 1;
	assert_int_equal(run(), SLEPT_ENOUGH);
	assert_int_equal(count_of("stream-conflict"), 200);
	const char *first = strstr(said, "\x1b[K"), *echo = strstr(said, "portreeve> q");

	assert_non_null(echo); /* the line that was being typed is shown again after each */
	assert_true(first < echo);
	assert_int_equal(count_of("portreeve> q\r"), 136); /* heard after the first 64 */
}

static void loop_events_eve_prints_json(void **state)
{
	(void)state;
	typed = "events eve\r";
	sleeps_max = 1;
	late_events = 1;
	assert_int_equal(run(), SLEPT_ENOUGH);
	assert_int_equal(count_of("\"event_type\":\"anomaly\""), 1);
	assert_int_equal(count_of("}\r\n"), 1);
}

static void reboot_tells_what_is_left_and_resets(void **state)
{
	(void)state;
	typed = "reboot\r";
	late_events = 2;
	sleeps_max = 1000;
	assert_int_equal(run(), HAS_RESET);
	assert_int_equal(atomic_load(&shared.asked), 0);
	assert_true(count_of("stream-conflict") >= 1);
	assert_null(event_peek(scanner_events(rig.scanner)));
}

static void reboot_with_flows_that_never_end_resets_all_the_same(void **state)
{
	uint64_t start_ns = now_ns;

	(void)state;
	typed = "reboot\r";
	ends_flows = false;
	sleeps_max = 0; /* no end to it */
	assert_int_equal(run(), HAS_RESET);
	assert_in_range(now_ns - start_ns, 9000000000u, 11000000000u);
}

static void duties_are_done_when_they_are_wished(void **state)
{
	(void)state;
	assert_int_equal(management_start(&plane, &all_duties), 0);
	put_anomaly(1);
	put_anomaly(2);
	wishes_reload = true;
	assert_int_equal(run(), SLEPT_ENOUGH);
	assert_int_equal(loads, 2); /* at the start, and again */
	assert_int_equal(told, 2);
	assert_int_equal(rests, sleeps_max);
	sleeps = 0;
	wishes_end = true;
	late_events = 1;
	assert_int_equal(run(), HAS_RESET);
	assert_int_equal(told, 3);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(start_without_a_core_is_the_error),
		CASE(loop_with_nothing_to_do_shows_progress_and_sleeps),
		CASE(loop_prints_events_before_it_sleeps),
		CASE(loop_with_two_data_cores_serves_both_and_waits_for_both),
		CASE(loop_event_that_comes_after_the_look_is_not_slept_over),
		CASE(loop_under_a_flood_still_hears_what_is_typed),
		CASE(loop_events_eve_prints_json),
		CASE(reboot_tells_what_is_left_and_resets),
		CASE(duties_are_done_when_they_are_wished),
		CASE(reboot_with_flows_that_never_end_resets_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
