/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DNS parser of dns.h. A datagram is parsed whole before anything is
 * reported; a TCP message is read byte by byte up to the end of its questions,
 * so that no split of the stream can change what is seen. Both ways end in
 * report_query(). Strict means: nothing but the content says that this is DNS.
 */
#include "scanner/dns.h"

#include <string.h>

#include "scanner/behaviour.h"
#include "scanner/hash/words.h"

#define PREFIX_BYTES 2u /* TCP: the message's length, RFC 1035 section 4.2.2 */

/* --- reports -------------------------------------------------------------------------- */

#define REDACTED_MAX (sizeof("<redacted:63>") - 1)

/* What stands for a secret label of `length` ≤ 63 bytes. */
static size_t redacted_write(size_t length, uint8_t out[static REDACTED_MAX])
{
	static const char start[] = "<redacted:";
	size_t n = sizeof(start) - 1;

	memcpy(out, start, n);
	if (length >= 10) {
		out[n++] = (uint8_t)('0' + length / 10);
	}
	out[n++] = (uint8_t)('0' + length % 10);
	out[n++] = '>';
	return n;
}

void dns_describe(const void *state, const struct inspection *inspection, struct event *event)
{
	const struct dns_question *question = state;
	const struct event_dns query = {
		.id = question->id,
		.flags = question->flags,
		.type = question->type,
		.class = question->class,
	};
	uint8_t text[REDACTED_MAX + DNS_TEXT_MAX];
	uint8_t *name = text + REDACTED_MAX;
	size_t length = dns_name_write(question->name, true, name);

	(void)inspection;
	if (question->secret) {
		size_t label = question->name[0]; /* written as it is: hex digits */
		uint8_t mark[REDACTED_MAX];
		size_t mark_length = redacted_write(label, mark);

		name += label - mark_length;
		memcpy(name, mark, mark_length);
		length += mark_length - label;
	}
	event_put(event, ATTRIBUTE_DNS_QUERY, &query, sizeof(query));
	event_put(event, ATTRIBUTE_DNS_NAME, name, length);
	if (question->ebury) {
		const uint8_t shape = SHAPE_DNS_EBURY_EXFIL;

		event_put(event, ATTRIBUTE_DNS_SHAPE, &shape, 1);
	}
}

/* Matches one question of a query and writes its event. */
static void report_query(struct inspection *inspection, enum direction sender,
			 const struct dns_question *question)
{
	void (*describe)(const void *, const struct inspection *, struct event *) =
		inspection->describe;
	const void *state = inspection->state;

	inspection->describe = dns_describe;
	inspection->state = question;
	if (inspect_wants(inspection, FIELD_DNS_QUERY)) {
		uint8_t text[DNS_TEXT_MAX];
		size_t length = dns_name_write(question->name, false, text);

		inspect_value(inspection, FIELD_DNS_QUERY, sender, text, length);
	}
	if (question->ebury) {
		inspect_shape(inspection, FIELD_DNS_SHAPE, sender, SHAPE_DNS_EBURY_EXFIL);
	}
	struct event *event = inspect_begin(inspection, EVENT_DNS);

	if (event != NULL) {
		dns_describe(question, inspection, event);
		event_commit(inspection->events, event);
	}
	inspection->describe = describe;
	inspection->state = state;
	if (question->type == DNS_TYPE_MX) {
		behaviour_dns_mx(inspection, sender);
	}
}

static void describe_other(const void *state, const struct inspection *inspection,
			   struct event *event)
{
	const uint8_t shape = SHAPE_DNS_UDP53_NOT_DNS;

	(void)state;
	(void)inspection;
	event_put(event, ATTRIBUTE_DNS_SHAPE, &shape, sizeof(shape));
}

/* Of what is no DNS only that is told: it may hold anything. */
static void report_other(struct inspection *inspection, enum direction sender)
{
	void (*describe)(const void *, const struct inspection *, struct event *) =
		inspection->describe;

	inspection->describe = describe_other;
	inspect_shape(inspection, FIELD_DNS_SHAPE, sender, SHAPE_DNS_UDP53_NOT_DNS);
	inspection->describe = describe;
	inspect_anomaly(inspection, ANOMALY_DNS_MALFORMED, 0);
}

bool dns_datagram(struct inspection *inspection, enum direction sender, bool port_53,
		  const uint8_t *payload, size_t length)
{
	static const uint8_t ebury[DNS_HEADER_BYTES] = { 0x12, 0x0b, 0x01, 0x00, 0x00, 0x01 };
	struct dns_message message;

	if (!dns_message_parse(&message, payload, length, !port_53)) {
		if (port_53) {
			report_other(inspection, sender);
		}
		return false;
	}
	inspection->app = APP_DNS;
	if ((message.header.flags & DNS_FLAG_RESPONSE) != 0 || message.header.questions == 0) {
		return true;
	}
	for (unsigned i = 0; i < message.header.questions; i++) {
		struct dns_question *question = &message.questions[i];

		question->ebury = port_53 && question->secret && question->class == DNS_CLASS_IN &&
				  memcmp(payload, ebury, DNS_HEADER_BYTES) == 0;
		report_query(inspection, sender, question);
	}
	inspection->tx_id++;
	return true;
}

/* --- DNS over TCP --------------------------------------------------------------------- */

#define HEAD_BYTES (PREFIX_BYTES + DNS_HEADER_BYTES)

enum reader_state {
	READER_HEAD, /* length prefix and header */
	READER_NAME,
	READER_TYPE, /* and class */
	READER_SKIP, /* the rest of the message */
	READER_ENDED /* nothing more is read of this direction */
};

enum step { STEP_OK, STEP_MALFORMED };

void dns_stream_init(struct dns_stream *stream)
{
	memset(stream, 0, sizeof(*stream));
}

static void reader_next_message(struct dns_reader *reader)
{
	reader->have = 0;
	reader->length = 0;
	reader->left = 0;
	reader->state = READER_HEAD;
}

static void reader_skip(struct dns_reader *reader)
{
	reader->state = READER_SKIP;
	if (reader->left == 0) {
		reader_next_message(reader);
	}
}

static void reader_next_question(struct dns_reader *reader)
{
	reader->have = HEAD_BYTES;
	reader->name = HEAD_BYTES;
	reader->state = READER_NAME;
}

static bool reader_is_query(const struct dns_reader *reader)
{
	return (load_be16(reader->head + PREFIX_BYTES + 2) & DNS_FLAG_RESPONSE) == 0;
}

/* A byte of prefix or header has come. */
static enum step step_head(struct dns_stream *stream, enum direction sender, bool strict)
{
	struct dns_reader *reader = &stream->reader[sender];
	const uint8_t *bytes = reader->head + PREFIX_BYTES;
	struct dns_header header;

	if (reader->have == PREFIX_BYTES) {
		reader->length = reader->left = load_be16(reader->head);
		return reader->length < DNS_HEADER_BYTES ? STEP_MALFORMED : STEP_OK;
	}
	if (reader->have == PREFIX_BYTES + 4 &&
	    !dns_flags_plausible(load_be16(bytes + 2), strict)) {
		return STEP_MALFORMED;
	}
	if (reader->have < HEAD_BYTES) {
		return STEP_OK;
	}
	dns_header_read(&header, bytes);
	if (!dns_counts_plausible(&header, reader->length, strict)) {
		return STEP_MALFORMED;
	}
	reader->questions = (uint8_t)header.questions;
	if (header.questions == 0) {
		stream->heard[sender] = true;
		reader_skip(reader);
	} else {
		reader_next_question(reader);
	}
	return STEP_OK;
}

/* A byte of a name has come: a label's length or one of its bytes. */
static enum step step_name(struct dns_reader *reader, bool strict)
{
	uint8_t byte = reader->head[reader->have - 1];

	if (reader->have <= reader->name) {
		return strict && !dns_byte_is_graphic(byte) ? STEP_MALFORMED : STEP_OK;
	}
	if (byte == 0) {
		reader->state = READER_TYPE;
		return STEP_OK;
	}
	/* with this label and the root that ends it */
	if (byte > DNS_LABEL_MAX || reader->name + 1u + byte + 1u - HEAD_BYTES > DNS_NAME_MAX) {
		return STEP_MALFORMED;
	}
	reader->name = (uint16_t)(reader->name + 1u + byte);
	return STEP_OK;
}

/* A byte of type or class has come; the last one makes the question whole. */
static enum step step_type(struct dns_stream *stream, struct inspection *inspection,
			   enum direction sender, bool strict)
{
	struct dns_reader *reader = &stream->reader[sender];
	struct dns_header header;
	struct dns_question question;

	if (reader->have < reader->name + DNS_QUESTION_BYTES_MIN) {
		return STEP_OK;
	}
	dns_header_read(&header, reader->head + PREFIX_BYTES);
	dns_question_read(&question, &header, reader->head + HEAD_BYTES,
			  reader->name + 1u - HEAD_BYTES);
	/* nothing may be behind the question that the counts do not announce */
	if (strict &&
	    (!dns_question_plausible(&question) || (header.records == 0 && reader->left != 0))) {
		return STEP_MALFORMED;
	}
	stream->certain = true;
	stream->heard[sender] = true;
	inspection->app = APP_DNS;
	if (reader_is_query(reader)) {
		report_query(inspection, sender, &question);
	}
	reader->questions--;
	if (reader->questions != 0) {
		reader_next_question(reader);
		return STEP_OK;
	}
	if (reader_is_query(reader)) {
		inspection->tx_id++;
	}
	reader_skip(reader);
	return STEP_OK;
}

/* Takes one byte of prefix, header or question. */
static enum step step(struct dns_stream *stream, struct inspection *inspection,
		      enum direction sender, uint8_t byte, bool strict)
{
	struct dns_reader *reader = &stream->reader[sender];
	enum step result = STEP_OK;

	reader->head[reader->have++] = byte;
	if (reader->have > PREFIX_BYTES) {
		reader->left--;
	}
	switch (reader->state) {
	case READER_HEAD:
		result = step_head(stream, sender, strict);
		break;
	case READER_NAME:
		result = step_name(reader, strict);
		break;
	case READER_TYPE:
		result = step_type(stream, inspection, sender, strict);
		break;
	}
	if ((reader->state == READER_NAME || reader->state == READER_TYPE) && reader->left == 0) {
		return STEP_MALFORMED; /* the message ends within its questions */
	}
	return result;
}

/* Reports a message that is none and goes on behind it. */
static void skip_malformed(struct dns_reader *reader, struct inspection *inspection)
{
	if (reader->state != READER_HEAD && reader_is_query(reader) &&
	    reader->questions < load_be16(reader->head + PREFIX_BYTES + 4)) {
		inspection->tx_id++; /* its first questions were reported */
	}
	inspect_anomaly(inspection, ANOMALY_DNS_MALFORMED, 0);
	reader_skip(reader);
}

static enum progress stream_progress(const struct dns_stream *stream)
{
	bool ended = stream->reader[TO_RESPONDER].state == READER_ENDED &&
		     stream->reader[TO_ORIGINATOR].state == READER_ENDED;

	return ended ? PROGRESS_FINISHED : PROGRESS_MORE;
}

static enum progress not_mine(struct inspection *inspection)
{
	if (inspection->app == APP_DNS) {
		inspection->app = APP_UNKNOWN;
	}
	return PROGRESS_NOT_MINE;
}

enum progress dns_stream_feed(struct dns_stream *stream, struct inspection *inspection,
			      enum direction sender, const uint8_t *bytes, size_t length)
{
	struct dns_reader *reader = &stream->reader[sender];
	bool port_53 = inspection->tuple.source_port == 53 ||
		       inspection->tuple.destination_port == 53;

	while (length != 0 && reader->state != READER_ENDED) {
		bool strict = !stream->certain || !stream->heard[sender];
		size_t taken = 1;

		if (reader->state == READER_SKIP) {
			taken = length < reader->left ? length : reader->left;
			reader->left = (uint16_t)(reader->left - taken);
			reader_skip(reader);
		} else if (step(stream, inspection, sender, *bytes, strict && !port_53) ==
			   STEP_MALFORMED) {
			if (!stream->certain || (strict && !port_53)) {
				return not_mine(inspection);
			}
			skip_malformed(reader, inspection);
		}
		bytes += taken;
		length -= taken;
	}
	return stream_progress(stream);
}

void dns_stream_end(struct dns_stream *stream, struct inspection *inspection, enum direction sender)
{
	struct dns_reader *reader = &stream->reader[sender];

	if (stream->certain && reader->state != READER_ENDED && reader->have != 0) {
		inspect_anomaly(inspection, ANOMALY_DNS_MALFORMED, 0);
	}
	reader->state = READER_ENDED;
}
