/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SipHash-2-4, the keyed hash of the signature set (Aumasson and Bernstein,
 * "SipHash: a fast short-input PRF", and the 128-bit variant of the authors'
 * reference code). Any core may call; no state.
 */
#ifndef SCANNER_HASH_SIPHASH_H
#define SCANNER_HASH_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* The 16 key bytes as two little-endian words. */
struct siphash_key {
	uint64_t word[2];
};

/* The 128-bit hash as two words; its bytes are word[0], word[1], each little-endian. */
struct siphash_128 {
	uint64_t word[2];
};

struct siphash_key siphash_key(const uint8_t bytes[16]);

uint64_t siphash(const struct siphash_key *key, const void *in, size_t length);
struct siphash_128 siphash_128(const struct siphash_key *key, const void *in, size_t length);

/* The 128-bit hash of `in` followed by the one byte `suffix`, without copying. */
struct siphash_128 siphash_128_suffix(const struct siphash_key *key, const void *in, size_t length,
				      uint8_t suffix);

#endif
