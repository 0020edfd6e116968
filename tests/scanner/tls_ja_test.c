/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JA3 and JA4 against the values that their authors published: the README of
 * salesforce/ja3 and the technical details of JA4 (FoxIO). Texts hashed here that
 * stand in neither were hashed with md5sum and sha256sum.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "scanner/tls_ja.h"
#include "tests/scanner/tls_build.h"

static struct bytes body;
static struct tls_hello hello;
static char ja3_string[TLS_JA3_STRING_MAX + 1];
static char ja3[TLS_JA3_LENGTH + 1];
static char ja4[TLS_JA4_LENGTH + 1];

static void fingerprint(const struct hello_plan *plan)
{
	body.length = 0;
	add_hello_body(&body, plan);
	memset(&hello, 0xee, sizeof(hello));
	assert_true(tls_hello_read(&hello, tls_cursor_bytes(body.at, body.length)));
	assert_false(hello.overflow);

	size_t length = tls_ja3_string(&hello, (uint8_t *)ja3_string);

	ja3_string[length] = '\0';
	tls_ja3((const uint8_t *)ja3_string, length, (uint8_t *)ja3);
	tls_ja4(&hello, (uint8_t *)ja4);
}

static void ja3_published_examples_agree(void **state)
{
	const struct hello_plan with_extensions = {
		.version = "0301",
		.ciphers = "2f,35,5,a,c009,c00a,c013,c014,32,38,13,4",
		.extensions = "0,a,b",
		.groups = "17,18,19",
		.formats = "0",
	};
	const struct hello_plan without = {
		.version = "0301",
		.ciphers = "4,5,a,9,64,62,3,6,13,12,63",
	};

	(void)state;
	fingerprint(&with_extensions);
	assert_string_equal(ja3_string, "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,"
					"23-24-25,0");
	assert_string_equal(ja3, "ada70206e40642a3e4461f35503241d5");
	fingerprint(&without);
	assert_string_equal(ja3_string, "769,4-5-10-9-100-98-3-6-19-18-99,,,");
	assert_string_equal(ja3, "de350869b8c85de67a350c8d186f11e6");
}

static void ja4_published_example_agrees(void **state)
{
	(void)state;
	fingerprint(&plan_chrome);
	assert_string_equal(ja4, CHROME_JA4);
	assert_string_equal(ja3_string, CHROME_JA3_STRING);
	assert_string_equal(ja3, CHROME_JA3);
}

static void ja4_without_algorithms_has_no_underscore(void **state)
{
	struct hello_plan plan = plan_chrome;

	(void)state;
	plan.algorithms = NULL;
	fingerprint(&plan);
	assert_string_equal(ja4, "t13d1516h2_8daaf6152771_6d807ffa2a79");
}

/* Neither the server's name nor ALPN, nor the order of what is sorted, changes the last part; the
 * order of the algorithms does. */
static void ja4_order_counts_only_for_algorithms(void **state)
{
	struct hello_plan plan = plan_chrome;

	(void)state;
	plan.ciphers = "0035,002f,009d,009c,c014,c013,cca8,cca9,c030,c02c,c02f,c02b,1303,1302,1301";
	plan.extensions = "0015,000a,000b,ff01,002b,0012,0023,0005,000d,002d,0017,4469,0033,001b";
	fingerprint(&plan);
	assert_string_equal(ja4, "t13i151400_8daaf6152771_e5627efa2ab1");
	plan.algorithms = "0804,0403,0401,0503,0805,0501,0806,0601";
	fingerprint(&plan);
	assert_memory_equal(ja4, "t13i151400_8daaf6152771_", 24);
	assert_memory_not_equal(ja4 + 24, "e5627efa2ab1", 12);
}

static void ja4_nothing_to_hash_is_zeroes(void **state)
{
	const struct hello_plan plan = { .version = "0301", .ciphers = "0a0a,eaea" };
	struct hello_plan named = plan;

	(void)state;
	fingerprint(&plan);
	assert_string_equal(ja4, "t10i000000_000000000000_000000000000");
	named.extensions = "0000,0010,1a1a";
	fingerprint(&named);
	assert_string_equal(ja4, "t10d000200_000000000000_000000000000");
}

static void ja4_version_is_the_highest_offered(void **state)
{
	static const struct {
		const char *version, *versions, *expected;
	} rows[] = {
		{ "0303", "0304,0303", "13" }, { "0303", "0301,0303,0302", "12" },
		{ "0303", "fafa,0303", "12" }, { "0303", "aaaa", "12" },
		{ "0303", NULL, "12" },	       { "0302", NULL, "11" },
		{ "0301", NULL, "10" },	       { "0300", NULL, "s3" },
		{ "0303", "0002", "s2" },      { "0303", "7f1c,0303", "00" },
		{ "0305", NULL, "00" },	       { "0303", "0305,0304", "00" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hello_plan plan = plan_chrome;

		plan.version = rows[i].version;
		plan.versions = rows[i].versions;
		fingerprint(&plan);
		assert_memory_equal(ja4 + 1, rows[i].expected, 2);
	}
}

static void ja4_alpn_first_and_last_character(void **state)
{
	static const struct {
		const char *alpn, *expected;
	} rows[] = {
		{ "\x02h2", "h2" },
		{ "\x08http/1.1\x02h2", "h1" },
		{ "\x01q", "qq" },
		{ "\x03Zz9", "Z9" },
		/* the examples of the description */
		{ "\x01\xab", "ab" },
		{ "\x01\x20", "20" },
		{ "\x02\xab\xcd", "ad" },
		{ "\x02\x20\x61", "21" },
		{ "\x02\x30\xab", "3b" },
		{ "\x02\x61\x20", "60" },
		{ "\x04\x30\x31\xab\xcd", "3d" },
		{ "\x04\x30\xab\xcd\x31", "01" },
		{ NULL, "00" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hello_plan plan = plan_chrome;

		plan.alpn = rows[i].alpn;
		fingerprint(&plan);
		assert_memory_equal(ja4 + 8, rows[i].expected, 2);
	}
}

/* `count` numbers from `base` on, backwards and some twice: there is something to sort. */
static void write_list(char *out, unsigned count, unsigned base)
{
	for (unsigned i = 0; i < count; i++) {
		out += sprintf(out, "%s%04x", i != 0 ? "," : "", base + count - i - (i % 3 == 0));
	}
}

/* The counts stop at 99, and what is hashed is sorted and whole. */
static void ja_longest_lists_are_read_whole(void **state)
{
	static char ciphers[TLS_HELLO_CIPHERS_MAX * 5 + 1], values[TLS_HELLO_LIST_MAX * 5 + 1];
	static char formats[TLS_HELLO_FORMATS_MAX * 5 + 1];
	static char extensions[TLS_HELLO_LIST_MAX * 5 + 1] = "000a,000b,000d,0010,";
	struct hello_plan plan = plan_chrome;

	(void)state;
	write_list(ciphers, TLS_HELLO_CIPHERS_MAX, 0x1000);
	write_list(extensions + strlen(extensions), TLS_HELLO_LIST_MAX - 4, 0x2000);
	write_list(values, TLS_HELLO_LIST_MAX, 0x3000);
	write_list(formats, TLS_HELLO_FORMATS_MAX, 0);
	plan.ciphers = ciphers;
	plan.extensions = extensions;
	plan.groups = plan.algorithms = values;
	plan.formats = formats;
	fingerprint(&plan);
	assert_string_equal(ja4, "t12i9999h2_a1f340bd9651_78d2361e6c44");
	assert_string_equal(ja3, "98a922e66674a07098f823ecd83419c6");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ja3_published_examples_agree),
		cmocka_unit_test(ja4_published_example_agrees),
		cmocka_unit_test(ja4_without_algorithms_has_no_underscore),
		cmocka_unit_test(ja4_order_counts_only_for_algorithms),
		cmocka_unit_test(ja4_nothing_to_hash_is_zeroes),
		cmocka_unit_test(ja4_version_is_the_highest_offered),
		cmocka_unit_test(ja4_alpn_first_and_last_character),
		cmocka_unit_test(ja_longest_lists_are_read_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
