/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments of IP datagrams: each is forwarded as it comes, a copy is kept, and
 * the one that completes its datagram stands for it: then the whole is inspected
 * and judged, and dropping that one fragment is enough to drop the datagram.
 * Overlapping fragments have no honest use (RFC 5722 forbids them for IPv6):
 * such a datagram is never put together; when enforcing they are dropped.
 *
 * FRAGMENT_DATAGRAMS are held at once, each of at most FRAGMENT_BYTES_MAX bytes. When
 * all are taken, the oldest of the sender that has most of them makes room, so that
 * one sender's flood costs only its own; it is remembered for a while, as the pieces
 * still to come cannot be read. IPv6 senders are told apart by their /64. Many
 * made-up senders together can still push out others. Data core only.
 */
#ifndef SCANNER_FRAGMENT_H
#define SCANNER_FRAGMENT_H

#include <assert.h>

#include "scanner/decode.h"
#include "scanner/timestamp.h"

#define FRAGMENT_DATAGRAMS 64
#define FRAGMENT_BYTES_MAX 10240
#define FRAGMENT_TIMEOUT_NS (60 * NS_PER_S) /* no receiver known waits longer */

enum fragment_result {
	FRAGMENT_KEPT, /* waits for the others */
	FRAGMENT_WHOLE, /* *packet now is the whole datagram */
	FRAGMENT_OVERLAP, /* other bytes for a place that was filled, or two different ends, or of
			     a datagram that was refused */
	FRAGMENT_TOO_LONG, /* cannot be kept */
	FRAGMENT_GIVEN_UP /* the others are gone: they made room */
};

/* What the fragments of one datagram have in common. */
struct datagram_name {
	uint32_t id;
	uint16_t vlan[2];
	uint8_t addresses[32]; /* source, destination */
	uint16_t family; /* 0: none */
	uint16_t protocol; /* of IPv4 only (RFC 791, RFC 8200) */
};

static_assert(sizeof(struct datagram_name) == 44, "compared as bytes: no padding");

struct datagram {
	struct timestamp time; /* of its first fragment */
	struct datagram_name name; /* family 0: free */
	uint8_t protocol; /* of its transport */
	uint32_t pieces; /* kept, repeated ones too */
	uint32_t length; /* of its payload; 0 while the last fragment is missing */
	uint32_t filled; /* bytes present */
	bool spoiled; /* overlapped or refused: only there to recognise its other fragments */
	uint64_t present[FRAGMENT_BYTES_MAX / 8 / 64]; /* bit per 8 bytes */
	uint8_t header[40]; /* IP header of the first piece that came, for the pseudo header */
	uint8_t bytes[FRAGMENT_BYTES_MAX];
};

/* A datagram that made room. */
struct given_up {
	struct timestamp time; /* of that */
	struct datagram_name name;
	bool spoiled;
};

struct fragments {
	struct datagram datagram[FRAGMENT_DATAGRAMS];
	struct given_up given_up[FRAGMENT_DATAGRAMS];
	unsigned given_up_next; /* the oldest, to be overwritten next */
	uint64_t unread; /* pieces that were kept in vain: never part of a whole */
	unsigned whole; /* the one that was put together last */
};

/* Takes packet->fragment; the packet's pointers lead into `fragments` when the answer is WHOLE and
 * stay valid until the next call. */
enum fragment_result fragment_add(struct fragments *fragments, struct packet *packet,
				  struct timestamp time);
/* Nothing more will come: what is not whole by now is unread. */
void fragment_end(struct fragments *fragments);
/* The datagram that was WHOLE just now is dropped. Its receiver still holds the other pieces: the
 * one that was dropped must not get through when it is sent again. */
void fragment_refuse(struct fragments *fragments);

#endif
