/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The resets of action reject: for each end the frame it accepts (RFC 5961: exactly
 * the sequence number it expects), over the same link headers, with right checksums,
 * out of the right port; and none where none can be built.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/scanner/rig.h"

#define SIGNATURES                                             \
	"1 high reject ip.dst 10.0.0.21:22/tcp from=outside\n" \
	"1 high reject ip.dst [fd00::15]:22/tcp from=outside\n"

static struct rig rig;
static struct wire wire;
static struct connection connection;
static struct packet packet;

static int setup(void **state)
{
	(void)state;
	rig_open(&rig, NULL);
	rig_publish(&rig, NULL, true);
	connection_init(&connection, 4, 1, 21, 40000);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

/* How the segment is wrapped below IP. */
enum link { UNTAGGED, TAGGED, TWO_TAGS, PPPOE, TAGGED_PPPOE, LINKS };

static void put_link(enum link link)
{
	uint8_t family = connection.ends.family;
	uint16_t type = wire_type(family);

	if (link == PPPOE || link == TAGGED_PPPOE) {
		wire_pppoe(&wire, family);
		type = WIRE_PPPOE;
	}
	if (link == TWO_TAGS) {
		wire_tag(&wire, 200, type);
		type = WIRE_VLAN;
	}
	if (link == TAGGED || link == TWO_TAGS || link == TAGGED_PPPOE) {
		wire_tag(&wire, 100, type);
		type = link == TWO_TAGS ? 0x88a8 : WIRE_VLAN;
	}
	wire_ethernet(&wire, type);
}

static struct verdict send(enum direction direction, uint8_t flags, const char *text,
			   enum link link)
{
	connection_send(&connection, &wire, direction, flags, text);
	wire.start += 14; /* without its link header */
	put_link(link);
	return rig_wire(&rig, &wire, direction == TO_RESPONDER ? PORT_OUTSIDE : PORT_INSIDE);
}

struct expectation {
	enum direction direction; /* of the reset */
	uint32_t sequence, acknowledgement;
	uint8_t flags;
	enum port_side port;
};

static void assert_reset(const struct injection *reset, const struct expectation *expected,
			 enum link link)
{
	bool back = expected->direction == TO_ORIGINATOR;
	size_t size = connection.ends.family == 4 ? 4 : 16;
	size_t at = connection.ends.family == 4 ? 12 : 8;
	const uint8_t *source = back ? connection.ends.destination : connection.ends.source;
	const uint8_t *destination = back ? connection.ends.source : connection.ends.destination;

	decode(&packet, reset->data, reset->length, reset->length);
	assert_int_equal(packet.seen, SEEN_INSPECTED);
	assert_true(decode_checksums_right(&packet, false));
	assert_int_equal(packet.family, connection.ends.family);
	assert_memory_equal(packet.ip + at, source, size);
	assert_memory_equal(packet.ip + at + size, destination, size);
	assert_int_equal(packet.source_port, back ? 22 : 40000);
	assert_int_equal(packet.destination_port, back ? 40000 : 22);
	assert_int_equal(packet.l4_length, 20);
	assert_int_equal(packet.tcp_flags, expected->flags);
	assert_int_equal(load_be32(packet.l4 + 4), expected->sequence);
	if ((expected->flags & TCP_ACK) != 0) {
		assert_int_equal(load_be32(packet.l4 + 8), expected->acknowledgement);
	}
	assert_int_equal(packet.vlan[0],
			 link == TAGGED || link == TWO_TAGS || link == TAGGED_PPPOE ? 100 :
										      VLAN_NONE);
	assert_int_equal(packet.vlan[1], link == TWO_TAGS ? 200 : VLAN_NONE);
	assert_int_equal(reset->length, packet.outer_length + (size == 4 ? 40u : 60u));
	if (link == PPPOE || link == TAGGED_PPPOE) {
		assert_int_equal(load_be16(packet.ip - 4), reset->length - packet.outer_length + 2);
		assert_int_equal(load_be16(packet.ip - 6), 0x1234);
	}
	assert_int_equal(reset->port, expected->port);
	assert_int_equal(reset->data[5], back ? 2 : 1); /* the frame's MAC addresses, turned */
	assert_int_equal(reset->data[11], back ? 1 : 2);
}

static void data_rejected_both_accept(void **state)
{
	for (uint8_t family = 4; family <= 6; family += 2) {
		for (enum link link = UNTAGGED; link < LINKS; link++) {
			teardown(state);
			setup(state);
			connection_init(&connection, family, 1, 21, 40000);
			send(TO_RESPONDER, TCP_SYN, NULL, link);
			send(TO_ORIGINATOR, TCP_SYN | TCP_ACK, NULL, link);
			send(TO_RESPONDER, TCP_ACK, NULL, link);
			assert_int_equal(rig.injection_count, 0);
			rig_publish(&rig, SIGNATURES, true);
			uint32_t client = connection.next[0], server = connection.next[1];

			assert_int_equal(send(TO_RESPONDER, TCP_ACK, "hello", link).fate,
					 FATE_SIGNATURE_REJECT);
			assert_int_equal(rig.injection_count, 2);
			/* the client sent 5 bytes and expects the server's next */
			const struct expectation to_client = { TO_ORIGINATOR, server, client + 5,
							       TCP_RST | TCP_ACK, PORT_OUTSIDE };
			/* the server never gets them */
			const struct expectation to_server = { TO_RESPONDER, client, server,
							       TCP_RST | TCP_ACK, PORT_INSIDE };

			assert_reset(&rig.injections[0], &to_client, link);
			assert_reset(&rig.injections[1], &to_server, link);
		}
	}
}

static void answer_rejected_both_accept(void **state)
{
	(void)state;
	rig_handshake(&rig, &connection);
	rig_publish(&rig, SIGNATURES, true);
	uint32_t client = connection.next[0], server = connection.next[1];

	assert_int_equal(rig_send(&rig, &connection, TO_ORIGINATOR, TCP_ACK | TCP_FIN, "bye").fate,
			 FATE_SIGNATURE_REJECT);
	assert_int_equal(rig.injection_count, 2);
	const struct expectation to_server = { TO_RESPONDER, client, server + 4, TCP_RST | TCP_ACK,
					       PORT_INSIDE };
	const struct expectation to_client = { TO_ORIGINATOR, server, client, TCP_RST | TCP_ACK,
					       PORT_OUTSIDE };

	/* back to the sender first; which MAC is whose says the frame at hand */
	decode(&packet, rig.injections[0].data, rig.injections[0].length, rig.injections[0].length);
	assert_int_equal(load_be32(packet.l4 + 4), to_server.sequence);
	assert_int_equal(load_be32(packet.l4 + 8), to_server.acknowledgement);
	assert_int_equal(rig.injections[0].port, PORT_INSIDE);
	assert_true(decode_checksums_right(&packet, false));
	decode(&packet, rig.injections[1].data, rig.injections[1].length, rig.injections[1].length);
	assert_int_equal(load_be32(packet.l4 + 4), to_client.sequence);
	assert_int_equal(load_be32(packet.l4 + 8), to_client.acknowledgement);
	assert_int_equal(rig.injections[1].port, PORT_OUTSIDE);
	assert_true(decode_checksums_right(&packet, false));
}

/* RFC 9293 section 3.10.7.1: a reset of a SYN has sequence 0 and acknowledges it. */
static void syn_rejected_refused(void **state)
{
	(void)state;
	rig_publish(&rig, SIGNATURES, true);
	uint32_t client = connection.next[0];

	assert_int_equal(send(TO_RESPONDER, TCP_SYN, NULL, UNTAGGED).fate, FATE_SIGNATURE_REJECT);
	assert_int_equal(rig.injection_count, 2);
	const struct expectation to_client = { TO_ORIGINATOR, 0, client + 1, TCP_RST | TCP_ACK,
					       PORT_OUTSIDE };
	const struct expectation to_server = { TO_RESPONDER, client, 0, TCP_RST, PORT_INSIDE };

	assert_reset(&rig.injections[0], &to_client, UNTAGGED);
	assert_reset(&rig.injections[1], &to_server, UNTAGGED);
}

static void capture_port_unknown_kept(void **state)
{
	(void)state;
	rig_publish(&rig, SIGNATURES, true);
	connection_send(&connection, &wire, TO_RESPONDER, TCP_SYN, NULL);
	rig_wire(&rig, &wire, PORT_ANY);
	assert_int_equal(rig.injection_count, 2);
	assert_int_equal(rig.injections[0].port, PORT_ANY);
	assert_int_equal(rig.injections[1].port, PORT_ANY);
	assert_true(rig.injections[0].time.ns != 0);
}

static void tunnel_rejected_dropped_without_reset(void **state)
{
	static const struct ends outer = { .family = 4,
					   .source = { 192, 0, 2, 1 },
					   .destination = { 192, 0, 2, 2 } };

	(void)state;
	rig_publish(&rig, SIGNATURES, true);
	connection_send(&connection, &wire, TO_RESPONDER, TCP_SYN, NULL);
	wire.start += 14;
	wire_ip(&wire, &outer, PROTOCOL_IPIP);
	wire_ethernet(&wire, WIRE_IPV4);
	assert_int_equal(rig_wire(&rig, &wire, PORT_OUTSIDE).fate, FATE_SIGNATURE_REJECT);
	assert_int_equal(rig.injection_count, 0);
	assert_int_equal(scanner_counters(rig.scanner)->injected, 0);
}

/* Each of a burst's frames may be rejected. */
static void burst_all_rejected_two_each(void **state)
{
	static struct wire wires[SCANNER_BURST_MAX];
	struct frame frames[SCANNER_BURST_MAX];
	struct verdict verdicts[SCANNER_BURST_MAX];
	unsigned count = 0;

	(void)state;
	rig_publish(&rig, SIGNATURES, true);
	for (unsigned i = 0; i < SCANNER_BURST_MAX; i++) {
		connection_init(&connection, 4, 1 + i, 21, 40000);
		connection_send(&connection, &wires[i], TO_RESPONDER, TCP_SYN, NULL);
		frames[i] = (struct frame){ .data = wire_data(&wires[i]),
					    .length = wire_length(&wires[i]),
					    .wire_length = wire_length(&wires[i]),
					    .time = rig.now,
					    .port = PORT_OUTSIDE };
	}
	scanner_burst(rig.scanner, frames, verdicts, SCANNER_BURST_MAX);
	while (scanner_take_injection(rig.scanner) != NULL) {
		count++;
	}
	assert_int_equal(count, 2 * SCANNER_BURST_MAX);
	assert_int_equal(scanner_counters(rig.scanner)->injected, count);
	scanner_burst(rig.scanner, frames, verdicts, 0);
	assert_null(scanner_take_injection(rig.scanner));
	rig.rx[1] = SCANNER_BURST_MAX;
	rig.rx_bytes[1] = scanner_counters(rig.scanner)->port[1].rx_bytes;
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(data_rejected_both_accept),
		CASE(answer_rejected_both_accept),
		CASE(syn_rejected_refused),
		CASE(capture_port_unknown_kept),
		CASE(tunnel_rejected_dropped_without_reset),
		CASE(burst_all_rejected_two_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
