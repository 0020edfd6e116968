/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events as EVE JSON, the format that Suricata made common: each is one line,
 * valid against Suricata's schema.json. What the schema has no place for goes into
 * `metadata.flowvars` as one-key objects, on alerts into `alert.metadata`;
 * docs/alerts.md lists these keys. Between the event ring (scanner/event.h) and
 * the exporters. Pure: any core may call.
 */
#ifndef FIRMWARE_EVE_H
#define FIRMWARE_EVE_H

#include <stddef.h>

#include "scanner/event.h"

/* No event's line is longer: an attribute's byte becomes at most six, of a mail's recipients twelve,
 * as they stand there twice; its key and quotes take less than 64 more; the head takes less than
 * 2 KiB. */
#define EVE_LINE_MAX (14u * EVENT_MAX_BYTES)

struct community_memory;

struct eve_options {
	const char *interface; /* in_iface, or NULL */
	const char *host; /* or NULL */
	struct community_memory *communities; /* the caller's, or NULL: each id is computed */
};

/* Encodes one event as one line that ends in '\n'. Returns its length, or 0 when `size` is too
 * small, which EVE_LINE_MAX never is while the options' texts are below 1 KiB. */
size_t eve_encode(const struct event *event, const struct eve_options *options, char *out,
		  size_t size);

#endif
