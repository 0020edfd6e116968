/* SPDX-License-Identifier: BSD-2-Clause */
/* Reassembly of fragment.h: a bitmap of eight-byte units per datagram finds every overlap. */
#include "scanner/fragment.h"

#include <string.h>

static struct datagram_name name_of(const struct packet *packet)
{
	struct datagram_name name = {
		.id = packet->fragment_id,
		.vlan = { packet->vlan[0], packet->vlan[1] },
		.family = packet->family,
		.protocol = packet->family == 4 ? packet->protocol : 0,
	};

	if (packet->family == 4) {
		memcpy(name.addresses, packet->ip + 12, 4);
		memcpy(name.addresses + 16, packet->ip + 16, 4);
	} else {
		memcpy(name.addresses, packet->ip + 8, 32);
	}
	return name;
}

static bool is_same(const struct datagram_name *one, const struct datagram_name *other)
{
	return memcmp(one, other, sizeof(*one)) == 0;
}

/* Who sent it: an IPv4 address or the /64 of an IPv6 address, and which of the two it is. */
static uint64_t sender_of(const struct datagram_name *name)
{
	uint64_t address;

	memcpy(&address, name->addresses, sizeof(address));
	return name->family == 4 ? address : ~address;
}

static bool is_over(struct timestamp begun, struct timestamp now)
{
	return now.ns > begun.ns && now.ns - begun.ns > FRAGMENT_TIMEOUT_NS;
}

/* It will not be put together. */
static void forget(struct fragments *fragments, struct datagram *datagram)
{
	fragments->unread += datagram->pieces;
	datagram->pieces = 0;
	datagram->name.family = 0;
}

/* The oldest datagram of the sender that has most of them, counting what `name` adds. */
static struct datagram *most_crowded(struct fragments *fragments, const struct datagram_name *name)
{
	uint64_t sender[FRAGMENT_DATAGRAMS];
	struct datagram *found = NULL;
	unsigned most = 0;

	for (unsigned i = 0; i < FRAGMENT_DATAGRAMS; i++) {
		sender[i] = sender_of(&fragments->datagram[i].name);
	}
	for (unsigned i = 0; i < FRAGMENT_DATAGRAMS; i++) {
		struct datagram *datagram = &fragments->datagram[i];
		unsigned count = sender[i] == sender_of(name);

		for (unsigned j = 0; j < FRAGMENT_DATAGRAMS; j++) {
			count += sender[j] == sender[i];
		}
		if (found == NULL || count > most ||
		    (count == most && datagram->time.ns < found->time.ns)) {
			found = datagram;
			most = count;
		}
	}
	return found;
}

static void give_up(struct fragments *fragments, struct datagram *datagram, struct timestamp time)
{
	struct given_up *place = &fragments->given_up[fragments->given_up_next];

	fragments->given_up_next = (fragments->given_up_next + 1) % FRAGMENT_DATAGRAMS;
	*place = (struct given_up){ time, datagram->name, datagram->spoiled };
	forget(fragments, datagram);
}

/* The datagram of that name among those that made room, or NULL. */
static const struct given_up *find_given_up(const struct fragments *fragments,
					    const struct datagram_name *name, struct timestamp time)
{
	for (unsigned i = 0; i < FRAGMENT_DATAGRAMS; i++) {
		const struct given_up *given_up = &fragments->given_up[i];

		if (is_same(&given_up->name, name) && !is_over(given_up->time, time)) {
			return given_up;
		}
	}
	return NULL;
}

/* The datagram of that name, or NULL; `*free` is a place that is not taken, if there is one. */
static struct datagram *find(struct fragments *fragments, const struct datagram_name *name,
			     struct timestamp time, struct datagram **free)
{
	*free = NULL;
	for (unsigned i = 0; i < FRAGMENT_DATAGRAMS; i++) {
		struct datagram *datagram = &fragments->datagram[i];

		if (datagram->name.family != 0 && is_over(datagram->time, time)) {
			forget(fragments, datagram);
		}
		if (is_same(&datagram->name, name)) {
			return datagram;
		}
		*free = datagram->name.family == 0 ? datagram : *free;
	}
	return NULL;
}

static void begin(struct datagram *datagram, const struct packet *packet,
		  const struct datagram_name *name, struct timestamp time)
{
	memset(datagram, 0, offsetof(struct datagram, bytes));
	datagram->time = time;
	datagram->name = *name;
	datagram->protocol = packet->protocol;
}

static enum fragment_result spoil(struct fragments *fragments, struct datagram *datagram)
{
	fragments->unread += datagram->pieces;
	datagram->pieces = 0;
	datagram->spoiled = true;
	return FRAGMENT_OVERLAP;
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
	datagram->name.family = 0; /* its place is free; the bytes stay until the next call */
	fragments->whole = (unsigned)(datagram - fragments->datagram);
	decode_reassembled(packet);
	fragments->unread += packet->seen != SEEN_INSPECTED ? datagram->pieces : 0;
	datagram->pieces = 0;
}

void fragment_refuse(struct fragments *fragments)
{
	struct datagram *datagram = &fragments->datagram[fragments->whole];

	datagram->name.family = datagram->header[0] >> 4;
	datagram->spoiled = true;
}

void fragment_end(struct fragments *fragments)
{
	for (unsigned i = 0; i < FRAGMENT_DATAGRAMS; i++) {
		forget(fragments, &fragments->datagram[i]);
	}
}

/* Fills in a piece that does not contradict what is known of the datagram. */
static enum fragment_result fill(struct fragments *fragments, struct datagram *datagram,
				 const struct packet *packet)
{
	uint32_t offset = packet->fragment_offset;
	uint32_t end = offset + packet->l4_length;
	uint32_t units = (end + 7) / 8 - offset / 8;
	unsigned before = mark(datagram, offset, end - offset);

	if (before != 0 && (before != units ||
			    memcmp(datagram->bytes + offset, packet->l4, packet->l4_length) != 0)) {
		return spoil(fragments, datagram);
	}
	datagram->pieces++;
	if (before != 0) {
		return FRAGMENT_KEPT; /* the same piece again */
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
	return datagram->length != 0 && datagram->filled == datagram->length ? FRAGMENT_WHOLE :
									       FRAGMENT_KEPT;
}

enum fragment_result fragment_add(struct fragments *fragments, struct packet *packet,
				  struct timestamp time)
{
	uint32_t end = packet->fragment_offset + packet->l4_length;
	const struct datagram_name name = name_of(packet);
	struct datagram *place;

	if (end > FRAGMENT_BYTES_MAX) {
		return FRAGMENT_TOO_LONG;
	}
	struct datagram *datagram = find(fragments, &name, time, &place);

	if (datagram == NULL) {
		const struct given_up *given_up = find_given_up(fragments, &name, time);

		if (given_up != NULL) {
			return given_up->spoiled ? FRAGMENT_OVERLAP : FRAGMENT_GIVEN_UP;
		}
		datagram = place != NULL ? place : most_crowded(fragments, &name);
		if (place == NULL) {
			give_up(fragments, datagram, time);
		}
		begin(datagram, packet, &name, time);
	}
	if (datagram->spoiled) {
		return FRAGMENT_OVERLAP;
	}
	if (contradicts(datagram, packet, end)) {
		return spoil(fragments, datagram);
	}
	enum fragment_result result = fill(fragments, datagram, packet);

	if (result == FRAGMENT_WHOLE) {
		datagram->pieces--; /* the others: this one stands for the whole */
		make_whole(fragments, datagram, packet);
	}
	return result;
}
