/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Error mails of one server in one window: many mails of one kind to a few people.
 * A kind is what was sent automatically (null sender, Auto-Submitted, a report), or
 * one Subject, whose digits do not count. A list mailing has one Subject, too, but
 * many recipients. behaviour.c asks; data core only.
 */
#ifndef SCANNER_BEHAVIOUR_ERRORS_H
#define SCANNER_BEHAVIOUR_ERRORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scanner/behaviour_config.h"

/* Kinds by Subject that are remembered: the most frequent stay. */
#define ERROR_SUBJECTS 3u

struct error_kind {
	uint32_t subject; /* hash; 0: none, the place is free */
	uint16_t mails; /* saturates */
	uint16_t used; /* recipients listed; more than BEHAVIOUR_ERROR_RECIPIENTS_MAX: many */
	uint16_t recipients[BEHAVIOUR_ERROR_RECIPIENTS_MAX + 1]; /* hashes */
};

/* All zero is empty. */
struct error_mails {
	struct error_kind automatic;
	struct error_kind subject[ERROR_SUBJECTS];
};

struct error_mail {
	bool automatic;
	uint32_t subject; /* hash of error_subject()'s; 0: it has none */
	uint16_t recipient; /* hash */
};

#define ERROR_SUBJECT_MAX 128u

/* A Subject as it is told apart: its beginning, every run of digits as one '0'. Returns the
 * length. */
size_t error_subject(const uint8_t *subject, size_t length, uint8_t out[static ERROR_SUBJECT_MAX]);

/* Adds a mail. Returns how many of its kind there were by now, the larger number if it is of two
 * kinds; 0 for kinds that went to more than `recipients_max` people. */
uint32_t error_mails_add(struct error_mails *mails, const struct error_mail *mail,
			 uint32_t recipients_max);

#endif
