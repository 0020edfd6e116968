/* SPDX-License-Identifier: BSD-2-Clause */
/* The kinds of behaviour_errors.h. */
#include "scanner/behaviour_errors.h"

size_t error_subject(const uint8_t *subject, size_t length, uint8_t out[static ERROR_SUBJECT_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < length && n < ERROR_SUBJECT_MAX; i++) {
		bool digit = subject[i] >= '0' && subject[i] <= '9';

		if (!digit) {
			out[n++] = subject[i];
		} else if (n == 0 || out[n - 1] != '0') {
			out[n++] = '0';
		}
	}
	return n;
}

/* The kind of a Subject. A new one takes the place of the rarest. */
static struct error_kind *find_subject(struct error_mails *mails, uint32_t subject)
{
	struct error_kind *rarest = &mails->subject[0];

	for (unsigned i = 0; i < ERROR_SUBJECTS; i++) {
		struct error_kind *kind = &mails->subject[i];

		if (kind->subject == subject) {
			return kind;
		}
		if (kind->mails < rarest->mails) {
			rarest = kind;
		}
	}
	*rarest = (struct error_kind){ .subject = subject };
	return rarest;
}

static void add_recipient(struct error_kind *kind, uint16_t recipient)
{
	for (unsigned i = 0; i < kind->used; i++) {
		if (kind->recipients[i] == recipient) {
			return;
		}
	}
	if (kind->used <= BEHAVIOUR_ERROR_RECIPIENTS_MAX) {
		kind->recipients[kind->used++] = recipient;
	}
}

static uint32_t add(struct error_kind *kind, uint16_t recipient, uint32_t recipients_max)
{
	add_recipient(kind, recipient);
	kind->mails = (uint16_t)(kind->mails + (kind->mails < UINT16_MAX));
	return kind->used <= recipients_max ? kind->mails : 0;
}

uint32_t error_mails_add(struct error_mails *mails, const struct error_mail *mail,
			 uint32_t recipients_max)
{
	uint32_t count = 0;

	if (mail->automatic) {
		count = add(&mails->automatic, mail->recipient, recipients_max);
	}
	if (mail->subject != 0) {
		uint32_t same =
			add(find_subject(mails, mail->subject), mail->recipient, recipients_max);

		count = same > count ? same : count;
	}
	return count;
}
