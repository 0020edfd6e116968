/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each inside server does over time, in bounded memory: senders, recipients,
 * mail servers and domains it writes to, refusals, unknown users, changing names,
 * replies that speak of block lists, error mails, first mail or SSH of its own.
 * smtp.c and session.c tell it what happened, each call about the flow at hand;
 * thresholds (Kconfig) crossed are `anomaly` events on that flow, once for each server,
 * kind and window: a long flow can bring the same one again, which inspect_anomaly()
 * would not. Servers and peers outside are never charged: every call is a no-op unless
 * the end that acts is inside and completed its handshake, and where
 * inspection->behaviour is NULL. Time is inspection->now.
 *
 * A server that takes mail on port 25, 465 or 587 is a mail host for a while: thresholds of
 * volume (mails, senders, recipients, domains, mail servers) are multiplied for it.
 *
 * Data core only.
 */
#ifndef SCANNER_BEHAVIOUR_H
#define SCANNER_BEHAVIOUR_H

#include "scanner/behaviour_config.h"
#include "scanner/mail.h"

struct behaviour;

/* 0: a value is out of range, or there are no servers to watch. */
size_t behaviour_size(const struct behaviour_config *config);
/* `memory`: behaviour_size() bytes, aligned to 64. */
struct behaviour *behaviour_init(void *memory, const struct behaviour_config *config);

/* A flow was recognised as SSH, and who is the client is known for good: a connection of its own
 * when that is inside. Once a flow. */
void behaviour_ssh(struct inspection *inspection, enum direction client);

/* A query for mail servers (type MX) was sent in direction `sender`. UDP's addresses may be made
 * up: only a server that is known by a connection is charged. */
void behaviour_dns_mx(struct inspection *inspection, enum direction sender);

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
	const struct mail_facts *facts; /* mail.h; not NULL */
};
void behaviour_smtp_message(struct inspection *inspection, enum direction client,
			    const struct behaviour_message *message);

#endif
