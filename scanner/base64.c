/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * base64.h: groups of four letters as many at once as scan.h can while nothing stands
 * between them, letter by letter otherwise. What is only counted is counted a vector
 * at a time. Here are the groups of processors without a body of their own, too.
 */
#include "scanner/base64.h"

#include "scanner/scan_body.h"

#define NO 0x80u

/* The value of each letter of the alphabet. */
static const uint8_t values[256] = {
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62,
	NO, NO, NO, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO, NO, 0,
	1,  2,	3,  4,	5,  6,	7,  8,	9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
	23, 24, 25, NO, NO, NO, NO, NO, NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38,
	39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
};

#undef NO
#define NOT_A_LETTER 0x80u

/* A '=' counts from where a group may end: behind its second letter. */
static void take_pad(struct base64 *state)
{
	if (state->letters >= 2) {
		state->pads++;
		state->ended = state->letters + state->pads >= 4;
	}
}

/* One byte of any kind. Returns how many bytes of `out` it completed: 0 or 1. */
static size_t take(struct base64 *state, uint8_t byte, uint8_t *out)
{
	uint8_t value = values[byte];

	if (byte == '=') {
		take_pad(state);
		return 0;
	}
	if (value == NOT_A_LETTER) {
		return 0;
	}
	state->pads = 0;
	state->bits = state->bits << 6 | value;
	state->letters = (state->letters + 1) & 3;
	switch (state->letters) {
	case 1:
		return 0;
	case 2:
		*out = (uint8_t)(state->bits >> 4);
		return 1;
	case 3:
		*out = (uint8_t)(state->bits >> 2);
		return 1;
	default:
		*out = (uint8_t)state->bits;
		return 1;
	}
}

size_t base64_groups(const uint8_t *bytes, size_t length, uint8_t *out)
{
	size_t i = 0;

	for (; i + 4 <= length; i += 4, out += 3) {
		uint32_t a = values[bytes[i]], b = values[bytes[i + 1]];
		uint32_t c = values[bytes[i + 2]], d = values[bytes[i + 3]];

		if (((a | b | c | d) & NOT_A_LETTER) != 0) {
			break;
		}
		out[0] = (uint8_t)(a << 2 | b >> 4);
		out[1] = (uint8_t)(b << 4 | c >> 2);
		out[2] = (uint8_t)(c << 6 | d);
	}
	return i;
}

size_t base64_decode(struct base64 *state, const uint8_t *in, size_t length, uint8_t *out)
{
	const uint8_t *end = in + length;
	uint8_t *start = out;

	while (in != end && !state->ended) {
		if (state->letters == 0) {
			size_t letters = scan_base64_groups(in, (size_t)(end - in), out);

			in += letters;
			out += letters / 4 * 3;
		}
		const uint8_t *between = in;

		/* a line's end, most often */
		while (in != end && values[*in] == NOT_A_LETTER && *in != '=') {
			in++;
		}
		if (in == between && in != end) {
			out += take(state, *in++, out);
		}
	}
	return (size_t)(out - start);
}

/* How many bytes a group of so many letters has given. */
static uint64_t bytes_of(uint64_t letters)
{
	return letters / 4 * 3 + (letters % 4 >= 2 ? letters % 4 - 1 : 0);
}

uint64_t base64_skip(struct base64 *state, const uint8_t *in, size_t length)
{
	const uint8_t *end = in + length;
	uint64_t decoded = 0;

	while (in != end && !state->ended) {
		size_t letters = 0;

		in += scan_base64(in, (size_t)(end - in), &letters);
		decoded += bytes_of(state->letters + letters) - bytes_of(state->letters);
		state->letters = (uint8_t)((state->letters + letters) & 3);
		if (letters != 0) {
			state->pads = 0;
		}
		if (in != end) {
			in++;
			take_pad(state);
		}
	}
	return decoded;
}
