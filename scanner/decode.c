/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decoder of decode.h. Straight-line code for Ethernet/IPv4/TCP, a loop over
 * layers for everything that wraps it. Every read is preceded by a length check
 * against what was captured.
 */
#include "scanner/decode.h"

#include <string.h>

#include "scanner/event.h"
#include "scanner/scan.h"

enum ethertype {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_TEB = 0x6558, /* transparent Ethernet bridging, in GRE */
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_PPPOE = 0x8864,
	ETHERTYPE_QINQ = 0x88a8
};

#define ETHERNET_BYTES 14
#define PPPOE_BYTES 8 /* its header and the PPP protocol field */
#define VXLAN_PORT 4789
#define VXLAN_BYTES 8

/* What is left of the frame while its layers are taken off. */
struct cursor {
	const uint8_t *at;
	uint32_t left; /* captured bytes */
	uint32_t missing; /* bytes of the frame beyond them */
	unsigned layers; /* IP headers taken so far */
};

static inline void advance(struct cursor *cursor, uint32_t bytes)
{
	cursor->at += bytes;
	cursor->left -= bytes;
}

/* Too short for a header: cut by the capture, or on the wire already? */
static uint8_t short_reason(const struct cursor *cursor)
{
	return cursor->missing != 0 ? SEEN_TRUNCATED : SEEN_MALFORMED;
}

static void add_vlan(struct packet *packet, uint16_t id)
{
	packet->vlan[packet->vlan[0] != VLAN_NONE] = id;
}

/* Takes the Ethernet header, tags and PPPoE off. Returns the ethertype; 0 when that fails (then
 * packet->seen says why) or when it is none of IP. */
static uint16_t decode_link(struct packet *packet, struct cursor *cursor)
{
	if (cursor->left < ETHERNET_BYTES) {
		packet->seen = short_reason(cursor);
		return 0;
	}
	uint16_t type = load_be16(cursor->at + 12);

	advance(cursor, ETHERNET_BYTES);
	for (unsigned tags = 0; type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ; tags++) {
		if (tags == 2) {
			packet->seen = SEEN_ENCAPSULATION;
			return 0;
		}
		if (cursor->left < 4) {
			packet->seen = short_reason(cursor);
			return 0;
		}
		add_vlan(packet, load_be16(cursor->at) & 0xfff);
		type = load_be16(cursor->at + 2);
		advance(cursor, 4);
	}
	if (type == ETHERTYPE_PPPOE) {
		if (cursor->left < PPPOE_BYTES) {
			packet->seen = short_reason(cursor);
			return 0;
		}
		uint16_t ppp = load_be16(cursor->at + 6);

		/* session data is code 0, version and type 1 (RFC 2516) */
		if (load_be16(cursor->at) != 0x1100) {
			return 0;
		}
		type = ppp == 0x0021 ? ETHERTYPE_IPV4 : ppp == 0x0057 ? ETHERTYPE_IPV6 : 0;
		advance(cursor, PPPOE_BYTES);
	}
	return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 ? type : 0;
}

/* Cuts the cursor to the datagram (frames are padded to 60 bytes) and tells when the datagram is
 * longer than what is there. */
static bool take_datagram(struct packet *packet, struct cursor *cursor, uint32_t total)
{
	if (total > cursor->left) {
		packet->seen = total - cursor->left <= cursor->missing ? SEEN_TRUNCATED :
									 SEEN_MALFORMED;
		return false;
	}
	cursor->left = total;
	cursor->missing = 0;
	return true;
}

static bool decode_ipv4(struct packet *packet, struct cursor *cursor)
{
	const uint8_t *ip = cursor->at;

	if (cursor->left < 20) {
		packet->seen = short_reason(cursor);
		return false;
	}
	uint32_t header = (ip[0] & 15u) * 4;
	uint32_t total = load_be16(ip + 2);

	/* a segment that the network card is to cut up is captured with length 0 */
	total = total != 0 ? total : cursor->left + cursor->missing;
	if (ip[0] >> 4 != 4 || header < 20 || total < header) {
		packet->seen = SEEN_MALFORMED;
		return false;
	}
	if (!take_datagram(packet, cursor, total)) {
		return false;
	}
	packet->ip = ip;
	packet->family = 4;
	packet->protocol = ip[9];
	advance(cursor, header);
	uint32_t fragment = load_be16(ip + 6);

	if ((fragment & 0x3fff) != 0) {
		packet->fragment = true;
		packet->fragment_more = (fragment & 0x2000) != 0;
		packet->fragment_offset = (uint16_t)((fragment & 0x1fff) * 8);
		packet->fragment_id = load_be16(ip + 4);
	}
	return true;
}

/* Length of an extension header, 0 when `protocol` is none. */
static uint32_t extension_bytes(uint8_t protocol, const uint8_t *at)
{
	switch (protocol) {
	case PROTOCOL_HOP_BY_HOP:
	case PROTOCOL_ROUTING:
	case PROTOCOL_DESTINATION:
	case PROTOCOL_MOBILITY:
	case PROTOCOL_HIP:
	case PROTOCOL_SHIM6:
		return (at[1] + 1u) * 8;
	case PROTOCOL_FRAGMENT:
		return 8;
	case PROTOCOL_AH:
		return (at[1] + 2u) * 4;
	default:
		return 0;
	}
}

static bool is_extension(uint8_t protocol)
{
	static const uint8_t minimal[2];

	return extension_bytes(protocol, minimal) != 0;
}

static bool decode_extensions(struct packet *packet, struct cursor *cursor)
{
	for (unsigned count = 0; is_extension(packet->protocol); count++) {
		if (count == DECODE_EXTENSIONS_MAX) {
			packet->seen = SEEN_EXTENSION_HEADERS;
			return false;
		}
		if (cursor->left < 8 ||
		    cursor->left < extension_bytes(packet->protocol, cursor->at)) {
			packet->seen = SEEN_MALFORMED;
			return false;
		}
		const uint8_t *at = cursor->at;
		uint8_t protocol = packet->protocol;

		packet->protocol = at[0];
		advance(cursor, extension_bytes(protocol, at));
		/* an "atomic" fragment is whole (RFC 6946) */
		if (protocol == PROTOCOL_FRAGMENT && (load_be16(at + 2) & 0xfff9) != 0) {
			packet->fragment = true;
			packet->fragment_more = (at[3] & 1) != 0;
			packet->fragment_offset = load_be16(at + 2) & 0xfff8;
			packet->fragment_id = load_be32(at + 4);
			return true;
		}
	}
	return true;
}

static bool decode_ipv6(struct packet *packet, struct cursor *cursor)
{
	const uint8_t *ip = cursor->at;

	if (cursor->left < 40) {
		packet->seen = short_reason(cursor);
		return false;
	}
	uint32_t payload = load_be16(ip + 4);

	payload = payload != 0 ? payload : cursor->left + cursor->missing - 40;
	if (ip[0] >> 4 != 6) {
		packet->seen = SEEN_MALFORMED;
		return false;
	}
	if (!take_datagram(packet, cursor, payload + 40)) {
		return false;
	}
	packet->ip = ip;
	packet->family = 6;
	packet->protocol = ip[6];
	advance(cursor, 40);
	return !is_extension(packet->protocol) || decode_extensions(packet, cursor);
}

/* Takes a GRE header off (RFC 2784, 2890). Returns the ethertype inside, 0 for one that cannot be
 * followed: then the GRE packet itself is what is tracked. */
static uint16_t decode_gre(struct cursor *cursor)
{
	if (cursor->left < 4) {
		return 0;
	}
	uint16_t flags = load_be16(cursor->at);
	uint16_t type = load_be16(cursor->at + 2);
	uint32_t header = 4 + ((flags & 0x8000) != 0 ? 4u : 0u) +
			  ((flags & 0x2000) != 0 ? 4u : 0u) + ((flags & 0x1000) != 0 ? 4u : 0u);

	/* version 0 without source routing; PPTP's version 1 carries PPP */
	if ((flags & 0x4007) != 0 || cursor->left < header ||
	    (type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6 && type != ETHERTYPE_TEB)) {
		return 0;
	}
	advance(cursor, header);
	return type;
}

static bool is_vxlan(const struct packet *packet, const struct cursor *cursor)
{
	return packet->protocol == PROTOCOL_UDP &&
	       cursor->left >= 8 + VXLAN_BYTES + ETHERNET_BYTES &&
	       load_be16(cursor->at + 2) == VXLAN_PORT && (cursor->at[8] & 0x08) != 0;
}

/* What the datagram at hand carries: the ethertype of a frame or datagram inside it (the cursor is
 * then there), or 0: its transport is the one to track. */
static uint16_t decode_tunnel(struct packet *packet, struct cursor *cursor)
{
	switch (packet->protocol) {
	case PROTOCOL_IPIP:
		return ETHERTYPE_IPV4;
	case PROTOCOL_IPV6:
		return ETHERTYPE_IPV6;
	case PROTOCOL_GRE:
		return decode_gre(cursor);
	case PROTOCOL_UDP:
		if (is_vxlan(packet, cursor)) {
			advance(cursor, 8 + VXLAN_BYTES);
			return ETHERTYPE_TEB;
		}
		return 0;
	default:
		return 0;
	}
}

static void decode_transport(struct packet *packet)
{
	const uint8_t *l4 = packet->l4;

	packet->seen = SEEN_INSPECTED;
	if (packet->protocol == PROTOCOL_TCP) {
		uint32_t header = packet->l4_length >= 20 ? (l4[12] >> 4) * 4u : 0;

		if (header < 20 || header > packet->l4_length) {
			packet->seen = SEEN_MALFORMED;
			return;
		}
		packet->payload_offset = header;
		packet->tcp_flags = l4[13];
	} else if (packet->protocol == PROTOCOL_UDP) {
		uint32_t length = packet->l4_length >= 8 ? load_be16(l4 + 4) : 0;

		if (length < 8 || length > packet->l4_length) {
			packet->seen = SEEN_MALFORMED;
			return;
		}
		packet->payload_offset = 8;
		packet->l4_length = length;
	} else {
		return;
	}
	packet->source_port = load_be16(l4);
	packet->destination_port = load_be16(l4 + 2);
}

/* Goes on behind the outermost IP header until nothing more is wrapped. */
static void decode_inner(struct packet *packet, struct cursor *cursor)
{
	for (;;) {
		packet->l4 = cursor->at;
		packet->l4_length = cursor->left;
		if (packet->fragment) {
			packet->seen = SEEN_FRAGMENT;
			return;
		}
		uint16_t type = decode_tunnel(packet, cursor);

		if (type == 0) {
			decode_transport(packet);
			return;
		}
		if (++cursor->layers == DECODE_LAYERS_MAX) {
			packet->seen = SEEN_ENCAPSULATION;
			return;
		}
		if (type == ETHERTYPE_TEB) {
			uint16_t vlan[2] = { packet->vlan[0], packet->vlan[1] };

			type = decode_link(packet, cursor);
			if (type == 0) {
				/* not IP inside: the tunnel's own flow, without the inner tags */
				memcpy(packet->vlan, vlan, sizeof(vlan));
				decode_transport(packet);
				return;
			}
		}
		packet->tunnelled = true;
		packet->reassembled = false;
		if (!(type == ETHERTYPE_IPV4 ? decode_ipv4(packet, cursor) :
					       decode_ipv6(packet, cursor))) {
			return;
		}
	}
}

void decode_reassembled(struct packet *packet)
{
	struct cursor cursor = { packet->l4, packet->l4_length, 0, packet->tunnelled };

	packet->fragment = false;
	packet->reassembled = true;
	if (packet->family == 4 || decode_extensions(packet, &cursor)) {
		decode_inner(packet, &cursor);
	}
}

void decode(struct packet *packet, const uint8_t *frame, uint32_t length, uint32_t wire_length)
{
	struct cursor cursor = { frame, length, wire_length > length ? wire_length - length : 0,
				 0 };

	*packet = (struct packet){ .vlan = { VLAN_NONE, VLAN_NONE }, .seen = SEEN_NOT_INSPECTABLE };
	uint16_t type = decode_link(packet, &cursor);

	if (type == 0) {
		return;
	}
	packet->outer_length = (uint8_t)(cursor.at - frame);
	if (!(type == ETHERTYPE_IPV4 ? decode_ipv4(packet, &cursor) :
				       decode_ipv6(packet, &cursor))) {
		return;
	}
	decode_inner(packet, &cursor);
}

static inline uint64_t sum_add(uint64_t sum, uint64_t word)
{
	sum += word;
	return sum + (sum < word); /* what is carried out comes in again below */
}

static inline uint64_t sum_word(uint64_t sum, const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, 8);
	return sum_add(sum, word);
}

/* One's complement sum (RFC 1071), eight bytes at a time and in the byte order of the machine:
 * 16-bit words may be added in any order and place, and which of their bytes is the higher one does
 * not matter until the folded sum is compared. */
static uint64_t sum_bytes(uint64_t sum, const uint8_t *at, size_t length)
{
	uint32_t word;
	uint16_t half;

	if (length >= SCAN_SUM_STEP) {
		size_t part = length - length % SCAN_SUM_STEP;

		sum = sum_add(sum, scan_sum(at, part));
		at += part;
		length -= part;
	}
	for (; length >= 8; at += 8, length -= 8) {
		sum = sum_word(sum, at);
	}
	if ((length & 4) != 0) {
		memcpy(&word, at, 4);
		sum = sum_add(sum, word);
		at += 4;
	}
	if ((length & 2) != 0) {
		memcpy(&half, at, 2);
		sum = sum_add(sum, half);
		at += 2;
	}
	if ((length & 1) != 0) {
		half = 0;
		memcpy(&half, at, 1); /* its other byte counts as 0 */
		sum = sum_add(sum, half);
	}
	return sum;
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16 != 0) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

static uint64_t pseudo_header_sum(const struct packet *packet)
{
	const uint8_t tail[8] = { (uint8_t)(packet->l4_length >> 24),
				  (uint8_t)(packet->l4_length >> 16),
				  (uint8_t)(packet->l4_length >> 8),
				  (uint8_t)packet->l4_length,
				  0,
				  0,
				  0,
				  packet->protocol };
	uint64_t sum = sum_word(0, tail);

	if (packet->family == 4) {
		return sum_word(sum, packet->ip + 12);
	}
	sum = sum_word(sum_word(sum, packet->ip + 8), packet->ip + 16);
	return sum_word(sum_word(sum, packet->ip + 24), packet->ip + 32);
}

bool decode_header_right(const struct packet *packet, bool partial)
{
	if (partial || packet->reassembled) {
		return true;
	}
	/* without a length it is for the sender's network card to cut up; a host discards it */
	if (load_be16(packet->ip + (packet->family == 4 ? 2 : 4)) == 0) {
		return false;
	}
	return packet->family == 6 ||
	       fold(sum_bytes(0, packet->ip, (packet->ip[0] & 15u) * 4)) == 0xffff;
}

bool decode_checksums_right(const struct packet *packet, bool partial)
{
	if (!decode_header_right(packet, partial)) {
		return false;
	}
	size_t at = packet->protocol == PROTOCOL_TCP ? 16 : 6;
	uint16_t field;
	uint64_t pseudo = pseudo_header_sum(packet);

	memcpy(&field, packet->l4 + at, 2);
	if (packet->protocol == PROTOCOL_UDP && packet->family == 4 && field == 0) {
		return true;
	}
	return fold(sum_bytes(pseudo, packet->l4, packet->l4_length)) == 0xffff ||
	       (partial && field == fold(pseudo));
}
