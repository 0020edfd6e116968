/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DNS parser on any bytes: as a datagram on port 53 and off it, and as a TCP
 * stream in two directions. The stream's events may not depend on where it is
 * split: what one feed gives must be what feeding byte by byte gives.
 */
#include <assert.h>
#include <string.h>

#include "scanner/dns.h"

#define RING_BYTES (64 * EVENT_MAX_BYTES)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	_Alignas(8) uint8_t memory[RING_BYTES];
	struct event_ring ring;
	struct inspection inspection;
};

static struct run runs[2];
static const struct set set = { .fields = UINT64_MAX };

/* --- the calls of inspect.h: each leaves an event, so that runs can be compared --------- */

static void leave_event(struct inspection *inspection, const void *value, size_t length)
{
	struct event *event = inspect_begin(inspection, EVENT_ALERT);

	if (event != NULL) {
		event_put(event, ATTRIBUTE_ALERT_MESSAGE, value, length);
		if (inspection->describe != NULL) {
			inspection->describe(inspection->state, inspection, event);
		}
		event_commit(inspection->events, event);
	}
}

void inspect_value(struct inspection *inspection, enum field field, enum direction sender,
		   const uint8_t *value, size_t length)
{
	assert(field == FIELD_DNS_QUERY && length >= 1 && length <= DNS_TEXT_MAX);
	inspection->direction = (uint8_t)sender;
	leave_event(inspection, value, length);
}

void inspect_shape(struct inspection *inspection, enum field field, enum direction sender,
		   enum shape shape)
{
	const uint8_t byte = (uint8_t)shape;

	assert(shape_of(field, shape));
	inspection->direction = (uint8_t)sender;
	leave_event(inspection, &byte, 1);
}

void inspect_anomaly(struct inspection *inspection, enum anomaly anomaly, uint32_t count)
{
	const uint8_t byte = (uint8_t)anomaly;

	assert(count == 0);
	leave_event(inspection, &byte, 1);
}

struct event *inspect_begin(struct inspection *inspection, enum event_type type)
{
	struct event *event = event_begin(inspection->events, type);

	if (event != NULL) {
		event->app = inspection->app;
		event->direction = inspection->direction;
		event->tx_id = inspection->tx_id;
	}
	return event;
}

/* --------------------------------------------------------------------------------------- */

static void run_init(struct run *run, uint16_t port)
{
	event_ring_init(&run->ring, run->memory, sizeof(run->memory));
	run->inspection = (struct inspection){ .events = &run->ring, .set = &set };
	run->inspection.tuple.source_port = 40000;
	run->inspection.tuple.destination_port = port;
}

/* Feeds in pieces of `piece` bytes; every other message-sized run of the input goes back. */
static enum progress run_stream(struct run *run, const uint8_t *data, size_t size, size_t piece)
{
	struct dns_stream stream;
	enum progress progress = PROGRESS_MORE;

	dns_stream_init(&stream);
	for (size_t at = 0; at < size && progress == PROGRESS_MORE;) {
		size_t block_end = (at | 63) + 1; /* each block of 64 bytes has one direction */
		size_t length = (block_end < size ? block_end : size) - at;

		length = length < piece ? length : piece;
		progress = dns_stream_feed(&stream, &run->inspection,
					   at & 64 ? TO_ORIGINATOR : TO_RESPONDER, data + at,
					   length);
		at += length;
	}
	dns_stream_end(&stream, &run->inspection, TO_RESPONDER);
	return progress;
}

static void assert_same_event(const struct event *a, const struct event *b)
{
	const struct event_attribute *left = NULL, *right = NULL;

	assert(memcmp(a, b, sizeof(*a)) == 0);
	while ((left = event_next_attribute(a, left)) != NULL) {
		right = event_next_attribute(b, right);
		assert(right != NULL && left->kind == right->kind && left->length == right->length);
		assert(memcmp(left->data, right->data, left->length) == 0);
	}
}

static void assert_same_events(struct run *a, struct run *b)
{
	const struct event *left, *right;

	while ((left = event_peek(&a->ring)) != NULL) {
		right = event_peek(&b->ring);
		assert(right != NULL);
		assert_same_event(left, right);
		event_release(&a->ring, left);
		event_release(&b->ring, right);
	}
	assert(event_peek(&b->ring) == NULL);
}

/* Names for people are plain ASCII and within their bound. */
static void check_names(const uint8_t *data, size_t size)
{
	struct dns_message message;
	uint8_t text[DNS_TEXT_MAX];

	if (!dns_message_parse(&message, data, size, false)) {
		return;
	}
	for (unsigned i = 0; i < message.header.questions; i++) {
		size_t length = dns_name_write(message.questions[i].name, true, text);

		assert(length >= 1 && length <= DNS_TEXT_MAX);
		for (size_t at = 0; at < length; at++) {
			assert(dns_byte_is_graphic(text[at]));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0) {
		return 0;
	}
	uint16_t port = data[0] & 1 ? 53 : 5300;

	data++;
	size--;
	run_init(&runs[0], port);
	dns_datagram(&runs[0].inspection, TO_RESPONDER, port == 53, data, size);
	check_names(data, size);

	run_init(&runs[0], port);
	run_init(&runs[1], port);
	enum progress whole = run_stream(&runs[0], data, size, SIZE_MAX);
	enum progress split = run_stream(&runs[1], data, size, 1);

	assert(whole == split);
	assert_same_events(&runs[0], &runs[1]);
	return 0;
}
