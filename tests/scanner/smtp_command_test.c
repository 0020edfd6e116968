/* SPDX-License-Identifier: BSD-2-Clause */
/* Command lines and replies taken apart: every verb, odd case and blanks, odd paths, sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/smtp_command.h"

/* The argument as a string. */
static char argument[256];

static struct smtp_command read_bytes(const char *line, size_t length)
{
	uint8_t *copy = malloc(length != 0 ? length : 1);

	assert_non_null(copy);
	memcpy(copy, line, length);
	struct smtp_command command = smtp_command(copy, length);

	assert_true(command.length < sizeof(argument));
	if (command.length != 0) {
		assert_true(command.argument >= copy &&
			    command.argument + command.length <= copy + length);
		memcpy(argument, command.argument, command.length);
	}
	argument[command.length] = '\0';
	free(copy);
	return command;
}

static struct smtp_command read_line(const char *line)
{
	return read_bytes(line, strlen(line));
}

static void check(const char *line, enum smtp_verb verb, const char *expected)
{
	assert_int_equal(read_line(line).verb, verb);
	assert_string_equal(argument, expected);
}

static void command_verbs_in_any_case_and_spacing(void **state)
{
	(void)state;
	check("EHLO web.example", SMTP_VERB_EHLO, "web.example");
	check("helo", SMTP_VERB_EHLO, "");
	check("\t hElO  a b \t", SMTP_VERB_EHLO, "a b");
	check("LHLO x", SMTP_VERB_LHLO, "x");
	check("data", SMTP_VERB_DATA, "");
	check("DATA ", SMTP_VERB_DATA, "");
	check("RsEt", SMTP_VERB_RSET, "");
	check("QUIT\t", SMTP_VERB_QUIT, "");
	check("StartTLS", SMTP_VERB_STARTTLS, "");
	check("NOOP x", SMTP_VERB_OTHER, "x");
	check("VRFY root", SMTP_VERB_OTHER, "root");
}

static void command_other_words_are_unknown(void **state)
{
	static const char *const lines[] = {
		"",	  "E",	     "EHL",   "EHLOX x",	"EHLO\rx",  "USER x",
		"STARTX", "STARTTL", "DATA.", "GET / HTTP/1.0", "ehlo\001", "\245ata"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(read_line(lines[i]).verb, SMTP_VERB_UNKNOWN);
	}
	assert_int_equal(read_bytes("DAT\001", 4).verb, SMTP_VERB_UNKNOWN);
	assert_int_equal(read_bytes("DATA\0", 5).verb, SMTP_VERB_UNKNOWN);
}

static void command_paths_as_servers_take_them(void **state)
{
	(void)state;
	check("MAIL FROM:<a@b>", SMTP_VERB_MAIL, "<a@b>");
	check("mail from:<a@b> SIZE=10 BODY=8BITMIME", SMTP_VERB_MAIL, "<a@b>");
	check("MAIL FROM :  <a@b>", SMTP_VERB_MAIL, "<a@b>");
	check("MAIL\tFrom\t:\t<>\tAUTH=<>", SMTP_VERB_MAIL, "<>");
	check("MAIL FROM:a@b", SMTP_VERB_MAIL, "a@b");
	check("MAIL FROM:a@b AUTH=<>", SMTP_VERB_MAIL, "a@b");
	check("MAIL FROM:A Name <a@b> SIZE=1", SMTP_VERB_MAIL, "<a@b>");
	check("RCPT TO:<@x,@y:a@b>", SMTP_VERB_RCPT, "<@x,@y:a@b>");
	check("RCPT TO:<\"a b>\\\"\"@c> NOTIFY=NEVER", SMTP_VERB_RCPT, "<\"a b>\\\"\"@c>");
	check("RCPT TO:\"a b\"@c x", SMTP_VERB_RCPT, "\"a b\"@c");
	check("RCPT TO:<a@b SIZE=1", SMTP_VERB_RCPT, "<a@b");
	check("RCPT TO:<\"a@b", SMTP_VERB_RCPT, "<\"a@b");
	check("RCPT TO:<\"a\\", SMTP_VERB_RCPT, "<\"a\\");
	check("rcpt to:postmaster", SMTP_VERB_RCPT, "postmaster");
	check("RCPT TO:<\xc3\xbc@\xc3\xbc.example>", SMTP_VERB_RCPT, "<\xc3\xbc@\xc3\xbc.example>");
}

static void command_mail_without_path_is_unknown(void **state)
{
	static const char *const lines[] = { "MAIL",	    "MAIL FROM",     "MAIL FROM:",
					     "MAIL FROM: ", "MAIL TO:<a>",   "RCPT FROM:<a>",
					     "RCPT <a@b>",  "MAIL FROM<a@b>" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(read_line(lines[i]).verb, SMTP_VERB_UNKNOWN);
	}
}

static void command_auth_gives_the_mechanism_alone(void **state)
{
	(void)state;
	check("AUTH PLAIN AGEAYg==", SMTP_VERB_AUTH, "PLAIN");
	check("auth login", SMTP_VERB_AUTH, "login");
	check("AUTH\tLOGIN\tYQ==", SMTP_VERB_AUTH, "LOGIN");
	check("AUTH \"PLAIN AGEAYg==\"", SMTP_VERB_AUTH, "\"PLAIN");
	check("AUTH", SMTP_VERB_AUTH, "");
}

static void check_chunk(const char *line, bool valid, uint64_t size, bool last)
{
	struct smtp_command command = read_line(line);

	assert_int_equal(command.verb, SMTP_VERB_BDAT);
	assert_int_equal(command.valid, valid);
	if (valid) {
		assert_int_equal(command.chunk, size);
		assert_int_equal(command.last, last);
	}
}

static void command_chunk_sizes(void **state)
{
	(void)state;
	check_chunk("BDAT 0", true, 0, false);
	check_chunk("BDAT 0 LAST", true, 0, true);
	check_chunk("bdat\t10  last ", true, 10, true);
	check_chunk("BDAT 00012", true, 12, false);
	check_chunk("BDAT 9223372036854775807", true, INT64_MAX, false);
	check_chunk("BDAT 9223372036854775808", false, 0, false);
	check_chunk("BDAT 18446744073709551617", false, 0, false);
	check_chunk("BDAT", false, 0, false);
	check_chunk("BDAT x", false, 0, false);
	check_chunk("BDAT -1", false, 0, false);
	check_chunk("BDAT 1x", false, 0, false);
	check_chunk("BDAT 1LAST", false, 0, false);
	check_chunk("BDAT 1 LASTX", false, 0, false);
	check_chunk("BDAT 1 FIRST", false, 0, false);
}

static unsigned code_of(const char *line, bool *more)
{
	return smtp_reply_code((const uint8_t *)line, strlen(line), more);
}

static void reply_code_of_lines(void **state)
{
	bool more;

	(void)state;
	assert_int_equal(code_of("220 mx", &more), 220);
	assert_false(more);
	assert_int_equal(code_of("250-mx", &more), 250);
	assert_true(more);
	assert_int_equal(code_of("354", &more), 354);
	assert_false(more);
	assert_int_equal(code_of("559 ", &more), 559);
	assert_int_equal(code_of("25", &more), 0);
	assert_int_equal(code_of("150 x", &more), 0);
	assert_int_equal(code_of("600 x", &more), 0);
	assert_int_equal(code_of("25x x", &more), 0);
	assert_int_equal(code_of("2500", &more), 0);
	assert_int_equal(code_of("HTTP/1.1 200", &more), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_verbs_in_any_case_and_spacing),
		cmocka_unit_test(command_other_words_are_unknown),
		cmocka_unit_test(command_paths_as_servers_take_them),
		cmocka_unit_test(command_mail_without_path_is_unknown),
		cmocka_unit_test(command_auth_gives_the_mechanism_alone),
		cmocka_unit_test(command_chunk_sizes),
		cmocka_unit_test(reply_code_of_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
