/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-1, written from FIPS 180-4 section 6.1.2. Every event has a community id, which
 * takes one compression.
 */
#include "scanner/hash/sha1.h"

#include "scanner/hash/words.h"

/* FIPS 180-4 section 4.1.1, with an operation less in choose; both halves of majority never have a
 * bit in common. */
#define CHOOSE(x, y, z) (((y ^ z) & x) ^ z)
#define PARITY(x, y, z) (x ^ y ^ z)
#define MAJORITY(x, y, z) ((x & y) + ((x ^ y) & z))

/* One round; the caller renames the words instead of moving them. */
#define ROUND(f, k, a, b, c, d, e, t)                               \
	do {                                                        \
		e += rotate_left32(a, 5) + f(b, c, d) + (k) + w[t]; \
		b = rotate_left32(b, 30);                           \
	} while (0)

#define TWENTY(f, k, from)                                         \
	do {                                                       \
		for (size_t t = (from); t < (from) + 20; t += 5) { \
			ROUND(f, k, a, b, c, d, e, t);             \
			ROUND(f, k, e, a, b, c, d, t + 1);         \
			ROUND(f, k, d, e, a, b, c, t + 2);         \
			ROUND(f, k, c, d, e, a, b, t + 3);         \
			ROUND(f, k, b, c, d, e, a, t + 4);         \
		}                                                  \
	} while (0)

/* The schedule of section 6.1.2. From its 32nd word on the rule is also put in twice into itself:
 * then a word depends on none of the five before it, and compilers do four at a time. */
static void expand(uint32_t w[static 80])
{
	for (size_t t = 16; t < 32; t++) {
		w[t] = rotate_left32(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	}
	for (size_t t = 32; t < 80; t++) {
		w[t] = rotate_left32(w[t - 6] ^ w[t - 16] ^ w[t - 28] ^ w[t - 32], 2);
	}
}

static void compress(uint32_t state[static 5], const uint8_t *block)
{
	uint32_t w[80];
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];

	for (size_t t = 0; t < 16; t++) {
		w[t] = load_be32(block + 4 * t);
	}
	expand(w);
	TWENTY(CHOOSE, 0x5a827999, 0);
	TWENTY(PARITY, 0x6ed9eba1, 20);
	TWENTY(MAJORITY, 0x8f1bbcdc, 40);
	TWENTY(PARITY, 0xca62c1d6, 60);
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
}

static void blocks(uint32_t state[static 8], const uint8_t *in, size_t count)
{
	for (; count > 0; count--, in += MERKLE_BLOCK) {
		compress(state, in);
	}
}

void sha1_init(struct sha1 *hash)
{
	hash->merkle.length = 0;
	hash->merkle.state[0] = 0x67452301;
	hash->merkle.state[1] = 0xefcdab89;
	hash->merkle.state[2] = 0x98badcfe;
	hash->merkle.state[3] = 0x10325476;
	hash->merkle.state[4] = 0xc3d2e1f0;
}

void sha1_update(struct sha1 *hash, const void *in, size_t length)
{
	merkle_update(&hash->merkle, in, length, blocks);
}

void sha1_final(struct sha1 *hash, uint8_t digest[static SHA1_SIZE])
{
	merkle_pad(&hash->merkle, MERKLE_LENGTH_BE, blocks);
	for (size_t i = 0; i < SHA1_SIZE / 4; i++) {
		store_be32(digest + 4 * i, hash->merkle.state[i]);
	}
}
