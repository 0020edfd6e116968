/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What smtp_dialogue.c has read, as values: matched against the signatures, told to
 * behaviour.h, kept for the event. Internal to smtp.c.
 */
#ifndef SCANNER_SMTP_MATCH_H
#define SCANNER_SMTP_MATCH_H

#include "scanner/smtp.h"

/* Each as soon as it is sure; `certain` and the client are known. */
/* `line`: the last one of the greeting, or NULL when it went by before it was certain. */
void smtp_match_banner(const struct smtp *smtp, struct inspection *inspection, const uint8_t *line,
		       size_t length);
void smtp_match_helo(struct smtp *smtp, struct inspection *inspection);
void smtp_match_mechanism(const struct smtp *smtp, struct inspection *inspection);
void smtp_match_sender(struct smtp *smtp, struct inspection *inspection, const uint8_t *path,
		       size_t length);
void smtp_match_recipient(const struct smtp *smtp, struct inspection *inspection,
			  const uint8_t *path, size_t length);
/* Notes a shape of the transaction, and matches it when it is new. */
void smtp_match_shape(struct smtp *smtp, struct inspection *inspection, enum shape shape);

/* The message ended: what behaviour.h is to know of it. */
void smtp_match_message(const struct smtp *smtp, struct inspection *inspection);

/* Keeps the server's greeting or, when `name`, what the client calls itself; true when that is
 * another than was kept before. */
bool smtp_keep_greeting(struct smtp *smtp, struct pool *pool, bool name, const uint8_t *bytes,
			size_t length);

static inline enum direction smtp_from_client(const struct smtp *smtp)
{
	return (enum direction)smtp->client;
}

static inline enum direction smtp_from_server(const struct smtp *smtp)
{
	return smtp->client == TO_RESPONDER ? TO_ORIGINATOR : TO_RESPONDER;
}

#endif
