/* SPDX-License-Identifier: BSD-2-Clause */
/* hal/memory.h on bare metal: what is taken is aligned, zero and nobody else's, until none is left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hal/memory.h"
#include "tests/model/image.h"

#define POOL_BYTES (IMAGE_END - IMAGE_POOL)

static void take_any_size_and_alignment_is_zero_and_apart(void **state)
{
	static const size_t sizes[] = { 1, 7, 8, 9, 63, 64, 4095, 4097, 100000 };
	static const size_t alignments[] = { 1, 2, 8, 64, 4096, 65536 };
	const uint8_t *end = model_image + IMAGE_POOL;

	(void)state;
	memset(model_image, 0xa5, IMAGE_END); /* RAM after a warm start */
	assert_int_equal(memory_left(), POOL_BYTES);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (size_t j = 0; j < sizeof(alignments) / sizeof(alignments[0]); j++) {
			uint8_t *at = memory_take(sizes[i], alignments[j]);

			assert_non_null(at);
			assert_int_equal((uintptr_t)at % alignments[j], 0);
			assert_true(at >= end);
			for (size_t k = 0; k < sizes[i]; k++) {
				assert_int_equal(at[k], 0);
			}
			memset(at, 0x5a, sizes[i]);
			end = at + sizes[i];
			assert_int_equal(memory_left(), (size_t)(model_image + IMAGE_END - end));
		}
	}
}

static void take_more_than_is_left_is_null_and_takes_nothing(void **state)
{
	size_t left = memory_left();

	(void)state;
	assert_null(memory_take(left + 1, 1));
	assert_null(memory_take(SIZE_MAX, 64));
	assert_null(memory_take(SIZE_MAX - 4096, 4096));
	assert_int_equal(memory_left(), left);
	assert_non_null(memory_take(0, 1));
	left = memory_left();
	assert_non_null(memory_take(left, 1));
	assert_int_equal(memory_left(), 0);
	assert_null(memory_take(1, 1));
	assert_null(memory_take(1, 2u << 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(take_any_size_and_alignment_is_zero_and_apart),
		cmocka_unit_test(take_more_than_is_left_is_null_and_takes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
