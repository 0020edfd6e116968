/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EVE's `ssh` object. An identification of Ebury's shape is the enciphered password
 * of its operator: of it the parser gives four characters, which stand here with
 * the shape in the place of the software.
 */
#include "firmware/eve_part.h"

#include <assert.h>

#include "scanner/field.h"

/* A side's attributes, in the order of enum event_attribute_kind. */
enum part {
	PART_PROTOCOL,
	PART_SOFTWARE,
	PART_HASSH,
	PART_HASSH_STRING,
	PART_HASSH_CORE,
	PART_IDENT_SHAPE,
	PART_IDENT_PREFIX,
	PART_COUNT
};

#define FIRST_KIND ((unsigned)ATTRIBUTE_SSH_CLIENT_PROTOCOL)
#define SECOND_KIND ((unsigned)ATTRIBUTE_SSH_SERVER_PROTOCOL)
static_assert(ATTRIBUTE_SSH_CLIENT_IDENT_PREFIX == FIRST_KIND + PART_IDENT_PREFIX, "same order");
static_assert(SECOND_KIND == FIRST_KIND + PART_COUNT, "one behind the other");
static_assert(ATTRIBUTE_SSH_SERVER_IDENT_PREFIX == SECOND_KIND + PART_IDENT_PREFIX, "same order");

struct side {
	const struct event_attribute *part[PART_COUNT]; /* the first of the kind, or NULL */
};

static const char *const side_names[] = { "client", "server" };
#define SIDES 2

static void find_sides(const struct event *event, struct side sides[static SIDES])
{
	const struct event_attribute *attribute = NULL;

	while ((attribute = event_next_attribute(event, attribute)) != NULL) {
		unsigned at = attribute->kind - FIRST_KIND;

		if (at < SIDES * PART_COUNT) {
			struct side *side = &sides[at / PART_COUNT];

			if (side->part[at % PART_COUNT] == NULL) {
				side->part[at % PART_COUNT] = attribute;
			}
		}
	}
}

static bool has_something(const struct side *side)
{
	return side->part[PART_PROTOCOL] != NULL || side->part[PART_SOFTWARE] != NULL ||
	       side->part[PART_IDENT_PREFIX] != NULL || side->part[PART_HASSH] != NULL ||
	       side->part[PART_HASSH_STRING] != NULL;
}

/* Which of Ebury's shapes the identification has; the first attribute of its kind may name another
 * shape. */
static const char *ebury_shape(const struct event *event, const struct event_attribute *shape)
{
	const struct event_attribute *at = shape;

	for (; at != NULL; at = event_next_attribute(event, at)) {
		if (at->kind == shape->kind && (at->data[0] == SHAPE_IDENT_EBURY_HEX ||
						at->data[0] == SHAPE_IDENT_EBURY_BASE64)) {
			return shape_name(at->data[0]);
		}
	}
	return "redacted";
}

static void put_hassh(struct json *json, const struct side *side)
{
	const struct event_attribute *hash = side->part[PART_HASSH];
	const struct event_attribute *string = side->part[PART_HASSH_STRING];

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
	const struct event_attribute *protocol = side->part[PART_PROTOCOL];
	const struct event_attribute *software = side->part[PART_SOFTWARE];
	const struct event_attribute *prefix = side->part[PART_IDENT_PREFIX];

	if (protocol != NULL) {
		eve_attribute(json, "proto_version", protocol);
	}
	if (prefix != NULL) {
		struct line *line = json_string_begin(json, "software_version");

		line_char(line, '<');
		line_string(line, ebury_shape(event, side->part[PART_IDENT_SHAPE]));
		line_char(line, ':');
		json_piece(json, prefix->data, prefix->length);
		line_char(line, '>');
		json_string_end(json);
	} else if (software != NULL) {
		eve_attribute(json, "software_version", software);
	}
	put_hassh(json, side);
}

void eve_ssh(struct json *json, const struct event *event)
{
	struct side sides[SIDES] = { 0 };

	find_sides(event, sides);
	if (!has_something(&sides[0]) && !has_something(&sides[1])) {
		return;
	}
	json_object_begin(json, "ssh");
	for (size_t i = 0; i < SIDES; i++) {
		if (has_something(&sides[i])) {
			json_object_begin(json, side_names[i]);
			put_side(json, event, &sides[i]);
			json_object_end(json);
		}
	}
	json_object_end(json);
}
