/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/flash/cfi.h against a model of two Intel chips side by side (JEDEC JESD68,
 * Intel AP-646) of 4 KiB each in 512-byte blocks. The model clears bits only, has its
 * blocks locked at power-up, hides its content while it is not being read, and fails
 * as it is told.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/flash/cfi.h"
#include "hal/clock.h"
#include "tests/model/registers.h"

#define CHIP_LOG2 12
#define BYTES (2u << CHIP_LOG2)
#define BLOCK 1024u
#define BLOCKS (BYTES / BLOCK)
#define READY 0x80u
#define FAILED_ERASE 0x20u
#define FAILED_PROGRAM 0x10u
#define FAILED_VOLTAGE 0x08u
#define LOCKED 0x02u

enum mode { MODE_READ, MODE_QUERY, MODE_STATUS };

static struct {
	_Alignas(64) uint8_t seen[BYTES]; /* what reads in place show */
	uint8_t cells[BYTES];
	enum mode mode;
	uint32_t setup; /* the first of two cycles, 0: none */
	uint8_t status[2]; /* of each chip, without READY */
	uint8_t fails[2]; /* with these bits, the next operation */
	bool locked[BLOCKS];
	bool stays_locked;
	uint32_t busy; /* looks at the status until it is ready */
	uint32_t busy_for; /* … of the next operation */
	bool silent; /* answers nothing: no flash is there */
	uint8_t query[0x40];
	uint8_t other[0x40]; /* the second chip's difference */
	unsigned programs, erases;
} model;

static struct cfi cfi;
static uint64_t now_ns;

struct clock_monotonic clock_monotonic_now(void)
{
	now_ns += 10000;
	return (struct clock_monotonic){ .ns = now_ns };
}

static void enter(enum mode mode)
{
	model.mode = mode;
	if (mode == MODE_READ) {
		memcpy(model.seen, model.cells, BYTES);
	} else {
		memset(model.seen, 0x80, BYTES);
	}
}

static uint64_t read_model(void *device, size_t offset, unsigned width)
{
	uint32_t word;
	bool ready = model.busy == 0;

	(void)device;
	assert_int_equal(width, 4);
	switch (model.mode) {
	case MODE_QUERY:
		word = offset / 4 < sizeof(model.query) ? model.query[offset / 4] : 0;
		return model.silent ? 0xffffffff :
				      word | (word ^ model.other[offset / 4 % 0x40]) << 16;
	case MODE_STATUS:
		model.busy -= ready ? 0 : 1;
		return ((uint32_t)model.status[0] | (uint32_t)model.status[1] << 16) |
		       (ready ? READY << 16 | READY : READY); /* one chip is done sooner */
	default:
		memcpy(&word, model.cells + offset, sizeof(word));
		return word;
	}
}

/* An operation begins: whether it works. */
static bool operate(size_t offset)
{
	bool locked = model.locked[offset / BLOCK];

	model.busy = model.busy_for;
	enter(MODE_STATUS);
	for (unsigned chip = 0; chip < 2; chip++) {
		model.status[chip] |= (uint8_t)(model.fails[chip] | (locked ? LOCKED : 0));
	}
	return !locked && (model.status[0] | model.status[1]) == 0;
}

static void second_cycle(size_t offset, uint32_t value)
{
	uint32_t first = model.setup, cell;

	model.setup = 0;
	switch (first) {
	case 0x400040:
		memcpy(&cell, model.cells + offset, sizeof(cell));
		if ((value & ~cell) != 0) {
			registers_wrong("a cell is to become 1 again", value);
		}
		if (operate(offset)) {
			model.programs++;
			memcpy(model.cells + offset, &value, sizeof(value));
		}
		break;
	case 0x200020:
		assert_int_equal(value, 0xd000d0);
		assert_int_equal(offset % BLOCK, 0);
		if (operate(offset)) {
			model.erases++;
			memset(model.cells + offset, 0xff, BLOCK);
		}
		break;
	default: /* 0x600060 */
		assert_int_equal(value, 0xd000d0);
		model.locked[offset / BLOCK] = model.stays_locked;
		enter(MODE_STATUS);
	}
}

static void write_model(void *device, size_t offset, unsigned width, uint64_t value)
{
	(void)device;
	assert_int_equal(width, 4);
	if (model.setup != 0) {
		second_cycle(offset, (uint32_t)value);
		return;
	}
	switch (value) {
	case 0x980098:
		assert_int_equal(offset, 0x55 * 4);
		enter(MODE_QUERY);
		break;
	case 0xff00ff:
		if (model.busy == 0) {
			enter(MODE_READ);
		}
		break;
	case 0x500050:
		model.status[0] = model.status[1] = 0;
		break;
	case 0x400040:
	case 0x200020:
	case 0x600060:
		model.setup = (uint32_t)value;
		break;
	default:
		registers_wrong("no such command", value);
	}
}

static int set_up_model(void **state)
{
	const struct registers registers = { .base = (uintptr_t)model.seen,
					     .bytes = BYTES,
					     .read = read_model,
					     .write = write_model };

	(void)state;
	memset(&model, 0, sizeof(model));
	memset(model.cells, 0xff, BYTES);
	memset(model.locked, true, sizeof(model.locked));
	enter(MODE_READ);
	memcpy(model.query + 0x10, "QRY\1\0", 5);
	model.query[0x27] = CHIP_LOG2;
	model.query[0x2c] = 1;
	model.query[0x2d] = BLOCKS - 1;
	model.query[0x2f] = BLOCK / 2 / 256;
	registers_attach(&registers);
	return 0;
}

static int set_up(void **state)
{
	set_up_model(state);
	assert_int_equal(cfi_init(&cfi, (uintptr_t)model.seen), 0);
	return 0;
}

static int program(size_t offset, const char *bytes, size_t length)
{
	int result = cfi.flash.ops->program(&cfi.flash, offset, bytes, length);

	assert_true(result == -ETIMEDOUT || model.mode == MODE_READ);
	assert_int_equal(model.setup, 0);
	return result;
}

static int erase(size_t offset)
{
	int result = cfi.flash.ops->erase(&cfi.flash, offset);

	assert_true(result == -ETIMEDOUT || model.mode == MODE_READ);
	return result;
}

static void init_asks_for_size_and_blocks(void **state)
{
	(void)state;
	assert_int_equal(cfi.flash.size_bytes, BYTES);
	assert_int_equal(cfi.flash.block_bytes, BLOCK);
	assert_ptr_equal(cfi.flash.bytes, model.seen);
	assert_int_equal(model.mode, MODE_READ);
	model.query[0x13] = 3;
	assert_int_equal(cfi_init(&cfi, (uintptr_t)model.seen), 0);
}

static void no_flash(void)
{
	assert_int_equal(cfi_init(&cfi, (uintptr_t)model.seen), -ENODEV);
	assert_null(cfi.flash.ops);
	assert_int_equal(model.mode, MODE_READ);
}

/* Any wrong byte of the query that matters, and a second chip that differs in it. */
static void init_wrong_query_is_enodev(void **state)
{
	static const uint8_t matter[] = { 0x10, 0x11, 0x12, 0x13, 0x14, 0x27,
					  0x2c, 0x2d, 0x2e, 0x2f, 0x30 };
	static const uint8_t values[] = { 0, 2, 4, 5, 31, 32, 0x80, 0xff };

	(void)state;
	for (size_t i = 0; i < sizeof(matter); i++) {
		uint8_t right = model.query[matter[i]];

		for (size_t j = 0; j < sizeof(values); j++) {
			model.query[matter[i]] = values[j];
			if (values[j] != right) {
				no_flash();
			}
		}
		model.query[matter[i]] = right;
		model.other[matter[i]] = 1;
		no_flash();
		model.other[matter[i]] = 0;
	}
	assert_int_equal(cfi_init(&cfi, (uintptr_t)model.seen), 0);
	model.silent = true;
	no_flash();
}

static void program_at_any_offset_and_length_changes_just_that(void **state)
{
	static const char text[] = "0123456789abcdef";
	uint8_t expected[64];

	(void)state;
	for (size_t offset = 0; offset < 8; offset++) {
		for (size_t length = 0; length <= 16; length++) {
			size_t at = offset + 16;

			memset(model.cells, 0xff, BLOCK);
			enter(MODE_READ);
			memset(expected, 0xff, sizeof(expected));
			memcpy(expected + at, text, length);
			assert_int_equal(program(at, text, length), 0);
			assert_memory_equal(cfi.flash.bytes, expected, sizeof(expected));
		}
	}
}

static void program_across_blocks_unlocks_each(void **state)
{
	(void)state;
	assert_int_equal(program(BLOCK - 3, "abcdef", 6), 0);
	assert_memory_equal(cfi.flash.bytes + BLOCK - 3, "abcdef", 6);
	assert_false(model.locked[0] || model.locked[1]);
	assert_true(model.locked[2]);
}

static void program_bits_to_0_again_is_allowed(void **state)
{
	(void)state;
	assert_int_equal(program(100, "\xf0", 1), 0);
	assert_int_equal(program(100, "\x70", 1), 0);
	assert_int_equal(program(100, "\x70", 1), 0);
	assert_int_equal(program(100, "\x00", 1), 0);
}

static void program_a_bit_to_1_is_einval_and_nothing_happens(void **state)
{
	(void)state;
	assert_int_equal(program(100, "\x0f", 1), 0);
	unsigned before = model.programs;

	for (unsigned bit = 4; bit < 8; bit++) {
		char bytes[] = { 0, 0, (char)(1u << bit) };

		assert_int_equal(program(98, bytes, sizeof(bytes)), -EINVAL);
	}
	assert_int_equal(model.programs, before);
	assert_int_equal(cfi.flash.bytes[98], 0xff);
	assert_int_equal(erase(0), 0);
	assert_int_equal(program(100, "\xf0", 1), 0);
}

static void program_beyond_the_end_is_einval(void **state)
{
	(void)state;
	assert_int_equal(program(BYTES - 1, "a", 1), 0);
	assert_int_equal(program(BYTES - 1, "ab", 2), -EINVAL);
	assert_int_equal(program(BYTES, "a", 1), -EINVAL);
	assert_int_equal(program(BYTES + 1, "", 0), -EINVAL);
	assert_int_equal(program(SIZE_MAX, "a", 1), -EINVAL);
	assert_int_equal(program(1, "a", SIZE_MAX), -EINVAL);
	assert_int_equal(program(BYTES, "", 0), 0);
	assert_int_equal(model.programs, 1);
}

static void erase_is_of_one_whole_block(void **state)
{
	(void)state;
	memset(model.cells, 0x11, BYTES);
	enter(MODE_READ);
	assert_int_equal(erase(2 * BLOCK), 0);
	for (size_t i = 0; i < BYTES; i++) {
		assert_int_equal(cfi.flash.bytes[i], i / BLOCK == 2 ? 0xff : 0x11);
	}
	assert_int_equal(erase(BLOCK / 2), -EINVAL);
	assert_int_equal(erase(BYTES), -EINVAL);
	assert_int_equal(erase(SIZE_MAX - BLOCK + 1), -EINVAL);
	assert_int_equal(model.erases, 1);
}

static void any_operation_that_either_chip_fails_is_eio_once(void **state)
{
	static const uint8_t failures[] = { FAILED_ERASE, FAILED_PROGRAM, FAILED_VOLTAGE,
					    FAILED_ERASE | FAILED_PROGRAM };

	(void)state;
	for (size_t i = 0; i < sizeof(failures); i++) {
		for (unsigned chip = 0; chip < 2; chip++) {
			model.fails[chip] = failures[i];
			assert_int_equal(program(0, "abcdefgh", 8), -EIO);
			assert_int_equal(erase(0), -EIO);
			assert_int_equal(model.programs + model.erases, 0);
			model.fails[chip] = 0;
		}
	}
	assert_int_equal(erase(0), 0); /* the failure is not held against it */
	model.status[1] = FAILED_PROGRAM; /* left by who used the flash before */
	assert_int_equal(program(0, "a", 1), 0);
}

static void locked_block_is_erofs(void **state)
{
	(void)state;
	model.stays_locked = true;
	assert_int_equal(program(0, "a", 1), -EROFS);
	assert_int_equal(erase(0), -EROFS);
	assert_int_equal(cfi.flash.bytes[0], 0xff);
}

static void slow_operation_is_waited_for(void **state)
{
	(void)state;
	model.busy_for = 300;
	assert_int_equal(program(0, "a", 1), 0);
	model.busy_for = 200000; /* 2 s */
	assert_int_equal(erase(0), 0);
	assert_int_equal(cfi.flash.bytes[0], 0xff);
}

static void operation_that_never_ends_is_etimedout(void **state)
{
	uint64_t start_ns = now_ns;

	(void)state;
	model.busy_for = 0xffffffff;
	assert_int_equal(program(0, "abcdefgh", 8), -ETIMEDOUT);
	assert_in_range(now_ns - start_ns, 10000000, 11000000);
	model.busy = 0;
	start_ns = now_ns;
	assert_int_equal(erase(0), -ETIMEDOUT);
	assert_in_range(now_ns - start_ns, 4000000000u, 4100000000u);
	model.busy = model.busy_for = 0;
	assert_int_equal(erase(0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(init_asks_for_size_and_blocks, set_up),
		cmocka_unit_test_setup(init_wrong_query_is_enodev, set_up_model),
		cmocka_unit_test_setup(program_at_any_offset_and_length_changes_just_that, set_up),
		cmocka_unit_test_setup(program_across_blocks_unlocks_each, set_up),
		cmocka_unit_test_setup(program_bits_to_0_again_is_allowed, set_up),
		cmocka_unit_test_setup(program_a_bit_to_1_is_einval_and_nothing_happens, set_up),
		cmocka_unit_test_setup(program_beyond_the_end_is_einval, set_up),
		cmocka_unit_test_setup(erase_is_of_one_whole_block, set_up),
		cmocka_unit_test_setup(any_operation_that_either_chip_fails_is_eio_once, set_up),
		cmocka_unit_test_setup(locked_block_is_erofs, set_up),
		cmocka_unit_test_setup(slow_operation_is_waited_for, set_up),
		cmocka_unit_test_setup(operation_that_never_ends_is_etimedout, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
