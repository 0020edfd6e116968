/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A MIME part: what its header fields say, and its body from the first byte to the
 * delimiter (RFC 2046 section 5.1.1): multiparts within each other, messages within
 * messages, attachments. Internal to mail.c; data core only.
 */
#ifndef SCANNER_MAIL_PART_H
#define SCANNER_MAIL_PART_H

#include "scanner/mail_value.h"

/* A header block begins: nothing is known of its part. `in_multipart`: it stands behind one's
 * delimiter. */
void mail_part_begin(struct mail *mail, struct inspection *inspection, bool in_multipart);
void mail_part_read_type(struct mail *mail, struct inspection *inspection, struct mail_value value);
void mail_part_read_disposition(struct mail *mail, struct inspection *inspection,
				struct mail_value value);
void mail_part_read_encoding(struct mail *mail, struct mail_value value);

/* What stands behind a header block. */
enum mail_body {
	MAIL_BODY_READ, /* goes to mail_part_feed() */
	MAIL_BODY_MESSAGE, /* another header block */
	MAIL_BODY_SKIP /* up to the message's end nothing matters */
};
enum mail_body mail_part_body(struct mail *mail, struct inspection *inspection);

/* The next bytes of the body, `length` ≥ 1; how many were taken is in `*taken`. MAIL_BODY_MESSAGE:
 * up to the end of a delimiter, and a part's header block follows. */
enum mail_body mail_part_feed(struct mail *mail, struct inspection *inspection,
			      const uint8_t *bytes, size_t length, size_t *taken);
/* No more bytes come. */
void mail_part_end(struct mail *mail, struct inspection *inspection, bool complete);

/* True when a whole line, with its end, delimits a part. */
bool mail_part_is_delimiter(const struct mail *mail, const uint8_t *line, size_t length);

#endif
