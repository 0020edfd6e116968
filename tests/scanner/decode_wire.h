/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the tests of decode.c: a frame to be decoded, what it was decoded to, and the
 * TCP segment inside that most of them look for. Included by one program each.
 */
#ifndef TESTS_SCANNER_DECODE_WIRE_H
#define TESTS_SCANNER_DECODE_WIRE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/scanner/frames.h"

static struct wire wire;
static struct packet packet;

static const struct ends ends4 = {
	.family = 4,
	.source = { 192, 0, 2, 1 },
	.destination = { 10, 0, 0, 2 },
};
static const struct ends ends6 = {
	.family = 6,
	.source = { 0x20, 1, 0xd, 0xb8, [15] = 1 },
	.destination = { 0xfd, [15] = 2 },
};
static const struct tcp_header segment = {
	.source_port = 40000,
	.destination_port = 22,
	.sequence = 0x01020304,
	.acknowledgement = 0x05060708,
	.flags = TCP_ACK | TCP_PSH,
	.window = 1000,
};

static inline const struct ends *ends_of(uint8_t family)
{
	return family == 4 ? &ends4 : &ends6;
}

/* An IP datagram with a TCP segment of five bytes, without a link header. */
static inline void begin_ip(uint8_t family)
{
	wire_begin(&wire, "hello", 5);
	wire_tcp(&wire, &segment);
	wire_ip(&wire, ends_of(family), PROTOCOL_TCP);
}

static inline void begin_frame(uint8_t family)
{
	begin_ip(family);
	wire_ethernet(&wire, wire_type(family));
}

static inline void decode_wire(void)
{
	decode(&packet, wire_data(&wire), wire_length(&wire), wire_length(&wire));
}

static inline void assert_hello(void)
{
	assert_int_equal(packet.seen, SEEN_INSPECTED);
	assert_int_equal(packet.protocol, PROTOCOL_TCP);
	assert_int_equal(packet.source_port, 40000);
	assert_int_equal(packet.destination_port, 22);
	assert_int_equal(packet.tcp_flags, TCP_ACK | TCP_PSH);
	assert_int_equal(packet.l4_length, 25);
	assert_int_equal(packet.payload_offset, 20);
	assert_memory_equal(packet.l4 + packet.payload_offset, "hello", 5);
	assert_true(decode_checksums_right(&packet, false));
}

#endif
