/* SPDX-License-Identifier: BSD-2-Clause */
/* Checksums as decode.c checks them: wrong, right, partial, absent. */
#include "tests/scanner/decode_wire.h"

static void checksum_bytes_flipped_wrong(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		begin_frame(family);
		uint8_t *frame = wire_data(&wire);
		uint32_t transport = family == 4 ? 34 : 54;

		for (uint32_t at = 14; at < wire_length(&wire); at++) {
			/* version, lengths, protocol, fragments, extensions change the decoding */
			bool structure = at < transport && !(at >= 14u + (family == 4 ? 12u : 8u));

			if (structure || at == transport + 12) {
				continue;
			}
			frame[at] ^= 0x20;
			decode_wire();
			assert_int_equal(packet.seen, SEEN_INSPECTED);
			assert_false(decode_checksums_right(&packet, false));
			frame[at] ^= 0x20;
		}
		decode_wire();
		assert_hello();
	}
}

static void checksum_ipv4_header_wrong_refused(void **state)
{
	(void)state;
	begin_frame(4);
	wire_data(&wire)[14 + 8]++; /* hop limit: of no concern to TCP's checksum */
	decode_wire();
	assert_int_equal(packet.seen, SEEN_INSPECTED);
	assert_false(decode_checksums_right(&packet, false));
}

/* What a capture shows of a segment whose checksum the network card fills in later. */
static void checksum_partial_accepted_only_if_asked(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		begin_frame(family);
		uint8_t *tcp = wire_data(&wire) + (family == 4 ? 34 : 54);
		/* the sum over the pseudo header alone, not complemented */
		tcp[16] = tcp[17] = 0;
		uint32_t sum = PROTOCOL_TCP + 25;
		const struct ends *ends = ends_of(family);

		for (unsigned i = 0; i < (family == 4 ? 4u : 16u); i += 2) {
			sum += load_be16(ends->source + i);
			sum += load_be16(ends->destination + i);
		}
		sum = (sum & 0xffff) + (sum >> 16);
		sum = (sum & 0xffff) + (sum >> 16);
		tcp[16] = (uint8_t)(sum >> 8);
		tcp[17] = (uint8_t)sum;
		decode_wire();
		assert_false(decode_checksums_right(&packet, false));
		assert_true(decode_checksums_right(&packet, true));
		tcp[17]++;
		decode_wire();
		assert_false(decode_checksums_right(&packet, true));
	}
}

static void checksum_udp_zero_right_in_ipv4_only(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		wire_begin(&wire, "query", 5);
		wire_udp(&wire, 1000, 53);
		wire_ip(&wire, ends_of(family), PROTOCOL_UDP);
		wire_ethernet(&wire, wire_type(family));
		decode_wire();
		assert_true(decode_checksums_right(&packet, false));
		uint8_t *udp = wire_data(&wire) + (family == 4 ? 34 : 54);

		udp[6] = udp[7] = 0;
		decode_wire();
		assert_int_equal(decode_checksums_right(&packet, false), family == 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksum_bytes_flipped_wrong),
		cmocka_unit_test(checksum_ipv4_header_wrong_refused),
		cmocka_unit_test(checksum_partial_accepted_only_if_asked),
		cmocka_unit_test(checksum_udp_zero_right_in_ipv4_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
