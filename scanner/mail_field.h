/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Header fields, one call each: of the message's own what is matched and kept, of a
 * MIME part's those that say how to read on. Internal to mail.c; data core only.
 */
#ifndef SCANNER_MAIL_FIELD_H
#define SCANNER_MAIL_FIELD_H

#include "scanner/mail.h"

/* The length of the field name that a line begins with (RFC 5322 section 3.6.8), without the
 * white space that may stand before its colon (section 4.5). 0: no colon stands where it must,
 * within `length` and MAIL_FIELD_NAME_MAX bytes. */
size_t mail_field_name(const uint8_t *line, size_t length);

/* A whole field with its folding and line ends, its name mail.name_length bytes long; `cut`: its
 * end is missing. */
void mail_field_read(struct mail *mail, struct inspection *inspection, const uint8_t *field,
		     size_t length, bool cut);
/* The message's own header block is complete. */
void mail_field_end(const struct mail *mail, struct inspection *inspection);

#endif
