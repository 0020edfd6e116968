/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bounds of the SMTP parser: long lines, many recipients, deep pipelines, more ahead
 * of a reply than is held, an empty pool. Dialogues: smtp_test.c, smtp_odd_test.c.
 */
#include "tests/scanner/smtp_stage.h"

static void feed_long_line_is_one_command(void **state)
{
	static const size_t pieces[] = { 1, 100, SMTP_LINE_MAX, 70000 };
	static char line[65536];

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "RCPT TO:<c@d.example> ", 22);
	memcpy(line + sizeof(line) - 2, "\r\n", 2);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		begin_session();
		say_both("MAIL FROM:<a@b.example>\r\n", "250 ok\r\n");
		for (size_t at = 0; at < sizeof(line); at += pieces[i]) {
			size_t rest = sizeof(line) - at;

			play(CLIENT, line + at, rest < pieces[i] ? rest : pieces[i]);
		}
		play_text(SERVER, "250 ok\r\n");
		say_both("NOOP\r\n", "250 ok\r\n");
		assert_true(had_anomaly(ANOMALY_SMTP_LINE_OVERSIZE));
		stage_end();
		assert_said(&stage.events, MAIL_HEAD "  data 0 refused 0 size 0\n");
	}
}

static void feed_many_recipients_are_counted(void **state)
{
	char command[64];

	(void)state;
	begin_session();
	say_both("MAIL FROM:<a@b.example>\r\n", "250 ok\r\n");
	for (int i = 0; i < 1000; i++) {
		snprintf(command, sizeof(command), "RCPT TO:<%d@d.example>\r\n", i);
		say_both(command, i % 2 == 0 ? "250 ok\r\n" : "550 no\r\n");
	}
	say_both("DATA\r\n", "354 go\r\n");
	say_both("x\r\n.\r\n", "250 ok\r\n");
	assert_true(was_said(&stage.events, "event 0 truncated 255\n"));
	assert_true(
		was_said(&stage.events, "  to 250 <100@d.example>\n  to 550 <101@d.example>\n"));
	assert_true(was_said(&stage.behaviour, "500 message to "));
	stage_end();
}

/* Commands of so many kinds ahead of their replies that they are not all told apart at once. */
static void feed_deep_pipeline_keeps_pairs(void **state)
{
	static char commands[4096], replies[4096];
	size_t c = 0, r = 0;

	(void)state;
	begin_session();
	say_both("MAIL FROM:<a@b.example>\r\n", "250 ok\r\n");
	for (int i = 0; i < 60; i++) {
		c += (size_t)snprintf(commands + c, sizeof(commands) - c,
				      "RCPT TO:<%d@d.example>\r\nNOOP\r\n", i);
		r += (size_t)snprintf(replies + r, sizeof(replies) - r, "%d x\r\n250 noop\r\n",
				      i % 2 == 0 ? 251 : 551);
	}
	say_both(commands, replies);
	stage_end();
	for (int i = 0; i < 60; i++) {
		char expected[64];

		snprintf(expected, sizeof(expected), "  to %d <%d@d.example>\n",
			 i % 2 == 0 ? 251 : 551, i);
		assert_true(was_said(&stage.events, expected));
	}
	assert_int_equal(stage.anomalies, 0);
}

/* More ahead of a reply than is held: then the first line decides. */
static void feed_beyond_what_is_held_is_guessed(void **state)
{
	(void)state;
	begin_session();
	say_both("MAIL FROM:<a@b.example>\r\n", "250 ok\r\n");
	play_text(CLIENT, "DATA\r\n");
	play_text(CLIENT, many("Received: x\r\n", 2 * SMTP_HELD_MAX));
	assert_true(was_said(&stage.mails, "mail 0 Received: x{0d}{0a}"));
	assert_true(had_anomaly(ANOMALY_SMTP_UNSYNCHRONIZED));
	play_text(SERVER, "354 go\r\n");
	say_both(".\r\n", "250 ok\r\n");
	assert_true(was_said(&stage.events, "  data 250 refused 0 size 8190 complete\n"));
	stage_end();

	begin_session();
	say_both("MAIL FROM:<a@b.example>\r\n", "250 ok\r\n");
	play_text(CLIENT, "DATA\r\n");
	play_text(CLIENT, many("NOOP\r\n", 2 * SMTP_HELD_MAX));
	play_text(CLIENT, "RCPT TO:<c@d.example>\r\n");
	assert_true(was_said(&stage.values[CLIENT], "rcpt_to c@d.example"));
	assert_said(&stage.mails, "");
	stage_end();

	/* guessed wrong: the late reply sets it right */
	begin_session();
	play_text(CLIENT, "DATA\r\n");
	play_text(CLIENT, many("Received: x\r\n", 2 * SMTP_HELD_MAX));
	play_text(SERVER, "503 no\r\n");
	play_text(CLIENT, "RCPT TO:<c@d.example>\r\n");
	assert_true(was_said(&stage.values[CLIENT], "rcpt_to c@d.example"));
	stage_end();
}

/* The bound of what is held does not tell how the bytes were cut, either. */
static void feed_bound_of_what_is_held_is_exact(void **state)
{
	static char text[2 * SMTP_HELD_MAX];
	static struct outcome whole;
	static const char first[] = "MAIL FROM:<a@b.example>\r\n";
	bool guessed[2] = { false, false };

	(void)state;
	for (size_t held = SMTP_HELD_MAX - 8; held <= SMTP_HELD_MAX + 8; held++) {
		size_t length = sizeof(first) - 1 + held;

		memset(text, 'x', length);
		memcpy(text, first, sizeof(first) - 1);
		memcpy(text + sizeof(first) - 1, "RSET\r\n", 6);
		memcpy(text + length - 2, "\r\n", 2);
		for (size_t piece = length; piece != 0;
		     piece = piece == length ? 100 : piece / 10) {
			begin_session();
			for (size_t at = 0; at < length; at += piece) {
				play(CLIENT, text + at, length - at < piece ? length - at : piece);
			}
			play_text(SERVER, "550 no\r\n250 reset\r\n500 what\r\n");
			stage_end();
			if (piece == length) {
				keep_outcome(&whole);
			}
			assert_same_outcome(&whole);
		}
		guessed[had_anomaly(ANOMALY_SMTP_UNSYNCHRONIZED)] = true;
	}
	assert_true(guessed[0] && guessed[1]);
}

static void feed_without_blocks_goes_on(void **state)
{
	(void)state;
	stage_begin();
	stage.pool.free_count = 0;
	uint32_t free_blocks = stage.pool.free;

	stage.pool.free = POOL_NONE;
	play_text(SERVER, GREETING);
	play_text(CLIENT, "EH");
	play_text(
		CLIENT,
		"LO a.example\r\nEHLO a.example\r\nMAIL FROM:<a@b.example>\r\nDATA\r\nx\r\n.\r\nQU");
	play_text(CLIENT, "IT\r\n");
	play_text(SERVER, "250 ok\r\n250 x\r\n250 y\r\n250 z\r\n");
	smtp_end(&stage.smtp, &stage.inspection);
	assert_int_equal(stage.pool.free_count, 0);
	stage.pool.free = free_blocks;
	stage.pool.free_count = STAGE_BLOCKS;
}

static void feed_silent_other_side_is_bounded(void **state)
{
	size_t sent = 0;

	(void)state;
	stage_begin();
	while (stage.progress == PROGRESS_MORE) {
		play_text(CLIENT, "NOOP\r\n");
		sent += 6;
		assert_true(sent < 2 * SMTP_FOREIGN_MAX);
	}
	assert_int_equal(stage.progress, PROGRESS_NOT_MINE);
	stage_end();
	stage_begin();
	play_text(SERVER, "220 ftp\r\n");
	for (sent = 0; stage.progress == PROGRESS_MORE; sent += 8) {
		play_text(SERVER, "220 ftp\r\n");
		assert_true(sent < 2 * SMTP_FOREIGN_MAX);
	}
	assert_int_equal(stage.progress, PROGRESS_NOT_MINE);
	stage_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(feed_long_line_is_one_command),
		cmocka_unit_test(feed_many_recipients_are_counted),
		cmocka_unit_test(feed_deep_pipeline_keeps_pairs),
		cmocka_unit_test(feed_beyond_what_is_held_is_guessed),
		cmocka_unit_test(feed_bound_of_what_is_held_is_exact),
		cmocka_unit_test(feed_without_blocks_goes_on),
		cmocka_unit_test(feed_silent_other_side_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
