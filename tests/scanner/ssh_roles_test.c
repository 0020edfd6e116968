/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is the client: proofs and hints, honest and forged, in both directions of the
 * connection, for every kind of key exchange; and which host key counts.
 */
#include "tests/scanner/ssh_stage.h"

#define ORIGINATOR TO_RESPONDER
#define RESPONDER TO_ORIGINATOR

/* SHA-256 of string "ssh-ed25519", string "good" (or "fake"), in base64 */
#define GOOD "iAjUbbDemZWiYnpS+QEchOdsQ0BsfMM9CXgnHh6OGaw"
#define FAKE "Agg67gvMAXxqL/SqX9WRM2uu96DCLSzKWPpZ3nJdzj0"
/* MD5 of "KEX;cs;ms;zs" (as a client) and "KEX;cc;mc;zc" (as a server), KEX being "k" */
#define AS_CLIENT "fc988181e0369656f7eb788306955591"
#define AS_SERVER "cfed53d3f7d06f27f9bf0793b122ba51"

static struct script script;

static void say_ident(enum direction sender)
{
	play_text(sender, sender == ORIGINATOR ? "SSH-2.0-o\r\n" : "SSH-2.0-r\r\n");
}

static void say_kexinit(enum direction sender, const char *kex, bool guess)
{
	const struct lists lists = { kex, "cs", "cc", "ms", "mc", "zs", "zc", guess };

	script.length = 0;
	add_kexinit(&script, &lists);
	play(sender, script.bytes, script.length);
}

static void speak(enum direction sender, uint8_t message)
{
	static struct script payload;

	payload.length = 0;
	add_string(&payload, "\xc9\xb5 a point, a number or a ciphertext");
	script.length = 0;
	add_packet(&script, message, &payload);
	play(sender, script.bytes, script.length);
}

static void say_newkeys(enum direction sender)
{
	script.length = 0;
	add_packet(&script, 21, NULL);
	play(sender, script.bytes, script.length);
}

/* A message that begins with a host key. */
static void say_hostkey(enum direction sender, uint8_t message, const char *key)
{
	static struct script payload;

	payload.length = 0;
	add_number(&payload, 4 + 11 + 4 + strlen(key));
	add_string(&payload, "ssh-ed25519");
	add_string(&payload, key);
	add_string(&payload, "signature");
	script.length = 0;
	add_packet(&script, message, &payload);
	play(sender, script.bytes, script.length);
}

/* Both identifications and KEXINITs; `originator` and `responder`: their kex lists. */
static void begin(const char *originator, const char *responder)
{
	stage_begin();
	say_ident(RESPONDER);
	say_ident(ORIGINATOR);
	say_kexinit(ORIGINATOR, originator, false);
	say_kexinit(RESPONDER, responder, false);
}

static void end(enum direction server)
{
	say_newkeys(server);
	say_newkeys(server == ORIGINATOR ? RESPONDER : ORIGINATOR);
	stage_end();
}

static size_t occurrences(const char *text)
{
	size_t n = 0;

	for (const char *at = stage.seen.text; (at = strstr(at, text)) != NULL; at++) {
		n++;
	}
	return n;
}

/* All values stand once, under these roles, in matches and in the event. */
static void assert_roles(enum direction client)
{
	const char *names[2] = { client == ORIGINATOR ? "client" : "server",
				 client == ORIGINATOR ? "server" : "client" };
	char line[128];

	for (int sender = 0; sender < 2; sender++) {
		snprintf(line, sizeof(line), "value %d ssh.%s.ident SSH-2.0-%c\n", sender,
			 names[sender], sender == 0 ? 'o' : 'r');
		assert_int_equal(occurrences(line), 1);
		snprintf(line, sizeof(line), "value %d ssh.%s.hassh ", sender, names[sender]);
		assert_int_equal(occurrences(line), 1);
		snprintf(line, sizeof(line), "\n  %s.software %c\n", names[sender],
			 sender == 0 ? 'o' : 'r');
		assert_int_equal(occurrences(line), 1);
	}
	assert_int_equal(occurrences("event\n"), 1);
}

static void assert_usual(void)
{
	assert_roles(ORIGINATOR);
	assert_false(was_seen("anomaly"));
	assert_int_equal(occurrences("value"), 9);
	assert_int_equal(occurrences("value 1 ssh.hostkey.sha256 " GOOD "\n"), 1);
	assert_int_equal(occurrences("\n  hostkey " GOOD "\n  hostkey.type ssh-ed25519\n"), 1);
}

static void assert_reverse(void)
{
	assert_roles(RESPONDER);
	assert_int_equal(occurrences("anomaly"), 1);
	assert_true(was_seen("anomaly ssh-reverse 0\n"));
	assert_int_equal(occurrences("value 0 ssh.hostkey.sha256 " GOOD "\n"), 1);
	assert_int_equal(occurrences("\n  hostkey " GOOD "\n"), 1);
}

/* ---- honest sides ---------------------------------------------------------- */

static void hints_that_say_what_is_usual_match_at_once(void **state)
{
	(void)state;
	stage_begin();
	say_ident(RESPONDER);
	say_ident(ORIGINATOR);
	assert_int_equal(stage.seen.length, 0);
	say_kexinit(RESPONDER, "k,kex-strict-s-v00@openssh.com", false);
	assert_int_equal(occurrences("value"), 6); /* idents, software, the server's HASSH */
	say_kexinit(ORIGINATOR, "k,ext-info-c", false);
	assert_int_equal(occurrences("value"), 8);
	speak(ORIGINATOR, 30);
	say_hostkey(RESPONDER, 31, "good");
	assert_int_equal(occurrences("value"), 8);
	say_newkeys(RESPONDER);
	assert_int_equal(occurrences("value"), 9); /* the host key, before encryption begins */
	say_newkeys(ORIGINATOR);
	stage_end();
	assert_usual();
}

static void init_without_hints_proves_the_client(void **state)
{
	(void)state;
	begin("k", "k");
	assert_int_equal(stage.seen.length, 0);
	speak(ORIGINATOR, 30);
	assert_int_equal(occurrences("value"), 8);
	say_hostkey(RESPONDER, 31, "good");
	end(RESPONDER);
	assert_usual();
	assert_true(was_seen("value 0 ssh.client.hassh " AS_CLIENT "\n"));
	assert_true(was_seen("value 1 ssh.server.hassh " AS_SERVER "\n"));
	assert_true(was_seen("  client.string k;cs;ms;zs\n"));
	assert_true(was_seen("  server.string k;cc;mc;zc\n"));
}

static void reply_from_originator_is_reverse(void **state)
{
	(void)state;
	begin("k", "k");
	speak(RESPONDER, 30);
	say_hostkey(ORIGINATOR, 31, "good");
	end(ORIGINATOR);
	assert_reverse();
	assert_true(was_seen("value 1 ssh.client.hassh " AS_CLIENT "\n"));
	assert_true(was_seen("value 0 ssh.server.hassh " AS_SERVER "\n"));

	/* honest hints that are unusual wait for the proof */
	begin("k,ext-info-s", "k,ext-info-c");
	assert_int_equal(stage.seen.length, 0);
	speak(RESPONDER, 30);
	say_hostkey(ORIGINATOR, 31, "good");
	end(ORIGINATOR);
	assert_reverse();
}

static void reverse_without_handshake_is_no_anomaly(void **state)
{
	(void)state;
	begin("k", "k");
	stage.inspection.handshake = 0;
	speak(RESPONDER, 30);
	say_hostkey(ORIGINATOR, 31, "good");
	end(ORIGINATOR);
	assert_roles(RESPONDER);
	assert_false(was_seen("anomaly"));
}

static void group_exchange_takes_the_key_of_message_33(void **state)
{
	static struct script payload;

	(void)state;
	begin("k", "k");
	speak(ORIGINATOR, 34);
	/* the group: a prime with its leading zero, a generator */
	payload.length = 0;
	add_number(&payload, 5);
	add_bytes(&payload, "\0\xff\xff\xff\xff\0\0\0\1\2", 10);
	script.length = 0;
	add_packet(&script, 31, &payload);
	play(RESPONDER, script.bytes, script.length);
	speak(ORIGINATOR, 32);
	say_hostkey(RESPONDER, 33, "good");
	end(RESPONDER);
	assert_usual();
}

static void other_methods_prove_the_roles_too(void **state)
{
	(void)state;
	begin("k", "k"); /* the old request of a group exchange */
	speak(ORIGINATOR, 30);
	speak(RESPONDER, 31);
	speak(ORIGINATOR, 32);
	say_hostkey(RESPONDER, 33, "good");
	end(RESPONDER);
	assert_usual();

	begin("k", "k"); /* RSA (RFC 4432): the server begins, with its host key */
	say_hostkey(RESPONDER, 30, "good");
	speak(ORIGINATOR, 31);
	speak(RESPONDER, 32);
	end(RESPONDER);
	assert_usual();

	begin("k", "k"); /* GSS (RFC 4462) */
	speak(ORIGINATOR, 30);
	say_hostkey(RESPONDER, 33, "good");
	speak(RESPONDER, 31);
	speak(ORIGINATOR, 31);
	speak(RESPONDER, 32);
	end(RESPONDER);
	assert_usual();
}

static void no_proof_lets_hints_decide_at_the_end(void **state)
{
	static const struct {
		const char *originator, *responder;
		bool reverse;
	} rows[] = {
		{ "k", "k", false },
		{ "k", "k,ext-info-c", true },
		{ "k,kex-strict-s-v00@openssh.com", "k", true },
		{ "k,ext-info-s", "k,ext-info-s", false },
		{ "k,ext-info-c,ext-info-s", "k", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(rows[i].originator, rows[i].responder);
		stage_end();
		assert_roles(rows[i].reverse ? RESPONDER : ORIGINATOR);
		assert_int_equal(was_seen("anomaly ssh-reverse"), rows[i].reverse);
	}
}

static void lines_before_ident_hint_at_the_server(void **state)
{
	(void)state;
	for (int greeter = 0; greeter < 2; greeter++) {
		stage_begin();
		say_ident(greeter == 0 ? RESPONDER : ORIGINATOR);
		play_text((enum direction)greeter, "hello\r\n");
		say_ident((enum direction)greeter);
		/* the usual is believed at once, the rest at the end */
		assert_int_equal(was_seen("value 1 ssh.server.ident "), greeter == 1);
		stage_end();
		assert_int_equal(was_seen("anomaly ssh-reverse"), greeter == 0);
		assert_int_equal(was_seen("\n  server.shape pre-ident-lines\n"), true);
		assert_int_equal(was_seen("\n  server.software o\n"), greeter == 0);
	}
}

static void encryption_without_proof_decides(void **state)
{
	(void)state;
	begin("k", "k");
	assert_int_equal(stage.seen.length, 0);
	say_newkeys(ORIGINATOR);
	assert_int_equal(occurrences("value"), 8);
	assert_false(was_seen("event"));
	say_newkeys(RESPONDER);
	assert_true(was_seen("event"));
	stage_end();
	assert_roles(ORIGINATOR);
}

/* ---- forged hints, guesses ------------------------------------------------- */

static void client_that_claims_to_be_server_is_found_out(void **state)
{
	(void)state;
	begin("k,ext-info-s,kex-strict-s-v00@openssh.com", "k");
	assert_int_equal(stage.seen.length, 0);
	speak(ORIGINATOR, 30);
	say_hostkey(RESPONDER, 31, "good");
	end(RESPONDER);
	assert_usual();
}

static void reverse_server_that_claims_to_be_client_is_matched_again(void **state)
{
	(void)state;
	begin("k,ext-info-c", "k");
	assert_true(was_seen("value 0 ssh.client.ident SSH-2.0-o\n"));
	speak(RESPONDER, 30);
	say_hostkey(ORIGINATOR, 31, "good");
	end(ORIGINATOR);
	assert_true(was_seen("value 0 ssh.server.ident SSH-2.0-o\n"));
	assert_true(was_seen("value 1 ssh.client.ident SSH-2.0-r\n"));
	assert_true(was_seen("anomaly ssh-reverse 0\n"));
	assert_true(was_seen("  client.software r\n"));
	assert_true(was_seen("  client.string k;cs;ms;zs\n"));
	assert_true(was_seen("  server.string k,ext-info-c;cc;mc;zc\n"));
	assert_int_equal(occurrences("event\n"), 1);
}

static void guessed_init_is_followed_by_the_right_one(void **state)
{
	(void)state;
	stage_begin();
	say_ident(RESPONDER);
	say_ident(ORIGINATOR);
	say_kexinit(ORIGINATOR, "k", true);
	speak(ORIGINATOR, 30);
	assert_int_equal(stage.seen.length, 0);
	say_kexinit(RESPONDER, "k", false);
	speak(ORIGINATOR, 30);
	say_hostkey(RESPONDER, 31, "good");
	end(RESPONDER);
	assert_usual();
}

/* The server ignores a guess that is wrong, so a client may put anything there. */
static void guess_with_a_forged_hostkey_proves_nothing(void **state)
{
	(void)state;
	stage_begin();
	say_ident(RESPONDER);
	say_ident(ORIGINATOR);
	say_kexinit(ORIGINATOR, "k", true);
	say_hostkey(ORIGINATOR, 31, "fake");
	say_kexinit(RESPONDER, "k", false);
	speak(ORIGINATOR, 30);
	say_hostkey(RESPONDER, 31, "good");
	end(RESPONDER);
	assert_usual();
	assert_false(was_seen(FAKE));
}

/* And the client ignores the server's. */
static void guess_of_the_server_is_not_its_hostkey(void **state)
{
	(void)state;
	stage_begin();
	say_ident(RESPONDER);
	say_ident(ORIGINATOR);
	say_kexinit(ORIGINATOR, "k", false);
	say_kexinit(RESPONDER, "k", true);
	say_hostkey(RESPONDER, 31, "fake");
	speak(ORIGINATOR, 30);
	say_hostkey(RESPONDER, 31, "good");
	end(RESPONDER);
	assert_usual();
	assert_false(was_seen(FAKE));
}

static void hostkey_from_the_client_is_none(void **state)
{
	(void)state;
	begin("k", "k");
	speak(ORIGINATOR, 30);
	say_hostkey(RESPONDER, 31, "good");
	say_hostkey(ORIGINATOR, 31, "fake");
	end(RESPONDER);
	assert_usual();
	assert_false(was_seen(FAKE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hints_that_say_what_is_usual_match_at_once),
		cmocka_unit_test(init_without_hints_proves_the_client),
		cmocka_unit_test(reply_from_originator_is_reverse),
		cmocka_unit_test(reverse_without_handshake_is_no_anomaly),
		cmocka_unit_test(group_exchange_takes_the_key_of_message_33),
		cmocka_unit_test(other_methods_prove_the_roles_too),
		cmocka_unit_test(no_proof_lets_hints_decide_at_the_end),
		cmocka_unit_test(lines_before_ident_hint_at_the_server),
		cmocka_unit_test(encryption_without_proof_decides),
		cmocka_unit_test(client_that_claims_to_be_server_is_found_out),
		cmocka_unit_test(reverse_server_that_claims_to_be_client_is_matched_again),
		cmocka_unit_test(guessed_init_is_followed_by_the_right_one),
		cmocka_unit_test(guess_with_a_forged_hostkey_proves_nothing),
		cmocka_unit_test(guess_of_the_server_is_not_its_hostkey),
		cmocka_unit_test(hostkey_from_the_client_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
