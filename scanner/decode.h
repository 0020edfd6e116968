/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First station of a frame: Ethernet, up to two VLAN tags, PPPoE, IPv4 and IPv6,
 * TCP, UDP, and the frames inside GRE, VXLAN and IPIP. Finds where things are and
 * copies nothing; whatever contradicts itself is refused for a named reason. Next
 * comes flow.c with what is decoded here, or fragment.c for pieces of datagrams.
 *
 * Sources: IEEE 802.1Q, RFC 2516, 791, 8200, 4302, 9293, 768, 2784, 2890, 7348,
 * 2003, 4213.
 */
#ifndef SCANNER_DECODE_H
#define SCANNER_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scanner/hash/words.h"
#include "scanner/reason.h"

#define DECODE_EXTENSIONS_MAX 8 /* IPv6 extension headers of one datagram */
#define DECODE_LAYERS_MAX 4 /* IP headers within each other */

enum ip_protocol {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_IPIP = 4,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_IPV6 = 41,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_GRE = 47,
	PROTOCOL_AH = 51,
	PROTOCOL_NONE = 59,
	PROTOCOL_DESTINATION = 60,
	PROTOCOL_MOBILITY = 135,
	PROTOCOL_HIP = 139,
	PROTOCOL_SHIM6 = 140
};

enum tcp_flag {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20
};

/* A decoded frame; pointers lead into it. Of the innermost IP header unless said otherwise. */
struct packet {
	const uint8_t *ip; /* the IP header */
	const uint8_t *l4; /* the transport header, or what follows the IP headers */
	uint32_t l4_length; /* from l4 to the end of the datagram */
	uint32_t payload_offset; /* of the transport's payload, from l4 */
	uint16_t vlan[2]; /* outer and inner id, VLAN_NONE where there is none */
	uint16_t source_port; /* host order; 0 for other protocols */
	uint16_t destination_port;
	uint8_t family; /* 4 or 6; 0: not IP */
	uint8_t protocol;
	uint8_t tcp_flags; /* 0 for other protocols */
	uint8_t seen; /* SEEN_INSPECTED: decoded whole; else why not */
	uint8_t outer_length; /* of the link-level headers before the outermost IP header */
	bool fragment; /* l4 is a piece of a datagram (seen is SEEN_FRAGMENT) */
	bool fragment_more;
	uint16_t fragment_offset; /* bytes */
	uint32_t fragment_id;
	bool tunnelled; /* not the outermost IP header */
	bool reassembled; /* from fragments: `ip` has no checksum and length of its own */
};

/* `length` bytes of a frame of which `wire_length` were sent. Fills all of `packet`. */
void decode(struct packet *packet, const uint8_t *frame, uint32_t length, uint32_t wire_length);

/* Goes on where decode() stopped at a fragment: packet->l4 now is all of the datagram's payload. */
void decode_reassembled(struct packet *packet);

/* True when the IPv4 header's and the transport's checksum are right (a UDP checksum of 0 over IPv4
 * is). With `partial`, a transport checksum that holds only the pseudo header's sum counts as
 * right: that is how a capture shows one that is left to the network card. */
bool decode_checksums_right(const struct packet *packet, bool partial);
/* The IP header's part of it alone, for fragments: its checksum, and that it says its length. */
bool decode_header_right(const struct packet *packet, bool partial);

#endif
