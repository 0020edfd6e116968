/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UTF-8 and lower case, as far as canonical forms need them, and kinds of bytes. Any
 * core may call; no state.
 */
#ifndef SCANNER_LETTER_H
#define SCANNER_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LETTER_UTF8_MAX 4

/* Decodes one character. Returns its bytes, or 0 when `in` does not begin with well-formed UTF-8
 * (RFC 3629: no overlong forms, surrogates, nothing above U+10FFFF). */
size_t letter_decode(const uint8_t *in, size_t length, uint32_t *letter);
/* Encodes a character that letter_decode() could have returned. Returns its bytes. */
size_t letter_encode(uint32_t letter, uint8_t out[static LETTER_UTF8_MAX]);

/* A space or a tab. */
static inline bool letter_is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

/* The same, or of a line's end. */
static inline bool letter_is_space(uint8_t byte)
{
	return letter_is_blank(byte) || byte == '\r' || byte == '\n';
}

static inline bool letter_is_digit(uint8_t byte)
{
	return (uint8_t)(byte - '0') < 10;
}

/* A hexadecimal digit of either case. */
static inline bool letter_is_hex(uint8_t byte)
{
	return letter_is_digit(byte) || (uint8_t)((byte | 0x20) - 'a') < 6;
}

static inline uint8_t letter_lower_ascii(uint8_t byte)
{
	return (uint8_t)(byte - 'A') < 26 ? (uint8_t)(byte | 0x20) : byte;
}

/* Copies `in` with ASCII's upper-case letters in lower case; true when all of it is ASCII. */
bool letter_lower_all(uint8_t *restrict out, const uint8_t *restrict in, size_t length);

/* Lower case of ASCII and of the common Latin, Greek, Cyrillic and Armenian letters; others are
 * returned as they are. Takes as many bytes of UTF-8 as the letter itself. */
uint32_t letter_lower(uint32_t letter);

/* True when a lower-case letter cannot stand in a domain name as it is: it has another written
 * form (upper case that letter_lower() does not know, compatibility and combining characters)
 * or none at all (controls, spaces, invisible, private and unassigned planes). */
bool letter_unmapped(uint32_t letter);

#endif
