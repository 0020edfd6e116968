/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames for tests of the scanner, built from the payload outwards: each call puts
 * one header in front of what is there. Checksums are right as soon as the IP
 * header is on; a test that wants a wrong one breaks it afterwards. Below, whole
 * segments of a TCP connection with both sequence numbers kept. No cmocka in here:
 * fuzz targets use it, too.
 */
#ifndef TESTS_SCANNER_FRAMES_H
#define TESTS_SCANNER_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scanner/decode.h"
#include "scanner/event.h"

#define WIRE_HEADERS_MAX 512u
#define WIRE_PAYLOAD_MAX 66000u

/* The bytes so far: bytes[start] to bytes[end]. */
struct wire {
	uint32_t start, end;
	uint8_t bytes[WIRE_HEADERS_MAX + WIRE_PAYLOAD_MAX];
};

/* Addresses of a datagram; IPv4 in the first four bytes. */
struct ends {
	uint8_t family;
	uint8_t source[16];
	uint8_t destination[16];
};

struct tcp_header {
	uint16_t source_port, destination_port;
	uint32_t sequence, acknowledgement;
	uint8_t flags;
	uint16_t window;
	uint8_t options_length; /* a multiple of 4 */
	const uint8_t *options;
};

enum { WIRE_IPV4 = 0x0800, WIRE_IPV6 = 0x86dd, WIRE_VLAN = 0x8100, WIRE_PPPOE = 0x8864 };

static inline uint8_t *wire_data(struct wire *wire)
{
	return wire->bytes + wire->start;
}

static inline uint32_t wire_length(const struct wire *wire)
{
	return wire->end - wire->start;
}

void wire_begin(struct wire *wire, const void *payload, size_t length);
/* Room for `length` more bytes in front, zeroed; returns where they are. */
uint8_t *wire_grow(struct wire *wire, uint32_t length);
void wire_tcp(struct wire *wire, const struct tcp_header *header);
void wire_udp(struct wire *wire, uint16_t source_port, uint16_t destination_port);
/* The IP header, and before it the checksum of the TCP or UDP header behind it. */
void wire_ip(struct wire *wire, const struct ends *ends, uint8_t protocol);
/* Only the checksum: for what is cut up into fragments, or lies behind extension headers. */
void wire_checksum(struct wire *wire, const struct ends *ends, uint8_t protocol);
/* Only the IP header. */
void wire_ip_header(struct wire *wire, const struct ends *ends, uint8_t protocol);
void wire_tag(struct wire *wire, uint16_t id, uint16_t type_inside);
void wire_pppoe(struct wire *wire, uint8_t family);
void wire_ethernet(struct wire *wire, uint16_t type);
/* The IPv4 header's own checksum anew, after a change to it. */
void wire_fix_ipv4(uint8_t *ip);
/* All checksums of a frame anew, as far as it can be decoded. */
void wire_fix_checksums(uint8_t *frame, uint32_t length);
/* Zeroes up to the 60 bytes of the shortest frame. */
void wire_pad(struct wire *wire);

static inline uint16_t wire_type(uint8_t family)
{
	return family == 4 ? WIRE_IPV4 : WIRE_IPV6;
}

/* One fragment: `length` bytes at `offset` of a datagram's payload, in an Ethernet frame. */
struct piece {
	const uint8_t *datagram; /* its payload from the transport header on */
	uint32_t offset, length;
	uint32_t id;
	bool more;
	uint8_t protocol;
};
void wire_fragment(struct wire *wire, const struct ends *ends, const struct piece *piece);

/* A TCP connection; next[] are the sequence numbers that each side sends next. */
struct connection {
	struct ends ends; /* originator to responder */
	uint16_t source_port, destination_port;
	uint32_t next[2]; /* by enum direction: of the bytes that go that way */
	uint16_t window;
	uint16_t vlan; /* VLAN_NONE: untagged */
};

/* 198.51.100.`client`:`port` to 10.0.0.`server`:22, or the same in IPv6. */
void connection_init(struct connection *connection, uint8_t family, uint32_t client, uint8_t server,
		     uint16_t port);
/* A segment as the sender would send it now; advances next[] over payload, SYN and FIN. */
void connection_send(struct connection *connection, struct wire *wire, enum direction direction,
		     uint8_t flags, const char *text);
/* A segment at `offset` from the next sequence number, which stays. */
struct odd {
	enum direction direction;
	uint8_t flags;
	int32_t offset;
	int32_t acknowledge; /* from the next of the other side */
	const void *bytes;
	uint32_t length;
};
void connection_odd(const struct connection *connection, struct wire *wire, const struct odd *odd);

#endif
