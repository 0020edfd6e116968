/* SPDX-License-Identifier: BSD-2-Clause */
/* Reassembly of fragment.h: a bitmap of eight-byte units per datagram finds every overlap. */
#include "scanner/fragment.h"

#include <string.h>

struct key {
	uint8_t addresses[32];
};

static struct key key_of(const struct packet *packet)
{
	struct key key = { { 0 } };

	if (packet->family == 4) {
		memcpy(key.addresses, packet->ip + 12, 4);
		memcpy(key.addresses + 16, packet->ip + 16, 4);
	} else {
		memcpy(key.addresses, packet->ip + 8, 32);
	}
	return key;
}

static bool is_same(const struct datagram *datagram, const struct packet *packet,
		    const struct key *key)
{
	/* the protocol is part of an IPv4 datagram's identity only (RFC 791, RFC 8200) */
	return datagram->family == packet->family && datagram->id == packet->fragment_id &&
	       (packet->family == 6 || datagram->protocol == packet->protocol) &&
	       datagram->vlan[0] == packet->vlan[0] && datagram->vlan[1] == packet->vlan[1] &&
	       memcmp(datagram->addresses, key->addresses, sizeof(key->addresses)) == 0;
}

static void begin(struct datagram *datagram, const struct packet *packet, const struct key *key,
		  struct timestamp time)
{
	memset(datagram, 0, offsetof(struct datagram, bytes));
	datagram->time = time;
	datagram->family = packet->family;
	datagram->protocol = packet->protocol;
	datagram->vlan[0] = packet->vlan[0];
	datagram->vlan[1] = packet->vlan[1];
	datagram->id = packet->fragment_id;
	memcpy(datagram->addresses, key->addresses, sizeof(key->addresses));
}

/* The datagram this is a piece of; a new one in place of a free, expired or the oldest one. */
static struct datagram *find(struct fragments *fragments, const struct packet *packet,
			     struct timestamp time)
{
	struct key key = key_of(packet);
	struct datagram *oldest = &fragments->datagram[0];

	for (unsigned i = 0; i < FRAGMENT_DATAGRAMS; i++) {
		struct datagram *datagram = &fragments->datagram[i];

		if (datagram->family != 0 && time.ns - datagram->time.ns > FRAGMENT_TIMEOUT_NS &&
		    time.ns > datagram->time.ns) {
			datagram->family = 0;
		}
		if (is_same(datagram, packet, &key)) {
			return datagram;
		}
		if (oldest->family != 0 &&
		    (datagram->family == 0 || datagram->time.ns < oldest->time.ns)) {
			oldest = datagram;
		}
	}
	begin(oldest, packet, &key, time);
	return oldest;
}

/* Marks the units of [offset, offset + length) present. Returns how many were before. */
static unsigned mark(struct datagram *datagram, uint32_t offset, uint32_t length)
{
	unsigned before = 0;

	for (uint32_t unit = offset / 8; unit < (offset + length + 7) / 8; unit++) {
		uint64_t bit = 1ull << (unit % 64);

		before += (datagram->present[unit / 64] & bit) != 0;
		datagram->present[unit / 64] |= bit;
	}
	return before;
}

static bool reaches_beyond(const struct datagram *datagram, uint32_t end)
{
	for (uint32_t unit = (end + 7) / 8; unit < FRAGMENT_BYTES_MAX / 8; unit++) {
		if ((datagram->present[unit / 64] >> unit % 64 & 1) != 0) {
			return true;
		}
	}
	return false;
}

static bool contradicts(const struct datagram *datagram, const struct packet *packet, uint32_t end)
{
	if (packet->fragment_more) {
		/* only the last piece may have a length that is not a multiple of 8 */
		return packet->l4_length % 8 != 0 || packet->l4_length == 0 ||
		       (datagram->length != 0 && end > datagram->length);
	}
	return datagram->length != 0 ? datagram->length != end : reaches_beyond(datagram, end);
}

static void make_whole(struct fragments *fragments, struct datagram *datagram,
		       struct packet *packet)
{
	packet->ip = datagram->header;
	packet->l4 = datagram->bytes;
	packet->l4_length = datagram->length;
	packet->protocol = datagram->protocol;
	datagram->family = 0; /* its place is free; the bytes stay until the next call */
	fragments->whole = (unsigned)(datagram - fragments->datagram);
	decode_reassembled(packet);
}

void fragment_refuse(struct fragments *fragments)
{
	struct datagram *datagram = &fragments->datagram[fragments->whole];

	datagram->family = datagram->header[0] >> 4;
	datagram->spoiled = true;
}

enum fragment_result fragment_add(struct fragments *fragments, struct packet *packet,
				  struct timestamp time)
{
	uint32_t offset = packet->fragment_offset;
	uint32_t end = offset + packet->l4_length;

	if (end > FRAGMENT_BYTES_MAX) {
		return FRAGMENT_TOO_LONG;
	}
	struct datagram *datagram = find(fragments, packet, time);

	if (datagram->spoiled) {
		return FRAGMENT_OVERLAP;
	}
	if (contradicts(datagram, packet, end)) {
		datagram->spoiled = true;
		return FRAGMENT_OVERLAP;
	}
	uint32_t units = (end + 7) / 8 - offset / 8;
	unsigned before = mark(datagram, offset, end - offset);

	if (before == units && units != 0 &&
	    memcmp(datagram->bytes + offset, packet->l4, packet->l4_length) == 0) {
		return FRAGMENT_KEPT; /* the same piece again */
	}
	if (before != 0) {
		datagram->spoiled = true;
		return FRAGMENT_OVERLAP;
	}
	memcpy(datagram->bytes + offset, packet->l4, packet->l4_length);
	datagram->filled += packet->l4_length;
	if (!packet->fragment_more) {
		datagram->length = end;
	}
	if (offset == 0) {
		datagram->protocol = packet->protocol;
		memcpy(datagram->header, packet->ip, packet->family == 4 ? 20 : 40);
		datagram->header[0] = packet->family == 4 ? 0x45 : datagram->header[0];
	}
	if (datagram->length == 0 || datagram->filled != datagram->length) {
		return FRAGMENT_KEPT;
	}
	make_whole(fragments, datagram, packet);
	return FRAGMENT_WHOLE;
}
