/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is kept of a message's fields and names for the event and for behaviour: one
 * text, mail.values, of records: kind (one byte, from ATTRIBUTE_MAIL_FROM on), length
 * (two bytes), the value unfolded. Encoded words are decoded only when the values are
 * asked for. Internal to mail.c; data core only.
 */
#ifndef SCANNER_MAIL_VALUE_H
#define SCANNER_MAIL_VALUE_H

#include "scanner/mail.h"

/* A field's value in place: folded, white space at both ends cut. */
struct mail_value {
	const uint8_t *at;
	size_t length;
	bool cut; /* its end is missing */
};

/* Without white space at both ends. */
struct mail_value mail_value_trimmed(struct mail_value value);

/* What finds no room is counted in mail.truncated; an empty value is not kept. */
void mail_value_keep(struct mail *mail, struct inspection *inspection,
		     enum event_attribute_kind kind, struct mail_value value);
/* Each of the addresses in a list for itself. */
void mail_value_keep_addresses(struct mail *mail, struct inspection *inspection,
			       enum event_attribute_kind kind, struct mail_value value);

/* One more value found no room. */
static inline void mail_value_truncated(struct mail *mail)
{
	mail->truncated = (uint8_t)(mail->truncated + (mail->truncated < UINT8_MAX));
}

#endif
