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

enum form { FORM_TEXT, FORM_SHAPE };

/* By kind; those without a key stand elsewhere. */
static const struct extra {
	const char *key;
	enum form form;
} extras[ATTRIBUTE_KIND_COUNT] = {
	[ATTRIBUTE_SSH_CLIENT_HASSH_CORE] = { "ssh.client.hassh.core", FORM_TEXT },
	[ATTRIBUTE_SSH_CLIENT_IDENT_SHAPE] = { "ssh.client.ident.shape", FORM_SHAPE },
	[ATTRIBUTE_SSH_SERVER_HASSH_CORE] = { "ssh.server.hassh.core", FORM_TEXT },
	[ATTRIBUTE_SSH_SERVER_IDENT_SHAPE] = { "ssh.server.ident.shape", FORM_SHAPE },
	[ATTRIBUTE_SSH_HOSTKEY_SHA256] = { "ssh.hostkey.sha256", FORM_TEXT },
	[ATTRIBUTE_SSH_HOSTKEY_TYPE] = { "ssh.hostkey.type", FORM_TEXT },
	[ATTRIBUTE_DNS_SHAPE] = { "dns.shape", FORM_SHAPE },
};

static void put_value(struct json *json, const char *key, const struct extra *extra,
		      const struct event_attribute *attribute)
{
	if (extra->form == FORM_SHAPE) {
		json_string(json, key, shape_name(attribute->data[0]));
	} else {
		eve_attribute(json, key, attribute);
	}
}

static void put_decimal(struct json *json, const char *key, uint64_t value)
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

static void open_flowvar(struct json *json, bool *open)
{
	if (!*open) {
		json_object_begin(json, "metadata");
		json_array_begin(json, "flowvars");
		*open = true;
	}
	json_object_begin(json, NULL);
}

void eve_extra_flowvars(struct json *json, const struct event *event)
{
	const struct event_attribute *attribute = NULL;
	bool open = false;

	while ((attribute = event_next_attribute(event, attribute)) != NULL) {
		const struct extra *extra = &extras[attribute->kind];

		if (extra->key != NULL) {
			open_flowvar(json, &open);
			put_value(json, extra->key, extra, attribute);
			json_object_end(json);
		} else if (has_own(attribute)) {
			open_flowvar(json, &open);
			put_own(json, attribute);
			json_object_end(json);
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

	if (attribute == NULL) {
		return;
	}
	json_array_begin(json, extras[kind].key);
	for (; attribute != NULL; attribute = event_next_attribute(event, attribute)) {
		if (attribute->kind == kind) {
			put_value(json, NULL, &extras[kind], attribute);
		}
	}
	json_array_end(json);
}

void eve_extra_metadata(struct json *json, const struct event *event)
{
	for (enum event_attribute_kind kind = 0; kind < ATTRIBUTE_KIND_COUNT; kind++) {
		if (extras[kind].key != NULL) {
			put_extra_list(json, event, kind);
		}
	}
	if (event->truncated != 0) {
		json_array_begin(json, "portreeve_truncated");
		put_decimal(json, NULL, event->truncated);
		json_array_end(json);
	}
}
