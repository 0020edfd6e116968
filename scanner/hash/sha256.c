/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256 in portable C, written from FIPS 180-4 section 6.2.2, and the choice
 * between this body and the processor's own instructions; see sha256.h.
 */
#include "scanner/hash/sha256.h"

#include "scanner/hash/sha256_constants.h"
#include "scanner/hash/words.h"

const uint32_t sha256_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static uint32_t big_sigma0(uint32_t x)
{
	return rotate_right32(x, 2) ^ rotate_right32(x, 13) ^ rotate_right32(x, 22);
}

static uint32_t big_sigma1(uint32_t x)
{
	return rotate_right32(x, 6) ^ rotate_right32(x, 11) ^ rotate_right32(x, 25);
}

static uint32_t small_sigma0(uint32_t x)
{
	return rotate_right32(x, 7) ^ rotate_right32(x, 18) ^ x >> 3;
}

static uint32_t small_sigma1(uint32_t x)
{
	return rotate_right32(x, 17) ^ rotate_right32(x, 19) ^ x >> 10;
}

/* One round; the caller renames the words instead of moving them. */
#define ROUND(a, b, c, d, e, f, g, h, i)                                                     \
	do {                                                                                 \
		h += big_sigma1(e) + (((f ^ g) & e) ^ g) + sha256_constants[t + (i)] + w[i]; \
		d += h;                                                                      \
		h += big_sigma0(a) + ((a & b) | ((a | b) & c));                              \
	} while (0)

#define EIGHT(i)                                        \
	do {                                            \
		ROUND(a, b, c, d, e, f, g, h, i);       \
		ROUND(h, a, b, c, d, e, f, g, (i) + 1); \
		ROUND(g, h, a, b, c, d, e, f, (i) + 2); \
		ROUND(f, g, h, a, b, c, d, e, (i) + 3); \
		ROUND(e, f, g, h, a, b, c, d, (i) + 4); \
		ROUND(d, e, f, g, h, a, b, c, (i) + 5); \
		ROUND(c, d, e, f, g, h, a, b, (i) + 6); \
		ROUND(b, c, d, e, f, g, h, a, (i) + 7); \
	} while (0)

static void compress(uint32_t state[static 8], const uint8_t *block)
{
	uint32_t w[16];
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

	for (size_t i = 0; i < 16; i++) {
		w[i] = load_be32(block + 4 * i);
	}
	for (size_t t = 0; t < 64; t += 16) {
		for (size_t i = 0; t > 0 && i < 16; i++) {
			w[i] += small_sigma1(w[(i + 14) & 15]) + w[(i + 9) & 15] +
				small_sigma0(w[(i + 1) & 15]);
		}
		EIGHT(0);
		EIGHT(8);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

static void blocks_portable(uint32_t state[static 8], const uint8_t *in, size_t count)
{
	for (; count > 0; count--, in += MERKLE_BLOCK) {
		compress(state, in);
	}
}

static merkle_blocks *blocks = blocks_portable;

void sha256_select(bool cpu_has_sha)
{
	blocks = cpu_has_sha ? sha256_blocks_cpu : blocks_portable;
}

void sha256_init(struct sha256 *hash)
{
	static const uint32_t initial[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	hash->merkle.length = 0;
	memcpy(hash->merkle.state, initial, sizeof(initial));
}

void sha256_update(struct sha256 *hash, const void *in, size_t length)
{
	merkle_update(&hash->merkle, in, length, blocks);
}

void sha256_final(struct sha256 *hash, uint8_t digest[static SHA256_SIZE])
{
	merkle_pad(&hash->merkle, MERKLE_LENGTH_BE, blocks);
	for (size_t i = 0; i < SHA256_SIZE / 4; i++) {
		store_be32(digest + 4 * i, hash->merkle.state[i]);
	}
}
