/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/linux/bpf_code.h against encodings worked out by hand from RFC 9669. That the kernel runs
 * what is written with it show the programs of tests/system/test_live_bypass.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hal/linux/bpf_code.h"

#define ROOM 8u

struct written {
	struct bpf_instruction out[ROOM];
	struct bpf_code code;
};

static void begin(struct written *written)
{
	bpf_begin(&written->code, written->out, ROOM);
}

static void assert_instruction(const struct written *written, unsigned at, const char *bytes)
{
	assert_memory_equal(&written->out[at], bytes, sizeof(struct bpf_instruction));
}

static void bpf_do_with_value_and_register_is_encoded(void **state)
{
	struct written written;

	(void)state;
	begin(&written);
	bpf_do(&written.code, BPF_MOVE, 3, -2);
	bpf_do_register(&written.code, BPF_XOR, 1, 9);
	bpf_from_network(&written.code, 4, 16);
	assert_int_equal(bpf_end(&written.code), 3);
	assert_instruction(&written, 0, "\xb7\x03\0\0\xfe\xff\xff\xff");
	assert_instruction(&written, 1, "\xaf\x91\0\0\0\0\0\0");
	assert_instruction(&written, 2, "\xdc\x04\0\0\x10\0\0\0");
}

static void bpf_load_and_store_of_every_size_are_encoded(void **state)
{
	struct written written;

	(void)state;
	begin(&written);
	bpf_load(&written.code, BPF_WORD, 1, 6, 4);
	bpf_load(&written.code, BPF_BYTE, 2, BPF_STACK, -1);
	bpf_store(&written.code, BPF_HALF, BPF_STACK, -8, 7);
	bpf_store_value(&written.code, BPF_DOUBLE, 8, 16, 5);
	bpf_atomic_add(&written.code, 7, 24, 2);
	bpf_atomic_exchange(&written.code, 7, 24, 2);
	assert_int_equal(bpf_end(&written.code), 6);
	assert_instruction(&written, 0, "\x61\x61\x04\0\0\0\0\0");
	assert_instruction(&written, 1, "\x71\xa2\xff\xff\0\0\0\0");
	assert_instruction(&written, 2, "\x6b\x7a\xf8\xff\0\0\0\0");
	assert_instruction(&written, 3, "\x7a\x08\x10\0\x05\0\0\0");
	assert_instruction(&written, 4, "\xdb\x27\x18\0\0\0\0\0");
	assert_instruction(&written, 5, "\xdb\x27\x18\0\xe1\0\0\0");
}

static void bpf_set_64_takes_two_instructions(void **state)
{
	struct written written;

	(void)state;
	begin(&written);
	bpf_set_64(&written.code, 5, 0x1122334455667788u);
	bpf_set_map(&written.code, 1, 12);
	bpf_set_address(&written.code, 6, 12, 40);
	assert_int_equal(bpf_end(&written.code), 6);
	assert_instruction(&written, 0, "\x18\x05\0\0\x88\x77\x66\x55");
	assert_instruction(&written, 1, "\0\0\0\0\x44\x33\x22\x11");
	assert_instruction(&written, 2, "\x18\x11\0\0\x0c\0\0\0");
	assert_instruction(&written, 4, "\x18\x26\0\0\x0c\0\0\0");
	assert_instruction(&written, 5, "\0\0\0\0\x28\0\0\0");
}

static void bpf_jumps_count_from_the_next_instruction(void **state)
{
	struct written written;

	(void)state;
	begin(&written);
	unsigned first = bpf_new_label(&written.code), second = bpf_new_label(&written.code);

	bpf_if(&written.code, BPF_NOT_EQUAL, 1, 7, second);
	bpf_if_register(&written.code, BPF_ABOVE, 2, 3, first);
	bpf_jump(&written.code, second);
	bpf_label(&written.code, first);
	bpf_call(&written.code, BPF_TIME);
	bpf_label(&written.code, second);
	bpf_return(&written.code, 1);
	assert_int_equal(bpf_end(&written.code), 6);
	assert_instruction(&written, 0, "\x55\x01\x03\0\x07\0\0\0");
	assert_instruction(&written, 1, "\x2d\x32\x01\0\0\0\0\0");
	assert_instruction(&written, 2, "\x05\0\x01\0\0\0\0\0");
	assert_instruction(&written, 3, "\x85\0\0\0\x05\0\0\0");
	assert_instruction(&written, 4, "\xb7\0\0\0\x01\0\0\0");
	assert_instruction(&written, 5, "\x95\0\0\0\0\0\0\0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bpf_do_with_value_and_register_is_encoded),
		cmocka_unit_test(bpf_load_and_store_of_every_size_are_encoded),
		cmocka_unit_test(bpf_set_64_takes_two_instructions),
		cmocka_unit_test(bpf_jumps_count_from_the_next_instruction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
