/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets in flash: what is there is opened from a copy, and whatever else flash may hold
 * (nothing, another thing, lies about its length, flipped bits) is an error that says
 * which, without a byte read beyond the flash.
 */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/flash_set.h"
#include "scanner/set_format.h"
#include "tests/tools/compile_text.h"

#define TEXT "1 high alert ssh.client.software paramiko\n2 low alert dns.query a.example\n"

static struct blob blob;
static uint8_t *bytes; /* an allocation of just the flash's size */
static struct flash flash;
static _Atomic uint32_t progress;

/* Flash that holds the set and `more` erased bytes. */
static void make_flash(size_t more)
{
	free(bytes);
	flash.size_bytes = (blob.size + SET_ALIGNMENT - 1) / SET_ALIGNMENT * SET_ALIGNMENT + more;
	bytes = aligned_alloc(64, flash.size_bytes);
	memset(bytes, 0xff, flash.size_bytes);
	memcpy(bytes, blob.bytes, blob.size);
	flash.bytes = bytes;
	flash.block_bytes = flash.size_bytes;
}

static int set_up(void **state)
{
	(void)state;
	if (blob.bytes == NULL) {
		blob = compile_text(TEXT, strlen(TEXT), false, stderr);
	}
	make_flash(4096);
	atomic_store(&progress, 0);
	return 0;
}

static int let_go(void **state)
{
	(void)state;
	free(blob.bytes);
	free(bytes);
	return 0;
}

static void fails(const char *why)
{
	struct loaded_set set;

	assert_false(flash_set_load(&set, &flash, &progress));
	assert_null(set.blob);
	if (why != NULL) {
		assert_string_equal(set.error, why);
	} else {
		assert_true(strlen(set.error) > 0);
	}
}

static void load_set_is_opened_from_a_copy(void **state)
{
	struct loaded_set set;

	(void)state;
	assert_true(flash_set_load(&set, &flash, &progress));
	assert_null(set.error);
	memset(bytes, 0, flash.size_bytes); /* the flash is being written */
	assert_int_equal(set_rule_count(&set.set), 2);
	assert_int_equal(set_value_count(&set.set), 2);
	assert_true(atomic_load(&progress) > 0);
	free(set.blob);
}

static void load_set_that_fills_the_flash_is_opened(void **state)
{
	struct loaded_set set;

	(void)state;
	make_flash(0);
	assert_true(flash_set_load(&set, &flash, &progress));
	free(set.blob);
}

static void load_without_flash_says_so(void **state)
{
	struct loaded_set set;

	(void)state;
	assert_false(flash_set_load(&set, NULL, &progress));
	assert_string_equal(set.error, "the board has no flash");
	flash.size_bytes = SET_HEADER_SIZE - 1;
	fails("the board has no flash");
}

static void load_from_erased_flash_says_so(void **state)
{
	(void)state;
	memset(bytes, 0xff, flash.size_bytes);
	fails("the flash holds none");
}

static void put_size(uint64_t size)
{
	for (unsigned i = 0; i < 8; i++) {
		bytes[SET_AT_SIZE + i] = (uint8_t)(size >> 8 * i);
	}
}

static void load_impossible_size_is_an_error(void **state)
{
	const uint64_t none[] = { 0,	      1,	  SET_HEADER_SIZE - 1, flash.size_bytes + 1,
				  1ull << 32, 1ull << 63, UINT64_MAX - 62,     UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		put_size(none[i]);
		fails("what the flash holds is no signature set");
	}
	put_size(flash.size_bytes);
	fails(NULL);
	put_size(SET_HEADER_SIZE);
	fails(NULL);
}

static void load_any_other_bytes_are_an_error(void **state)
{
	(void)state;
	memset(bytes, 0, flash.size_bytes);
	fails("what the flash holds is no signature set");
	for (size_t i = 0; i < flash.size_bytes; i++) {
		bytes[i] = (uint8_t)(i * 167 + i / 256);
	}
	fails(NULL);
}

static void load_with_a_flipped_bit_is_an_error_or_a_set(void **state)
{
	struct loaded_set set;
	unsigned refused = 0;

	(void)state;
	for (size_t i = 0; i < blob.size; i++) {
		bytes[i] ^= (uint8_t)(1u << i % 8);
		if (flash_set_load(&set, &flash, &progress)) {
			free(set.blob);
		} else {
			assert_non_null(set.error);
			refused++;
		}
		bytes[i] = blob.bytes[i];
	}
	assert_true(refused > SET_HEADER_SIZE / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(load_set_is_opened_from_a_copy, set_up),
		cmocka_unit_test_setup(load_set_that_fills_the_flash_is_opened, set_up),
		cmocka_unit_test_setup(load_without_flash_says_so, set_up),
		cmocka_unit_test_setup(load_from_erased_flash_says_so, set_up),
		cmocka_unit_test_setup(load_impossible_size_is_an_error, set_up),
		cmocka_unit_test_setup(load_any_other_bytes_are_an_error, set_up),
		cmocka_unit_test_setup(load_with_a_flipped_bit_is_an_error_or_a_set, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, let_go);
}
