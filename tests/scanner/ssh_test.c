/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SSH sessions: a recorded one with every split, detection beside other protocols,
 * the bounds and rules of packets, guesses, gaps and ends. Who is client and who is
 * server: ssh_roles_test.c.
 */
#include "tests/scanner/ssh_recording.h"
#include "tests/scanner/ssh_stage.h"

#define CLIENT TO_RESPONDER
#define SERVER TO_ORIGINATOR

#define IDENT "SSH-2.0-x y\r\n"
#define HASSH "f64228ddc3a7bcb01b5c80800414888c" /* printf 'k;c;m;none' | md5sum */

static const struct lists plain = { "k", "c", "c", "m", "m", "none", "none", false };
static struct script client;

/* ---- the recorded session -------------------------------------------------- */

/* The whole recording as it came; bytes behind those in clear have any value. Each segment is cut
 * into pieces of at most `piece` bytes while it is in clear. */
static void play_recording(size_t piece)
{
	static const uint8_t enciphered[2048];
	const uint8_t *clear[2] = { recorded_client, recorded_server };
	size_t left[2] = { sizeof(recorded_client), sizeof(recorded_server) };

	for (size_t i = 0; i < sizeof(recorded_segments) / sizeof(recorded_segments[0]); i++) {
		int from = recorded_segments[i].from_server;
		size_t length = recorded_segments[i].length;
		size_t part = length < left[from] ? length : left[from];

		play_split((enum direction)from, clear[from], part, piece);
		play((enum direction)from, enciphered, length - part);
		clear[from] += part;
		left[from] -= part;
	}
}

static void feed_recorded_session_gives_all_there_is(void **state)
{
	static const char *const lines[] = {
		"value 0 ssh.client.ident SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\n",
		"value 0 ssh.client.software OpenSSH_9.2p1\n",
		"value 0 ssh.client.hassh " RECORDED_HASSH "\n",
		"value 1 ssh.server.ident SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\n",
		"value 1 ssh.server.software OpenSSH_9.2p1\n",
		"value 1 ssh.server.hassh " RECORDED_HASSH_SERVER "\n",
		"value 1 ssh.hostkey.sha256 " RECORDED_FINGERPRINT "\n",
		"event\n",
		"  client.protocol 2.0\n",
		"  client.software OpenSSH_9.2p1\n",
		"  client.hassh " RECORDED_HASSH "\n",
		"  client.string curve25519-sha256,ext-info-c,kex-strict-c-v00@openssh.com;",
		"  server.protocol 2.0\n",
		"  server.software OpenSSH_9.2p1\n",
		"  server.hassh " RECORDED_HASSH_SERVER "\n",
		"  server.string sntrup761x25519-sha512,",
		"  hostkey " RECORDED_FINGERPRINT "\n",
		"  hostkey.type ssh-ed25519\n",
	};
	const char *at = stage.seen.text;

	(void)state;
	stage_begin();
	play_recording(SIZE_MAX / 2);
	assert_int_equal(stage.progress, PROGRESS_FINISHED);
	assert_true(ssh_is_certain(&stage.ssh));
	assert_false(was_seen("anomaly"));
	assert_false(was_seen("shape"));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		at = strstr(at, lines[i]);
		if (at == NULL) {
			fail_msg("missing or out of order: %s", lines[i]);
		}
	}
	stage_end();
	assert_null(strstr(at, "event"));
}

static void feed_recorded_session_split_anywhere_gives_the_same(void **state)
{
	static char whole[sizeof(stage.seen.text)];

	(void)state;
	stage_begin();
	play_recording(SIZE_MAX / 2);
	stage_end();
	strcpy(whole, stage.seen.text);
	for (size_t piece = 1; piece < sizeof(recorded_client); piece += 1 + piece / 40) {
		stage_begin();
		play_recording(piece);
		stage_end();
		assert_string_equal(stage.seen.text, whole);
	}
}

/* Each direction's clear bytes cut once, at every byte. */
static void feed_recorded_session_cut_at_every_byte_gives_the_same(void **state)
{
	const size_t newkeys = sizeof(recorded_client) - 16;
	static char whole[sizeof(stage.seen.text)];

	(void)state;
	for (size_t cut = 0; cut < sizeof(recorded_server); cut++) {
		size_t client_cut = cut < newkeys ? cut : newkeys;

		stage_begin();
		play(CLIENT, recorded_client, client_cut);
		play(CLIENT, recorded_client + client_cut, newkeys - client_cut);
		play(SERVER, recorded_server, cut);
		play(SERVER, recorded_server + cut, sizeof(recorded_server) - cut);
		play(CLIENT, recorded_client + newkeys, 16);
		stage_end();
		if (cut == 0) {
			strcpy(whole, stage.seen.text);
			assert_true(was_seen("  hostkey " RECORDED_FINGERPRINT "\n"));
		}
		assert_string_equal(stage.seen.text, whole);
	}
}

/* The same without the server's or the client's half: what that half says by itself. */
static void feed_one_direction_gives_its_half(void **state)
{
	(void)state;
	stage_begin();
	play(SERVER, recorded_server, sizeof(recorded_server));
	assert_int_equal(stage.progress, PROGRESS_FINISHED);
	assert_true(was_seen("  server.hassh " RECORDED_HASSH_SERVER "\n"));
	assert_true(was_seen("  hostkey " RECORDED_FINGERPRINT "\n"));
	assert_false(was_seen("client"));
	stage_end();

	stage_begin();
	play(CLIENT, recorded_client, sizeof(recorded_client));
	assert_int_equal(stage.progress, PROGRESS_FINISHED);
	assert_true(was_seen("  client.hassh " RECORDED_HASSH "\n"));
	assert_false(was_seen("server"));
	stage_end();
}

static void feed_failed_logins_counts_them(void **state)
{
	static const uint16_t sizes[] = { 44, 44, 68, 76, 148, 76, 148, 76, 148, 76 };
	static const uint8_t enciphered[400];

	(void)state;
	stage_begin();
	play(CLIENT, recorded_client, sizeof(recorded_client) - 16); /* up to NEWKEYS */
	play(SERVER, recorded_server, sizeof(recorded_server));
	play(SERVER, enciphered, 316);
	play(CLIENT, recorded_client + sizeof(recorded_client) - 16, 16);
	assert_true(was_seen("event\n"));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		play(i % 2 == 0 ? CLIENT : SERVER, enciphered, sizes[i]);
	}
	assert_int_equal(stage.progress, PROGRESS_MORE);
	assert_false(was_seen("anomaly"));
	stage_end();
	assert_true(was_seen("anomaly ssh-login-failures 3\n"));
}

static void feed_without_login_table_finishes_at_newkeys(void **state)
{
	(void)state;
	stage_begin();
	stage.inspection.logins = NULL;
	play(CLIENT, recorded_client, sizeof(recorded_client) - 16);
	play(SERVER, recorded_server, sizeof(recorded_server));
	assert_int_equal(stage.progress, PROGRESS_MORE);
	play(CLIENT, recorded_client + sizeof(recorded_client) - 16, 16);
	assert_int_equal(stage.progress, PROGRESS_FINISHED);
	stage_end();
}

/* ---- detection ------------------------------------------------------------- */

static void detect_other_protocols_is_not_mine(void **state)
{
	static const struct {
		const char *first, *second;
		bool server_first;
	} rows[] = {
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n", false },
		{ "220 mail.example.org ESMTP\r\n", "EHLO x\r\n", true },
		{ "220 (vsFTPd 3.0.3)\r\n", "USER x\r\n", true },
		{ "\x16\x03\x01\x02", "\x16\x03\x03", false },
		{ "SSX", "S1", false },
		{ "SS\n", "E", false },
		{ "\r\n", "\r\n", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stage_begin();
		play_text(rows[i].server_first ? SERVER : CLIENT, rows[i].first);
		assert_int_equal(stage.progress, PROGRESS_MORE);
		play_text(rows[i].server_first ? CLIENT : SERVER, rows[i].second);
		assert_int_equal(stage.progress, PROGRESS_NOT_MINE);
		assert_false(ssh_is_certain(&stage.ssh));
		stage_end();
		assert_int_equal(stage.seen.length, 0);
	}
}

static void detect_garbage_of_one_side_is_not_mine_soon(void **state)
{
	static uint8_t garbage[SSH_FOREIGN_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(garbage); i++) {
		garbage[i] = (uint8_t)(i * 167 >> 3);
	}
	stage_begin();
	play_split(CLIENT, garbage, sizeof(garbage), 1460);
	assert_int_equal(stage.progress, PROGRESS_NOT_MINE);
	stage_end();
	stage_begin();
	play(CLIENT, garbage, 100);
	play(SERVER, garbage + 50, 1);
	assert_int_equal(stage.progress, PROGRESS_NOT_MINE);
	stage_end();
}

static void detect_lines_of_one_side_is_not_mine_beyond_bound(void **state)
{
	(void)state;
	stage_begin();
	for (unsigned i = 0; i <= SSH_IDENT_LINES_MAX; i++) {
		assert_int_equal(stage.progress, PROGRESS_MORE);
		play_text(SERVER, "250 line\r\n");
	}
	play_text(SERVER, "x");
	assert_int_equal(stage.progress, PROGRESS_NOT_MINE);
	stage_end();
}

static void detect_either_side_is_enough(void **state)
{
	(void)state;
	stage_begin();
	play_text(CLIENT, "SSH");
	assert_false(ssh_is_certain(&stage.ssh));
	play_text(CLIENT, "-");
	assert_true(ssh_is_certain(&stage.ssh));
	assert_int_equal(stage.inspection.app, APP_SSH);
	stage_end();
	assert_int_equal(stage.seen.length, 0); /* no identification, no event */

	stage_begin();
	play_text(CLIENT, "GET / HTTP/1.1\r\n\r\n");
	play_text(SERVER, IDENT "Invalid SSH identification string.\r\n");
	assert_true(ssh_is_certain(&stage.ssh));
	stage_end();
	assert_true(was_seen("anomaly ssh-malformed 0\n"));
	assert_true(was_seen("event\n  server.protocol 2.0\n  server.software x\n"));
	assert_false(was_seen("client"));
	assert_false(was_seen("ssh-reverse"));
}

/* A TLS client at an SSH server: the server's ident is reported, whichever side comes first. */
static void detect_binary_client_at_ssh_server_is_malformed(void **state)
{
	(void)state;
	for (int server_first = 0; server_first < 2; server_first++) {
		stage_begin();
		if (server_first != 0) {
			play_text(SERVER, IDENT);
		}
		play(CLIENT, "\x16\x03\x01\0\xff\n", 6);
		if (server_first == 0) {
			play_text(SERVER, IDENT);
		}
		assert_int_equal(stage.progress, PROGRESS_FINISHED);
		stage_end();
		assert_true(was_seen("anomaly ssh-malformed 0\n"));
		assert_true(was_seen("event\n  server.protocol 2.0\n"));
	}
}

static void feed_greeting_before_ident_is_ssh(void **state)
{
	(void)state;
	stage_begin();
	play_text(SERVER, "Welcome to the port\r\nno fishing\n");
	assert_false(ssh_is_certain(&stage.ssh));
	play_text(SERVER, "SSH-2.0-x\n");
	play_text(CLIENT, IDENT);
	stage_end();
	assert_true(was_seen("anomaly ssh-pre-ident-lines 0\n"));
	assert_true(was_seen("shape 1 ssh.server.ident.shape pre-ident-lines\n"));
	assert_true(was_seen("shape 1 ssh.server.ident.shape bare-lf\n"));
	assert_true(was_seen("  server.shape pre-ident-lines\n  server.shape bare-lf\n"
			     "  server.software x\n"));
}

static void feed_version_1_ends_with_both_idents(void **state)
{
	(void)state;
	stage_begin();
	play_text(SERVER, "SSH-1.5-Cisco-1.25\n\0\0\0");
	assert_int_equal(stage.progress, PROGRESS_MORE);
	play_text(CLIENT, "SSH-1.5-old\n");
	assert_int_equal(stage.progress, PROGRESS_FINISHED);
	stage_end();
	assert_true(was_seen("  client.protocol 1.5\n  client.shape bare-lf\n"
			     "  client.software old\n  server.protocol 1.5\n"));
	assert_false(was_seen("anomaly"));
}

static void feed_version_1_99_reads_on(void **state)
{
	(void)state;
	stage_begin();
	client.length = 0;
	add_text(&client, "SSH-1.99-x\r\n");
	add_kexinit(&client, &plain);
	play(CLIENT, client.bytes, client.length);
	stage_end();
	assert_true(was_seen("  client.protocol 1.99\n"));
	assert_true(was_seen("  client.string k;c;m;none\n"));
}

static void feed_secret_ident_is_matched_and_not_shown(void **state)
{
	(void)state;
	stage_begin();
	play_text(CLIENT, "SSH-2.0-FcZpUkMuIY 2MfBBDvOJdFBTFUw==\r\n");
	play_text(SERVER, IDENT);
	stage_end();
	assert_true(was_seen("value 0 ssh.client.ident SSH-2.0-FcZpUkMuIY 2MfBBDvOJdFBTFUw==\n"));
	assert_true(was_seen("shape 0 ssh.client.ident.shape ebury-base64\n"));
	const char *event = strstr(stage.seen.text, "event\n");

	assert_non_null(event);
	assert_non_null(strstr(event, "  client.shape ebury-base64\n  client.prefix FcZp\n"));
	assert_null(strstr(event, "UkMu"));
	assert_null(strstr(event, "client.software"));
}

static void feed_oversize_ident_is_reported(void **state)
{
	char line[300];

	(void)state;
	memset(line, 'z', sizeof(line));
	memcpy(line, "SSH-2.0-", 8);
	memcpy(line + 298, "\r\n", 2);
	stage_begin();
	play(CLIENT, line, sizeof(line));
	stage_end();
	assert_true(was_seen("anomaly ssh-ident-oversize 0\n"));
	assert_true(was_seen("shape 0 ssh.client.ident.shape oversize\n"));

	/* without end */
	stage_begin();
	play(CLIENT, line, 290);
	for (int i = 0; i < 32; i++) {
		play(CLIENT, line + 20, 270);
	}
	assert_int_equal(stage.progress, PROGRESS_FINISHED);
	stage_end();
	assert_string_equal(stage.seen.text, "anomaly ssh-malformed 0\n");
}

/* ---- packets --------------------------------------------------------------- */

/* The client's ident, then a header alone. */
static void play_header(uint32_t length, uint8_t padding, uint8_t message)
{
	stage_begin();
	client.length = 0;
	add_text(&client, IDENT);
	add_number(&client, length);
	add_bytes(&client, &padding, 1);
	add_bytes(&client, &message, 1);
	play(CLIENT, client.bytes, client.length);
}

static void feed_packet_bounds_are_kept(void **state)
{
	static const struct {
		uint32_t length;
		uint8_t padding, message;
		bool good;
	} rows[] = {
		{ 0, 0, 2, false },
		{ 1, 0, 2, false },
		{ 2, 0, 2, true },
		{ 6, 4, 2, true },
		{ 5, 4, 2, false },
		{ 257, 255, 2, true },
		{ 256, 255, 2, false },
		{ 35000, 4, 2, true },
		{ 35001, 4, 2, false },
		{ 0x53534820, 4, 2, false },
		{ 0xffffffff, 255, 2, false },
		{ 100, 4, 0, false },
		{ 100, 4, 1, true },
		{ 100, 4, 3, true },
		{ 100, 4, 4, true },
		{ 100, 4, 5, false },
		{ 100, 4, 7, false },
		{ 100, 4, 19, false },
		{ 100, 4, 20, true },
		{ 100, 4, 21, true },
		{ 100, 4, 22, false },
		{ 100, 4, 29, false },
		{ 100, 4, 30, true },
		{ 100, 4, 49, true },
		{ 100, 4, 50, false },
		{ 100, 4, 255, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		play_header(rows[i].length, rows[i].padding, rows[i].message);
		assert_int_equal(stage.progress, rows[i].good ? PROGRESS_MORE : PROGRESS_FINISHED);
		assert_int_equal(was_seen("anomaly ssh-malformed 0\n"), !rows[i].good);
		assert_int_equal(was_seen("event\n"), !rows[i].good);
		stage_end();
		assert_true(was_seen("event\n  client.protocol 2.0\n  client.software x\n"));
		assert_null(strstr(strstr(stage.seen.text, "event") + 1, "event"));
	}
}

static void feed_any_padding_gives_the_same_hassh(void **state)
{
	static struct script payload;

	(void)state;
	payload.length = 0;
	add_kexinit_payload(&payload, &plain);
	for (unsigned padding = 0; padding < 256; padding++) {
		stage_begin();
		client.length = 0;
		add_text(&client, IDENT);
		add_packet_padded(&client, 20, &payload, (uint8_t)padding);
		add_packet(&client, 2, NULL);
		play_split(CLIENT, client.bytes, client.length, 100);
		assert_int_equal(stage.progress, PROGRESS_MORE);
		stage_end();
		assert_true(was_seen("  client.hassh " HASSH "\n"));
	}
}

static void feed_messages_between_are_passed_over(void **state)
{
	static struct script text;

	(void)state;
	stage_begin();
	text.length = 0;
	add_string(&text, "SSH-2.0-not this\r\n");
	client.length = 0;
	add_text(&client, IDENT);
	add_packet(&client, 2, &text);
	add_packet(&client, 4, &text);
	add_kexinit(&client, &plain);
	add_packet(&client, 3, &text);
	add_packet(&client, 1, &text);
	play(CLIENT, client.bytes, client.length);
	assert_int_equal(stage.progress, PROGRESS_MORE);
	stage_end();
	assert_true(was_seen("  client.hassh " HASSH "\n"));
	assert_false(was_seen("anomaly"));
}

static void feed_second_kexinit_changes_nothing(void **state)
{
	struct lists other = plain;

	(void)state;
	other.kex = "other";
	stage_begin();
	client.length = 0;
	add_text(&client, IDENT);
	add_kexinit(&client, &plain);
	add_kexinit(&client, &other);
	play(CLIENT, client.bytes, client.length);
	stage_end();
	assert_true(was_seen("  client.hassh " HASSH "\n"));
	assert_false(was_seen("other"));
}

static void feed_kexinit_of_many_segments_is_whole(void **state)
{
	static char names[8001];
	struct lists lists = plain;

	(void)state;
	for (size_t i = 0; i < 8000; i++) {
		names[i] = (char)('a' + i % 26);
	}
	lists.kex = names;
	client.length = 0;
	add_text(&client, IDENT);
	add_kexinit(&client, &lists);
	for (size_t piece = 1; piece < 9000; piece = piece * 3 + 1) {
		stage_begin();
		play_split(CLIENT, client.bytes, client.length, piece);
		stage_end();
		/* python3 -c 'import string; print((string.ascii_lowercase * 400)[:8000] +
		 * ";c;m;none", end="")' | md5sum */
		assert_true(was_seen("  client.hassh a61784531344e5075df3386eca32137e\n"));
		assert_false(was_seen("  client.string"));
		assert_false(was_seen("  client.core"));
	}
}

static void feed_oversize_kexinit_has_no_hassh(void **state)
{
	static char names[20001];
	struct lists lists = plain;

	(void)state;
	memset(names, 'a', 20000);
	for (size_t length = 16000; length <= 20000; length += 4000) {
		stage_begin();
		lists.kex = names + 20000 - length;
		client.length = 0;
		add_text(&client, IDENT);
		add_kexinit(&client, &lists);
		add_packet(&client, 2, NULL);
		play(CLIENT, client.bytes, client.length);
		assert_int_equal(stage.progress, PROGRESS_MORE);
		stage_end();
		assert_int_equal(was_seen("anomaly ssh-kexinit-oversize 0\n"), length == 20000);
		assert_int_equal(was_seen("hassh"), length != 20000);
		assert_true(was_seen("event\n"));
	}
}

static void feed_broken_kexinit_is_malformed(void **state)
{
	static struct script payload;

	(void)state;
	payload.length = 0;
	add_kexinit_payload(&payload, &plain);
	payload.bytes[17] = 1; /* the first list's length */
	stage_begin();
	client.length = 0;
	add_text(&client, IDENT);
	add_packet(&client, 20, &payload);
	play(CLIENT, client.bytes, client.length);
	assert_int_equal(stage.progress, PROGRESS_FINISHED);
	stage_end();
	assert_true(was_seen("anomaly ssh-malformed 0\n"));
	assert_true(was_seen("event\n  client.protocol 2.0\n"));
}

static void feed_endless_packets_are_malformed(void **state)
{
	static struct script filler;

	(void)state;
	filler.length = 30000;
	client.length = 0;
	add_packet(&client, 2, &filler);
	stage_begin();
	play_text(CLIENT, IDENT);
	for (int i = 0; i < 8; i++) {
		play(CLIENT, client.bytes, client.length);
	}
	assert_int_equal(stage.progress, PROGRESS_MORE);
	play(CLIENT, client.bytes, client.length);
	assert_int_equal(stage.progress, PROGRESS_FINISHED);
	stage_end();
	assert_true(was_seen("anomaly ssh-malformed 0\n"));
}

static void feed_endless_bytes_behind_one_newkeys_are_malformed(void **state)
{
	static const uint8_t enciphered[30000];

	(void)state;
	stage_begin();
	play_text(SERVER, IDENT);
	client.length = 0;
	add_text(&client, IDENT);
	add_packet(&client, 21, NULL);
	play(CLIENT, client.bytes, client.length);
	for (int i = 0; i < 8; i++) {
		play(CLIENT, enciphered, sizeof(enciphered));
	}
	assert_int_equal(stage.progress, PROGRESS_MORE);
	play(CLIENT, enciphered, sizeof(enciphered));
	assert_int_equal(stage.progress, PROGRESS_FINISHED);
	stage_end();
}

static void feed_empty_pool_still_gives_an_event(void **state)
{
	(void)state;
	stage_begin();
	play(CLIENT, recorded_client, 100);
	/* all that is left goes elsewhere */
	uint32_t taken[STAGE_BLOCKS];
	unsigned count = 0;

	while ((taken[count] = pool_take(&stage.pool)) != POOL_NONE) {
		count++;
	}
	play(CLIENT, recorded_client + 100, sizeof(recorded_client) - 116);
	play(SERVER, recorded_server, sizeof(recorded_server));
	play(CLIENT, recorded_client + sizeof(recorded_client) - 16, 16);
	assert_int_equal(stage.progress, PROGRESS_FINISHED);
	assert_true(was_seen("event\n  client.protocol 2.0\n  client.software OpenSSH_9.2p1\n"));
	assert_false(was_seen("hassh"));
	assert_false(was_seen("anomaly"));
	while (count != 0) {
		pool_give(&stage.pool, taken[--count]);
	}
	stage_end();
}

/* ---- ends ------------------------------------------------------------------ */

/* Cut off after any number of bytes there is one event, and nothing is left in the pool. */
static void end_anywhere_gives_one_event(void **state)
{
	(void)state;
	for (size_t cut = 0; cut < sizeof(recorded_client); cut += 1 + cut / 50) {
		for (int gap = 0; gap < 2; gap++) {
			stage_begin();
			play(CLIENT, recorded_client, cut);
			play(SERVER, recorded_server, 41);
			if (gap != 0) {
				ssh_gap(&stage.ssh, &stage.inspection, CLIENT);
				note_events();
				assert_int_equal(stage.pool.free_count, STAGE_BLOCKS);
				play(CLIENT, recorded_client, 10);
				assert_int_equal(stage.progress, PROGRESS_FINISHED);
			}
			stage_end();
			const char *event = strstr(stage.seen.text, "event\n");

			assert_non_null(event);
			assert_null(strstr(event + 1, "event\n"));
			assert_true(was_seen("  server.software OpenSSH_9.2p1\n"));
			assert_int_equal(was_seen("  client.software"), cut >= 41);
		}
	}
}

static void gap_before_certain_is_not_mine(void **state)
{
	(void)state;
	stage_begin();
	play_text(SERVER, "220 hello\r\n");
	ssh_gap(&stage.ssh, &stage.inspection, SERVER);
	play_text(SERVER, IDENT);
	assert_int_equal(stage.progress, PROGRESS_NOT_MINE);
	stage_end();
	assert_int_equal(stage.seen.length, 0);
}

static void end_twice_changes_nothing(void **state)
{
	(void)state;
	stage_begin();
	play_text(CLIENT, IDENT);
	stage_end();
	size_t length = stage.seen.length;

	stage_end();
	play_text(CLIENT, "more");
	assert_int_equal(stage.progress, PROGRESS_FINISHED);
	assert_int_equal(stage.seen.length, length);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(feed_recorded_session_gives_all_there_is),
		cmocka_unit_test(feed_recorded_session_split_anywhere_gives_the_same),
		cmocka_unit_test(feed_recorded_session_cut_at_every_byte_gives_the_same),
		cmocka_unit_test(feed_one_direction_gives_its_half),
		cmocka_unit_test(feed_failed_logins_counts_them),
		cmocka_unit_test(feed_without_login_table_finishes_at_newkeys),
		cmocka_unit_test(detect_other_protocols_is_not_mine),
		cmocka_unit_test(detect_garbage_of_one_side_is_not_mine_soon),
		cmocka_unit_test(detect_lines_of_one_side_is_not_mine_beyond_bound),
		cmocka_unit_test(detect_either_side_is_enough),
		cmocka_unit_test(detect_binary_client_at_ssh_server_is_malformed),
		cmocka_unit_test(feed_greeting_before_ident_is_ssh),
		cmocka_unit_test(feed_version_1_ends_with_both_idents),
		cmocka_unit_test(feed_version_1_99_reads_on),
		cmocka_unit_test(feed_secret_ident_is_matched_and_not_shown),
		cmocka_unit_test(feed_oversize_ident_is_reported),
		cmocka_unit_test(feed_packet_bounds_are_kept),
		cmocka_unit_test(feed_any_padding_gives_the_same_hassh),
		cmocka_unit_test(feed_messages_between_are_passed_over),
		cmocka_unit_test(feed_second_kexinit_changes_nothing),
		cmocka_unit_test(feed_kexinit_of_many_segments_is_whole),
		cmocka_unit_test(feed_oversize_kexinit_has_no_hassh),
		cmocka_unit_test(feed_broken_kexinit_is_malformed),
		cmocka_unit_test(feed_endless_packets_are_malformed),
		cmocka_unit_test(feed_endless_bytes_behind_one_newkeys_are_malformed),
		cmocka_unit_test(feed_empty_pool_still_gives_an_event),
		cmocka_unit_test(end_anywhere_gives_one_event),
		cmocka_unit_test(gap_before_certain_is_not_mine),
		cmocka_unit_test(end_twice_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
