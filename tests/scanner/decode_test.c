/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decoder: every wrapping it takes off and every one it leaves on, lengths that
 * contradict each other, every truncation of every frame in a buffer of exactly its
 * size (so that a read beyond it is found).
 */
#include <stdlib.h>
#include <string.h>

#include "tests/scanner/decode_wire.h"

static void assert_inside(const uint8_t *frame, uint32_t length)
{
	assert_true(packet.outer_length <= length);
	if (packet.seen != SEEN_INSPECTED && !packet.fragment) {
		return;
	}
	assert_true(packet.ip >= frame && packet.ip < packet.l4);
	assert_true(packet.l4_length <= length);
	assert_true(packet.l4 + packet.l4_length <= frame + length);
	assert_true(packet.payload_offset <= packet.l4_length);
}

/* Decodes the first bytes of the frame where nothing may be read behind them. */
static void decode_exact(uint32_t length, uint32_t on_wire)
{
	uint8_t *copy = malloc(length != 0 ? length : 1);

	memcpy(copy, wire_data(&wire), length);
	decode(&packet, length != 0 ? copy : copy + 1, length, on_wire);
	assert_inside(copy, length);
	if (packet.seen == SEEN_INSPECTED &&
	    (packet.protocol == PROTOCOL_TCP || packet.protocol == PROTOCOL_UDP)) {
		decode_checksums_right(&packet, false);
		decode_checksums_right(&packet, true);
	}
	free(copy);
}

/* Every beginning of the frame: cut by the capture (never wrong, only incomplete), and sent so
 * short (`whole` bytes of it are needed for a datagram that is whole). */
static void assert_truncations(uint32_t whole)
{
	uint32_t all = wire_length(&wire);

	for (uint32_t length = 0; length < all; length++) {
		decode_exact(length, all);
		assert_int_equal(packet.seen, length < whole ? SEEN_TRUNCATED : SEEN_INSPECTED);
		decode_exact(length, length);
		assert_int_equal(packet.seen, length < whole ? SEEN_MALFORMED : SEEN_INSPECTED);
	}
	decode_exact(all, all);
}

static void link_untagged_decoded(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		begin_frame(family);
		decode_wire();
		assert_hello();
		assert_int_equal(packet.family, family);
		assert_int_equal(packet.outer_length, 14);
		assert_ptr_equal(packet.ip, wire_data(&wire) + 14);
		assert_int_equal(packet.vlan[0], VLAN_NONE);
		assert_int_equal(packet.vlan[1], VLAN_NONE);
		assert_false(packet.tunnelled);
		assert_false(packet.fragment);
		assert_truncations(wire_length(&wire));
	}
}

static void link_tagged_decoded(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		begin_ip(family);
		wire_tag(&wire, 0xe000 | 7, wire_type(family)); /* priority bits are no part */
		wire_ethernet(&wire, 0x8100);
		decode_wire();
		assert_hello();
		assert_int_equal(packet.vlan[0], 7);
		assert_int_equal(packet.vlan[1], VLAN_NONE);
		assert_int_equal(packet.outer_length, 18);
		assert_truncations(wire_length(&wire));
	}
}

static void link_two_tags_decoded(void **state)
{
	(void)state;
	begin_ip(4);
	wire_tag(&wire, 4094, WIRE_IPV4);
	wire_tag(&wire, 5, 0x8100);
	wire_ethernet(&wire, 0x88a8);
	decode_wire();
	assert_hello();
	assert_int_equal(packet.vlan[0], 5);
	assert_int_equal(packet.vlan[1], 4094);
	assert_int_equal(packet.outer_length, 22);
	assert_truncations(wire_length(&wire));
}

static void link_three_tags_counted(void **state)
{
	(void)state;
	begin_ip(4);
	wire_tag(&wire, 3, WIRE_IPV4);
	wire_tag(&wire, 2, 0x8100);
	wire_tag(&wire, 1, 0x8100);
	wire_ethernet(&wire, 0x88a8);
	decode_wire();
	assert_int_equal(packet.seen, SEEN_ENCAPSULATION);
}

static void link_pppoe_decoded(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		begin_ip(family);
		wire_pppoe(&wire, family);
		wire_tag(&wire, 9, WIRE_PPPOE);
		wire_ethernet(&wire, 0x8100);
		decode_wire();
		assert_hello();
		assert_int_equal(packet.family, family);
		assert_int_equal(packet.outer_length, 26);
		assert_truncations(wire_length(&wire));
	}
}

static void link_pppoe_control_not_inspectable(void **state)
{
	(void)state;
	begin_ip(4);
	wire_pppoe(&wire, 4);
	wire_data(&wire)[7] = 0x23; /* 0x0023: not IP */
	wire_ethernet(&wire, WIRE_PPPOE);
	decode_wire();
	assert_int_equal(packet.seen, SEEN_NOT_INSPECTABLE);
	wire_data(&wire)[14 + 7] = 0x21;
	wire_data(&wire)[14 + 1] = 0x09; /* discovery's code */
	decode_wire();
	assert_int_equal(packet.seen, SEEN_NOT_INSPECTABLE);
}

static void link_other_types_not_inspectable(void **state)
{
	static const uint16_t types[] = { 0x0806, 0x88cc, 0x8809, 0x0026, 0x8847, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		wire_begin(&wire, "0123456789", 10);
		wire_ethernet(&wire, types[i]);
		decode_wire();
		assert_int_equal(packet.seen, SEEN_NOT_INSPECTABLE);
		assert_int_equal(packet.family, 0);
	}
}

static void ipv4_options_skipped(void **state)
{
	(void)state;
	for (unsigned words = 1; words <= 10; words++) {
		wire_begin(&wire, "hello", 5);
		wire_tcp(&wire, &segment);
		wire_checksum(&wire, &ends4, PROTOCOL_TCP);
		memset(wire_grow(&wire, 4 * words), 1, 4 * words);
		wire_ip_header(&wire, &ends4, PROTOCOL_TCP);
		/* the options stand behind the 20 bytes */
		wire_data(&wire)[0] = (uint8_t)(0x45 + words);
		wire_fix_ipv4(wire_data(&wire));
		wire_ethernet(&wire, WIRE_IPV4);
		decode_wire();
		assert_hello();
		assert_truncations(wire_length(&wire));
	}
}

static void ipv4_contradictions_malformed(void **state)
{
	(void)state;
	begin_frame(4);
	uint8_t *ip = wire_data(&wire) + 14;

	for (unsigned header = 0; header < 5; header++) {
		ip[0] = (uint8_t)(0x40 | header);
		decode_wire();
		assert_int_equal(packet.seen, SEEN_MALFORMED);
	}
	ip[0] = 0x65;
	decode_wire();
	assert_int_equal(packet.seen, SEEN_MALFORMED);
	ip[0] = 0x45;
	ip[3]++; /* one byte more than there is */
	decode_wire();
	assert_int_equal(packet.seen, SEEN_MALFORMED);
	ip[3] = 19; /* less than its own header */
	decode_wire();
	assert_int_equal(packet.seen, SEEN_MALFORMED);
	ip[3] = 39; /* a TCP header cut short */
	decode_wire();
	assert_int_equal(packet.seen, SEEN_MALFORMED);
	ip[3] = 40;
	decode_wire();
	assert_int_equal(packet.seen, SEEN_INSPECTED);
	assert_int_equal(packet.l4_length, 20);
}

static void ipv6_contradictions_malformed(void **state)
{
	(void)state;
	begin_frame(6);
	uint8_t *ip = wire_data(&wire) + 14;

	ip[5]++;
	decode_wire();
	assert_int_equal(packet.seen, SEEN_MALFORMED);
	ip[5] = 19;
	decode_wire();
	assert_int_equal(packet.seen, SEEN_MALFORMED);
	ip[5] = 25;
	ip[0] = 0x40;
	decode_wire();
	assert_int_equal(packet.seen, SEEN_MALFORMED);
}

static void tcp_header_length_contradicts_malformed(void **state)
{
	(void)state;
	begin_frame(4);
	uint8_t *tcp = wire_data(&wire) + 34;

	for (unsigned words = 0; words < 16; words++) {
		tcp[12] = (uint8_t)(words << 4);
		decode_wire();
		/* 25 bytes are there */
		assert_int_equal(packet.seen,
				 words == 5 || words == 6 ? SEEN_INSPECTED : SEEN_MALFORMED);
	}
}

static void udp_length_decides(void **state)
{
	(void)state;
	wire_begin(&wire, "abcdefgh", 8);
	wire_udp(&wire, 1000, 53);
	wire_ip(&wire, &ends4, PROTOCOL_UDP);
	wire_ethernet(&wire, WIRE_IPV4);
	decode_wire();
	assert_int_equal(packet.seen, SEEN_INSPECTED);
	assert_int_equal(packet.l4_length, 16);
	assert_int_equal(packet.payload_offset, 8);
	assert_int_equal(packet.source_port, 1000);
	assert_int_equal(packet.destination_port, 53);
	assert_true(decode_checksums_right(&packet, false));
	assert_truncations(wire_length(&wire));
	uint8_t *length = wire_data(&wire) + 34 + 5;

	*length = 12; /* bytes behind the datagram's end do not belong to it */
	decode_wire();
	assert_int_equal(packet.seen, SEEN_INSPECTED);
	assert_int_equal(packet.l4_length, 12);
	*length = 17;
	decode_wire();
	assert_int_equal(packet.seen, SEEN_MALFORMED);
	*length = 7;
	decode_wire();
	assert_int_equal(packet.seen, SEEN_MALFORMED);
}

static void frame_padded_payload_excludes_padding(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		wire_begin(&wire, NULL, 0);
		wire_tcp(&wire, &segment);
		wire_ip(&wire, ends_of(family), PROTOCOL_TCP);
		wire_ethernet(&wire, wire_type(family));
		wire_pad(&wire);
		memset(wire.bytes + wire.end, 'x', 6);
		wire.end += 6;
		decode_wire();
		assert_int_equal(packet.seen, SEEN_INSPECTED);
		assert_int_equal(packet.l4_length, 20);
		assert_int_equal(packet.payload_offset, 20);
		assert_true(decode_checksums_right(&packet, false));
	}
}

/* A segment that the sender's network card is to cut up has no length yet. */
static void ip_length_zero_takes_frame(void **state)
{
	(void)state;
	begin_frame(4);
	wire_data(&wire)[14 + 3] = 0;
	wire_fix_ipv4(wire_data(&wire) + 14);
	decode_wire();
	assert_int_equal(packet.seen, SEEN_INSPECTED);
	assert_int_equal(packet.l4_length, 25);
	assert_true(decode_checksums_right(&packet, true));
	/* on the wire a host discards it */
	assert_false(decode_checksums_right(&packet, false));
	decode_exact(wire_length(&wire) - 1, wire_length(&wire));
	assert_int_equal(packet.seen, SEEN_TRUNCATED);

	begin_frame(6);
	wire_data(&wire)[14 + 5] = 0;
	decode_wire();
	assert_int_equal(packet.seen, SEEN_INSPECTED);
	assert_int_equal(packet.l4_length, 25);
	assert_true(decode_checksums_right(&packet, true));
	assert_false(decode_checksums_right(&packet, false));
}

/* --- IPv6 extension headers --- */

/* A TCP segment behind extension headers of the given protocols, each of `words` times 8 bytes. */
static void begin_extended(const uint8_t *protocols, unsigned count, unsigned words)
{
	uint8_t next = PROTOCOL_TCP;

	wire_begin(&wire, "hello", 5);
	wire_tcp(&wire, &segment);
	wire_checksum(&wire, &ends6, PROTOCOL_TCP);
	for (unsigned i = count; i > 0; i--) {
		uint8_t protocol = protocols[i - 1];
		uint32_t length = protocol == PROTOCOL_FRAGMENT ? 8 : 8 * words;
		uint8_t *at = wire_grow(&wire, length);

		at[0] = next;
		at[1] = (uint8_t)(protocol == PROTOCOL_AH	? length / 4 - 2 :
				  protocol == PROTOCOL_FRAGMENT ? 0 :
								  length / 8 - 1);
		next = protocol;
	}
	wire_ip_header(&wire, &ends6, next);
	wire_ethernet(&wire, WIRE_IPV6);
}

static void extension_headers_skipped(void **state)
{
	static const uint8_t each[] = { PROTOCOL_HOP_BY_HOP, PROTOCOL_ROUTING,	  PROTOCOL_FRAGMENT,
					PROTOCOL_AH,	     PROTOCOL_HIP,	  PROTOCOL_MOBILITY,
					PROTOCOL_SHIM6,	     PROTOCOL_DESTINATION };

	(void)state;
	for (unsigned i = 0; i < sizeof(each); i++) {
		for (unsigned words = 1; words <= 3; words++) {
			begin_extended(&each[i], 1, words);
			decode_wire();
			assert_hello();
			assert_truncations(wire_length(&wire));
		}
	}
	begin_extended(each, sizeof(each), 2);
	decode_wire();
	assert_hello();
	assert_truncations(wire_length(&wire));
}

static void extension_headers_beyond_bound_counted(void **state)
{
	static const uint8_t many[9] = { 0, 60, 60, 60, 60, 60, 60, 60, 60 };

	(void)state;
	begin_extended(many, 8, 1);
	decode_wire();
	assert_hello();
	begin_extended(many, 9, 1);
	decode_wire();
	assert_int_equal(packet.seen, SEEN_EXTENSION_HEADERS);
}

static void extension_header_too_long_malformed(void **state)
{
	static const uint8_t one[] = { PROTOCOL_DESTINATION };

	(void)state;
	begin_extended(one, 1, 1);
	wire_data(&wire)[14 + 40 + 1] = 255;
	decode_exact(wire_length(&wire), wire_length(&wire));
	assert_int_equal(packet.seen, SEEN_MALFORMED);
}

/* Nothing need follow a header. */
static void extension_header_at_end_tracked(void **state)
{
	(void)state;
	wire_begin(&wire, "\x3b\0\1\4\0\0\0\0", 8); /* no next header; padding */
	wire_ip(&wire, &ends6, PROTOCOL_DESTINATION);
	wire_ethernet(&wire, WIRE_IPV6);
	decode_exact(wire_length(&wire), wire_length(&wire));
	assert_int_equal(packet.seen, SEEN_INSPECTED);
	assert_int_equal(packet.protocol, PROTOCOL_NONE);
	assert_int_equal(packet.l4_length, 0);
}

static void extension_no_next_header_tracked(void **state)
{
	(void)state;
	wire_begin(&wire, "xyz", 3);
	wire_ip(&wire, &ends6, PROTOCOL_NONE);
	wire_ethernet(&wire, WIRE_IPV6);
	decode_wire();
	assert_int_equal(packet.seen, SEEN_INSPECTED);
	assert_int_equal(packet.protocol, PROTOCOL_NONE);
	assert_int_equal(packet.source_port, 0);
}

static void fragment_atomic_is_whole(void **state)
{
	static const uint8_t fragment[] = { PROTOCOL_FRAGMENT };

	(void)state;
	begin_extended(fragment, 1, 1);
	uint8_t *header = wire_data(&wire) + 14 + 40;

	header[7] = 9; /* an identification */
	decode_wire();
	assert_hello();
	header[3] = 6; /* reserved bits */
	decode_wire();
	assert_hello();
	header[3] = 1; /* more follow */
	decode_wire();
	assert_int_equal(packet.seen, SEEN_FRAGMENT);
	assert_true(packet.fragment);
	assert_true(packet.fragment_more);
	assert_int_equal(packet.fragment_offset, 0);
	assert_int_equal(packet.fragment_id, 9);
	header[2] = 1; /* an offset */
	header[3] = 8;
	decode_wire();
	assert_true(packet.fragment);
	assert_false(packet.fragment_more);
	assert_int_equal(packet.fragment_offset, 264);
}

/* Each piece has a header of its own that its receiver checks. */
static void fragment_header_wrong_refused(void **state)
{
	const struct piece piece = { .datagram = (const uint8_t *)"0123456789abcdef",
				     .length = 16,
				     .more = true,
				     .protocol = PROTOCOL_TCP };

	(void)state;
	wire_fragment(&wire, &ends4, &piece);
	decode_wire();
	assert_true(decode_header_right(&packet, false));
	wire_data(&wire)[14 + 8]++;
	decode_wire();
	assert_false(decode_header_right(&packet, false));
	assert_true(decode_header_right(&packet, true));
}

static void fragment_ipv4_described(void **state)
{
	const struct piece piece = {
		.datagram = (const uint8_t *)"0123456789abcdef01234567",
		.offset = 8,
		.length = 16,
		.id = 0xabcd,
		.more = true,
		.protocol = PROTOCOL_TCP,
	};

	(void)state;
	wire_fragment(&wire, &ends4, &piece);
	decode_wire();
	assert_int_equal(packet.seen, SEEN_FRAGMENT);
	assert_true(packet.fragment);
	assert_true(packet.fragment_more);
	assert_int_equal(packet.fragment_offset, 8);
	assert_int_equal(packet.fragment_id, 0xabcd);
	assert_int_equal(packet.l4_length, 16);
	assert_memory_equal(packet.l4, "89abcdef01234567", 16);
	wire_data(&wire)[14 + 6] |= 0x40; /* don't fragment: a whole datagram may have it */
	begin_frame(4);
	wire_data(&wire)[14 + 6] = 0x40;
	wire_fix_ipv4(wire_data(&wire) + 14);
	decode_wire();
	assert_hello();
}

/* --- tunnels --- */

static void put_gre(uint16_t flags, uint16_t type)
{
	uint32_t words = 1 + ((flags >> 15) & 1u) + ((flags >> 13) & 1u) + ((flags >> 12) & 1u);
	uint8_t *at = wire_grow(&wire, 4 * words);

	at[0] = (uint8_t)(flags >> 8);
	at[1] = (uint8_t)flags;
	at[2] = (uint8_t)(type >> 8);
	at[3] = (uint8_t)type;
}

static void end_tunnel(uint8_t protocol)
{
	wire_ip(&wire, &ends4, protocol);
	wire_ethernet(&wire, WIRE_IPV4);
	decode_wire();
}

static void gre_flags_decoded(void **state)
{
	static const uint16_t flags[] = {
		0, 0x8000, 0x2000, 0x1000, 0xa000, 0x9000, 0x3000, 0xb000
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		for (uint8_t family = 4; family <= 6; family += 2) {
			begin_ip(family);
			put_gre(flags[i], wire_type(family));
			end_tunnel(PROTOCOL_GRE);
			assert_hello();
			assert_true(packet.tunnelled);
			assert_int_equal(packet.family, family);
			assert_int_equal(packet.outer_length, 14);
			assert_truncations(wire_length(&wire));
		}
	}
}

static void gre_ethernet_decoded(void **state)
{
	(void)state;
	begin_ip(6);
	wire_tag(&wire, 77, WIRE_IPV6);
	wire_ethernet(&wire, 0x8100);
	put_gre(0x2000, 0x6558);
	end_tunnel(PROTOCOL_GRE);
	assert_hello();
	assert_true(packet.tunnelled);
	assert_int_equal(packet.vlan[0], 77);
	assert_truncations(wire_length(&wire));
}

/* What cannot be followed is a flow of its own kind. */
static void gre_unknown_tracked_as_gre(void **state)
{
	static const struct {
		uint16_t flags, type;
	} odd[] = { { 0x0001, WIRE_IPV4 }, { 0x4000, WIRE_IPV4 }, { 0, 0x880b }, { 0, 0x0806 } };

	(void)state;
	for (unsigned i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		begin_ip(4);
		put_gre(odd[i].flags, odd[i].type);
		end_tunnel(PROTOCOL_GRE);
		assert_int_equal(packet.seen, SEEN_INSPECTED);
		assert_int_equal(packet.protocol, PROTOCOL_GRE);
		assert_false(packet.tunnelled);
		assert_int_equal(packet.source_port, 0);
	}
	/* a tunnelled frame that is not IP; its tags are not the tunnel's */
	wire_begin(&wire, "0123456789012345678901234567", 28);
	wire_tag(&wire, 5, 0x0806);
	wire_ethernet(&wire, 0x8100);
	put_gre(0, 0x6558);
	end_tunnel(PROTOCOL_GRE);
	assert_int_equal(packet.seen, SEEN_INSPECTED);
	assert_int_equal(packet.protocol, PROTOCOL_GRE);
	assert_int_equal(packet.vlan[0], VLAN_NONE);
}

static void vxlan_decoded(void **state)
{
	(void)state;
	begin_frame(6);
	wire_grow(&wire, 8)[0] = 0x08;
	wire_udp(&wire, 50000, 4789);
	end_tunnel(PROTOCOL_UDP);
	assert_hello();
	assert_true(packet.tunnelled);
	assert_int_equal(packet.family, 6);

	begin_frame(6);
	wire_grow(&wire, 8); /* without a valid network id it is only UDP */
	wire_udp(&wire, 50000, 4789);
	end_tunnel(PROTOCOL_UDP);
	assert_int_equal(packet.protocol, PROTOCOL_UDP);
	assert_int_equal(packet.destination_port, 4789);
	assert_false(packet.tunnelled);
}

static void vxlan_truncated_never_reads_beyond(void **state)
{
	(void)state;
	begin_frame(4);
	wire_grow(&wire, 8)[0] = 0x08;
	wire_udp(&wire, 50000, 4789);
	end_tunnel(PROTOCOL_UDP);
	for (uint32_t length = 0; length < wire_length(&wire); length++) {
		decode_exact(length, wire_length(&wire));
		assert_int_equal(packet.seen, SEEN_TRUNCATED);
		decode_exact(length, length);
		assert_int_equal(packet.seen, SEEN_MALFORMED);
	}
}

static void ipip_decoded(void **state)
{
	(void)state;
	for (uint8_t outer = 4; outer <= 6; outer += 2) {
		for (uint8_t inner = 4; inner <= 6; inner += 2) {
			begin_ip(inner);
			wire_ip(&wire, ends_of(outer), inner == 4 ? PROTOCOL_IPIP : PROTOCOL_IPV6);
			wire_ethernet(&wire, wire_type(outer));
			decode_wire();
			assert_hello();
			assert_true(packet.tunnelled);
			assert_int_equal(packet.family, inner);
			assert_truncations(wire_length(&wire));
		}
	}
}

static void ipip_nesting_beyond_bound_counted(void **state)
{
	(void)state;
	begin_ip(4);
	for (unsigned layers = 2; layers <= DECODE_LAYERS_MAX + 1; layers++) {
		wire_ip(&wire, &ends4, PROTOCOL_IPIP);
		struct wire copy = wire;

		wire_ethernet(&wire, WIRE_IPV4);
		decode_wire();
		if (layers <= DECODE_LAYERS_MAX) {
			assert_hello();
		} else {
			assert_int_equal(packet.seen, SEEN_ENCAPSULATION);
		}
		wire = copy;
	}
}

static void ipip_inner_contradicts_malformed(void **state)
{
	(void)state;
	begin_ip(4);
	wire_data(&wire)[3] = 200; /* longer than the outer one */
	wire_ip(&wire, &ends4, PROTOCOL_IPIP);
	wire_ethernet(&wire, WIRE_IPV4);
	decode_wire();
	assert_int_equal(packet.seen, SEEN_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_untagged_decoded),
		cmocka_unit_test(link_tagged_decoded),
		cmocka_unit_test(link_two_tags_decoded),
		cmocka_unit_test(link_three_tags_counted),
		cmocka_unit_test(link_pppoe_decoded),
		cmocka_unit_test(link_pppoe_control_not_inspectable),
		cmocka_unit_test(link_other_types_not_inspectable),
		cmocka_unit_test(ipv4_options_skipped),
		cmocka_unit_test(ipv4_contradictions_malformed),
		cmocka_unit_test(ipv6_contradictions_malformed),
		cmocka_unit_test(tcp_header_length_contradicts_malformed),
		cmocka_unit_test(udp_length_decides),
		cmocka_unit_test(frame_padded_payload_excludes_padding),
		cmocka_unit_test(ip_length_zero_takes_frame),
		cmocka_unit_test(extension_headers_skipped),
		cmocka_unit_test(extension_headers_beyond_bound_counted),
		cmocka_unit_test(extension_header_too_long_malformed),
		cmocka_unit_test(extension_header_at_end_tracked),
		cmocka_unit_test(extension_no_next_header_tracked),
		cmocka_unit_test(fragment_atomic_is_whole),
		cmocka_unit_test(fragment_header_wrong_refused),
		cmocka_unit_test(fragment_ipv4_described),
		cmocka_unit_test(gre_flags_decoded),
		cmocka_unit_test(gre_ethernet_decoded),
		cmocka_unit_test(gre_unknown_tracked_as_gre),
		cmocka_unit_test(vxlan_decoded),
		cmocka_unit_test(vxlan_truncated_never_reads_beyond),
		cmocka_unit_test(ipip_decoded),
		cmocka_unit_test(ipip_nesting_beyond_bound_counted),
		cmocka_unit_test(ipip_inner_contradicts_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
