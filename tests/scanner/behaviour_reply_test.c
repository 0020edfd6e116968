/* SPDX-License-Identifier: BSD-2-Clause */
/* What refusals speak of: replies as mail servers word them, and words that only look alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/behaviour_reply.h"

#define BOTH (REPLY_BLOCKLISTED | REPLY_UNKNOWN_USER)

static unsigned topics(const char *line)
{
	return reply_topics((const uint8_t *)line, strlen(line));
}

static void topics_of_a_refusal_are_found(void **state)
{
	static const struct {
		const char *line;
		unsigned topics;
	} cases[] = {
		/* unknown users */
		{ "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in local "
		  "recipient table",
		  REPLY_UNKNOWN_USER },
		{ "550 5.1.1  https://mail.example/answer?p=NoSuch", REPLY_UNKNOWN_USER },
		{ "550 No such user here", REPLY_UNKNOWN_USER },
		{ "550 Unknown user", REPLY_UNKNOWN_USER },
		{ "554 delivery error: dd This user doesn't exist", REPLY_UNKNOWN_USER },
		{ "550 Requested action not taken: mailbox not found", REPLY_UNKNOWN_USER },
		{ "550 Invalid Recipient", REPLY_UNKNOWN_USER },
		{ "550 The account does not exist", REPLY_UNKNOWN_USER },
		{ "550 (user-unknown)", REPLY_UNKNOWN_USER },
		/* block lists */
		{ "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using "
		  "zen.spamhaus.org",
		  REPLY_BLOCKLISTED },
		{ "550 5.7.1 [192.0.2.1] is on our block list (S3150)", REPLY_BLOCKLISTED },
		{ "554 Your IP is BLACKLISTED", REPLY_BLOCKLISTED },
		{ "421 4.7.0 low reputation of the sending IP", REPLY_BLOCKLISTED },
		{ "550 rejected, see http://bl.spamcop.net/", REPLY_BLOCKLISTED },
		{ "550 dnsbl.sorbs.net says no", REPLY_BLOCKLISTED },
		{ "550 black-listed by b.barracudacentral.org", REPLY_BLOCKLISTED },
		{ "554 RBL: listed", REPLY_BLOCKLISTED },
		{ "550 found in an rbl", REPLY_BLOCKLISTED },
		{ "550 user unknown, and on our blocklist", BOTH },
		/* others */
		{ "550 5.7.1 Relaying denied", 0 },
		{ "451 4.7.1 Greylisting in action, please come back later", 0 },
		{ "552 5.2.2 Mailbox full", 0 },
		{ "550 5.1.10 null MX", 0 },
		{ "550 15.1.1", 0 },
		{ "550 a marble, a rblx, warbler", 0 },
		{ "550 unblocklisted nosuch user", 0 },
		{ "550", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (topics(cases[i].line) != cases[i].topics) {
			fail_msg("%s: %u", cases[i].line, topics(cases[i].line));
		}
	}
}

static void topics_at_the_end_of_the_line_are_found(void **state)
{
	uint8_t line[REPLY_LINE_MAX + 16];

	(void)state;
	memset(line, ' ', sizeof(line));
	memcpy(line + REPLY_LINE_MAX - 5, "sorbs", 5);
	assert_int_equal(reply_topics(line, REPLY_LINE_MAX), REPLY_BLOCKLISTED);
	assert_int_equal(reply_topics(line, REPLY_LINE_MAX - 1), 0);
	/* what is longer is cut */
	memset(line, ' ', sizeof(line));
	memcpy(line + REPLY_LINE_MAX - 4, "sorbs", 5);
	assert_int_equal(reply_topics(line, sizeof(line)), 0);
}

static void topics_of_any_bytes_end(void **state)
{
	uint8_t line[REPLY_LINE_MAX];
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		for (size_t i = 0; i < sizeof(line); i++) {
			seed = seed * 1664525u + 1013904223u;
			line[i] = (uint8_t)(seed >> 24);
		}
		(void)reply_topics(line, seed % (sizeof(line) + 1));
	}
	memset(line, 0, sizeof(line));
	assert_int_equal(reply_topics(line, sizeof(line)), 0);
	memcpy(line + 1, "sorbs", 5); /* behind a NUL */
	assert_int_equal(reply_topics(line, sizeof(line)), REPLY_BLOCKLISTED);
}

static void code_is_read_or_zero(void **state)
{
	static const struct {
		const char *line;
		unsigned code;
	} cases[] = {
		{ "220 x", 220 }, { "599", 599 }, { "550-x", 550 }, { "199 x", 0 },  { "600 x", 0 },
		{ "2x0", 0 },	  { "25", 0 },	  { "", 0 },	    { "25\xb0", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(reply_code((const uint8_t *)cases[i].line, strlen(cases[i].line)),
				 cases[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(topics_of_a_refusal_are_found),
		cmocka_unit_test(topics_at_the_end_of_the_line_are_found),
		cmocka_unit_test(topics_of_any_bytes_end),
		cmocka_unit_test(code_is_read_or_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
