/* SPDX-License-Identifier: BSD-2-Clause */
/* Sixteen or eight bytes at a time: see plain.h. */
#include "scanner/plain.h"

#include <string.h>

#include "scanner/hash/words.h"

static bool is_plain(uint8_t byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* Whether sixteen bytes in either of two places are plain; the processor may have one operation for
 * all of a place. */
static inline bool are_plain(const void *one, const void *other)
{
	int8_t __attribute__((vector_size(16))) a, b;
	uint64_t odd[2];

	memcpy(&a, one, sizeof(a));
	memcpy(&b, other, sizeof(b));
	/* as signed numbers, what lies above 0x7f lies below zero */
	a = (a < 0x20) | (a == '"') | (a == '\\') | (a == 0x7f);
	b = (b < 0x20) | (b == '"') | (b == '\\') | (b == 0x7f);
	a |= b;
	memcpy(odd, &a, sizeof(odd));
	return (odd[0] | odd[1]) == 0;
}

/* Up to sixteen bytes, those in the middle perhaps twice. */
static bool is_short_plain(const uint8_t *at, size_t length)
{
	uint8_t both[16];

	if (length >= 8) {
		memcpy(both, at, 8);
		memcpy(both + 8, at + length - 8, 8);
		return are_plain(both, both);
	}
	if (length >= 4) {
		memcpy(both, at, 4);
		memcpy(both + 4, at + length - 4, 4);
		memcpy(both + 8, both, 8);
		return are_plain(both, both);
	}
	for (size_t i = 0; i < length; i++) {
		if (!is_plain(at[i])) {
			return false;
		}
	}
	return true;
}

bool plain_all(const uint8_t *bytes, size_t length)
{
	const uint8_t *at = bytes;
	const uint8_t *end = at + length;

	if (length < 16) {
		return is_short_plain(at, length);
	}
	for (; end - at > 32; at += 32) {
		if (!are_plain(at, at + 16)) {
			return false;
		}
	}
	return are_plain(end - at > 16 ? at : end - 16, end - 16);
}

/* 0x80 for each of eight bytes that is not plain. A carry out of a byte's lower seven bits says
 * that they are at or above what was added up to 0x80. */
static inline uint64_t odd_bytes(uint64_t word)
{
	uint64_t low = word & WORDS_EACH(0x7f);
	uint64_t from_space = low + WORDS_EACH(0x80 - ' '), deleted = low + WORDS_EACH(1);
	uint64_t no_quote = (low ^ WORDS_EACH('"')) + WORDS_EACH(0x7f);
	uint64_t no_backslash = (low ^ WORDS_EACH('\\')) + WORDS_EACH(0x7f);

	return (~(from_space & no_quote & no_backslash) | deleted | word) & WORDS_EACH(0x80);
}

size_t plain_length(const uint8_t *bytes, size_t length)
{
	size_t plain = 0;

	for (; length - plain >= 8; plain += 8) {
		uint64_t odd = odd_bytes(load_le64(bytes + plain));

		if (odd != 0) {
			return plain + (size_t)__builtin_ctzll(odd) / 8;
		}
	}
	while (plain < length && is_plain(bytes[plain])) {
		plain++;
	}
	return plain;
}
