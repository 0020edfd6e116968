/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines: numbers, times against a calendar stepped day by day, addresses as RFC 5952 has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include <cmocka.h>

#include "firmware/line.h"

static char out[512];
static struct line line;

static void begin(void)
{
	line_init(&line, out, sizeof(out) - 1);
}

static void assert_line(const char *expected)
{
	assert_false(line.full);
	*line.at = '\0';
	assert_string_equal(out, expected);
	begin();
}

static void line_decimal_pads_to_its_digits(void **state)
{
	(void)state;
	begin();
	line_decimal(&line, 0, 1);
	assert_line("0");
	line_decimal(&line, 0, 0);
	assert_line("0");
	line_decimal(&line, 7, 3);
	assert_line("007");
	line_decimal(&line, 1234, 3);
	assert_line("1234");
	line_decimal(&line, UINT64_MAX, 20);
	assert_line("18446744073709551615");
	line_decimal(&line, 1, 20);
	assert_line("00000000000000000001");
}

static void line_time_known_instants(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} times[] = {
		{ 0, "1970-01-01T00:00:00.000000+0000" },
		{ 951782400ull * NS_PER_S, "2000-02-29T00:00:00.000000+0000" },
		{ 1780308000123456789, "2026-06-01T10:00:00.123456+0000" },
		{ 1798761599999999999, "2026-12-31T23:59:59.999999+0000" },
		{ 4107542400ull * NS_PER_S, "2100-03-01T00:00:00.000000+0000" },
		{ UINT64_MAX, "2554-07-21T23:34:33.709551+0000" },
	};

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		line_time(&line, (struct timestamp){ times[i].ns });
		assert_line(times[i].text);
	}
	line_second(&line, (struct timestamp){ 1780308003123456789 });
	assert_line("2026-06-01 10:00:03");
}

static unsigned days_of_month(unsigned year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

static void line_time_every_day_until_2554(void **state)
{
	unsigned year = 1970, month = 1, day = 1;

	(void)state;
	begin();
	for (uint64_t days = 0; year < 2554; days++) {
		char expected[64];

		snprintf(expected, sizeof(expected), "%04u-%02u-%02uT23:59:59.000001+0000", year,
			 month, day);
		line_time(&line, (struct timestamp){ ((days + 1) * 86400 - 1) * NS_PER_S + 1999 });
		assert_line(expected);
		if (++day > days_of_month(year, month)) {
			day = 1;
			month = month % 12 + 1;
			year += month == 1;
		}
	}
}

static void line_address_is_the_shortest_form(void **state)
{
	static const char *const addresses[] = {
		"::",
		"::1",
		"1::",
		"2001:db8::1",
		"2001:db8:0:1::1",
		"2001:0:0:1::1",
		"2001::1:0:0:1",
		"2001:db8::1:0:0:1",
		"fe80::200:86ff:fe05:80da",
		"1:2:3:4:5:6:7:8",
		"0:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7:0",
		"0:1:0:1:0:1:0:1",
		"1:0:0:2::",
		"::2:0:0:3:0",
		"ffff:f00:f0:f::10",
	};

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		uint8_t bytes[16];

		assert_int_equal(inet_pton(AF_INET6, addresses[i], bytes), 1);
		line_address(&line, 6, bytes);
		assert_line(addresses[i]);
	}
	line_address(&line, 4, (const uint8_t[16]){ 10, 0, 200, 255 });
	assert_line("10.0.200.255");
}

static void line_bytes_of_any_length_are_all_written(void **state)
{
	static const char padding[8] = "########";
	char in[300];

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++) {
		in[i] = (char)('0' + i % 71);
	}
	for (size_t length = 0; length <= sizeof(in); length++) {
		begin();
		memcpy(out + length, padding, sizeof(padding));
		line_bytes(&line, in, length);
		assert_int_equal(line_length(&line), length);
		assert_memory_equal(out, in, length);
		assert_memory_equal(out + length, padding, sizeof(padding));
	}
}

static void line_full_leaves_out_all_that_follows(void **state)
{
	char small[4] = "####";

	(void)state;
	line_init(&line, small, 3);
	line_string(&line, "ab");
	line_string(&line, "cd");
	line_string(&line, "e");
	assert_true(line.full);
	assert_int_equal(line_length(&line), 2);
	assert_memory_equal(small, "ab##", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_decimal_pads_to_its_digits),
		cmocka_unit_test(line_time_known_instants),
		cmocka_unit_test(line_time_every_day_until_2554),
		cmocka_unit_test(line_address_is_the_shortest_form),
		cmocka_unit_test(line_bytes_of_any_length_are_all_written),
		cmocka_unit_test(line_full_leaves_out_all_that_follows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
