/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Header blocks of messages: fields, folding, encoded words, order, shapes, what is
 * kept and what is too much, at every split. Expectations about words are those of
 * Python's email package.
 */
#include "tests/scanner/mail_stage.h"

#define ORDER_OF_ALL "received,from,to,cc,date,subject,message-id,x-mailer"
#define FIELDS                                                                             \
	"Received: from a.example (a.example [192.0.2.1])\r\n\tby b.example with SMTP\r\n" \
	"RECEIVED: from c.example\r\n"                                                     \
	"From: \"Doe, J.\" <j@a.example>\r\n"                                              \
	"To: a@b.example, \"x, y\" <c@d.example>,\r\n (one, (two,) three) e@f.example\r\n" \
	"Cc:<g@h.example>\r\n"                                                             \
	"Date : Mon, 1 Jun 2026 10:00:00 +0000\r\n"                                        \
	"Subject:  two  words\r\n   more \r\n"                                             \
	"Message-ID:\t<1@a.example>\r\n"                                                   \
	"X-Mailer: swaks\r\n"

static void mail_feed_fields_are_unfolded_and_described(void **state)
{
	(void)state;
	ASSERT_SEEN(FIELDS "\r\nbody\r\n",
		    "header.order " ORDER_OF_ALL "\n"
		    "Received from a.example (a.example [192.0.2.1]){09}by b.example with SMTP\n"
		    "Received from c.example\n"
		    "From \"Doe, J.\" <j@a.example>\n"
		    "To a@b.example\n"
		    "To \"x, y\" <c@d.example>\n"
		    "To (one, (two,) three) e@f.example\n"
		    "Cc <g@h.example>\n"
		    "Date Mon, 1 Jun 2026 10:00:00 +0000\n"
		    "Subject two  words   more\n"
		    "Message-ID <1@a.example>\n"
		    "X-Mailer swaks\n"
		    "Order " ORDER_OF_ALL "\n"
		    "subject two words more\n");
}

static void mail_feed_fields_are_matched_with_their_names(void **state)
{
	(void)state;
	stage.set.fields = FIELD_BIT(FIELD_SMTP_HEADER);
	ASSERT_SEEN("X-Spam-Flag :  a\r\n\tb \r\nSubject:\r\nNul: a\0b\n8bit: \xff\xc3\xa4\n\n",
		    "header x-spam-flag{00}a b\n"
		    "header subject{00}\n"
		    "header nul{00}a{00}b\n"
		    "header 8bit{00}\xff\xc3\xa4\n"
		    "Order x-spam-flag,subject,nul,8bit\n");
}

static void mail_feed_lines_may_end_with_lf_alone(void **state)
{
	(void)state;
	ASSERT_SEEN("From: a\n b\nSubject: c\n\nTo: no\n", "header.order from,subject\n"
							   "From a b\n"
							   "Subject c\n"
							   "Order from,subject\n"
							   "subject c\n");
}

static void mail_feed_block_ends_where_no_field_stands(void **state)
{
	static const char *const expected = "header.order subject\nSubject a\nOrder subject\n"
					    "subject a\n";
	static const char from[] = "From a@b.example Mon Jun  1\r\nSubject: a\r\n\r\n";

	(void)state;
	ASSERT_SEEN("Subject: a\r\nno field\r\nTo: b\r\n", expected);
	ASSERT_SEEN("Subject: a\r\n: no name\r\nTo: b\r\n", expected);
	ASSERT_SEEN("Subject: a\r\n\xc3\xa4: no name\r\nTo: b\r\n", expected);
	ASSERT_SEEN("Subject: a\r\n\r\n continued?\r\n", expected);
	ASSERT_SEEN("Subject: a\r\n\n", expected);
	ASSERT_SEEN("Subject: a\r\n", expected);
	ASSERT_SEEN("Subject: a", expected);
	ASSERT_SEEN(from, expected);
	ASSERT_SEEN("", "");
	ASSERT_SEEN("\r\n", "");
	ASSERT_SEEN("\r", "");
	ASSERT_SEEN("just a line", "");
}

static void mail_feed_name_is_bounded(void **state)
{
	char message[600];
	char expected[600];

	(void)state;
	for (size_t length = 253; length <= 257; length++) {
		memset(message, 'n', length);
		memcpy(message + length, ": a\r\nTo: b\r\n\r\n", 15);
		memcpy(expected, "header.order ", 13);
		memset(expected + 13, 'n', length);
		memcpy(expected + 13 + length, ",to\nTo b\nOrder ", 15);
		memset(expected + 28 + length, 'n', length);
		memcpy(expected + 28 + 2 * length, ",to\n", 5);
		/* the colon is one of the first 256 bytes */
		assert_seen(message, length + 14, length < 256 ? expected : "");
	}
}

static void mail_feed_words_are_decoded(void **state)
{
	(void)state;
	stage.set.fields = 0;
	ASSERT_SEEN("From: =?utf-8?q?J=C3=BCrgen_M?= <a@b>\n"
		    "To: =?ISO-8859-1?Q?=FC?= a@b, =?windows-1252?B?gKQ=?= c@d\n"
		    "Cc: =?iso-8859-15*de?b?pKY=?= <e@f>\n"
		    "Subject: a =?UTF-8?B?4oI=?= =?UTF-8?B?rA==?=\n \t =?us-ascii?q?b?= c\n\n",
		    "From J\xc3\xbcrgen M <a@b>\n"
		    "To \xc3\xbc a@b\n"
		    "To \xe2\x82\xac\xc2\xa4 c@d\n"
		    "Cc \xe2\x82\xac\xc5\xa0 <e@f>\n"
		    "Subject a \xe2\x82\xac"
		    "b c\n"
		    "Order from,to,cc,subject\n"
		    "subject a =?UTF-8?B?4oI=?= =?UTF-8?B?rA==?= =?us-ascii?q?b?= c\n");
	ASSERT_SEEN("Subject: =?koi8-r?q?=C1?= =?utf-8?x?a?= =?utf-8?q?a =?= =?\?= =? =\n"
		    "X-Mailer: =?utf-8?q?a?\n\n",
		    "Subject =?koi8-r?q?=C1?= =?utf-8?x?a?= a = =?\?= =? =\n"
		    "X-Mailer =?utf-8?q?a?\n"
		    "Order subject,x-mailer\n"
		    "subject =?koi8-r?q?=C1?= =?utf-8?x?a?= =?utf-8?q?a =?= =?\?= =? =\n");
}

static void mail_feed_first_field_of_a_name_counts(void **state)
{
	(void)state;
	ASSERT_SEEN("Subject: a\nSubject: b\nTo: c\nTo: d\nFrom: e\nFrom: f\n\n",
		    "header.order subject,subject,to,to,from,from\n"
		    "Subject a\nTo c\nTo d\nFrom e\nOrder subject,subject,to,to,from,from\n"
		    "subject a\n");
}

static void mail_feed_order_collapses_received_alone(void **state)
{
	(void)state;
	ASSERT_SEEN("Received: a\nReceived: b\nX-A: c\nX-A: d\nreceived: e\n\n",
		    "header.order received,x-a,x-a,received\n"
		    "Received a\nReceived b\nReceived e\nOrder received,x-a,x-a,received\n");
	/* no canonical form */
	ASSERT_SEEN("A,B: c\nTo: d\n\n", "To d\n");
}

static void mail_feed_order_too_long_is_none(void **state)
{
	static char message[4096];
	size_t length = 0;

	(void)state;
	stage.set.fields = FIELD_BIT(FIELD_SMTP_HEADER_ORDER);
	for (unsigned i = 0; i < 341; i++) { /* 341 names of 2 and 340 commas */
		length += (size_t)sprintf(message + length, "Xy: \n");
	}
	memcpy(message + length, "X: \n\n", 5); /* and two bytes: 1024 */
	begin_message();
	mail_feed(&stage.mail, &stage.inspection, (const uint8_t *)message, length + 5);
	end_message();
	assert_int_equal(stage.seen.length, 13 + 1024 + 1 + 6 + 1024 + 1);
	memcpy(message + length, "Xy: \n\n", 6);
	assert_seen(message, length + 6, "");
}

static void mail_feed_php_scripts_are_shapes(void **state)
{
	static const struct {
		const char *value, *matched, *described;
	} cases[] = {
		{ "0:index.php", "shape php-root-script\n", "is php-root-script\n" },
		{ "33:.cache.php", "shape php-hidden-script\n", "is php-hidden-script\n" },
		{ "0:.x.php(3) : eval()'d code",
		  "shape php-root-script\nshape php-hidden-script\nshape php-eval\n",
		  "is php-root-script\nis php-hidden-script\nis php-eval\n" },
		{ "1000:a.php(17) : eval()'d code(1) : eval()'d code", "shape php-eval\n",
		  "is php-eval\n" },
		{ "33:index.php", "", "" },
		{ "00:index.php", "", "" },
		{ "10:a.0:b", "", "" },
		{ "0", "", "" },
		{ ":.a", "", "" },
		{ "0 :a", "", "" },
		{ "33:", "", "" },
	};

	(void)state;
	stage.set.fields = 0;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char message[200], expected[300];
		int length =
			sprintf(message, "X-Php-Originating-Script: %s\r\n\r\n", cases[i].value);

		sprintf(expected, "%sOrder x-php-originating-script\n%s", cases[i].matched,
			cases[i].described);
		assert_seen(message, (size_t)length, expected);
	}
}

static void mail_facts_say_what_answers_itself(void **state)
{
	(void)state;
	stage.set.fields = 0;
	ASSERT_SEEN("List-Id: <a>\n\n", "Order list-id\nlist\n");
	ASSERT_SEEN("List-Unsubscribe: <a>\n\n", "Order list-unsubscribe\nlist\n");
	ASSERT_SEEN("Precedence: Bulk\n\n", "Order precedence\nlist\n");
	ASSERT_SEEN("Precedence: list (a)\n\n", "Order precedence\nlist\n");
	ASSERT_SEEN("Precedence: listen\n\n", "Order precedence\n");
	ASSERT_SEEN("Auto-Submitted: auto-replied; a\n\n", "Order auto-submitted\nauto\n");
	ASSERT_SEEN("Auto-Submitted: NO\n\n", "Order auto-submitted\n");
	ASSERT_SEEN("Auto-Submitted: no (a)\n\n", "Order auto-submitted\n");
	ASSERT_SEEN("Auto-Submitted: none\n\n", "Order auto-submitted\nauto\n");
	ASSERT_SEEN("Content-Type: multipart/report; report-type=delivery-status\n\n",
		    "Order content-type\nauto\n");
}

/* Appends `count` times `byte`. */
static size_t fill(char *at, char byte, size_t count)
{
	memset(at, byte, count);
	return count;
}

static void mail_feed_values_are_bounded(void **state)
{
	static char message[20000], expected[20000];
	size_t length = 0, n = 0;

	(void)state;
	stage.set.fields = FIELD_BIT(FIELD_SMTP_HEADER);
	/* 1,024 bytes of a value are kept, and 1,024 of the canonical form are matched */
	length += (size_t)sprintf(message, "Subject: ");
	length += fill(message + length, 's', 1025);
	length += (size_t)sprintf(message + length, "\nX: ");
	length += fill(message + length, 'x', 1022);
	length += (size_t)sprintf(message + length, "\nX: ");
	length += fill(message + length, 'x', 1023);
	length += (size_t)sprintf(message + length, "\n\n");
	n += (size_t)sprintf(expected, "header: value too long\nheader x{00}");
	n += fill(expected + n, 'x', 1022);
	n += (size_t)sprintf(expected + n, "\nheader: value too long\nSubject ");
	n += fill(expected + n, 's', 1024);
	n += (size_t)sprintf(expected + n, "\nOrder subject,x,x\ntruncated 1\n");
	assert_seen(message, length, expected);
}

static void mail_feed_field_beyond_its_bound_is_cut(void **state)
{
	static char message[20000];
	size_t length;

	(void)state;
	/* 4,096 bytes of the field, folding included: of the last address a part */
	length = (size_t)sprintf(message, "To: a@b,");
	length += fill(message + length, ' ', 4096 - 8 - 3);
	length += (size_t)sprintf(message + length, "c@");
	message[length++] = 'd';
	length += (size_t)sprintf(message + length, "e, f@g\nDate: h\n\n");
	assert_seen(message, length,
		    "header.order to,date\nTo a@b\nTo c@d\nDate h\nOrder to,date\ntruncated 1\n");
}

static void mail_feed_all_values_together_are_bounded(void **state)
{
	static char message[20000];
	size_t length = 0;

	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		length += (size_t)sprintf(message + length, "Received: ");
		length += fill(message + length, (char)('a' + i), 1024);
		length += (size_t)sprintf(message + length, "\n");
	}
	length += (size_t)sprintf(message + length, "Subject: kept\n\n");
	begin_message();
	mail_feed(&stage.mail, &stage.inspection, (const uint8_t *)message, length);
	end_message();
	/* seven of them fit into 8,192 bytes */
	assert_non_null(strstr(stage.seen.text, "Received ggg"));
	assert_null(strstr(stage.seen.text, "Received hhh"));
	assert_non_null(strstr(stage.seen.text, "Subject kept\n"));
	assert_non_null(strstr(stage.seen.text, "truncated 2\n"));
}

static void mail_feed_without_blocks_goes_on(void **state)
{
	(void)state;
	for (stage.blocks = 0; stage.blocks < 4; stage.blocks++) {
		const char message[] = FIELDS "Content-Type: text/plain; name=a\r\n\r\nbody";

		for (size_t first = 0; first < sizeof(message); first += 7) {
			play((const uint8_t *)message, sizeof(message) - 1, first, first % 2 == 1);
			if (first == 0) {
				/* the attachment is seen in any case; what is missing is counted */
				assert_non_null(strstr(stage.seen.text, " 4 closed 230d8358\n"));
				assert_int_equal(stage.blocks < 3,
						 strstr(stage.seen.text, "truncated") != NULL);
			}
		}
	}
}

static void mail_feed_order_without_a_lost_field_is_none(void **state)
{
	char message[700];
	size_t length;

	(void)state;
	stage.set.fields = 0;
	stage.blocks = 2;
	length = (size_t)sprintf(message, "X: a\nY: ");
	length += fill(message + length, 'y', 600);
	length += (size_t)sprintf(message + length, "\nZ: b\n\n");
	assert_string_equal(play((const uint8_t *)message, length, 0, false), "Order x,y,z\n");
	assert_string_equal(play((const uint8_t *)message, length, 0, true), "truncated 1\n");
}

static void mail_end_incomplete_reports_what_is_whole(void **state)
{
	(void)state;
	stage.complete = false;
	ASSERT_SEEN("From: a\r\nTo: b\r\nSubj", "From a\nTo b\n");
	ASSERT_SEEN("From: a\r\nTo: b\r\nSubject: half", "From a\nTo b\n");
	ASSERT_SEEN("From: a\r\nTo: b\r\n", "From a\nTo b\n");
	ASSERT_SEEN("From: a\r\n\r\nbo", "header.order from\nFrom a\nOrder from\n");
}

static void mail_begin_another_message_knows_nothing_of_the_last(void **state)
{
	static const char first[] = "List-Id: a\nSubject: b\nX: c\n d", second[] = "Date: e\n\n";

	(void)state;
	begin_message();
	mail_feed(&stage.mail, &stage.inspection, (const uint8_t *)first, sizeof(first) - 1);
	stage.complete = false;
	end_message();
	stage.complete = true;
	assert_string_equal(play((const uint8_t *)second, sizeof(second) - 1, 0, false),
			    "header.order date\nDate e\nOrder date\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup(name, set_stage)
		CASE(mail_feed_fields_are_unfolded_and_described),
		CASE(mail_feed_fields_are_matched_with_their_names),
		CASE(mail_feed_lines_may_end_with_lf_alone),
		CASE(mail_feed_block_ends_where_no_field_stands),
		CASE(mail_feed_name_is_bounded),
		CASE(mail_feed_words_are_decoded),
		CASE(mail_feed_first_field_of_a_name_counts),
		CASE(mail_feed_order_collapses_received_alone),
		CASE(mail_feed_order_too_long_is_none),
		CASE(mail_feed_php_scripts_are_shapes),
		CASE(mail_facts_say_what_answers_itself),
		CASE(mail_feed_values_are_bounded),
		CASE(mail_feed_field_beyond_its_bound_is_cut),
		CASE(mail_feed_all_values_together_are_bounded),
		CASE(mail_feed_without_blocks_goes_on),
		CASE(mail_feed_order_without_a_lost_field_is_none),
		CASE(mail_end_incomplete_reports_what_is_whole),
		CASE(mail_begin_another_message_knows_nothing_of_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
