/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-1, written from FIPS 180-4 section 6.1.2. Short inputs only (a community id
 * hashes 15 or 39 bytes), so the schedule is kept simple.
 */
#include "scanner/hash/sha1.h"

#include "scanner/hash/words.h"

static uint32_t parity(uint32_t x, uint32_t y, uint32_t z)
{
	return x ^ y ^ z;
}

/* The round function of FIPS 180-4 section 4.1.1 and its constant, for rounds 20 r to 20 r + 19. */
static uint32_t mix(size_t r, uint32_t x, uint32_t y, uint32_t z)
{
	switch (r) {
	case 0:
		return ((x & y) ^ (~x & z)) + 0x5a827999;
	case 1:
		return parity(x, y, z) + 0x6ed9eba1;
	case 2:
		return ((x & y) ^ (x & z) ^ (y & z)) + 0x8f1bbcdc;
	default:
		return parity(x, y, z) + 0xca62c1d6;
	}
}

static void compress(uint32_t state[static 5], const uint8_t *block)
{
	uint32_t w[80];
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];

	for (size_t t = 0; t < 16; t++) {
		w[t] = load_be32(block + 4 * t);
	}
	for (size_t t = 16; t < 80; t++) {
		w[t] = rotate_left32(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	}
	for (size_t t = 0; t < 80; t++) {
		uint32_t sum = rotate_left32(a, 5) + mix(t / 20, b, c, d) + e + w[t];

		e = d;
		d = c;
		c = rotate_left32(b, 30);
		b = a;
		a = sum;
	}
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
