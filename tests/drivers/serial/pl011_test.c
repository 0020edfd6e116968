/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/serial/pl011.h against a model of the UART (Arm DDI 0183): FIFOs of 32 bytes
 * that fill and drain, bytes that come with errors, a transmitter that never is ready.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/serial/pl011.h"
#include "tests/model/registers.h"

#define BASE 0x09000000u
#define FIFO 32u
#define ENABLED 0x301u
#define FRAMING 0x100u
#define PARITY 0x200u
#define BREAK 0x400u
#define OVERRUN 0x800u

static struct {
	uint32_t control, line, mask, cleared;
	uint32_t waiting; /* bytes in the transmit FIFO */
	uint32_t drain_every; /* looks at the flags in which it sends one byte; 0: never */
	uint32_t looks;
	char sent[1024];
	size_t sent_count;
	uint16_t came[64]; /* with their error bits */
	size_t came_count, came_read;
} model;

static struct pl011 uart;

static uint32_t flags(void)
{
	model.looks++;
	if (model.drain_every != 0 && model.looks % model.drain_every == 0 && model.waiting != 0) {
		model.waiting--;
	}
	return (model.waiting == FIFO ? 1u << 5 : 0) | (model.waiting != 0 ? 1u << 3 : 0) |
	       (model.came_read == model.came_count ? 1u << 4 : 0);
}

static uint64_t read_model(void *device, size_t offset, unsigned width)
{
	(void)device;
	assert_int_equal(width, 4);
	switch (offset) {
	case 0x00:
		assert_true(model.came_read < model.came_count);
		return model.came[model.came_read++];
	case 0x18:
		return flags();
	default:
		registers_wrong("a register is read that need not be", offset);
	}
}

static void write_model(void *device, size_t offset, unsigned width, uint64_t value)
{
	(void)device;
	assert_int_equal(width, 4);
	switch (offset) {
	case 0x00:
		assert_true(model.waiting < FIFO);
		assert_true(model.sent_count < sizeof(model.sent));
		model.waiting++;
		model.sent[model.sent_count++] = (char)value;
		break;
	case 0x2c:
		assert_int_equal(model.control & 1, 0); /* 3.3.7 */
		model.line = (uint32_t)value;
		break;
	case 0x30:
		model.control = (uint32_t)value;
		break;
	case 0x38:
		model.mask = (uint32_t)value;
		break;
	case 0x44:
		model.cleared |= (uint32_t)value;
		break;
	default:
		registers_wrong("a register is written that need not be", offset);
	}
}

static int set_up(void **state)
{
	const struct registers registers = {
		.base = BASE, .bytes = 0x1000, .read = read_model, .write = write_model
	};

	(void)state;
	memset(&model, 0, sizeof(model));
	model.drain_every = 3;
	model.control = ENABLED;
	uart = (struct pl011){ .base = BASE };
	registers_attach(&registers);
	return 0;
}

static void come(const char *text, uint16_t errors)
{
	for (; *text != '\0'; text++) {
		model.came[model.came_count++] = (uint16_t)((uint8_t)*text | errors);
	}
}

static void no_faults_but(enum serial_fault fault, uint32_t count)
{
	for (unsigned i = 0; i < SERIAL_FAULTS; i++) {
		assert_int_equal(uart.faults[i], i == fault ? count : 0);
	}
}

static void init_sets_8n1_with_fifos_and_received_bytes_interrupt(void **state)
{
	(void)state;
	model.waiting = 5;
	pl011_init(&uart);
	assert_int_equal(model.waiting, 0); /* what was being sent has left */
	assert_int_equal(model.line, 0x70);
	assert_int_equal(model.control, ENABLED);
	assert_int_equal(model.mask, 0x50);
}

static void init_line_that_is_always_busy_ends(void **state)
{
	(void)state;
	model.waiting = 5;
	model.drain_every = 0;
	pl011_init(&uart);
	assert_int_equal(model.control, ENABLED);
}

static void write_more_than_the_fifo_waits_and_sends_all(void **state)
{
	char text[500];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] = (char)('a' + i % 26);
	}
	pl011_write(&uart, text, sizeof(text));
	assert_int_equal(model.sent_count, sizeof(text));
	assert_memory_equal(model.sent, text, sizeof(text));
	no_faults_but(SERIAL_FAULTS, 0);
}

static void write_slow_line_is_waited_for(void **state)
{
	(void)state;
	model.drain_every = 1700; /* 115200 baud, if a look is 50 ns */
	pl011_write(&uart, model.sent + 512, 100);
	assert_int_equal(model.sent_count, 100);
	no_faults_but(SERIAL_FAULTS, 0);
}

static void write_line_that_takes_nothing_is_given_up(void **state)
{
	(void)state;
	model.drain_every = 0;
	pl011_write(&uart, "0123456789012345678901234567890123456789", 40);
	assert_int_equal(model.sent_count, FIFO);
	no_faults_but(SERIAL_FAULT_UNSENT, 8);
	uint32_t looks = model.looks;

	pl011_write(&uart, "again", 5); /* not waited for a second time */
	assert_int_equal(model.looks, looks + 1);
	no_faults_but(SERIAL_FAULT_UNSENT, 13);
}

static void write_line_that_recovers_is_waited_for_again(void **state)
{
	(void)state;
	write_line_that_takes_nothing_is_given_up(state);
	model.drain_every = 1;
	pl011_write(&uart, "x", 1); /* finds room: the look itself sent a byte */
	assert_int_equal(model.sent_count, FIFO + 1);
	model.drain_every = 3;
	pl011_write(&uart, model.sent, 100);
	assert_int_equal(model.sent_count, FIFO + 101);
	no_faults_but(SERIAL_FAULT_UNSENT, 13);
}

static void offer_takes_what_the_fifo_takes(void **state)
{
	(void)state;
	model.drain_every = 0;
	assert_int_equal(pl011_offer(&uart, model.sent, 20), 20);
	assert_int_equal(pl011_offer(&uart, model.sent, 20), 12);
	assert_int_equal(pl011_offer(&uart, model.sent, 20), 0);
	no_faults_but(SERIAL_FAULTS, 0);
}

static void read_gives_what_came_up_to_the_length(void **state)
{
	char text[8];

	(void)state;
	assert_int_equal(pl011_read(&uart, text, sizeof(text)), 0);
	assert_int_equal(model.cleared, 0x50);
	come("show ports\r", 0);
	assert_int_equal(pl011_read(&uart, text, sizeof(text)), 8);
	assert_memory_equal(text, "show por", 8);
	assert_int_equal(pl011_read(&uart, text, sizeof(text)), 3);
	assert_memory_equal(text, "ts\r", 3);
	no_faults_but(SERIAL_FAULTS, 0);
}

/* One byte with errors between two good ones. */
static void read_error(uint16_t errors, bool kept, enum serial_fault fault)
{
	char text[8];

	memset(&uart.faults, 0, sizeof(uart.faults));
	model.came_count = model.came_read = 0;
	come("a", 0);
	come("?", errors);
	come("b", 0);
	assert_int_equal(pl011_read(&uart, text, sizeof(text)), kept ? 3 : 2);
	assert_memory_equal(text, kept ? "a?b" : "ab", kept ? 3 : 2);
	no_faults_but(fault, 1);
}

static void read_byte_with_an_error_is_counted_by_its_name(void **state)
{
	(void)state;
	read_error(FRAMING, false, SERIAL_FAULT_FRAMING);
	read_error(PARITY, false, SERIAL_FAULT_PARITY);
	read_error(BREAK, false, SERIAL_FAULT_BREAK);
	read_error(BREAK | FRAMING | PARITY, false, SERIAL_FAULT_BREAK);
	read_error(OVERRUN, true, SERIAL_FAULT_OVERRUN);
}

static void read_line_that_never_is_empty_ends(void **state)
{
	char text[16];

	(void)state;
	for (unsigned i = 0; i < 60; i++) {
		come("?", BREAK);
	}
	assert_int_equal(pl011_read(&uart, text, sizeof(text)), 0);
	assert_int_equal(model.came_read, 16);
	no_faults_but(SERIAL_FAULT_BREAK, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(init_sets_8n1_with_fifos_and_received_bytes_interrupt,
				       set_up),
		cmocka_unit_test_setup(init_line_that_is_always_busy_ends, set_up),
		cmocka_unit_test_setup(write_more_than_the_fifo_waits_and_sends_all, set_up),
		cmocka_unit_test_setup(write_slow_line_is_waited_for, set_up),
		cmocka_unit_test_setup(write_line_that_takes_nothing_is_given_up, set_up),
		cmocka_unit_test_setup(write_line_that_recovers_is_waited_for_again, set_up),
		cmocka_unit_test_setup(offer_takes_what_the_fifo_takes, set_up),
		cmocka_unit_test_setup(read_gives_what_came_up_to_the_length, set_up),
		cmocka_unit_test_setup(read_byte_with_an_error_is_counted_by_its_name, set_up),
		cmocka_unit_test_setup(read_line_that_never_is_empty_ends, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
