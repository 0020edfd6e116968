/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/hex.h: every byte, at every place of every length. */
#include "scanner/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_MAX 13

static void hex_write_any_bytes_are_as_printed(void **state)
{
	uint8_t bytes[COUNT_MAX], out[2 * COUNT_MAX + 1];
	char expected[2 * COUNT_MAX + 1];

	(void)state;
	for (size_t count = 0; count <= COUNT_MAX; count++) {
		for (unsigned first = 0; first < 256; first++) {
			for (size_t i = 0; i < count; i++) {
				bytes[i] = (uint8_t)(first + 37 * i);
				snprintf(expected + 2 * i, 3, "%02x", bytes[i]);
			}
			out[2 * count] = '!';
			hex_write(out, bytes, count);
			assert_memory_equal(out, expected, 2 * count);
			assert_int_equal(out[2 * count], '!');
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex_write_any_bytes_are_as_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
