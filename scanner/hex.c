/* SPDX-License-Identifier: BSD-2-Clause */
/* Digits of hex.h, eight at a time. */
#include "scanner/hex.h"

#include "scanner/hash/words.h"

/* Four bytes, each of its digits in a byte of its own. */
static void write_word(uint8_t *out, const uint8_t *bytes)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t word = load_le32(bytes);

	word = (word | word << 16) & 0x0000ffff0000ffffu;
	word = (word | word << 8) & 0x00ff00ff00ff00ffu;
	word = (word >> 4 & 0x000f000f000f000fu) | (word & 0x000f000f000f000fu) << 8;
	/* above nine: one more in the upper half of the byte after adding six */
	uint64_t letters = (word + 6 * ones) >> 4 & ones;

	store_le64(out, word + '0' * ones + letters * ('a' - '9' - 1));
}

void hex_write(uint8_t *out, const uint8_t *bytes, size_t count)
{
	static const uint8_t digits[] = "0123456789abcdef";
	size_t i = 0;

	for (; i + 4 <= count; i += 4) {
		write_word(out + 2 * i, bytes + i);
	}
	for (; i < count; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
}
