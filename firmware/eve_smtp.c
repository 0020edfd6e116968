/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EVE's `smtp` and `email` objects: the envelope of a mail, and its header. Codes,
 * shapes and what else the schema has no key for stands in eve_extra.c.
 */
#include "firmware/eve_part.h"

#include <string.h>

/* The first attribute of each kind. */
struct firsts {
	const struct event_attribute *of[ATTRIBUTE_KIND_COUNT];
	bool smtp, mail; /* there is anything of it */
};

static void find_firsts(struct firsts *firsts, const struct event *event)
{
	const struct event_attribute *attribute = NULL;

	memset(firsts, 0, sizeof(*firsts));
	while ((attribute = event_next_attribute(event, attribute)) != NULL) {
		uint16_t kind = attribute->kind;

		if (firsts->of[kind] == NULL) {
			firsts->of[kind] = attribute;
		}
		firsts->smtp |= kind >= ATTRIBUTE_SMTP_HELO && kind <= ATTRIBUTE_SMTP_SHAPE;
		firsts->mail |= kind >= ATTRIBUTE_MAIL_FROM &&
				kind <= ATTRIBUTE_MAIL_BOUNDARY_SHAPE;
	}
}

JSON_INLINE void put_one(struct json *json, const char *key, const struct firsts *firsts,
			 enum event_attribute_kind kind)
{
	if (firsts->of[kind] != NULL) {
		eve_attribute(json, key, firsts->of[kind]);
	}
}

/* All attributes of a kind, without the first `skip` bytes of each. */
JSON_INLINE void put_all(struct json *json, const char *key, const struct event *event,
			 const struct event_attribute *attribute, size_t skip)
{
	if (attribute == NULL) {
		return;
	}
	uint16_t kind = attribute->kind;

	json_array_begin(json, key);
	for (; attribute != NULL; attribute = event_next_attribute(event, attribute)) {
		if (attribute->kind == kind) {
			json_text(json, NULL, attribute->data + skip, attribute->length - skip);
		}
	}
	json_array_end(json);
}

/* How far the message was read, in Suricata's words. */
static const char *status(const struct firsts *firsts, const struct event_smtp *smtp)
{
	if (smtp->complete) {
		return "PARSE_DONE";
	}
	return firsts->of[ATTRIBUTE_MAIL_HEADER_ORDER] != NULL ? "BODY_STARTED" : "HEADER_STARTED";
}

static void put_email(struct json *json, const struct event *event, const struct firsts *firsts,
		      const struct event_smtp *smtp)
{
	json_object_begin(json, "email");
	json_string(json, "status", status(firsts, smtp));
	put_one(json, "from", firsts, ATTRIBUTE_MAIL_FROM);
	put_all(json, "to", event, firsts->of[ATTRIBUTE_MAIL_TO], 0);
	put_all(json, "cc", event, firsts->of[ATTRIBUTE_MAIL_CC], 0);
	put_one(json, "date", firsts, ATTRIBUTE_MAIL_DATE);
	put_one(json, "subject", firsts, ATTRIBUTE_MAIL_SUBJECT);
	put_one(json, "message_id", firsts, ATTRIBUTE_MAIL_MESSAGE_ID);
	put_one(json, "x_mailer", firsts, ATTRIBUTE_MAIL_X_MAILER);
	put_all(json, "received", event, firsts->of[ATTRIBUTE_MAIL_RECEIVED], 0);
	put_all(json, "attachment", event, firsts->of[ATTRIBUTE_MAIL_ATTACHMENT], 0);
	json_object_end(json);
}

void eve_smtp(struct json *json, const struct event *event)
{
	struct event_smtp smtp = { .complete = 0 };
	struct firsts firsts;

	find_firsts(&firsts, event);
	if (!firsts.smtp && !firsts.mail) {
		return;
	}
	if (firsts.of[ATTRIBUTE_SMTP] != NULL) {
		memcpy(&smtp, firsts.of[ATTRIBUTE_SMTP]->data, sizeof(smtp));
	}
	json_object_begin(json, "smtp");
	put_one(json, "helo", &firsts, ATTRIBUTE_SMTP_HELO);
	put_one(json, "mail_from", &firsts, ATTRIBUTE_SMTP_MAIL_FROM);
	put_all(json, "rcpt_to", event, firsts.of[ATTRIBUTE_SMTP_RCPT_TO],
		sizeof(struct event_smtp_rcpt));
	json_object_end(json);
	if (firsts.mail || smtp.size != 0 || smtp.complete) {
		put_email(json, event, &firsts, &smtp);
	}
}
