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

static size_t line_feed(const uint8_t *bytes, size_t length)
{
	if (length < VECTOR) {
		return scan_portable.line_feed(bytes, length);
	}
	for (size_t i = 0;; i += VECTOR) {
		i = i < length - VECTOR ? i : length - VECTOR;
		unsigned found = equal(bytes + i, '\n');

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

const struct scan_body scan_baseline = { line_feed, behind_line_end };

const struct scan_body *scan_best(bool cpu_has_avx2)
{
	return cpu_has_avx2 ? &scan_avx2 : &scan_baseline;
}
