/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MD5, written from RFC 1321 section 3. The four words of the state change places
 * by the order of the arguments, so that no step moves a register.
 */
#include "scanner/hash/md5.h"

#include "scanner/hash/words.h"

/* RFC 1321 section 3.4, with an operation less in F and G. */
#define F(b, c, d) (((c ^ d) & b) ^ d)
#define G(b, c, d) (((b ^ c) & d) ^ c)
#define H(b, c, d) (b ^ c ^ d)
#define I(b, c, d) (c ^ (b | ~d))

/* Keeps the compiler from regrouping the sums around this place; costs no instruction. Added to `a`
 * from memory first, with constant and function in one LEA after it, a step takes x86 eight or nine
 * instructions instead of nine to eleven. */
#define OPAQUE(a) __asm__("" : "+r"(a))

#define STEP(f, a, b, c, d, k, s, t)                    \
	do {                                            \
		a += load_le32(block + 4 * (15 & (k))); \
		OPAQUE(a);                              \
		a += f(b, c, d) + (uint32_t)(t);        \
		a = rotate_left32(a, s) + b;            \
	} while (0)

/* Four steps: word k, then every dk-th; rotations and constants of the four. */
#define FOUR(f, k, dk, s1, s2, s3, s4, t1, t2, t3, t4)       \
	do {                                                 \
		STEP(f, a, b, c, d, k, s1, t1);              \
		STEP(f, d, a, b, c, (k) + (dk), s2, t2);     \
		STEP(f, c, d, a, b, (k) + 2 * (dk), s3, t3); \
		STEP(f, b, c, d, a, (k) + 3 * (dk), s4, t4); \
	} while (0)

static void compress(uint32_t state[static 4], const uint8_t *block)
{
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];

	FOUR(F, 0, 1, 7, 12, 17, 22, 0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee);
	FOUR(F, 4, 1, 7, 12, 17, 22, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501);
	FOUR(F, 8, 1, 7, 12, 17, 22, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be);
	FOUR(F, 12, 1, 7, 12, 17, 22, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821);
	FOUR(G, 1, 5, 5, 9, 14, 20, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa);
	FOUR(G, 5, 5, 5, 9, 14, 20, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8);
	FOUR(G, 9, 5, 5, 9, 14, 20, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed);
	FOUR(G, 13, 5, 5, 9, 14, 20, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a);
	FOUR(H, 5, 3, 4, 11, 16, 23, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c);
	FOUR(H, 1, 3, 4, 11, 16, 23, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70);
	FOUR(H, 13, 3, 4, 11, 16, 23, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05);
	FOUR(H, 9, 3, 4, 11, 16, 23, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665);
	FOUR(I, 0, 7, 6, 10, 15, 21, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039);
	FOUR(I, 12, 7, 6, 10, 15, 21, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1);
	FOUR(I, 8, 7, 6, 10, 15, 21, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1);
	FOUR(I, 4, 7, 6, 10, 15, 21, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391);

	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
}

static void blocks(uint32_t state[static 8], const uint8_t *in, size_t count)
{
	for (; count > 0; count--, in += MERKLE_BLOCK) {
		compress(state, in);
	}
}

void md5_init(struct md5 *hash)
{
	hash->merkle.length = 0;
	hash->merkle.state[0] = 0x67452301;
	hash->merkle.state[1] = 0xefcdab89;
	hash->merkle.state[2] = 0x98badcfe;
	hash->merkle.state[3] = 0x10325476;
}

void md5_update(struct md5 *hash, const void *in, size_t length)
{
	merkle_update(&hash->merkle, in, length, blocks);
}

void md5_final(struct md5 *hash, uint8_t digest[static MD5_SIZE])
{
	merkle_pad(&hash->merkle, MERKLE_LENGTH_LE, blocks);
	for (size_t i = 0; i < MD5_SIZE / 4; i++) {
		store_le32(digest + 4 * i, hash->merkle.state[i]);
	}
}
