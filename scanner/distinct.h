/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many different values there were, in a few bytes: as long as there is room
 * their 16-bit hashes are listed, then the same memory becomes a bitmap of 16 times
 * as many bits. Every value that sets a new bit then counts as many as it probably
 * stands for, bits / clear bits, which makes the count unbiased (Ting, "Streamed
 * Approximate Counting of Distinct Elements", KDD 2014, section 4).
 *
 * `slots` u16s, a power of two from 8 to 64. Up to `slots` values the count is exact, but for
 * hashes that meet (two of 64 in one case of 32). Standard error from there to 16 × slots, and to
 * 40 × slots, of 8 slots: 8 %, 11 %; 16: 6 %, 8 %; 32: 4 %, 6 %; 64: 3 %, 4 %. It stops counting
 * at 85 × slots or beyond.
 * Data core only.
 */
#ifndef SCANNER_DISTINCT_H
#define SCANNER_DISTINCT_H

#include <stdbool.h>
#include <stdint.h>

#define DISTINCT_SLOTS_MAX 64u

/* All zero is empty. */
struct distinct {
	uint32_t count_256; /* in 1/256 */
	uint16_t used; /* hashes listed, or bits set */
	bool mapped;
};

/* Adds a value by its hash, which must be keyed where values may be chosen to deceive. `memory` is
 * zeroed when `distinct` is; only low bits of the hash are used. True if it was new. */
bool distinct_add(struct distinct *distinct, uint16_t *memory, unsigned slots, uint64_t hash);

static inline uint32_t distinct_count(const struct distinct *distinct)
{
	return (distinct->count_256 + 128) / 256;
}

#endif
