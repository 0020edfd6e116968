/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each inside server does over time, in bounded memory: senders, recipients,
 * mail servers and domains it writes to, refusals, unknown users, changing names,
 * replies that speak of block lists, error mails, first mail or SSH of its own.
 * smtp.c and session.c tell it what happened, each call about the flow at hand;
 * thresholds (Kconfig, FACTS of the manual) crossed are `anomaly` events on that flow,
 * once a window. Servers and peers outside are never charged: every call is a no-op
 * unless the end that acts is inside.
 *
 * Data core only.
 */
#ifndef SCANNER_BEHAVIOUR_H
#define SCANNER_BEHAVIOUR_H

#include "scanner/mail.h"

struct behaviour_config {
	uint32_t servers; /* at least so many inside servers can be watched, ≥ 1 */
	uint8_t key[16]; /* entropy, for the choice of places */
	/* thresholds: see scanner/Kconfig; each with its window in seconds */
};

struct behaviour;

size_t behaviour_size(const struct behaviour_config *config); /* 0: a value is out of range */
/* `memory`: behaviour_size() bytes, aligned to 64. */
struct behaviour *behaviour_init(void *memory, const struct behaviour_config *config);

/* A flow was recognised as SSH: a connection of its own when `client` is inside. */
void behaviour_ssh(struct inspection *inspection, enum direction client);

/* A flow was recognised as SMTP. `client`: enum direction of what the client sends; so in all the
 * calls below, once an event each and in this order. */
void behaviour_smtp(struct inspection *inspection, enum direction client);
/* Canonical (canonical.h). */
void behaviour_smtp_helo(struct inspection *inspection, enum direction client, const uint8_t *name,
			 size_t length);
/* Canonical addresses, at the command. */
void behaviour_smtp_mail(struct inspection *inspection, enum direction client,
			 const uint8_t *address, size_t length);
void behaviour_smtp_rcpt(struct inspection *inspection, enum direction client,
			 const uint8_t *address, size_t length);

enum behaviour_command {
	BEHAVIOUR_BANNER, /* the greeting */
	BEHAVIOUR_MAIL,
	BEHAVIOUR_RCPT,
	BEHAVIOUR_DATA, /* DATA, BDAT or the end of the message */
	BEHAVIOUR_OTHER
};

/* A reply: the whole last line with its code, without the line's end, cut after 512 bytes. */
void behaviour_smtp_reply(struct inspection *inspection, enum direction client,
			  enum behaviour_command to, const uint8_t *line, size_t length);

/* A message ended. */
struct behaviour_message {
	bool null_sender; /* MAIL FROM:<> */
	uint32_t recipients; /* accepted */
	const uint8_t *recipient; /* canonical, the first one accepted */
	size_t recipient_length; /* 0: none, or it has no canonical form */
	const struct mail_facts *facts; /* mail.h */
	const uint8_t *sender; /* canonical MAIL FROM */
	size_t sender_length; /* 0: the null sender, or it has no canonical form */
};
void behaviour_smtp_message(struct inspection *inspection, enum direction client,
			    const struct behaviour_message *message);

#endif
