/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EVE's `ssh` object. An identification of Ebury's shape is the enciphered password
 * of its operator: of it the parser gives four characters, which stand here with
 * the shape in the place of the software.
 */
#include "firmware/eve_part.h"

#include "scanner/field.h"

struct side {
	const char *name;
	enum event_attribute_kind protocol;
	enum event_attribute_kind software;
	enum event_attribute_kind hassh;
	enum event_attribute_kind hassh_string;
	enum event_attribute_kind shape;
	enum event_attribute_kind prefix;
};

static const struct side sides[] = {
	{
		.name = "client",
		.protocol = ATTRIBUTE_SSH_CLIENT_PROTOCOL,
		.software = ATTRIBUTE_SSH_CLIENT_SOFTWARE,
		.hassh = ATTRIBUTE_SSH_CLIENT_HASSH,
		.hassh_string = ATTRIBUTE_SSH_CLIENT_HASSH_STRING,
		.shape = ATTRIBUTE_SSH_CLIENT_IDENT_SHAPE,
		.prefix = ATTRIBUTE_SSH_CLIENT_IDENT_PREFIX,
	},
	{
		.name = "server",
		.protocol = ATTRIBUTE_SSH_SERVER_PROTOCOL,
		.software = ATTRIBUTE_SSH_SERVER_SOFTWARE,
		.hassh = ATTRIBUTE_SSH_SERVER_HASSH,
		.hassh_string = ATTRIBUTE_SSH_SERVER_HASSH_STRING,
		.shape = ATTRIBUTE_SSH_SERVER_IDENT_SHAPE,
		.prefix = ATTRIBUTE_SSH_SERVER_IDENT_PREFIX,
	},
};

static const char *ebury_shape(const struct event *event, enum event_attribute_kind kind)
{
	const struct event_attribute *attribute = NULL;

	while ((attribute = event_next_attribute(event, attribute)) != NULL) {
		if (attribute->kind == kind && (attribute->data[0] == SHAPE_IDENT_EBURY_HEX ||
						attribute->data[0] == SHAPE_IDENT_EBURY_BASE64)) {
			return shape_name(attribute->data[0]);
		}
	}
	return "redacted";
}

static void put_hassh(struct json *json, const struct event *event, const struct side *side)
{
	const struct event_attribute *hash = event_find(event, side->hassh);
	const struct event_attribute *string = event_find(event, side->hassh_string);

	if (hash == NULL && string == NULL) {
		return;
	}
	json_object_begin(json, "hassh");
	if (hash != NULL) {
		eve_attribute(json, "hash", hash);
	}
	if (string != NULL) {
		eve_attribute(json, "string", string);
	}
	json_object_end(json);
}

static void put_side(struct json *json, const struct event *event, const struct side *side)
{
	const struct event_attribute *protocol = event_find(event, side->protocol);
	const struct event_attribute *software = event_find(event, side->software);
	const struct event_attribute *prefix = event_find(event, side->prefix);

	if (protocol != NULL) {
		eve_attribute(json, "proto_version", protocol);
	}
	if (prefix != NULL) {
		struct line *line = json_string_begin(json, "software_version");

		line_string(line, "<");
		line_string(line, ebury_shape(event, side->shape));
		line_string(line, ":");
		json_piece(json, prefix->data, prefix->length);
		line_string(line, ">");
		json_string_end(json);
	} else if (software != NULL) {
		eve_attribute(json, "software_version", software);
	}
	put_hassh(json, event, side);
}

static bool has_side(const struct event *event, const struct side *side)
{
	return event_find(event, side->protocol) != NULL ||
	       event_find(event, side->software) != NULL ||
	       event_find(event, side->prefix) != NULL || event_find(event, side->hassh) != NULL ||
	       event_find(event, side->hassh_string) != NULL;
}

void eve_ssh(struct json *json, const struct event *event)
{
	if (!has_side(event, &sides[0]) && !has_side(event, &sides[1])) {
		return;
	}
	json_object_begin(json, "ssh");
	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
		if (has_side(event, &sides[i])) {
			json_object_begin(json, sides[i].name);
			put_side(json, event, &sides[i]);
			json_object_end(json);
		}
	}
	json_object_end(json);
}
