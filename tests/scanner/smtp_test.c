/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMTP dialogues: transactions and their outcomes, codes per recipient, pipelining in
 * every order of the two directions, every split. Odd commands, look-alikes and what
 * is not SMTP: smtp_odd_test.c.
 */
#include "tests/scanner/smtp_stage.h"

struct turn {
	enum direction sender;
	const char *text;
};

#define TURNS(turns) (turns), sizeof(turns) / sizeof((turns)[0])

static const struct turn plain[] = {
	{ SERVER, "220 mx.example ESMTP Postfix\r\n" },
	{ CLIENT, "EHLO web1.harbour.example\r\n" },
	{ SERVER, "250-mx.example\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250 CHUNKING\r\n" },
	{ CLIENT, "MAIL FROM:<Root@Harbour.example> SIZE=100\r\n" },
	{ SERVER, "250 2.1.0 Ok\r\n" },
	{ CLIENT, "RCPT TO:<one@example.net>\r\n" },
	{ SERVER, "250 2.1.5 Ok\r\n" },
	{ CLIENT, "RCPT TO:<two@example.org>\r\n" },
	{ SERVER, "550 5.1.1 <two@example.org>: unknown\r\n" },
	{ CLIENT, "DATA\r\n" },
	{ SERVER, "354 End data with <CR><LF>.<CR><LF>\r\n" },
	{ CLIENT, "Subject: x\r\n\r\n..stuffed\r\nlast\r\n.\r\n" },
	{ SERVER, "250 2.0.0 Ok: queued as 1\r\n" },
	{ CLIENT, "QUIT\r\n" },
	{ SERVER, "221 2.0.0 Bye\r\n" },
};

#define PLAIN_EVENT                               \
	"event 0\n"                               \
	"  banner mx.example ESMTP Postfix\n"     \
	"  helo web1.harbour.example\n"           \
	"  from <Root@Harbour.example>\n"         \
	"  to 250 <one@example.net>\n"            \
	"  to 550 <two@example.org>\n"            \
	"  data 250 refused 0 size 30 complete\n" \
	"  mail s\n"

static void play_turns(const struct turn *turns, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		play_text(turns[i].sender, turns[i].text);
	}
}

/* Every turn in pieces of at most `piece` bytes. */
static void play_pieces(const struct turn *turns, size_t count, size_t piece)
{
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(turns[i].text);

		for (size_t at = 0; at < length; at += piece) {
			play(turns[i].sender, turns[i].text + at,
			     length - at < piece ? length - at : piece);
		}
	}
}

/* Cut in two at every byte of every turn, and in pieces of every small size. */
static void check_splits(const struct turn *turns, size_t count, const struct outcome *outcome)
{
	for (size_t cut = 0; cut < count; cut++) {
		for (size_t at = 1; at < strlen(turns[cut].text); at++) {
			stage_begin();
			play_turns(turns, cut);
			play(turns[cut].sender, turns[cut].text, at);
			play_text(turns[cut].sender, turns[cut].text + at);
			play_turns(turns + cut + 1, count - cut - 1);
			stage_end();
			assert_same_outcome(outcome);
		}
	}
	for (size_t piece = 1; piece <= 9; piece++) {
		stage_begin();
		play_pieces(turns, count, piece);
		stage_end();
		assert_same_outcome(outcome);
	}
}

/* All orders in which the turns of one side can come between those of the other. Returns how many
 * were played. */
static unsigned check_orders(const struct turn *turns, size_t count, const struct outcome *outcome)
{
	unsigned orders = 0;
	int server_turns = 0;

	assert_true(count <= 16);
	for (size_t i = 0; i < count; i++) {
		server_turns += turns[i].sender == SERVER;
	}
	for (uint32_t order = 0; order < 1u << count; order++) {
		size_t next[2] = { 0, 0 }, played = 0;

		if (__builtin_popcount(order) != server_turns) {
			continue; /* not an order of these turns */
		}
		stage_begin();
		for (size_t i = 0; i < count; i++) {
			enum direction sender = (order >> i & 1) != 0 ? SERVER : CLIENT;

			while (next[sender] < count && turns[next[sender]].sender != sender) {
				next[sender]++;
			}
			play_text(sender, turns[next[sender]++].text);
			played++;
		}
		stage_end();
		if (played == count) {
			assert_same_outcome(outcome);
			orders++;
		}
	}
	return orders;
}

static struct outcome whole;

static void play_whole(const struct turn *turns, size_t count)
{
	stage_begin();
	play_turns(turns, count);
	stage_end();
	keep_outcome(&whole);
}

/* ---- a plain dialogue ------------------------------------------------------- */

static void feed_plain_dialogue_gives_all_there_is(void **state)
{
	(void)state;
	play_whole(TURNS(plain));
	assert_int_equal(stage.progress, PROGRESS_FINISHED);
	assert_said(&stage.events, PLAIN_EVENT);
	assert_said(&stage.mails,
		    "mail 0 Subject: x{0d}{0a}{0d}{0a}.stuffed{0d}{0a}last{0d}{0a}\n");
	assert_said(&stage.values[CLIENT], "smtp.helo web1.harbour.example\n"
					   "smtp.mail_from root@harbour.example\n"
					   "smtp.mail_from.domain harbour.example\n"
					   "smtp.mail_from.local root\n"
					   "smtp.rcpt_to one@example.net\n"
					   "smtp.rcpt_to.domain example.net\n"
					   "smtp.rcpt_to two@example.org\n"
					   "smtp.rcpt_to.domain example.org\n");
	assert_said(&stage.values[SERVER], "smtp.banner mx.example ESMTP Postfix\n");
	assert_int_equal(stage.anomalies, 0);
	assert_said(&stage.behaviour, "smtp \n"
				      "to banner 220 mx.example ESMTP Postfix\n"
				      "helo web1.harbour.example\n"
				      "to other 250 CHUNKING\n"
				      "mail root@harbour.example\n"
				      "to mail 250 2.1.0 Ok\n"
				      "rcpt one@example.net\n"
				      "to rcpt 250 2.1.5 Ok\n"
				      "rcpt two@example.org\n"
				      "to rcpt 550 5.1.1 <two@example.org>: unknown\n"
				      "to data 354 End data with <CR><LF>.<CR><LF>\n"
				      "1 message to one@example.net\n"
				      "to data 250 2.0.0 Ok: queued as 1\n"
				      "to other 221 2.0.0 Bye\n");
}

static void feed_plain_dialogue_split_anywhere_gives_the_same(void **state)
{
	(void)state;
	play_whole(TURNS(plain));
	check_splits(TURNS(plain), &whole);
}

static void feed_plain_dialogue_in_any_order_gives_the_same(void **state)
{
	(void)state;
	play_whole(TURNS(plain));
	assert_int_equal(check_orders(TURNS(plain), &whole), 6435); /* 15 over 7 */
}

/* ---- pipelining ------------------------------------------------------------- */

static const struct turn pipelined[] = {
	{ SERVER, "220-mx.example ESMTP\r\n220 be nice\r\n" },
	{ CLIENT, "EHLO a.example\r\n" },
	{ SERVER, "250-mx.example\r\n250 PIPELINING\r\n" },
	{ CLIENT, "MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n" },
	{ SERVER, "250 sender\r\n250 a\r\n450 c\r\n354 go\r\n" },
	{ CLIENT, "one\r\n.\r\nMAIL FROM:<x@y.example>\r\nRCPT TO:<e@f.example>\r\nRSET\r\n" },
	{ CLIENT, "RCPT TO:<g@h.example>\r\nDATA\r\nQUIT\r\n" },
	{ SERVER, "250 queued\r\n250 x\r\n551 e\r\n250 reset\r\n503 g\r\n" },
	{ SERVER, "554 no recipients\r\n221 bye\r\n" },
};

static void feed_pipelined_dialogue_keeps_codes_apart(void **state)
{
	(void)state;
	play_whole(TURNS(pipelined));
	assert_int_equal(stage.progress, PROGRESS_FINISHED);
	assert_said(&stage.events, "event 0\n"
				   "  banner mx.example ESMTP\n"
				   "  helo a.example\n"
				   "  from <>\n"
				   "  to 250 <a@b.example>\n"
				   "  to 450 <c@d.example>\n"
				   "  data 250 refused 0 size 5 complete\n"
				   "  mail s\n"
				   "event 1\n"
				   "  banner mx.example ESMTP\n"
				   "  helo a.example\n"
				   "  from <x@y.example>\n"
				   "  to 551 <e@f.example>\n"
				   "  data 0 refused 0 size 0\n"
				   "event 2\n"
				   "  banner mx.example ESMTP\n"
				   "  helo a.example\n"
				   "  to 503 <g@h.example>\n"
				   "  data 554 refused 554 size 0\n");
	assert_true(was_said(&stage.behaviour, "1 null message to a@b.example\n"));
	assert_int_equal(stage.anomalies, 0);
}

static void feed_pipelined_dialogue_split_anywhere_gives_the_same(void **state)
{
	(void)state;
	play_whole(TURNS(pipelined));
	check_splits(TURNS(pipelined), &whole);
}

static void feed_pipelined_dialogue_in_any_order_gives_the_same(void **state)
{
	(void)state;
	play_whole(TURNS(pipelined));
	assert_int_equal(check_orders(TURNS(pipelined), &whole), 126);
}

/* ---- BDAT ------------------------------------------------------------------- */

static const struct turn chunks[] = {
	{ SERVER, "220 mx ESMTP\r\n" },
	{ CLIENT, "EHLO a.example\r\n" },
	{ SERVER, "250-mx\r\n250 CHUNKING\r\n" },
	{ CLIENT, "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n" },
	{ CLIENT,
	  "BDAT 7\r\n\r\n.\r\nabBDAT 0\r\nBDAT 3 LAST\r\n.\r\nMAIL FROM:<e@f.example>\r\n" },
	{ SERVER, "250 s\r\n250 r\r\n250 7\r\n250 0\r\n" },
	{ SERVER, "250 queued\r\n250 s\r\n" },
	{ CLIENT, "RCPT TO:<g@h.example>\r\nBDAT 2\r\nxyRSET\r\nQUIT\r\n" },
	{ SERVER, "250 r\r\n552 too big\r\n250 reset\r\n221 bye\r\n" },
};

static void feed_chunks_are_one_message(void **state)
{
	(void)state;
	play_whole(TURNS(chunks));
	assert_int_equal(stage.progress, PROGRESS_FINISHED);
	assert_said(&stage.events, "event 0\n"
				   "  banner mx ESMTP\n"
				   "  helo a.example\n"
				   "  from <a@b.example>\n"
				   "  to 250 <c@d.example>\n"
				   "  data 250 refused 0 size 10 complete\n"
				   "  mail s\n"
				   "event 1\n"
				   "  banner mx ESMTP\n"
				   "  helo a.example\n"
				   "  from <e@f.example>\n"
				   "  to 250 <g@h.example>\n"
				   "  data 552 refused 552 size 2\n"
				   "  mail s\n");
	assert_said(&stage.mails, "mail 0 {0d}{0a}.{0d}{0a}ab.{0d}{0a}\nmail 0 xy cut\n");
	assert_int_equal(stage.anomalies, 0);
	check_splits(TURNS(chunks), &whole);
	assert_int_equal(check_orders(TURNS(chunks), &whole), 126);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(feed_plain_dialogue_gives_all_there_is),
		cmocka_unit_test(feed_plain_dialogue_split_anywhere_gives_the_same),
		cmocka_unit_test(feed_plain_dialogue_in_any_order_gives_the_same),
		cmocka_unit_test(feed_pipelined_dialogue_keeps_codes_apart),
		cmocka_unit_test(feed_pipelined_dialogue_split_anywhere_gives_the_same),
		cmocka_unit_test(feed_pipelined_dialogue_in_any_order_gives_the_same),
		cmocka_unit_test(feed_chunks_are_one_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
