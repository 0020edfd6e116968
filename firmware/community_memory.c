/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of community_memory.h: a tuple counts as known only if all its bytes agree. */
#include "firmware/community_memory.h"

#include <assert.h>
#include <string.h>

#define MIX 0x9e3779b97f4a7c15ull /* 2^64 divided by the golden ratio */
#define PLACE_SHIFT 52 /* 64 − log2(COMMUNITY_PLACES) */

static_assert(COMMUNITY_PLACES == 1u << (64 - PLACE_SHIFT), "an index for every place");
static_assert(sizeof(struct event_tuple) == 42, "no padding, which would not agree");

/* Who floods one place gains nothing: the id is computed anew then. */
static size_t place_of(const struct event_tuple *tuple)
{
	uint64_t word[5];
	uint64_t sum = 0;

	memcpy(word, tuple, sizeof(word)); /* all but the end of an IPv6 address */
	for (unsigned i = 0; i < 5; i++) {
		sum = (sum ^ word[i]) * MIX;
		sum ^= sum >> 32;
	}
	return (size_t)(sum * MIX >> PLACE_SHIFT);
}

const char *community_recall(struct community_memory *memory, const struct event_tuple *tuple)
{
	struct community_place *place = &memory->place[place_of(tuple)];

	if (memcmp(&place->tuple, tuple, sizeof(*tuple)) != 0) {
		place->tuple = *tuple;
		community_id(tuple, place->id);
	}
	return place->id;
}
