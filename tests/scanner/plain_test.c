/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/plain.h: every byte at every place of every length. */
#include "scanner/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH_MAX 70

static bool is_plain(unsigned byte)
{
	return byte >= ' ' && byte <= '~' && byte != '"' && byte != '\\';
}

static void plain_any_byte_anywhere_is_told(void **state)
{
	uint8_t bytes[LENGTH_MAX];

	(void)state;
	memset(bytes, 'a', sizeof(bytes));
	for (size_t length = 0; length <= LENGTH_MAX; length++) {
		assert_true(plain_all(bytes, length));
		assert_int_equal(plain_length(bytes, length), length);
		for (size_t at = 0; at < length; at++) {
			for (unsigned byte = 0; byte < 256; byte++) {
				bytes[at] = (uint8_t)byte;
				assert_int_equal(plain_all(bytes, length), is_plain(byte));
				assert_int_equal(plain_length(bytes, length),
						 is_plain(byte) ? length : at);
			}
			bytes[at] = 'a';
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_any_byte_anywhere_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
