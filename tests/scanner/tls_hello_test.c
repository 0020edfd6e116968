/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ClientHello taken apart: what is found where, lengths that do not add up,
 * bounds, and the same result from pool blocks as from one piece.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "scanner/tls_hello.h"
#include "tests/scanner/tls_build.h"

#define BLOCKS 64u

static struct bytes body;
static struct tls_hello hello;

static bool read_body(const uint8_t *bytes, size_t length)
{
	/* a copy of that size, so that a byte read beyond it is found */
	uint8_t *exact = test_malloc(length + 1);

	memcpy(exact + 1, bytes, length);
	memset(&hello, 0xee, sizeof(hello));

	bool read = tls_hello_read(&hello, tls_cursor_bytes(exact + 1, length));

	test_free(exact);
	return read;
}

static bool read_plan(const struct hello_plan *plan)
{
	body.length = 0;
	add_hello_body(&body, plan);
	return read_body(body.at, body.length);
}

static void assert_list(const uint16_t *values, unsigned count, const char *expected)
{
	char text[256] = "";

	for (unsigned i = 0; i < count; i++) {
		size_t length = strlen(text);

		snprintf(text + length, sizeof(text) - length, "%s%04x", i != 0 ? "," : "",
			 values[i]);
	}
	assert_string_equal(text, expected);
}

static void assert_name(const char *expected)
{
	assert_int_equal(hello.name_length, strlen(expected));
	assert_memory_equal(hello.name, expected, strlen(expected));
}

static void read_whole_finds_all_but_grease(void **state)
{
	(void)state;
	assert_true(read_plan(&plan_chrome));
	assert_int_equal(hello.version, 0x0303);
	assert_int_equal(hello.highest, 0x0304);
	assert_list(hello.ciphers, hello.cipher_count,
		    "1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035");
	assert_list(hello.extensions, hello.extension_count,
		    "001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,"
		    "0015");
	assert_list(hello.groups, hello.group_count, "001d,0017,0018");
	assert_list(hello.algorithms, hello.algorithm_count,
		    "0403,0804,0401,0503,0805,0501,0806,0601");
	assert_int_equal(hello.format_count, 1);
	assert_int_equal(hello.formats[0], 0);
	assert_name("Mail.Example.ORG");
	assert_false(hello.name_cut);
	assert_int_equal(hello.alpn_length, 12);
	assert_memory_equal(hello.alpn, "\x02h2\x08http/1.1", 12);
	assert_false(hello.overflow);
	assert_true(tls_hello_has(&hello, TLS_EXTENSION_ALPN));
	assert_false(tls_hello_has(&hello, 14));
}

static void read_grease_is_only_what_rfc_8701_lists(void **state)
{
	struct hello_plan plan = plan_chrome;

	(void)state;
	plan.ciphers = "0a0a,1a1a,2a2a,3a3a,4a4a,5a5a,6a6a,7a7a,8a8a,9a9a,aaaa,baba,caca,dada,"
		       "eaea,fafa,0a1a,1a0a,0b0b,a0a0,0a0b";
	assert_true(read_plan(&plan));
	assert_list(hello.ciphers, hello.cipher_count, "0a1a,1a0a,0b0b,a0a0,0a0b");
}

static void read_without_extensions_is_enough(void **state)
{
	const struct hello_plan plan = { .version = "0300", .ciphers = "0005" };

	(void)state;
	assert_true(read_plan(&plan));
	assert_int_equal(hello.version, 0x0300);
	assert_int_equal(hello.extension_count, 0);
	assert_int_equal(hello.name_length, 0);
	assert_int_equal(hello.alpn_length, 0);
	assert_int_equal(hello.highest, 0);
}

/* Wherever the message ends too early it is none; but one that ends before its extensions is
 * a whole one of an old client. */
static void read_cut_anywhere_is_none(void **state)
{
	(void)state;
	assert_true(read_plan(&plan_chrome));

	size_t whole = body.length;
	size_t before_extensions = 2 + 32 + 33 + 2 + 2 * 16 + 2;

	for (size_t length = 0; length < whole; length++) {
		assert_int_equal(read_body(body.at, length), length == before_extensions);
	}
	add_number(&body, 0, 1);
	assert_false(read_body(body.at, whole + 1));
}

static void read_lengths_that_do_not_fit_are_none(void **state)
{
	enum { SESSION_ID = 34, CIPHERS = 67, COMPRESSION = 101, EXTENSIONS = 103 };
	static const struct {
		size_t at;
		uint8_t value;
	} rows[] = {
		{ 0, 2 },
		{ 0, 4 },
		{ SESSION_ID, 33 },
		{ SESSION_ID, 255 },
		{ CIPHERS + 1, 0 },
		{ CIPHERS + 1, 31 },
		{ CIPHERS, 255 },
		{ COMPRESSION, 0 },
		{ COMPRESSION, 255 },
		{ EXTENSIONS, 255 },
		{ EXTENSIONS + 1, 0 },
		{ EXTENSIONS + 4, 255 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(read_plan(&plan_chrome));
		assert_int_not_equal(body.at[rows[i].at], rows[i].value);
		body.at[rows[i].at] = rows[i].value;
		assert_false(read_body(body.at, body.length));
	}
}

/* ---- inside extensions ----------------------------------------------------- */

/* A hello whose one extension has this type and data. */
static bool read_extension(unsigned type, const void *data, size_t length)
{
	const struct hello_plan plan = { .version = "0303", .ciphers = "1301" };

	body.length = 0;
	add_hello_body(&body, &plan);
	add_number(&body, 4 + length, 2);
	add_number(&body, type, 2);
	add_number(&body, length, 2);
	add(&body, data, length);
	return read_body(body.at, body.length);
}
#define READ_EXTENSION(type, data) read_extension(type, data, sizeof(data) - 1)

static void read_name_is_the_first_of_type_host(void **state)
{
	(void)state;
	assert_true(READ_EXTENSION(0, "\0\x07\0\0\4a.bc"));
	assert_name("a.bc");
	assert_true(READ_EXTENSION(0, "\0\x10\1\0\4x.yz\0\0\1b\0\0\2cd"));
	assert_name("b");
	assert_true(READ_EXTENSION(0, "\0\x09\0\0\0\0\0\3a.b"));
	assert_name("a.b");
}

static void read_odd_names_are_no_name(void **state)
{
	(void)state;
	assert_true(READ_EXTENSION(0, ""));
	assert_int_equal(hello.name_length, 0);
	assert_true(READ_EXTENSION(0, "\0\x07\1\0\4a.bc")); /* another type */
	assert_int_equal(hello.name_length, 0);
	assert_true(READ_EXTENSION(0, "\0\x08\0\0\4a.bc")); /* the list is longer than its room */
	assert_int_equal(hello.name_length, 0);
	assert_true(READ_EXTENSION(0, "\0\x07\0\0\5a.bc")); /* the name is */
	assert_int_equal(hello.name_length, 0);
	assert_true(READ_EXTENSION(0, "\0\x06\0\0\4a.bc")); /* longer than its list */
	assert_int_equal(hello.name_length, 0);
	assert_true(tls_hello_has(&hello, TLS_EXTENSION_SERVER_NAME));
}

static void read_name_of_any_bytes_is_kept(void **state)
{
	(void)state;
	assert_true(READ_EXTENSION(0, "\0\x07\0\0\4\0\xff\n\""));
	assert_int_equal(hello.name_length, 4);
	assert_memory_equal(hello.name, "\0\xff\n\"", 4);
}

static void read_name_longer_than_kept_is_cut(void **state)
{
	uint8_t data[5 + TLS_HELLO_NAME_MAX + 1] = { 1, 3, 0, 1, 0 };

	(void)state;
	memset(data + 5, 'a', TLS_HELLO_NAME_MAX + 1);
	assert_true(read_extension(0, data, sizeof(data)));
	assert_int_equal(hello.name_length, TLS_HELLO_NAME_MAX);
	assert_true(hello.name_cut);
	data[1] = 2;
	data[3] = 0;
	data[4] = TLS_HELLO_NAME_MAX;
	assert_true(read_extension(0, data, sizeof(data) - 1));
	assert_int_equal(hello.name_length, TLS_HELLO_NAME_MAX);
	assert_false(hello.name_cut);
}

static void read_alpn_keeps_whole_names_that_fit(void **state)
{
	uint8_t data[2 + 1 + 250 + 1 + 4 + 1 + 5] = { 1, 5, 250 };

	(void)state;
	memset(data + 3, 'x', 250);
	data[253] = 4; /* 251 + 5 = 256 fit */
	assert_true(read_extension(16, data, 258));
	assert_int_equal(hello.alpn_length, 0); /* the list is longer than its room */
	data[1] = 0;
	assert_true(read_extension(16, data, 258));
	assert_int_equal(hello.alpn_length, 256);
	data[253] = 5;
	data[1] = 1;
	assert_true(read_extension(16, data, 259));
	assert_int_equal(hello.alpn_length, 251);
}

static void read_lists_with_odd_lengths_as_far_as_they_go(void **state)
{
	(void)state;
	assert_true(READ_EXTENSION(10, "\0\5\0\x1d\0\x17\0"));
	assert_list(hello.groups, hello.group_count, "001d,0017");
	assert_true(READ_EXTENSION(10, "\0\6\0\x1d\0\x17\0"));
	assert_int_equal(hello.group_count, 0);
	assert_true(READ_EXTENSION(13, "\0\2\4\3\5\3")); /* more room than the list takes */
	assert_list(hello.algorithms, hello.algorithm_count, "0403");
	assert_true(READ_EXTENSION(11, "\3\0\1\2"));
	assert_int_equal(hello.format_count, 3);
	assert_true(READ_EXTENSION(11, "\4\0\1\2"));
	assert_int_equal(hello.format_count, 0);
	assert_true(READ_EXTENSION(43, "\3\3\4\3"));
	assert_int_equal(hello.highest, 0x0304);
	assert_true(READ_EXTENSION(43, "\4\3\4\3"));
	assert_int_equal(hello.highest, 0);
}

/* ---- bounds ---------------------------------------------------------------- */

static void write_list(char *out, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		out += sprintf(out, "%s%04x", i != 0 ? "," : "", 0x1000 + i % 256);
	}
}

static void read_more_than_a_list_holds_overflows(void **state)
{
	static char list[(TLS_HELLO_CIPHERS_MAX + 1) * 5];
	static char extensions[(TLS_HELLO_LIST_MAX + 1) * 5 + 1] = "0a0a,";
	static const struct {
		size_t list; /* offset in struct hello_plan */
		unsigned max;
	} rows[] = {
		{ offsetof(struct hello_plan, ciphers), TLS_HELLO_CIPHERS_MAX },
		{ offsetof(struct hello_plan, groups), TLS_HELLO_LIST_MAX },
		{ offsetof(struct hello_plan, algorithms), TLS_HELLO_LIST_MAX },
		{ offsetof(struct hello_plan, formats), TLS_HELLO_FORMATS_MAX },
		{ offsetof(struct hello_plan, extensions), TLS_HELLO_LIST_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned more = 0; more < 2; more++) {
			struct hello_plan plan = plan_chrome;
			const char *text = list;

			write_list(list, rows[i].max + more);
			memcpy((char *)&plan + rows[i].list, &text, sizeof(text));
			assert_true(read_plan(&plan));
			assert_int_equal(hello.overflow, more);
		}
	}
	/* GREASE takes no place */
	write_list(extensions + strlen(extensions), TLS_HELLO_LIST_MAX);

	struct hello_plan plan = plan_chrome;

	plan.extensions = extensions;
	assert_true(read_plan(&plan));
	assert_false(hello.overflow);
}

/* ---- pool blocks ----------------------------------------------------------- */

/* What lies around a text in its blocks changes with where it begins: every position of every field
 * at a block's end comes up. */
static void read_from_blocks_gives_the_same(void **state)
{
	static _Alignas(8) uint8_t memory[BLOCKS * POOL_BLOCK_BYTES];
	static const uint8_t before[POOL_DATA_BYTES];
	static struct tls_hello whole;
	struct pool pool;

	(void)state;
	assert_true(read_plan(&plan_chrome));
	whole = hello;
	pool_init(&pool, memory, BLOCKS);
	for (size_t skip = 0; skip < POOL_DATA_BYTES; skip++) {
		struct text text = { 0 };

		assert_true(text_append(&pool, &text, before, skip));
		assert_true(text_append(&pool, &text, body.at, body.length));

		struct tls_cursor cursor = tls_cursor_text(&pool, &text);

		tls_cursor_skip(&cursor, (uint32_t)skip);
		memset(&hello, 0xee, sizeof(hello));
		assert_true(tls_hello_read(&hello, cursor));
		assert_memory_equal(&hello, &whole, sizeof(hello));
		text_clear(&pool, &text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_whole_finds_all_but_grease),
		cmocka_unit_test(read_grease_is_only_what_rfc_8701_lists),
		cmocka_unit_test(read_without_extensions_is_enough),
		cmocka_unit_test(read_cut_anywhere_is_none),
		cmocka_unit_test(read_lengths_that_do_not_fit_are_none),
		cmocka_unit_test(read_name_is_the_first_of_type_host),
		cmocka_unit_test(read_odd_names_are_no_name),
		cmocka_unit_test(read_name_of_any_bytes_is_kept),
		cmocka_unit_test(read_name_longer_than_kept_is_cut),
		cmocka_unit_test(read_alpn_keeps_whole_names_that_fit),
		cmocka_unit_test(read_lists_with_odd_lengths_as_far_as_they_go),
		cmocka_unit_test(read_more_than_a_list_holds_overflows),
		cmocka_unit_test(read_from_blocks_gives_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
