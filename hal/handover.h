/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows that the system below forwards by itself once the scanner is done with them: a table in
 * memory that both share. (d) the data core writes what may pass, and reads how much did; (k) the
 * kernel finds a frame's entry by its tuple, counts it, and forwards it.
 *
 * An entry holds while its generation is the area's, a frame came within HANDOVER_IDLE_NS, and the
 * data core has vouched for all of them lately: a policy is published by one store, and what nobody
 * looks after dies by itself. A SYN of its tuple ends it at once (k). What is not found, or not
 * plain (fragments, IP options, SYN, FIN, RST), goes to the scanner. The table is bounded; a bucket
 * that is full takes no more.
 */
#ifndef HAL_HANDOVER_H
#define HAL_HANDOVER_H

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HANDOVER_WAYS 4u
#define HANDOVER_IDLE_NS 1000000000
#define HANDOVER_FOLD 29 /* of the hash: bits that a multiplication moves too far up */
#define HANDOVER_KEY_WORDS 6u

/* One way of a flow, as its frames have it. */
struct handover_key {
	uint8_t source[16], destination[16]; /* IPv4 in the first four bytes, the rest zero */
	uint8_t source_port[2], destination_port[2]; /* as on the wire; 0 where there are none */
	uint16_t vlan[2]; /* outer, inner id; 0xffff where there is none */
	uint8_t family; /* 4 or 6 */
	uint8_t protocol; /* TCP, UDP, ICMP, ICMPv6 or ESP */
	uint8_t port; /* enum port_side: where it comes in */
	uint8_t pad[5];
};

struct handover_entry {
	struct handover_key key; /* (d) while the generation is 0 */
	_Atomic uint32_t generation; /* (d), (k) only to 0 */
	_Atomic uint32_t turn; /* (d) another one with each key; read with the generation */
	_Atomic uint64_t last_ns; /* (d) at first, (k); CLOCK_MONOTONIC */
	_Atomic uint64_t frames, bytes; /* (k) of all that ever had this place */
};

struct handover_bucket {
	struct handover_entry way[HANDOVER_WAYS];
};

static_assert(sizeof(struct handover_key) == HANDOVER_KEY_WORDS * 8, "handover: words of a key");
static_assert(offsetof(struct handover_entry, turn) ==
		      offsetof(struct handover_entry, generation) + 4,
	      "handover: both are one word");
static_assert(sizeof(struct handover_bucket) == 80 * HANDOVER_WAYS, "handover: a bucket");

struct handover_area {
	struct handover_bucket *buckets; /* all zero */
	uint32_t bucket_bits; /* 2^bits buckets */
	uint64_t multiplier; /* of the hash: odd, and secret, so that nobody can fill a bucket */
	_Atomic uint32_t *generation; /* (d) never 0 once flows are handed over */
	_Atomic uint64_t *until_ns; /* (d) nothing holds later; CLOCK_MONOTONIC */
	uint64_t vouch_ns; /* for so long at a time */
};

/* The bucket's number, as the kernel reckons it, too. */
static inline uint32_t handover_hash(const struct handover_area *area,
				     const struct handover_key *key)
{
	uint64_t words[HANDOVER_KEY_WORDS], hash = 0;

	memcpy(words, key, sizeof(words));
	for (unsigned i = 0; i < HANDOVER_KEY_WORDS; i++) {
		hash = (hash ^ words[i]) * area->multiplier;
		hash ^= hash >> HANDOVER_FOLD;
	}
	return (uint32_t)(hash >> (64 - area->bucket_bits));
}

#endif
