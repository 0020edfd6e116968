/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stage for the tests of behaviour*.c: an inspection of one flow between an inside
 * server and somebody outside, a clock, and the anomalies that come of what the
 * server does. Included once a program.
 */
#ifndef TESTS_SCANNER_BEHAVIOUR_STAGE_H
#define TESTS_SCANNER_BEHAVIOUR_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/anomaly.h"
#include "scanner/behaviour_server.h"
#include "tests/scanner/rig.h"

#define START (1780308000ull * NS_PER_S)

static struct {
	uint8_t inside; /* of flows that the server opens; usually 1, itself */
	void *memory;
	struct inspection inspection;
	struct event_ring ring;
	uint32_t seen[ANOMALY_COUNT];
	struct event_anomaly last;
	_Alignas(8) uint8_t events[4 * EVENT_MAX_BYTES];
} stage;

/* Takes out what was reported, all of it on the flow at hand. */
static inline void collect(void)
{
	const struct event *event;

	while ((event = event_peek(&stage.ring)) != NULL) {
		const struct event_attribute *attribute = event_find(event, ATTRIBUTE_ANOMALY);

		assert_int_equal(event->type, EVENT_ANOMALY);
		assert_int_equal(event->flow_id, stage.inspection.flow_id);
		memcpy(&stage.last, attribute->data, sizeof(stage.last));
		stage.seen[stage.last.anomaly]++;
		event_release(&stage.ring, event);
	}
}

/* The flow is now one that inside server 10.0.0.`server` opened to 198.51.100.`peer`. */
static inline void between(uint32_t server, uint32_t peer)
{
	struct event_tuple *tuple = &stage.inspection.tuple;

	collect();
	*tuple = (struct event_tuple){
		.family = 4,
		.protocol = 6,
		.source = { 10, (uint8_t)(server >> 16), (uint8_t)(server >> 8), (uint8_t)server },
		.destination = { 198, 51, (uint8_t)(peer >> 8), (uint8_t)peer },
		.source_port = 40000,
		.destination_port = 25,
	};
	stage.inspection.inside = stage.inside;
	stage.inspection.flow_id = server << 16 | peer;
}

/* The other way round: opened from outside to the server's port. */
static inline void inward(uint32_t server, uint32_t peer, uint16_t port)
{
	struct event_tuple *tuple = &stage.inspection.tuple;
	uint8_t address[16];

	between(server, peer);
	memcpy(address, tuple->source, 16);
	memcpy(tuple->source, tuple->destination, 16);
	memcpy(tuple->destination, address, 16);
	tuple->destination_port = port;
	stage.inspection.inside = 2;
}

static inline void begin_with(const struct behaviour_config *config)
{
	size_t size = behaviour_size(config);

	assert_true(size != 0);
	free(stage.memory);
	stage.memory = aligned_alloc(64, size);
	assert_non_null(stage.memory);
	memset(stage.memory, 0xa5, size);
	memset(stage.seen, 0, sizeof(stage.seen));
	event_ring_init(&stage.ring, stage.events, sizeof(stage.events));
	stage.inside = 1;
	stage.inspection = (struct inspection){
		.events = &stage.ring,
		.behaviour = behaviour_init(stage.memory, config),
		.time = { START },
		.now = { START },
		.begin = { START },
		.handshake = 1,
		.app = APP_SMTP,
	};
	between(1, 1);
}

static inline void begin(void)
{
	struct behaviour_config config = rig_behaviour;

	config.learn_s = 0;
	begin_with(&config);
}

static inline void at_ms(uint64_t ms)
{
	stage.inspection.now.ns = START + ms * 1000000;
}

static inline void at(uint64_t seconds)
{
	at_ms(seconds * 1000);
}

/* How often the anomaly has come so far; the last one's figures are in stage.last. */
static inline uint32_t seen(enum anomaly anomaly)
{
	collect();
	return stage.seen[anomaly];
}

static inline uint32_t seen_at_all(void)
{
	uint32_t sum = 0;

	for (unsigned anomaly = 0; anomaly < ANOMALY_COUNT; anomaly++) {
		sum += seen(anomaly);
	}
	return sum;
}

/* What each kind is made of; `nth` makes a different one. */
static inline void mail_from(uint32_t nth)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "sender%u@a.example", (unsigned)nth);

	behaviour_smtp_mail(&stage.inspection, TO_RESPONDER, (const uint8_t *)text, (size_t)n);
}

static inline void rcpt_to(uint32_t user, uint32_t domain)
{
	char text[48];
	int n = snprintf(text, sizeof(text), "user%u@d%u.example", (unsigned)user,
			 (unsigned)domain);

	behaviour_smtp_rcpt(&stage.inspection, TO_RESPONDER, (const uint8_t *)text, (size_t)n);
}

static inline void reply_to(enum direction client, enum behaviour_command to, const char *line)
{
	behaviour_smtp_reply(&stage.inspection, client, to, (const uint8_t *)line, strlen(line));
}

static inline void reply(enum behaviour_command to, const char *line)
{
	reply_to(TO_RESPONDER, to, line);
}

#endif
