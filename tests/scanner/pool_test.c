/* SPDX-License-Identifier: BSD-2-Clause */
/* The block pool: taking, giving, running out; and byte strings made of blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "scanner/pool.h"

#define BLOCKS 8u

static _Alignas(8) uint8_t memory[BLOCKS * POOL_BLOCK_BYTES];
static struct pool pool;
static uint8_t bytes[BLOCKS * POOL_DATA_BYTES + 1];

static int setup(void **state)
{
	(void)state;
	memset(memory, 0xa5, sizeof(memory));
	pool_init(&pool, memory, BLOCKS);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)(i * 31 + i / 255);
	}
	return 0;
}

static void take_all_distinct_then_none(void **state)
{
	uint32_t index[BLOCKS];

	(void)state;
	for (uint32_t i = 0; i < BLOCKS; i++) {
		index[i] = pool_take(&pool);
		assert_int_not_equal(index[i], POOL_NONE);
		for (uint32_t j = 0; j < i; j++) {
			assert_int_not_equal(index[i], index[j]);
		}
		struct block *block = pool_block(&pool, index[i]);

		assert_int_equal(block->next, POOL_NONE);
		assert_int_equal(block->length, 0);
		assert_int_equal(block->starts, 0);
		memset(block, 0xff, sizeof(*block)); /* all of it is ours */
	}
	assert_int_equal(pool.free_count, 0);
	assert_int_equal(pool_take(&pool), POOL_NONE);
	for (uint32_t i = 0; i < BLOCKS; i++) {
		pool_give(&pool, index[i]);
	}
	assert_int_equal(pool.free_count, BLOCKS);
	for (uint32_t i = 0; i < BLOCKS; i++) {
		assert_int_not_equal(pool_take(&pool), POOL_NONE);
	}
}

static void give_chain_all_back(void **state)
{
	uint32_t first = pool_take(&pool);
	uint32_t second = pool_take(&pool);

	(void)state;
	pool_block(&pool, first)->next = second;
	pool_give_chain(&pool, first);
	pool_give_chain(&pool, POOL_NONE);
	assert_int_equal(pool.free_count, BLOCKS);
}

static void text_append_any_pieces_read_back(void **state)
{
	static const size_t pieces[] = { 1, 495, 496, 497, 1000, 0, 7 };
	uint8_t out[sizeof(bytes)];

	(void)state;
	for (size_t step = 0; step < sizeof(pieces) / sizeof(pieces[0]); step++) {
		struct text text = { 0 };
		size_t length = 0;

		for (size_t i = step; length + pieces[i % 7] <= 2000; i++) {
			assert_true(text_append(&pool, &text, bytes + length, pieces[i % 7]));
			length += pieces[i % 7];
		}
		assert_int_equal(text.length, length);
		assert_int_equal(BLOCKS - pool.free_count,
				 (length + POOL_DATA_BYTES - 1) / POOL_DATA_BYTES);
		for (size_t at = 0; at <= length; at += 83) {
			memset(out, 0, sizeof(out));
			assert_int_equal(text_copy(&pool, &text, at, out, 600),
					 length - at < 600 ? length - at : 600);
			assert_memory_equal(out, bytes + at, length - at < 600 ? length - at : 600);
		}
		assert_int_equal(text_copy(&pool, &text, length + 1, out, 1), 0);
		text_clear(&pool, &text);
		assert_int_equal(pool.free_count, BLOCKS);
		assert_int_equal(text.length, 0);
	}
}

static void text_append_no_room_all_or_nothing(void **state)
{
	struct text text = { 0 };
	uint8_t out[4];

	(void)state;
	assert_false(text_append(&pool, &text, bytes, BLOCKS * POOL_DATA_BYTES + 1));
	assert_int_equal(pool.free_count, BLOCKS);
	assert_int_equal(text.length, 0);
	assert_true(text_append(&pool, &text, bytes, BLOCKS * POOL_DATA_BYTES - 2));
	assert_false(text_append(&pool, &text, bytes, 3));
	assert_int_equal(text.length, BLOCKS * POOL_DATA_BYTES - 2);
	assert_true(text_append(&pool, &text, (const uint8_t *)"xy", 2));
	assert_int_equal(text_copy(&pool, &text, BLOCKS * POOL_DATA_BYTES - 2, out, 4), 2);
	assert_memory_equal(out, "xy", 2);
	text_clear(&pool, &text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(take_all_distinct_then_none, setup),
		cmocka_unit_test_setup(give_chain_all_back, setup),
		cmocka_unit_test_setup(text_append_any_pieces_read_back, setup),
		cmocka_unit_test_setup(text_append_no_room_all_or_nothing, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
