/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which protocol a flow is: disguises. One side begins with what belongs to another
 * protocol and the other overlooks it, as mail servers answer nonsense with a 5xx and
 * SSH clients skip lines before the server's identification. What follows is read all the
 * same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/scanner/rig.h"
#include "tests/scanner/tls_build.h"

#define SIGNATURES                                            \
	"1 critical alert ssh.client.ident.shape ebury-hex\n" \
	"2 high alert smtp.rcpt_to r0fl24@yahoo.com\n"        \
	"3 high alert tls.sni example.org\n"
#define EBURY "SSH-2.0-b479ec723a2ba590d6c4a0bf40f4ba\r\n"

static struct rig rig;
static struct connection connection;
static struct bytes hello;

static int setup(void **state)
{
	(void)state;
	rig_open(&rig, NULL);
	rig_publish(&rig, SIGNATURES, false);
	connection_init(&connection, 4, 1, 25, 40000);
	rig_handshake(&rig, &connection);
	hello.length = 0;
	add_hello(&hello, &plan_chrome);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

/* In order, each segment acknowledged by the next one of the other side. */
static void say(enum direction direction, const void *bytes, size_t length)
{
	const struct odd odd = {
		.direction = direction,
		.flags = TCP_ACK,
		.bytes = bytes,
		.length = (uint32_t)length,
	};

	rig_odd(&rig, &connection, &odd);
	connection.next[direction] += (uint32_t)length;
}

static void client(const char *text)
{
	say(TO_RESPONDER, text, strlen(text));
}

static void server(const char *text)
{
	say(TO_ORIGINATOR, text, strlen(text));
}

/* What a mail server makes of a disguise it is sent ahead of its greeting, and what follows. */
static void speak_smtp(void)
{
	server("220 mx.example.org ESMTP\r\n");
	server("502 5.5.2 Error: command not recognized\r\n");
	client("EHLO a.example\r\n");
	server("250 mx.example.org\r\n");
	client("MAIL FROM:<a@a.example>\r\n");
	server("250 ok\r\n");
	client("RCPT TO:<r0fl24@yahoo.com>\r\n");
	server("250 ok\r\n");
	client("QUIT\r\n");
	server("221 bye\r\n");
}

static void assert_smtp_read(void)
{
	rig_flush(&rig);
	assert_non_null(rig_alert(&rig, 2, 0));
	assert_int_equal(rig.events[EVENT_SMTP], 1);
}

static void smtp_behind_an_ssh_line_is_read(void **state)
{
	(void)state;
	client("SSH-2.0-OpenSSH_9.2p1\r\n");
	speak_smtp();
	assert_smtp_read();
}

static void smtp_behind_an_ssh_line_in_one_segment_is_read(void **state)
{
	(void)state;
	client("SSH-2.0-OpenSSH_9.2p1\r\nEHLO a.example\r\n");
	speak_smtp();
	assert_smtp_read();
}

static void smtp_behind_a_dns_query_is_read(void **state)
{
	static const char query[] =
		"\0\x1d\x12\x34\1\0\0\1\0\0\0\0\0\0\7example\3org\0\0\1\0\1\r\n";

	(void)state;
	say(TO_RESPONDER, query, sizeof(query) - 1);
	speak_smtp();
	assert_smtp_read();
}

static void smtp_behind_a_client_hello_is_read(void **state)
{
	(void)state;
	add_text(&hello, "\r\n");
	say(TO_RESPONDER, hello.at, hello.length);
	speak_smtp();
	assert_smtp_read();
	assert_non_null(rig_alert(&rig, 3, 0));
	assert_int_equal(rig.events[EVENT_TLS], 1);
}

static void smtp_behind_half_a_client_hello_is_read(void **state)
{
	(void)state;
	say(TO_RESPONDER, hello.at, hello.length / 2);
	client("\r\n");
	speak_smtp();
	assert_smtp_read();
	assert_int_equal(rig.events[EVENT_TLS], 0);
}

static void smtp_behind_an_http_request_is_read(void **state)
{
	(void)state;
	client("POST / HTTP/1.1\r\nHost: x\r\n\r\n");
	speak_smtp();
	assert_smtp_read();
}

/* Longer than one side of the other protocols is waited for. */
static void smtp_behind_much_nonsense_is_read(void **state)
{
	char line[1000];

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 2] = '\0';
	for (unsigned i = 0; i < 20; i++) {
		client(line);
	}
	client("\r\n");
	speak_smtp();
	assert_smtp_read();
}

static void smtp_behind_an_unknown_command_is_read(void **state)
{
	(void)state;
	server("220 mx.example.org ESMTP\r\n");
	client("\x16\x03\x01 nonsense\r\n");
	server("502 5.5.2 Error: command not recognized\r\n");
	client("RCPT TO:<r0fl24@yahoo.com>\r\n");
	server("250 ok\r\n");
	assert_smtp_read();
}

/* What greets like a mail server and does not say so is left at its first reply that is not
 * SMTP's. */
static void ftp_behind_nonsense_is_left_alone(void **state)
{
	(void)state;
	client("nonsense\r\n");
	server("220 (vsFTPd 3.0.3)\r\n");
	server("530 Please login with USER and PASS.\r\n");
	client("USER x\r\n");
	server("331 Please specify the password.\r\n");
	assert_int_equal(flow_seen(rig_flow(&rig, &connection)), SEEN_FINISHED);
	rig_flush(&rig);
	assert_int_equal(rig_note(&rig, EVENT_FLOW, 0)->app, APP_OTHER);
}

/* A resolver's connection: both sides said DNS, and it stays DNS. */
static void dns_answered_stays_dns(void **state)
{
	static const char query[] = "\0\x1d\x12\x34\1\0\0\1\0\0\0\0\0\0\7example\3org\0\0\1\0\1";
	static const char answer[] =
		"\0\x1d\x12\x34\x81\x83\0\1\0\0\0\0\0\0\7example\3org\0\0\1\0\1";

	(void)state;
	say(TO_RESPONDER, query, sizeof(query) - 1);
	say(TO_ORIGINATOR, answer, sizeof(answer) - 1);
	client("EHLO a.example\r\n");
	rig_flush(&rig);
	assert_int_equal(rig.events[EVENT_DNS], 1);
	assert_int_equal(rig.events[EVENT_SMTP], 0);
	assert_int_equal(rig_note(&rig, EVENT_FLOW, 0)->app, APP_DNS);
}

static void ssh_behind_a_servers_smtp_greeting_is_read(void **state)
{
	(void)state;
	server("220 mx.example.org ESMTP\r\n");
	client(EBURY);
	server("SSH-2.0-OpenSSH_8.4p1\r\n");
	rig_flush(&rig);
	assert_non_null(rig_alert(&rig, 1, 0));
	assert_int_equal(rig.events[EVENT_SSH], 1);
}

static void ssh_behind_a_servers_smtp_greeting_that_comes_second_is_read(void **state)
{
	(void)state;
	client(EBURY);
	server("220 mx.example.org ESMTP\r\nSSH-2.0-OpenSSH_8.4p1\r\n");
	rig_flush(&rig);
	assert_non_null(rig_alert(&rig, 1, 0));
	assert_int_equal(rig.events[EVENT_SSH], 1);
}

/* What a ClientHello gets from an SSH server. */
static void ssh_of_a_server_that_is_sent_a_client_hello_is_read(void **state)
{
	(void)state;
	say(TO_RESPONDER, hello.at, hello.length);
	server("SSH-2.0-OpenSSH_8.4p1\r\nInvalid SSH identification string.\r\n");
	rig_flush(&rig);
	assert_int_equal(rig.events[EVENT_SSH], 1);
	assert_int_equal(rig.events[EVENT_TLS], 1);
	assert_int_equal(rig_note(&rig, EVENT_FLOW, 0)->app, APP_SSH);
}

static void tls_answered_is_encrypted(void **state)
{
	(void)state;
	say(TO_RESPONDER, hello.at, hello.length);
	assert_int_equal(rig_seen(&rig, SEEN_ENCRYPTED), 0);
	say(TO_ORIGINATOR, "\x16\x03\x03\0\x7a\2", 6);
	client("x");
	client("x");
	assert_int_equal(rig_seen(&rig, SEEN_ENCRYPTED), 2);
	rig_flush(&rig);
	assert_int_equal(rig.events[EVENT_TLS], 1);
	assert_int_equal(rig_note(&rig, EVENT_FLOW, 0)->app, APP_TLS);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(smtp_behind_an_ssh_line_is_read),
		TEST(smtp_behind_an_ssh_line_in_one_segment_is_read),
		TEST(smtp_behind_a_dns_query_is_read),
		TEST(smtp_behind_a_client_hello_is_read),
		TEST(smtp_behind_half_a_client_hello_is_read),
		TEST(smtp_behind_an_http_request_is_read),
		TEST(smtp_behind_much_nonsense_is_read),
		TEST(smtp_behind_an_unknown_command_is_read),
		TEST(ftp_behind_nonsense_is_left_alone),
		TEST(dns_answered_stays_dns),
		TEST(ssh_behind_a_servers_smtp_greeting_is_read),
		TEST(ssh_behind_a_servers_smtp_greeting_that_comes_second_is_read),
		TEST(ssh_of_a_server_that_is_sent_a_client_hello_is_read),
		TEST(tls_answered_is_encrypted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
