/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which port a frame came in on, where that is known: what a stranger outside says in
 * both ends' names proves nothing, acknowledges nothing and ends nothing.
 */
#include "tests/scanner/policy_stage.h"

static struct connection connection;

static int setup_by_ports(void **state)
{
	struct scanner_config config = rig_config();

	(void)state;
	config.inside_count = 0;
	rig_open(&rig, &config);
	return 0;
}

static struct verdict send_on(enum port_side port, enum direction direction, uint8_t flags,
			      const char *text)
{
	connection_send(&connection, &wire, direction, flags, text);
	return rig_wire(&rig, &wire, port);
}

/* A frame in one end's name, which does not advance what that end sends next. */
static struct verdict fake(const struct odd *odd)
{
	connection_odd(&connection, &wire, odd);
	return rig_wire(&rig, &wire, PORT_OUTSIDE);
}

static struct verdict fake_flags(enum direction direction, uint8_t flags, int32_t offset)
{
	return fake(&(struct odd){ .direction = direction, .flags = flags, .offset = offset });
}

static struct verdict fake_ack(int32_t acknowledge)
{
	return fake(&(struct odd){
		.direction = TO_ORIGINATOR, .flags = TCP_ACK, .acknowledge = acknowledge });
}

static void handshake_on(enum port_side originator, enum port_side responder)
{
	send_on(originator, TO_RESPONDER, TCP_SYN, NULL);
	send_on(responder, TO_ORIGINATOR, TCP_SYN | TCP_ACK, NULL);
	send_on(originator, TO_RESPONDER, TCP_ACK, NULL);
}

static bool is_proven(void)
{
	const struct flow *flow = rig_flow(&rig, &connection);

	assert_non_null(flow);
	assert_int_equal((flow->flags & FLOW_REPLIED) != 0, flow_class(flow) != FLOW_HALF_OPEN);
	return (flow->flags & FLOW_REPLIED) != 0;
}

/* --- proof that both ends take part --- */

static void handshake_opposite_ports_proven(void **state)
{
	(void)state;
	connection = inbound(1, 5, 22);
	handshake_on(PORT_OUTSIDE, PORT_INSIDE);
	assert_true(is_proven());
	connection = outbound(5, 1, 22);
	handshake_on(PORT_INSIDE, PORT_OUTSIDE);
	assert_true(is_proven());
	connection = inbound(2, 5, 22);
	handshake_on(PORT_ANY, PORT_ANY);
	assert_true(is_proven());
}

static void handshake_one_port_not_proven(void **state)
{
	(void)state;
	for (enum port_side port = PORT_INSIDE; port <= PORT_OUTSIDE; port++) {
		connection = inbound(1, (uint8_t)(5 + port), 22);
		handshake_on(port, port);
		assert_false(is_proven());
		assert_int_equal(rig_flow(&rig, &connection)->flags & FLOW_HANDSHAKE, 0);
	}
}

static void midstream_one_port_not_proven(void **state)
{
	(void)state;
	connection = inbound(1, 5, 22);
	send_on(PORT_OUTSIDE, TO_RESPONDER, TCP_ACK, "SSH-");
	send_on(PORT_OUTSIDE, TO_ORIGINATOR, TCP_ACK, "SSH-");
	send_on(PORT_OUTSIDE, TO_RESPONDER, TCP_ACK, "2.");
	assert_false(is_proven());
	send_on(PORT_INSIDE, TO_ORIGINATOR, TCP_ACK, "2.");
	assert_true(is_proven());
}

static void send_datagram(enum port_side port, uint32_t client, bool back)
{
	struct ends ends = { .family = 4,
			     .source = { 198, 51, (uint8_t)(client >> 8), (uint8_t)client },
			     .destination = { 10, 0, 0, 5 } };
	const struct ends turned = { .family = 4,
				     .source = { 10, 0, 0, 5 },
				     .destination = { 198, 51, (uint8_t)(client >> 8),
						      (uint8_t)client } };

	ends = back ? turned : ends;
	wire_begin(&wire, "some other protocol", 19);
	wire_udp(&wire, back ? 2000 : 1000, back ? 1000 : 2000);
	wire_ip(&wire, &ends, PROTOCOL_UDP);
	wire_ethernet(&wire, WIRE_IPV4);
	rig_wire(&rig, &wire, port);
}

static void datagrams_one_port_not_proven(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		send_datagram(PORT_OUTSIDE, 1, i % 2 != 0);
		send_datagram(PORT_ANY, 2, i % 2 != 0);
	}
	assert_int_equal(scanner_gauges(rig.scanner).half_open, 1);
	send_datagram(PORT_INSIDE, 1, true);
	assert_int_equal(scanner_gauges(rig.scanner).half_open, 0);
}

static void flood_of_faked_pairs_idle_session_survives(void **state)
{
	(void)state;
	rig_publish(&rig, "5 critical alert dns.query bad.example\n", false);
	connection = outbound(5, 1, 53);
	rig_handshake(&rig, &connection);
	ask_one(&connection, "good.example");
	rig.now.ns += 30 * NS_PER_S;
	for (uint32_t i = 0; i < 4 * rig.config.flows_ipv4; i++) {
		for (unsigned n = 0; n < 5; n++) {
			send_datagram(PORT_OUTSIDE, 256 + i, n % 2 != 0);
		}
	}
	ask_one(&connection, "bad.example");
	assert_int_equal(alerts(), 1);
	assert_int_equal(rig_alert(&rig, 5, 0)->tx_id, 1);
}

/* --- what a stranger says in the server's name --- */

static void syn_ack_faked_handshake_still_proven(void **state)
{
	(void)state;
	connection = inbound(1, 5, 22);
	send_on(PORT_OUTSIDE, TO_RESPONDER, TCP_SYN, NULL);
	send_on(PORT_INSIDE, TO_ORIGINATOR, TCP_SYN | TCP_ACK, NULL);
	fake_flags(TO_ORIGINATOR, TCP_SYN | TCP_ACK, 123456);
	send_on(PORT_OUTSIDE, TO_RESPONDER, TCP_ACK, NULL);
	assert_true(is_proven());
}

static void acknowledgement_faked_no_gap(void **state)
{
	static const struct odd behind_hole = { .direction = TO_RESPONDER,
						.flags = TCP_ACK,
						.offset = 8,
						.bytes = "SSH-",
						.length = 4 };

	(void)state;
	connection = inbound(1, 5, 22);
	rig_handshake(&rig, &connection);
	fake(&behind_hole); /* this one is the client's, who is outside */
	for (unsigned i = 0; i < 8; i++) {
		fake_ack(12);
	}
	assert_int_equal(rig.anomalies[ANOMALY_STREAM_GAP], 0);
	for (unsigned i = 0; i < 4; i++) {
		const struct odd real = { .direction = TO_ORIGINATOR,
					  .flags = TCP_ACK,
					  .acknowledge = 12 };

		connection_odd(&connection, &wire, &real);
		rig_wire(&rig, &wire, PORT_INSIDE);
	}
	assert_int_equal(rig.anomalies[ANOMALY_STREAM_GAP], 1);
}

/* Else other bytes for the same place would pass as ones that the server has already. */
static void acknowledgement_faked_kept_bytes_stay(void **state)
{
	(void)state;
	rig_publish(&rig, NULL, true);
	connection = inbound(1, 5, 22);
	rig_handshake(&rig, &connection);
	send_on(PORT_OUTSIDE, TO_RESPONDER, TCP_ACK, "SSH-2.0-harmless");
	fake_ack(0);
	connection.next[TO_RESPONDER] -= 16;
	assert_int_equal(send_on(PORT_OUTSIDE, TO_RESPONDER, TCP_ACK, "SSH-2.0-harmful!").fate,
			 FATE_STREAM_CONFLICT);
}

static void reset_faked_connection_stays_open(void **state)
{
	(void)state;
	connection = inbound(1, 5, 22);
	rig_handshake(&rig, &connection);
	fake_flags(TO_ORIGINATOR, TCP_RST, 0);
	fake_flags(TO_ORIGINATOR, TCP_FIN | TCP_ACK, 0);
	fake_flags(TO_RESPONDER, TCP_FIN | TCP_ACK, 0);
	assert_int_equal(flow_class(rig_flow(&rig, &connection)), FLOW_INSPECTED);
}

/* A helper outside begins the flow in the server's name, before it does so itself. */
static void first_frame_faked_server_known_by_its_port(void **state)
{
	(void)state;
	rig_publish(&rig, quarantine_bad, true);
	connection = outbound(5, 1, 53);
	fake_flags(TO_RESPONDER, TCP_SYN, 777);
	handshake_on(PORT_INSIDE, PORT_OUTSIDE);
	assert_true(is_proven());
	uint8_t query[MESSAGE_MAX];
	const struct odd asking = { .flags = TCP_ACK,
				    .bytes = query,
				    .length = write_query(query, "bad.example") };

	connection_odd(&connection, &wire, &asking);
	rig_wire(&rig, &wire, PORT_INSIDE);
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 1);
	assert_alert(5, TAKEN_DROPPED, TAKEN_QUARANTINED, GUARD_NONE); /* neither mail nor SSH */
	assert_int_equal(rig_alert(&rig, 5, 0)->inside, 1);
}

int main(void)
{
#define case_of(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define case_by_ports(name) cmocka_unit_test_setup_teardown(name, setup_by_ports, teardown)
	const struct CMUnitTest tests[] = {
		case_of(handshake_opposite_ports_proven),
		case_by_ports(handshake_opposite_ports_proven),
		case_of(handshake_one_port_not_proven),
		case_by_ports(handshake_one_port_not_proven),
		case_of(midstream_one_port_not_proven),
		case_of(datagrams_one_port_not_proven),
		case_of(flood_of_faked_pairs_idle_session_survives),
		case_of(syn_ack_faked_handshake_still_proven),
		case_of(acknowledgement_faked_no_gap),
		case_of(acknowledgement_faked_kept_bytes_stay),
		case_of(reset_faked_connection_stays_open),
		case_of(first_frame_faked_server_known_by_its_port),
		case_by_ports(first_frame_faked_server_known_by_its_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
