/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of login_failures.h: sets of eight pairs, the oldest of a full set makes room. */
#include "scanner/login_failures.h"

#include <assert.h>
#include <string.h>

#include "scanner/hash/siphash.h"

#define WAYS 8u

struct entry {
	struct login_pair pair; /* family 0: free */
	bool reported;
	uint32_t count;
	struct timestamp begin; /* of the window */
	struct timestamp last;
};

struct login_failures {
	struct siphash_key key;
	uint64_t window_ns;
	uint32_t threshold;
	uint32_t set_mask;
	struct entry entries[];
};

static_assert(sizeof(struct login_pair) == 33, "a pair is hashed as it lies in memory");

static uint32_t sets_for(uint32_t pairs)
{
	uint32_t sets = 1;

	while (sets < UINT32_MAX / WAYS / 2 && sets * WAYS < pairs) {
		sets *= 2;
	}
	return sets;
}

size_t login_failures_size(uint32_t pairs)
{
	return sizeof(struct login_failures) +
	       (size_t)sets_for(pairs) * WAYS * sizeof(struct entry);
}

struct login_failures *login_failures_init(void *memory, const struct login_failures_config *config)
{
	struct login_failures *table = memory;

	assert(config->pairs != 0 && config->threshold != 0);
	memset(table, 0, login_failures_size(config->pairs));
	table->key = siphash_key(config->key);
	table->window_ns = config->window_s * NS_PER_S;
	table->threshold = config->threshold;
	table->set_mask = sets_for(config->pairs) - 1;
	return table;
}

/* The pair's entry, or the one that it takes over: a free one, else the longest silent. */
static struct entry *find_entry(struct login_failures *table, const struct login_pair *pair)
{
	uint64_t hash = siphash(&table->key, pair, sizeof(*pair));
	struct entry *set = &table->entries[(hash & table->set_mask) * WAYS];
	struct entry *oldest = set;

	for (uint32_t i = 0; i < WAYS; i++) {
		if (memcmp(&set[i].pair, pair, sizeof(*pair)) == 0) {
			return &set[i];
		}
		if (set[i].last.ns < oldest->last.ns) { /* a free entry's time is 0 */
			oldest = &set[i];
		}
	}
	*oldest = (struct entry){ .pair = *pair };
	return oldest;
}

bool login_failures_add(struct login_failures *table, const struct login_pair *pair,
			struct timestamp now, uint32_t failures, uint32_t *count)
{
	struct entry *entry = find_entry(table, pair);

	if (entry->count == 0 ||
	    (now.ns > entry->begin.ns && now.ns - entry->begin.ns > table->window_ns)) {
		entry->count = 0;
		entry->reported = false;
		entry->begin = now;
	}
	entry->last = now;
	entry->count = failures < UINT32_MAX - entry->count ? entry->count + failures : UINT32_MAX;
	if (entry->reported || entry->count < table->threshold) {
		return false;
	}
	entry->reported = true;
	*count = entry->count;
	return true;
}
