/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UTF-8 and lower case; see letter.h. Runs in which upper and lower case alternate
 * have step 2, blocks of upper-case letters step 1. Facts from the Unicode Character
 * Database (UnicodeData.txt: simple lower-case mapping, canonical decomposition).
 */
#include "scanner/letter.h"

#include <string.h>

#include "scanner/hash/words.h"

size_t letter_decode(const uint8_t *in, size_t length, uint32_t *letter)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t bytes;
	uint32_t code;

	if (length == 0) {
		return 0;
	}
	if (in[0] < 0x80) {
		*letter = in[0];
		return 1;
	}
	bytes = in[0] >= 0xf0 ? 4 : in[0] >= 0xe0 ? 3 : 2;
	if (in[0] < 0xc2 || in[0] > 0xf4 || bytes > length) {
		return 0;
	}
	code = in[0] & (0x7fu >> bytes);
	for (size_t i = 1; i < bytes; i++) {
		if ((in[i] & 0xc0) != 0x80) {
			return 0;
		}
		code = code << 6 | (in[i] & 0x3f);
	}
	if (code < least[bytes] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
		return 0;
	}
	*letter = code;
	return bytes;
}

size_t letter_encode(uint32_t letter, uint8_t out[static LETTER_UTF8_MAX])
{
	size_t bytes = letter < 0x80 ? 1 : letter < 0x800 ? 2 : letter < 0x10000 ? 3 : 4;

	if (bytes == 1) {
		out[0] = (uint8_t)letter;
		return 1;
	}
	for (size_t i = bytes - 1; i > 0; i--) {
		out[i] = (uint8_t)(0x80 | (letter & 0x3f));
		letter >>= 6;
	}
	out[0] = (uint8_t)((0xf00u >> bytes & 0xff) | letter);
	return bytes;
}

/* Eight bytes at once. A carry out of a byte's lower seven bits says that they are at or above what
 * was added up to 0x80. */
static inline uint64_t lower_word(uint64_t word)
{
	uint64_t low = word & WORDS_EACH(0x7f);
	uint64_t from_a = low + WORDS_EACH(0x80 - 'A'), behind_z = low + WORDS_EACH(0x7f - 'Z');

	return word | ((from_a & ~behind_z & ~word & WORDS_EACH(0x80)) >> 2);
}

/* A word of `size` bytes; returns it as it was. */
static inline uint64_t lower_part(uint8_t *out, const uint8_t *in, size_t size)
{
	uint64_t word = 0, lower;

	memcpy(&word, in, size);
	lower = lower_word(word);
	memcpy(out, &lower, size);
	return word;
}

bool letter_lower_all(uint8_t *restrict out, const uint8_t *restrict in, size_t length)
{
	uint64_t all = 0;

	if (length >= 8) {
		for (size_t at = 0; at < length - 8; at += 8) {
			all |= lower_part(out + at, in + at, 8);
		}
		all |= lower_part(out + length - 8, in + length - 8, 8);
	} else if (length >= 4) {
		all = lower_part(out, in, 4) | lower_part(out + length - 4, in + length - 4, 4);
	} else {
		for (size_t at = 0; at < length; at++) {
			all |= lower_part(out + at, in + at, 1);
		}
	}
	return (all & WORDS_EACH(0x80)) == 0;
}

static const struct {
	uint16_t first, last;
	uint8_t step, add;
} upper[] = {
	{ 0x00c0, 0x00d6, 1, 32 }, { 0x00d8, 0x00de, 1, 32 }, /* Latin-1 */
	{ 0x0100, 0x012e, 2, 1 },  { 0x0134, 0x0136, 2, 1 }, /* Latin Extended-A */
	{ 0x0139, 0x013d, 2, 1 },  { 0x0141, 0x0147, 2, 1 },
	{ 0x014a, 0x0176, 2, 1 },  { 0x0179, 0x017d, 2, 1 },
	{ 0x01a0, 0x01a0, 1, 1 },  { 0x01af, 0x01af, 1, 1 }, /* Vietnamese horns */
	{ 0x01cd, 0x01db, 2, 1 },  { 0x01de, 0x01ee, 2, 1 }, /* Latin Extended-B */
	{ 0x01f8, 0x021e, 2, 1 },  { 0x0226, 0x0232, 2, 1 },
	{ 0x0386, 0x0386, 1, 38 }, { 0x0388, 0x038a, 1, 37 }, /* Greek */
	{ 0x038c, 0x038c, 1, 64 }, { 0x038e, 0x038f, 1, 63 },
	{ 0x0391, 0x03a1, 1, 32 }, { 0x03a3, 0x03ab, 1, 32 },
	{ 0x0400, 0x040f, 1, 80 }, { 0x0410, 0x042f, 1, 32 }, /* Cyrillic */
	{ 0x0460, 0x0480, 2, 1 },  { 0x048a, 0x04be, 2, 1 },
	{ 0x04c0, 0x04c0, 1, 15 }, { 0x04c1, 0x04cd, 2, 1 },
	{ 0x04d0, 0x052e, 2, 1 },  { 0x0531, 0x0556, 1, 48 }, /* Armenian */
	{ 0x1e00, 0x1e94, 2, 1 },  { 0x1ea0, 0x1efe, 2, 1 }, /* Latin Extended Additional */
};

uint32_t letter_lower(uint32_t letter)
{
	if (letter < 0x80) {
		return letter_lower_ascii((uint8_t)letter);
	}
	if (letter == 0x178) { /* Y with diaeresis: its lower case is in Latin-1 */
		return 0xff;
	}
	for (size_t i = 0; i < sizeof(upper) / sizeof(upper[0]) && upper[i].first <= letter; i++) {
		if (letter <= upper[i].last) {
			return (letter - upper[i].first) % upper[i].step == 0 ?
				       letter + upper[i].add :
				       letter;
		}
	}
	return letter;
}

/* Ranges are kept coarse: what they refuse besides has no business in names of hosts. */
static const struct {
	uint32_t first, last;
} unmapped[] = {
	{ 0x0000, 0x002c },   { 0x002e, 0x002f },   { 0x003a, 0x005e }, /* ASCII but - 0-9 _ a-z */
	{ 0x0060, 0x0060 },   { 0x007b, 0x00b6 },   { 0x00b8, 0x00bf }, /* Latin-1 */
	{ 0x0130, 0x0133 },   { 0x013f, 0x0140 },   { 0x0149, 0x0149 }, /* Latin Extended */
	{ 0x017f, 0x01a0 },   { 0x01a2, 0x01af },   { 0x01b1, 0x01cc },	  { 0x01f1, 0x01f7 },
	{ 0x0220, 0x0225 },   { 0x0234, 0x024f },   { 0x02b0, 0x0385 },	  { 0x0387, 0x0387 },
	{ 0x03cf, 0x03ff }, /* marks, Greek symbols */
	{ 0x0587, 0x0587 },   { 0x0600, 0x0605 },   { 0x061c, 0x061c },	  { 0x0675, 0x0678 },
	{ 0x06dd, 0x06dd },   { 0x070f, 0x070f },   { 0x0890, 0x0891 },	  { 0x08e2, 0x08e2 },
	{ 0x0958, 0x095f }, /* Indic, composed */
	{ 0x09dc, 0x09df },   { 0x0a33, 0x0a33 },   { 0x0a36, 0x0a36 },	  { 0x0a59, 0x0a5b },
	{ 0x0a5e, 0x0a5e },   { 0x0b5c, 0x0b5d },   { 0x0e33, 0x0e33 },	  { 0x0eb3, 0x0eb3 },
	{ 0x0edc, 0x0edd }, /* Thai, Lao */
	{ 0x0f00, 0x0fff },   { 0x10a0, 0x10cf },   { 0x10fc, 0x10fc }, /* Tibetan, Georgian */
	{ 0x1100, 0x11ff },   { 0x13a0, 0x13f5 },   { 0x1680, 0x1680 }, /* Jamo, Cherokee */
	{ 0x180e, 0x180e },   { 0x1c80, 0x1cbf },   { 0x1d2c, 0x1dbf },	  { 0x1e9a, 0x1e9f },
	{ 0x1f00, 0x209f },   { 0x20a8, 0x20a8 }, /* polytonic, spaces */
	{ 0x2100, 0x218f },   { 0x222c, 0x2230 },   { 0x2329, 0x232a }, /* symbols */
	{ 0x2460, 0x24ff },   { 0x2a0c, 0x2a0c },   { 0x2a74, 0x2adc },	  { 0x2c00, 0x2cff },
	{ 0x2d6f, 0x2d6f },   { 0x2e80, 0x3004 }, /* Coptic, radicals */
	{ 0x3036, 0x303a },   { 0x309b, 0x309f },   { 0x30ff, 0x30ff },	  { 0x3130, 0x319f },
	{ 0x3200, 0x33ff },   { 0xa640, 0xa69f },   { 0xa720, 0xa7ff },	  { 0xab30, 0xabbf },
	{ 0xd800, 0xffff }, /* private, full width */
	{ 0x10400, 0x104ff }, { 0x10570, 0x105bf }, { 0x10780, 0x107bf }, { 0x10c80, 0x10cff },
	{ 0x110bd, 0x110cd }, { 0x118a0, 0x118df }, { 0x13430, 0x1343f }, { 0x16e40, 0x16e7f },
	{ 0x1bca0, 0x1bcaf }, { 0x1d100, 0x1d7ff }, { 0x1e900, 0x1e943 }, { 0x1ee00, 0x1eeff },
	{ 0x1f100, 0x1f2ff }, { 0x1fbf0, 0x1fbf9 }, { 0x2f800, 0x2fa1f }, { 0xe0000, 0x10ffff },
};

bool letter_unmapped(uint32_t letter)
{
	size_t low = 0, high = sizeof(unmapped) / sizeof(unmapped[0]);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (letter > unmapped[middle].last) {
			low = middle + 1;
		} else if (letter < unmapped[middle].first) {
			high = middle;
		} else {
			return true;
		}
	}
	return false;
}
