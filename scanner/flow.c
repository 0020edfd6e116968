/* SPDX-License-Identifier: BSD-2-Clause */
/* The flow table of flow.h: hash chains by index, a list by age for each class. */
#include "scanner/flow.h"

#include <string.h>

#include "scanner/flow_lookup.h"

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
		table->key.word[i] = draw(&table->salt);
	}
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
	for (unsigned i = 0; i < 4; i++) { /* all 32 bytes of the salt go into the first key */
		uint64_t word;

		memcpy(&word, salt + 8 * (size_t)i, 8);
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

static uint64_t hash_entry(const struct flow_table *table, const struct flow_hash_key *key,
			   const struct flow *flow)
{
	if (table->stride == sizeof(struct flow4)) {
		return flow_hash4(key, &((const struct flow4 *)(const void *)flow)->key);
	}
	return flow_hash6(key, &((const struct flow6 *)(const void *)flow)->key);
}

void flow_lookup_prepare(const struct flow_table *table, const struct packet *packet,
			 struct flow_lookup *lookup)
{
	bool has_ports = packet->protocol == PROTOCOL_TCP || packet->protocol == PROTOCOL_UDP;
	uint32_t from = has_ports ? packet->source_port : packet->protocol;
	uint32_t to = has_ports ? packet->destination_port : packet->protocol;
	const uint8_t ports[4] = { (uint8_t)(from >> 8), (uint8_t)from, (uint8_t)(to >> 8),
				   (uint8_t)to };
	uint32_t tags = flow_tags(packet->protocol) |
			(uint32_t)(uint16_t)(packet->vlan[0] + 1) << 16 |
			(uint16_t)(packet->vlan[1] + 1);

	if (packet->family == 4) {
		flow_lookup4(table, lookup, packet->ip + 12, ports, tags);
	} else {
		flow_lookup6(table, lookup, packet->ip + 8, ports, tags);
	}
}

static struct flow *find_in_chain(const struct flow_table *table, uint64_t hash,
				  const struct flow_lookup *lookup)
{
	uint32_t index = *flow_head(table, hash);

	return table->stride == sizeof(struct flow4) ? flow_in_chain(table, index, lookup, 4) :
						       flow_in_chain(table, index, lookup, 6);
}

static uint64_t hash_lookup(const struct flow_table *table, const struct flow_hash_key *key,
			    const struct flow_lookup *lookup)
{
	return table->stride == sizeof(struct flow4) ? flow_hash4(key, &lookup->key.v4) :
						       flow_hash6(key, &lookup->key.v6);
}

struct flow *flow_find(struct flow_table *table, const struct flow_lookup *lookup)
{
	/* hashed anew: the key may have changed since the lookup was prepared */
	struct flow *flow = find_in_chain(table, hash_lookup(table, &table->key, lookup), lookup);

	if (flow == NULL && table->rekey_at != FLOW_NONE) {
		flow = find_in_chain(table, hash_lookup(table, &table->old_key, lookup), lookup);
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

/* A port as it stands in the key, in host order. */
static uint16_t port_of(uint64_t word)
{
	uint16_t wire = (uint16_t)word;
	uint8_t bytes[2];

	memcpy(bytes, &wire, 2);
	return load_be16(bytes);
}

static uint8_t protocol_of(const struct flow_table *table, const struct flow_lookup *lookup)
{
	bool is_ipv4 = table->stride == sizeof(struct flow4);
	uint64_t rest = is_ipv4 ? lookup->key.v4.low : lookup->key.v6.rest;

	switch (rest >> FLOW_KIND_SHIFT) {
	case FLOW_TCP:
		return PROTOCOL_TCP;
	case FLOW_UDP:
		return PROTOCOL_UDP;
	default:
		return (uint8_t)port_of(is_ipv4 ? rest >> 32 : rest);
	}
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
	flow->protocol = protocol_of(table, lookup);
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

static void put_address4(uint8_t *at, uint64_t word)
{
	uint32_t address = (uint32_t)word;

	memcpy(at, &address, 4);
}

static uint16_t vlan_of(uint64_t tag)
{
	return (uint16_t)((tag & 0x1fff) - 1);
}

void flow_tuple(const struct flow_table *table, const struct flow *flow, struct event_tuple *tuple)
{
	bool turned = (flow->flags & FLOW_ORIGINATOR_HIGH) != 0;
	uint8_t *low = turned ? tuple->destination : tuple->source;
	uint8_t *high = turned ? tuple->source : tuple->destination;
	uint64_t rest; /* as in struct flow_key6 */

	memset(tuple, 0, sizeof(*tuple));
	tuple->protocol = flow->protocol;
	if (table->stride == sizeof(struct flow4)) {
		const struct flow_key4 *key = &((const struct flow4 *)(const void *)flow)->key;

		tuple->family = 4;
		put_address4(low, key->low);
		put_address4(high, key->high);
		rest = (key->low >> 48) << 48 | (key->high >> 48) << 32 |
		       (key->high >> 32 & 0xffff) << 16 | (key->low >> 32 & 0xffff);
	} else {
		const struct flow_key6 *key = &((const struct flow6 *)(const void *)flow)->key;

		tuple->family = 6;
		memcpy(low, key->low, 16);
		memcpy(high, key->high, 16);
		rest = key->rest;
	}
	tuple->vlan[0] = vlan_of(rest >> 48);
	tuple->vlan[1] = vlan_of(rest >> 32);
	if (flow->protocol == PROTOCOL_TCP || flow->protocol == PROTOCOL_UDP) {
		tuple->source_port = port_of(turned ? rest >> 16 : rest);
		tuple->destination_port = port_of(turned ? rest : rest >> 16);
	}
}
