/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Placing values in the set's buckets: each has two to choose from, and those that
 * are in the way are moved to their other one (cuckoo hashing with buckets of four,
 * Dietzfelbinger and Weidling 2007: up to 97 % full; here 95 %).
 */
#ifndef TOOLS_SIG_CUCKOO_H
#define TOOLS_SIG_CUCKOO_H

#include <stddef.h>
#include <stdint.h>

#include "scanner/hash/siphash.h"

#define CUCKOO_EMPTY 0xffffffffu

struct cuckoo {
	uint32_t bucket_count;
	uint32_t *slots; /* bucket_count × SET_BUCKET_ENTRIES: a hash's number or CUCKOO_EMPTY */
};

/* Places `count` < 2^31 different hashes, with the same result for the same hashes. Free `slots`
 * with free(). */
struct cuckoo cuckoo_place(const struct siphash_128 *hashes, size_t count);

#endif
