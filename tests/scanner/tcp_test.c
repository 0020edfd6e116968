/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP through the whole scanner, once a connection has begun: resets and ends that
 * lie, the same ports again, conflicts, checksums, urgent data, gaps, windows.
 */
#include "tests/scanner/tcp_stage.h"

/* --- resets and ends --- */

static void reset_lying_data_goes_on_read(void **state)
{
	static const int32_t offsets[] = { 0, 1, -1, 100000, -100000, 1 << 30, INT32_MIN };

	(void)state;
	for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		for (unsigned from = 0; from < 2; from++) {
			for (unsigned flags = TCP_RST; flags <= (TCP_RST | TCP_ACK);
			     flags += TCP_ACK) {
				teardown(state);
				setup(state);
				rig_handshake(&rig, &connection);
				lie(from, (uint8_t)flags, offsets[i], NULL);
				server(TCP_ACK, SERVER);
				client(TCP_ACK, "SSH-2.0-b479ec723a2ba5");
				lie(from, (uint8_t)flags, offsets[i], NULL);
				assert_class(FLOW_CLOSED);
				client(TCP_ACK, "90d6c4a0bf40f4ba\r\n");
				assert_class(FLOW_INSPECTED);
				assert_read();
				assert_anomaly(ANOMALY_STREAM_RST_IGNORED, 1);
			}
		}
	}
}

static void reset_during_handshake_read(void **state)
{
	(void)state;
	client(TCP_SYN, NULL);
	lie(TO_RESPONDER, TCP_RST, 0, NULL);
	server(TCP_SYN | TCP_ACK, NULL);
	lie(TO_RESPONDER, TCP_RST, 0, NULL);
	lie(TO_ORIGINATOR, TCP_RST, 0, NULL);
	client(TCP_ACK, NULL);
	assert_class(FLOW_INSPECTED);
	talk();
	assert_read();
}

/* Nor with a SYN behind the reset, as if another connection began. */
static void reset_and_syn_lying_data_goes_on_read(void **state)
{
	(void)state;
	rig_handshake(&rig, &connection);
	server(TCP_ACK, SERVER);
	client(TCP_ACK, "SSH-2.0-b479ec723a2ba5");
	lie(TO_RESPONDER, TCP_RST, 0, NULL);
	lie(TO_RESPONDER, TCP_SYN, 123456, NULL);
	client(TCP_ACK, "90d6c4a0bf40f4ba\r\n");
	assert_read();
	assert_int_equal(scanner_counters(rig.scanner)->flows, 1);
}

static void reset_real_session_kept_then_timed_out(void **state)
{
	(void)state;
	rig_handshake(&rig, &connection);
	talk();
	client(TCP_RST, NULL);
	assert_class(FLOW_CLOSED);
	assert_int_equal(scanner_gauges(rig.scanner).inspected, 1);
	assert_int_equal(rig.events[EVENT_FLOW], 0);
	rig.now.ns += 61 * NS_PER_S;
	rig_expire(&rig);
	assert_int_equal(rig.events[EVENT_FLOW], 1);
	assert_int_equal(rig.events[EVENT_SSH], 1);
	const struct note *note = rig_note(&rig, EVENT_FLOW, 0);

	assert_int_equal(note->flow.state, FLOW_STATE_CLOSED);
	assert_int_equal(note->flow.reason, FLOW_REASON_TIMEOUT);
	assert_int_equal(note->flow.alerted, 1);
	assert_int_equal(note->flow.packets[TO_RESPONDER], 4);
	assert_int_equal(note->flow.packets[TO_ORIGINATOR], 3);
}

/* A reset of what never was a connection must not keep its record. */
static void reset_flood_after_syn_others_still_read(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3 * rig.config.flows_half_open; i++) {
		struct connection flood;

		connection_init(&flood, 4, 1000 + i, 21, 5000);
		rig_send(&rig, &flood, TO_RESPONDER, TCP_SYN, NULL);
		rig_send(&rig, &flood, i % 2 == 0 ? TO_ORIGINATOR : TO_RESPONDER, TCP_RST | TCP_ACK,
			 NULL);
		rig_audit(&rig);
	}
	rig_handshake(&rig, &connection);
	assert_class(FLOW_INSPECTED);
	talk();
	assert_read();
}

static void end_flood_without_handshake_others_still_read(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3 * rig.config.flows_half_open; i++) {
		struct connection flood;

		connection_init(&flood, 4, 1000 + i, 21, 5000);
		rig_send(&rig, &flood, TO_RESPONDER, TCP_FIN | TCP_ACK, NULL);
		rig_send(&rig, &flood, TO_ORIGINATOR, TCP_FIN | TCP_ACK, NULL);
		rig_audit(&rig);
	}
	rig_handshake(&rig, &connection);
	talk();
	assert_read();
}

static void end_lying_data_goes_on_read(void **state)
{
	static const int32_t offsets[] = { 0, -1, 10, 1000, -5000 };

	(void)state;
	for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		teardown(state);
		setup(state);
		rig_handshake(&rig, &connection);
		lie(TO_RESPONDER, TCP_FIN | TCP_ACK, offsets[i], NULL);
		lie(TO_ORIGINATOR, TCP_FIN | TCP_ACK, offsets[i], NULL);
		talk();
		assert_read();
		rig_audit(&rig);
	}
}

/* The server ended its side; the client pretends that bytes it has yet to send are its end. */
static void end_lying_ahead_acknowledged_by_data_read(void **state)
{
	(void)state;
	rig_handshake(&rig, &connection);
	server(TCP_ACK | TCP_FIN, SERVER);
	client(TCP_ACK, NULL);
	lie(TO_RESPONDER, TCP_FIN | TCP_ACK, 22 - 1, NULL);
	client(TCP_ACK, "SSH-2.0-b479ec723a2ba5");
	server(TCP_ACK, NULL);
	client(TCP_ACK, "90d6c4a0bf40f4ba\r\n");
	assert_read();
}

static void end_both_sides_session_freed(void **state)
{
	(void)state;
	rig_handshake(&rig, &connection);
	talk();
	client(TCP_FIN | TCP_ACK, NULL);
	assert_int_equal(scanner_gauges(rig.scanner).inspected, 1);
	server(TCP_FIN | TCP_ACK, NULL);
	assert_int_equal(scanner_gauges(rig.scanner).inspected, 1);
	client(TCP_ACK, NULL);
	assert_int_equal(scanner_gauges(rig.scanner).inspected, 0);
	assert_int_equal(scanner_gauges(rig.scanner).blocks_free, rig.config.stream_blocks);
	assert_int_equal(rig.events[EVENT_SSH], 1);
	assert_class(FLOW_CLOSED);
	assert_no_anomaly();
}

static void end_with_data_and_data_before_it_read(void **state)
{
	(void)state;
	rig_handshake(&rig, &connection);
	server(TCP_ACK | TCP_FIN, SERVER);
	lie(TO_RESPONDER, TCP_ACK | TCP_FIN, 10, &HOSTILE[10]);
	client(TCP_ACK, "SSH-2.0-b4");
	assert_read();
	assert_anomaly(ANOMALY_STREAM_RST_IGNORED, 0);
}

/* --- the same ports again --- */

static void reuse_after_end_new_flow(void **state)
{
	(void)state;
	rig_handshake(&rig, &connection);
	talk();
	client(TCP_FIN | TCP_ACK, NULL);
	server(TCP_FIN | TCP_ACK, NULL);
	client(TCP_ACK, NULL);
	connection.next[0] += 1000000;
	connection.next[1] += 5000000;
	rig_handshake(&rig, &connection);
	talk();
	assert_int_equal(rig.events[EVENT_FLOW], 1);
	rig_flush(&rig);
	assert_non_null(rig_alert(&rig, 1, 1));
	assert_int_equal(scanner_counters(rig.scanner)->flows, 2);
	assert_true(rig_alert(&rig, 1, 0)->flow_id != rig_alert(&rig, 1, 1)->flow_id);
}

static void reuse_after_reset_new_flow(void **state)
{
	(void)state;
	rig_handshake(&rig, &connection);
	talk();
	client(TCP_RST, NULL);
	connection.next[0] -= 700000000;
	connection.next[1] += 700000000;
	rig_handshake(&rig, &connection);
	talk();
	rig_flush(&rig);
	assert_non_null(rig_alert(&rig, 1, 1));
	assert_int_equal(scanner_counters(rig.scanner)->flows, 2);
}

/* The client was reset without a word and comes back with the same port. */
static void reuse_without_end_new_flow(void **state)
{
	(void)state;
	rig_handshake(&rig, &connection);
	talk();
	connection.next[0] += 900000000;
	connection.next[1] -= 900000000;
	rig_handshake(&rig, &connection);
	talk();
	rig_flush(&rig);
	assert_non_null(rig_alert(&rig, 1, 1));
	assert_int_equal(scanner_counters(rig.scanner)->flows, 2);
	assert_int_equal(rig.last.fate, FATE_FORWARDED);
}

/* --- data --- */

static void data_conflict_first_forwarded_read(void **state)
{
	(void)state;
	rig_handshake(&rig, &connection);
	server(TCP_ACK, SERVER);
	client(TCP_ACK, "SSH-2.0-b479ec723a2ba5");
	lie(TO_RESPONDER, TCP_ACK, -22, "SSH-2.0-OpenSSH_9.2p1 ");
	assert_int_equal(rig.last.fate, FATE_FORWARDED);
	client(TCP_ACK, "90d6c4a0bf40f4ba\r\n");
	assert_read();
	assert_anomaly(ANOMALY_STREAM_CONFLICT, 1);
}

static void data_conflict_enforcing_dropped(void **state)
{
	(void)state;
	rig_handshake(&rig, &connection);
	server(TCP_ACK, SERVER);
	lie(TO_RESPONDER, TCP_ACK, 10, &HOSTILE[10]);
	assert_int_equal(rig.last.fate, FATE_FORWARDED);
	lie(TO_RESPONDER, TCP_ACK, 0, DECOY);
	assert_int_equal(rig.last.fate, FATE_STREAM_CONFLICT);
	assert_anomaly(ANOMALY_STREAM_CONFLICT, 1);
	client(TCP_ACK, HOSTILE);
	assert_int_equal(rig.last.fate, FATE_FORWARDED);
	assert_read();
}

static void data_urgent_read_in_line(void **state)
{
	(void)state;
	rig_handshake(&rig, &connection);
	client(TCP_ACK, "SSH-2.0-b479ec723a2ba5");
	client(TCP_ACK | TCP_URG, "90d6c4a0bf40f4ba\r\n");
	assert_read();
	assert_anomaly(ANOMALY_STREAM_URGENT, 1);
}

static void data_checksum_wrong_not_read(void **state)
{
	static struct wire wire;
	bool enforcing = rig.scanner->policy.now.enforcing;
	const struct odd odd = {
		.direction = TO_RESPONDER,
		.flags = TCP_ACK,
		.bytes = DECOY,
		.length = sizeof(DECOY) - 1,
	};

	(void)state;
	rig_handshake(&rig, &connection);
	connection_odd(&connection, &wire, &odd);
	wire_data(&wire)[14 + 20 + 16] ^= 0x55;
	rig_wire(&rig, &wire, PORT_OUTSIDE);
	assert_int_equal(rig.last.seen, SEEN_BAD_CHECKSUM);
	assert_int_equal(rig.last.fate, enforcing ? FATE_CHECKSUM : FATE_FORWARDED);
	assert_anomaly(ANOMALY_BAD_CHECKSUM, 1);
	talk();
	assert_read();
	assert_anomaly(ANOMALY_STREAM_CONFLICT, 0);
}

/* An acknowledgement that its receiver discards frees nothing that is kept. */
static void acknowledgement_checksum_wrong_not_believed(void **state)
{
	static struct wire wire;
	const struct odd odd = { .direction = TO_ORIGINATOR, .flags = TCP_ACK };
	uint32_t free_before;

	(void)state;
	rig_handshake(&rig, &connection);
	client(TCP_ACK, "SSH-2.0-b479ec723a2ba5");
	free_before = scanner_gauges(rig.scanner).blocks_free;
	connection_odd(&connection, &wire, &odd);
	wire_data(&wire)[14 + 20 + 16] ^= 0x55;
	rig_wire(&rig, &wire, PORT_INSIDE);
	assert_int_equal(rig.last.seen, SEEN_BAD_CHECKSUM);
	assert_anomaly(ANOMALY_BAD_CHECKSUM, 1);
	assert_int_equal(scanner_gauges(rig.scanner).blocks_free, free_before);
	assert_int_equal(server(TCP_ACK, NULL).seen, SEEN_INSPECTED);
	assert_int_equal(scanner_gauges(rig.scanner).blocks_free, free_before + 1);
}

static void data_gap_acknowledged_inspection_ends(void **state)
{
	(void)state;
	rig_handshake(&rig, &connection);
	server(TCP_ACK, SERVER);
	connection.next[TO_RESPONDER] += 20; /* bytes that took another way */
	client(TCP_ACK, "c4a0bf40f4ba\r\n");
	for (unsigned i = 0; i < 3; i++) {
		assert_anomaly(ANOMALY_STREAM_GAP, 0);
		server(TCP_ACK, NULL);
	}
	assert_anomaly(ANOMALY_STREAM_GAP, 1);
	client(TCP_ACK, HOSTILE);
	assert_int_equal(rig.last.seen, SEEN_STREAM_GAP);
	assert_int_equal(scanner_gauges(rig.scanner).inspected, 0);
	assert_int_equal(rig.events[EVENT_SSH], 1); /* what was known */
}

/* --- windows --- */

static void send_syn(enum direction direction, int scale)
{
	static struct wire wire;
	bool back = direction == TO_ORIGINATOR;
	const uint8_t options[4] = { 3, 3, (uint8_t)scale, 0 };
	struct ends ends = connection.ends;
	const struct tcp_header header = {
		.source_port = back ? connection.destination_port : connection.source_port,
		.destination_port = back ? connection.source_port : connection.destination_port,
		.sequence = connection.next[direction]++,
		.acknowledgement = back ? connection.next[TO_RESPONDER] : 0,
		.flags = back ? TCP_SYN | TCP_ACK : TCP_SYN,
		.window = connection.window,
		.options = options,
		.options_length = scale >= 0 ? 4 : 0,
	};

	if (back) {
		memcpy(ends.source, connection.ends.destination, 16);
		memcpy(ends.destination, connection.ends.source, 16);
	}
	wire_begin(&wire, NULL, 0);
	wire_tcp(&wire, &header);
	wire_ip(&wire, &ends, PROTOCOL_TCP);
	wire_ethernet(&wire, WIRE_IPV4);
	rig_wire(&rig, &wire, back ? PORT_INSIDE : PORT_OUTSIDE);
}

/* A window of 1000, scaled as both SYNs said; what lies at `offset` is in it or not. */
static enum seen seen_at(int scale_client, int scale_server, int32_t offset)
{
	void *state = NULL;

	teardown(&state);
	setup(&state);
	connection.window = 1000;
	send_syn(TO_RESPONDER, scale_client);
	send_syn(TO_ORIGINATOR, scale_server);
	client(TCP_ACK, NULL);
	client(TCP_ACK, "SSH-2.0-");
	server(TCP_ACK, NULL);
	lie(TO_RESPONDER, TCP_ACK, offset, "x");
	return rig.last.seen;
}

static void window_scaled_as_offered(void **state)
{
	(void)state;
	assert_int_equal(seen_at(-1, -1, 1000), SEEN_INSPECTED);
	assert_int_equal(seen_at(-1, -1, 1001), SEEN_STREAM_WINDOW);
	assert_int_equal(seen_at(7, -1, 1001), SEEN_STREAM_WINDOW); /* one offer is none */
	assert_int_equal(seen_at(-1, 7, 1001), SEEN_STREAM_WINDOW);
	assert_int_equal(seen_at(7, 3, 8000), SEEN_INSPECTED);
	assert_int_equal(seen_at(7, 3, 8001), SEEN_STREAM_WINDOW);
	assert_int_equal(seen_at(0, 3, 8000), SEEN_INSPECTED); /* an offer of 0 is one */
	assert_int_equal(seen_at(7, 0, 1001), SEEN_STREAM_WINDOW);
}

static void window_beyond_not_read(void **state)
{
	(void)state;
	connection.window = 1000;
	rig_handshake(&rig, &connection);
	server(TCP_ACK, SERVER);
	client(TCP_ACK, "SSH-2.0-b4");
	server(TCP_ACK, NULL);
	lie(TO_RESPONDER, TCP_ACK, 5000, DECOY);
	assert_int_equal(rig.last.seen, SEEN_STREAM_WINDOW);
	client(TCP_ACK, &HOSTILE[10]);
	assert_read();
}

static void window_moves_with_acknowledgements(void **state)
{
	char text[801];

	(void)state;
	memset(text, 'x', 800);
	text[800] = '\0';
	connection.window = 1000;
	rig_handshake(&rig, &connection);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(client(TCP_ACK, text).seen, SEEN_INSPECTED);
		lie(TO_RESPONDER, TCP_ACK, 201, "x");
		assert_int_equal(rig.last.seen, SEEN_STREAM_WINDOW);
		server(TCP_ACK, NULL);
	}
	connection.window = 100; /* what was offered once stays offered */
	server(TCP_ACK, NULL);
	lie(TO_RESPONDER, TCP_ACK, 1000, "x");
	assert_int_equal(rig.last.seen, SEEN_INSPECTED);
}

/* Without ACK its receiver discards it. */
static void data_without_ack_not_read(void **state)
{
	(void)state;
	rig_handshake(&rig, &connection);
	lie(TO_RESPONDER, TCP_PSH, 0, DECOY);
	talk();
	assert_read();
	assert_anomaly(ANOMALY_STREAM_CONFLICT, 0);
}

int main(void)
{
#define MONITORING(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define ENFORCING(name) cmocka_unit_test_setup_teardown(name, setup_enforcing, teardown)
	const struct CMUnitTest tests[] = {
		MONITORING(reset_lying_data_goes_on_read),
		MONITORING(reset_during_handshake_read),
		MONITORING(reset_and_syn_lying_data_goes_on_read),
		MONITORING(reset_real_session_kept_then_timed_out),
		MONITORING(reset_flood_after_syn_others_still_read),
		MONITORING(end_flood_without_handshake_others_still_read),
		MONITORING(end_lying_data_goes_on_read),
		MONITORING(end_lying_ahead_acknowledged_by_data_read),
		MONITORING(end_both_sides_session_freed),
		MONITORING(end_with_data_and_data_before_it_read),
		MONITORING(reuse_after_end_new_flow),
		MONITORING(reuse_after_reset_new_flow),
		MONITORING(reuse_without_end_new_flow),
		MONITORING(data_conflict_first_forwarded_read),
		ENFORCING(data_conflict_enforcing_dropped),
		MONITORING(data_urgent_read_in_line),
		MONITORING(data_checksum_wrong_not_read),
		ENFORCING(data_checksum_wrong_not_read),
		MONITORING(acknowledgement_checksum_wrong_not_believed),
		ENFORCING(acknowledgement_checksum_wrong_not_believed),
		MONITORING(data_gap_acknowledged_inspection_ends),
		MONITORING(window_scaled_as_offered),
		MONITORING(window_beyond_not_read),
		MONITORING(window_moves_with_acknowledgements),
		MONITORING(data_without_ack_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
