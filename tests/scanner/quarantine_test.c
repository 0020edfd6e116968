/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Quarantine: what it takes and what it leaves, when it ends, every guard that keeps
 * a stranger from having a server cut off, and addresses that wait for a handshake.
 */
#include "tests/scanner/policy_stage.h"

/* --- quarantine and its guards --- */

static void quarantine_enforcing_mail_and_ssh_of_server(void **state)
{
	struct connection mail = outbound(21, 9, 25), mail_in = inbound(9, 21, 587);
	struct connection web = inbound(9, 21, 443), before = inbound(8, 21, 22);
	struct connection established = inbound(7, 21, 22);

	(void)state;
	rig_publish(&rig, quarantine_bad, true);
	rig_handshake(&rig, &established);
	rig_handshake(&rig, &before);
	put_in_quarantine(21);
	assert_alert(5, TAKEN_DROPPED, TAKEN_QUARANTINED, GUARD_NONE);
	assert_int_equal(rig_alert(&rig, 5, 0)->alert.quarantine_s, 3600);
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 1);
	assert_int_equal(ssh_of(21), FATE_QUARANTINE);
	assert_int_equal(ssh_of(22), FATE_FORWARDED);
	assert_int_equal(rig_send(&rig, &mail, TO_RESPONDER, TCP_SYN, NULL).fate, FATE_QUARANTINE);
	assert_int_equal(rig_send(&rig, &mail_in, TO_RESPONDER, TCP_SYN, NULL).fate,
			 FATE_QUARANTINE);
	assert_int_equal(rig_send(&rig, &web, TO_RESPONDER, TCP_SYN, NULL).fate, FATE_FORWARDED);
	assert_int_equal(rig_send(&rig, &before, TO_ORIGINATOR, TCP_ACK, "SSH-").fate,
			 FATE_QUARANTINE);
	assert_int_equal(rig_send(&rig, &established, TO_RESPONDER, TCP_ACK, NULL).fate,
			 FATE_QUARANTINE);
	assert_int_equal(rig.injection_count, 0);
}

/* The alert says what happened to the frame; for one that is no mail and no SSH that is a drop. */
static void quarantine_by_ssh_frame_quarantined(void **state)
{
	struct connection connection = inbound(4, 21, 22);

	(void)state;
	rig_publish(&rig, "6 critical quarantine ssh.server.software Bad_1\n", true);
	rig_handshake(&rig, &connection);
	rig_send(&rig, &connection, TO_ORIGINATOR, TCP_ACK, "pre\r\nSSH-2.0-Bad_1\r\n");
	rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, "SSH-2.0-x\r\n");
	rig_send(&rig, &connection, TO_ORIGINATOR, TCP_RST, NULL); /* settles the roles */
	assert_non_null(rig_alert(&rig, 6, 0));
	assert_int_equal(rig_alert(&rig, 6, 0)->alert.would, TAKEN_QUARANTINED);
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 1);
	assert_int_equal(ssh_of(21), FATE_QUARANTINE);
}

static void quarantine_monitoring_nobody(void **state)
{
	(void)state;
	rig_publish(&rig, quarantine_bad, false);
	put_in_quarantine(21);
	assert_alert(5, TAKEN_ALLOWED, TAKEN_QUARANTINED, GUARD_NONE);
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 0);
	assert_int_equal(ssh_of(21), FATE_FORWARDED);
}

static void quarantine_ssh_on_any_port_when_known(void **state)
{
	struct connection connection = inbound(4, 21, 2222);

	(void)state;
	rig_publish(&rig, quarantine_bad, true);
	put_in_quarantine(21);
	rig_handshake(&rig, &connection);
	assert_int_equal(rig.last.fate, FATE_FORWARDED);
	assert_int_equal(
		rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, "SSH-2.0-OpenSSH_9\r\n").fate,
		FATE_QUARANTINE);
	assert_int_equal(rig_send(&rig, &connection, TO_ORIGINATOR, TCP_ACK, NULL).fate,
			 FATE_QUARANTINE);
}

static void quarantine_bytes_from_outside_dropped(void **state)
{
	struct connection connection = inbound(4, 21, 53);

	(void)state;
	rig_publish(&rig, quarantine_bad, true);
	rig_handshake(&rig, &connection);
	assert_int_equal(ask_one(&connection, "bad.example").fate, FATE_SIGNATURE_DROP);
	assert_alert(5, TAKEN_DROPPED, TAKEN_DROPPED, GUARD_NOT_INSIDE);
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 0);
	assert_int_equal(ssh_of(21), FATE_FORWARDED);
}

static void quarantine_without_handshake_dropped(void **state)
{
	struct connection connection = outbound(21, 1, 53);

	(void)state;
	rig_publish(&rig, quarantine_bad, true);
	rig_send(&rig, &connection, TO_RESPONDER, TCP_SYN, NULL);
	assert_int_equal(ask_one(&connection, "bad.example").fate, FATE_SIGNATURE_DROP);
	assert_alert(5, TAKEN_DROPPED, TAKEN_DROPPED, GUARD_HANDSHAKE);
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 0);
}

static void quarantine_datagram_dropped(void **state)
{
	(void)state;
	rig_publish(&rig, quarantine_bad, true);
	assert_int_equal(ask_udp(21, "bad.example").fate, FATE_SIGNATURE_DROP);
	assert_alert(5, TAKEN_DROPPED, TAKEN_DROPPED, GUARD_HANDSHAKE);
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 0);
}

static void quarantine_full_dropped(void **state)
{
	(void)state;
	rig_publish(&rig, quarantine_bad, true);
	for (uint8_t server = 1; server <= 4; server++) {
		put_in_quarantine(server);
	}
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 4);
	put_in_quarantine(5);
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 4);
	assert_int_equal(rig_alert(&rig, 5, 4)->alert.guard, GUARD_FULL);
	assert_int_equal(rig_alert(&rig, 5, 4)->alert.taken, TAKEN_DROPPED);
	assert_int_equal(rig.anomalies[ANOMALY_QUARANTINE_FULL], 1);
	assert_int_equal(ssh_of(5), FATE_FORWARDED);
	assert_int_equal(ssh_of(4), FATE_QUARANTINE);
}

/* One who can send with a server's address from outside must not get it cut off. */
static void quarantine_server_spoofed_from_outside_dropped(void **state)
{
	uint8_t bytes[MESSAGE_MAX];
	uint32_t length = write_query(bytes, "bad.example");
	struct connection connection = outbound(21, 1, 53);

	(void)state;
	rig_publish(&rig, quarantine_bad, true);
	const struct odd query = {
		.direction = TO_RESPONDER, .flags = TCP_ACK, .bytes = bytes, .length = length
	};
	const struct odd step[] = {
		{ .direction = TO_RESPONDER, .flags = TCP_SYN, .offset = -1 },
		{ .direction = TO_ORIGINATOR, .flags = TCP_SYN | TCP_ACK, .offset = -1 },
		{ .direction = TO_RESPONDER, .flags = TCP_ACK },
	};

	for (unsigned i = 0; i < 3; i++) {
		connection_odd(&connection, &wire, &step[i]);
		rig_wire(&rig, &wire, PORT_OUTSIDE);
	}
	connection_odd(&connection, &wire, &query);
	assert_int_equal(rig_wire(&rig, &wire, PORT_OUTSIDE).fate, FATE_SIGNATURE_DROP);
	assert_alert(5, TAKEN_DROPPED, TAKEN_DROPPED, GUARD_NOT_INSIDE);
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 0);
}

/* Nor by bytes put into a connection of its own, ahead of where it is. */
static void quarantine_bytes_spoofed_ahead_dropped(void **state)
{
	uint8_t bytes[MESSAGE_MAX];
	uint32_t length = write_query(bytes, "bad.example");
	struct connection connection = outbound(21, 1, 53);
	const struct odd tail = { .direction = TO_RESPONDER,
				  .flags = TCP_ACK,
				  .offset = 4,
				  .bytes = bytes + 4,
				  .length = length - 4 };
	const struct odd head = {
		.direction = TO_RESPONDER, .flags = TCP_ACK, .bytes = bytes, .length = 4
	};

	(void)state;
	rig_publish(&rig, quarantine_bad, true);
	rig_handshake(&rig, &connection);
	connection_odd(&connection, &wire, &tail);
	assert_int_equal(rig_wire(&rig, &wire, PORT_OUTSIDE).fate, FATE_FORWARDED);
	assert_int_equal(rig_odd(&rig, &connection, &head).fate, FATE_SIGNATURE_DROP);
	assert_alert(5, TAKEN_DROPPED, TAKEN_DROPPED, GUARD_NOT_INSIDE);
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 0);
}

static void quarantine_expires_released(void **state)
{
	struct connection long_lived = inbound(9, 21, 22);

	(void)state;
	rig_publish(&rig, quarantine_bad, true);
	rig_handshake(&rig, &long_lived);
	put_in_quarantine(21);
	rig.now.ns += 3598 * NS_PER_S;
	assert_int_equal(ssh_of(21), FATE_QUARANTINE);
	assert_int_equal(rig_send(&rig, &long_lived, TO_RESPONDER, TCP_ACK, NULL).fate,
			 FATE_QUARANTINE);
	rig.now.ns += 3 * NS_PER_S;
	rig_expire(&rig);
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 0);
	assert_int_equal(ssh_of(21), FATE_FORWARDED);
	assert_int_equal(rig_send(&rig, &long_lived, TO_RESPONDER, TCP_ACK, NULL).fate,
			 FATE_FORWARDED);
}

static void quarantine_again_prolonged(void **state)
{
	(void)state;
	rig_publish(&rig, quarantine_bad, true);
	put_in_quarantine(21);
	rig.now.ns += 1800 * NS_PER_S;
	struct connection again = outbound(21, 2, 53);

	rig_handshake(&rig, &again);
	ask_one(&again, "bad.example");
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 1);
	rig.now.ns += 2000 * NS_PER_S;
	rig_expire(&rig);
	assert_int_equal(ssh_of(21), FATE_QUARANTINE);
	rig.now.ns += 1700 * NS_PER_S;
	rig_expire(&rig);
	assert_int_equal(ssh_of(21), FATE_FORWARDED);
}

/* The clock was a year ahead and is set right. */
static void quarantine_clock_set_back_full_time(void **state)
{
	(void)state;
	rig_publish(&rig, quarantine_bad, true);
	ssh_of(22);
	rig.now.ns -= 365 * 86400 * NS_PER_S;
	put_in_quarantine(21);
	rig_expire(&rig);
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 1);
	for (unsigned second = 0; second < 3598;
	     second++) { /* with frames, which end timers, too */
		rig.now.ns += NS_PER_S - rig.step_ns;
		ssh_of(23);
	}
	assert_int_equal(ssh_of(21), FATE_QUARANTINE);
	rig.now.ns += 3 * NS_PER_S;
	rig_expire(&rig);
	assert_int_equal(ssh_of(21), FATE_FORWARDED);
}

/* A flow that a signature dropped stays dropped when a quarantine around it ends. */
static void quarantine_expires_drop_stays(void **state)
{
	struct connection connection = outbound(21, 3, 25);

	(void)state;
	rig_publish(&rig,
		    "5 critical quarantine=1h dns.query bad.example\n"
		    "6 high drop dns.query worse.example\n",
		    true);
	rig_handshake(&rig, &connection);
	assert_int_equal(ask_one(&connection, "worse.example").fate, FATE_SIGNATURE_DROP);
	put_in_quarantine(21);
	for (unsigned i = 0; i < 200; i++) {
		rig.now.ns += 20 * NS_PER_S;
		assert_int_equal(rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, "x").fate,
				 FATE_SIGNATURE_DROP);
		rig_expire(&rig);
	}
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 0);
}

/* --- addresses --- */

static const char listed[] = "7 critical quarantine ip.dst 198.51.100.3:443/tcp\n";

static void address_quarantine_waits_for_handshake(void **state)
{
	struct connection connection = outbound(21, 3, 443);

	(void)state;
	rig_publish(&rig, listed, true);
	assert_int_equal(rig_send(&rig, &connection, TO_RESPONDER, TCP_SYN, NULL).fate,
			 FATE_FORWARDED);
	assert_int_equal(rig_send(&rig, &connection, TO_ORIGINATOR, TCP_SYN | TCP_ACK, NULL).fate,
			 FATE_FORWARDED);
	assert_int_equal(alerts(), 0);
	assert_int_equal(rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, NULL).fate,
			 FATE_SIGNATURE_DROP);
	assert_int_equal(alerts(), 1);
	assert_alert(7, TAKEN_DROPPED, TAKEN_QUARANTINED, GUARD_NONE);
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 1);
	assert_int_equal(ssh_of(21), FATE_QUARANTINE);
	assert_int_equal(rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, "x").fate,
			 FATE_SIGNATURE_DROP);
}

/* The listed host may send a reset that the server does not heed, and then go on. */
static void address_quarantine_waits_past_reset(void **state)
{
	struct connection connection = outbound(21, 3, 443);
	const struct odd reset = { .direction = TO_ORIGINATOR, .flags = TCP_RST | TCP_ACK };

	(void)state;
	rig_publish(&rig, listed, true);
	rig_send(&rig, &connection, TO_RESPONDER, TCP_SYN, NULL);
	rig_odd(&rig, &connection, &reset);
	rig.now.ns += 2 * NS_PER_S;
	rig_expire(&rig);
	rig_send(&rig, &connection, TO_ORIGINATOR, TCP_SYN | TCP_ACK, NULL);
	rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, NULL);
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 1);
}

static void address_syn_repeated_dropped(void **state)
{
	struct connection connection = outbound(21, 3, 443);

	(void)state;
	rig_publish(&rig, listed, true);
	rig_send(&rig, &connection, TO_RESPONDER, TCP_SYN, NULL);
	connection.next[TO_RESPONDER]--;
	assert_int_equal(rig_send(&rig, &connection, TO_RESPONDER, TCP_SYN, NULL).fate,
			 FATE_SIGNATURE_DROP);
	assert_alert(7, TAKEN_DROPPED, TAKEN_DROPPED, GUARD_HANDSHAKE);
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 0);
}

static void address_never_answered_alert_at_end(void **state)
{
	struct connection connection = outbound(21, 3, 443);

	(void)state;
	rig_publish(&rig, listed, true);
	rig_send(&rig, &connection, TO_RESPONDER, TCP_SYN, NULL);
	assert_int_equal(alerts(), 0);
	rig.now.ns += 31 * NS_PER_S;
	rig_expire(&rig);
	assert_int_equal(alerts(), 1);
	assert_alert(7, TAKEN_ALLOWED, TAKEN_DROPPED, GUARD_HANDSHAKE);
	assert_int_equal(rig_note(&rig, EVENT_FLOW, 0)->flow.alerted, 1);
	assert_int_equal(rig_alert(&rig, 7, 0)->inside, 1);
}

static void address_policy_renewed_while_waiting_still_waits(void **state)
{
	struct connection connection = outbound(21, 3, 443);

	(void)state;
	rig_publish(&rig, listed, true);
	rig_send(&rig, &connection, TO_RESPONDER, TCP_SYN, NULL);
	rig_publish(&rig, listed, true);
	rig_send(&rig, &connection, TO_ORIGINATOR, TCP_SYN | TCP_ACK, NULL);
	rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, NULL);
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 1);
	assert_int_equal(alerts(), 1);
}

static void address_of_stranger_dropped_at_once(void **state)
{
	struct connection connection = inbound(3, 21, 80);

	(void)state;
	rig_publish(&rig, "8 critical quarantine ip.src 198.51.100.0/29\n", true);
	assert_int_equal(rig_send(&rig, &connection, TO_RESPONDER, TCP_SYN, NULL).fate,
			 FATE_SIGNATURE_DROP);
	assert_alert(8, TAKEN_DROPPED, TAKEN_DROPPED, GUARD_NOT_INSIDE);
}

static void address_ipv6_matched(void **state)
{
	struct connection connection;

	(void)state;
	rig_publish(&rig, "9 high drop ip.src 2001:db8::/64\n", true);
	connection_init(&connection, 6, 7, 21, 999);
	assert_int_equal(rig_send(&rig, &connection, TO_RESPONDER, TCP_SYN, NULL).fate,
			 FATE_SIGNATURE_DROP);
	assert_alert(9, TAKEN_DROPPED, TAKEN_DROPPED, GUARD_NONE);
}

/* --- direction by port, without inside nets --- */

static void ports_tell_sides_also_when_flow_ends(void **state)
{
	struct scanner_config config = rig_config();
	struct connection connection = outbound(21, 3, 443), other = inbound(4, 22, 80);

	teardown(state);
	config.inside_count = 0;
	rig_open(&rig, &config);
	rig_publish(&rig, listed, true);
	rig_send(&rig, &connection, TO_RESPONDER, TCP_SYN, NULL);
	for (unsigned i = 0; i < 3; i++) { /* the last frame before it ends is another's */
		rig_send(&rig, &other, TO_RESPONDER, TCP_SYN, NULL);
	}
	rig.now.ns += 31 * NS_PER_S;
	rig_expire(&rig);
	assert_int_equal(rig_alert(&rig, 7, 0)->inside, 1);
	assert_alert(7, TAKEN_ALLOWED, TAKEN_DROPPED, GUARD_HANDSHAKE);
	const struct note *flow = rig_note(&rig, EVENT_FLOW, 0);

	assert_int_equal(flow->inside, flow->tuple.source[0] == 10 ? 1 : 2);
	flow = rig_note(&rig, EVENT_FLOW, 1);
	assert_int_equal(flow->inside, flow->tuple.source[0] == 10 ? 1 : 2);
}

/* A prefix that ends within a byte: 10.0.0.16 to 10.0.0.31. */
static void inside_net_ends_within_byte_exact(void **state)
{
	static const struct {
		uint8_t server;
		bool inside;
	} cases[] = { { 15, false }, { 16, true }, { 31, true }, { 32, false } };
	struct scanner_config config = rig_config();

	config.inside_count = 1;
	config.inside[0] =
		(struct scanner_prefix){ .family = 4, .bits = 28, .address = { 10, 0, 0, 16 } };
	for (unsigned i = 0; i < 4; i++) {
		teardown(state);
		rig_open(&rig, &config);
		rig_publish(&rig, quarantine_bad, true);
		put_in_quarantine(cases[i].server);
		assert_int_equal(scanner_gauges(rig.scanner).quarantined, cases[i].inside);
	}
}

static void ports_quarantine_by_ports(void **state)
{
	struct scanner_config config = rig_config();

	teardown(state);
	config.inside_count = 0;
	rig_open(&rig, &config);
	rig_publish(&rig, quarantine_bad, true);
	put_in_quarantine(21);
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 1);
	assert_int_equal(ssh_of(21), FATE_QUARANTINE);
	assert_int_equal(ssh_of(22), FATE_FORWARDED);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(quarantine_enforcing_mail_and_ssh_of_server),
		CASE(quarantine_by_ssh_frame_quarantined),
		CASE(quarantine_monitoring_nobody),
		CASE(quarantine_ssh_on_any_port_when_known),
		CASE(quarantine_bytes_from_outside_dropped),
		CASE(quarantine_without_handshake_dropped),
		CASE(quarantine_datagram_dropped),
		CASE(quarantine_full_dropped),
		CASE(quarantine_server_spoofed_from_outside_dropped),
		CASE(quarantine_bytes_spoofed_ahead_dropped),
		CASE(quarantine_expires_released),
		CASE(quarantine_again_prolonged),
		CASE(quarantine_clock_set_back_full_time),
		CASE(quarantine_expires_drop_stays),
		CASE(address_quarantine_waits_for_handshake),
		CASE(address_quarantine_waits_past_reset),
		CASE(address_syn_repeated_dropped),
		CASE(address_never_answered_alert_at_end),
		CASE(address_policy_renewed_while_waiting_still_waits),
		CASE(address_of_stranger_dropped_at_once),
		CASE(address_ipv6_matched),
		CASE(ports_tell_sides_also_when_flow_ends),
		CASE(inside_net_ends_within_byte_exact),
		CASE(ports_quarantine_by_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
