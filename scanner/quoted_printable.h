/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Quoted-printable (RFC 2045 section 6.7), decoded as mail programs do: "=" before a
 * line's end joins the lines, "=HH" is a byte, "==" is "="; any other "=" stands for
 * itself. The same at any split. The state belongs to the caller; any core may call.
 */
#ifndef SCANNER_QUOTED_PRINTABLE_H
#define SCANNER_QUOTED_PRINTABLE_H

#include <stddef.h>
#include <stdint.h>

struct quoted_printable {
	uint8_t state;
	uint8_t digit; /* the first of two, as sent */
};

/* Decoding `length` bytes writes at most so many. */
#define QUOTED_PRINTABLE_DECODED_MAX(length) ((length) + 2)

/* Decodes all of `in`; returns how many bytes were written. All zero is the first state. */
size_t quoted_printable_decode(struct quoted_printable *state, const uint8_t *in, size_t length,
			       uint8_t *out);
/* The data has ended: writes up to 2 bytes that were waiting for more. */
size_t quoted_printable_end(struct quoted_printable *state, uint8_t *out);

/* Value of a hexadecimal digit of either case, or 0xff. */
static inline uint8_t quoted_printable_digit(uint8_t byte)
{
	uint8_t letter = (uint8_t)((byte | 0x20) - 'a');

	return (uint8_t)(byte - '0') < 10 ? (uint8_t)(byte - '0') :
	       letter < 6		  ? (uint8_t)(letter + 10) :
					    0xff;
}

#endif
