/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What parsers tell of flows (behaviour.h), charged to the inside server that did it.
 * behaviour_server.c keeps the servers and counts.
 */
#include "scanner/behaviour.h"

#include <string.h>

#include "scanner/behaviour_reply.h"
#include "scanner/behaviour_server.h"

static enum direction other(enum direction direction)
{
	return direction == TO_RESPONDER ? TO_ORIGINATOR : TO_RESPONDER;
}

/* Who receives what is sent in `direction`. */
static const uint8_t *peer_address(const struct inspection *inspection, enum direction direction)
{
	const struct event_tuple *tuple = &inspection->tuple;

	return direction == TO_RESPONDER ? tuple->destination : tuple->source;
}

static uint16_t peer_port(const struct inspection *inspection, enum direction direction)
{
	const struct event_tuple *tuple = &inspection->tuple;

	return direction == TO_RESPONDER ? tuple->destination_port : tuple->source_port;
}

/* The first time since the start; what is so during the learning time is taken for usual. */
static void first_time(struct inspection *inspection, struct behaviour_server *server,
		       enum behaviour_habit habit, enum anomaly anomaly)
{
	uint64_t learn_ns = inspection->behaviour->config.learn_s * NS_PER_S;

	if ((server->habits & habit) != 0) {
		return;
	}
	server->habits |= (uint8_t)habit;
	if (inspection->now.ns - inspection->begin.ns >= learn_ns) {
		behaviour_report(inspection, anomaly, 0, 0);
	}
}

/* ---- SSH and DNS -------------------------------------------------- */

void behaviour_ssh(struct inspection *inspection, enum direction client)
{
	struct behaviour_server *server = behaviour_server(inspection, client, true);
	const uint8_t *target = peer_address(inspection, client);

	if (server != NULL) {
		first_time(inspection, server, HABIT_SSH, ANOMALY_SSH_FIRST_OUTBOUND);
		behaviour_count_distinct(inspection, server, BEHAVIOUR_SSH_TARGETS, target, 16);
		behaviour_count_distinct(inspection, server, BEHAVIOUR_SSH_SCAN, target, 16);
	}
}

void behaviour_dns_mx(struct inspection *inspection, enum direction sender)
{
	struct behaviour_server *server = behaviour_server(inspection, sender, false);

	if (server != NULL) {
		behaviour_count(inspection, server, BEHAVIOUR_MX_QUERIES);
	}
}

/* ---- SMTP -------------------------------------------------- */

void behaviour_smtp(struct inspection *inspection, enum direction client)
{
	struct behaviour_server *server = behaviour_server(inspection, client, true);

	if (server != NULL) {
		first_time(inspection, server, HABIT_SMTP, ANOMALY_SMTP_FIRST);
		behaviour_count_distinct(inspection, server, BEHAVIOUR_MAIL_SERVERS,
					 peer_address(inspection, client), 16);
	}
}

void behaviour_smtp_helo(struct inspection *inspection, enum direction client, const uint8_t *name,
			 size_t length)
{
	struct behaviour_server *server = behaviour_server(inspection, client, true);

	if (server != NULL) {
		behaviour_count_distinct(inspection, server, BEHAVIOUR_HELOS, name, length);
	}
}

void behaviour_smtp_mail(struct inspection *inspection, enum direction client,
			 const uint8_t *address, size_t length)
{
	struct behaviour_server *server = behaviour_server(inspection, client, true);

	if (server == NULL) {
		return;
	}
	behaviour_count(inspection, server, BEHAVIOUR_MAILS);
	if (length != 0) {
		behaviour_count_distinct(inspection, server, BEHAVIOUR_SENDERS, address, length);
	}
}

void behaviour_smtp_rcpt(struct inspection *inspection, enum direction client,
			 const uint8_t *address, size_t length)
{
	struct behaviour_server *server = behaviour_server(inspection, client, true);

	if (server == NULL || length == 0) {
		return;
	}
	size_t local = canonical_mail_local(address, length);

	behaviour_count_distinct(inspection, server, BEHAVIOUR_RECIPIENTS, address, length);
	if (local < length) {
		behaviour_count_distinct(inspection, server, BEHAVIOUR_DOMAINS, address + local + 1,
					 length - local - 1);
	}
}

/* An inside server that lets mail in, on a port where others leave it. What it takes behind
 * STARTTLS cannot be seen, so agreeing to that is enough. */
static void note_mail_host(struct inspection *inspection, enum direction client,
			   enum behaviour_command to, unsigned code)
{
	uint16_t port = peer_port(inspection, client);
	bool takes = (to == BEHAVIOUR_MAIL && code / 100 == 2) ||
		     (to == BEHAVIOUR_OTHER && code == 220); /* only STARTTLS is answered so */

	if (!takes || (port != 25 && port != 465 && port != 587)) {
		return;
	}
	struct behaviour_server *server = behaviour_server(inspection, other(client), true);

	if (server != NULL) {
		server->habits |= HABIT_MAIL_HOST;
		server->took_mail = behaviour_tick(inspection);
	}
}

/* Of what is asked for, a recipient or a connection or mail that is refused at once, how much is
 * refused? A message that is refused in the end was asked for with its recipient. */
static void count_refusal(struct inspection *inspection, struct behaviour_server *server,
			  enum behaviour_command to, bool refused)
{
	const struct behaviour_config *config = &inspection->behaviour->config;
	uint32_t *count = &server->count[BEHAVIOUR_REFUSALS - BEHAVIOUR_DISTINCT_COUNT];

	if (to == BEHAVIOUR_OTHER || !(refused || to == BEHAVIOUR_RCPT) ||
	    !behaviour_window(inspection, server, BEHAVIOUR_REFUSALS)) {
		return;
	}
	server->asked += to != BEHAVIOUR_DATA && server->asked < UINT32_MAX;
	*count += refused && *count < UINT32_MAX;
	if (*count > config->limit[BEHAVIOUR_REFUSALS].more_than &&
	    *count * 100ull > (uint64_t)config->refusal_percent * server->asked) {
		behaviour_crossed(inspection, server, BEHAVIOUR_REFUSALS, *count);
	}
}

/* `of_recipient`: it says for good that a recipient will not do. */
static void count_topics(struct inspection *inspection, struct behaviour_server *server,
			 bool of_recipient, const uint8_t *line, size_t length)
{
	bool known = behaviour_is_reported(inspection, server, BEHAVIOUR_BLOCKLISTED) &&
		     (!of_recipient ||
		      behaviour_is_reported(inspection, server, BEHAVIOUR_UNKNOWN_USERS));
	unsigned topics = known ? 0 : reply_topics(line, length);

	if ((topics & REPLY_BLOCKLISTED) != 0) {
		behaviour_count(inspection, server, BEHAVIOUR_BLOCKLISTED);
	}
	if ((topics & REPLY_UNKNOWN_USER) != 0 && of_recipient) {
		behaviour_count(inspection, server, BEHAVIOUR_UNKNOWN_USERS);
	}
}

void behaviour_smtp_reply(struct inspection *inspection, enum direction client,
			  enum behaviour_command to, const uint8_t *line, size_t length)
{
	unsigned code = reply_code(line, length);

	if (inspection->behaviour == NULL || code == 0) {
		return;
	}
	note_mail_host(inspection, client, to, code);
	if (code < 400 && to != BEHAVIOUR_RCPT) {
		return;
	}
	struct behaviour_server *server = behaviour_server(inspection, client, true);

	if (server == NULL) {
		return;
	}
	count_refusal(inspection, server, to, code >= 400);
	if (code >= 400) {
		bool of_recipient = to == BEHAVIOUR_RCPT || to == BEHAVIOUR_DATA;

		count_topics(inspection, server, code >= 500 && of_recipient, line, length);
	}
}

void behaviour_smtp_message(struct inspection *inspection, enum direction client,
			    const struct behaviour_message *message)
{
	struct behaviour_server *server = behaviour_server(inspection, client, true);
	const struct mail_facts *facts = message->facts;
	uint8_t subject[ERROR_SUBJECT_MAX];

	if (server == NULL || facts->list || message->recipient_length == 0 ||
	    !behaviour_window(inspection, server, BEHAVIOUR_ERROR_MAILS)) {
		return;
	}
	const struct behaviour_config *config = &inspection->behaviour->config;
	struct error_mail mail = {
		.automatic = message->null_sender || facts->auto_submitted,
		.recipient = (uint16_t)behaviour_hash(inspection, message->recipient,
						      message->recipient_length),
	};

	if (message->recipients > config->error_recipients) {
		return; /* to many at once: a list of some kind */
	}
	if (facts->subject_length != 0) {
		size_t length = error_subject(facts->subject, facts->subject_length, subject);

		mail.subject = (uint32_t)behaviour_hash(inspection, subject, length) | 1;
	}
	uint32_t count = error_mails_add(&server->errors, &mail, config->error_recipients);

	if (count > config->limit[BEHAVIOUR_ERROR_MAILS].more_than) {
		behaviour_crossed(inspection, server, BEHAVIOUR_ERROR_MAILS, count);
	}
}
