/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values to buckets by random walk; see cuckoo.h.
 */
#include "tools/sig/cuckoo.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/set_format.h"
#include "tools/sig/memory.h"

/* Walks at 95 % take some ten moves; one this long says that there are too few buckets. */
#define MOVES_MAX 5000

static bool put(const struct cuckoo *cuckoo, uint32_t bucket, uint32_t number)
{
	uint32_t *slot = cuckoo->slots + (size_t)bucket * SET_BUCKET_ENTRIES;

	for (size_t i = 0; i < SET_BUCKET_ENTRIES; i++) {
		if (slot[i] == CUCKOO_EMPTY) {
			slot[i] = number;
			return true;
		}
	}
	return false;
}

static bool place(const struct cuckoo *cuckoo, const struct siphash_128 *hashes, uint32_t number,
		  uint64_t *random)
{
	uint32_t bucket = set_first_bucket(&hashes[number], cuckoo->bucket_count);

	for (int moves = 0; moves < MOVES_MAX; moves++) {
		uint32_t first = set_first_bucket(&hashes[number], cuckoo->bucket_count);
		uint32_t second = set_second_bucket(&hashes[number], cuckoo->bucket_count);
		uint32_t *victim, evicted;

		if (put(cuckoo, first, number) || put(cuckoo, second, number)) {
			return true;
		}
		bucket = bucket == first ? second : first;
		*random = *random * 6364136223846793005 + 1442695040888963407; /* Knuth's MMIX */
		victim = cuckoo->slots + (size_t)bucket * SET_BUCKET_ENTRIES +
			 (*random >> 62) % SET_BUCKET_ENTRIES;
		evicted = *victim;
		*victim = number;
		number = evicted;
	}
	return false;
}

static bool place_all(const struct cuckoo *cuckoo, const struct siphash_128 *hashes, size_t count)
{
	uint64_t random = 1;

	memset(cuckoo->slots, 0xff,
	       (size_t)cuckoo->bucket_count * SET_BUCKET_ENTRIES * sizeof(*cuckoo->slots));
	for (size_t i = 0; i < count; i++) {
		if (!place(cuckoo, hashes, (uint32_t)i, &random)) {
			return false;
		}
	}
	return true;
}

struct cuckoo cuckoo_place(const struct siphash_128 *hashes, size_t count)
{
	struct cuckoo cuckoo;
	size_t buckets = count * 100 / 95 / SET_BUCKET_ENTRIES + 1;

	for (;; buckets += buckets / 50 + 1) {
		cuckoo.bucket_count = (uint32_t)buckets;
		cuckoo.slots = memory_zeroed(buckets * SET_BUCKET_ENTRIES, sizeof(*cuckoo.slots));
		if (place_all(&cuckoo, hashes, count)) {
			return cuckoo;
		}
		free(cuckoo.slots);
	}
}
