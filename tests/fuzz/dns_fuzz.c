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

static void run_init(struct run *run, uint16_t port)
{
	event_ring_init(&run->ring, run->memory, sizeof(run->memory));
	run->inspection = (struct inspection){ .events = &run->ring };
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

/* Both forms of each name stay within their bound; the one for people is plain ASCII. */
static void check_names(const uint8_t *data, size_t size)
{
	struct dns_message message;
	uint8_t text[DNS_TEXT_MAX];

	if (!dns_message_parse(&message, data, size, false)) {
		return;
	}
	for (unsigned i = 0; i < message.header.questions; i++) {
		size_t length = dns_name_write(message.questions[i].name, false, text);

		assert(length >= 1 && length <= DNS_TEXT_MAX);
		length = dns_name_write(message.questions[i].name, true, text);
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
