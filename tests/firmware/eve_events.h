/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events for the tests of what prints events: built by hand in a record of the
 * largest size, so that no parser is needed.
 */
#ifndef TESTS_FIRMWARE_EVE_EVENTS_H
#define TESTS_FIRMWARE_EVE_EVENTS_H

#include <string.h>

#include "scanner/event.h"
#include "scanner/field.h"

#define EXAMPLE_TIME_NS (1780308003ull * NS_PER_S + 123456789) /* 2026-06-01 10:00:03 */

struct record {
	union {
		struct event event;
		_Alignas(8) uint8_t bytes[EVENT_MAX_BYTES];
	};
};

/* 198.51.100.7:50000 to 10.77.0.5:22 */
static inline struct event *record_begin(struct record *record, enum event_type type)
{
	struct event *event = &record->event;

	memset(record, 0, sizeof(*record));
	event->size = sizeof(*event);
	event->type = (uint16_t)type;
	event->time.ns = EXAMPLE_TIME_NS;
	event->flow_id = 1125899906842624; /* 2^50 */
	event->inside = 2;
	event->tuple = (struct event_tuple){
		.family = 4,
		.protocol = 6,
		.vlan = { VLAN_NONE, VLAN_NONE },
		.source_port = 50000,
		.destination_port = 22,
		.source = { 198, 51, 100, 7 },
		.destination = { 10, 77, 0, 5 },
	};
	return event;
}

/* 2001:db8::53:40000 to [2001:db8:0:1::1]:53 over UDP, inside to outside */
static inline void record_dns_tuple(struct event *event)
{
	event->app = APP_DNS;
	event->inside = 1;
	event->tuple = (struct event_tuple){
		.family = 6,
		.protocol = 17,
		.vlan = { 100, 7 },
		.source_port = 40000,
		.destination_port = 53,
		.source = { 0x20, 1, 0x0d, 0xb8, [15] = 0x53 },
		.destination = { 0x20, 1, 0x0d, 0xb8, [7] = 1, [15] = 1 },
	};
}

static inline void record_text(struct event *event, enum event_attribute_kind kind,
			       const char *text)
{
	event_put(event, kind, text, strlen(text));
}

static inline void record_shape(struct event *event, enum event_attribute_kind kind,
				enum shape shape)
{
	const uint8_t byte = (uint8_t)shape;

	event_put(event, kind, &byte, 1);
}

static inline void record_dns(struct event *event, uint16_t type, const char *name)
{
	const struct event_dns dns = { .id = 4660, .flags = 0x0100, .type = type, .class = 1 };

	event_put(event, ATTRIBUTE_DNS_QUERY, &dns, sizeof(dns));
	record_text(event, ATTRIBUTE_DNS_NAME, name);
}

static inline void record_alert(struct event *event, const struct event_alert *alert,
				const char *message)
{
	event_put(event, ATTRIBUTE_ALERT, alert, sizeof(*alert));
	record_text(event, ATTRIBUTE_ALERT_MESSAGE, message);
}

#endif
