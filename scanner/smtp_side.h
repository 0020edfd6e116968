/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one side of an SMTP dialogue sends: its lines, whole and bounded, and the
 * bytes that wait for the other side. A line is read in place where it lies in one
 * piece. Called by smtp.c.
 */
#ifndef SCANNER_SMTP_SIDE_H
#define SCANNER_SMTP_SIDE_H

#include "scanner/pool.h"

/* Kept of a line; what is longer is no command that servers take (Postfix's bound is the same). */
#define SMTP_LINE_MAX 2048u
#define SMTP_HELD_MAX 4096u

enum smtp_role {
	SMTP_ROLE_UNKNOWN,
	SMTP_ROLE_CLIENT,
	SMTP_ROLE_SERVER,
	SMTP_ROLE_REQUEST, /* not SMTP: the first line of what may be HTTP, to be looked at */
	SMTP_ROLE_FOREIGN
};

struct smtp_side {
	struct text line; /* of the line whose end is still to come, the beginning */
	struct text held; /* bytes to be read later */
	uint32_t line_length; /* of that line so far; saturates */
	uint32_t seen; /* bytes; saturates */
	uint16_t held_at; /* in the first block of `held` */
	uint8_t last; /* byte of that line */
	uint8_t auth_part; /* of that line: how far it is, if it is AUTH */
	uint8_t role; /* enum smtp_role */
	bool from_start; /* its SYN was seen */
	bool spoke; /* a line of it was read */
	bool secret; /* nothing of that line is kept */
	bool lost; /* nor can be: no block was left */
};

struct smtp_line {
	const uint8_t *bytes; /* at most SMTP_LINE_MAX */
	size_t length; /* without LF and CRs before it */
	size_t used; /* of the input, with its LF */
	bool bare; /* no CR before the LF */
	bool oversize; /* cut */
	bool lost; /* not kept */
	uint8_t buffer[SMTP_LINE_MAX]; /* where a line of several pieces is put together */
};

/* Looks for the end of the current line. True: `line` is it, and nothing has changed:
 * smtp_side_next() goes on behind it. False: all of the input was taken. `length` > 0. */
bool smtp_side_line(struct smtp_side *side, struct pool *pool, const uint8_t *bytes, size_t length,
		    struct smtp_line *line);
void smtp_side_next(struct smtp_side *side, struct pool *pool);

/* How many bytes more can wait. A line that has begun waits, too. */
size_t smtp_side_room(const struct smtp_side *side);
/* Appends to what waits as much as its bound and the pool allow; returns how much. */
size_t smtp_side_hold(struct smtp_side *side, struct pool *pool, const uint8_t *bytes,
		      size_t length);
/* The first piece of it, of which smtp_side_release() takes bytes off. */
const uint8_t *smtp_side_held(const struct smtp_side *side, const struct pool *pool,
			      size_t *length);
void smtp_side_release(struct smtp_side *side, struct pool *pool, size_t length);
/* Copies its first bytes; returns how many. */
size_t smtp_side_peek(const struct smtp_side *side, const struct pool *pool, uint8_t *out,
		      size_t length);

void smtp_side_clear(struct smtp_side *side, struct pool *pool);

#endif
