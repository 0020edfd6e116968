/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/watchdog/i6300esb.h against a model of the timer (Intel 300641, chapter 16)
 * that counts: fed in time it never resets, else within the time that was set. Its
 * registers take a write only right after the unlocking sequence.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/watchdog/i6300esb.h"
#include "tests/model/registers.h"

#define SPACE 0x3f008000u
#define WINDOW 0x10000000u

static struct {
	uint32_t id, bar;
	bool deaf; /* its address cannot be set */
	uint16_t command, configuration;
	uint8_t lock;
	unsigned unlocking; /* steps done, of 2 */
	uint32_t preload[2];
	bool expired;
	unsigned stage;
	uint32_t left; /* of the stage, in counts */
	bool has_reset;
} model;

static struct i6300esb esb;

static uint64_t read_space(void *device, size_t offset, unsigned width)
{
	(void)device;
	assert_int_equal(width, 4);
	switch (offset) {
	case 0x00:
		return model.id;
	case 0x10:
		return model.bar;
	default:
		registers_wrong("a field is read that need not be", offset);
	}
}

static void write_space(void *device, size_t offset, unsigned width, uint64_t value)
{
	(void)device;
	switch (offset) {
	case 0x04:
		assert_int_equal(width, 2);
		model.command = (uint16_t)value;
		break;
	case 0x10:
		assert_int_equal(width, 4);
		model.bar = model.deaf ? 0 : (uint32_t)value & 0xfffffff0u;
		break;
	case 0x60:
		assert_int_equal(width, 2);
		model.configuration = (uint16_t)value;
		break;
	case 0x68:
		assert_int_equal(width, 1);
		model.lock |= (uint8_t)value;
		break;
	default:
		registers_wrong("a field is written that need not be", offset);
	}
}

static uint64_t read_window(void *device, size_t offset, unsigned width)
{
	(void)device;
	assert_int_equal(offset, 0x0c);
	assert_int_equal(width, 2);
	assert_int_equal(model.command & 2, 2); /* or it does not answer there */
	return model.expired ? 0x200 : 0;
}

static void restart(void)
{
	model.stage = 0;
	model.left = model.preload[0];
}

static void write_reload(uint64_t value)
{
	if (value == 0x80) {
		model.unlocking = 1;
	} else if (value == 0x86 && model.unlocking == 1) {
		model.unlocking = 2;
	} else if (model.unlocking == 2) {
		model.unlocking = 0;
		if ((value & 0x100) != 0) {
			restart();
		}
		model.expired = model.expired && (value & 0x200) == 0;
	} else {
		registers_wrong("it is locked", value);
	}
}

static void write_window(void *device, size_t offset, unsigned width, uint64_t value)
{
	(void)device;
	assert_int_equal(model.command & 2, 2);
	if (offset == 0x0c) {
		assert_int_equal(width, 2);
		write_reload(value);
		return;
	}
	assert_true(offset == 0 || offset == 4);
	assert_int_equal(width, 4);
	if (model.unlocking != 2) {
		registers_wrong("it is locked", offset);
	}
	if (value == 0) {
		registers_wrong("a stage of no time", offset);
	}
	model.unlocking = 0;
	model.preload[offset / 4] = (uint32_t)value & 0xfffffu;
}

/* Time passes: one count is 2^15 cycles of 33 MHz, 0.993 ms. */
static void pass_us(uint64_t us)
{
	static uint64_t rest;

	rest += us * 33;
	for (; rest >= 1u << 15; rest -= 1u << 15) {
		if ((model.lock & 2) == 0 || model.has_reset) {
			continue;
		}
		model.left -= model.left != 0 ? 1 : 0;
		if (model.left == 0 && ++model.stage == 2) {
			model.has_reset = model.expired = true;
		} else if (model.left == 0) {
			model.left = model.preload[1];
		}
	}
}

static int set_up(void **state)
{
	const struct registers space = {
		.base = SPACE, .bytes = 0x1000, .read = read_space, .write = write_space
	};
	const struct registers window = {
		.base = WINDOW, .bytes = 0x10, .read = read_window, .write = write_window
	};

	(void)state;
	memset(&model, 0, sizeof(model));
	model.id = 0x25ab8086;
	registers_attach(&space);
	registers_attach(&window);
	return 0;
}

static void init_another_function_is_enodev_and_untouched(void **state)
{
	(void)state;
	model.id = 0xffffffff; /* there is none */
	assert_int_equal(i6300esb_init(&esb, SPACE, WINDOW), -ENODEV);
	model.id = 0x25ac8086;
	assert_int_equal(i6300esb_init(&esb, SPACE, WINDOW), -ENODEV);
	assert_int_equal(model.bar | model.command, 0);
}

static void init_registers_elsewhere_is_eio(void **state)
{
	(void)state;
	model.deaf = true;
	assert_int_equal(i6300esb_init(&esb, SPACE, WINDOW), -EIO);
}

static void init_does_not_start_it(void **state)
{
	(void)state;
	assert_int_equal(i6300esb_init(&esb, SPACE, WINDOW), 0);
	assert_false(esb.watchdog.expired);
	pass_us(3600000000u);
	assert_false(model.has_reset);
}

static void init_after_it_expired_tells_so_once(void **state)
{
	(void)state;
	model.expired = true;
	assert_int_equal(i6300esb_init(&esb, SPACE, WINDOW), 0);
	assert_true(esb.watchdog.expired);
	assert_int_equal(i6300esb_init(&esb, SPACE, WINDOW), 0);
	assert_false(esb.watchdog.expired);
}

static void start(uint32_t timeout_ms)
{
	model.lock = 0;
	model.has_reset = false;
	assert_int_equal(i6300esb_init(&esb, SPACE, WINDOW), 0);
	esb.watchdog.ops->start(&esb.watchdog, timeout_ms);
	assert_int_equal(model.lock, 2); /* enabled; it may be stopped again */
	assert_int_equal(model.configuration, 3); /* reset output on, 1 kHz, no interrupt */
}

/* In ms, until it resets after it was fed. */
static uint64_t life_ms(void)
{
	uint64_t ms = 0;

	esb.watchdog.ops->feed(&esb.watchdog);
	for (; !model.has_reset; ms++) {
		assert_true(ms < 4000000);
		pass_us(1000);
	}
	return ms;
}

static void start_unfed_resets_within_the_time(void **state)
{
	static const uint32_t times[] = { 2, 3, 10, 100, 1000, 1001, 60000, 600000 };

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		start(times[i]);
		assert_in_range(life_ms(), times[i] * 98 / 100 - 1, times[i]);
	}
}

static void start_beyond_its_range_is_its_longest_or_shortest(void **state)
{
	(void)state;
	start(0xffffffff);
	assert_in_range(life_ms(), 2080000, 2097152);
	start(0);
	assert_in_range(life_ms(), 1, 2);
	start(1);
	assert_in_range(life_ms(), 1, 2);
}

static void feed_in_time_never_resets(void **state)
{
	(void)state;
	start(1000);
	for (unsigned i = 0; i < 1000; i++) {
		pass_us(900000);
		assert_false(model.has_reset);
		esb.watchdog.ops->feed(&esb.watchdog);
	}
	pass_us(1001000);
	assert_true(model.has_reset);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(init_another_function_is_enodev_and_untouched, set_up),
		cmocka_unit_test_setup(init_registers_elsewhere_is_eio, set_up),
		cmocka_unit_test_setup(init_does_not_start_it, set_up),
		cmocka_unit_test_setup(init_after_it_expired_tells_so_once, set_up),
		cmocka_unit_test_setup(start_unfed_resets_within_the_time, set_up),
		cmocka_unit_test_setup(start_beyond_its_range_is_its_longest_or_shortest, set_up),
		cmocka_unit_test_setup(feed_in_time_never_resets, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
