/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts that eve.c puts a line together from: one function an object, each in
 * the file of its name. They write nothing when the event has none of it.
 */
#ifndef FIRMWARE_EVE_PART_H
#define FIRMWARE_EVE_PART_H

#include "firmware/json.h"
#include "scanner/event.h"

/* Objects of the schema. */
void eve_alert(struct json *json, const struct event *event);
void eve_dns(struct json *json, const struct event *event);
void eve_file(struct json *json, const struct event *event);
void eve_smtp(struct json *json, const struct event *event); /* and `email` */
void eve_ssh(struct json *json, const struct event *event);
void eve_tls(struct json *json, const struct event *event);

/* "A", "MX" …; NULL for types without a name here */
const char *eve_dns_type_name(uint16_t type);

/* What the schema has no key for: as metadata.flowvars, and as further keys of alert.metadata. */
void eve_extra_flowvars(struct json *json, const struct event *event);
void eve_extra_metadata(struct json *json, const struct event *event);

/* Writes an attribute's bytes as text. */
JSON_INLINE void eve_attribute(struct json *json, const char *key,
			       const struct event_attribute *attribute)
{
	json_text(json, key, attribute->data, attribute->length);
}

#endif
