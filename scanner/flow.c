/* SPDX-License-Identifier: BSD-2-Clause */
/* The flow table of flow.h: hash chains by index, a list by age for each class. */
#include "scanner/flow.h"

#include <string.h>

#define REKEY_PER_STEP 64
#define VICTIM_TRIES 8
#define VICTIM_IDLE_TICKS 9537 /* 10 s: a flow that was silent for so long may make room */

static uint32_t log2_ceil(uint32_t n)
{
	uint32_t bits = 0;

	while (bits < 31 && 1u << bits < n) {
		bits++;
	}
	return bits;
}

/* One head per entry or more: about one entry a chain when the table is full. */
static uint32_t head_bits(uint32_t count)
{
	uint32_t bits = log2_ceil(count);

	/* half the heads serve as well just above a power of two, at half the memory */
	return count < (1u << bits) - (1u << bits) / 4 ? bits - 1 : bits;
}

static uint32_t stride_of(uint8_t family)
{
	return family == 4 ? sizeof(struct flow4) : sizeof(struct flow6);
}

size_t flow_table_size(uint32_t count, uint8_t family)
{
	return (size_t)count * stride_of(family) + (sizeof(uint32_t) << head_bits(count));
}

/* SplitMix64 (Steele et al. 2014) spreads the salt over the words of a key. */
static uint64_t draw(uint64_t *salt)
{
	uint64_t z = *salt += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static void draw_key(struct flow_table *table)
{
	for (unsigned i = 0; i < sizeof(table->key.word) / sizeof(table->key.word[0]); i++) {
		table->key.word[i] = (uint32_t)(draw(&table->salt) >> 32);
	}
	table->key.multiplier = draw(&table->salt) | 1;
}

void flow_table_init(struct flow_table *table, void *memory, uint32_t count, uint8_t family,
		     const uint8_t salt[32])
{
	uint32_t bits = head_bits(count);

	memset(table, 0, sizeof(*table));
	table->stride = stride_of(family);
	table->entries = memory;
	table->heads = (uint32_t *)(void *)(table->entries + (size_t)count * table->stride);
	table->count = count;
	table->head_shift = 64 - bits;
	table->rekey_at = FLOW_NONE;
	memcpy(&table->salt, salt, sizeof(table->salt));
	draw_key(table);
	for (unsigned i = 0; i < 8; i++) { /* all 32 bytes of the salt go into the first key */
		uint32_t word;

		memcpy(&word, salt + 4 * (size_t)i, 4);
		table->key.word[i] ^= word;
	}
	memset(table->heads, 0xff, sizeof(uint32_t) << bits);
	for (uint32_t i = 0; i < count; i++) {
		struct flow *flow = flow_at(table, i);

		flow->chain = i + 1 < count ? i + 1 : FLOW_NONE;
		flow->class_seen = FLOW_FREE;
	}
	for (unsigned class = 0; class < FLOW_CLASS_COUNT; class ++) {
		table->list[class] = (struct flow_list){ FLOW_NONE, FLOW_NONE, 0 };
	}
}

static inline uint64_t pair(uint32_t a, uint32_t b, const uint32_t key[2])
{
	return (uint64_t)(uint32_t)(a + key[0]) * (uint32_t)(b + key[1]);
}

/* Tags and protocol in one word; an id of 4095 is reserved and stands for no tag. */
static inline uint32_t tags_of(const uint16_t vlan[2], uint8_t protocol)
{
	return (uint32_t)vlan[0] << 20 | (vlan[1] & 0xfffu) << 8 | protocol;
}

static inline uint64_t hash_key4(const struct flow_hash_key *key, const struct flow_key4 *k,
				 uint8_t protocol)
{
	uint32_t ports = (uint32_t)k->port_low << 16 | k->port_high;
	uint64_t sum = pair(k->low, k->high, key->word) +
		       pair(ports, tags_of(k->vlan, protocol), key->word + 2);

	return sum * key->multiplier;
}

static uint64_t hash_key6(const struct flow_hash_key *key, const struct flow_key6 *k,
			  uint8_t protocol)
{
	uint32_t low[4], high[4];
	uint32_t ports = (uint32_t)k->port_low << 16 | k->port_high;
	uint64_t sum = pair(ports, tags_of(k->vlan, protocol), key->word + 8);

	memcpy(low, k->low, 16);
	memcpy(high, k->high, 16);
	for (unsigned i = 0; i < 4; i++) {
		sum += pair(low[i], high[i], key->word + 2 * i);
	}
	return sum * key->multiplier;
}

static uint64_t hash_entry(const struct flow_table *table, const struct flow_hash_key *key,
			   const struct flow *flow)
{
	if (table->stride == sizeof(struct flow4)) {
		return hash_key4(key, &((const struct flow4 *)(const void *)flow)->key,
				 flow->protocol);
	}
	return hash_key6(key, &((const struct flow6 *)(const void *)flow)->key, flow->protocol);
}

static inline void prepare4(const struct flow_table *table, const struct packet *packet,
			    struct flow_lookup *lookup)
{
	uint32_t source = load_be32(packet->ip + 12);
	uint32_t destination = load_be32(packet->ip + 16);
	uint64_t from = (uint64_t)source << 16 | packet->source_port;
	uint64_t to = (uint64_t)destination << 16 | packet->destination_port;
	bool swap = from > to;
	uint64_t low = swap ? to : from;
	uint64_t high = swap ? from : to;

	lookup->from_high = swap;
	lookup->protocol = packet->protocol;
	lookup->key.v4 = (struct flow_key4){ (uint32_t)(low >> 16),
					     (uint32_t)(high >> 16),
					     (uint16_t)low,
					     (uint16_t)high,
					     { packet->vlan[0], packet->vlan[1] } };
	lookup->hash = hash_key4(&table->key, &lookup->key.v4, packet->protocol);
}

static inline void prepare6(const struct flow_table *table, const struct packet *packet,
			    struct flow_lookup *lookup)
{
	const uint8_t *source = packet->ip + 8;
	const uint8_t *destination = packet->ip + 24;
	int order = memcmp(source, destination, 16);
	bool swap = order != 0 ? order > 0 : packet->source_port > packet->destination_port;
	struct flow_key6 *key = &lookup->key.v6;

	lookup->from_high = swap;
	lookup->protocol = packet->protocol;
	memcpy(key->low, swap ? destination : source, 16);
	memcpy(key->high, swap ? source : destination, 16);
	key->port_low = swap ? packet->destination_port : packet->source_port;
	key->port_high = swap ? packet->source_port : packet->destination_port;
	key->vlan[0] = packet->vlan[0];
	key->vlan[1] = packet->vlan[1];
	lookup->hash = hash_key6(&table->key, key, packet->protocol);
}

void flow_lookup_prepare(const struct flow_table *table, const struct packet *packet,
			 struct flow_lookup *lookup)
{
	lookup->epoch = (uint32_t)table->rekeyed;
	if (packet->family == 4) {
		prepare4(table, packet, lookup);
	} else {
		prepare6(table, packet, lookup);
	}
}

static inline bool same_key(const struct flow_table *table, const struct flow *flow,
			    const struct flow_lookup *lookup)
{
	const void *key = flow + 1;

	if (flow->protocol != lookup->protocol) {
		return false;
	}
	return table->stride == sizeof(struct flow4) ?
		       memcmp(key, &lookup->key.v4, sizeof(struct flow_key4)) == 0 :
		       memcmp(key, &lookup->key.v6, sizeof(struct flow_key6)) == 0;
}

static struct flow *find_in_chain(const struct flow_table *table, uint32_t index,
				  const struct flow_lookup *lookup)
{
	/* flow_insert() bounds the chain */
	while (index != FLOW_NONE) {
		struct flow *flow = flow_at(table, index);

		if (same_key(table, flow, lookup)) {
			return flow;
		}
		index = flow->chain;
	}
	return NULL;
}

static uint64_t hash_lookup(const struct flow_table *table, const struct flow_hash_key *key,
			    const struct flow_lookup *lookup)
{
	return table->stride == sizeof(struct flow4) ?
		       hash_key4(key, &lookup->key.v4, lookup->protocol) :
		       hash_key6(key, &lookup->key.v6, lookup->protocol);
}

struct flow *flow_find(struct flow_table *table, const struct flow_lookup *lookup)
{
	uint64_t hash = lookup->hash;

	if (lookup->epoch != (uint32_t)table->rekeyed) { /* prepared under the key before */
		hash = hash_lookup(table, &table->key, lookup);
	}
	struct flow *flow = find_in_chain(table, *flow_head(table, hash), lookup);

	if (flow == NULL && table->rekey_at != FLOW_NONE) {
		uint64_t old = hash_lookup(table, &table->old_key, lookup);

		flow = find_in_chain(table, *flow_head(table, old), lookup);
	}
	return flow;
}

static void list_append(struct flow_table *table, struct flow *flow, enum flow_class class)
{
	struct flow_list *list = &table->list[class];
	uint32_t index = flow_index(table, flow);

	flow->previous = list->newest;
	flow->next = FLOW_NONE;
	if (list->newest != FLOW_NONE) {
		flow_at(table, list->newest)->next = index;
	} else {
		list->oldest = index;
	}
	list->newest = index;
	list->count++;
	flow->class_seen = (uint8_t)((flow->class_seen & ~7u) | (unsigned)class);
}

static void list_remove(struct flow_table *table, struct flow *flow)
{
	struct flow_list *list = &table->list[flow_class(flow)];

	if (flow->previous != FLOW_NONE) {
		flow_at(table, flow->previous)->next = flow->next;
	} else {
		list->oldest = flow->next;
	}
	if (flow->next != FLOW_NONE) {
		flow_at(table, flow->next)->previous = flow->previous;
	} else {
		list->newest = flow->previous;
	}
	list->count--;
}

static uint32_t chain_length(const struct flow_table *table, uint32_t index)
{
	uint32_t length = 0;

	for (; index != FLOW_NONE; index = flow_at(table, index)->chain) {
		length++;
	}
	return length;
}

/* Starts the change to a new key. Entries at and above rekey_at may still be under the old one. */
static void rekey_begin(struct flow_table *table)
{
	table->old_key = table->key;
	draw_key(table);
	table->rekey_at = 0;
	table->rekeyed++;
}

struct flow *flow_insert(struct flow_table *table, const struct flow_lookup *lookup,
			 enum flow_class class)
{
	/* hashed anew: the key may have changed since the lookup was prepared */
	uint32_t *head = flow_head(table, hash_lookup(table, &table->key, lookup));
	uint32_t length = chain_length(table, *head);

	if (length >= FLOW_CHAIN_MAX || table->free == FLOW_NONE) {
		return NULL;
	}
	uint32_t index = table->free;
	struct flow *flow = flow_at(table, index);

	table->free = flow->chain;
	table->used++;
	memset(flow, 0, table->stride);
	memcpy(flow + 1, &lookup->key,
	       table->stride == sizeof(struct flow4) ? sizeof(struct flow_key4) :
						       sizeof(struct flow_key6));
	flow->protocol = lookup->protocol;
	flow->flags = lookup->from_high ? FLOW_ORIGINATOR_HIGH : 0;
	flow->chain = *head;
	*head = index;
	list_append(table, flow, class);
	if (length + 1 >= FLOW_CHAIN_REKEY && table->rekey_at == FLOW_NONE) {
		rekey_begin(table);
	}
	return flow;
}

/* Takes the entry out of the chain that `hash` leads to; false when it is not in it. */
static bool unchain(struct flow_table *table, uint64_t hash, const struct flow *flow)
{
	uint32_t index = flow_index(table, flow);
	uint32_t *link = flow_head(table, hash);

	while (*link != FLOW_NONE) {
		if (*link == index) {
			*link = flow->chain;
			return true;
		}
		link = &flow_at(table, *link)->chain;
	}
	return false;
}

void flow_remove(struct flow_table *table, struct flow *flow)
{
	if (!unchain(table, hash_entry(table, &table->key, flow), flow)) {
		unchain(table, hash_entry(table, &table->old_key, flow), flow);
	}
	list_remove(table, flow);
	flow->class_seen = FLOW_FREE;
	flow->chain = table->free;
	table->free = flow_index(table, flow);
	table->used--;
}

void flow_set_class(struct flow_table *table, struct flow *flow, enum flow_class class)
{
	list_remove(table, flow);
	list_append(table, flow, class);
}

void flow_rekey_step(struct flow_table *table)
{
	for (unsigned i = 0; i < REKEY_PER_STEP && table->rekey_at != FLOW_NONE; i++) {
		struct flow *flow = flow_at(table, table->rekey_at);

		if (flow_class(flow) != FLOW_FREE) {
			uint32_t *head = flow_head(table, hash_entry(table, &table->key, flow));

			/* Inserted since the change began: not in the old chain, unless old and
			 * new chain are the same one, when moving it to the front does no harm. */
			if (unchain(table, hash_entry(table, &table->old_key, flow), flow)) {
				flow->chain = *head;
				*head = table->rekey_at;
			}
		}
		table->rekey_at++;
		if (table->rekey_at == table->count) {
			table->rekey_at = FLOW_NONE;
		}
	}
}

struct flow *flow_idle(struct flow_table *table, enum flow_class class, uint32_t now,
		       uint32_t ticks)
{
	uint32_t index = table->list[class].oldest;

	if (index == FLOW_NONE) {
		return NULL;
	}
	struct flow *flow = flow_at(table, index);

	if ((int32_t)(now - flow->last) >= (int32_t)ticks) {
		return flow;
	}
	/* Lists are by age, not by last use: nothing is written on the fast path for them. What was
	 * used since it was queued gets another round. */
	flow_set_class(table, flow, class);
	return NULL;
}

struct flow *flow_victim(struct flow_table *table, uint32_t now)
{
	uint32_t index = table->list[FLOW_CLOSED].oldest;

	index = index != FLOW_NONE ? index : table->list[FLOW_HALF_OPEN].oldest;
	if (index != FLOW_NONE) {
		return flow_at(table, index);
	}
	for (enum flow_class class = FLOW_FINISHED; class <= FLOW_INSPECTED; class ++) {
		for (unsigned tries = 0; tries < VICTIM_TRIES; tries++) {
			struct flow *flow = flow_idle(table, class, now, VICTIM_IDLE_TICKS);

			if (flow != NULL) {
				return flow;
			}
		}
	}
	return NULL;
}

static void put_be32(uint8_t *at, uint32_t word)
{
	at[0] = (uint8_t)(word >> 24);
	at[1] = (uint8_t)(word >> 16);
	at[2] = (uint8_t)(word >> 8);
	at[3] = (uint8_t)word;
}

void flow_tuple(const struct flow_table *table, const struct flow *flow, struct event_tuple *tuple)
{
	bool high = (flow->flags & FLOW_ORIGINATOR_HIGH) != 0;
	uint8_t *low_at = high ? tuple->destination : tuple->source;
	uint8_t *high_at = high ? tuple->source : tuple->destination;
	uint16_t port_low, port_high;

	memset(tuple, 0, sizeof(*tuple));
	tuple->protocol = flow->protocol;
	if (table->stride == sizeof(struct flow4)) {
		const struct flow_key4 *key = &((const struct flow4 *)(const void *)flow)->key;

		tuple->family = 4;
		put_be32(low_at, key->low);
		put_be32(high_at, key->high);
		port_low = key->port_low;
		port_high = key->port_high;
		memcpy(tuple->vlan, key->vlan, sizeof(tuple->vlan));
	} else {
		const struct flow_key6 *key = &((const struct flow6 *)(const void *)flow)->key;

		tuple->family = 6;
		memcpy(low_at, key->low, 16);
		memcpy(high_at, key->high, 16);
		port_low = key->port_low;
		port_high = key->port_high;
		memcpy(tuple->vlan, key->vlan, sizeof(tuple->vlan));
	}
	tuple->source_port = high ? port_high : port_low;
	tuple->destination_port = high ? port_low : port_high;
}
