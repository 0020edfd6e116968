/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The steps of finding a flow, inline: glance.h and scanner.c take them for every
 * frame, flow.c where there is no hurry.
 *
 * The hash is pair-multiply-shift (Thorup, "High Speed Hashing for Integers and
 * Strings", 2015, section 3.3, after Black et al.'s NH, CRYPTO '99): 32-bit words of
 * the key, each added to a secret 64-bit word, multiplied in pairs; of the sum modulo
 * 2^64 the top bits. To one who does not know the secret words, two keys meet in one
 * of n ≤ 2^32 chains with probability 1/n, as if chosen by chance.
 */
#ifndef SCANNER_FLOW_LOOKUP_H
#define SCANNER_FLOW_LOOKUP_H

#include <string.h>

#include "scanner/flow.h"

/* Two words of the key with their two secret ones. */
static inline uint64_t flow_hash_pair(uint64_t words, const uint64_t secret[2])
{
	return ((words & 0xffffffff) + secret[0]) * ((words >> 32) + secret[1]);
}

static inline uint64_t flow_hash4(const struct flow_hash_key *key, const struct flow_key4 *of)
{
	return flow_hash_pair(of->low, key->word) + flow_hash_pair(of->high, key->word + 2);
}

static inline uint64_t flow_hash6(const struct flow_hash_key *key, const struct flow_key6 *of)
{
	return flow_hash_pair(of->low[0], key->word) + flow_hash_pair(of->low[1], key->word + 2) +
	       flow_hash_pair(of->high[0], key->word + 4) +
	       flow_hash_pair(of->high[1], key->word + 6) + flow_hash_pair(of->rest, key->word + 8);
}

static inline uint32_t *flow_head(const struct flow_table *table, uint64_t hash)
{
	return &table->heads[hash >> table->head_shift];
}

/* What is in the key besides addresses and ports, in two halves of 16 bits: the outer tag with the
 * kind, and the inner tag. This is a packet without tags. */
static inline uint32_t flow_tags(uint8_t protocol)
{
	uint32_t kind = protocol == PROTOCOL_TCP ? FLOW_TCP :
			protocol == PROTOCOL_UDP ? FLOW_UDP :
						   FLOW_OTHER;

	return kind << (FLOW_KIND_SHIFT - 48 + 16);
}

/* Fills the lookup of an IPv4 packet. `addresses`, `ports`: where it has both addresses, both
 * ports; `tags` as flow_tags(). */
static inline void flow_lookup4(const struct flow_table *table, struct flow_lookup *lookup,
				const uint8_t *addresses, const uint8_t *ports, uint32_t tags)
{
	uint32_t source, destination;
	uint16_t source_port, destination_port;

	memcpy(&source, addresses, 4);
	memcpy(&destination, addresses + 4, 4);
	memcpy(&source_port, ports, 2);
	memcpy(&destination_port, ports + 2, 2);
	uint64_t from = source | (uint64_t)source_port << 32;
	uint64_t to = destination | (uint64_t)destination_port << 32;
	bool swap = from > to;
	struct flow_key4 key = { (swap ? to : from) | (uint64_t)(tags >> 16) << 48,
				 (swap ? from : to) | (uint64_t)(tags & 0xffff) << 48 };

	lookup->head = flow_head(table, flow_hash4(&table->key, &key));
	lookup->key.v4 = key;
	lookup->from_high = swap;
}

static inline uint64_t flow_load64(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, 8);
	return word;
}

/* The same for IPv6. */
static inline void flow_lookup6(const struct flow_table *table, struct flow_lookup *lookup,
				const uint8_t *addresses, const uint8_t *ports, uint32_t tags)
{
	uint64_t source = flow_load64(addresses);
	uint64_t destination = flow_load64(addresses + 16);
	struct flow_key6 *key = &lookup->key.v6;
	uint16_t source_port, destination_port;
	bool swap = source > destination;

	memcpy(&source_port, ports, 2);
	memcpy(&destination_port, ports + 2, 2);
	if (__builtin_expect(source == destination, 0)) {
		uint64_t rest = flow_load64(addresses + 8);
		uint64_t other = flow_load64(addresses + 24);

		swap = rest != other ? rest > other : source_port > destination_port;
	}
	const uint8_t *low = swap ? addresses + 16 : addresses;
	const uint8_t *high = swap ? addresses : addresses + 16;

	key->low[0] = flow_load64(low);
	key->low[1] = flow_load64(low + 8);
	key->high[0] = flow_load64(high);
	key->high[1] = flow_load64(high + 8);
	key->rest = (swap ? destination_port | (uint32_t)source_port << 16 :
			    source_port | (uint32_t)destination_port << 16) |
		    (uint64_t)tags << 32;
	lookup->head = flow_head(table, flow_hash6(&table->key, key));
	lookup->from_high = swap;
}

static inline bool flow_has_key4(const struct flow *flow, const struct flow_key4 *key)
{
	const struct flow_key4 *own = &((const struct flow4 *)(const void *)flow)->key;

	return own->low == key->low && own->high == key->high;
}

static inline bool flow_has_key6(const struct flow *flow, const struct flow_key6 *key)
{
	const struct flow_key6 *own = &((const struct flow6 *)(const void *)flow)->key;

	return own->rest == key->rest && own->low[1] == key->low[1] &&
	       own->high[1] == key->high[1] && own->low[0] == key->low[0] &&
	       own->high[0] == key->high[0];
}

/* The flow if it is in the chain that begins with `index`, else NULL. `family` is the table's. */
static inline struct flow *flow_in_chain(const struct flow_table *table, uint32_t index,
					 const struct flow_lookup *lookup, uint8_t family)
{
	size_t stride = family == 4 ? sizeof(struct flow4) : sizeof(struct flow6);

	/* flow_insert() bounds the chain */
	while (index != FLOW_NONE) {
		struct flow *flow = (struct flow *)(void *)(table->entries + index * stride);

		if (__builtin_expect(family == 4 ? flow_has_key4(flow, &lookup->key.v4) :
						   flow_has_key6(flow, &lookup->key.v6),
				     1)) {
			return flow;
		}
		index = flow->chain;
	}
	return NULL;
}

/* Has the flow at the chain's head on its way into the cache. If there is none, the address is of
 * nothing, and a prefetch of that does no harm. */
static inline void flow_prefetch(const uint8_t *entries, const struct flow_lookup *lookup,
				 uint8_t family)
{
	size_t stride = family == 4 ? sizeof(struct flow4) : sizeof(struct flow6);

	__builtin_prefetch((const void *)((uintptr_t)entries + *lookup->head * stride));
}

#endif
