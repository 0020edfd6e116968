/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When drivers/net/kernel_bridge_program.c's filter takes a frame: in a model of the kernel, where
 * the test says what other processors, at which frames of the same port come in, do meanwhile. On
 * the kernel itself it is in tests/system/test_live_bypass.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/net/kernel_bridge.h"
#include "tests/model/bpf.h"

#define NOW_NS 5000000000ull
#define HEARTBEAT_MS 10
#define HEARTBEAT_NS (HEARTBEAT_MS * 1000000ull)
#define LONG_AGO_NS (NOW_NS - 100 * HEARTBEAT_NS)
#define SIDE 1u
#define TAKEN 0xffffffffu /* as many bytes as there are */

enum { MAP_CONTROL, MAP_WORDS, MAPS };

static struct kernel_bridge_control control;
static uint64_t words[KERNEL_BRIDGE_SIDES];
static const struct model_bpf_map maps[MAPS] = {
	[MAP_CONTROL] = { &control, sizeof(control), 1 },
	[MAP_WORDS] = { words, sizeof(words[0]), KERNEL_BRIDGE_SIDES },
};
static const uint8_t frame[60];
static struct model_bpf model;
static bool seen_before_stamp;

static struct kernel_bridge_core *core(void)
{
	return &control.core[0];
}

static struct kernel_bridge_side *side(void)
{
	return &core()->side[SIDE];
}

static int set_up(void **state)
{
	(void)state;
	control = (struct kernel_bridge_control){ .closed = 0 };
	core()->active = 1;
	core()->progress = 7;
	model = (struct model_bpf){ .frame = frame,
				    .buffer = { .length = sizeof(frame) },
				    .maps = maps,
				    .map_count = MAPS,
				    .time_ns = NOW_NS };
	return 0;
}

static bool is_taken(void)
{
	struct bpf_instruction code[KERNEL_BRIDGE_INSTRUCTIONS_MAX];
	const struct kernel_bridge bridge = {
		.control_map = MAP_CONTROL,
		.words_map = MAP_WORDS,
		.config = { .heartbeat_ms = HEARTBEAT_MS, .data_cores = 1 },
	};
	uint32_t count = kernel_bridge_program_filter(&bridge, 0, SIDE, code);
	bool taken = (uint32_t)model_bpf_run(&model, code, count) == TAKEN;

	assert_int_equal(words[SIDE], taken ? KERNEL_BRIDGE_TAKEN : KERNEL_BRIDGE_NOT_TAKEN);
	return taken;
}

static void stamp(uint64_t progress, uint64_t since_ns)
{
	side()->progress_seen = progress;
	side()->since_ns = since_ns;
}

static void filter_first_frame_after_progress_is_taken_and_stamped(void **state)
{
	(void)state;
	stamp(6, LONG_AGO_NS);
	assert_true(is_taken());
	assert_int_equal(side()->progress_seen, 7);
	assert_int_equal(side()->since_ns, NOW_NS);
}

static void filter_frame_is_taken_until_the_heartbeat_is_over(void **state)
{
	(void)state;
	stamp(7, NOW_NS - HEARTBEAT_NS);
	assert_true(is_taken());
	stamp(7, NOW_NS - HEARTBEAT_NS - 1);
	assert_false(is_taken());
}

static void filter_frame_is_not_taken_without_a_scanner(void **state)
{
	(void)state;
	core()->active = 0;
	assert_false(is_taken());
	core()->active = ~(uint32_t)KERNEL_BRIDGE_THREAD; /* what death leaves of it */
	assert_false(is_taken());
}

/* Its clock was read when this one's had been, so that no time at all has passed since. */
static void filter_frame_that_another_processor_stamped_later_is_taken(void **state)
{
	(void)state;
	stamp(7, NOW_NS + 300);
	assert_true(is_taken());
}

static void look_at_stamp(void)
{
	seen_before_stamp = side()->progress_seen == 7 && side()->since_ns != NOW_NS;
}

/* Else another processor would find that count with an old stamp, and the scanner stalled. */
static void filter_stamps_before_it_says_of_which_progress(void **state)
{
	const void *const stores[] = { &side()->since_ns, &side()->progress_seen };

	(void)state;
	for (unsigned i = 0; i < sizeof(stores) / sizeof(stores[0]); i++) {
		stamp(6, LONG_AGO_NS);
		model.written = stores[i];
		model.before = look_at_stamp;
		assert_true(is_taken());
		assert_false(seen_before_stamp);
	}
}

static void stamp_by_another(void)
{
	stamp(7, NOW_NS - 300);
}

/* Which then has it stamped: the count is read before the stamp. */
static void filter_frame_during_another_processor_s_stamp_is_taken(void **state)
{
	const void *const loads[] = { &core()->progress, &side()->progress_seen,
				      &side()->since_ns };

	(void)state;
	for (unsigned i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		stamp(6, LONG_AGO_NS);
		model.watched = loads[i];
		model.meanwhile = stamp_by_another;
		assert_true(is_taken());
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, set_up)
		TEST(filter_first_frame_after_progress_is_taken_and_stamped),
		TEST(filter_frame_is_taken_until_the_heartbeat_is_over),
		TEST(filter_frame_is_not_taken_without_a_scanner),
		TEST(filter_frame_that_another_processor_stamped_later_is_taken),
		TEST(filter_stamps_before_it_says_of_which_progress),
		TEST(filter_frame_during_another_processor_s_stamp_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
