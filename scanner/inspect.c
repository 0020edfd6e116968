/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What parsers call (inspect.h): a value becomes canonical, is looked up in the
 * set, and what matches goes to policy.c; events get their heads here.
 */
#include "scanner/inspect.h"

#include <string.h>

#include "scanner/canonical.h"
#include "scanner/policy.h"
#include "scanner/uninitialized.h"

/* Beside the SIDs, which stay below 2^31. */
#define WHAT_ANOMALY (1ull << 63)

struct event *inspect_begin(struct inspection *inspection, enum event_type type)
{
	struct event *event = event_begin(inspection->events, type);

	if (event != NULL) {
		event->app = inspection->app;
		event->direction = inspection->direction;
		event->time = inspection->time;
		event->flow_id = inspection->flow_id;
		event->tx_id = inspection->tx_id;
		event->tuple = inspection->tuple;
		event->inside = inspection->inside;
	}
	return event;
}

static void match(struct inspection *inspection, enum field field, enum direction sender,
		  const uint8_t *value, size_t length)
{
	uint32_t rules[SET_MATCH_MAX];
	size_t count = set_match(inspection->set, field, value, length, rules);

	if (count != 0) {
		policy_hits(inspection, field, sender, rules, count);
	}
}

void inspect_value(struct inspection *inspection, enum field field, enum direction sender,
		   const uint8_t *value, size_t length)
{
	uint8_t out[CANONICAL_MAX] UNINITIALIZED;

	if (!inspect_wants(inspection, field)) {
		return;
	}
	int canonical_length = canonical(field, value, length, out);

	if (canonical_length >= 0) {
		match(inspection, field, sender, out, (size_t)canonical_length);
	}
}

void inspect_canonical(struct inspection *inspection, enum field field, enum direction sender,
		       const uint8_t *value, size_t length)
{
	if (inspect_wants(inspection, field)) {
		match(inspection, field, sender, value, length);
	}
}

void inspect_shape(struct inspection *inspection, enum field field, enum direction sender,
		   enum shape shape)
{
	if (inspect_wants(inspection, field)) {
		const char *name = shape_name(shape);

		match(inspection, field, sender, (const uint8_t *)name, strlen(name));
	}
}

static size_t match_end(const struct inspection *inspection, enum field field,
			uint32_t rules[static SET_MATCH_MAX])
{
	const struct event_tuple *tuple = &inspection->tuple;
	bool source = field == FIELD_IP_SRC;
	struct set_address address = {
		.family = tuple->family,
		.protocol = tuple->protocol,
		.port = source ? tuple->source_port : tuple->destination_port,
	};

	if (!inspect_wants(inspection, field)) {
		return 0;
	}
	memcpy(address.bytes, source ? tuple->source : tuple->destination, 16);
	return set_match_address(inspection->set, field, &address, rules);
}

bool inspect_addresses(struct inspection *inspection, bool wait)
{
	static const enum field fields[] = { FIELD_IP_SRC, FIELD_IP_DST };
	uint32_t rules[2][SET_MATCH_MAX];
	size_t count[2];

	for (unsigned i = 0; i < 2; i++) {
		count[i] = match_end(inspection, fields[i], rules[i]);
		if (wait && policy_waits_for_handshake(inspection->policy, rules[i], count[i])) {
			return true;
		}
	}
	for (unsigned i = 0; i < 2; i++) {
		/* an address is the originator's doing, whichever end it names */
		policy_hits(inspection, fields[i], TO_RESPONDER, rules[i], count[i]);
	}
	return false;
}

void inspect_anomaly(struct inspection *inspection, enum anomaly anomaly, uint32_t count)
{
	if (!policy_is_first(inspection->policy, inspection, 0, WHAT_ANOMALY | anomaly)) {
		return;
	}
	struct event *event = inspect_begin(inspection, EVENT_ANOMALY);
	const struct event_anomaly data = { .anomaly = (uint16_t)anomaly, .count = count };

	if (event != NULL) {
		event_put(event, ATTRIBUTE_ANOMALY, &data, sizeof(data));
		event_commit(inspection->events, event);
	}
}
