/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stage to play SMTP dialogues on, for the tests of scanner/smtp*.c: an inspection
 * with a pool and an event ring of its own, and bodies of what smtp.c calls (inspect.h,
 * mail.h, behaviour.h) that write down as text what they were told. What each side's
 * bytes give rise to is written down apart, as are events and what mail.c is given:
 * within each of these the order is fixed, between them it is not. Included once a
 * program.
 */
#ifndef TESTS_SCANNER_SMTP_STAGE_H
#define TESTS_SCANNER_SMTP_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/behaviour.h"
#include "scanner/mail.h"
#include "scanner/smtp.h"
#include "tests/scanner/said.h"

#define STAGE_BLOCKS 256u
static_assert(ANOMALY_COUNT <= 64, "the anomalies fit their bits");

#define CLIENT TO_RESPONDER
#define SERVER TO_ORIGINATOR

static struct {
	struct smtp smtp;
	struct inspection inspection;
	struct pool pool;
	struct event_ring ring;
	struct set set; /* "has" every field, so that the parser prepares every value */
	enum progress progress;
	struct said values[2]; /* matched, by sender */
	struct said events;
	struct said mails;
	struct said behaviour;
	uint64_t anomalies; /* bit per enum anomaly */
	bool in_mail;
	struct mail mail; /* never looked at here */
	_Alignas(8) uint8_t blocks[STAGE_BLOCKS * POOL_BLOCK_BYTES];
	_Alignas(8) uint8_t ring_bytes[4 * EVENT_MAX_BYTES];
} stage;

/* ---- the calls of inspect.h ------------------------------------------------- */

static void say_value(const char *how, enum field field, enum direction sender,
		      const uint8_t *value, size_t length)
{
	struct said *said = &stage.values[sender];

	assert_true(stage.smtp.certain);
	assert_int_equal(stage.inspection.app, APP_SMTP);
	assert_int_equal(stage.inspection.tx_id, stage.smtp.transactions);
	say(said, "%s%s ", how, field_name(field));
	say_bytes(said, value, length);
	say(said, "\n");
}

void inspect_value(struct inspection *inspection, enum field field, enum direction sender,
		   const uint8_t *value, size_t length)
{
	assert_ptr_equal(inspection, &stage.inspection);
	say_value("", field, sender, value, length);
}

void inspect_canonical(struct inspection *inspection, enum field field, enum direction sender,
		       const uint8_t *value, size_t length)
{
	assert_ptr_equal(inspection, &stage.inspection);
	say_value("", field, sender, value, length);
}

/* As for an alert: the parser's own description at the moment of a match tells the shape. */
static void assert_described_with(struct inspection *inspection, enum shape shape)
{
	struct event *event = event_begin(inspection->events, EVENT_ALERT);
	const struct event_attribute *attribute = NULL;
	bool told = false;

	assert_non_null(event);
	inspection->describe(inspection->state, inspection, event);
	while ((attribute = event_next_attribute(event, attribute)) != NULL) {
		told = told ||
		       (attribute->kind == ATTRIBUTE_SMTP_SHAPE && attribute->data[0] == shape);
	}
	assert_true(told);
}

void inspect_shape(struct inspection *inspection, enum field field, enum direction sender,
		   enum shape shape)
{
	assert_ptr_equal(inspection, &stage.inspection);
	assert_true(shape_of(field, shape));
	say(&stage.values[sender], "%s %s\n", field_name(field), shape_name(shape));
	if (field == FIELD_SMTP_SHAPE) {
		assert_described_with(inspection, shape);
	}
}

void inspect_anomaly(struct inspection *inspection, enum anomaly anomaly, uint32_t count)
{
	assert_ptr_equal(inspection, &stage.inspection);
	assert_int_equal(count, 0);
	stage.anomalies |= 1ull << anomaly;
}

struct event *inspect_begin(struct inspection *inspection, enum event_type type)
{
	struct event *event = event_begin(inspection->events, type);

	assert_non_null(event);
	event->app = inspection->app;
	event->tx_id = inspection->tx_id;
	return event;
}

/* ---- the calls of mail.h ---------------------------------------------------- */

void mail_init(struct mail *mail)
{
	assert_ptr_equal(mail, &stage.mail);
}

void mail_begin(struct mail *mail, const struct inspection *inspection, enum direction sender)
{
	assert_ptr_equal(mail, &stage.mail);
	assert_true(!stage.in_mail && stage.smtp.certain && inspection->app == APP_SMTP);
	stage.in_mail = true;
	say(&stage.mails, "mail %d ", sender);
}

void mail_feed(struct mail *mail, struct inspection *inspection, const uint8_t *bytes,
	       size_t length)
{
	assert_ptr_equal(mail, &stage.mail);
	assert_true(stage.in_mail && inspection == &stage.inspection);
	say_bytes(&stage.mails, bytes, length);
}

void mail_end(struct mail *mail, struct inspection *inspection, bool complete)
{
	assert_ptr_equal(mail, &stage.mail);
	assert_true(stage.in_mail && inspection == &stage.inspection);
	say(&stage.mails, "%s\n", complete ? "" : " cut");
}

void mail_facts(const struct mail *mail, const struct inspection *inspection,
		struct mail_facts *facts)
{
	assert_ptr_equal(mail, &stage.mail);
	assert_ptr_equal(inspection, &stage.inspection);
	*facts = (struct mail_facts){ .list = true };
}

void mail_describe(const struct mail *mail, const struct inspection *inspection,
		   struct event *event)
{
	assert_ptr_equal(mail, &stage.mail);
	assert_true(stage.in_mail && inspection == &stage.inspection);
	event_put(event, ATTRIBUTE_MAIL_SUBJECT, "s", 1);
}

void mail_release(struct mail *mail, struct pool *pool)
{
	assert_ptr_equal(mail, &stage.mail);
	assert_ptr_equal(pool, &stage.pool);
	stage.in_mail = false;
}

/* ---- the calls of behaviour.h ----------------------------------------------- */

static void say_behaviour(const char *what, enum direction client, const uint8_t *bytes,
			  size_t length)
{
	assert_int_equal(client, stage.smtp.client);
	say(&stage.behaviour, "%s ", what);
	say_bytes(&stage.behaviour, bytes, length);
	say(&stage.behaviour, "\n");
}

void behaviour_smtp(struct inspection *inspection, enum direction client)
{
	(void)inspection;
	assert_int_equal(stage.behaviour.length, 0);
	say_behaviour("smtp", client, NULL, 0);
}

void behaviour_smtp_helo(struct inspection *inspection, enum direction client, const uint8_t *name,
			 size_t length)
{
	(void)inspection;
	say_behaviour("helo", client, name, length);
}

void behaviour_smtp_mail(struct inspection *inspection, enum direction client,
			 const uint8_t *address, size_t length)
{
	(void)inspection;
	say_behaviour("mail", client, address, length);
}

void behaviour_smtp_rcpt(struct inspection *inspection, enum direction client,
			 const uint8_t *address, size_t length)
{
	(void)inspection;
	say_behaviour("rcpt", client, address, length);
}

void behaviour_smtp_reply(struct inspection *inspection, enum direction client,
			  enum behaviour_command to, const uint8_t *line, size_t length)
{
	static const char *const names[] = { "to banner", "to mail", "to rcpt", "to data",
					     "to other" };

	(void)inspection;
	say_behaviour(names[to], client, line, length);
}

void behaviour_smtp_message(struct inspection *inspection, enum direction client,
			    const struct behaviour_message *message)
{
	(void)inspection;
	assert_true(message->facts->list);
	say(&stage.behaviour, "%u%s ", (unsigned)message->recipients,
	    message->null_sender ? " null" : "");
	say_behaviour("message to", client, message->recipient, message->recipient_length);
}

/* ---- playing ---------------------------------------------------------------- */

static const char *const attribute_names[ATTRIBUTE_KIND_COUNT] = {
	[ATTRIBUTE_SMTP_HELO] = "helo",
	[ATTRIBUTE_SMTP_BANNER] = "banner",
	[ATTRIBUTE_SMTP_AUTH_MECHANISM] = "mechanism",
	[ATTRIBUTE_SMTP_MAIL_FROM] = "from",
	[ATTRIBUTE_MAIL_SUBJECT] = "mail",
};

static void say_attribute(struct said *said, const struct event_attribute *attribute)
{
	static const char *const starttls[] = { "", " starttls", " refused" };
	struct event_smtp smtp;
	struct event_smtp_rcpt rcpt;

	switch (attribute->kind) {
	case ATTRIBUTE_SMTP:
		assert_int_equal(attribute->length, sizeof(smtp));
		memcpy(&smtp, attribute->data, sizeof(smtp));
		say(said, "  data %u refused %u size %u%s%s\n", smtp.data_code, smtp.refused_code,
		    (unsigned)smtp.size, smtp.complete ? " complete" : "", starttls[smtp.starttls]);
		return;
	case ATTRIBUTE_SMTP_RCPT_TO:
		memcpy(&rcpt, attribute->data, sizeof(rcpt));
		say(said, "  to %u ", rcpt.code);
		say_bytes(said, attribute->data + sizeof(rcpt), attribute->length - sizeof(rcpt));
		break;
	case ATTRIBUTE_SMTP_HELO_SHAPE:
	case ATTRIBUTE_SMTP_SHAPE:
		say(said, "  shape %s", shape_name(attribute->data[0]));
		break;
	default:
		assert_non_null(attribute_names[attribute->kind]);
		say(said, "  %s ", attribute_names[attribute->kind]);
		say_bytes(said, attribute->data, attribute->length);
		break;
	}
	say(said, "\n");
}

static void say_events(void)
{
	const struct event *event;

	while ((event = event_peek(&stage.ring)) != NULL) {
		const struct event_attribute *attribute = NULL;

		assert_int_equal(event->type, EVENT_SMTP);
		assert_int_equal(event->app, APP_SMTP);
		say(&stage.events, "event %u", (unsigned)event->tx_id);
		say(&stage.events, event->truncated != 0 ? " truncated %u\n" : "\n",
		    event->truncated);
		while ((attribute = event_next_attribute(event, attribute)) != NULL) {
			say_attribute(&stage.events, attribute);
		}
		event_release(&stage.ring, event);
	}
}

static inline void stage_begin(void)
{
	static uint8_t some; /* in place of struct behaviour */

	stage.values[0].length = stage.values[1].length = 0;
	stage.events.length = stage.mails.length = stage.behaviour.length = 0;
	stage.values[0].text[0] = stage.values[1].text[0] = '\0';
	stage.events.text[0] = stage.mails.text[0] = stage.behaviour.text[0] = '\0';
	stage.anomalies = 0;
	stage.in_mail = false;
	stage.progress = PROGRESS_MORE;
	pool_init(&stage.pool, stage.blocks, STAGE_BLOCKS);
	event_ring_init(&stage.ring, stage.ring_bytes, sizeof(stage.ring_bytes));
	smtp_init(&stage.smtp, &stage.mail);
	smtp_from_start(&stage.smtp, CLIENT);
	smtp_from_start(&stage.smtp, SERVER);
	stage.set.fields = UINT64_MAX;
	stage.inspection = (struct inspection){
		.pool = &stage.pool,
		.events = &stage.ring,
		.set = &stage.set,
		.behaviour = (struct behaviour *)(void *)&some,
		.time = { NS_PER_S },
		.handshake = 1,
		.describe = smtp_describe,
		.state = &stage.smtp,
	};
	stage.inspection.tuple.family = 4;
	stage.inspection.tuple.destination_port = 25;
}

/* As session.c does: no more bytes once the parser wants none. Of exactly their size, so that a
 * read beyond them is found. */
static inline void play(enum direction direction, const void *bytes, size_t length)
{
	if (stage.progress == PROGRESS_MORE && length != 0) {
		stage.progress =
			smtp_feed(&stage.smtp, &stage.inspection, direction, bytes, length);
		say_events();
	}
}

static inline void play_text(enum direction direction, const char *text)
{
	play(direction, text, strlen(text));
}

/* Ends the flow; nothing is left in the pool. */
static inline void stage_end(void)
{
	smtp_end(&stage.smtp, &stage.inspection);
	say_events();
	assert_false(stage.in_mail);
	assert_int_equal(stage.pool.free_count, STAGE_BLOCKS);
}

static inline bool was_said(const struct said *said, const char *text)
{
	return strstr(said->text, text) != NULL;
}

static inline void assert_said(const struct said *said, const char *text)
{
	assert_string_equal(said->text, text);
}

static inline bool had_anomaly(enum anomaly anomaly)
{
	return (stage.anomalies >> anomaly & 1) != 0;
}

/* ---- a session to go on with ------------------------------------------------- */

#define GREETING "220 mx ESMTP\r\n"
#define EVENT_HEAD "event 0\n  banner mx ESMTP\n  helo a.example\n"

/* As often as `total` bytes hold. */
static char big[3 * SMTP_HELD_MAX + 1];

static inline const char *many(const char *text, size_t total)
{
	size_t length = strlen(text), at = 0;

	assert_true(total < sizeof(big));
	for (; at + length <= total; at += length) {
		memcpy(big + at, text, length);
	}
	big[at] = '\0';
	return big;
}

static inline void begin_session(void)
{
	stage_begin();
	play_text(SERVER, GREETING);
	play_text(CLIENT, "EHLO a.example\r\n");
	play_text(SERVER, "250-mx\r\n250 CHUNKING\r\n");
}

static inline void say_both(const char *command, const char *reply)
{
	play_text(CLIENT, command);
	play_text(SERVER, reply);
}

/* As far as the server's 354. */
static inline void begin_mail(void)
{
	begin_session();
	say_both("MAIL FROM:<a@b.example>\r\n", "250 ok\r\n");
	say_both("RCPT TO:<c@d.example>\r\n", "250 ok\r\n");
	say_both("DATA\r\n", "354 go\r\n");
}

#define MAIL_HEAD EVENT_HEAD "  from <a@b.example>\n  to 250 <c@d.example>\n"

/* ---- outcomes --------------------------------------------------------------- */

/* What a run of the stage came to. */
struct outcome {
	struct said values[2], events, mails;
	uint64_t anomalies;
	enum progress progress;
	bool certain;
};

static inline void keep_outcome(struct outcome *outcome)
{
	outcome->values[0] = stage.values[0];
	outcome->values[1] = stage.values[1];
	outcome->events = stage.events;
	outcome->mails = stage.mails;
	outcome->anomalies = stage.anomalies;
	outcome->progress = stage.progress;
	outcome->certain = stage.smtp.certain;
}

static inline void assert_same_outcome(const struct outcome *outcome)
{
	assert_string_equal(stage.events.text, outcome->events.text);
	assert_string_equal(stage.mails.text, outcome->mails.text);
	assert_string_equal(stage.values[0].text, outcome->values[0].text);
	assert_string_equal(stage.values[1].text, outcome->values[1].text);
	assert_int_equal(stage.anomalies, outcome->anomalies);
	assert_int_equal(stage.progress, outcome->progress);
	assert_int_equal(stage.smtp.certain, outcome->certain);
}

#endif
