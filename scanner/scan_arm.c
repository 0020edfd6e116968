/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The searches of scan.h in NEON, sixteen bytes at a time, which is every AArch64
 * processor's baseline. The last vector ends with the last byte and overlaps the one
 * before, so that nothing outside is read.
 */
#include "scanner/scan_body.h"

#include <arm_neon.h>

#define VECTOR sizeof(uint8x16_t)

static inline uint8x16_t equal(const uint8_t *at, uint8_t byte)
{
	return vceqq_u8(vld1q_u8(at), vdupq_n_u8(byte));
}

/* Four bits for each byte of a mask. */
static inline uint64_t bits(uint8x16_t mask)
{
	return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(mask), 4)), 0);
}

static inline size_t first(uint64_t bits)
{
	return (size_t)__builtin_ctzll(bits) / 4;
}

static size_t byte_in(const uint8_t *bytes, size_t length, uint8_t byte)
{
	if (length < VECTOR) {
		return scan_portable.byte(bytes, length, byte);
	}
	for (size_t i = 0;; i += VECTOR) {
		i = i < length - VECTOR ? i : length - VECTOR;
		uint64_t found = bits(equal(bytes + i, byte));

		if (found != 0) {
			return i + first(found);
		}
		if (i == length - VECTOR) {
			return length;
		}
	}
}

static inline uint8x16_t line_ends(const uint8_t *at)
{
	return vorrq_u8(vorrq_u8(equal(at, '\n'), equal(at, '\r')), equal(at, '\0'));
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
		uint64_t found = bits(equal(bytes + i, byte));

		if (found != 0 && (found &= bits(line_ends(bytes + i - 1))) != 0) {
			return i + first(found);
		}
		if (i == length - VECTOR) {
			return length;
		}
	}
}

/* Ones where the bytes are of base64's alphabet; '/' stands before '0'. */
static inline uint8x16_t letter_ones(uint8x16_t v)
{
	uint8x16_t lower = vorrq_u8(v, vdupq_n_u8(0x20));
	uint8x16_t alpha = vcltq_u8(vsubq_u8(lower, vdupq_n_u8('a')), vdupq_n_u8(26));
	uint8x16_t digit = vcltq_u8(vsubq_u8(v, vdupq_n_u8('/')), vdupq_n_u8(11));
	uint8x16_t plus = vceqq_u8(v, vdupq_n_u8('+'));

	return vandq_u8(vorrq_u8(vorrq_u8(alpha, digit), plus), vdupq_n_u8(1));
}

static size_t base64(const uint8_t *bytes, size_t length, size_t *letters)
{
	size_t i = 0;

	for (; i + VECTOR <= length && bits(equal(bytes + i, '=')) == 0; i += VECTOR) {
		*letters += vaddvq_u8(letter_ones(vld1q_u8(bytes + i)));
	}
	return i + scan_portable.base64(bytes + i, length - i, letters);
}

static uint64_t sum(const uint8_t *bytes, size_t length)
{
	uint64x2_t one = vdupq_n_u64(0), other = vdupq_n_u64(0);

	for (size_t i = 0; i < length; i += 2 * VECTOR) {
		one = vpadalq_u32(one, vreinterpretq_u32_u8(vld1q_u8(bytes + i)));
		other = vpadalq_u32(other, vreinterpretq_u32_u8(vld1q_u8(bytes + i + VECTOR)));
	}
	return vaddvq_u64(vaddq_u64(one, other));
}

const struct scan_body scan_baseline = { byte_in, behind_line_end, base64, base64_groups, sum };

const struct scan_body *scan_best(bool cpu_has_avx2)
{
	(void)cpu_has_avx2; /* no other processor has it */
	return &scan_baseline;
}
