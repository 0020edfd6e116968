/* SPDX-License-Identifier: BSD-2-Clause */
/* What a whole scanner says of servers over time: who is known by connections, how SSH and DNS are
 * told, when learning ends. The thresholds themselves: behaviour_test.c. */
#include "tests/scanner/policy_stage.h"

static const char server_ident[] = "SSH-2.0-OpenSSH_9.2\r\n";
static const char client_ident[] = "SSH-2.0-libssh_0.9.6\r\n";

static void open_learned(void)
{
	struct scanner_config config = rig_config();

	config.behaviour.learn_s = 0;
	rig_close(&rig);
	rig_open(&rig, &config);
}

/* Server 10.0.0.`server` and a peer tell each other that they speak SSH, and part. */
static void talk_ssh(struct connection *connection)
{
	rig_handshake(&rig, connection);
	rig_send(&rig, connection, TO_ORIGINATOR, TCP_ACK, server_ident);
	rig_send(&rig, connection, TO_RESPONDER, TCP_ACK, client_ident);
	rig_send(&rig, connection, TO_RESPONDER, TCP_FIN | TCP_ACK, NULL);
	rig_send(&rig, connection, TO_ORIGINATOR, TCP_FIN | TCP_ACK, NULL);
	rig_send(&rig, connection, TO_RESPONDER, TCP_ACK, NULL);
}

static void ssh_to(uint8_t server, uint8_t peer)
{
	struct connection connection = outbound(server, peer, 22);

	talk_ssh(&connection);
}

static void ssh_outbound_is_told_once_a_server(void **state)
{
	(void)state;
	open_learned();
	ssh_to(1, 1);
	ssh_to(1, 2);
	ssh_to(2, 1);
	rig_flush(&rig);
	assert_int_equal(rig.anomalies[ANOMALY_SSH_FIRST_OUTBOUND], 2);
	assert_int_equal(rig.anomalies[ANOMALY_SSH_OUTBOUND_TARGETS], 0);
}

static void ssh_to_many_hosts_is_told_with_its_figures(void **state)
{
	const struct note *note;

	(void)state;
	for (uint8_t peer = 1; peer <= 6; peer++) {
		ssh_to(1, peer);
	}
	rig_flush(&rig);
	assert_int_equal(rig.anomalies[ANOMALY_SSH_OUTBOUND_TARGETS], 1);
	note = rig_note(&rig, EVENT_ANOMALY, 0);
	assert_non_null(note);
	assert_int_equal(note->anomaly.count, 6);
	assert_int_equal(note->anomaly.window_s, 120);
	assert_int_equal(note->tuple.source[3], 1);
	assert_int_equal(note->app, APP_SSH);
}

static void ssh_of_the_first_day_is_no_news(void **state)
{
	(void)state;
	ssh_to(1, 1);
	rig_flush(&rig);
	assert_int_equal(rig.anomalies[ANOMALY_SSH_FIRST_OUTBOUND], 0);
	rig.now.ns += 86400 * NS_PER_S;
	ssh_to(1, 1);
	ssh_to(2, 1);
	rig_flush(&rig);
	assert_int_equal(rig.anomalies[ANOMALY_SSH_FIRST_OUTBOUND], 1);
}

static void ssh_from_outside_is_nobodys(void **state)
{
	(void)state;
	open_learned();
	for (uint8_t peer = 1; peer <= 40; peer++) {
		struct connection connection = inbound(peer, 1, 22);

		talk_ssh(&connection);
	}
	rig_flush(&rig);
	assert_int_equal(rig.events[EVENT_ANOMALY], 0);
}

static void ssh_without_its_handshake_is_nobodys(void **state)
{
	(void)state;
	open_learned();
	for (uint8_t peer = 1; peer <= 10; peer++) {
		struct connection connection = outbound(1, peer, 22);

		rig_send(&rig, &connection, TO_ORIGINATOR, TCP_ACK, server_ident);
		rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, client_ident);
	}
	rig_flush(&rig);
	assert_int_equal(rig.anomalies[ANOMALY_SSH_FIRST_OUTBOUND], 0);
	assert_int_equal(rig.anomalies[ANOMALY_SSH_OUTBOUND_TARGETS], 0);
}

/* A query for a name's `type` records over UDP, from a port of its own. */
static void query(uint8_t server, uint16_t port, uint8_t type)
{
	uint8_t bytes[MESSAGE_MAX];
	uint32_t length = write_query(bytes, "mail.example");
	const struct ends ends = { .family = 4,
				   .source = { 10, 0, 0, server },
				   .destination = { 198, 51, 100, 53 } };

	bytes[length - 3] = type;
	wire_begin(&wire, bytes + 2, length - 2);
	wire_udp(&wire, port, 53);
	wire_ip(&wire, &ends, PROTOCOL_UDP);
	wire_ethernet(&wire, WIRE_IPV4);
	rig_wire(&rig, &wire, PORT_INSIDE);
}

static void queries(uint8_t server, uint8_t type, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++) {
		query(server, (uint16_t)(20000 + i), type);
	}
}

static void mx_queries_of_a_server_with_connections_are_told(void **state)
{
	(void)state;
	queries(1, 15, 40); /* not known by a connection: nothing is told */
	ssh_to(1, 1);
	rig_flush(&rig);
	queries(1, 1, 40); /* addresses, not mail servers */
	queries(1, 15, 30);
	assert_int_equal(rig.anomalies[ANOMALY_DNS_MX_QUERIES], 0);
	queries(1, 15, 1);
	assert_int_equal(rig.anomalies[ANOMALY_DNS_MX_QUERIES], 1);
}

static void scanner_without_servers_to_watch_tells_nothing(void **state)
{
	struct scanner_config config = rig_config();

	(void)state;
	config.behaviour = (struct behaviour_config){ .servers = 0 };
	rig_close(&rig);
	rig_open(&rig, &config);
	for (uint8_t peer = 1; peer <= 40; peer++) {
		ssh_to(1, peer);
	}
	rig_flush(&rig);
	assert_int_equal(rig.events[EVENT_ANOMALY], 0);
}

static void scanner_size_of_a_bad_behaviour_is_0(void **state)
{
	struct scanner_config config = rig_config();

	(void)state;
	assert_int_not_equal(scanner_size(&config), 0);
	config.behaviour.refusal_percent = 101;
	assert_int_equal(scanner_size(&config), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ssh_outbound_is_told_once_a_server, setup,
						teardown),
		cmocka_unit_test_setup_teardown(ssh_to_many_hosts_is_told_with_its_figures, setup,
						teardown),
		cmocka_unit_test_setup_teardown(ssh_of_the_first_day_is_no_news, setup, teardown),
		cmocka_unit_test_setup_teardown(ssh_from_outside_is_nobodys, setup, teardown),
		cmocka_unit_test_setup_teardown(ssh_without_its_handshake_is_nobodys, setup,
						teardown),
		cmocka_unit_test_setup_teardown(mx_queries_of_a_server_with_connections_are_told,
						setup, teardown),
		cmocka_unit_test_setup_teardown(scanner_without_servers_to_watch_tells_nothing,
						setup, teardown),
		cmocka_unit_test_setup_teardown(scanner_size_of_a_bad_behaviour_is_0, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
