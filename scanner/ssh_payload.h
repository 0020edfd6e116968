/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads an SSH message that was kept in pool blocks as the data types of RFC 4251
 * section 5. Strings are named by where they stand; nothing is copied until a
 * caller wants the bytes. Data core only; no state of its own. Used by ssh_kex.c
 * and ssh_hostkey.c.
 */
#ifndef SCANNER_SSH_PAYLOAD_H
#define SCANNER_SSH_PAYLOAD_H

#include "scanner/pool.h"

/* A message's bytes behind the one that gives its type. */
struct ssh_payload {
	const struct pool *pool;
	const struct text *text;
};

/* The most that is kept of a payload. */
#define SSH_PAYLOAD_MAX 16384u

/* Bytes of a payload; always within it. */
struct ssh_range {
	uint16_t at;
	uint16_t length;
};

/* Reads the string (uint32 length, bytes) at `*at`, which moves behind it. False, and nothing
 * changed, when it does not end before `end` (≤ the payload's length). */
bool ssh_payload_string(const struct ssh_payload *payload, uint16_t end, uint16_t *at,
			struct ssh_range *string);

/* The bytes at `range->at` that lie together, at most range->length of them: returns how many, sets
 * `*bytes` and moves `range` behind them. 0 once the range is empty. */
uint16_t ssh_payload_piece(const struct ssh_payload *payload, struct ssh_range *range,
			   const uint8_t **bytes);

/* Copies a range whole; `out` has room for it. */
static inline void ssh_payload_copy(const struct ssh_payload *payload, struct ssh_range range,
				    uint8_t *out)
{
	text_copy(payload->pool, payload->text, range.at, out, range.length);
}

#endif
