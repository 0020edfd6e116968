/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EVE's `alert` object. `action` says what happened to the frame; what enforcing
 * would have done, and what kept a stronger action from being taken, stands in
 * `metadata`, which is free to hold arrays of strings.
 */
#include "firmware/eve_part.h"

#include <string.h>

#include "scanner/field.h"

/* The signature language's words. */
static const char *const actions[] = {
	[TAKEN_ALLOWED] = "alert",
	[TAKEN_DROPPED] = "drop",
	[TAKEN_REJECTED] = "reject",
	[TAKEN_QUARANTINED] = "quarantine",
};
static const char *const guards[] = {
	[GUARD_NOT_INSIDE] = "not-inside",
	[GUARD_HANDSHAKE] = "handshake",
	[GUARD_FULL] = "full",
	[GUARD_NO_RESET] = "no-reset",
};

static void put_list(struct json *json, const char *key, const char *value)
{
	json_array_begin(json, key);
	json_string(json, NULL, value);
	json_array_end(json);
}

static void put_metadata(struct json *json, const struct event *event,
			 const struct event_alert *alert)
{
	json_object_begin(json, "metadata");
	put_list(json, "portreeve_field", field_name(alert->field));
	put_list(json, "portreeve_mode", alert->enforcing ? "enforce" : "monitor");
	put_list(json, "portreeve_taken", actions[alert->taken]);
	put_list(json, "portreeve_would", actions[alert->would]);
	if (alert->guard != GUARD_NONE) {
		put_list(json, "portreeve_guard", guards[alert->guard]);
	}
	if (alert->quarantine_s != 0) {
		json_array_begin(json, "portreeve_quarantine_s");
		line_decimal(json_string_begin(json, NULL), alert->quarantine_s, 1);
		json_string_end(json);
		json_array_end(json);
	}
	eve_extra_metadata(json, event);
	json_object_end(json);
}

static void put_signature(struct json *json, const struct event *event, uint32_t sid)
{
	const struct event_attribute *message = event_find(event, ATTRIBUTE_ALERT_MESSAGE);

	if (message != NULL && message->length != 0) {
		eve_attribute(json, "signature", message);
		return;
	}
	struct line *line = json_string_begin(json, "signature");

	line_string(line, "SID ");
	line_decimal(line, sid, 1);
	json_string_end(json);
}

static void put_references(struct json *json, const struct event *event)
{
	const struct event_attribute *reference = event_find(event, ATTRIBUTE_ALERT_REFERENCE);

	if (reference == NULL) {
		return;
	}
	json_array_begin(json, "references");
	for (; reference != NULL; reference = event_next_attribute(event, reference)) {
		if (reference->kind == ATTRIBUTE_ALERT_REFERENCE) {
			eve_attribute(json, NULL, reference);
		}
	}
	json_array_end(json);
}

void eve_alert(struct json *json, const struct event *event)
{
	const struct event_attribute *attribute = event_find(event, ATTRIBUTE_ALERT);
	const struct event_attribute *class = event_find(event, ATTRIBUTE_ALERT_CLASS);
	struct event_alert alert;

	if (attribute == NULL) {
		return;
	}
	memcpy(&alert, attribute->data, sizeof(alert));
	json_object_begin(json, "alert");
	json_string(json, "action", alert.taken == TAKEN_ALLOWED ? "allowed" : "blocked");
	json_number(json, "gid", 1);
	json_number(json, "signature_id", alert.sid);
	json_number(json, "rev", alert.revision);
	put_signature(json, event, alert.sid);
	if (class != NULL) {
		eve_attribute(json, "category", class);
	} else {
		json_string(json, "category", "");
	}
	json_number(json, "severity", alert.severity);
	put_references(json, event);
	put_metadata(json, event, &alert);
	json_object_end(json);
}
