/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/letter.h, as far as canonical_test.c does not show it. */
#include "scanner/letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH_MAX 40

static void letter_lower_all_any_byte_anywhere_is_as_one_by_one(void **state)
{
	uint8_t in[LENGTH_MAX], out[LENGTH_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++) {
		in[i] = (uint8_t)('@' + i % 29); /* from before 'A' to behind 'Z' */
	}
	for (size_t length = 0; length <= LENGTH_MAX; length++) {
		for (size_t at = 0; at < length; at++) {
			uint8_t before = in[at];

			for (unsigned byte = 0; byte < 256; byte++) {
				in[at] = (uint8_t)byte;
				out[length] = '!';
				assert_int_equal(letter_lower_all(out, in, length), byte < 0x80);
				for (size_t i = 0; i < length; i++) {
					assert_int_equal(out[i], letter_lower_ascii(in[i]));
				}
				assert_int_equal(out[length], '!');
			}
			in[at] = before;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letter_lower_all_any_byte_anywhere_is_as_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
