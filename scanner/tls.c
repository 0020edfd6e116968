/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS: detection, records, the ClientHello's event. See tls.h for the whole and for
 * its parts. The message is read where it lies if it is whole in one piece, else
 * gathered in the pool.
 */
#include "scanner/tls.h"

#include <string.h>

#include "scanner/hash/words.h"
#include "scanner/tls_hello.h"
#include "scanner/tls_ja.h"
#include "scanner/uninitialized.h"

#define RECORD_MAX 16384u /* RFC 8446 section 5.1; RFC 5246 section 6.2.1 */
#define MESSAGE_HEADER 4u /* type, length */

static_assert(RECORD_MAX <= TLS_HELLO_MAX, "a message within one record is not too long");

enum content_type { CONTENT_ALERT = 21, CONTENT_HANDSHAKE = 22 };
enum handshake_type { HANDSHAKE_CLIENT_HELLO = 1, HANDSHAKE_SERVER_HELLO = 2 };

/* What a side begins with. */
enum opening {
	OPENING_UNKNOWN, /* not enough bytes yet */
	OPENING_CLIENT,
	OPENING_CLIENT_2, /* in the format of SSL 2.0 */
	OPENING_SERVER, /* a ServerHello, or an alert */
	OPENING_FOREIGN
};

enum flaw { FLAW_NONE, FLAW_OVERSIZE, FLAW_MALFORMED };

/* What is matched and reported of a ClientHello. */
struct report {
	const struct tls_hello *hello;
	bool fingerprints; /* what follows is valid */
	uint8_t ja3[TLS_JA3_LENGTH];
	uint8_t ja4[TLS_JA4_LENGTH];
	size_t ja3_string_length;
	uint8_t ja3_string[TLS_JA3_STRING_MAX];
};

void tls_init(struct tls *tls, bool upgraded)
{
	*tls = (struct tls){ .upgraded = upgraded };
}

void tls_end(struct tls *tls, struct inspection *inspection)
{
	text_clear(inspection->pool, &tls->message);
	tls->state = TLS_READ;
}

/* ---- the event -------------------------------------------------- */

static void describe(const void *state, const struct inspection *inspection, struct event *event)
{
	const struct report *report = state;
	const struct tls_hello *hello = report->hello;

	(void)inspection;
	if (hello->name_length != 0) {
		event_put(event, ATTRIBUTE_TLS_SNI, hello->name, hello->name_length);
	}
	for (unsigned at = 0; at < hello->alpn_length; at += 1u + hello->alpn[at]) {
		event_put(event, ATTRIBUTE_TLS_ALPN, &hello->alpn[at + 1], hello->alpn[at]);
	}
	if (report->fingerprints) {
		event_put(event, ATTRIBUTE_TLS_JA3, report->ja3, sizeof(report->ja3));
		event_put(event, ATTRIBUTE_TLS_JA3_STRING, report->ja3_string,
			  report->ja3_string_length);
		event_put(event, ATTRIBUTE_TLS_JA4, report->ja4, sizeof(report->ja4));
	}
}

static void match(struct inspection *inspection, enum direction client, const struct report *report)
{
	const struct tls_hello *hello = report->hello;

	if (hello->name_length != 0 && !hello->name_cut) {
		inspect_value(inspection, FIELD_TLS_SNI, client, hello->name, hello->name_length);
	}
	if (report->fingerprints) {
		inspect_value(inspection, FIELD_TLS_JA3, client, report->ja3, sizeof(report->ja3));
		inspect_value(inspection, FIELD_TLS_JA4, client, report->ja4, sizeof(report->ja4));
	}
	struct event *event = inspect_begin(inspection, EVENT_TLS);

	if (event != NULL) {
		describe(report, inspection, event);
		event_commit(inspection->events, event);
	}
}

static void report(struct tls *tls, struct inspection *inspection, const struct tls_hello *hello)
{
	void (*outer)(const void *, const struct inspection *, struct event *) =
		inspection->describe;
	const void *outer_state = inspection->state;
	struct report report UNINITIALIZED; /* valid up to its lengths */

	report.hello = hello;
	report.fingerprints = !hello->overflow;
	if (hello->overflow || hello->name_cut) {
		tls->flaw = FLAW_OVERSIZE;
	}
	if (report.fingerprints) {
		report.ja3_string_length = tls_ja3_string(hello, report.ja3_string);
		tls_ja3(report.ja3_string, report.ja3_string_length, report.ja3);
		tls_ja4(hello, report.ja4);
	}
	if (!tls->upgraded) {
		inspection->app = APP_TLS;
	}
	inspection->describe = describe;
	inspection->state = &report;
	match(inspection, tls->client, &report);
	inspection->describe = outer;
	inspection->state = outer_state;
}

/* ---- the ClientHello -------------------------------------------------- */

static void give_up(struct tls *tls, struct inspection *inspection, enum flaw flaw)
{
	tls->flaw = (uint8_t)flaw;
	tls_end(tls, inspection);
}

/* The message is whole; `body` is what follows its header. */
static void read_hello(struct tls *tls, struct inspection *inspection, struct tls_cursor body)
{
	struct tls_hello hello;

	if (tls_hello_read(&hello, body)) {
		report(tls, inspection, &hello);
	} else {
		tls->flaw = FLAW_MALFORMED;
	}
	tls_end(tls, inspection);
}

/* All of the message was gathered. */
static void read_gathered(struct tls *tls, struct inspection *inspection)
{
	struct tls_cursor body = tls_cursor_text(inspection->pool, &tls->message);

	tls_cursor_skip(&body, MESSAGE_HEADER);
	read_hello(tls, inspection, body);
}

/* The usual case: the record is all here, and the message all in it. */
static bool read_in_place(struct tls *tls, struct inspection *inspection, const uint8_t *bytes,
			  size_t length)
{
	if (length < TLS_RECORD_HEADER + MESSAGE_HEADER) {
		return false;
	}
	uint32_t record = load_be16(bytes + 3);
	uint32_t body = load_be24(bytes + TLS_RECORD_HEADER + 1);

	if (record > RECORD_MAX || record > length - TLS_RECORD_HEADER ||
	    MESSAGE_HEADER + body > record) {
		return false; /* whatever is wrong, gathering finds it */
	}
	bytes += TLS_RECORD_HEADER + MESSAGE_HEADER;
	read_hello(tls, inspection, tls_cursor_bytes(bytes, body));
	return true;
}

/* A record's header is complete: only handshake messages may come before the ClientHello ends. */
static void begin_record(struct tls *tls, struct inspection *inspection)
{
	uint32_t length = load_be16(tls->record + 3);

	tls->record_have = 0;
	if (tls->record[0] != CONTENT_HANDSHAKE || length > RECORD_MAX) {
		give_up(tls, inspection, FLAW_MALFORMED);
		return;
	}
	tls->record_left = (uint16_t)length;
}

/* Bytes of the message, not more than belong to it as far as that is known. */
static void keep(struct tls *tls, struct inspection *inspection, const uint8_t *bytes,
		 size_t length)
{
	if (!text_append(inspection->pool, &tls->message, bytes, length)) {
		give_up(tls, inspection, FLAW_OVERSIZE);
		return;
	}
	tls->record_left = (uint16_t)(tls->record_left - length);
	if (tls->message_length == 0 && tls->message.length == MESSAGE_HEADER) {
		uint8_t header[MESSAGE_HEADER];

		text_copy(inspection->pool, &tls->message, 0, header, sizeof(header));
		tls->message_length = MESSAGE_HEADER + load_be24(header + 1);
	}
	if (tls->message_length > TLS_HELLO_MAX) {
		give_up(tls, inspection, FLAW_OVERSIZE);
	} else if (tls->message.length == tls->message_length) {
		read_gathered(tls, inspection);
	}
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The client's bytes, in any pieces. */
static void gather(struct tls *tls, struct inspection *inspection, const uint8_t *bytes,
		   size_t length)
{
	while (length != 0 && tls->state == TLS_HELLO) {
		size_t part = 1;

		if (tls->record_left == 0) {
			tls->record[tls->record_have++] = *bytes;
			if (tls->record_have == TLS_RECORD_HEADER) {
				begin_record(tls, inspection);
			}
		} else {
			uint32_t whole = tls->message_length != 0 ? tls->message_length :
								    MESSAGE_HEADER;

			part = least(length, tls->record_left);
			part = least(part, whole - tls->message.length);
			keep(tls, inspection, bytes, part);
		}
		bytes += part;
		length -= part;
		tls->records += (uint32_t)part;
		if (tls->records > TLS_RECORDS_MAX && tls->state == TLS_HELLO) {
			give_up(tls, inspection, FLAW_OVERSIZE); /* empty records without end */
		}
	}
}

/* ---- detection -------------------------------------------------- */

/* What the first bytes of a side say; OPENING_UNKNOWN as long as they allow for more than one
 * answer. Of versions only what all implementations check: those of a client's first record say
 * nothing (RFC 8446 section 5.1), and a server may take any that is not absurd. */
static enum opening opening_of_record(const uint8_t *head, unsigned have)
{
	bool alert = head[0] == CONTENT_ALERT;
	uint32_t length;

	if (have > 1 && head[1] >= 16) {
		return OPENING_FOREIGN;
	}
	if (have < TLS_RECORD_HEADER) {
		return OPENING_UNKNOWN;
	}
	length = load_be16(head + 3);
	if (length == 0 || length > RECORD_MAX || (alert && length != 2)) {
		return OPENING_FOREIGN;
	}
	if (have < TLS_HEAD_BYTES) {
		return OPENING_UNKNOWN;
	}
	if (alert) {
		return head[5] == 1 || head[5] == 2 ? OPENING_SERVER : OPENING_FOREIGN;
	}
	return head[5] == HANDSHAKE_CLIENT_HELLO ? OPENING_CLIENT :
	       head[5] == HANDSHAKE_SERVER_HELLO ? OPENING_SERVER :
						   OPENING_FOREIGN;
}

/* RFC 5246 appendix E.2, RFC 6101 appendix E: a length with the highest bit set, the type, the
 * version, or of a server's hello two small numbers. */
static enum opening opening_of_ssl2(const uint8_t *head, unsigned have)
{
	if (have < TLS_RECORD_HEADER) {
		return OPENING_UNKNOWN;
	}
	if (head[2] == 1 && (head[3] == 3 || (head[3] == 0 && head[4] == 2))) {
		return OPENING_CLIENT_2;
	}
	return head[2] == 4 && head[3] <= 1 && head[4] <= 1 ? OPENING_SERVER : OPENING_FOREIGN;
}

static enum opening opening_of(const struct tls_side *side)
{
	const uint8_t *head = side->head;

	if (head[0] == CONTENT_HANDSHAKE || head[0] == CONTENT_ALERT) {
		return opening_of_record(head, side->head_have);
	}
	return (head[0] & 0x80) != 0 ? opening_of_ssl2(head, side->head_have) : OPENING_FOREIGN;
}

/* Takes bytes for the head as long as it says nothing; returns how many. */
static size_t read_head(struct tls_side *side, const uint8_t *bytes, size_t length)
{
	size_t used = 0;

	while (used < length && side->opening == OPENING_UNKNOWN) {
		side->head[side->head_have++] = bytes[used++];
		side->opening = (uint8_t)opening_of(side);
	}
	return used;
}

static enum direction other(enum direction direction)
{
	return direction == TO_RESPONDER ? TO_ORIGINATOR : TO_RESPONDER;
}

struct chunk {
	const uint8_t *bytes;
	size_t length;
};

/* A side has begun with a ClientHello: its head, the last `used` bytes of which are the chunk's
 * first, and the rest of the chunk. */
static void begin_hello(struct tls *tls, struct inspection *inspection, enum direction direction,
			struct chunk chunk, size_t used)
{
	const struct tls_side *side = &tls->side[direction];

	tls->client = (uint8_t)direction;
	if (side->opening == OPENING_CLIENT_2) {
		tls->state = TLS_READ;
		return;
	}
	tls->state = TLS_HELLO;
	if (used != side->head_have || !read_in_place(tls, inspection, chunk.bytes, chunk.length)) {
		gather(tls, inspection, side->head, side->head_have);
		gather(tls, inspection, chunk.bytes + used, chunk.length - used);
	}
}

/* It is TLS for certain, and all that can be read of it was. */
static enum progress conclude(struct tls *tls, struct inspection *inspection)
{
	if (!tls->upgraded) {
		inspection->app = APP_TLS;
	}
	if (tls->flaw == FLAW_OVERSIZE) {
		inspect_anomaly(inspection, ANOMALY_TLS_HELLO_OVERSIZE, 0);
	} else if (tls->flaw == FLAW_MALFORMED) {
		inspect_anomaly(inspection, ANOMALY_TLS_MALFORMED, 0);
	}
	return PROGRESS_ENCRYPTED;
}

/* The sides do not begin as TLS does. */
static enum progress refuse(struct tls *tls, struct inspection *inspection)
{
	tls_end(tls, inspection);
	if (tls->upgraded) {
		tls->flaw = FLAW_MALFORMED;
		return conclude(tls, inspection);
	}
	if (inspection->app == APP_TLS) {
		inspection->app = APP_UNKNOWN;
	}
	return PROGRESS_NOT_MINE;
}

static bool is_client(const struct tls_side *side)
{
	return side->opening == OPENING_CLIENT || side->opening == OPENING_CLIENT_2;
}

enum progress tls_feed(struct tls *tls, struct inspection *inspection, enum direction direction,
		       const uint8_t *bytes, size_t length)
{
	struct tls_side *side = &tls->side[direction];
	const struct tls_side *peer = &tls->side[other(direction)];

	if (side->opening == OPENING_UNKNOWN) {
		size_t used = read_head(side, bytes, length);

		if (side->opening == OPENING_FOREIGN || (is_client(side) && is_client(peer)) ||
		    (side->opening == OPENING_SERVER && peer->opening == OPENING_SERVER)) {
			return refuse(tls, inspection);
		}
		if (is_client(side)) {
			begin_hello(tls, inspection, direction, (struct chunk){ bytes, length },
				    used);
		}
	} else if (tls->state == TLS_HELLO && tls->client == direction) {
		gather(tls, inspection, bytes, length);
	}
	if (tls->state == TLS_READ &&
	    (tls->upgraded || side->opening == OPENING_SERVER || peer->opening == OPENING_SERVER)) {
		return conclude(tls, inspection);
	}
	return PROGRESS_MORE;
}

enum progress tls_conclude(struct tls *tls, struct inspection *inspection)
{
	for (enum direction i = TO_RESPONDER; i <= TO_ORIGINATOR; i++) {
		bool whole = is_client(&tls->side[i]) ? tls->state == TLS_READ :
							tls->side[i].opening == OPENING_SERVER;

		if (whole && tls->side[other(i)].head_have == 0) {
			return conclude(tls, inspection);
		}
	}
	return PROGRESS_MORE;
}
