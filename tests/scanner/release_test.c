/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows that may be forwarded without the scanner: which, by what tuple, and that what comes back
 * of them is in the flow's event and in the books.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/scanner/rig.h"

#define FRAMES_MIN 2u
#define TRIES 4u /* datagrams that are looked at before their flow is none that is read */

static struct rig rig;

static int open_rig(void **state)
{
	(void)state;
	rig_open(&rig, NULL);
	rig.release_min = FRAMES_MIN;
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

/* A datagram of no protocol that is read, from client 7 or back to it; its frame's header is to be
 * put on. */
static void bare_datagram(struct wire *wire, uint8_t family, enum direction direction)
{
	struct connection ends;
	const char payload[] = "not DNS, and long enough to be plain";

	connection_init(&ends, family, 7, 9, 4000);
	wire_begin(wire, payload, sizeof(payload));
	if (direction == TO_RESPONDER) {
		wire_udp(wire, 4000, 4001);
	} else {
		const struct ends back = ends.ends;

		memcpy(ends.ends.source, back.destination, 16);
		memcpy(ends.ends.destination, back.source, 16);
		wire_udp(wire, 4001, 4000);
	}
	wire_ip(wire, &ends.ends, PROTOCOL_UDP);
}

static void datagram(struct wire *wire, uint8_t family, enum direction direction)
{
	bare_datagram(wire, family, direction);
	wire_ethernet(wire, wire_type(family));
}

static enum port_side port_of(enum direction direction)
{
	return direction == TO_RESPONDER ? PORT_OUTSIDE : PORT_INSIDE;
}

static bool send(struct wire *wire, enum direction direction)
{
	rig_wire(&rig, wire, port_of(direction));
	return rig.releases;
}

/* A connection that says nothing to be read on and is given up. */
static struct connection finished(void)
{
	struct connection connection;

	connection_init(&connection, 4, 7, 9, 40000);
	connection.destination_port = 80;
	rig_handshake(&rig, &connection);
	rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, "GET / HTTP/1.1\r\n\r\n");
	rig_send(&rig, &connection, TO_ORIGINATOR, TCP_ACK, "HTTP/1.1 200 OK\r\n\r\n");
	return connection;
}

static void release_of_a_finished_connection_has_the_sender_s_tuple(void **state)
{
	struct connection connection = finished();
	struct wire wire;

	(void)state;
	assert_int_not_equal(flow_seen(rig_flow(&rig, &connection)), SEEN_INSPECTED);
	connection_send(&connection, &wire, TO_ORIGINATOR, TCP_ACK, "more");
	assert_true(send(&wire, TO_ORIGINATOR));
	assert_int_equal(rig.released.port, PORT_INSIDE);
	assert_int_equal(rig.released.tuple.family, 4);
	assert_int_equal(rig.released.tuple.protocol, PROTOCOL_TCP);
	assert_int_equal(rig.released.tuple.source_port, 80);
	assert_int_equal(rig.released.tuple.destination_port, 40000);
	assert_memory_equal(rig.released.tuple.source, connection.ends.destination, 16);
	assert_memory_equal(rig.released.tuple.destination, connection.ends.source, 16);
}

static void release_of_a_connection_that_is_read_is_refused(void **state)
{
	struct connection connection;
	struct wire wire;

	(void)state;
	connection_init(&connection, 4, 7, 9, 40000);
	rig_handshake(&rig, &connection);
	for (unsigned i = 0; i < 4; i++) {
		connection_send(&connection, &wire, TO_RESPONDER, TCP_ACK, "SSH-2.0-a");
		assert_false(send(&wire, TO_RESPONDER));
	}
}

static void release_waits_for_its_direction_s_frames(void **state)
{
	struct wire there, back;

	(void)state;
	datagram(&there, 6, TO_RESPONDER);
	datagram(&back, 6, TO_ORIGINATOR);
	for (unsigned i = 1; i < TRIES; i++) {
		assert_false(send(&there, TO_RESPONDER));
	}
	assert_true(send(&there, TO_RESPONDER));
	assert_false(send(&back, TO_ORIGINATOR));
	assert_true(send(&back, TO_ORIGINATOR));
	assert_int_equal(rig.released.tuple.family, 6);
	assert_int_equal(rig.released.tuple.source_port, 4001);
}

static void release_of_what_is_wrapped_is_refused_and_of_tags_is_not(void **state)
{
	struct wire tagged, wrapped;

	(void)state;
	for (unsigned i = 0; i < TRIES; i++) {
		bare_datagram(&tagged, 4, TO_RESPONDER);
		wire_tag(&tagged, 5, WIRE_IPV4);
		wire_tag(&tagged, 4, WIRE_VLAN);
		wire_ethernet(&tagged, WIRE_VLAN);
		rig_wire(&rig, &tagged, PORT_OUTSIDE);
	}
	assert_true(rig.releases);
	assert_int_equal(rig.released.tuple.vlan[0], 4);
	assert_int_equal(rig.released.tuple.vlan[1], 5);
	for (unsigned i = 0; i < TRIES; i++) {
		bare_datagram(&wrapped, 4, TO_RESPONDER);
		wire_pppoe(&wrapped, 4);
		wire_ethernet(&wrapped, WIRE_PPPOE);
		rig_wire(&rig, &wrapped, PORT_OUTSIDE);
	}
	assert_false(rig.releases);
}

static void release_under_another_policy_waits_until_it_was_judged(void **state)
{
	struct connection connection = finished();
	struct wire wire;
	uint32_t generation = scanner_generation(rig.scanner);

	(void)state;
	connection_send(&connection, &wire, TO_RESPONDER, TCP_ACK, "more");
	assert_true(send(&wire, TO_RESPONDER));
	rig_publish(&rig, "7 high drop ip.src 198.51.100.7\n", true);
	assert_int_not_equal(scanner_generation(rig.scanner), generation);
	connection_send(&connection, &wire, TO_RESPONDER, TCP_ACK, "more");
	assert_false(send(&wire, TO_RESPONDER));
	assert_int_equal(rig.last.fate, FATE_SIGNATURE_DROP);
}

static void credit_is_in_the_books_and_in_the_flow_s_event(void **state)
{
	struct connection connection = finished();
	struct wire wire;

	(void)state;
	connection_send(&connection, &wire, TO_ORIGINATOR, TCP_ACK, "more");
	assert_true(send(&wire, TO_ORIGINATOR));
	uint32_t frames = rig_flow(&rig, &connection)->packets[TO_ORIGINATOR];
	uint64_t bytes = flow_bytes(rig_flow(&rig, &connection), TO_ORIGINATOR);

	assert_true(scanner_credit(rig.scanner, &rig.released, 1000, 5000000000));
	rig_take_books(&rig);
	assert_int_equal(rig_seen(&rig, SEEN_KERNEL), 1000);
	rig_flush(&rig);
	const struct note *note = rig_note(&rig, EVENT_FLOW, 0);

	assert_non_null(note);
	assert_int_equal(note->flow.packets[TO_ORIGINATOR], frames + 1000);
	assert_int_equal(note->flow.bytes[TO_ORIGINATOR], bytes + 5000000000);
	assert_false(scanner_credit(rig.scanner, &rig.released, 1, 60));
	rig_take_books(&rig);
}

static void begun_names_the_flows_of_the_last_burst(void **state)
{
	const struct event_tuple *tuples;
	struct wire wire;

	(void)state;
	datagram(&wire, 4, TO_RESPONDER);
	rig_wire(&rig, &wire, PORT_OUTSIDE);
	assert_int_equal(scanner_begun(rig.scanner, &tuples), 1);
	assert_int_equal(tuples[0].source_port, 4000);
	rig_wire(&rig, &wire, PORT_OUTSIDE);
	assert_int_equal(scanner_begun(rig.scanner, &tuples), 0);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, open_rig, close_rig)
	const struct CMUnitTest tests[] = {
		CASE(release_of_a_finished_connection_has_the_sender_s_tuple),
		CASE(release_of_a_connection_that_is_read_is_refused),
		CASE(release_waits_for_its_direction_s_frames),
		CASE(release_of_what_is_wrapped_is_refused_and_of_tags_is_not),
		CASE(release_under_another_policy_waits_until_it_was_judged),
		CASE(credit_is_in_the_books_and_in_the_flow_s_event),
		CASE(begun_names_the_flows_of_the_last_burst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
