/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signature compiler: what each mistake is answered with, word for word, and
 * that a set depends on what the lines say, not on how they stand there.
 */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/tools/compile_text.h"
#include "tools/sig/parse.h"

/* What compiling `text` reports; free() it. `*made` tells whether a set came of it. */
static char *reported(const char *text, size_t length, bool *made)
{
	char *out = NULL;
	size_t out_length = 0;
	FILE *to = open_memstream(&out, &out_length);
	struct blob blob;

	assert_non_null(to);
	blob = compile_text(text, length, false, to);
	fclose(to);
	*made = blob.bytes != NULL;
	free(blob.bytes);
	return out;
}

static void check_text(const char *text, const char *expected, bool expected_made)
{
	bool made;
	char *out = reported(text, strlen(text), &made);

	if (strcmp(out, expected) != 0) {
		fail_msg("\n%s\nis answered with\n%s\ninstead of\n%s", text, out, expected);
	}
	assert_int_equal(made, expected_made);
	free(out);
}

struct mistake {
	const char *text, *answer; /* behind "t.sig:" */
};

static void check_mistakes(const struct mistake *mistakes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char expected[2048];

		snprintf(expected, sizeof(expected), "t.sig:%s\n", mistakes[i].answer);
		check_text(mistakes[i].text, expected, false);
	}
}

#define CHECK_MISTAKES(mistakes) check_mistakes(mistakes, sizeof(mistakes) / sizeof((mistakes)[0]))

static void compile_words_missing_or_wrong_are_named(void **state)
{
	static const struct mistake mistakes[] = {
		{ "1", "1:2: error: the line ends, expected critical, high, medium or low" },
		{ "1 low",
		  "1:6: error: the line ends, expected alert, drop, reject or quarantine[=DURATION]" },
		{ "1 low alert", "1:12: error: the line ends, expected a field" },
		{ "1 low alert dns.query  # x", "1:22: error: the line ends, expected a value" },
		{ "\n\n0 low alert dns.query a.b",
		  "3:1: error: SID \"0\", expected a number from 1 to 2147483647" },
		{ "2147483648 low alert dns.query a.b",
		  "1:1: error: SID \"2147483648\", expected a number from 1 to 2147483647" },
		{ "01 low alert dns.query a.b",
		  "1:1: error: SID \"01\", expected a number from 1 to 2147483647" },
		{ "1x low alert dns.query a.b",
		  "1:1: error: SID \"1x\", expected a number from 1 to 2147483647" },
		{ "1 hihg alert dns.query a.b",
		  "1:3: error: severity \"hihg\", expected critical, high, medium or low" },
		{ "1 low  block dns.query a.b",
		  "1:8: error: action \"block\", expected alert, drop, reject or quarantine[=DURATION]" },
		{ "1 low quarantine=0h ip.dst 1.2.3.4",
		  "1:18: error: duration \"0h\", expected a number and s, m, h or d, up to 30d" },
		{ "1 low quarantine=31d ip.dst 1.2.3.4",
		  "1:18: error: duration \"31d\", expected a number and s, m, h or d, up to 30d" },
		{ "1 low quarantine=90 ip.dst 1.2.3.4",
		  "1:18: error: duration \"90\", expected a number and s, m, h or d, up to 30d" },
		{ "1 low quarantine= ip.dst 1.2.3.4",
		  "1:18: error: duration \"\", expected a number and s, m, h or d, up to 30d" },
		{ "1 low drop=1h ip.dst 1.2.3.4",
		  "1:7: error: action \"drop=1h\", expected alert, drop, reject or "
		  "quarantine[=DURATION]" },
	};

	(void)state;
	CHECK_MISTAKES(mistakes);
}

static void compile_unknown_fields_and_shapes_list_the_valid_ones(void **state)
{
	static const struct mistake mistakes[] = {
		{ "1 low alert dns.qeury a.b",
		  "1:13: error: unknown field \"dns.qeury\", expected perhaps dns.query" },
		{ "1 low alert user a",
		  "1:13: error: unknown field \"user\", expected one of ip.src, ip.dst, "
		  "ssh.client.ident, ssh.client.software, ssh.client.hassh, ssh.client.hassh.core, "
		  "ssh.client.ident.shape, ssh.server.ident, ssh.server.software, ssh.server.hassh, "
		  "ssh.server.hassh.core, ssh.server.ident.shape, ssh.hostkey.sha256, smtp.helo, "
		  "smtp.helo.shape, smtp.mail_from, smtp.mail_from.domain, smtp.mail_from.local, "
		  "smtp.rcpt_to, smtp.rcpt_to.domain, smtp.auth.mechanism, smtp.banner, "
		  "smtp.header.NAME, smtp.header.order, smtp.boundary.shape, smtp.attachment.name, "
		  "smtp.attachment.sha256, smtp.shape, dns.query, dns.shape, tls.sni, tls.ja3, "
		  "tls.ja4" },
		{ "1 low alert ssh.client.ident.shape ebury",
		  "1:36: error: unknown shape \"ebury\", expected one of ebury-hex, ebury-base64, "
		  "oversize, pre-ident-lines, bare-lf" },
		{ "1 low alert ssh.server.ident.shape no-dot",
		  "1:36: error: unknown shape \"no-dot\", expected one of ebury-hex, ebury-base64, "
		  "oversize, pre-ident-lines, bare-lf" },
		{ "1 low alert smtp.helo.shape x",
		  "1:29: error: unknown shape \"x\", expected one of no-dot, bare-address, "
		  "address-literal, localhost, local-suffix" },
		{ "1 low alert smtp.shape x",
		  "1:24: error: unknown shape \"x\", expected one of client-first-http, "
		  "client-first-other, php-root-script, php-hidden-script, php-eval, "
		  "web-user-sender, end-of-data-lookalike" },
		{ "1 low alert dns.shape x",
		  "1:23: error: unknown shape \"x\", expected one of ebury-exfil, udp53-not-dns" },
	};

	(void)state;
	CHECK_MISTAKES(mistakes);
}

#define EXPECTED_ADDRESS \
	"expected ADDR, ADDR/LEN, ADDR:PORT or [ADDR6]:PORT, after a port also /tcp or /udp"

static void compile_values_without_canonical_form_are_refused(void **state)
{
	static const struct mistake mistakes[] = {
		{ "1 low alert ip.dst example.com",
		  "1:20: error: not an IP address: \"example.com\", " EXPECTED_ADDRESS },
		{ "1 low alert ip.dst 10.0.0.*",
		  "1:20: error: not an IP address: \"10.0.0.*\", " EXPECTED_ADDRESS },
		{ "1 low alert ip.dst 10.0.0.1/24",
		  "1:20: error: address bits are set beyond the prefix length: \"10.0.0.1/24\", " EXPECTED_ADDRESS },
		{ "1 low alert ip.dst 0.0.0.0/0",
		  "1:20: error: prefix length out of range: \"0.0.0.0/0\", " EXPECTED_ADDRESS },
		{ "1 low alert ip.src 10.0.0.1:99999",
		  "1:20: error: not a port: \"10.0.0.1:99999\", " EXPECTED_ADDRESS },
		{ "1 low alert tls.ja3 abc",
		  "1:21: error: not a hexadecimal digest of this field's length: \"abc\", "
		  "expected 32 hexadecimal digits" },
		{ "1 low alert smtp.attachment.sha256 abc",
		  "1:36: error: not a hexadecimal digest of this field's length: \"abc\", "
		  "expected 64 hexadecimal digits" },
		{ "1 low alert tls.ja4 abc",
		  "1:21: error: not a JA4 fingerprint: \"abc\", expected 36 characters such as "
		  "t13d1516h2_8daaf6152771_e5627efa2ab1" },
		{ "1 low alert ssh.hostkey.sha256 SHA256:abc",
		  "1:32: error: not a SHA-256 fingerprint: \"SHA256:abc\", expected 43 base64 "
		  "characters as ssh-keygen -l prints them" },
		{ "1 low alert ssh.client.ident \"\"",
		  "1:30: error: empty value: \"\", expected 1 to 1024 bytes" },
		{ "1 low alert smtp.rcpt_to a@b@",
		  "1:26: error: not a mail address: \"a@b@\", expected LOCAL@DOMAIN, or <> for the "
		  "null sender" },
		{ "1 low alert smtp.auth.mechanism \"PLAIN x\"",
		  "1:33: error: a character that this field cannot hold: \"PLAIN x\", expected a "
		  "SASL mechanism such as PLAIN" },
		{ "1 low alert smtp.header.a:b c",
		  "1:13: error: not a header name: \"smtp.header.a:b\", expected smtp.header.NAME "
		  "with a name of printable ASCII" },
		{ "1 low alert smtp.header.order a,,b",
		  "1:31: error: not a header name: \"a,,b\", expected header names joined by commas" },
		{ "1 low alert smtp.boundary.shape ----=_NextPart_000",
		  "1:33: error: not the shape of a boundary: \"----=_NextPart_000\", expected runs "
		  "written as 9, A, a and their length, such as ----=_A1a3_93" },
	};

	(void)state;
	CHECK_MISTAKES(mistakes);
}

static void compile_names_that_cannot_match_are_refused(void **state)
{
	static const struct mistake mistakes[] = {
		{ "1 low alert dns.query *.evil.example",
		  "1:23: error: no wildcards, expected the name alone: it matches everything below "
		  "it" },
		{ "1 low alert tls.sni .evil.example",
		  "1:21: error: no wildcards, expected the name alone: it matches everything below "
		  "it" },
		{ "1 low alert smtp.rcpt_to *@evil.example",
		  "1:26: error: no wildcards, expected field smtp.rcpt_to.domain" },
		{ "1 low alert dns.query http://evil.example/",
		  "1:23: error: \"http://evil.example/\" has a character that no domain name has, "
		  "expected a domain name" },
		{ "1 low alert dns.query a..b",
		  "1:23: error: \"a..b\" has an empty label, expected a domain name" },
		{ "1 low alert dns.query .", "1:23: error: empty value, expected a domain name" },
		{ "1 low alert smtp.mail_from.domain u@evil.example",
		  "1:35: error: \"u@evil.example\" has a character that no domain name has, "
		  "expected a domain name" },
		{ "1 low alert dns.query \xe2\xb0\x80.example",
		  "1:23: error: \"\xe2\xb0\x80.example\" has a label with letters that have no "
		  "A-label, expected a domain name" },
		{ "1 low alert smtp.rcpt_to u@a_b..c",
		  "1:26: error: the domain \"a_b..c\" has an empty label, expected LOCAL@DOMAIN, or "
		  "<> for the null sender" },
		{ "1 low alert dns.query "
		  "a123456789012345678901234567890123456789012345678901234567890123.example",
		  "1:23: error: \"a123456789012345678901234567890123456789012345678901234567890123."
		  "example\" has a label of more than 63 characters, expected a domain name" },
	};

	(void)state;
	CHECK_MISTAKES(mistakes);
}

static void compile_options_wrong_or_twice_are_named(void **state)
{
	static const struct mistake mistakes[] = {
		{ "1 low alert dns.query a.b severity=high",
		  "1:27: error: option \"severity=high\", expected msg=, ref=, class=, rev=, from= "
		  "or expires=" },
		{ "1 low alert dns.query a.b text",
		  "1:27: error: option \"text\", expected msg=, ref=, class=, rev=, from= or "
		  "expires=" },
		{ "1 low alert dns.query a.b \"msg=x\"",
		  "1:27: error: option \"msg=x\", expected msg=, ref=, class=, rev=, from= or "
		  "expires=" },
		{ "1 low alert dns.query a.b rev=1 rev=1",
		  "1:33: error: a second \"rev\", expected each option once" },
		{ "1 low alert dns.query a.b rev=0",
		  "1:31: error: rev \"0\", expected a number from 1 to 2147483647" },
		{ "1 low alert dns.query a.b from=any",
		  "1:32: error: from \"any\", expected inside or outside" },
		{ "1 low alert dns.query a.b expires=30.6.2027",
		  "1:35: error: date \"30.6.2027\", expected YYYY-MM-DD" },
		{ "1 low alert dns.query a.b expires=2027-02-29",
		  "1:35: error: date \"2027-02-29\", expected a day from 2000-01-01 on" },
		{ "1 low alert dns.query a.b expires=1999-12-31",
		  "1:35: error: date \"1999-12-31\", expected a day from 2000-01-01 on" },
		{ "1 low alert dns.query a.b expires=2027-13-01",
		  "1:35: error: date \"2027-13-01\", expected a day from 2000-01-01 on" },
		{ "1 low alert dns.query a.b msg=\"a\\x0ab\"",
		  "1:31: error: text \"a\\x0ab\", expected UTF-8 without control characters" },
		{ "1 low alert dns.query a.b msg=\"\\xff\"",
		  "1:31: error: text \"\xff\", expected UTF-8 without control characters" },
	};

	(void)state;
	CHECK_MISTAKES(mistakes);
}

static void compile_quotes_and_bytes_out_of_place_are_named(void **state)
{
	static const struct mistake mistakes[] = {
		{ "1 low alert dns.query a.b msg=\"x",
		  "1:31: error: the quotes do not end, expected '\"'" },
		{ "1 low alert dns.query a.b msg=\"x\"y",
		  "1:34: error: text after closing quotes, expected white space" },
		{ "1 low alert dns.query a.b msg=\"\\n\"",
		  "1:32: error: unknown escape, expected \\\", \\\\ or \\xHH" },
		{ "1 low alert dns.query a.b msg=\"\\x1\"",
		  "1:32: error: unknown escape, expected \\\", \\\\ or \\xHH" },
		{ "1 low alert smtp.rcpt_to a\"b\"@c.d",
		  "1:27: error: quotes inside a word, expected the whole word in quotes" },
		{ "1 low alert smtp.banner x=\"b\"",
		  "1:25: error: quotes inside a word, expected the whole word in quotes" },
		{ "# \xc3\xbc\n1 low alert dns.query \xc3\xbc\xff",
		  "2:24: error: not UTF-8, expected UTF-8 or \\xHH in quotes" },
		{ "1 low alert dns.query a.b\x01",
		  "1:26: error: a control character, expected \\xHH in quotes" },
		{ "1 low alert dns.query a.b a b c d e f g h i j k l",
		  "1:49: error: too many words, expected the end of the line" },
	};

	(void)state;
	CHECK_MISTAKES(mistakes);
}

static void compile_sid_that_disagrees_names_both_lines(void **state)
{
	static const struct mistake mistakes[] = {
		{ "# first\n7 low alert dns.query a.b msg=x\n7 high alert dns.query c.d msg=x",
		  "3:1: error: SID 7 differs from t.sig:2 in severity, expected that all lines of a "
		  "SID agree in everything but field and value" },
		{ "7 low alert dns.query a.b\n7 low drop dns.query c.d",
		  "2:1: error: SID 7 differs from t.sig:1 in action, expected that all lines of a "
		  "SID agree in everything but field and value" },
		{ "7 low quarantine dns.query a.b\n7 low quarantine=61m dns.query c.d",
		  "2:1: error: SID 7 differs from t.sig:1 in the quarantine's duration, expected "
		  "that all lines of a SID agree in everything but field and value" },
		{ "7 low alert dns.query a.b rev=1\n7 low alert dns.query c.d rev=2",
		  "2:1: error: SID 7 differs from t.sig:1 in rev, expected that all lines of a SID "
		  "agree in everything but field and value" },
		{ "7 low alert dns.query a.b from=inside\n7 low alert dns.query c.d",
		  "2:1: error: SID 7 differs from t.sig:1 in from, expected that all lines of a SID "
		  "agree in everything but field and value" },
		{ "7 low alert dns.query a.b\n7 low alert dns.query c.d expires=2027-01-01",
		  "2:1: error: SID 7 differs from t.sig:1 in expires, expected that all lines of a "
		  "SID agree in everything but field and value" },
		{ "7 low alert dns.query a.b msg=x\n7 low alert dns.query c.d msg=y",
		  "2:1: error: SID 7 differs from t.sig:1 in msg, ref or class, expected that all "
		  "lines of a SID agree in everything but field and value" },
	};

	(void)state;
	CHECK_MISTAKES(mistakes);
}

static void compile_errors_are_collected_up_to_twenty(void **state)
{
	char text[30 * 4 + 1] = "", expected[4096] = "";
	size_t used = 0;

	(void)state;
	for (int i = 0; i < 30; i++) {
		strcat(text, "x y\n");
	}
	for (int i = 1; i <= 20; i++) {
		used += (size_t)snprintf(expected + used, sizeof(expected) - used,
					 "t.sig:%d:4: error: the line ends, expected alert, drop, "
					 "reject or quarantine[=DURATION]\n",
					 i);
	}
	snprintf(expected + used, sizeof(expected) - used, "t.sig: giving up after 20 errors\n");
	check_text(text, expected, false);
}

static void compile_line_too_long_is_refused(void **state)
{
	size_t length = LEX_LINE_MAX + 1;
	char *text = malloc(length), *out;
	bool made;

	(void)state;
	assert_non_null(text);
	memset(text, '#', length);
	out = reported(text, length, &made);
	assert_string_equal(out, "t.sig:1: error: line too long, expected at most 16384 bytes\n");
	assert_false(made);
	free(out);
	out = reported(text, length - 1, &made);
	assert_string_equal(out, "");
	assert_true(made);
	free(out);
	free(text);
}

static void compile_text_of_255_bytes_fits(void **state)
{
	char text[400] = "1 low alert dns.query a.b msg=";
	bool made;
	char *out;

	(void)state;
	memset(text + 30, 'x', 256);
	out = reported(text, 30 + 255, &made);
	assert_string_equal(out, "");
	free(out);
	out = reported(text, 30 + 256, &made);
	assert_non_null(strstr(out, "t.sig:1:31: error: text too long "));
	assert_false(made);
	free(out);
}

static void compile_repeated_lines_are_taken_once_with_a_warning(void **state)
{
	(void)state;
	check_text(
		"7 low alert dns.query a.b\n7 low alert dns.query A.B.\n8 low alert dns.query a.b\n"
		"7 low alert tls.sni a.b\n7 low alert dns.query a.b",
		"t.sig:2: warning: SID 7 has this value already, the line is ignored\n"
		"t.sig:5: warning: SID 7 has this value already, the line is ignored\n",
		true);
}

static void compile_top_level_domain_is_warned_about(void **state)
{
	(void)state;
	check_text("7 low alert dns.query biz\n8 low alert smtp.helo ylmf-pc",
		   "t.sig:1:23: warning: matches every name that ends in .biz\n", true);
}

static void compile_value_with_too_many_rules_is_refused(void **state)
{
	char *text = NULL, *out;
	size_t length = 0;
	bool made;

	(void)state;
	/* 40 SIDs on the name and 24 on its parent: more than one lookup reports. */
	for (int more = 0; more < 2; more++) {
		FILE *to = open_memstream(&text, &length);

		for (int i = 1; i <= 63 + more; i++) {
			fprintf(to, "%d low alert dns.query %sb.c\n", i, i <= 40 ? "a." : "");
		}
		fclose(to);
		out = reported(text, length, &made);
		assert_int_equal(made, !more);
		assert_int_equal(strstr(out, "too many SIDs name this value") != NULL, more);
		free(out);
		free(text);
	}
}

/* Every way of writing that the language allows. */
static void compile_correct_lines_are_accepted_silently(void **state)
{
	(void)state;
	check_text(
		"\xef\xbb\xbf# a comment after a byte order mark\r\n"
		"\t \r\n"
		"1\tcritical  alert \"ip.src\" 10.0.0.0/8#no_comment\n",
		"t.sig:3:28: error: prefix length out of range: \"10.0.0.0/8#no_comment\", " EXPECTED_ADDRESS
		"\n",
		false);
	check_text(
		"1 critical alert ip.src 10.0.0.0/8 # comment \"\n"
		"2 high drop ip.dst [2001:db8::1]:22/tcp\r\n"
		"3 medium reject smtp.mail_from <>\n"
		"4 low quarantine=30d smtp.mail_from \"\\\"a b\\\"@x.example\"\n"
		"5 low quarantine=2592000s ssh.client.ident \"SSH-2.0-x\\x00\\\\\\\" \"\n"
		"6 low alert smtp.header.X-Mailer \"\" msg=\"\"\n"
		"7 low alert smtp.header.order From,To class=\"a b\" ref=\xc3\xbc rev=2147483647\n"
		"8 low alert smtp.helo [192.0.2.1] expires=9999-12-31 from=inside\n"
		"9 low alert tls.sni B\xc3\xbc"
		"cher.example expires=2028-02-29\n"
		"2147483647 low alert smtp.banner x=y\\z#1",
		"", true);
}

static struct blob compile_string(const char *text)
{
	struct blob blob = compile_text(text, strlen(text), false, stderr);

	assert_non_null(blob.bytes);
	return blob;
}

static void compile_order_and_spelling_of_lines_leave_no_trace(void **state)
{
	struct blob one = compile_string("3 low alert dns.query evil.example msg=\"c\"\n"
					 "1 low alert ip.dst 192.0.2.1 msg=\"a\"\n"
					 "2 low alert dns.query evil.example msg=b\n"
					 "1 low alert ip.dst 192.0.2.0/24 msg=a\n"
					 "1 low alert ip.dst 192.0.2.9:25 msg=a\n");
	struct blob two = compile_string("1 low alert ip.dst 192.0.2.9:25 msg=a rev=1\n"
					 "2 low alert dns.query EVIL.example. msg=\"b\"\n"
					 "1 low alert ip.dst 192.0.2.0/24 msg=a # again\n"
					 "3 low alert dns.query evil.example msg=c\n"
					 "1 low alert \"ip.dst\" 192.0.2.1 msg=\"\\x61\"\n");

	(void)state;
	assert_int_equal(one.size, two.size);
	assert_memory_equal(one.bytes, two.bytes, one.size);
	free(one.bytes);
	free(two.bytes);
}

static void parse_date_of_every_day_counts_up(void **state)
{
	struct parse_date before = parse_date_of(0);

	(void)state;
	assert_int_equal(before.year, 1970);
	assert_int_equal(before.month, 1);
	assert_int_equal(before.day, 1);
	for (uint32_t day = 1; day < 200000; day++) {
		struct parse_date date = parse_date_of(day);

		assert_true(date.day == before.day + 1 ||
			    (date.day == 1 && before.day >= 28 &&
			     (date.month == before.month + 1 ||
			      (date.month == 1 && before.month == 12 &&
			       date.year == before.year + 1))));
		before = date;
	}
	before = parse_date_of(20999);
	assert_int_equal(before.year, 2027);
	assert_int_equal(before.month, 6);
	assert_int_equal(before.day, 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compile_words_missing_or_wrong_are_named),
		cmocka_unit_test(compile_unknown_fields_and_shapes_list_the_valid_ones),
		cmocka_unit_test(compile_values_without_canonical_form_are_refused),
		cmocka_unit_test(compile_names_that_cannot_match_are_refused),
		cmocka_unit_test(compile_options_wrong_or_twice_are_named),
		cmocka_unit_test(compile_quotes_and_bytes_out_of_place_are_named),
		cmocka_unit_test(compile_sid_that_disagrees_names_both_lines),
		cmocka_unit_test(compile_errors_are_collected_up_to_twenty),
		cmocka_unit_test(compile_line_too_long_is_refused),
		cmocka_unit_test(compile_text_of_255_bytes_fits),
		cmocka_unit_test(compile_repeated_lines_are_taken_once_with_a_warning),
		cmocka_unit_test(compile_top_level_domain_is_warned_about),
		cmocka_unit_test(compile_value_with_too_many_rules_is_refused),
		cmocka_unit_test(compile_correct_lines_are_accepted_silently),
		cmocka_unit_test(compile_order_and_spelling_of_lines_leave_no_trace),
		cmocka_unit_test(parse_date_of_every_day_counts_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
