/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scanner from outside: whatever comes in, every frame is counted once (the rig
 * checks that after each), memory stays within its bounds, floods push out nothing
 * that is being inspected, time may step, events may find no room, and a flush
 * leaves nothing behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/scanner/rig.h"

#define HOSTILE "SSH-2.0-b479ec723a2ba590d6c4a0bf40f4ba\r\n"
#define SIGNATURES "1 critical alert ssh.client.ident.shape ebury-hex\n"

static struct rig rig;
static struct wire wire;
static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((random_state >> 33) % n);
}

static int setup(void **state)
{
	(void)state;
	random_state = 1;
	rig_open(&rig, NULL);
	rig_publish(&rig, SIGNATURES, false);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

static void reopen(const struct scanner_config *config)
{
	rig_close(&rig);
	rig_open(&rig, config);
	rig_publish(&rig, SIGNATURES, false);
}

/* --- configuration --- */

static void size_value_out_of_range_zero(void **state)
{
	struct scanner_config config = rig_config();
	size_t size = scanner_size(&config);

	(void)state;
	assert_true(size != 0);
	config.flows_ipv4 = 63;
	assert_int_equal(scanner_size(&config), 0);
	config = rig_config();
	config.event_ring_bytes += 64;
	assert_int_equal(scanner_size(&config), 0);
	config = rig_config();
	config.flows_half_open = 0;
	assert_int_equal(scanner_size(&config), 0);
	config = rig_config();
	config.flows_half_open = 60000;
	config.flows_inspected = 6000; /* both share 16 bits */
	assert_int_equal(scanner_size(&config), 0);
	config = rig_config();
	config.inside_count = SCANNER_INSIDE_MAX + 1;
	assert_int_equal(scanner_size(&config), 0);
	config = rig_config();
	config.inside[0].bits = 33;
	assert_int_equal(scanner_size(&config), 0);
	config = rig_config();
	config.inside[0].family = 5;
	assert_int_equal(scanner_size(&config), 0);
	config = rig_config();
	config.timeout_established_s = 5000000; /* more than ticks can count */
	assert_int_equal(scanner_size(&config), 0);
	config = rig_config();
	config.flows_ipv4++;
	assert_in_range(scanner_size(&config) - size, 0, 1024);
}

static void size_million_flows_within_promise(void **state)
{
	struct scanner_config config = rig_config();

	(void)state;
	config.flows_ipv4 = 1000000;
	config.flows_half_open = 50000;
	config.flows_inspected = 8192;
	config.stream_blocks = 16384;
	assert_true(scanner_size(&config) <= 96u << 20);
}

/* --- random frames --- */

static void random_tcp(void)
{
	static const char *const texts[] = { NULL,    "",
					     "x",     "SSH-2.0-x\r\n",
					     HOSTILE, "GET / HTTP/1.1\r\n\r\n" };
	struct connection connection;
	uint8_t bytes[1500];
	const char *text = texts[random_below(6)];
	struct odd odd = {
		.direction = random_below(2),
		.flags = (uint8_t)random_below(64),
		.offset = (int32_t)(random_below(8) == 0 ? random_below(UINT32_MAX) :
							   random_below(200)) -
			  20,
		.acknowledge = (int32_t)random_below(100) - 20,
		.bytes = text,
		.length = text != NULL ? (uint32_t)strlen(text) : 0,
	};

	if (random_below(4) == 0) {
		odd.length = random_below(sizeof(bytes));
		odd.bytes = bytes;
		memset(bytes, (int)random_below(256), odd.length);
	}
	if (random_below(2) == 0) {
		odd.flags = TCP_ACK;
	}
	connection_init(&connection, random_below(3) == 0 ? 6 : 4, random_below(40),
			(uint8_t)random_below(3), (uint16_t)(40000 + random_below(4)));
	connection.vlan = random_below(8) == 0 ? 5 : VLAN_NONE;
	connection_odd(&connection, &wire, &odd);
}

static void random_datagram(void)
{
	uint8_t bytes[64];
	struct ends ends = { .family = 4,
			     .source = { 10, 0, 0, (uint8_t)random_below(50) },
			     .destination = { 8, 8, (uint8_t)random_below(4) } };

	for (unsigned i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)(random_below(4) == 0 ? random_below(256) : 0);
	}
	wire_begin(&wire, bytes, random_below(sizeof(bytes)));
	if (random_below(8) != 0) {
		wire_udp(&wire, (uint16_t)random_below(4), random_below(2) != 0 ? 53 : 443);
		wire_ip(&wire, &ends, PROTOCOL_UDP);
	} else {
		wire_ip(&wire, &ends, (uint8_t)random_below(256));
	}
	wire_ethernet(&wire, WIRE_IPV4);
}

static void random_fragment(void)
{
	static uint8_t datagram[400];
	struct ends ends = { .family = random_below(2) != 0 ? 4 : 6, .source = { 10 } };
	const struct piece piece = {
		.datagram = datagram,
		.offset = 8 * random_below(20),
		.length = random_below(200),
		.id = random_below(100),
		.more = random_below(3) != 0,
		.protocol = random_below(2) != 0 ? PROTOCOL_UDP : PROTOCOL_TCP,
	};

	datagram[random_below(sizeof(datagram))] = (uint8_t)random_below(256);
	wire_fragment(&wire, &ends, &piece);
}

static void mutate(void)
{
	uint8_t *frame = wire_data(&wire);

	for (unsigned i = random_below(4); i > 0 && wire_length(&wire) > 0; i--) {
		frame[random_below(wire_length(&wire) < 64 ? wire_length(&wire) : 64)] =
			(uint8_t)random_below(256);
	}
	if (random_below(8) == 0) {
		wire.end -= random_below(wire_length(&wire) + 1);
	}
}

static void run_random(unsigned frames)
{
	for (unsigned i = 0; i < frames; i++) {
		uint32_t kind = random_below(10);

		if (kind < 7) {
			random_tcp();
		} else if (kind < 9) {
			random_datagram();
		} else {
			random_fragment();
		}
		if (random_below(5) == 0) {
			mutate();
		}
		rig.step_ns = random_below(1000) == 0 ? 20 * NS_PER_S : random_below(1000000);
		rig.now.ns -= random_below(2000) == 0 ? 100 * NS_PER_S : 0;
		rig_wire(&rig, &wire, random_below(3));
		if (i % 64 == 0) {
			rig_audit(&rig);
		}
		if (i % 4096 == 0) {
			rig_publish(&rig, i % 8192 == 0 ? SIGNATURES : NULL, i % 3 == 0);
		}
	}
}

static void frames_random_books_balance(void **state)
{
	(void)state;
	run_random(60000);
	assert_true(scanner_counters(rig.scanner)->flows > 1000);
	assert_true(rig.events[EVENT_FLOW] > 1000);
	assert_true(rig.events[EVENT_ANOMALY] > 100);
}

/* Everything at its smallest: each bound is met all the time. */
static void frames_random_smallest_tables_books_balance(void **state)
{
	struct scanner_config config = rig_config();

	(void)state;
	config.flows_ipv4 = config.flows_ipv6 = 64;
	config.flows_half_open = 5;
	config.flows_inspected = 4;
	config.stream_blocks = 3;
	config.reorder_segments = 2;
	config.retain_bytes = 10;
	config.quarantine_max = 0;
	config.login_pairs = 1;
	reopen(&config);
	run_random(60000);
	assert_true(scanner_counters(rig.scanner)->flows_evicted > 1000);
	assert_true(rig_seen(&rig, SEEN_SESSIONS_FULL) > 0);
	assert_true(rig_seen(&rig, SEEN_STREAM_MEMORY) > 0);
}

static void burst_whole_counted_in_order(void **state)
{
	static struct wire wires[SCANNER_BURST_MAX];
	struct frame frames[SCANNER_BURST_MAX];
	struct verdict verdicts[SCANNER_BURST_MAX];
	struct connection connection;
	uint32_t bytes = 0;

	(void)state;
	connection_init(&connection, 4, 1, 21, 40000);
	for (unsigned i = 0; i < SCANNER_BURST_MAX; i++) {
		static const uint8_t opening[] = { TCP_SYN, TCP_SYN | TCP_ACK };

		connection_send(&connection, &wires[i], i == 1 ? TO_ORIGINATOR : TO_RESPONDER,
				i < 2 ? opening[i] : TCP_ACK, i == 5 ? HOSTILE : NULL);
		frames[i] = (struct frame){ wire_data(&wires[i]),
					    wire_length(&wires[i]),
					    wire_length(&wires[i]),
					    rig.now,
					    i == 1 ? PORT_INSIDE : PORT_OUTSIDE,
					    false };
		bytes += wire_length(&wires[i]);
	}
	scanner_burst(rig.scanner, frames, verdicts, SCANNER_BURST_MAX);
	const struct scanner_counters *counters = scanner_counters(rig.scanner);

	assert_int_equal(counters->flows, 1);
	assert_int_equal(counters->port[0].rx, 1);
	assert_int_equal(counters->port[1].rx, SCANNER_BURST_MAX - 1);
	assert_int_equal(counters->port[0].rx_bytes + counters->port[1].rx_bytes, bytes);
	assert_int_equal(rig_seen(&rig, SEEN_INSPECTED), SCANNER_BURST_MAX);
	for (unsigned i = 0; i < 2; i++) {
		rig.rx[i] = counters->port[i].rx;
		rig.rx_bytes[i] = counters->port[i].rx_bytes;
	}
	rig_flush(&rig);
	assert_non_null(rig_alert(&rig, 1, 0));
	const struct note *flow = rig_note(&rig, EVENT_FLOW, 0);

	assert_int_equal(flow->flow.packets[TO_RESPONDER], SCANNER_BURST_MAX - 1);
	assert_int_equal(flow->flow.packets[TO_ORIGINATOR], 1);
	assert_int_equal(flow->flow.bytes[TO_RESPONDER] + flow->flow.bytes[TO_ORIGINATOR], bytes);
}

/* The short way counts a cut frame with the length that it had. */
static void frame_cut_by_capture_truncated(void **state)
{
	struct connection connection;
	struct verdict verdict;

	(void)state;
	connection_init(&connection, 4, 1, 21, 40000);
	connection_send(&connection, &wire, TO_RESPONDER, TCP_ACK, "0123456789");
	const struct frame frame = { wire_data(&wire),	 wire_length(&wire) - 5,
				     wire_length(&wire), rig.now,
				     PORT_ANY,		 false };

	scanner_burst(rig.scanner, &frame, &verdict, 1);
	assert_int_equal(verdict.seen, SEEN_TRUNCATED);
	assert_int_equal(verdict.fate, FATE_FORWARDED);
	assert_int_equal(scanner_counters(rig.scanner)->port[0].rx_bytes, wire_length(&wire));
	rig.rx[0] = 1;
	rig.rx_bytes[0] = wire_length(&wire);
}

/* --- floods --- */

/* An SSH session that was begun and has yet to say what gives it away. */
static struct connection begin_session(void)
{
	struct connection connection;

	connection_init(&connection, 4, 1, 21, 40000);
	rig_handshake(&rig, &connection);
	rig_send(&rig, &connection, TO_ORIGINATOR, TCP_ACK, "SSH-2.0-OpenSSH_8.4p1\r\n");
	rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, "SSH-2.0-b479ec723a2ba5");
	return connection;
}

static void end_session(struct connection *connection)
{
	rig_audit(&rig);
	assert_non_null(rig_flow(&rig, connection));
	rig_send(&rig, connection, TO_RESPONDER, TCP_ACK, "90d6c4a0bf40f4ba\r\n");
	assert_int_equal(rig.last.seen, SEEN_INSPECTED);
	rig_flush(&rig);
	assert_non_null(rig_alert(&rig, 1, 0));
}

static void flood_of_syns_session_survives(void **state)
{
	struct connection session = begin_session();

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		struct connection flood;

		connection_init(&flood, i % 2 != 0 ? 4 : 6, 1000 + i, 21, (uint16_t)i);
		rig_send(&rig, &flood, TO_RESPONDER, TCP_SYN, i % 3 == 0 ? "data" : NULL);
	}
	assert_true(scanner_gauges(rig.scanner).half_open <= rig.config.flows_half_open);
	end_session(&session);
}

static void flood_of_midstream_data_session_survives(void **state)
{
	struct connection session = begin_session();

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		struct connection flood;

		connection_init(&flood, i % 2 != 0 ? 4 : 6, 1000 + i, 21, (uint16_t)i);
		rig_send(&rig, &flood, TO_RESPONDER, TCP_ACK, "SSH-2.0-x");
		/* as if it had ended and gone on */
		rig_send(&rig, &flood, TO_RESPONDER, TCP_RST, NULL);
		rig_send(&rig, &flood, TO_RESPONDER, TCP_ACK, "more");
	}
	assert_int_equal(rig.scanner->sessions.list[SESSIONS_PROVEN].count, 1);
	end_session(&session);
}

static void flood_of_datagrams_session_survives(void **state)
{
	struct connection session = begin_session();

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		const struct ends ends = { .family = 4,
					   .source = { 7, (uint8_t)(i >> 8), (uint8_t)i },
					   .destination = { 10, 0, 0, 21 } };

		wire_begin(&wire, "????????", 8);
		wire_udp(&wire, (uint16_t)i, 9);
		wire_ip(&wire, &ends, PROTOCOL_UDP);
		wire_ethernet(&wire, WIRE_IPV4);
		rig_wire(&rig, &wire, PORT_OUTSIDE);
	}
	end_session(&session);
}

static void flood_of_fragments_session_survives(void **state)
{
	struct connection session = begin_session();
	static uint8_t datagram[64];
	const struct ends ends = { .family = 4, .source = { 7 }, .destination = { 10 } };
	struct piece piece = {
		.datagram = datagram, .length = 16, .more = true, .protocol = PROTOCOL_TCP
	};

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		piece.id = i;
		wire_fragment(&wire, &ends, &piece);
		rig_wire(&rig, &wire, PORT_OUTSIDE);
	}
	assert_int_equal(rig.last.seen, SEEN_INSPECTED); /* it may become whole */
	assert_int_equal(scanner_counters(rig.scanner)->fragments_unread,
			 5000 - FRAGMENT_DATAGRAMS);
	piece.id = 4999 - FRAGMENT_DATAGRAMS; /* it made room */
	piece.offset = 16;
	wire_fragment(&wire, &ends, &piece);
	rig_wire(&rig, &wire, PORT_OUTSIDE);
	assert_int_equal(rig.last.seen, SEEN_FRAGMENT);
	end_session(&session);
}

/* Nor does it when idle for longer than anything but an inspected flow may be: strangers that never
 * proved themselves do not count for that. */
static void flood_when_session_idle_session_survives(void **state)
{
	struct connection session = begin_session();

	(void)state;
	rig.now.ns += 120 * NS_PER_S;
	for (uint32_t i = 0; i < 2000; i++) {
		struct connection flood;

		connection_init(&flood, 4, 1000 + i, 21, (uint16_t)i);
		rig_send(&rig, &flood, TO_RESPONDER, TCP_ACK, "SSH-2.0-x");
	}
	end_session(&session);
}

/* A reset that lies, and a flood to have the session it pointed at forgotten. */
static void flood_after_lying_reset_session_survives(void **state)
{
	struct connection session = begin_session();
	const struct odd reset = { .direction = TO_RESPONDER, .flags = TCP_RST, .offset = 1000 };

	(void)state;
	rig_odd(&rig, &session, &reset);
	for (uint32_t i = 0; i < 100; i++) {
		struct connection flood;

		connection_init(&flood, 4, 1000 + i, 21, (uint16_t)i);
		rig_send(&rig, &flood, TO_RESPONDER, TCP_ACK, "SSH-2.0-x");
	}
	end_session(&session);
}

static void sessions_all_proven_busy_newcomer_counted(void **state)
{
	struct connection connection;

	(void)state;
	for (uint32_t i = 0; i <= rig.config.flows_inspected; i++) {
		connection_init(&connection, 4, 1 + i, 21, 40000);
		rig_handshake(&rig, &connection);
		rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, "SSH-2.0-x");
	}
	assert_int_equal(rig.last.seen, SEEN_SESSIONS_FULL);
	assert_int_equal(rig.last.fate, FATE_FORWARDED);
	assert_int_equal(scanner_gauges(rig.scanner).inspected, rig.config.flows_inspected);
	rig.now.ns += 61 * NS_PER_S; /* now they are idle, and a proven one may take their place */
	connection_init(&connection, 4, 1000, 21, 40000);
	rig_handshake(&rig, &connection);
	rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, "SSH-2.0-x");
	assert_int_equal(rig.last.seen, SEEN_INSPECTED);
}

static void table_full_of_flows_in_use_newcomer_counted(void **state)
{
	struct connection connection;

	(void)state;
	for (uint32_t i = 0; i <= rig.config.flows_ipv4; i++) {
		connection_init(&connection, 4, 1 + i, 21, 40000);
		rig_handshake(&rig, &connection);
	}
	assert_int_equal(scanner_gauges(rig.scanner).flows_ipv4, rig.config.flows_ipv4);
	assert_int_equal(rig.last.seen, SEEN_FLOW_TABLE_FULL);
	assert_int_equal(rig.last.fate, FATE_FORWARDED);
	connection_init(&connection, 6, 1, 21, 40000); /* the other table is its own */
	rig_handshake(&rig, &connection);
	assert_int_equal(scanner_gauges(rig.scanner).flows_ipv6, 1);
}

/* --- flows --- */

static void send_datagram(bool back, const char *text)
{
	struct ends ends = { .family = 4,
			     .source = { 10, 0, 0, 1 },
			     .destination = { 10, 0, 0, 2 } };

	ends.source[3] = back ? 2 : 1;
	ends.destination[3] = back ? 1 : 2;
	wire_begin(&wire, text, strlen(text));
	wire_udp(&wire, back ? 2000 : 1000, back ? 1000 : 2000);
	wire_ip(&wire, &ends, PROTOCOL_UDP);
	wire_ethernet(&wire, WIRE_IPV4);
	rig_wire(&rig, &wire, back ? PORT_OUTSIDE : PORT_INSIDE);
}

/* It says nothing of interest before the other side answers: still it is no half-open flow then. */
static void datagrams_answered_late_flow_established(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		send_datagram(false, "some other protocol");
	}
	assert_int_equal(rig.last.seen, SEEN_FINISHED);
	assert_int_equal(scanner_gauges(rig.scanner).half_open, 1);
	send_datagram(true, "an answer");
	assert_int_equal(scanner_gauges(rig.scanner).half_open, 0);
	rig.now.ns += 40 * NS_PER_S;
	rig_expire(&rig);
	assert_int_equal(scanner_gauges(rig.scanner).flows_ipv4, 1);
	rig.now.ns += 21 * NS_PER_S;
	rig_expire(&rig);
	assert_int_equal(scanner_gauges(rig.scanner).flows_ipv4, 0);
	const struct note *note = rig_note(&rig, EVENT_FLOW, 0);

	assert_int_equal(note->flow.state, FLOW_STATE_ESTABLISHED);
	assert_int_equal(note->app, APP_OTHER);
}

static void send_to_dns(bool back, bool wrong)
{
	struct ends ends = { .family = 4,
			     .source = { 10, 0, 0, 1 },
			     .destination = { 8, 8, 8, 8 } };

	if (back) {
		ends.source[0] = 8;
	}
	wire_begin(&wire, "not a query", 11);
	wire_udp(&wire, back ? 53 : 1000, back ? 1000 : 53);
	wire_ip(&wire, &ends, PROTOCOL_UDP);
	wire_data(&wire)[20 + 6] ^= wrong;
	wire_ethernet(&wire, WIRE_IPV4);
	rig_wire(&rig, &wire, back ? PORT_OUTSIDE : PORT_INSIDE);
}

static void datagrams_of_dns_port_read_always(void **state)
{
	(void)state;
	send_to_dns(false, true);
	assert_int_equal(rig.last.seen, SEEN_BAD_CHECKSUM);
	assert_int_equal(rig.anomalies[ANOMALY_DNS_MALFORMED], 0);
	for (unsigned i = 0; i < 10; i++) {
		send_to_dns(false, false);
		assert_int_equal(rig.last.seen, SEEN_INSPECTED);
	}
	assert_int_equal(rig.anomalies[ANOMALY_DNS_MALFORMED], 1);
	send_to_dns(true, false);
	assert_int_equal(rig.anomalies[ANOMALY_DNS_MALFORMED], 2);
}

/* A change of the table's key goes on with the bursts. */
static void key_change_ends_with_bursts(void **state)
{
	struct flow_table *table = &rig.scanner->table[0];
	struct connection connection;
	unsigned bursts = 0;

	(void)state;
	connection_init(&connection, 4, 1, 21, 40000);
	rig_handshake(&rig, &connection);
	table->old_key = table->key;
	table->key.word[0] = ~table->key.word[0];
	table->key.word[1] += 77777;
	table->rekey_at = 0;
	for (; table->rekey_at != FLOW_NONE; bursts++) {
		assert_true(bursts <= table->count / 64);
		rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, "x");
	}
	assert_int_equal(scanner_counters(rig.scanner)->flows, 1);
	rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, "x");
	assert_int_equal(scanner_counters(rig.scanner)->flows, 1);
}

static void flow_event_counts_and_times_right(void **state)
{
	struct connection connection;
	uint64_t begin = rig.now.ns;

	(void)state;
	connection_init(&connection, 6, 1, 21, 40000);
	rig_handshake(&rig, &connection);
	rig.now.ns += 5 * NS_PER_S;
	rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, "hello");
	uint64_t end = rig.now.ns;

	rig.now.ns += 100 * NS_PER_S;
	rig_flush(&rig);
	const struct event_flow *flow = &rig_note(&rig, EVENT_FLOW, 0)->flow;

	assert_int_equal(flow->packets[0], 3);
	assert_int_equal(flow->packets[1], 1);
	assert_int_equal(flow->bytes[0], 3 * 74 + 4 + 5);
	assert_int_equal(flow->bytes[1], 74 + 4);
	assert_int_equal(flow->reason, FLOW_REASON_SHUTDOWN);
	assert_int_equal(flow->state, FLOW_STATE_ESTABLISHED);
	assert_int_equal(flow->alerted, 0);
	assert_in_range(begin - flow->start.ns + 2000000, 2000000 - 2000000, 4000000);
	assert_in_range(end - flow->end.ns + 2000000, 0, 4000000);
}

static void time_steps_back_flows_still_time_out(void **state)
{
	struct connection connection;

	(void)state;
	connection_init(&connection, 4, 1, 21, 40000);
	rig_handshake(&rig, &connection);
	rig.now.ns -= 1000000 * NS_PER_S;
	uint64_t begin = rig.now.ns;
	struct connection later;

	connection_init(&later, 4, 2, 21, 40000);
	rig_handshake(&rig, &later);
	rig.now.ns += 3590 * NS_PER_S;
	rig_expire(&rig);
	assert_int_equal(rig.events[EVENT_FLOW], 0);
	rig.now.ns += 20 * NS_PER_S;
	rig_expire(&rig);
	rig_expire(&rig);
	assert_int_equal(rig.events[EVENT_FLOW], 2);
	/* shown as the clock goes now */
	assert_in_range(rig_note(&rig, EVENT_FLOW, 1)->flow.start.ns + 3000000 - begin, 0, 6000000);
}

/* Frames of two captures in turn, an hour apart: the timers follow the later one. */
static void time_jumps_to_and_fro_nothing_times_out(void **state)
{
	struct connection connection;
	uint64_t base = rig.now.ns;

	(void)state;
	connection_init(&connection, 4, 1, 21, 40000);
	for (unsigned i = 0; i < 1000; i++) {
		rig.now.ns = base + (i % 2 != 0 ? 3600 * NS_PER_S : 0) + i * 1000000;
		rig_send(&rig, &connection, i % 4 < 2 ? TO_RESPONDER : TO_ORIGINATOR, TCP_ACK, "x");
	}
	rig_expire(&rig);
	assert_in_range(rig.events[EVENT_FLOW], 0, 1);
	assert_true(rig.scanner->now.ns <= base + 3602 * NS_PER_S);
}

/* --- events that find no room --- */

static void events_no_room_counted_never_waits(void **state)
{
	struct scanner_config config = rig_config();

	(void)state;
	config.event_ring_bytes = 4 * EVENT_MAX_BYTES;
	reopen(&config);
	rig.reading = false;
	for (uint32_t i = 0; i < 5000; i++) {
		struct connection flood;

		connection_init(&flood, 4, i, 21, (uint16_t)i);
		rig_send(&rig, &flood, TO_RESPONDER, TCP_SYN, NULL);
	}
	uint64_t lost = atomic_load(&scanner_events(rig.scanner)->lost);

	assert_true(lost > 1000);
	rig_drain(&rig);
	assert_int_equal(rig.events[EVENT_FLOW] + lost,
			 scanner_counters(rig.scanner)->flows_evicted);
	rig.reading = true;
}

static void flush_everything_ends_with_events(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 200; i++) {
		struct connection connection;

		connection_init(&connection, i % 5 == 0 ? 6 : 4, i, 21, 40000);
		rig_handshake(&rig, &connection);
		rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, HOSTILE);
	}
	rig_flush(&rig);
	assert_int_equal(rig.events[EVENT_FLOW], 200);
	assert_int_equal(scanner_counters(rig.scanner)->flows, 200);
	struct connection again;

	connection_init(&again, 4, 1, 21, 40000); /* and all is as new */
	rig_handshake(&rig, &again);
	assert_int_equal(rig.last.seen, SEEN_INSPECTED);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(size_value_out_of_range_zero),
		CASE(size_million_flows_within_promise),
		CASE(frames_random_books_balance),
		CASE(frames_random_smallest_tables_books_balance),
		CASE(burst_whole_counted_in_order),
		CASE(frame_cut_by_capture_truncated),
		CASE(flood_of_syns_session_survives),
		CASE(flood_of_midstream_data_session_survives),
		CASE(flood_of_datagrams_session_survives),
		CASE(flood_of_fragments_session_survives),
		CASE(flood_when_session_idle_session_survives),
		CASE(flood_after_lying_reset_session_survives),
		CASE(sessions_all_proven_busy_newcomer_counted),
		CASE(table_full_of_flows_in_use_newcomer_counted),
		CASE(datagrams_answered_late_flow_established),
		CASE(datagrams_of_dns_port_read_always),
		CASE(key_change_ends_with_bursts),
		CASE(flow_event_counts_and_times_right),
		CASE(time_steps_back_flows_still_time_out),
		CASE(time_jumps_to_and_fro_nothing_times_out),
		CASE(events_no_room_counted_never_waits),
		CASE(flush_everything_ends_with_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
