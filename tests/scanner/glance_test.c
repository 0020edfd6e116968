/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The glance never sees a frame otherwise than the decoder does, over hundreds of
 * thousands of changed frames; and it does see the frames that it is there for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "scanner/glance.h"
#include "tests/scanner/frames.h"

#define FLOWS 64u
#define FRAME_MAX 200u

static struct flow_table tables[2];
static uint64_t random_state = 7;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((random_state >> 33) % n);
}

static int open_tables(void **state)
{
	static const uint8_t salt[32] = { 1, 2, 3 };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		uint8_t family = i == 0 ? 4 : 6;

		flow_table_init(&tables[i], malloc(flow_table_size(FLOWS, family)), FLOWS, family,
				salt);
	}
	return 0;
}

static int close_tables(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		free(tables[i].entries);
	}
	return 0;
}

static uint8_t look(const struct wire *wire)
{
	struct flow_lookup lookup;

	return glance(tables, &lookup, wire->bytes + wire->start, wire_length(wire));
}

static void segment(struct wire *wire, uint8_t family, uint8_t flags)
{
	struct connection connection;

	connection_init(&connection, family, 1, 2, 50000);
	connection_send(&connection, wire, TO_RESPONDER, flags, "twenty bytes of text");
}

static void datagram(struct wire *wire, uint8_t family, uint16_t port)
{
	struct ends ends = { .family = family, .source = { 10, 1 }, .destination = { 10, 2 } };

	wire_begin(wire, "twenty bytes of text", 20);
	wire_udp(wire, 50000, port);
	wire_ip(wire, &ends, PROTOCOL_UDP);
	wire_ethernet(wire, wire_type(family));
}

static void assert_same_packet(const struct packet *one, const struct packet *other)
{
	assert_ptr_equal(one->ip, other->ip);
	assert_ptr_equal(one->l4, other->l4);
	assert_int_equal(one->l4_length, other->l4_length);
	assert_int_equal(one->payload_offset, other->payload_offset);
	assert_int_equal(one->vlan[0], other->vlan[0]);
	assert_int_equal(one->vlan[1], other->vlan[1]);
	assert_int_equal(one->source_port, other->source_port);
	assert_int_equal(one->destination_port, other->destination_port);
	assert_int_equal(one->family, other->family);
	assert_int_equal(one->protocol, other->protocol);
	assert_int_equal(one->tcp_flags, other->tcp_flags);
	assert_int_equal(one->seen, other->seen);
	assert_int_equal(one->outer_length, other->outer_length);
	assert_int_equal(one->fragment, other->fragment);
	assert_int_equal(one->tunnelled, other->tunnelled);
	assert_int_equal(one->reassembled, other->reassembled);
}

/* True when the frame is plain; then everything is as decode() has it. */
static bool check(const uint8_t *frame, uint32_t length)
{
	struct flow_lookup lookup, other;
	struct packet packet, glanced;
	uint8_t family = glance(tables, &lookup, frame, length);

	if (family == 0) {
		return false;
	}
	decode(&packet, frame, length, length);
	assert_int_equal(packet.seen, SEEN_INSPECTED);
	assert_int_equal(packet.family, family);
	assert_int_equal(packet.tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST), 0);
	glance_decode(&glanced, frame, family);
	assert_same_packet(&packet, &glanced);
	flow_lookup_prepare(&tables[family == 6], &packet, &other);
	assert_ptr_equal(lookup.head, other.head);
	assert_int_equal(lookup.from_high, other.from_high);
	assert_memory_equal(&lookup.key, &other.key,
			    family == 4 ? sizeof(lookup.key.v4) : sizeof(lookup.key.v6));
	return true;
}

/* Mostly in the headers, mostly bytes that mean something there. */
static void change(uint8_t *frame, uint32_t length)
{
	static const uint8_t meant[] = { 0,    1,    2,	   4,	 6,    8,    17,   20,
					 0x40, 0x45, 0x46, 0x60, 0x86, 0xdd, 0x12, 0xb5 };
	uint32_t at = random_below(8) == 0 ? random_below(length) :
					     12 + random_below(64) % (length - 12);

	switch (random_below(3)) {
	case 0:
		frame[at] = meant[random_below(sizeof(meant))];
		break;
	case 1:
		frame[at] = (uint8_t)random_below(256);
		break;
	default:
		frame[at] = (uint8_t)(frame[at] ^ 1u << random_below(8));
		break;
	}
}

static void glance_changed_frames_as_decode(void **state)
{
	static struct wire wires[4];
	unsigned plain = 0;
	const unsigned rounds = 400000;

	(void)state;
	segment(&wires[0], 4, TCP_ACK);
	segment(&wires[1], 6, TCP_ACK | TCP_PSH);
	datagram(&wires[2], 4, 443);
	datagram(&wires[3], 6, 53);
	for (unsigned i = 0; i < rounds; i++) {
		const struct wire *wire = &wires[i % 4];
		uint32_t length = wire_length(wire);
		/* of the frame's own size, so that the sanitizer sees what is read beyond it */
		uint8_t *frame = malloc(FRAME_MAX);

		memcpy(frame, wire->bytes + wire->start, length);
		for (unsigned changes = random_below(4); changes != 0; changes--) {
			change(frame, length);
		}
		if (random_below(4) == 0) {
			length = random_below(length + 1);
		}
		uint8_t *cut = realloc(frame, length != 0 ? length : 1);

		plain += check(cut, length);
		free(cut);
	}
	assert_in_range(plain, rounds / 4, rounds - rounds / 4);
}

static void glance_usual_frames_plain(void **state)
{
	struct wire wire;

	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		segment(&wire, family, TCP_ACK);
		assert_int_equal(look(&wire), family);
		segment(&wire, family, TCP_ACK | TCP_PSH | TCP_URG);
		assert_int_equal(look(&wire), family);
		wire_pad(&wire);
		assert_int_equal(look(&wire), family);
		datagram(&wire, family, 443);
		assert_int_equal(look(&wire), family);
	}
}

static void glance_what_begins_ends_or_is_odd_left(void **state)
{
	struct wire wire;

	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		static const uint8_t flags[] = { TCP_SYN, TCP_SYN | TCP_ACK, TCP_FIN | TCP_ACK,
						 TCP_RST };

		for (unsigned i = 0; i < sizeof(flags); i++) {
			segment(&wire, family, flags[i]);
			assert_int_equal(look(&wire), 0);
		}
		datagram(&wire, family, 4789); /* VXLAN */
		assert_int_equal(look(&wire), 0);
		segment(&wire, family, TCP_ACK);
		wire.end--; /* cut short */
		assert_int_equal(look(&wire), 0);
	}
	segment(&wire, 4, TCP_ACK);
	wire_data(&wire)[20] = 0x20; /* more fragments */
	assert_int_equal(look(&wire), 0);
	segment(&wire, 4, TCP_ACK);
	wire_data(&wire)[14] = 0x46; /* options */
	assert_int_equal(look(&wire), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(glance_changed_frames_as_decode),
		cmocka_unit_test(glance_usual_frames_plain),
		cmocka_unit_test(glance_what_begins_ends_or_is_odd_left),
	};

	return cmocka_run_group_tests(tests, open_tables, close_tables);
}
