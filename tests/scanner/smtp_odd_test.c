/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMTP at its edges: what is and is not recognised, one direction alone, STARTTLS, AUTH,
 * LMTP, odd and hostile commands. Plain dialogues: smtp_test.c; bounds: smtp_bounds_test.c.
 */
#include "tests/scanner/smtp_stage.h"

/* ---- recognition ------------------------------------------------------------ */

static void check_foreign(const char *server, const char *client)
{
	for (int order = 0; order < 2; order++) {
		stage_begin();
		play_text(order == 0 ? SERVER : CLIENT, order == 0 ? server : client);
		play_text(order == 0 ? CLIENT : SERVER, order == 0 ? client : server);
		assert_int_equal(stage.progress, PROGRESS_NOT_MINE);
		stage_end();
		assert_false(stage.smtp.certain);
		assert_said(&stage.events, "");
		assert_int_equal(stage.inspection.app, APP_UNKNOWN);
	}
}

static void feed_other_protocols_are_not_mine(void **state)
{
	(void)state;
	check_foreign("220 ProFTPD Server (harbour)\r\n331 password\r\n", "USER anonymous\r\n");
	check_foreign("220 ftp.example FTP\r\n234 x\r\n", "AUTH TLS\r\nFEAT\r\n");
	check_foreign("220 ftp.example FTP\r\n200 ok\r\n", "NOOP\r\nUSER x\r\n");
	check_foreign("+OK pop\r\n", "QUIT\r\n");
	check_foreign("* OK imap\r\n", "a1 LOGIN x y\r\n");
	check_foreign("200 nntp\r\n", "MODE READER\r\n");
	check_foreign("SSH-2.0-x\r\n", "SSH-2.0-y\r\n");
	check_foreign("HTTP/1.1 200 OK\r\n", "HEAD / HTTP/1.1\r\n");
	check_foreign("\x16\x03\x03\x01", "\x16\x03\x01\x02");
	check_foreign("220 mx\r\n331 x\r\n", "HELP\r\nPASS x\r\n");
}

static void feed_client_alone_gives_its_half(void **state)
{
	static const char text[] =
		"EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n"
		"DATA\r\nSubject: x\r\n\r\ny\r\n.\r\nRCPT TO:<e@f.example>\r\nDATA\r\n"
		"RSET\r\nQUIT\r\n";

	(void)state;
	for (size_t piece = 1; piece < sizeof(text); piece++) {
		stage_begin();
		for (size_t at = 0; at < sizeof(text) - 1; at += piece) {
			play(CLIENT, text + at,
			     sizeof(text) - 1 - at < piece ? sizeof(text) - 1 - at : piece);
		}
		stage_end();
		assert_said(&stage.events, "event 0\n"
					   "  helo a.example\n"
					   "  from <a@b.example>\n"
					   "  to 0 <c@d.example>\n"
					   "  data 0 refused 0 size 17 complete\n"
					   "  mail s\n"
					   "event 1\n"
					   "  helo a.example\n"
					   "  to 0 <e@f.example>\n"
					   "  data 0 refused 0 size 0\n");
		assert_int_equal(stage.anomalies, 0);
	}
}

/* Silence is enough: what waits is read before the end. */
static void settle_client_alone_reads_what_is_held(void **state)
{
	(void)state;
	stage_begin();
	play_text(CLIENT, "EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nDATA\r\nSubject: x\r\n");
	assert_said(&stage.mails, "");
	smtp_settle(&stage.smtp, &stage.inspection);
	assert_said(&stage.mails, "mail 0 Subject: x{0d}{0a}");
	play_text(CLIENT, "\r\n.\r\n");
	assert_said(&stage.mails, "mail 0 Subject: x{0d}{0a}{0d}{0a}\n");
	say_events();
	assert_true(was_said(&stage.events, "complete"));
	stage_end();
}

static void feed_server_alone_gives_its_half(void **state)
{
	(void)state;
	stage_begin();
	play_text(SERVER, "220 mx.example ready\r\n250 hello\r\n250 s\r\n250 r\r\n354 go\r\n");
	play_text(SERVER, "552 no\r\n250 s\r\n221 bye\r\n");
	assert_false(stage.smtp.certain);
	stage_end();
	assert_true(stage.smtp.certain);
	assert_said(&stage.values[SERVER], "smtp.banner mx.example ready\n");
	assert_said(&stage.events, "event 0\n"
				   "  banner mx.example ready\n"
				   "  data 552 refused 0 size 0 complete\n");
}

static void feed_refused_connection_gives_an_event(void **state)
{
	(void)state;
	stage_begin();
	play_text(SERVER, "554-mx.example\r\n554 listed by bl.example\r\n");
	play_text(CLIENT, "QUIT\r\n");
	play_text(SERVER, "221 bye\r\n");
	assert_int_equal(stage.progress, PROGRESS_FINISHED);
	stage_end();
	assert_said(&stage.events, "event 0\n"
				   "  banner mx.example\n"
				   "  data 0 refused 554 size 0\n");
	assert_true(was_said(&stage.behaviour, "to banner 554 listed by bl.example\n"));
}

static void feed_from_the_middle_is_recognised(void **state)
{
	(void)state;
	stage_begin();
	stage.smtp.side[CLIENT].from_start = stage.smtp.side[SERVER].from_start = false;
	play_text(CLIENT, "MAIL FROM:<a@b.example>\r\n");
	play_text(SERVER, "250 ok\r\n");
	say_both("RCPT TO:<c@d.example>\r\n", "250 ok\r\n");
	say_both("DATA\r\n", "354 go\r\n");
	say_both("x\r\n.\r\n", "250 queued\r\n");
	assert_said(&stage.events, "event 0\n"
				   "  from <a@b.example>\n"
				   "  to 250 <c@d.example>\n"
				   "  data 250 refused 0 size 3 complete\n"
				   "  mail s\n");
	stage_end();
}

static void feed_reversed_connection_is_seen_as_such(void **state)
{
	(void)state;
	stage_begin();
	play_text(TO_RESPONDER, "220 mx ESMTP\r\n");
	play_text(TO_ORIGINATOR, "EHLO a.example\r\n");
	play_text(TO_RESPONDER, "250 mx\r\n");
	stage_end();
	assert_said(&stage.values[TO_ORIGINATOR], "smtp.helo a.example\n");
	assert_said(&stage.values[TO_RESPONDER], "smtp.banner mx ESMTP\n");
	assert_true(had_anomaly(ANOMALY_SMTP_REVERSE));
}

/* ---- who speaks first on port 25 -------------------------------------------- */

static void check_first(const char *client, const char *server, const char *expected)
{
	for (size_t cut = 0; cut < strlen(client); cut++) {
		stage_begin();
		play(CLIENT, client, cut);
		play_text(CLIENT, client + cut);
		play_text(SERVER, server);
		stage_end();
		assert_said(&stage.values[CLIENT], expected);
		assert_said(&stage.events, "");
	}
}

static void feed_client_first_has_a_shape(void **state)
{
	(void)state;
	check_first("POST / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n",
		    "smtp.shape client-first-http\n");
	check_first("POST / HTTP/1.", "", "smtp.shape client-first-http\n");
	check_first("GET /x\r\n", "", "smtp.shape client-first-other\n");
	check_first("USER x\r\n", "", "smtp.shape client-first-other\n");
	check_first("\x16\x03\x01\x02", "", "smtp.shape client-first-other\n");
	check_first(many("POST ", 2000), "", "smtp.shape client-first-other\n");
}

static void feed_client_first_elsewhere_has_none(void **state)
{
	(void)state;
	stage_begin();
	stage.inspection.tuple.destination_port = 80;
	play_text(CLIENT, "POST / HTTP/1.1\r\n");
	stage_end();
	assert_said(&stage.values[CLIENT], "");
	stage_begin();
	stage.smtp.side[CLIENT].from_start = false;
	play_text(CLIENT, "POST / HTTP/1.1\r\n");
	stage_end();
	assert_said(&stage.values[CLIENT], "");
	stage_begin();
	play_text(SERVER, "220 mx\r\n");
	play_text(CLIENT, "POST / HTTP/1.1\r\n");
	stage_end();
	assert_said(&stage.values[CLIENT], "");
	stage_begin(); /* early, but SMTP */
	play_text(CLIENT, "EHLO a.example\r\n");
	stage_end();
	assert_said(&stage.values[CLIENT], "smtp.helo a.example\n");
}

/* ---- HELO ------------------------------------------------------------------- */

static void check_helo(const char *name, const char *expected)
{
	stage_begin();
	play_text(SERVER, GREETING);
	play_text(CLIENT, "HELO ");
	play_text(CLIENT, name);
	play_text(CLIENT, "\r\n");
	stage_end();
	assert_said(&stage.values[CLIENT], expected);
}

static void feed_helo_shapes(void **state)
{
	(void)state;
	check_helo("a.example", "smtp.helo a.example\n");
	check_helo("ylmf-pc", "smtp.helo ylmf-pc\nsmtp.helo.shape no-dot\n");
	check_helo("192.0.2.1", "smtp.helo 192.0.2.1\nsmtp.helo.shape bare-address\n");
	check_helo("2001:db8::1", "smtp.helo 2001:db8::1\nsmtp.helo.shape bare-address\n");
	check_helo("192.0.2.0/24", "smtp.helo 192.0.2.0/24\n");
	check_helo("[192.0.2.1]", "smtp.helo [192.0.2.1]\nsmtp.helo.shape address-literal\n");
	check_helo("[IPv6:::1]", "smtp.helo [ipv6:::1]\nsmtp.helo.shape address-literal\n");
	check_helo("LocalHost", "smtp.helo localhost\nsmtp.helo.shape localhost\n");
	check_helo("localhost.localdomain",
		   "smtp.helo localhost.localdomain\nsmtp.helo.shape localhost\n");
	check_helo("pc.LAN.", "smtp.helo pc.lan\nsmtp.helo.shape local-suffix\n");
	check_helo("x.home", "smtp.helo x.home\nsmtp.helo.shape local-suffix\n");
	check_helo("", "");
}

static void feed_helo_again_is_matched_when_it_differs(void **state)
{
	(void)state;
	begin_session();
	say_both("EHLO a.example\r\n", "250 mx\r\n");
	say_both("EHLO b.example\r\n", "250 mx\r\n");
	say_both("EHLO a.example\r\n", "250 mx\r\n");
	stage_end();
	assert_said(&stage.values[CLIENT],
		    "smtp.helo a.example\nsmtp.helo b.example\nsmtp.helo a.example\n");
	assert_said(&stage.events, EVENT_HEAD "  data 0 refused 0 size 0\n");
}

/* ---- AUTH and STARTTLS ------------------------------------------------------ */

static void feed_auth_keeps_the_mechanism_alone(void **state)
{
	static const char auth[] = "auth login c2VjcmV0MQ==\r\n";
	static const char secret[] = "c2VjcmV0Mg==\r\n";

	(void)state;
	for (size_t cut = 0; cut < sizeof(auth) - 1; cut++) {
		begin_session();
		play(CLIENT, auth, cut);
		play_text(CLIENT, auth + cut);
		play_text(SERVER, "334 UGFzc3dvcmQ6\r\n");
		play(CLIENT, secret, cut % 10);
		play_text(CLIENT, secret + cut % 10);
		play_text(SERVER, "235 ok\r\n");
		say_both("MAIL FROM:<a@b.example>\r\n", "250 ok\r\n");
		stage_end();
		assert_said(&stage.values[CLIENT], "smtp.helo a.example\n"
						   "smtp.auth.mechanism LOGIN\n"
						   "smtp.mail_from a@b.example\n"
						   "smtp.mail_from.domain b.example\n"
						   "smtp.mail_from.local a\n");
		assert_true(was_said(&stage.events, "  mechanism LOGIN\n"));
		assert_false(was_said(&stage.events, "c2Vj") || was_said(&stage.behaviour, "c2Vj"));
	}
}

/* A secret may look like a command. */
static void feed_auth_continuation_is_no_command(void **state)
{
	(void)state;
	begin_session();
	say_both("AUTH LOGIN\r\n", "334 x\r\n");
	say_both("QUIT\r\n", "334 y\r\n");
	say_both("RCPT TO:<secret@x.example>\r\n", "535 no\r\n");
	stage_end();
	assert_said(&stage.events, EVENT_HEAD "  mechanism LOGIN\n  data 0 refused 0 size 0\n");
}

static void feed_starttls_accepted_upgrades(void **state)
{
	uint8_t held[POOL_DATA_BYTES];

	(void)state;
	begin_session();
	play_text(CLIENT, "STARTTLS\r\n\x16\x03\x01");
	assert_said(&stage.events, "");
	play_text(SERVER, "220 go\r\n\x16");
	assert_int_equal(stage.progress, PROGRESS_UPGRADED);
	assert_int_equal(stage.smtp.unread, 1);
	assert_said(&stage.events, EVENT_HEAD "  data 0 refused 0 size 0 starttls\n");
	assert_int_equal(smtp_take_held(&stage.smtp, &stage.pool, CLIENT, held), 3);
	assert_memory_equal(held, "\x16\x03\x01", 3);
	assert_int_equal(smtp_take_held(&stage.smtp, &stage.pool, CLIENT, held), 0);
	assert_int_equal(smtp_take_held(&stage.smtp, &stage.pool, SERVER, held), 0);
	assert_int_equal(stage.anomalies, 0);
	stage_end();
}

static void feed_commands_behind_starttls_are_an_anomaly(void **state)
{
	(void)state;
	begin_session();
	play_text(CLIENT, "STARTTLS\r\nRSET\r\n");
	play_text(SERVER, "220 go\r\n");
	assert_int_equal(stage.progress, PROGRESS_UPGRADED);
	assert_true(had_anomaly(ANOMALY_SMTP_STARTTLS_INJECTION));
	stage_end();
	begin_session();
	play_text(SERVER, "220 go\r\n"); /* overtook the command */
	play_text(CLIENT, "STARTTLS\r\nRSET\r\n");
	assert_int_equal(stage.progress, PROGRESS_UPGRADED);
	assert_int_equal(stage.smtp.unread, 0);
	assert_true(had_anomaly(ANOMALY_SMTP_STARTTLS_INJECTION));
	stage_end();
}

static void feed_starttls_refused_reads_on(void **state)
{
	(void)state;
	begin_session();
	play_text(CLIENT, "STARTTLS\r\nMAIL FROM:<a@b.example>\r\n");
	play_text(SERVER, "454 not now\r\n250 ok\r\n");
	stage_end();
	assert_said(&stage.events,
		    EVENT_HEAD "  from <a@b.example>\n  data 0 refused 0 size 0 refused\n");
}

/* ---- DATA ------------------------------------------------------------------- */

static void feed_refused_data_is_followed_by_commands(void **state)
{
	(void)state;
	begin_session();
	say_both("MAIL FROM:<a@b.example>\r\n", "250 ok\r\n");
	play_text(CLIENT, "DATA\r\nRCPT TO:<c@d.example>\r\nDATA\r\nx\r\n.\r\n");
	play_text(SERVER, "503 no\r\n250 ok\r\n354 go\r\n250 ok\r\n");
	assert_said(&stage.events, MAIL_HEAD "  data 250 refused 503 size 3 complete\n  mail s\n");
	stage_end();
}

static void feed_lookalike_is_told_and_read_on(void **state)
{
	(void)state;
	begin_mail();
	play_text(CLIENT, "x\n.\r\nMAIL FROM:<e@f.example>\r\n.\r\n");
	play_text(SERVER, "250 ok\r\n");
	stage_end();
	assert_said(&stage.events, MAIL_HEAD "  data 250 refused 0 size 30 complete\n"
					     "  shape end-of-data-lookalike\n"
					     "  mail s\n");
	assert_true(had_anomaly(ANOMALY_SMTP_END_OF_DATA_LOOKALIKE));
	assert_true(was_said(&stage.values[CLIENT], "smtp.shape end-of-data-lookalike\n"));
	assert_false(was_said(&stage.values[CLIENT], "f.example"));
}

static void feed_session_ends_within_a_message(void **state)
{
	(void)state;
	begin_mail();
	play_text(CLIENT, "x\r\n");
	stage_end();
	assert_said(&stage.events, MAIL_HEAD "  data 0 refused 0 size 3\n  mail s\n");
	assert_said(&stage.mails, "mail 0 x{0d}{0a} cut\n");
	begin_mail();
	play_text(CLIENT, "x\r\n.\r\n");
	smtp_gap(&stage.smtp, &stage.inspection, SERVER);
	say_events();
	assert_said(&stage.events, MAIL_HEAD "  data 0 refused 0 size 3 complete\n  mail s\n");
	stage_end();
}

/* The reply to a message may take long; what stands behind it waits. */
static void settle_behind_a_message_waits_on(void **state)
{
	(void)state;
	begin_mail();
	play_text(CLIENT, "x\r\n.\r\nQUIT\r\n");
	smtp_settle(&stage.smtp, &stage.inspection);
	assert_said(&stage.events, "");
	play_text(SERVER, "250 queued\r\n221 bye\r\n");
	assert_int_equal(stage.progress, PROGRESS_FINISHED);
	stage_end();
	assert_said(&stage.events, MAIL_HEAD "  data 250 refused 0 size 3 complete\n  mail s\n");
}

static void feed_web_user_sender_has_a_shape(void **state)
{
	static const char *const users[] = { "www-data", "apache", "nobody", "NGINX" };

	(void)state;
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		begin_session();
		play_text(CLIENT, "MAIL FROM:<");
		play_text(CLIENT, users[i]);
		play_text(CLIENT, "@web1.example>\r\n");
		assert_true(was_said(&stage.values[CLIENT], "smtp.shape web-user-sender\n"));
		stage_end();
		assert_true(was_said(&stage.events, "  shape web-user-sender\n"));
	}
	begin_session();
	play_text(CLIENT, "MAIL FROM:<nobody2@web1.example>\r\n");
	stage_end();
	assert_false(was_said(&stage.events, "shape"));
}

/* ---- BDAT and LMTP ---------------------------------------------------------- */

static void feed_chunk_unreadable_is_followed_by_commands(void **state)
{
	(void)state;
	begin_session();
	say_both("MAIL FROM:<a@b.example>\r\n", "250 ok\r\n");
	say_both("BDAT 9223372036854775808 LAST\r\n", "501 syntax\r\n");
	say_both("RCPT TO:<c@d.example>\r\n", "250 ok\r\n");
	stage_end();
	assert_said(&stage.events, MAIL_HEAD "  data 501 refused 501 size 0\n");
	assert_true(had_anomaly(ANOMALY_SMTP_BDAT_MALFORMED));
}

/* A server without CHUNKING says at once that it does not know BDAT: what follows are commands. One
 * that knows it all the same answers behind the chunk. */
static void feed_chunk_not_offered_is_decided_by_the_reply(void **state)
{
	(void)state;
	for (int knows = 0; knows < 2; knows++) {
		stage_begin();
		play_text(SERVER, GREETING);
		say_both("HELO a.example\r\n", "250 mx\r\n");
		say_both("MAIL FROM:<a@b.example>\r\n", "250 ok\r\n");
		play_text(CLIENT, "BDAT 26 LAST\r\nRCPT TO:<c@d.example>\r\n.\r\n");
		play_text(SERVER, knows ? "250 queued\r\n" : "502 unknown\r\n");
		if (knows) {
			assert_said(&stage.events,
				    EVENT_HEAD "  from <a@b.example>\n"
					       "  data 250 refused 0 size 26 complete\n"
					       "  mail s\n");
			assert_false(was_said(&stage.values[CLIENT], "rcpt_to"));
		} else {
			assert_true(was_said(&stage.values[CLIENT], "rcpt_to c@d.example"));
			assert_said(&stage.mails, "");
		}
		stage_end();
	}
}

/* What a server offers is said in its reply to the last EHLO, also when two were sent at once. */
static void feed_hello_again_forgets_what_was_offered(void **state)
{
	static const char hello[] = "EHLO a.example\r\n", first[] = "250-mx\r\n250 CHUNKING\r\n",
			  rest[] = "BDAT 26 LAST\r\nRCPT TO:<c@d.example>\r\n.\r\n";

	(void)state;
	for (int at_once = 0; at_once < 2; at_once++) {
		stage_begin();
		play_text(SERVER, GREETING);
		play_text(CLIENT, hello);
		play_text(at_once ? CLIENT : SERVER, at_once ? hello : first);
		play_text(at_once ? SERVER : CLIENT, at_once ? first : hello);
		play_text(CLIENT, rest);
		play_text(SERVER, "250 mx\r\n502 unknown\r\n250 ok\r\n");
		stage_end();
		assert_said(&stage.mails, "");
		assert_said(&stage.events, EVENT_HEAD "  to 250 <c@d.example>\n"
						      "  data 0 refused 0 size 0\n");
	}
}

/* A chunk without MAIL, to a server that did not offer BDAT: its one reply is the message's. */
static void feed_chunk_not_offered_may_begin_the_transaction(void **state)
{
	(void)state;
	stage_begin();
	play_text(SERVER, GREETING);
	say_both("HELO a.example\r\n", "250 mx\r\n");
	say_both("BDAT 3 LAST\r\nabc", "554 no sender\r\n");
	stage_end();
	assert_said(&stage.events, EVENT_HEAD "  data 554 refused 0 size 3 complete\n  mail s\n");
}

/* More kinds of replies to come than are kept apart: the chunk waits, be it offered or not. */
static void feed_chunk_behind_many_commands_waits(void **state)
{
	static const char commands[] =
		"MAIL FROM:<a@b.example>\r\nNOOP\r\nRCPT TO:<c@d.example>\r\nNOOP\r\n"
		"RCPT TO:<e@f.example>\r\nNOOP\r\nRCPT TO:<g@h.example>\r\nBDAT x\r\n";
	static const char chunk[] = "BDAT 6 LAST\r\nRSET\r\n", answer[] = "250 queued\r\n";
	static const char replies[] = "250 m\r\n250 n\r\n250 c\r\n250 n\r\n"
				      "550 e\r\n250 n\r\n250 g\r\n501 x\r\n";

	(void)state;
	for (int way = 0; way < 4; way++) {
		bool at_once = (way & 1) != 0, offered = (way & 2) != 0;

		stage_begin();
		play_text(SERVER, GREETING);
		say_both("EHLO a.example\r\n", offered ? "250 CHUNKING\r\n" : "250 mx\r\n");
		play_text(CLIENT, commands);
		play_text(at_once ? CLIENT : SERVER, at_once ? chunk : replies);
		play_text(at_once ? SERVER : CLIENT, at_once ? replies : chunk);
		play_text(SERVER, answer);
		stage_end();
		assert_said(&stage.events, EVENT_HEAD "  from <a@b.example>\n"
						      "  to 250 <c@d.example>\n"
						      "  to 550 <e@f.example>\n"
						      "  to 250 <g@h.example>\n"
						      "  data 250 refused 501 size 6 complete\n"
						      "  mail s\n");
	}
}

static void feed_lmtp_answers_each_recipient(void **state)
{
	static const char *const data[] = { "DATA\r\n", "x\r\n.\r\nQUIT\r\n",
					    "BDAT 3 LAST\r\nx\r\n", "QUIT\r\n" };

	(void)state;
	for (int bdat = 0; bdat < 2; bdat++) {
		stage_begin();
		play_text(SERVER, "220 mx LMTP\r\n");
		say_both("LHLO a.example\r\n", "250-mx\r\n250 CHUNKING\r\n");
		say_both("MAIL FROM:<a@b.example>\r\n", "250 ok\r\n");
		say_both("RCPT TO:<c@d.example>\r\nRCPT TO:<e@f.example>\r\n",
			 "250 ok\r\n550 no\r\n");
		say_both("RCPT TO:<g@h.example>\r\n", "250 ok\r\n");
		play_text(CLIENT, data[2 * bdat]);
		play_text(SERVER, bdat ? "" : "354 go\r\n");
		play_text(CLIENT, data[2 * bdat + 1]);
		play_text(SERVER, "452 full\r\n");
		assert_said(&stage.events, "");
		play_text(SERVER, "250 queued\r\n221 bye\r\n");
		assert_int_equal(stage.progress, PROGRESS_FINISHED);
		stage_end();
		assert_true(was_said(&stage.events, "  to 550 <e@f.example>\n"));
		assert_true(was_said(&stage.events, "  data 452 refused 0 size 3 complete\n"));
	}
}

/* ---- odd and hostile -------------------------------------------------------- */

static void feed_odd_lines_are_read_as_servers_do(void **state)
{
	(void)state;
	begin_session();
	say_both("mail from:<a@b.example>\n", "250 ok\r\n");
	assert_true(had_anomaly(ANOMALY_SMTP_BARE_LINE_FEED));
	say_both(" RCPT\tTO :\t<C@D.example>\r\r\n", "250 ok\r\n");
	play(CLIENT, "RCPT TO:<x@y.example>\0\r\n", 24);
	play_text(SERVER, "250 ok\r\n");
	assert_true(had_anomaly(ANOMALY_SMTP_NUL));
	say_both("RCPT TO:<\xff@z.example>\r\n", "250 ok\r\n");
	stage_end();
	assert_said(&stage.events, EVENT_HEAD "  from <a@b.example>\n"
					      "  to 250 <C@D.example>\n"
					      "  to 250 <x@y.example>\n"
					      "  to 250 <{ff}@z.example>\n"
					      "  data 0 refused 0 size 0\n");
}

/* What AUTH's line does not keep is kept of all others, in one piece or in many. */
static void feed_odd_lines_split_are_read_the_same(void **state)
{
	static const char lines[] = "\r\n \t MAIL FROM:<a@b.example>\r\nABC d ef\n AU\r\n"
				    " rcpt  to:<c@d.example>  X\r\n  AUTH  PLAIN  c2VjcmV0\0\r\n";
	static struct outcome whole;

	(void)state;
	for (size_t piece = sizeof(lines) - 1; piece != 0; piece--) {
		stage_begin();
		play_text(SERVER, GREETING);
		for (size_t at = 0; at < sizeof(lines) - 1; at += piece) {
			size_t rest = sizeof(lines) - 1 - at;

			play(CLIENT, lines + at, rest < piece ? rest : piece);
		}
		play_text(SERVER, "500 a\r\n250 b\r\n500 c\r\n500 d\r\n250 e\r\n535 f\r\n");
		stage_end();
		if (piece == sizeof(lines) - 1) {
			keep_outcome(&whole);
			assert_said(&stage.events, "event 0\n"
						   "  banner mx ESMTP\n"
						   "  mechanism PLAIN\n"
						   "  from <a@b.example>\n"
						   "  to 250 <c@d.example>\n"
						   "  data 0 refused 0 size 0\n");
			assert_false(had_anomaly(ANOMALY_SMTP_NUL));
		}
		assert_same_outcome(&whole);
	}
}

/* A client that begins with nonsense is no less a client: servers answer it and read on. */
static void feed_nonsense_first_is_read_on_behind(void **state)
{
	(void)state;
	for (int early = 0; early < 2; early++) {
		stage_begin();
		play_text(early ? CLIENT : SERVER, early ? "USER x\r\n\n" : "220 mx\r\n");
		play_text(early ? SERVER : CLIENT, early ? "220 mx\r\n" : "USER x\r\n\n");
		play_text(SERVER, "500 what\r\n500 what\r\n");
		say_both("EHLO a.example\r\n", "250 mx\r\n");
		say_both("MAIL FROM:<a@b.example>\r\n", "550 no\r\n");
		stage_end();
		assert_said(&stage.events, "event 0\n"
					   "  banner mx\n"
					   "  helo a.example\n"
					   "  from <a@b.example>\n"
					   "  data 0 refused 550 size 0\n");
	}
}

static void feed_server_that_never_speaks_smtp_ends_it(void **state)
{
	(void)state;
	stage_begin();
	play_text(CLIENT, "EHLO a.example\r\n");
	play_text(SERVER, "220x\r\n");
	stage_end();
	stage_begin();
	play_text(CLIENT, "EHLO a.example\r\n");
	play_text(SERVER, "250\r\n");
	play_text(SERVER, "hello\r\n250 ok\r\n");
	assert_true(had_anomaly(ANOMALY_SMTP_MALFORMED));
	stage_end();
	assert_said(&stage.events, "event 0\n  helo a.example\n  data 0 refused 0 size 0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(feed_other_protocols_are_not_mine),
		cmocka_unit_test(feed_client_alone_gives_its_half),
		cmocka_unit_test(settle_client_alone_reads_what_is_held),
		cmocka_unit_test(feed_server_alone_gives_its_half),
		cmocka_unit_test(feed_refused_connection_gives_an_event),
		cmocka_unit_test(feed_from_the_middle_is_recognised),
		cmocka_unit_test(feed_reversed_connection_is_seen_as_such),
		cmocka_unit_test(feed_client_first_has_a_shape),
		cmocka_unit_test(feed_client_first_elsewhere_has_none),
		cmocka_unit_test(feed_helo_shapes),
		cmocka_unit_test(feed_helo_again_is_matched_when_it_differs),
		cmocka_unit_test(feed_auth_keeps_the_mechanism_alone),
		cmocka_unit_test(feed_auth_continuation_is_no_command),
		cmocka_unit_test(feed_starttls_accepted_upgrades),
		cmocka_unit_test(feed_commands_behind_starttls_are_an_anomaly),
		cmocka_unit_test(feed_starttls_refused_reads_on),
		cmocka_unit_test(feed_refused_data_is_followed_by_commands),
		cmocka_unit_test(feed_lookalike_is_told_and_read_on),
		cmocka_unit_test(feed_session_ends_within_a_message),
		cmocka_unit_test(settle_behind_a_message_waits_on),
		cmocka_unit_test(feed_web_user_sender_has_a_shape),
		cmocka_unit_test(feed_chunk_unreadable_is_followed_by_commands),
		cmocka_unit_test(feed_chunk_not_offered_is_decided_by_the_reply),
		cmocka_unit_test(feed_hello_again_forgets_what_was_offered),
		cmocka_unit_test(feed_chunk_not_offered_may_begin_the_transaction),
		cmocka_unit_test(feed_chunk_behind_many_commands_waits),
		cmocka_unit_test(feed_lmtp_answers_each_recipient),
		cmocka_unit_test(feed_odd_lines_are_read_as_servers_do),
		cmocka_unit_test(feed_odd_lines_split_are_read_the_same),
		cmocka_unit_test(feed_nonsense_first_is_read_on_behind),
		cmocka_unit_test(feed_server_that_never_speaks_smtp_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
