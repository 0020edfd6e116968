/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows: where texts are broken, and that nothing but spaces between rows is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/rows.h"

#define TEN "aaaaaaaaa "
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

/* The rows of a text, each with its indentation and behind it a '|'. */
static const char *broken(const char *text)
{
	static char out[1024];
	struct rows rows = rows_of(text, strlen(text));
	struct row row;

	out[0] = '\0';
	while (rows_next(&rows, &row)) {
		strcat(out, row.indent);
		strncat(out, row.text, row.length);
		strcat(out, "|");
	}
	return out;
}

static void rows_text_that_fits_is_one_row(void **state)
{
	(void)state;
	assert_string_equal(broken(""), "");
	assert_string_equal(broken("a"), "a|");
	assert_string_equal(broken("a  b c"), "a  b c|");
	assert_string_equal(broken(SEVENTY "123456789"), SEVENTY "123456789|");
}

static void rows_long_text_is_broken_between_words(void **state)
{
	(void)state;
	assert_string_equal(broken(SEVENTY "1234567890"),
			    TEN TEN TEN TEN TEN TEN "aaaaaaaaa|  1234567890|");
	assert_string_equal(broken(SEVENTY "123456789 x"), SEVENTY "123456789|  x|");
	/* the second row has room for two columns less */
	assert_string_equal(broken(SEVENTY "123456789 " SEVENTY "1234567"),
			    SEVENTY "123456789|  " SEVENTY "1234567|");
	assert_string_equal(broken(SEVENTY "123456789 " TEN TEN TEN TEN TEN TEN
					   "aaaaaaaaa 12345678"),
			    SEVENTY "123456789|  " TEN TEN TEN TEN TEN TEN "aaaaaaaaa|  12345678|");
}

static void rows_end_first_where_two_spaces_stand(void **state)
{
	(void)state;
	assert_string_equal(broken("who   did  what " SEVENTY "123."),
			    "who   did|  what " TEN TEN TEN TEN TEN TEN "aaaaaaaaa|  123.|");
	assert_string_equal(broken(SEVENTY "1234567  x y"), SEVENTY "1234567|  x y|");
	/* too late */
	assert_string_equal(broken(SEVENTY "1 34567890  x"), SEVENTY "1|  34567890  x|");
}

static void rows_word_wider_than_the_screen_stays_whole(void **state)
{
	char wide[201];
	char text[256], expected[256];

	(void)state;
	memset(wide, 'w', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	strcat(strcpy(expected, wide), "|");
	assert_string_equal(broken(wide), expected);
	strcat(strcat(strcpy(text, "a "), wide), " b c");
	strcat(strcat(strcpy(expected, "a|  "), wide), "|  b c|");
	assert_string_equal(broken(text), expected);
	/* nothing but spaces, and spaces around */
	assert_string_equal(broken("   "), "   |");
	assert_string_equal(broken(" a "), " a |");
}

static void rows_count_letters_not_bytes(void **state)
{
	char text[2 * 79 + 1] = "";

	(void)state;
	for (unsigned i = 0; i < 39; i++) {
		strcat(text, "\xc3\xb6 ");
	}
	strcat(text, "\xc3\xb6"); /* 79 columns, 119 bytes */
	struct rows rows = rows_of(text, strlen(text));
	struct row row;

	assert_true(rows_next(&rows, &row));
	assert_int_equal(row.length, strlen(text));
	assert_false(rows_next(&rows, &row));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_text_that_fits_is_one_row),
		cmocka_unit_test(rows_long_text_is_broken_between_words),
		cmocka_unit_test(rows_end_first_where_two_spaces_stand),
		cmocka_unit_test(rows_word_wider_than_the_screen_stays_whole),
		cmocka_unit_test(rows_count_letters_not_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
