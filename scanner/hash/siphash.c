/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SipHash-2-4 with 64 and 128 bits of output, written from the paper; the 128-bit
 * variant differs in three constants and a second finalisation. See siphash.h.
 */
#include "scanner/hash/siphash.h"

#include "scanner/hash/words.h"

struct lanes {
	uint64_t v0, v1, v2, v3;
};

struct siphash_key siphash_key(const uint8_t bytes[16])
{
	return (struct siphash_key){ { load_le64(bytes), load_le64(bytes + 8) } };
}

static inline void sip_round(struct lanes *v)
{
	v->v0 += v->v1;
	v->v1 = rotate_left64(v->v1, 13) ^ v->v0;
	v->v0 = rotate_left64(v->v0, 32);
	v->v2 += v->v3;
	v->v3 = rotate_left64(v->v3, 16) ^ v->v2;
	v->v0 += v->v3;
	v->v3 = rotate_left64(v->v3, 21) ^ v->v0;
	v->v2 += v->v1;
	v->v1 = rotate_left64(v->v1, 17) ^ v->v2;
	v->v2 = rotate_left64(v->v2, 32);
}

/* Written out: compilers leave a loop of two or four rounds a loop, a fifth more instructions. */
static inline void two_rounds(struct lanes *v)
{
	sip_round(v);
	sip_round(v);
}

static inline void compress(struct lanes *v, uint64_t word)
{
	v->v3 ^= word;
	two_rounds(v);
	v->v0 ^= word;
}

static inline struct lanes begin(const struct siphash_key *key)
{
	return (struct lanes){ key->word[0] ^ 0x736f6d6570736575, key->word[1] ^ 0x646f72616e646f6d,
			       key->word[0] ^ 0x6c7967656e657261,
			       key->word[1] ^ 0x7465646279746573 };
}

/* The last `length` < 8 bytes as a little-endian word. */
static inline uint64_t tail(const uint8_t *in, size_t length)
{
	uint64_t word = 0;

	if (length & 4) {
		word = load_le32(in);
		in += 4;
	}
	if (length & 2) {
		word |= ((uint64_t)in[0] | (uint64_t)in[1] << 8) << (length & 4) * 8;
		in += 2;
	}
	if (length & 1) {
		word |= (uint64_t)in[0] << (length & 6) * 8;
	}
	return word;
}

/* Compresses the whole words of `in` and returns the rest. */
static inline uint64_t absorb(struct lanes *v, const uint8_t *in, size_t length)
{
	const uint8_t *end = in + (length & ~(size_t)7);

	for (; in != end; in += 8) {
		compress(v, load_le64(in));
	}
	return tail(in, length & 7);
}

static inline uint64_t finish(struct lanes *v)
{
	two_rounds(v);
	two_rounds(v);
	return v->v0 ^ v->v1 ^ v->v2 ^ v->v3;
}

static inline struct siphash_128 finish_128(struct lanes *v)
{
	struct siphash_128 hash;

	v->v2 ^= 0xee;
	hash.word[0] = finish(v);
	v->v1 ^= 0xdd;
	hash.word[1] = finish(v);
	return hash;
}

uint64_t siphash(const struct siphash_key *key, const void *in, size_t length)
{
	struct lanes v = begin(key);

	compress(&v, absorb(&v, in, length) | (uint64_t)length << 56);
	v.v2 ^= 0xff;
	return finish(&v);
}

struct siphash_128 siphash_128(const struct siphash_key *key, const void *in, size_t length)
{
	struct lanes v = begin(key);

	v.v1 ^= 0xee;
	compress(&v, absorb(&v, in, length) | (uint64_t)length << 56);
	return finish_128(&v);
}

struct siphash_128 siphash_128_suffix(const struct siphash_key *key, const void *in, size_t length,
				      uint8_t suffix)
{
	struct lanes v = begin(key);
	uint64_t last;

	v.v1 ^= 0xee;
	last = absorb(&v, in, length) | (uint64_t)suffix << (length & 7) * 8;
	if ((length & 7) == 7) {
		compress(&v, last);
		last = 0;
	}
	compress(&v, last | (uint64_t)(length + 1) << 56);
	return finish_128(&v);
}
