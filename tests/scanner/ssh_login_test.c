/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Logins by packet sizes. The sizes are those of recorded sessions of OpenSSH 9.2,
 * dropbear 2022.83 and paramiko 2.12 against OpenSSH's server (tcpdump, one number a
 * segment behind NEWKEYS), whose outcome the programs said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/ssh_login.h"

#define CHACHA "chacha20-poly1305@openssh.com"
#define GCM "aes128-gcm@openssh.com"
#define CTR "aes128-ctr"
#define ETM "hmac-sha2-256-etm@openssh.com"
#define MAC "hmac-sha2-256"

struct session {
	const char *what, *cipher, *mac;
	const char *segments; /* S the server's, C the client's: size, or sizes of its packets */
	unsigned state; /* at the end */
	unsigned failures;
};

static const struct session recorded[] = {
	{ "password", CHACHA, "", "S316 C44 S44 C68 S76 C148 S28 C112 S116", SSH_LOGIN_SUCCEEDED,
	  0 },
	{ "password", CTR, MAC, "S336 C64 S64 C80 S96 C160 S48 C160 S128", SSH_LOGIN_SUCCEEDED, 0 },
	{ "password", GCM, "", "S324 C52 S52 C68 S84 C148 S36 C120 S116", SSH_LOGIN_SUCCEEDED, 0 },
	{ "password", "aes256-ctr", ETM, "S340 C68 S68 C84 S100 C164 S52 C152 S132",
	  SSH_LOGIN_SUCCEEDED, 0 },
	{ "key", CHACHA, "", "S316 C44 S44 C68 S76 C140 S100 C308 S28 C112", SSH_LOGIN_SUCCEEDED,
	  0 },
	{ "key", GCM, "", "S324 C52 S52 C68 S84 C148 S100 C308 S36", SSH_LOGIN_SUCCEEDED, 0 },
	{ "3 wrong", CHACHA, "", "S316 C44 S44 C68 S76 C148 S76 C148 S76 C148 S76",
	  SSH_LOGIN_WATCHING, 3 },
	{ "3 wrong", CTR, MAC, "S336 C64 S64 C80 S96 C160 S96 C160 S96 C160 S96",
	  SSH_LOGIN_WATCHING, 3 },
	{ "3 wrong", GCM, "", "S324 C52 S52 C68 S84 C148 S84 C148 S84 C148 S84", SSH_LOGIN_WATCHING,
	  3 },
	{ "3 wrong", "aes256-ctr", ETM, "S340 C68 S68 C84 S100 C164 S100 C164 S100 C164 S100",
	  SSH_LOGIN_WATCHING, 3 },
	{ "3 wrong, a short banner", CHACHA, "", "S316 C44 S44 C68 S176 C148 S76 C148 S76 C148 S76",
	  SSH_LOGIN_WATCHING, 3 },
	{ "3 wrong, a short banner", "aes256-ctr", ETM,
	  "S340 C68 S68 C84 S116+100 C164 S100 C164 S100 C164 S100", SSH_LOGIN_WATCHING, 3 },
	{ "3 wrong, a banner of two segments", CHACHA, "",
	  "S316 C44 S44 C68 S1448 S88 C148 S76 C148 S76 C148 S76", SSH_LOGIN_WATCHING, 3 },
	{ "3 wrong, a long banner", "aes256-ctr", ETM,
	  "S340 C68 S68 C84 S1476+100 C164 S100 C164 S100 C164 S100", SSH_LOGIN_WATCHING, 3 },
	{ "right, a banner of two segments", CHACHA, "",
	  "S316 C44 S44 C68 S1448 S88 C148 S28 C112 S116", SSH_LOGIN_SUCCEEDED, 0 },
	{ "paramiko, right, without a try of none", CTR, MAC, "S336 C64 S64 C112 S48 C80 S128",
	  SSH_LOGIN_SUCCEEDED, 0 },
	{ "paramiko, one wrong, without a try of none", CTR, MAC, "S336 C64 S64 C96 S96",
	  SSH_LOGIN_WATCHING, 0 },
	{ "dropbear does not wait for SERVICE_ACCEPT, 6 wrong", CHACHA, "",
	  "S316 C112 S44 S76 C92 S76 C76 S76 C76 S76 C76 S76 C76 S76 C76 S76", SSH_LOGIN_WATCHING,
	  6 },
	{ "dropbear, a key refused, then right", CHACHA, "",
	  "S316 C112 S44 S76 C92 S76 C84 S28 C52 S116", SSH_LOGIN_SUCCEEDED, 0 },
	{ "not recorded: dropbear's first two replies in one packet", GCM, "",
	  "S324 C112 S52+84 C92 S84 C92 S84", SSH_LOGIN_WATCHING, 2 },
	{ "not recorded: SUCCESS and what follows it in one segment", GCM, "",
	  "S324 C52 S52 C68 S84 C148 S36+324", SSH_LOGIN_SUCCEEDED, 0 },
	{ "not recorded: no EXT_INFO", CHACHA, "", "C44 S44 C68 S76 C148 S76", SSH_LOGIN_WATCHING,
	  1 },
	{ "not recorded: EXT_INFO before the first FAILURE", CHACHA, "",
	  "S316 C44 S44 C68 S204 S76 C148 S76 C148 S76", SSH_LOGIN_WATCHING, 2 },
	{ "not recorded: something else than SERVICE_ACCEPT", GCM, "", "C52 S68 C68 S84 C148 S84",
	  SSH_LOGIN_OFF, 0 },
	{ "not recorded: less than SERVICE_ACCEPT", CHACHA, "", "C44 S36 C68 S84 C148 S84",
	  SSH_LOGIN_OFF, 0 },
};
#define RECORDED (sizeof(recorded) / sizeof(recorded[0]))

static uint8_t bytes[300000];

/* Sends one packet or chunk of the server; a clear length stands in its first bytes. */
static void send_packet(struct ssh_login *login, size_t size, size_t piece)
{
	size_t length = size - 4 - login->tag;

	memset(bytes, 0xff, size);
	if (login->lengths_clear) {
		bytes[0] = 0;
		bytes[1] = (uint8_t)(length >> 16);
		bytes[2] = (uint8_t)(length >> 8);
		bytes[3] = (uint8_t)length;
	}
	for (size_t at = 0; at < size; at += piece) {
		ssh_login_server(login, bytes + at, size - at < piece ? size - at : piece);
	}
}

static void play(struct ssh_login *login, const char *segments, size_t piece)
{
	while (*segments != '\0' && login->state == SSH_LOGIN_WATCHING) {
		bool server = *segments == 'S';
		char *rest;

		do {
			size_t size = strtoul(segments + 1, &rest, 10);

			if (server) {
				send_packet(login, size, piece);
			} else {
				ssh_login_client(login, size);
			}
			segments = rest;
		} while (*rest == '+');
		segments += *rest == ' ';
	}
}

static void sizes_of_sessions_give_their_outcome(void **state)
{
	(void)state;
	for (size_t i = 0; i < RECORDED; i++) {
		struct ssh_login login;

		ssh_login_start(&login, recorded[i].cipher, recorded[i].mac, "none");
		assert_int_equal(login.state, SSH_LOGIN_WATCHING);
		play(&login, recorded[i].segments, SIZE_MAX / 2);
		unsigned ended = login.state;
		unsigned failures = ssh_login_end(&login);

		if (ended != recorded[i].state || failures != recorded[i].failures) {
			fail_msg("%s, %s: state %u, %u failures", recorded[i].what,
				 recorded[i].cipher, ended, failures);
		}
	}
}

static void sizes_cut_anywhere_with_clear_lengths_give_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < RECORDED; i++) {
		for (size_t piece = 1; piece < 40; piece++) {
			struct ssh_login login;

			ssh_login_start(&login, recorded[i].cipher, recorded[i].mac, "none");
			if (!login.lengths_clear) {
				break;
			}
			play(&login, recorded[i].segments, piece);
			assert_int_equal(login.state, recorded[i].state);
			assert_int_equal(ssh_login_end(&login), recorded[i].failures);
		}
	}
}

/* Failures are whole turns of the server: a cut within them does not matter either, but for the
 * first, whose size is not known yet, when the cut makes it begin as SUCCESS would. */
static void failures_cut_anywhere_with_hidden_lengths_count_alike(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 80; piece++) {
		struct ssh_login login;

		ssh_login_start(&login, CHACHA, "", "none");
		play(&login, "S316 C44 S44 C68", piece);
		play(&login, "S76 C148", piece == login.success ? 76 : piece);
		play(&login, "S76 C148 S76 C148 S76", piece);
		assert_int_equal(ssh_login_end(&login), 3);
	}
}

static void start_unknown_algorithms_is_off(void **state)
{
	static const struct {
		const char *cipher, *mac, *compression;
		unsigned state;
	} rows[] = {
		{ CHACHA, "", "none", SSH_LOGIN_WATCHING },
		{ CHACHA, "", "zlib@openssh.com", SSH_LOGIN_WATCHING },
		{ CHACHA, "", "zlib", SSH_LOGIN_OFF },
		{ CHACHA, "", "", SSH_LOGIN_OFF },
		{ "rot13", MAC, "none", SSH_LOGIN_OFF },
		{ CTR, "", "none", SSH_LOGIN_OFF },
		{ CTR, "hmac-x", "none", SSH_LOGIN_OFF },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ssh_login login;

		ssh_login_start(&login, rows[i].cipher, rows[i].mac, rows[i].compression);
		assert_int_equal(login.state, rows[i].state);
		ssh_login_server(&login, bytes, 100);
		ssh_login_client(&login, 100);
		assert_int_equal(ssh_login_end(&login), 0);
	}
}

static void replies_without_end_give_up_and_count(void **state)
{
	struct ssh_login login;
	unsigned turns = 0;

	(void)state;
	ssh_login_start(&login, CHACHA, "", "none");
	play(&login, "S316 C44 S44 C68", 10000);
	while (login.state == SSH_LOGIN_WATCHING) {
		play(&login, "S76 C148", 10000);
		turns++;
		assert_true(turns <= SSH_LOGIN_TURNS_MAX);
	}
	assert_int_equal(login.state, SSH_LOGIN_GAVE_UP);
	assert_int_equal(ssh_login_end(&login), turns - 1);
}

static void many_bytes_mean_success(void **state)
{
	struct ssh_login login;

	(void)state;
	ssh_login_start(&login, CHACHA, "", "none");
	play(&login, "S316 C44 S44 C68 S76 C148 S76 C148 S70000", 100000);
	assert_int_equal(login.state, SSH_LOGIN_SUCCEEDED);
	assert_int_equal(ssh_login_end(&login), 0);
	ssh_login_start(&login, CHACHA, "", "none");
	play(&login, "S316 C44 S44 C68 S76 C70000", 100000);
	assert_int_equal(login.state, SSH_LOGIN_SUCCEEDED);
}

static void impossible_lengths_are_off(void **state)
{
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xff }, zero[] = { 0, 0, 0, 0 };
	struct ssh_login login;

	(void)state;
	ssh_login_start(&login, GCM, "", "none");
	ssh_login_server(&login, huge, sizeof(huge));
	assert_int_equal(login.state, SSH_LOGIN_OFF);
	ssh_login_start(&login, GCM, "", "none");
	ssh_login_server(&login, zero, sizeof(zero));
	assert_int_equal(login.state, SSH_LOGIN_OFF);
}

/* A client that speaks in the middle of a server's packet proves nothing. */
static void half_packets_are_no_replies(void **state)
{
	struct ssh_login login;

	(void)state;
	ssh_login_start(&login, GCM, "", "none");
	play(&login, "C52 S52 C68", 10000);
	ssh_login_server(&login, (const uint8_t *)"\0\0\0\x40zz", 6);
	ssh_login_client(&login, 100);
	ssh_login_server(&login, bytes, 0x40 + 16 - 2);
	ssh_login_client(&login, 100);
	assert_int_equal(login.state, SSH_LOGIN_WATCHING);
	assert_int_equal(ssh_login_end(&login), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_of_sessions_give_their_outcome),
		cmocka_unit_test(sizes_cut_anywhere_with_clear_lengths_give_the_same),
		cmocka_unit_test(failures_cut_anywhere_with_hidden_lengths_count_alike),
		cmocka_unit_test(start_unknown_algorithms_is_off),
		cmocka_unit_test(replies_without_end_give_up_and_count),
		cmocka_unit_test(many_bytes_mean_success),
		cmocka_unit_test(impossible_lengths_are_off),
		cmocka_unit_test(half_packets_are_no_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
