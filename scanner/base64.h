/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Base64 as mail has it (RFC 2045 section 6.8), decoded as mail programs do: bytes that
 * are not of its alphabet are passed over wherever they stand; padding that completes a
 * group ends the data, whatever follows; a group that is cut gives the bytes it holds.
 * The same at any split. The state belongs to the caller; any core may call.
 */
#ifndef SCANNER_BASE64_H
#define SCANNER_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct base64 {
	uint32_t bits; /* of the group at hand: 6 a letter */
	uint8_t letters; /* 0 to 3 of them */
	uint8_t pads; /* since the last letter */
	bool ended; /* by its padding */
};

/* Room for decoding `length` bytes; behind the decoded ones some of it may be written, too. */
#define BASE64_DECODED_MAX(length) ((length) / 4 * 3 + 16)

/* Decodes all of `in`; returns how many bytes were written. All zero is the first state. */
size_t base64_decode(struct base64 *state, const uint8_t *in, size_t length, uint8_t *out);
/* The number of bytes that base64_decode() would write, for a fraction of the work. */
uint64_t base64_skip(struct base64 *state, const uint8_t *in, size_t length);

#endif
