/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flow hash of community_id.h: SHA-1 over seed, the smaller end's address, the
 * greater end's, protocol, a zero, the ports in the same order; in base64.
 */
#include "scanner/community_id.h"

#include <stdbool.h>
#include <string.h>

#include "scanner/hash/sha1.h"

#define HASHED_MAX (2 + 16 + 16 + 2 + 4)

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58, SCTP = 132 };

/* Message types of which one answers the other: then a flow has two directions. */
static const uint8_t icmp_pairs[][2] = {
	{ 0, 8 }, /* echo */
	{ 9, 10 }, /* router advertisement, solicitation */
	{ 13, 14 }, /* timestamp */
	{ 15, 16 }, /* information */
	{ 17, 18 }, /* address mask */
};
static const uint8_t icmpv6_pairs[][2] = {
	{ 128, 129 }, /* echo */
	{ 130, 131 }, /* listener query, report */
	{ 133, 134 }, /* router solicitation, advertisement */
	{ 135, 136 }, /* neighbour solicitation, advertisement */
	{ 139, 140 }, /* node information */
	{ 144, 145 }, /* home agent discovery */
};

/* The type that answers `type`, or -1. */
static int icmp_answer(const uint8_t (*pairs)[2], size_t count, unsigned type)
{
	for (size_t i = 0; i < count; i++) {
		for (int side = 0; side < 2; side++) {
			if (pairs[i][side] == type) {
				return pairs[i][1 - side];
			}
		}
	}
	return -1;
}

struct ends {
	uint16_t source;
	uint16_t destination;
	bool ports; /* they are part of the hash */
	bool one_way; /* and the ends are not brought into an order */
};

static struct ends ends_of(const struct event_tuple *tuple)
{
	struct ends ends = { .source = tuple->source_port, .destination = tuple->destination_port };
	bool icmp = tuple->protocol == ICMP, icmpv6 = tuple->protocol == ICMPV6;

	if (icmp || icmpv6) {
		int answer =
			icmp ? icmp_answer(icmp_pairs, sizeof(icmp_pairs) / 2, ends.source) :
			       icmp_answer(icmpv6_pairs, sizeof(icmpv6_pairs) / 2, ends.source);

		ends.one_way = answer < 0;
		if (answer >= 0) {
			ends.destination = (uint16_t)answer;
		}
	}
	ends.ports = icmp || icmpv6 || tuple->protocol == TCP || tuple->protocol == UDP ||
		     tuple->protocol == SCTP;
	return ends;
}

static void base64_write(const uint8_t digest[static SHA1_SIZE], char *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	/* 20 bytes: six groups of three, and two with one '=' of padding */
	for (size_t i = 0; i < SHA1_SIZE; i += 3) {
		uint32_t group = (uint32_t)digest[i] << 16 | (uint32_t)digest[i + 1] << 8;

		group |= i + 2 < SHA1_SIZE ? digest[i + 2] : 0;
		*out++ = digits[group >> 18];
		*out++ = digits[group >> 12 & 63];
		*out++ = digits[group >> 6 & 63];
		*out++ = digits[group & 63];
	}
	out[-1] = '=';
}

static size_t put_port(uint8_t *out, uint16_t port)
{
	out[0] = (uint8_t)(port >> 8);
	out[1] = (uint8_t)port;
	return 2;
}

/* Writes what is hashed; returns its length. */
static size_t write_ends(const struct event_tuple *tuple, uint8_t out[static HASHED_MAX])
{
	size_t size = tuple->family == 6 ? 16 : 4;
	struct ends ends = ends_of(tuple);
	int order = memcmp(tuple->source, tuple->destination, size);
	bool turn = !ends.one_way &&
		    (order > 0 || (order == 0 && ends.ports && ends.source > ends.destination));
	const uint8_t *first = turn ? tuple->destination : tuple->source;
	const uint8_t *second = turn ? tuple->source : tuple->destination;
	size_t n = put_port(out, 0); /* the seed */

	memcpy(out + n, first, size);
	n += size;
	memcpy(out + n, second, size);
	n += size;
	out[n++] = tuple->protocol;
	out[n++] = 0;
	if (ends.ports) {
		n += put_port(out + n, turn ? ends.destination : ends.source);
		n += put_port(out + n, turn ? ends.source : ends.destination);
	}
	return n;
}

void community_id(const struct event_tuple *tuple, char out[static COMMUNITY_ID_LENGTH])
{
	uint8_t hashed[HASHED_MAX];
	uint8_t digest[SHA1_SIZE];
	struct sha1 hash;

	sha1_init(&hash);
	sha1_update(&hash, hashed, write_ends(tuple, hashed));
	sha1_final(&hash, digest);
	memcpy(out, "1:", 2);
	base64_write(digest, out + 2);
}
