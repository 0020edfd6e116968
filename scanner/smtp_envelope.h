/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The envelope of one mail transaction (RFC 5321 section 2.3.1): its sender, and its
 * recipients with the code that each was answered with, as one bounded text.
 * Called by smtp_dialogue.c and smtp_match.c.
 */
#ifndef SCANNER_SMTP_ENVELOPE_H
#define SCANNER_SMTP_ENVELOPE_H

#include "scanner/pool.h"

#define SMTP_ENVELOPE_MAX 8192u /* with 4 bytes a path */
#define SMTP_PATH_MAX 2048u /* no line is longer (smtp_side.h) */

struct smtp_envelope {
	struct text text; /* struct record of smtp_envelope.c and path, each; the sender first */
	uint32_t answered; /* recipients up to here have their code */
	uint32_t accepted; /* recipients, also those left out of the text */
	uint32_t left_out; /* recipients that found no room, and all after them */
	bool has_sender;
};

/* A path in the envelope. */
struct smtp_path {
	uint16_t code; /* 0: not answered yet */
	uint16_t length;
	uint8_t bytes[SMTP_PATH_MAX];
};

void smtp_envelope_sender(struct smtp_envelope *envelope, struct pool *pool, const uint8_t *path,
			  size_t length);
void smtp_envelope_recipient(struct smtp_envelope *envelope, struct pool *pool, const uint8_t *path,
			     size_t length);
/* The reply to the first recipient that has none yet. */
void smtp_envelope_answer(struct smtp_envelope *envelope, struct pool *pool, unsigned code);
/* The path at offset *at, which moves on; false at the end. The first is at 0. */
bool smtp_envelope_next(const struct smtp_envelope *envelope, const struct pool *pool, uint32_t *at,
			struct smtp_path *path);
void smtp_envelope_clear(struct smtp_envelope *envelope, struct pool *pool);

#endif
