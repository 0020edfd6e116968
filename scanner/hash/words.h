/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words in a given byte order from and to bytes at any address. Compilers make
 * single loads and stores of them where the processor allows it. The _at functions
 * are for addresses known to be multiples of the word's size: one load everywhere,
 * also where unaligned access is forbidden.
 */
#ifndef SCANNER_HASH_WORDS_H
#define SCANNER_HASH_WORDS_H

#include <stdint.h>
#include <string.h>

#define WORDS_LITTLE_ENDIAN (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
/* Eight times the same byte. */
#define WORDS_EACH(byte) (0x0101010101010101u * (uint64_t)(byte))

static inline uint32_t load_le32(const uint8_t *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return WORDS_LITTLE_ENDIAN ? word : __builtin_bswap32(word);
}

static inline uint64_t load_le64(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return WORDS_LITTLE_ENDIAN ? word : __builtin_bswap64(word);
}

static inline uint16_t load_be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t load_be24(const uint8_t *at)
{
	return (uint32_t)at[0] << 16 | (uint32_t)load_be16(at + 1);
}

static inline uint32_t load_be32(const uint8_t *at)
{
	return __builtin_bswap32(load_le32(at));
}

static inline uint32_t load_le32_at(const uint8_t *at)
{
	return load_le32(__builtin_assume_aligned(at, sizeof(uint32_t)));
}

static inline uint64_t load_le64_at(const uint8_t *at)
{
	return load_le64(__builtin_assume_aligned(at, sizeof(uint64_t)));
}

static inline void store_le32(uint8_t *at, uint32_t word)
{
	word = WORDS_LITTLE_ENDIAN ? word : __builtin_bswap32(word);
	memcpy(at, &word, sizeof(word));
}

static inline void store_le64(uint8_t *at, uint64_t word)
{
	word = WORDS_LITTLE_ENDIAN ? word : __builtin_bswap64(word);
	memcpy(at, &word, sizeof(word));
}

static inline void store_be32(uint8_t *at, uint32_t word)
{
	store_le32(at, __builtin_bswap32(word));
}

static inline uint32_t rotate_left32(uint32_t word, unsigned int bits)
{
	return word << bits | word >> (32 - bits);
}

static inline uint32_t rotate_right32(uint32_t word, unsigned int bits)
{
	return word >> bits | word << (32 - bits);
}

static inline uint64_t rotate_left64(uint64_t word, unsigned int bits)
{
	return word << bits | word >> (64 - bits);
}

#endif
