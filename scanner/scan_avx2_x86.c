/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The searches of scan.h in AVX2, 64 bytes a step and 32 at the ends. What is shorter
 * than a vector is left to SSE2. Called only on processors that said they have AVX2.
 */
#include "scanner/scan_body.h"

#include <immintrin.h>

#define VECTOR sizeof(__m256i)

static inline __m256i load(const uint8_t *at)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

static inline __m256i equal(const uint8_t *at, uint8_t byte)
{
	return _mm256_cmpeq_epi8(load(at), _mm256_set1_epi8((char)byte));
}

static inline uint32_t bits(__m256i mask)
{
	return (uint32_t)_mm256_movemask_epi8(mask);
}

static inline __m256i equal_in_pair(const uint8_t *at, uint8_t byte)
{
	return _mm256_or_si256(equal(at, byte), equal(at + VECTOR, byte));
}

/* Where to begin the step by single vectors: behind the pairs of vectors without `byte`. */
static inline size_t skip_pairs(const uint8_t *bytes, size_t i, size_t length, uint8_t byte)
{
	while (i + 2 * VECTOR <= length && bits(equal_in_pair(bytes + i, byte)) == 0) {
		i += 2 * VECTOR;
	}
	return i;
}

/* The same, for what is rare in long texts. */
static inline size_t skip_quads(const uint8_t *bytes, size_t i, size_t length, uint8_t byte)
{
	while (i + 4 * VECTOR <= length &&
	       bits(_mm256_or_si256(equal_in_pair(bytes + i, byte),
				    equal_in_pair(bytes + i + 2 * VECTOR, byte))) == 0) {
		i += 4 * VECTOR;
	}
	return skip_pairs(bytes, i, length, byte);
}

static size_t byte_in(const uint8_t *bytes, size_t length, uint8_t byte)
{
	if (length < VECTOR) {
		return scan_baseline.byte(bytes, length, byte);
	}
	for (size_t i = skip_pairs(bytes, 0, length, byte); i < length; i += VECTOR) {
		i = i < length - VECTOR ? i : length - VECTOR;
		uint32_t found = bits(equal(bytes + i, byte));

		if (found != 0) {
			return i + (size_t)__builtin_ctz(found);
		}
	}
	return length;
}

static inline uint32_t line_ends(const uint8_t *at)
{
	return bits(_mm256_or_si256(_mm256_or_si256(equal(at, '\n'), equal(at, '\r')),
				    equal(at, '\0')));
}

static size_t behind_line_end(const uint8_t *bytes, size_t length, uint8_t byte, uint8_t previous)
{
	if (length <= VECTOR) {
		return scan_baseline.behind_line_end(bytes, length, byte, previous);
	}
	if (bytes[0] == byte && scan_ends_line(previous)) {
		return 0;
	}
	for (size_t i = 1; (i = skip_quads(bytes, i, length, byte)) < length; i += VECTOR) {
		i = i < length - VECTOR ? i : length - VECTOR;
		uint32_t found = bits(equal(bytes + i, byte));

		if (found != 0 && (found &= line_ends(bytes + i - 1)) != 0) {
			return i + (size_t)__builtin_ctz(found);
		}
	}
	return length;
}

static inline uint64_t sum_of_lanes(__m256i lanes)
{
	__m128i half =
		_mm_add_epi64(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));

	return (uint64_t)_mm_cvtsi128_si64(_mm_add_epi64(half, _mm_unpackhi_epi64(half, half)));
}

/* Not 0 where a byte is of base64's alphabet, 0x80 where it is '='. The low half of a byte has the
 * high halves with which it is one, and these their own bit: 1 for 2 ("+/"), 2 for 3 (digits), 4 for
 * 4 and 6, 8 for 5 and 7; and 0x80 for 3 once more. Bytes beyond ASCII choose 0. */
static inline __m256i letters_and_pads(const uint8_t *at)
{
	const __m256i by_low = _mm256_setr_epi8(0x0a, 0x0e, 0x0e, 0x0e, 0x0e, 0x0e, 0x0e, 0x0e,
						0x0e, 0x0e, 0x0c, 0x05, 0x04, -0x7c, 0x04, 0x05,
						0x0a, 0x0e, 0x0e, 0x0e, 0x0e, 0x0e, 0x0e, 0x0e,
						0x0e, 0x0e, 0x0c, 0x05, 0x04, -0x7c, 0x04, 0x05);
	const __m256i by_high = _mm256_setr_epi8(0, 0, 1, -0x7e, 4, 8, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0,
						 0, 0, 1, -0x7e, 4, 8, 4, 8, 0, 0, 0, 0, 0, 0, 0,
						 0);
	__m256i v = load(at);
	__m256i high = _mm256_and_si256(_mm256_srli_epi32(v, 4), _mm256_set1_epi8(15));

	return _mm256_and_si256(_mm256_shuffle_epi8(by_low, v), _mm256_shuffle_epi8(by_high, high));
}

/* Counts what is no letter: -1 for each such byte of both vectors, then sums by eights. */
static size_t base64(const uint8_t *bytes, size_t length, size_t *letters)
{
	const __m256i zero = _mm256_setzero_si256();
	__m256i others = zero;
	size_t i = 0;

	for (; i + 2 * VECTOR <= length; i += 2 * VECTOR) {
		__m256i one = letters_and_pads(bytes + i);
		__m256i other = letters_and_pads(bytes + i + VECTOR);

		if (bits(_mm256_or_si256(one, other)) != 0) {
			break;
		}
		__m256i minus = _mm256_add_epi8(_mm256_cmpeq_epi8(one, zero),
						_mm256_cmpeq_epi8(other, zero));

		others = _mm256_add_epi64(others,
					  _mm256_sad_epu8(_mm256_sub_epi8(zero, minus), zero));
	}
	*letters += i - (size_t)sum_of_lanes(others);
	return i + scan_baseline.base64(bytes + i, length - i, letters);
}

/* By the low half of a byte the high halves with which it is no letter, and by the high half its
 * own bit: 1 for 2 ("+/"), 2 for 3 (digits), 4 for 4 and 6, 8 for 5 and 7, 16 for all others. */
static inline __m256i not_letters(__m256i v, __m256i high)
{
	const __m256i by_low = _mm256_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
						0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a,
						0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
						0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a);
	const __m256i by_high = _mm256_setr_epi8(16, 16, 1, 2, 4, 8, 4, 8, 16, 16, 16, 16, 16, 16,
						 16, 16, 16, 16, 1, 2, 4, 8, 4, 8, 16, 16, 16, 16,
						 16, 16, 16, 16);
	__m256i low = _mm256_and_si256(v, _mm256_set1_epi8(15));

	return _mm256_and_si256(_mm256_shuffle_epi8(by_low, low),
				_mm256_shuffle_epi8(by_high, high));
}

/* 32 letters to 32 values of six bits: each range of letters is one addition away from its values;
 * '/' takes the place that high half 1 does not need. */
static inline __m256i values_of(__m256i v, __m256i high)
{
	const __m256i add = _mm256_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0,
					     0, 0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0,
					     0, 0);
	__m256i slash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('/'));

	return _mm256_add_epi8(v, _mm256_shuffle_epi8(add, _mm256_add_epi8(high, slash)));
}

/* 32 values to 24 bytes: pairs to 12 bits, these to 24, and the bytes in order. */
static inline __m256i join(__m256i values)
{
	const __m256i order = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1,
					       -1, 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1,
					       -1, -1);
	__m256i twelve = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
	__m256i whole = _mm256_madd_epi16(twelve, _mm256_set1_epi32(0x00011000));

	return _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(whole, order),
					   _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
}

static size_t groups(const uint8_t *bytes, size_t length, uint8_t *out)
{
	size_t i = 0;

	for (; i + VECTOR <= length; i += VECTOR) {
		__m256i v = load(bytes + i);
		__m256i high = _mm256_and_si256(_mm256_srli_epi32(v, 4), _mm256_set1_epi8(15));
		__m256i bad = not_letters(v, high);

		if (!_mm256_testz_si256(bad, bad)) {
			break;
		}
		_mm256_storeu_si256((__m256i *)(void *)(out + i / 4 * 3), join(values_of(v, high)));
	}
	return i + base64_groups(bytes + i, length - i, out + i / 4 * 3);
}

/* 32-bit words in 64-bit lanes, which no length fills. */
static uint64_t sum(const uint8_t *bytes, size_t length)
{
	__m256i one = _mm256_setzero_si256(), other = one;

	for (size_t i = 0; i < length; i += SCAN_SUM_STEP) {
		const __m128i *at = (const __m128i *)(const void *)(bytes + i);

		one = _mm256_add_epi64(one, _mm256_cvtepu32_epi64(_mm_loadu_si128(at)));
		other = _mm256_add_epi64(other, _mm256_cvtepu32_epi64(_mm_loadu_si128(at + 1)));
		one = _mm256_add_epi64(one, _mm256_cvtepu32_epi64(_mm_loadu_si128(at + 2)));
		other = _mm256_add_epi64(other, _mm256_cvtepu32_epi64(_mm_loadu_si128(at + 3)));
	}
	return sum_of_lanes(_mm256_add_epi64(one, other));
}

const struct scan_body scan_avx2 = { byte_in, behind_line_end, base64, groups, sum };
