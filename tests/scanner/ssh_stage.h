/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stage to play SSH sessions on, for the tests of scanner/ssh*.c: an inspection
 * with a pool and an event ring of its own, packets built by hand, and bodies of
 * inspect.h's calls that write down as text what they were told. Included once a
 * program.
 */
#ifndef TESTS_SCANNER_SSH_STAGE_H
#define TESTS_SCANNER_SSH_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/login_failures.h"
#include "scanner/ssh.h"
#include "tests/scanner/said.h"

#define STAGE_BLOCKS 256u

static struct {
	struct ssh ssh;
	struct inspection inspection;
	struct pool pool;
	struct event_ring ring;
	struct ssh_memory memory; /* kept from session to session, as in the scanner */
	struct set set; /* "has" every field, so that the parser prepares every value */
	enum progress progress;
	struct said seen; /* what was reported: a line a call, event or attribute */
	_Alignas(8) uint8_t blocks[STAGE_BLOCKS * POOL_BLOCK_BYTES];
	_Alignas(8) uint8_t events[4 * EVENT_MAX_BYTES];
	_Alignas(8) uint8_t logins[8192];
} stage;

#define note(...) say(&stage.seen, __VA_ARGS__)

static void note_bytes(const uint8_t *bytes, size_t length)
{
	say_bytes(&stage.seen, bytes, length);
	note("\n");
}

/* ---- the calls of inspect.h ------------------------------------------------ */

void inspect_value(struct inspection *inspection, enum field field, enum direction sender,
		   const uint8_t *value, size_t length)
{
	assert_ptr_equal(inspection, &stage.inspection);
	note("value %d %s ", sender, field_name(field));
	note_bytes(value, length);
}

void inspect_shape(struct inspection *inspection, enum field field, enum direction sender,
		   enum shape shape)
{
	assert_ptr_equal(inspection, &stage.inspection);
	assert_true(shape_of(field, shape));
	note("shape %d %s %s\n", sender, field_name(field), shape_name(shape));
}

void inspect_anomaly(struct inspection *inspection, enum anomaly anomaly, uint32_t count)
{
	assert_ptr_equal(inspection, &stage.inspection);
	note("anomaly %s %u\n", anomaly_info(anomaly)->event, (unsigned)count);
}

struct event *inspect_begin(struct inspection *inspection, enum event_type type)
{
	struct event *event = event_begin(inspection->events, type);

	assert_non_null(event);
	event->app = inspection->app;
	return event;
}

/* ---- playing --------------------------------------------------------------- */

static const char *const attribute_names[] = {
	[ATTRIBUTE_SSH_CLIENT_PROTOCOL] = "client.protocol",
	[ATTRIBUTE_SSH_CLIENT_SOFTWARE] = "client.software",
	[ATTRIBUTE_SSH_CLIENT_HASSH] = "client.hassh",
	[ATTRIBUTE_SSH_CLIENT_HASSH_STRING] = "client.string",
	[ATTRIBUTE_SSH_CLIENT_HASSH_CORE] = "client.core",
	[ATTRIBUTE_SSH_CLIENT_IDENT_SHAPE] = "client.shape",
	[ATTRIBUTE_SSH_CLIENT_IDENT_PREFIX] = "client.prefix",
	[ATTRIBUTE_SSH_SERVER_PROTOCOL] = "server.protocol",
	[ATTRIBUTE_SSH_SERVER_SOFTWARE] = "server.software",
	[ATTRIBUTE_SSH_SERVER_HASSH] = "server.hassh",
	[ATTRIBUTE_SSH_SERVER_HASSH_STRING] = "server.string",
	[ATTRIBUTE_SSH_SERVER_HASSH_CORE] = "server.core",
	[ATTRIBUTE_SSH_SERVER_IDENT_SHAPE] = "server.shape",
	[ATTRIBUTE_SSH_SERVER_IDENT_PREFIX] = "server.prefix",
	[ATTRIBUTE_SSH_HOSTKEY_SHA256] = "hostkey",
	[ATTRIBUTE_SSH_HOSTKEY_TYPE] = "hostkey.type",
};

static void note_event(const struct event *event)
{
	const struct event_attribute *attribute = NULL;

	assert_int_equal(event->type, EVENT_SSH);
	assert_int_equal(event->app, APP_SSH);
	assert_int_equal(event->truncated, 0);
	note("event\n");
	while ((attribute = event_next_attribute(event, attribute)) != NULL) {
		assert_true(attribute->kind <= ATTRIBUTE_SSH_HOSTKEY_TYPE);
		note("  %s ", attribute_names[attribute->kind]);
		if (attribute->kind == ATTRIBUTE_SSH_CLIENT_IDENT_SHAPE ||
		    attribute->kind == ATTRIBUTE_SSH_SERVER_IDENT_SHAPE) {
			assert_int_equal(attribute->length, 1);
			note("%s\n", shape_name(attribute->data[0]));
		} else {
			note_bytes(attribute->data, attribute->length);
		}
	}
}

static void note_events(void)
{
	const struct event *event;

	while ((event = event_peek(&stage.ring)) != NULL) {
		note_event(event);
		event_release(&stage.ring, event);
	}
}

static inline void stage_begin(void)
{
	const struct login_failures_config logins = { .pairs = 8, .threshold = 1, .window_s = 60 };

	assert_true(login_failures_size(logins.pairs) <= sizeof(stage.logins));
	stage.seen.length = 0;
	stage.seen.text[0] = '\0';
	stage.progress = PROGRESS_MORE;
	pool_init(&stage.pool, stage.blocks, STAGE_BLOCKS);
	event_ring_init(&stage.ring, stage.events, sizeof(stage.events));
	ssh_init(&stage.ssh);
	stage.set.fields = UINT64_MAX;
	stage.inspection = (struct inspection){
		.pool = &stage.pool,
		.events = &stage.ring,
		.set = &stage.set,
		.logins = login_failures_init(stage.logins, &logins),
		.ssh_memory = &stage.memory,
		.time = { NS_PER_S },
		.handshake = 1,
		.describe = ssh_describe,
		.state = &stage.ssh,
	};
	stage.inspection.tuple.family = 4;
}

/* As the stream layer does: no more bytes once the parser wants none. */
static inline void play(enum direction direction, const void *bytes, size_t length)
{
	if (stage.progress == PROGRESS_MORE) {
		stage.progress = ssh_feed(&stage.ssh, &stage.inspection, direction, bytes, length);
		note_events();
	}
}

static inline void play_text(enum direction direction, const char *text)
{
	play(direction, text, strlen(text));
}

static inline void play_split(enum direction direction, const void *bytes, size_t length,
			      size_t piece)
{
	for (size_t at = 0; at < length; at += piece) {
		play(direction, (const uint8_t *)bytes + at,
		     length - at < piece ? length - at : piece);
	}
}

/* Ends the flow; nothing is left in the pool. */
static inline void stage_end(void)
{
	ssh_end(&stage.ssh, &stage.inspection);
	note_events();
	assert_int_equal(stage.pool.free_count, STAGE_BLOCKS);
}

static inline bool was_seen(const char *text)
{
	return strstr(stage.seen.text, text) != NULL;
}

/* ---- building -------------------------------------------------------------- */

/* Bytes that one side sends. */
struct script {
	size_t length;
	uint8_t bytes[65536];
};

static inline void add_bytes(struct script *script, const void *bytes, size_t length)
{
	assert_true(length <= sizeof(script->bytes) - script->length);
	memcpy(script->bytes + script->length, bytes, length);
	script->length += length;
}

static inline void add_text(struct script *script, const char *text)
{
	add_bytes(script, text, strlen(text));
}

static inline void add_number(struct script *script, size_t number)
{
	uint8_t bytes[4] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16),
			     (uint8_t)(number >> 8), (uint8_t)number };

	add_bytes(script, bytes, sizeof(bytes));
}

static inline void add_string(struct script *script, const char *text)
{
	add_number(script, strlen(text));
	add_text(script, text);
}

static inline void add_packet_padded(struct script *script, uint8_t message,
				     const struct script *payload, uint8_t padding)
{
	static const uint8_t zeros[256];
	size_t length = payload != NULL ? payload->length : 0;

	add_number(script, 2 + length + padding);
	add_bytes(script, &padding, 1);
	add_bytes(script, &message, 1);
	if (payload != NULL) {
		add_bytes(script, payload->bytes, length);
	}
	add_bytes(script, zeros, padding);
}

/* A packet as RFC 4253 pads it. */
static inline void add_packet(struct script *script, uint8_t message, const struct script *payload)
{
	size_t unpadded = 6 + (payload != NULL ? payload->length : 0);

	add_packet_padded(script, message, payload, (uint8_t)(4 + (8 - (unpadded + 4) % 8) % 8));
}

struct lists {
	const char *kex, *cipher_to_server, *cipher_to_client, *mac_to_server, *mac_to_client,
		*compression_to_server, *compression_to_client;
	bool guess;
};

static inline void add_kexinit_payload(struct script *payload, const struct lists *lists)
{
	static const uint8_t zeros[16];
	uint8_t guess = lists->guess;

	add_bytes(payload, zeros, 16);
	add_string(payload, lists->kex);
	add_string(payload, "ssh-ed25519");
	add_string(payload, lists->cipher_to_server);
	add_string(payload, lists->cipher_to_client);
	add_string(payload, lists->mac_to_server);
	add_string(payload, lists->mac_to_client);
	add_string(payload, lists->compression_to_server);
	add_string(payload, lists->compression_to_client);
	add_string(payload, "");
	add_string(payload, "");
	add_bytes(payload, &guess, 1);
	add_number(payload, 0);
}

static inline void add_kexinit(struct script *script, const struct lists *lists)
{
	static struct script payload;

	payload.length = 0;
	add_kexinit_payload(&payload, lists);
	add_packet(script, 20, &payload);
}

#endif
