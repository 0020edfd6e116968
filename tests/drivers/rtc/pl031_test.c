/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/rtc/pl031.h against its data register (Arm DDI 0224, 3.3.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/rtc/pl031.h"
#include "tests/model/registers.h"

#define BASE 0x09010000u

static uint32_t seconds;
static unsigned reads;

static uint64_t read_model(void *device, size_t offset, unsigned width)
{
	(void)device;
	assert_int_equal(offset, 0);
	assert_int_equal(width, 4);
	reads++;
	return seconds++; /* it counts between any two reads */
}

static void seconds_are_the_data_register_read_once(void **state)
{
	static const uint32_t values[] = { 0, 1, 1735689600, 0x7fffffff, 0x80000000, 0xffffffff };
	const struct registers registers = { .base = BASE, .bytes = 0x1000, .read = read_model };

	(void)state;
	registers_attach(&registers);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		seconds = values[i];
		reads = 0;
		assert_int_equal(pl031_seconds(BASE), values[i]);
		assert_int_equal(reads, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seconds_are_the_data_register_read_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
