/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What most frames need and no more: whether a frame is plain TCP or UDP over IPv4
 * or IPv6 (no tags, no IP options or extension headers, no fragment, nothing odd,
 * neither SYN, FIN nor RST), and then the lookup of its flow. When the flow turns
 * out to be finished, that was all; else decode() takes the frame apart.
 *
 * A frame is plain only if decode() takes it whole; the lookup is then the one that
 * flow_lookup_prepare() makes of what decode() found.
 */
#ifndef SCANNER_GLANCE_H
#define SCANNER_GLANCE_H

#include "scanner/decode.h"
#include "scanner/flow_lookup.h"

#define GLANCE_ETHERNET_BYTES 14u
#define GLANCE_IPV4_BYTES 20u
#define GLANCE_IPV6_BYTES 40u
#define GLANCE_L4_BYTES 20u /* at least; a shorter datagram is decode()'s */
#define GLANCE_VXLAN_PORT 4789u

#define glance_likely(condition) __builtin_expect(!!(condition), 1)

static inline bool glance_tcp(const uint8_t *l4, uint32_t length)
{
	uint32_t header = l4[12] >> 2 & 0x3cu;

	return header - GLANCE_L4_BYTES <= length - GLANCE_L4_BYTES &&
	       (l4[13] & (TCP_SYN | TCP_FIN | TCP_RST)) == 0;
}

static inline bool glance_udp(const uint8_t *l4, uint32_t length)
{
	return load_be16(l4 + 4) - 8u <= length - 8u && load_be16(l4 + 2) != GLANCE_VXLAN_PORT;
}

static inline bool glance4(const struct flow_table *table, struct flow_lookup *lookup,
			   const uint8_t *ip, uint32_t left)
{
	const uint8_t *l4 = ip + GLANCE_IPV4_BYTES;
	uint32_t length = load_be16(ip + 2) - GLANCE_IPV4_BYTES;
	/* fragment flag and offset are 0, time to live is of no interest */
	uint32_t protocol = load_be32(ip + 6) & 0x3fff00ff;

	if (ip[0] != 0x45 ||
	    length - GLANCE_L4_BYTES > left - GLANCE_IPV4_BYTES - GLANCE_L4_BYTES) {
		return false;
	}
	if (glance_likely(protocol == PROTOCOL_TCP && glance_tcp(l4, length))) {
		flow_lookup4(table, lookup, ip + 12, l4, flow_tags(PROTOCOL_TCP));
		__builtin_prefetch(lookup->head);
		return true;
	}
	if (protocol == PROTOCOL_UDP && glance_udp(l4, length)) {
		flow_lookup4(table, lookup, ip + 12, l4, flow_tags(PROTOCOL_UDP));
		__builtin_prefetch(lookup->head);
		return true;
	}
	return false;
}

static inline bool glance6(const struct flow_table *table, struct flow_lookup *lookup,
			   const uint8_t *ip, uint32_t left)
{
	const uint8_t *l4 = ip + GLANCE_IPV6_BYTES;
	uint32_t length = load_be16(ip + 4);

	if (left < GLANCE_IPV6_BYTES + GLANCE_L4_BYTES || ip[0] >> 4 != 6 ||
	    length - GLANCE_L4_BYTES > left - GLANCE_IPV6_BYTES - GLANCE_L4_BYTES) {
		return false;
	}
	if (glance_likely(ip[6] == PROTOCOL_TCP && glance_tcp(l4, length))) {
		flow_lookup6(table, lookup, ip + 8, l4, flow_tags(PROTOCOL_TCP));
		__builtin_prefetch(lookup->head);
		return true;
	}
	if (ip[6] == PROTOCOL_UDP && glance_udp(l4, length)) {
		flow_lookup6(table, lookup, ip + 8, l4, flow_tags(PROTOCOL_UDP));
		__builtin_prefetch(lookup->head);
		return true;
	}
	return false;
}

/* `length` captured bytes of a frame. 4 or 6: plain, and `lookup` is of its flow in the table of
 * that family, tables[0] or [1]; 0: not plain. */
static inline uint8_t glance(const struct flow_table *tables, struct flow_lookup *lookup,
			     const uint8_t *frame, uint32_t length)
{
	const uint8_t *ip = frame + GLANCE_ETHERNET_BYTES;
	uint32_t left = length - GLANCE_ETHERNET_BYTES;

	if (length < GLANCE_ETHERNET_BYTES + GLANCE_IPV4_BYTES + GLANCE_L4_BYTES) {
		return 0;
	}
	if (glance_likely(memcmp(frame + 12, "\x08\x00", 2) == 0)) {
		return glance4(&tables[0], lookup, ip, left) ? 4 : 0;
	}
	if (memcmp(frame + 12, "\x86\xdd", 2) == 0) {
		return glance6(&tables[1], lookup, ip, left) ? 6 : 0;
	}
	return 0;
}

/* What decode() says of a frame that glance() has just called plain, and of which family. */
static inline void glance_decode(struct packet *packet, const uint8_t *frame, uint8_t family)
{
	const uint8_t *ip = frame + GLANCE_ETHERNET_BYTES;
	const uint8_t *l4 = ip + (family == 4 ? GLANCE_IPV4_BYTES : GLANCE_IPV6_BYTES);
	uint8_t protocol = family == 4 ? ip[9] : ip[6];
	bool tcp = protocol == PROTOCOL_TCP;
	uint32_t length = family == 4 ? load_be16(ip + 2) - GLANCE_IPV4_BYTES : load_be16(ip + 4);

	*packet = (struct packet){
		.ip = ip,
		.l4 = l4,
		.l4_length = tcp ? length : load_be16(l4 + 4),
		.payload_offset = tcp ? (l4[12] >> 4) * 4u : 8,
		.vlan = { VLAN_NONE, VLAN_NONE },
		.source_port = load_be16(l4),
		.destination_port = load_be16(l4 + 2),
		.family = family,
		.protocol = protocol,
		.tcp_flags = tcp ? l4[13] : 0,
		.seen = SEEN_INSPECTED,
		.outer_length = GLANCE_ETHERNET_BYTES,
	};
}

#endif
