/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments of IP datagrams: each is forwarded as it comes, a copy is kept, and
 * the one that completes its datagram stands for it: then the whole is inspected
 * and judged, and dropping that one fragment is enough to drop the datagram.
 * Overlapping fragments have no honest use (RFC 5722 forbids them for IPv6):
 * such a datagram is never put together; when enforcing they are dropped.
 *
 * FRAGMENT_DATAGRAMS are held at once, the oldest makes room, each of at most
 * FRAGMENT_BYTES_MAX bytes. Data core only.
 */
#ifndef SCANNER_FRAGMENT_H
#define SCANNER_FRAGMENT_H

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
	FRAGMENT_TOO_LONG /* cannot be kept */
};

struct datagram {
	struct timestamp time; /* of its first fragment */
	uint8_t family; /* 0: free */
	uint8_t protocol;
	uint16_t vlan[2];
	uint32_t id;
	uint8_t addresses[32]; /* source, destination */
	uint32_t length; /* of its payload; 0 while the last fragment is missing */
	uint32_t filled; /* bytes present */
	bool spoiled; /* overlapped or refused: only there to recognise its other fragments */
	uint64_t present[FRAGMENT_BYTES_MAX / 8 / 64]; /* bit per 8 bytes */
	uint8_t header[40]; /* IP header of the first piece that came, for the pseudo header */
	uint8_t bytes[FRAGMENT_BYTES_MAX];
};

struct fragments {
	struct datagram datagram[FRAGMENT_DATAGRAMS];
	unsigned whole; /* the one that was put together last */
};

/* Takes packet->fragment; the packet's pointers lead into `fragments` when the answer is WHOLE and
 * stay valid until the next call. */
enum fragment_result fragment_add(struct fragments *fragments, struct packet *packet,
				  struct timestamp time);
/* The datagram that was WHOLE just now is dropped. Its receiver still holds the other pieces: the
 * one that was dropped must not get through when it is sent again. */
void fragment_refuse(struct fragments *fragments);

#endif
