/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256's compression in x86's SHA instructions (Intel SDM: SHA256RNDS2,
 * SHA256MSG1, SHA256MSG2). The state stands in two registers as the instructions
 * want it, {a b e f} and {c d g h}; one step does four rounds and the next four
 * words of the schedule. Called only on processors that said they have them.
 */
#include "scanner/hash/sha256.h"

#include <immintrin.h>

#include "scanner/hash/sha256_constants.h"

#define CPU __attribute__((target("sha,sse4.1")))

struct state {
	__m128i abef, cdgh;
};

CPU static inline __m128i load_block_words(const uint8_t *in)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);

	return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)in), swap);
}

CPU static inline void four_rounds(struct state *s, __m128i words, size_t t)
{
	const __m128i *constants = (const __m128i *)(const void *)(sha256_constants + t);
	__m128i sum = _mm_add_epi32(words, _mm_loadu_si128(constants));

	s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, sum);
	s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(sum, 0x0e));
}

/* Words t to t + 3 from the sixteen before them, w0 the oldest four. */
CPU static inline __m128i next_words(__m128i w0, __m128i w1, __m128i w2, __m128i w3)
{
	__m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));

	return _mm_sha256msg2_epu32(sum, w3);
}

CPU static inline void compress(struct state *s, const uint8_t *block)
{
	const struct state before = *s;
	__m128i w0 = load_block_words(block), w1 = load_block_words(block + 16);
	__m128i w2 = load_block_words(block + 32), w3 = load_block_words(block + 48);

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
	s->abef = _mm_add_epi32(s->abef, before.abef);
	s->cdgh = _mm_add_epi32(s->cdgh, before.cdgh);
}

CPU void sha256_blocks_cpu(uint32_t state[static 8], const uint8_t *blocks, size_t count)
{
	__m128i *words = (__m128i *)(void *)state;
	/* {d c b a} and {h g f e} (highest lane first, as loaded) to {a b e f} and {c d g h} */
	__m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128(words), 0x1b);
	__m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(words + 1), 0x1b);
	struct state s = { _mm_unpackhi_epi64(efgh, abcd), _mm_unpacklo_epi64(efgh, abcd) };

	for (; count > 0; count--, blocks += 64) {
		compress(&s, blocks);
	}
	abcd = _mm_unpackhi_epi64(s.cdgh, s.abef);
	efgh = _mm_unpacklo_epi64(s.cdgh, s.abef);
	_mm_storeu_si128(words, _mm_shuffle_epi32(abcd, 0x1b));
	_mm_storeu_si128(words + 1, _mm_shuffle_epi32(efgh, 0x1b));
}
