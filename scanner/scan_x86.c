/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The searches of scan.h in SSE2, sixteen bytes at a time. The last vector ends with
 * the last byte and overlaps the one before, so that nothing outside is read.
 */
#include "scanner/scan_body.h"

#include <immintrin.h>

#define VECTOR sizeof(__m128i)

static inline __m128i load(const uint8_t *at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* A bit for each of the bytes from `at` on that equals `byte`. */
static inline unsigned equal(const uint8_t *at, uint8_t byte)
{
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(load(at), _mm_set1_epi8((char)byte)));
}

static size_t byte_in(const uint8_t *bytes, size_t length, uint8_t byte)
{
	if (length < VECTOR) {
		return scan_portable.byte(bytes, length, byte);
	}
	for (size_t i = 0;; i += VECTOR) {
		i = i < length - VECTOR ? i : length - VECTOR;
		unsigned found = equal(bytes + i, byte);

		if (found != 0) {
			return i + (size_t)__builtin_ctz(found);
		}
		if (i == length - VECTOR) {
			return length;
		}
	}
}

static inline unsigned line_ends(const uint8_t *at)
{
	return equal(at, '\n') | equal(at, '\r') | equal(at, '\0');
}

static size_t behind_line_end(const uint8_t *bytes, size_t length, uint8_t byte, uint8_t previous)
{
	if (length <= VECTOR) {
		return scan_portable.behind_line_end(bytes, length, byte, previous);
	}
	if (bytes[0] == byte && scan_ends_line(previous)) {
		return 0;
	}
	for (size_t i = 1;; i += VECTOR) {
		i = i < length - VECTOR ? i : length - VECTOR;
		unsigned found = equal(bytes + i, byte);

		if (found != 0 && (found &= line_ends(bytes + i - 1)) != 0) {
			return i + (size_t)__builtin_ctz(found);
		}
		if (i == length - VECTOR) {
			return length;
		}
	}
}

/* Ones where the bytes are of base64's alphabet. Shifted so that a range ends at 127, it is what
 * compares greater than the number before its first. */
static inline __m128i letter_ones(__m128i v)
{
	__m128i lower = _mm_or_si128(v, _mm_set1_epi8(0x20));
	__m128i alpha = _mm_cmpgt_epi8(_mm_add_epi8(lower, _mm_set1_epi8(127 - 'z')),
				       _mm_set1_epi8(127 - 26));
	/* '/' stands before '0' */
	__m128i digit =
		_mm_cmpgt_epi8(_mm_add_epi8(v, _mm_set1_epi8(127 - '9')), _mm_set1_epi8(127 - 11));
	__m128i plus = _mm_cmpeq_epi8(v, _mm_set1_epi8('+'));

	return _mm_and_si128(_mm_or_si128(_mm_or_si128(alpha, digit), plus), _mm_set1_epi8(1));
}

static size_t base64(const uint8_t *bytes, size_t length, size_t *letters)
{
	__m128i sum = _mm_setzero_si128();
	size_t i = 0;

	for (; i + VECTOR <= length && equal(bytes + i, '=') == 0; i += VECTOR) {
		sum = _mm_add_epi64(sum, _mm_sad_epu8(letter_ones(load(bytes + i)),
						      _mm_setzero_si128()));
	}
	sum = _mm_add_epi64(sum, _mm_unpackhi_epi64(sum, sum));
	*letters += (size_t)_mm_cvtsi128_si64(sum);
	return i + scan_portable.base64(bytes + i, length - i, letters);
}

const struct scan_body scan_baseline = { byte_in, behind_line_end, base64, base64_groups,
					 scan_sum_portable };

const struct scan_body *scan_best(bool cpu_has_avx2)
{
	return cpu_has_avx2 ? &scan_avx2 : &scan_baseline;
}
