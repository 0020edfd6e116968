/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What events hold and Suricata's schema has no key for. One table, written in two
 * ways: {"metadata":{"flowvars":[{"KEY":"VALUE"},…]}} on all events but alerts, and
 * "KEY":["VALUE",…] inside an alert's metadata.
 */
#include "firmware/eve_part.h"

#include <string.h>

#include "scanner/field.h"
#include "scanner/reason.h"

enum form { FORM_TEXT, FORM_SHAPE, FORM_RECIPIENT };

/* By kind; those without a key stand elsewhere. */
static const struct extra {
	struct json_word key;
	enum form form;
} extras[ATTRIBUTE_KIND_COUNT] = {
	[ATTRIBUTE_SSH_CLIENT_HASSH_CORE] = { { JSON_WORD("ssh.client.hassh.core") }, FORM_TEXT },
	[ATTRIBUTE_SSH_CLIENT_IDENT_SHAPE] = { { JSON_WORD("ssh.client.ident.shape") },
					       FORM_SHAPE },
	[ATTRIBUTE_SSH_SERVER_HASSH_CORE] = { { JSON_WORD("ssh.server.hassh.core") }, FORM_TEXT },
	[ATTRIBUTE_SSH_SERVER_IDENT_SHAPE] = { { JSON_WORD("ssh.server.ident.shape") },
					       FORM_SHAPE },
	[ATTRIBUTE_SSH_HOSTKEY_SHA256] = { { JSON_WORD("ssh.hostkey.sha256") }, FORM_TEXT },
	[ATTRIBUTE_SSH_HOSTKEY_TYPE] = { { JSON_WORD("ssh.hostkey.type") }, FORM_TEXT },
	[ATTRIBUTE_DNS_SHAPE] = { { JSON_WORD("dns.shape") }, FORM_SHAPE },
	[ATTRIBUTE_SMTP_HELO_SHAPE] = { { JSON_WORD("smtp.helo.shape") }, FORM_SHAPE },
	[ATTRIBUTE_SMTP_BANNER] = { { JSON_WORD("smtp.banner") }, FORM_TEXT },
	[ATTRIBUTE_SMTP_AUTH_MECHANISM] = { { JSON_WORD("smtp.auth.mechanism") }, FORM_TEXT },
	[ATTRIBUTE_SMTP_RCPT_TO] = { { JSON_WORD("smtp.rcpt.code") }, FORM_RECIPIENT },
	[ATTRIBUTE_SMTP_SHAPE] = { { JSON_WORD("smtp.shape") }, FORM_SHAPE },
	[ATTRIBUTE_MAIL_HEADER_ORDER] = { { JSON_WORD("smtp.header.order") }, FORM_TEXT },
	[ATTRIBUTE_MAIL_BOUNDARY_SHAPE] = { { JSON_WORD("smtp.boundary.shape") }, FORM_TEXT },
};

/* "250 <a@b.example>", behind its first quote. */
static void put_recipient(struct json *json, const struct event_attribute *attribute)
{
	struct event_smtp_rcpt recipient;

	memcpy(&recipient, attribute->data, sizeof(recipient));
	line_decimal(&json->line, recipient.code, 1);
	line_char(&json->line, ' ');
	json_text_rest(json, attribute->data + sizeof(recipient),
		       attribute->length - sizeof(recipient));
}

/* Whether it says anything: a recipient without an answer has no code. */
static bool has_value(const struct extra *extra, const struct event_attribute *attribute)
{
	struct event_smtp_rcpt recipient = { .code = 1 };

	if (extra->form == FORM_RECIPIENT) {
		memcpy(&recipient, attribute->data, sizeof(recipient));
	}
	return extra->key.text != NULL && recipient.code != 0;
}

static void put_value(struct json *json, struct json_word key, const struct extra *extra,
		      const struct event_attribute *attribute)
{
	const char *shape;

	json_key_word(json, key, "\"");
	switch (extra->form) {
	case FORM_TEXT:
		json_text_rest(json, attribute->data, attribute->length);
		break;
	case FORM_SHAPE:
		shape = shape_name(attribute->data[0]);
		json_text_rest(json, shape, strlen(shape));
		break;
	case FORM_RECIPIENT:
		put_recipient(json, attribute);
		break;
	}
}

JSON_INLINE void put_decimal(struct json *json, const char *key, uint64_t value)
{
	line_decimal(json_string_begin(json, key), value, 1);
	json_string_end(json);
}

/* An attribute without text of its own that says something the schema has no key for. */
static void put_own(struct json *json, const struct event_attribute *attribute)
{
	struct event_flow flow;
	struct event_anomaly anomaly;

	if (attribute->kind == ATTRIBUTE_FLOW) {
		memcpy(&flow, attribute->data, sizeof(flow));
		json_string(json, "portreeve_seen", seen_name(flow.seen));
	} else {
		memcpy(&anomaly, attribute->data, sizeof(anomaly));
		put_decimal(json, "portreeve_count", anomaly.count);
		if (anomaly.window_s != 0) {
			json_object_end(json);
			json_object_begin(json, NULL);
			put_decimal(json, "portreeve_window_s", anomaly.window_s);
		}
	}
}

static bool has_own(const struct event_attribute *attribute)
{
	struct event_anomaly anomaly;

	if (attribute->kind == ATTRIBUTE_ANOMALY) {
		memcpy(&anomaly, attribute->data, sizeof(anomaly));
		return anomaly.count != 0;
	}
	return attribute->kind == ATTRIBUTE_FLOW;
}

/* What struct event_smtp says, as texts; empty ones are left out. */
struct outcome {
	const char *key;
	const char *word; /* or NULL: the number, unless that is 0 */
	uint64_t number;
};
#define OUTCOMES 4u

static void read_outcomes(const struct event_attribute *attribute,
			  struct outcome outcomes[static OUTCOMES])
{
	static const char *const starttls[] = {
		[SMTP_STARTTLS_NONE] = NULL,
		[SMTP_STARTTLS_ACCEPTED] = "accepted",
		[SMTP_STARTTLS_REFUSED] = "refused",
	};
	struct event_smtp smtp;

	memcpy(&smtp, attribute->data, sizeof(smtp));
	outcomes[0] = (struct outcome){ "smtp.data.code", NULL, smtp.data_code };
	outcomes[1] = (struct outcome){ "smtp.refused.code", NULL, smtp.refused_code };
	outcomes[2] = (struct outcome){ "smtp.starttls", starttls[smtp.starttls], 0 };
	outcomes[3] = (struct outcome){ "smtp.size", NULL, smtp.size };
}

static void put_outcome(struct json *json, const char *key, const struct outcome *outcome)
{
	if (outcome->word != NULL) {
		json_string(json, key, outcome->word);
	} else {
		put_decimal(json, key, outcome->number);
	}
}

static void open_flowvar(struct json *json, bool *open)
{
	if (!*open) {
		json_object_begin(json, "metadata");
		json_array_begin(json, "flowvars");
		*open = true;
	}
	json_object_begin(json, NULL);
}

static void put_outcomes(struct json *json, const struct event_attribute *attribute, bool *open)
{
	struct outcome outcomes[OUTCOMES];

	read_outcomes(attribute, outcomes);
	for (size_t i = 0; i < OUTCOMES; i++) {
		if (outcomes[i].word != NULL || outcomes[i].number != 0) {
			open_flowvar(json, open);
			put_outcome(json, outcomes[i].key, &outcomes[i]);
			json_object_end(json);
		}
	}
}

void eve_extra_flowvars(struct json *json, const struct event *event)
{
	const struct event_attribute *attribute = NULL;
	bool open = false;

	while ((attribute = event_next_attribute(event, attribute)) != NULL) {
		const struct extra *extra = &extras[attribute->kind];

		if (has_value(extra, attribute)) {
			open_flowvar(json, &open);
			put_value(json, extra->key, extra, attribute);
			json_object_end(json);
		} else if (has_own(attribute)) {
			open_flowvar(json, &open);
			put_own(json, attribute);
			json_object_end(json);
		} else if (attribute->kind == ATTRIBUTE_SMTP) {
			put_outcomes(json, attribute, &open);
		}
	}
	if (event->truncated != 0) {
		open_flowvar(json, &open);
		put_decimal(json, "portreeve_truncated", event->truncated);
		json_object_end(json);
	}
	if (open) {
		json_array_end(json);
		json_object_end(json);
	}
}

static void put_extra_list(struct json *json, const struct event *event,
			   enum event_attribute_kind kind)
{
	const struct event_attribute *attribute = event_find(event, kind);
	const struct extra *extra = &extras[kind];
	bool open = false;

	for (; attribute != NULL; attribute = event_next_attribute(event, attribute)) {
		if (attribute->kind == kind && has_value(extra, attribute)) {
			if (!open) {
				json_array_begin(json, extra->key.text);
				open = true;
			}
			put_value(json, (struct json_word){ NULL, 0 }, extra, attribute);
		}
	}
	if (open) {
		json_array_end(json);
	}
}

static void put_outcome_lists(struct json *json, const struct event_attribute *attribute)
{
	struct outcome outcomes[OUTCOMES];

	read_outcomes(attribute, outcomes);
	for (size_t i = 0; i < OUTCOMES; i++) {
		if (outcomes[i].word != NULL || outcomes[i].number != 0) {
			json_array_begin(json, outcomes[i].key);
			put_outcome(json, NULL, &outcomes[i]);
			json_array_end(json);
		}
	}
}

void eve_extra_metadata(struct json *json, const struct event *event)
{
	const struct event_attribute *smtp = event_find(event, ATTRIBUTE_SMTP);

	if (smtp != NULL) {
		put_outcome_lists(json, smtp);
	}
	for (enum event_attribute_kind kind = 0; kind < ATTRIBUTE_KIND_COUNT; kind++) {
		if (extras[kind].key.text != NULL) {
			put_extra_list(json, event, kind);
		}
	}
	if (event->truncated != 0) {
		json_array_begin(json, "portreeve_truncated");
		put_decimal(json, NULL, event->truncated);
		json_array_end(json);
	}
}
