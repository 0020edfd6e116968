/* SPDX-License-Identifier: BSD-2-Clause */
/* The list that becomes a bitmap: see distinct.h. */
#include "scanner/distinct.h"

#include <assert.h>
#include <string.h>

#define BITS_PER_SLOT 16u
#define ONE 256u

static bool set_bit(uint16_t *memory, unsigned slots, uint16_t hash)
{
	unsigned bit = hash & (slots * BITS_PER_SLOT - 1);
	uint16_t mask = (uint16_t)(1u << bit % BITS_PER_SLOT);
	uint16_t *word = &memory[bit / BITS_PER_SLOT];

	if ((*word & mask) != 0) {
		return false;
	}
	*word |= mask;
	return true;
}

static void become_map(struct distinct *distinct, uint16_t *memory, unsigned slots)
{
	uint16_t hashes[DISTINCT_SLOTS_MAX];
	size_t bytes = slots * sizeof(hashes[0]);

	memcpy(hashes, memory, bytes);
	memset(memory, 0, bytes);
	distinct->mapped = true;
	distinct->used = 0;
	for (unsigned i = 0; i < slots; i++) {
		distinct->used = (uint16_t)(distinct->used + set_bit(memory, slots, hashes[i]));
	}
}

static bool add_listed(struct distinct *distinct, uint16_t *memory, uint16_t hash)
{
	for (unsigned i = 0; i < distinct->used; i++) {
		if (memory[i] == hash) {
			return false;
		}
	}
	memory[distinct->used++] = hash;
	distinct->count_256 += ONE;
	return true;
}

bool distinct_add(struct distinct *distinct, uint16_t *memory, unsigned slots, uint64_t hash)
{
	unsigned bits = slots * BITS_PER_SLOT;

	assert(slots <= DISTINCT_SLOTS_MAX);
	if (!distinct->mapped) {
		if (distinct->used < slots) {
			return add_listed(distinct, memory, (uint16_t)hash);
		}
		for (unsigned i = 0; i < slots; i++) {
			if (memory[i] == (uint16_t)hash) {
				return false;
			}
		}
		become_map(distinct, memory, slots);
	}
	if (!set_bit(memory, slots, (uint16_t)hash)) {
		return false;
	}
	distinct->count_256 += bits * ONE / (bits - distinct->used);
	distinct->used++;
	return true;
}
