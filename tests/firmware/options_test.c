/* SPDX-License-Identifier: BSD-2-Clause */
/* Command lines, read by a table of one option of each kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/options.h"

#define LINE_MAX 40

static struct {
	bool flag;
	const char *text, *other;
	unsigned word;
	uint32_t milliseconds;
	struct options_networks networks;
	char *vector[LINE_MAX];
	unsigned operands;
	char error[OPTIONS_ERROR_BYTES];
} line;

static const char *const words[] = { "auto", "fast", "slow", NULL };

static const struct option known[] = {
	{ "--flag", .flag = &line.flag },
	{ "--text", .text = &line.text },
	{ "--text-other", .text = &line.other },
	{ "--word", .word = &line.word, .words = words },
	{ "--time", .milliseconds = &line.milliseconds, .most = 10000 },
	{ "--net", .networks = &line.networks },
	{ .name = NULL },
};

static enum options_result read_operands(unsigned *operands, int count, const char *const *vector)
{
	const struct arguments arguments = { .count = count,
					     .vector = line.vector,
					     .operands = operands };

	for (int i = 0; i < count; i++) {
		line.vector[i] = (char *)(uintptr_t)vector[i]; /* it moves them, and writes none */
	}
	return options_read(known, &arguments, line.error);
}

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define READ(...)                                                                    \
	read_operands(&line.operands, COUNT(((const char *const[]){ __VA_ARGS__ })), \
		      (const char *const[]){ __VA_ARGS__ })

static int start_line(void **state)
{
	(void)state;
	memset(&line, 0, sizeof(line));
	line.milliseconds = 10;
	return 0;
}

static void options_read_each_kind_sets_its_value(void **state)
{
	(void)state;
	assert_int_equal(READ("--flag", "--text", "a=b", "--word", "slow", "--time", "250", "--net",
			      "10.0.0.0/8", "--net", "fd00::/8"),
			 OPTIONS_READ);
	assert_true(line.flag);
	assert_string_equal(line.text, "a=b");
	assert_int_equal(line.word, 2);
	assert_int_equal(line.milliseconds, 250);
	assert_int_equal(line.networks.count, 2);
	assert_int_equal(line.networks.prefix[1].family, 6);
	assert_null(line.other);
}

static void options_read_value_follows_the_equals_sign(void **state)
{
	(void)state;
	assert_int_equal(READ("--text=a=b", "--word=fast", "--text-other=--flag"), OPTIONS_READ);
	assert_string_equal(line.text, "a=b");
	assert_string_equal(line.other, "--flag");
	assert_int_equal(line.word, 1);
	assert_false(line.flag);
}

static void options_read_nothing_leaves_what_is_usual(void **state)
{
	(void)state;
	assert_int_equal(read_operands(NULL, 0, NULL), OPTIONS_READ);
	assert_int_equal(line.milliseconds, 10);
}

static void options_read_operands_are_moved_to_the_beginning(void **state)
{
	(void)state;
	assert_int_equal(READ("one", "--flag", "-", "--text", "a", "--", "--flag", "--"),
			 OPTIONS_READ);
	assert_int_equal(line.operands, 4);
	assert_string_equal(line.vector[0], "one");
	assert_string_equal(line.vector[1], "-");
	assert_string_equal(line.vector[2], "--flag");
	assert_string_equal(line.vector[3], "--");
}

static void options_read_operand_where_there_is_none_is_named(void **state)
{
	static const char *const vector[] = { "--flag", "one" };

	(void)state;
	assert_int_equal(read_operands(NULL, 2, vector), OPTIONS_WRONG);
	assert_string_equal(line.error, "unknown argument one");
}

#define assert_wrong(complaint, ...)                                \
	do {                                                        \
		start_line(NULL);                                   \
		assert_int_equal(READ(__VA_ARGS__), OPTIONS_WRONG); \
		assert_string_equal(line.error, complaint);         \
	} while (0)

static void options_read_what_is_wrong_is_named(void **state)
{
	(void)state;
	assert_wrong("unknown option --fla", "--fla");
	assert_wrong("unknown option --flag=1", "--flag=1");
	assert_wrong("unknown option -x", "-x");
	assert_wrong("--text needs a value", "--text");
	assert_wrong("--text needs a value", "--text=", "a");
	assert_wrong("--text is given twice", "--text", "a", "--text=b");
	assert_wrong("--word is given twice", "--word", "auto", "--word", "auto");
	assert_wrong("--word magic: there is only auto, fast and slow", "--word", "magic");
	assert_wrong("--time 0: milliseconds, 1 to 10000", "--time", "0");
	assert_wrong("--time 10001: milliseconds, 1 to 10000", "--time", "10001");
	assert_wrong("--time 1s: milliseconds, 1 to 10000", "--time", "1s");
	assert_wrong("--time -1: milliseconds, 1 to 10000", "--time", "-1");
	assert_wrong("--net 10.0.0.0/33: prefix length out of range", "--net", "10.0.0.0/33");
}

static void options_read_networks_beyond_the_bound_are_refused(void **state)
{
	const char *vector[SCANNER_INSIDE_MAX + 1];

	(void)state;
	for (int i = 0; i < COUNT(vector); i++) {
		vector[i] = "--net=10.0.0.0/8";
	}
	assert_int_equal(read_operands(NULL, SCANNER_INSIDE_MAX, vector), OPTIONS_READ);
	line.networks.count = 0;
	assert_int_equal(read_operands(NULL, COUNT(vector), vector), OPTIONS_WRONG);
	assert_string_equal(line.error, "--net 10.0.0.0/8: at most 32 networks");
}

static void options_read_help_and_version_end_the_reading(void **state)
{
	(void)state;
	assert_int_equal(READ("--flag", "--help", "--nonsense"), OPTIONS_HELP);
	assert_int_equal(READ("-h"), OPTIONS_HELP);
	assert_int_equal(READ("--version"), OPTIONS_VERSION);
	assert_int_equal(READ("--text", "--help"), OPTIONS_READ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(options_read_each_kind_sets_its_value, start_line),
		cmocka_unit_test_setup(options_read_value_follows_the_equals_sign, start_line),
		cmocka_unit_test_setup(options_read_nothing_leaves_what_is_usual, start_line),
		cmocka_unit_test_setup(options_read_operands_are_moved_to_the_beginning,
				       start_line),
		cmocka_unit_test_setup(options_read_operand_where_there_is_none_is_named,
				       start_line),
		cmocka_unit_test_setup(options_read_what_is_wrong_is_named, start_line),
		cmocka_unit_test_setup(options_read_networks_beyond_the_bound_are_refused,
				       start_line),
		cmocka_unit_test_setup(options_read_help_and_version_end_the_reading, start_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
