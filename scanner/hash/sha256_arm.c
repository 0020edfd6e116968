/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256's compression in ARMv8's SHA2 instructions (Arm ARM: SHA256H, SHA256H2,
 * SHA256SU0, SHA256SU1). The state stands in two registers, {a b c d} and {e f g h};
 * one step does four rounds and the next four words of the schedule. Called only on
 * processors that said they have them.
 */
#include "scanner/hash/sha256.h"

#include <arm_neon.h>

#include "scanner/hash/sha256_constants.h"

struct state {
	uint32x4_t abcd, efgh;
};

static inline uint32x4_t load_block_words(const uint8_t *in)
{
	return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(in)));
}

static inline void four_rounds(struct state *s, uint32x4_t words, size_t t)
{
	uint32x4_t sum = vaddq_u32(words, vld1q_u32(sha256_constants + t));
	uint32x4_t abcd = s->abcd;

	s->abcd = vsha256hq_u32(abcd, s->efgh, sum);
	s->efgh = vsha256h2q_u32(s->efgh, abcd, sum);
}

/* Words t to t + 3 from the sixteen before them, w0 the oldest four. */
static inline uint32x4_t next_words(uint32x4_t w0, uint32x4_t w1, uint32x4_t w2, uint32x4_t w3)
{
	return vsha256su1q_u32(vsha256su0q_u32(w0, w1), w2, w3);
}

static inline void compress(struct state *s, const uint8_t *block)
{
	const struct state before = *s;
	uint32x4_t w0 = load_block_words(block), w1 = load_block_words(block + 16);
	uint32x4_t w2 = load_block_words(block + 32), w3 = load_block_words(block + 48);

	for (size_t t = 0; t < 48; t += 16) {
		four_rounds(s, w0, t);
		w0 = next_words(w0, w1, w2, w3);
		four_rounds(s, w1, t + 4);
		w1 = next_words(w1, w2, w3, w0);
		four_rounds(s, w2, t + 8);
		w2 = next_words(w2, w3, w0, w1);
		four_rounds(s, w3, t + 12);
		w3 = next_words(w3, w0, w1, w2);
	}
	four_rounds(s, w0, 48);
	four_rounds(s, w1, 52);
	four_rounds(s, w2, 56);
	four_rounds(s, w3, 60);
	s->abcd = vaddq_u32(s->abcd, before.abcd);
	s->efgh = vaddq_u32(s->efgh, before.efgh);
}

void sha256_blocks_cpu(uint32_t state[static 8], const uint8_t *blocks, size_t count)
{
	struct state s = { vld1q_u32(state), vld1q_u32(state + 4) };

	for (; count > 0; count--, blocks += 64) {
		compress(&s, blocks);
	}
	vst1q_u32(state, s.abcd);
	vst1q_u32(state + 4, s.efgh);
}
