/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One mail message (RFC 5322, RFC 2045–2049, RFC 2231) as smtp.c hands it over: the
 * header block, then the MIME parts. Matches smtp.header.NAME, smtp.header.order,
 * smtp.boundary.shape, smtp.attachment.* and the shapes that headers show (php-*),
 * writes one `fileinfo` event a named or attached part, and describes itself for the
 * `smtp` event. The message itself is never kept: header fields of interest and
 * names in bounded texts, of bodies only a running hash.
 *
 * The same results at any split of the bytes. Data core only.
 */
#ifndef SCANNER_MAIL_H
#define SCANNER_MAIL_H

#include "scanner/canonical.h"
#include "scanner/inspect.h"

struct mail;

/* What behaviour.h wants to know of a message. */
struct mail_facts {
	bool list; /* List-Id, List-Unsubscribe, or Precedence: list or bulk */
	bool auto_submitted; /* Auto-Submitted other than no, or multipart/report */
	size_t subject_length; /* 0: none, or it has no canonical form */
	uint8_t subject[CANONICAL_MAX]; /* the canonical value of Subject, without its name */
};

/* A new message, sent in direction `sender`. What an earlier one kept must have been released. */
void mail_begin(struct mail *mail, const struct inspection *inspection, enum direction sender);
/* The next bytes of the message, in any pieces, stuffed dots removed; CRLF as sent. */
void mail_feed(struct mail *mail, struct inspection *inspection, const uint8_t *bytes,
	       size_t length);
/* No more bytes come; `complete`: because the message ended. Matches and reports what is left. */
void mail_end(struct mail *mail, struct inspection *inspection, bool complete);
/* Whenever the header block is complete, until mail_release(). */
void mail_facts(const struct mail *mail, const struct inspection *inspection,
		struct mail_facts *facts);
/* Attributes ATTRIBUTE_MAIL_… of what is known so far. */
void mail_describe(const struct mail *mail, const struct inspection *inspection,
		   struct event *event);
/* Gives all blocks back; allowed at any time after mail_begin(), also twice. */
void mail_release(struct mail *mail, struct pool *pool);

#endif
