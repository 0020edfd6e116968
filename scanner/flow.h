/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flow table: one cache line per IPv4 flow, one and a half per IPv6 flow,
 * found by a keyed hash. Between decode.c and what reads a flow's bytes
 * (session.c). Memory is fixed; what happens when it is full is decided by class:
 * closed flows go first, then half-open ones, then finished ones that are idle,
 * then inspected ones that are idle. A flow in use is never given up for a new one.
 *
 * The hash (flow_lookup.h) is keyed: no two tuples meet with more than the chance of
 * an ideal one for who does not know the key. Chains are bounded; one that grows too
 * long makes the table change its key, a few entries per burst, while both keys are
 * searched.
 *
 * Data core only.
 */
#ifndef SCANNER_FLOW_H
#define SCANNER_FLOW_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "scanner/decode.h"
#include "scanner/event.h"

#define FLOW_NONE UINT32_MAX
#define FLOW_CHAIN_MAX 32 /* a new entry is not added to a chain of so many */
#define FLOW_CHAIN_REKEY 12 /* a chain of so many starts the change of the key */
#define FLOW_TICK_SHIFT 20 /* a tick is 2^20 ns, 1.05 ms */
#define FLOW_START_BITS 35 /* of a start in ticks: 1.1 years */

enum flow_class {
	FLOW_FREE,
	FLOW_CLOSED, /* reset, or ended by both sides */
	FLOW_HALF_OPEN, /* one side only so far, or the handshake is not complete */
	FLOW_FINISHED, /* nothing more to read in it */
	FLOW_INSPECTED,
	FLOW_CLASS_COUNT
};

enum flow_flag {
	FLOW_ORIGINATOR_HIGH = 0x01, /* the originator is the higher endpoint of the key */
	FLOW_REPLIED = 0x02, /* both sides were heard */
	FLOW_HANDSHAKE = 0x04, /* the TCP handshake was complete in both directions */
	FLOW_FIN_ORIGINATOR = 0x08,
	FLOW_FIN_RESPONDER = 0x10,
	FLOW_ALERTED = 0x20,
	FLOW_CUT_SHIFT = 6 /* two bits: enum taken, what is done to all its frames */
};

/* Both endpoints, the lower number first, so that both directions find the same flow. Addresses
 * and ports are as the machine loads them from the wire; which of two is lower then depends on the
 * machine and does not matter. Where there are no ports, the protocol's number stands for both.
 * A tag is the VLAN id + 1, 0 if there is none: an untagged TCP packet's key is made without
 * any. */
struct flow_key4 {
	uint64_t low, high; /* address | port << 32 | tag << 48; bits 61… of low: enum flow_kind */
};

struct flow_key6 {
	uint64_t low[2], high[2]; /* addresses */
	uint64_t rest; /* port of low | of high << 16 | inner tag << 32 | outer << 48; kind too */
};

enum flow_kind { FLOW_TCP, FLOW_UDP, FLOW_OTHER };
#define FLOW_KIND_SHIFT 61

/* What both families have in common; the key follows it in memory. */
struct flow {
	uint32_t chain; /* next of the hash chain, or of the free list */
	uint32_t previous, next; /* of the class's list, by age */
	uint32_t packets[2]; /* by enum direction */
	uint32_t bytes_low[2];
	uint16_t bytes_high[2];
	uint32_t last; /* tick of the last frame */
	uint32_t start_low; /* tick of the first */
	uint8_t start_high_app; /* bits 0…2: start; 3: see flow_cut_by_content(); 4: see
				   flow_inward(); 5…7: enum app */
	uint8_t protocol;
	uint8_t flags; /* enum flow_flag */
	uint8_t class_seen; /* bits 0…2: enum flow_class; 3…7: enum seen of its frames */
	uint16_t generation; /* of the policy it was judged under */
	uint16_t state; /* 1 + index of its half-open record or its session; 0: none */
};

struct flow4 {
	struct flow flow;
	struct flow_key4 key;
};

struct flow6 {
	struct flow flow;
	struct flow_key6 key;
	uint8_t pad[8];
};

static_assert(sizeof(struct flow) == 48, "flow: common part");
static_assert(sizeof(struct flow4) == 64, "flow: an IPv4 flow is one cache line");
static_assert(sizeof(struct flow6) == 96, "flow: an IPv6 flow is one and a half");
static_assert(SEEN_COUNT <= 32 && FLOW_CLASS_COUNT <= 8 && APP_COUNT <= 8, "flow: bit fields");

struct flow_list {
	uint32_t oldest, newest, count;
};

struct flow_hash_key {
	uint64_t word[10];
};

struct flow_table {
	uint8_t *entries;
	uint32_t *heads;
	uint32_t stride; /* bytes an entry */
	uint32_t count; /* entries */
	uint32_t head_shift; /* 64 − log2(number of heads) */
	uint32_t free;
	uint32_t used;
	uint32_t rekey_at; /* entries below are under `key`; FLOW_NONE: all are */
	uint64_t rekeyed;
	struct flow_hash_key key, old_key;
	uint64_t salt; /* from which further keys are drawn */
	struct flow_list list[FLOW_CLASS_COUNT];
};

/* The flow key of a packet: what its hash is made of and what an entry is compared with. */
struct flow_lookup {
	union {
		struct flow_key4 v4;
		struct flow_key6 v6;
	} key;
	uint32_t *head; /* of its chain, under the table's key at that time */
	bool from_high; /* the sender is the higher endpoint */
};

size_t flow_table_size(uint32_t count, uint8_t family);
void flow_table_init(struct flow_table *table, void *memory, uint32_t count, uint8_t family,
		     const uint8_t salt[32]);

static inline struct flow *flow_at(const struct flow_table *table, uint32_t index)
{
	return (struct flow *)(void *)(table->entries + (size_t)index * table->stride);
}

static inline uint32_t flow_index(const struct flow_table *table, const struct flow *flow)
{
	return (uint32_t)((size_t)((const uint8_t *)flow - table->entries) / table->stride);
}

/* Sorts the endpoints of a decoded packet and hashes them under the table's key. */
void flow_lookup_prepare(const struct flow_table *table, const struct packet *packet,
			 struct flow_lookup *lookup);
/* The flow, or NULL. */
struct flow *flow_find(struct flow_table *table, const struct flow_lookup *lookup);
/* A new entry in class `class`, zeroed but for its key and protocol; NULL when no entry is free or
 * the chain is at its bound. Free one first with flow_victim() and flow_remove(). */
struct flow *flow_insert(struct flow_table *table, const struct flow_lookup *lookup,
			 enum flow_class class);
void flow_remove(struct flow_table *table, struct flow *flow);
void flow_set_class(struct flow_table *table, struct flow *flow, enum flow_class class);
/* Moves on with a change of the key; called once per burst. */
void flow_rekey_step(struct flow_table *table);
/* The flow to end in favour of a new one, or NULL when all are in use. */
struct flow *flow_victim(struct flow_table *table, uint32_t now);
/* The oldest of a class when it has not been active for `ticks`; moves one that has been to the
 * list's other end. NULL when there is none. */
struct flow *flow_idle(struct flow_table *table, enum flow_class class, uint32_t now,
		       uint32_t ticks);

static inline enum flow_class flow_class(const struct flow *flow)
{
	return (enum flow_class)(flow->class_seen & 7u);
}

static inline enum seen flow_seen(const struct flow *flow)
{
	return (enum seen)(flow->class_seen >> 3);
}

static inline void flow_set_seen(struct flow *flow, enum seen seen)
{
	flow->class_seen = (uint8_t)((flow->class_seen & 7u) | (unsigned)seen << 3);
}

static inline enum app flow_app(const struct flow *flow)
{
	return (enum app)(flow->start_high_app >> 5);
}

static inline void flow_set_app(struct flow *flow, enum app app)
{
	flow->start_high_app = (uint8_t)((flow->start_high_app & 31u) | (unsigned)app << 5);
}

/* All that says whether a frame may pass without further ado, in one word: class, seen, generation
 * and cut. Its lowest bit is never set. */
static inline uint32_t flow_standing(const struct flow *flow)
{
	uint32_t word;

	static_assert(offsetof(struct flow, class_seen) == offsetof(struct flow, flags) + 1 &&
			      offsetof(struct flow, generation) == offsetof(struct flow, flags) + 2,
		      "flow: its standing");
	memcpy(&word, (const uint8_t *)flow + offsetof(struct flow, flags), sizeof(word));
	return word & ~((1u << FLOW_CUT_SHIFT) - 1);
}

static inline enum taken flow_cut(const struct flow *flow)
{
	return (enum taken)(flow->flags >> FLOW_CUT_SHIFT);
}

static inline bool flow_is_cut(const struct flow *flow)
{
	return (flow->flags & 3u << FLOW_CUT_SHIFT) != 0;
}

static inline void flow_set_cut(struct flow *flow, enum taken taken)
{
	flow->flags = (uint8_t)((flow->flags & 0x3fu) | (unsigned)taken << FLOW_CUT_SHIFT);
}

/* The tick of the first frame, modulo 2^FLOW_START_BITS. */
static inline uint64_t flow_start(const struct flow *flow)
{
	return (uint64_t)(flow->start_high_app & 7u) << 32 | flow->start_low;
}

static inline void flow_set_start(struct flow *flow, uint64_t tick)
{
	flow->start_low = (uint32_t)tick;
	flow->start_high_app = (uint8_t)((flow->start_high_app & ~7u) | (tick >> 32 & 7u));
}

/* Whether what cut it was in its bytes, which are not read again, not in its addresses. */
static inline bool flow_cut_by_content(const struct flow *flow)
{
	return (flow->start_high_app & 8u) != 0;
}

static inline void flow_set_cut_by_content(struct flow *flow, bool content)
{
	flow->start_high_app = (uint8_t)((flow->start_high_app & ~8u) | (content ? 8u : 0));
}

/* Whether the originator's first frame came in on the outside port, or would have. */
static inline bool flow_inward(const struct flow *flow)
{
	return (flow->start_high_app & 16u) != 0;
}

static inline void flow_set_inward(struct flow *flow, bool inward)
{
	flow->start_high_app = (uint8_t)((flow->start_high_app & ~16u) | (inward ? 16u : 0));
}

static inline void flow_count(struct flow *flow, enum direction direction, uint32_t bytes)
{
	flow->packets[direction]++;
	flow->bytes_low[direction] += bytes;
	if (flow->bytes_low[direction] < bytes) {
		flow->bytes_high[direction]++;
	}
}

static inline uint64_t flow_bytes(const struct flow *flow, enum direction direction)
{
	return (uint64_t)flow->bytes_high[direction] << 32 | flow->bytes_low[direction];
}

/* Which way a packet that was looked up goes. */
static inline enum direction flow_direction(const struct flow *flow,
					    const struct flow_lookup *lookup)
{
	return lookup->from_high == ((flow->flags & FLOW_ORIGINATOR_HIGH) != 0) ? TO_RESPONDER :
										  TO_ORIGINATOR;
}

/* Addresses and ports as the originator sent them. */
void flow_tuple(const struct flow_table *table, const struct flow *flow, struct event_tuple *tuple);

#endif
