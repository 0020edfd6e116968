/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reassembly: every order of pieces, repeats, overlaps, ends that contradict each
 * other, the bounds in bytes, datagrams and time, and what is decoded of the whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "scanner/fragment.h"
#include "tests/scanner/frames.h"

#define PAYLOAD 100u

static struct fragments fragments;
static struct packet packet;
static struct wire wire;
static struct timestamp now;
static struct ends ends;
static uint8_t datagram[FRAGMENT_BYTES_MAX + 64];
static uint32_t datagram_length;
static struct piece piece;

static int setup(void **state)
{
	(void)state;
	memset(&fragments, 0, sizeof(fragments));
	now.ns = 1000 * NS_PER_S;
	piece = (struct piece){ .datagram = datagram, .id = 1, .protocol = PROTOCOL_UDP };
	ends = (struct ends){ .family = 4,
			      .source = { 192, 0, 2, 1 },
			      .destination = { 10, 0, 0, 2 } };
	return 0;
}

/* A UDP datagram of so many bytes, its header included, to be cut up. */
static void make_datagram(uint32_t length)
{
	static uint8_t payload[FRAGMENT_BYTES_MAX + 64];

	for (uint32_t i = 0; i < sizeof(payload); i++) {
		payload[i] = (uint8_t)(i * 7 + i / 256);
	}
	wire_begin(&wire, payload, length - 8);
	wire_udp(&wire, 4000, 5000);
	wire_checksum(&wire, &ends, PROTOCOL_UDP);
	memcpy(datagram, wire_data(&wire), length);
	datagram_length = length;
}

static enum fragment_result add(uint32_t offset, uint32_t length)
{
	piece.offset = offset;
	piece.length = length;
	piece.more = offset + length != datagram_length;
	wire_fragment(&wire, &ends, &piece);
	decode(&packet, wire_data(&wire), wire_length(&wire), wire_length(&wire));
	assert_true(packet.fragment);
	return fragment_add(&fragments, &packet, now);
}

/* The same piece with its last byte changed. */
static enum fragment_result add_lie(uint32_t offset, uint32_t length)
{
	datagram[offset + length - 1] ^= 1;
	enum fragment_result result = add(offset, length);

	datagram[offset + length - 1] ^= 1;
	return result;
}

static void assert_whole(void)
{
	assert_int_equal(packet.seen, SEEN_INSPECTED);
	assert_false(packet.fragment);
	assert_int_equal(packet.l4_length, datagram_length);
	assert_memory_equal(packet.l4, datagram, datagram_length);
	assert_int_equal(packet.source_port, 4000);
	assert_int_equal(packet.destination_port, 5000);
	assert_int_equal(packet.payload_offset, 8);
	assert_true(decode_checksums_right(&packet, false));
}

static void use_ipv6(void)
{
	ends = (struct ends){ .family = 6,
			      .source = { 0x20, 1, [15] = 1 },
			      .destination = { 0xfd } };
}

static void add_every_order_whole(void **state)
{
	/* four pieces, 24 orders */
	static const uint32_t offset[4] = { 0, 24, 32, 72 };
	static const uint32_t length[4] = { 24, 8, 40, 28 };

	for (unsigned order = 0; order < 256; order++) {
		unsigned used = 0;

		for (unsigned i = 0; i < 4; i++) {
			used |= 1u << (order >> 2 * i & 3);
		}
		if (used != 15) {
			continue;
		}
		for (unsigned family = 4; family <= 6; family += 2) {
			setup(state);
			if (family == 6) {
				use_ipv6();
			}
			make_datagram(PAYLOAD);
			for (unsigned i = 0; i < 4; i++) {
				unsigned which = order >> 2 * i & 3;

				assert_int_equal(add(offset[which], length[which]),
						 i == 3 ? FRAGMENT_WHOLE : FRAGMENT_KEPT);
			}
			assert_whole();
		}
	}
}

static void add_repeats_whole_once(void **state)
{
	(void)state;
	make_datagram(PAYLOAD);
	assert_int_equal(add(0, 48), FRAGMENT_KEPT);
	assert_int_equal(add(0, 48), FRAGMENT_KEPT);
	assert_int_equal(add(8, 16), FRAGMENT_KEPT); /* a part of it, agreeing */
	assert_int_equal(add(48, 52), FRAGMENT_WHOLE);
	assert_whole();
}

static void add_overlap_spoils(void **state)
{
	(void)state;
	make_datagram(PAYLOAD);
	assert_int_equal(add(0, 48), FRAGMENT_KEPT);
	assert_int_equal(add_lie(0, 48), FRAGMENT_OVERLAP);
	assert_int_equal(add(48, 52), FRAGMENT_OVERLAP); /* never put together */
	assert_int_equal(add(0, 48), FRAGMENT_OVERLAP);

	setup(state); /* in part, though all bytes agree: RFC 5722 */
	assert_int_equal(add(0, 48), FRAGMENT_KEPT);
	assert_int_equal(add(40, 60), FRAGMENT_OVERLAP);
}

static void add_two_ends_spoils(void **state)
{
	(void)state;
	make_datagram(PAYLOAD);
	assert_int_equal(add(72, 28), FRAGMENT_KEPT);
	datagram_length = 72; /* now this one claims to be the last */
	assert_int_equal(add(48, 24), FRAGMENT_OVERLAP);

	setup(state);
	make_datagram(PAYLOAD);
	assert_int_equal(add(72, 28), FRAGMENT_KEPT);
	datagram_length = 1000; /* beyond the end */
	assert_int_equal(add(104, 8), FRAGMENT_OVERLAP);
}

/* The end comes after a piece beyond it: as many bytes as the datagram has, but with a hole. */
static void add_end_before_known_piece_spoils(void **state)
{
	(void)state;
	make_datagram(PAYLOAD);
	assert_int_equal(add(0, 8), FRAGMENT_KEPT);
	assert_int_equal(add(32, 8), FRAGMENT_KEPT);
	datagram_length = 24;
	assert_int_equal(add(16, 8), FRAGMENT_OVERLAP);
}

static void add_odd_length_spoils(void **state)
{
	(void)state;
	make_datagram(PAYLOAD);
	assert_int_equal(add(0, 44), FRAGMENT_OVERLAP); /* not the last, not a multiple of 8 */
}

static void add_bound_in_bytes_kept(void **state)
{
	(void)state;
	make_datagram(FRAGMENT_BYTES_MAX);
	for (uint32_t at = 0; at < FRAGMENT_BYTES_MAX; at += 1024) {
		assert_int_equal(add(at, 1024),
				 at + 1024 == FRAGMENT_BYTES_MAX ? FRAGMENT_WHOLE : FRAGMENT_KEPT);
	}
	assert_whole();
	datagram_length = FRAGMENT_BYTES_MAX + 8;
	assert_int_equal(add(FRAGMENT_BYTES_MAX, 8), FRAGMENT_TOO_LONG);
	assert_int_equal(add(FRAGMENT_BYTES_MAX - 8, 16), FRAGMENT_TOO_LONG);
}

static void add_identities_kept_apart(void **state)
{
	struct ends other;

	(void)state;
	make_datagram(PAYLOAD);
	assert_int_equal(add(0, 48), FRAGMENT_KEPT);
	piece.id = 2;
	assert_int_equal(add(48, 52), FRAGMENT_KEPT);
	piece.id = 1;
	other = ends;
	ends.source[3]++;
	assert_int_equal(add(48, 52), FRAGMENT_KEPT);
	ends = other;
	ends.destination[0]++;
	assert_int_equal(add(48, 52), FRAGMENT_KEPT);
	ends = other;
	piece.protocol = 99;
	assert_int_equal(add(48, 52), FRAGMENT_KEPT);
	piece.protocol = PROTOCOL_UDP;
	assert_int_equal(add(48, 52), FRAGMENT_WHOLE);
	assert_whole();
}

static void add_full_oldest_makes_room(void **state)
{
	(void)state;
	make_datagram(PAYLOAD);
	for (unsigned i = 0; i <= FRAGMENT_DATAGRAMS; i++) {
		piece.id = 100 + i;
		now.ns++;
		assert_int_equal(add(0, 48), FRAGMENT_KEPT);
	}
	for (unsigned i = FRAGMENT_DATAGRAMS; i > 0; i--) { /* all but the first are there */
		piece.id = 100 + i;
		assert_int_equal(add(48, 52), FRAGMENT_WHOLE);
		assert_whole();
	}
	assert_int_equal(fragments.unread, 1);
	piece.id = 100;
	assert_int_equal(add(48, 52), FRAGMENT_GIVEN_UP);
	now.ns += FRAGMENT_TIMEOUT_NS + 1;
	assert_int_equal(add(48, 52), FRAGMENT_KEPT);
}

static void flood_of(uint8_t sender)
{
	struct ends other = ends;

	ends.source[ends.family == 4 ? 3 : 7] = sender;
	for (unsigned i = 0; i < 3 * FRAGMENT_DATAGRAMS; i++) {
		ends.source[15] = (uint8_t)(ends.family == 4 ? 0 : i);
		piece.id = 1000 + i;
		now.ns++;
		assert_int_equal(add(0, 48), FRAGMENT_KEPT);
	}
	ends = other;
	piece.id = 1;
}

static void add_flood_of_one_sender_others_stay(void **state)
{
	for (unsigned family = 4; family <= 6; family += 2) {
		setup(state);
		if (family == 6) {
			use_ipv6();
		}
		make_datagram(PAYLOAD);
		assert_int_equal(add(0, 48), FRAGMENT_KEPT);
		flood_of(99);
		flood_of(98);
		assert_int_equal(add(48, 52), FRAGMENT_WHOLE);
		assert_whole();
	}
}

/* One that was dropped must not get through because it made room. */
static void add_spoiled_made_room_still_refused(void **state)
{
	(void)state;
	make_datagram(PAYLOAD);
	assert_int_equal(add(0, 48), FRAGMENT_KEPT);
	assert_int_equal(add(48, 52), FRAGMENT_WHOLE);
	fragment_refuse(&fragments);
	for (unsigned i = 0; i < FRAGMENT_DATAGRAMS; i++) {
		piece.id = 100 + i;
		now.ns++;
		assert_int_equal(add(0, 48), FRAGMENT_KEPT);
	}
	piece.id = 1;
	assert_int_equal(add(48, 52), FRAGMENT_OVERLAP);
	assert_int_equal(fragments.unread, 0);
}

/* Every piece that was kept and not read counts once, whatever became of its datagram. */
static void unread_pieces_counted_once(void **state)
{
	(void)state;
	make_datagram(PAYLOAD);
	add(0, 48);
	add(0, 48);
	assert_int_equal(add_lie(0, 48), FRAGMENT_OVERLAP); /* two were kept before */
	assert_int_equal(fragments.unread, 2);
	piece.id = 2;
	add(0, 48);
	now.ns += FRAGMENT_TIMEOUT_NS + 1;
	piece.id = 3;
	add(0, 48);
	assert_int_equal(fragments.unread, 3);
	assert_int_equal(add(48, 52), FRAGMENT_WHOLE);
	piece.id = 4;
	piece.protocol = PROTOCOL_TCP; /* too short for its header: kept, but not read */
	datagram_length = 12;
	add(0, 8);
	assert_int_equal(add(8, 4), FRAGMENT_WHOLE);
	assert_int_equal(fragments.unread, 4);
	piece.id = 5;
	add(0, 8);
	fragment_end(&fragments);
	assert_int_equal(fragments.unread, 5);
	fragment_end(&fragments);
	assert_int_equal(fragments.unread, 5);
}

static void add_after_timeout_forgotten(void **state)
{
	(void)state;
	make_datagram(PAYLOAD);
	assert_int_equal(add(0, 48), FRAGMENT_KEPT);
	now.ns += FRAGMENT_TIMEOUT_NS;
	assert_int_equal(add(48, 52), FRAGMENT_WHOLE); /* just in time */
	assert_int_equal(add(0, 48), FRAGMENT_KEPT);
	now.ns += FRAGMENT_TIMEOUT_NS + 1;
	assert_int_equal(add(48, 52), FRAGMENT_KEPT);
	now.ns -= 2 * FRAGMENT_TIMEOUT_NS; /* a clock set back forgets nothing */
	assert_int_equal(add(0, 48), FRAGMENT_WHOLE);
	assert_whole();
}

/* A piece of a datagram that was dropped would complete what its receiver still holds. */
static void refuse_pieces_come_again_refused(void **state)
{
	(void)state;
	make_datagram(PAYLOAD);
	assert_int_equal(add(0, 48), FRAGMENT_KEPT);
	assert_int_equal(add(48, 52), FRAGMENT_WHOLE);
	fragment_refuse(&fragments);
	assert_int_equal(add(48, 52), FRAGMENT_OVERLAP);
	assert_int_equal(add(0, 48), FRAGMENT_OVERLAP);
	piece.id = 2; /* others are not affected */
	assert_int_equal(add(0, 48), FRAGMENT_KEPT);
	assert_int_equal(add(48, 52), FRAGMENT_WHOLE);
	assert_int_equal(add(0, 48), FRAGMENT_KEPT); /* and this one was not refused */
}

static void whole_extension_headers_skipped(void **state)
{
	(void)state;
	use_ipv6();
	wire_begin(&wire, "0123456789abcdef", 16);
	wire_udp(&wire, 4000, 5000);
	wire_checksum(&wire, &ends, PROTOCOL_UDP);
	wire_grow(&wire, 8)[0] = PROTOCOL_UDP; /* destination options, in the fragmented part */
	datagram_length = wire_length(&wire);
	memcpy(datagram, wire_data(&wire), datagram_length);
	piece.protocol = PROTOCOL_DESTINATION;
	assert_int_equal(add(16, 16), FRAGMENT_KEPT);
	assert_int_equal(add(0, 16), FRAGMENT_WHOLE);
	assert_int_equal(packet.seen, SEEN_INSPECTED);
	assert_int_equal(packet.protocol, PROTOCOL_UDP);
	assert_int_equal(packet.destination_port, 5000);
	assert_memory_equal(packet.l4 + 8, "0123456789abcdef", 16);
	assert_true(decode_checksums_right(&packet, false));
}

static void whole_tunnel_decoded(void **state)
{
	static const struct ends inner = { .family = 6,
					   .source = { 0x20, 1, [15] = 9 },
					   .destination = { 0xfd, [15] = 8 } };

	(void)state;
	wire_begin(&wire, "0123456789abcdef", 16);
	wire_udp(&wire, 4000, 5000);
	wire_ip(&wire, &inner, PROTOCOL_UDP);
	datagram_length = wire_length(&wire);
	memcpy(datagram, wire_data(&wire), datagram_length);
	piece.protocol = PROTOCOL_IPV6;
	assert_int_equal(add(0, 32), FRAGMENT_KEPT);
	assert_int_equal(add(32, 32), FRAGMENT_WHOLE);
	assert_int_equal(packet.seen, SEEN_INSPECTED);
	assert_true(packet.tunnelled);
	assert_int_equal(packet.family, 6);
	assert_int_equal(packet.destination_port, 5000);
	assert_memory_equal(packet.ip + 8, inner.source, 16);
	assert_true(decode_checksums_right(&packet, false));
}

static void whole_too_short_for_header_malformed(void **state)
{
	(void)state;
	make_datagram(PAYLOAD);
	piece.protocol = PROTOCOL_TCP;
	datagram_length = 12;
	assert_int_equal(add(0, 8), FRAGMENT_KEPT);
	assert_int_equal(add(8, 4), FRAGMENT_WHOLE);
	assert_int_equal(packet.seen, SEEN_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(add_every_order_whole, setup),
		cmocka_unit_test_setup(add_repeats_whole_once, setup),
		cmocka_unit_test_setup(add_overlap_spoils, setup),
		cmocka_unit_test_setup(add_two_ends_spoils, setup),
		cmocka_unit_test_setup(add_end_before_known_piece_spoils, setup),
		cmocka_unit_test_setup(add_odd_length_spoils, setup),
		cmocka_unit_test_setup(add_bound_in_bytes_kept, setup),
		cmocka_unit_test_setup(add_identities_kept_apart, setup),
		cmocka_unit_test_setup(add_full_oldest_makes_room, setup),
		cmocka_unit_test_setup(add_flood_of_one_sender_others_stay, setup),
		cmocka_unit_test_setup(add_spoiled_made_room_still_refused, setup),
		cmocka_unit_test_setup(unread_pieces_counted_once, setup),
		cmocka_unit_test_setup(add_after_timeout_forgotten, setup),
		cmocka_unit_test_setup(refuse_pieces_come_again_refused, setup),
		cmocka_unit_test_setup(whole_extension_headers_skipped, setup),
		cmocka_unit_test_setup(whole_tunnel_decoded, setup),
		cmocka_unit_test_setup(whole_too_short_for_header_malformed, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
