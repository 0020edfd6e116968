/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS over UDP and TCP (RFC 1035): finds the queries in what a flow carries,
 * matches dns.query and dns.shape and writes one `dns` event a question.
 * Called by inspect.c with whole UDP payloads and with in-order TCP bytes.
 *
 * Known by content on any port; one port being 53 only makes the parser more
 * lenient, and says that what does not parse is worth a report. Only header and
 * questions are kept. Records are walked to see that a message is whole, their
 * data is never looked at. Responses are recognised and not reported.
 *
 * As soon as a flow is certain to be DNS, inspection->app is set to APP_DNS.
 * The parser itself points inspection->describe at dns_describe() while a query
 * is being matched, and puts back what was there. inspection->tx_id is the number
 * of the next query of the flow: the caller keeps it between calls.
 */
#ifndef SCANNER_DNS_H
#define SCANNER_DNS_H

#include "scanner/dns_message.h"
#include "scanner/inspect.h"

/* One UDP payload, whole. Returns false when it is not DNS; nothing was reported then, except
 * with port_53 (one side's port is 53): anomaly dns-malformed and shape udp53-not-dns. */
bool dns_datagram(struct inspection *inspection, enum direction sender, bool port_53,
		  const uint8_t *payload, size_t length);

/* One direction of DNS over TCP: the message being read. */
struct dns_reader {
	uint16_t length; /* of the message, by its prefix */
	uint16_t have; /* bytes of prefix and head so far */
	uint16_t name; /* where in head the next label's length byte is expected */
	uint16_t left; /* bytes of the message still to come */
	uint8_t questions; /* of this message, still to come */
	uint8_t state; /* enum reader_state of dns.c */
	uint8_t head[2 + DNS_HEADER_BYTES + DNS_NAME_MAX + 4]; /* prefix, header, the question */
};

struct dns_stream {
	struct dns_reader reader[2]; /* by enum direction */
	bool certain; /* a whole question, or more, was read */
	bool heard[2]; /* by enum direction: it sent a message that is one */
};

static_assert(sizeof(struct dns_stream) <= 600, "every inspected flow has room for it");

void dns_stream_init(struct dns_stream *stream);

/* The next bytes of one direction, in any pieces. PROGRESS_NOT_MINE as soon as it cannot be DNS,
 * only while not certain, or if what the other direction begins with is something else (but not on
 * port 53); inspection->app is APP_UNKNOWN then. Later nonsense is an anomaly, and the next message
 * is tried. PROGRESS_FINISHED when both directions have ended. */
enum progress dns_stream_feed(struct dns_stream *stream, struct inspection *inspection,
			      enum direction sender, const uint8_t *bytes, size_t length);

static inline bool dns_stream_is_certain(const struct dns_stream *stream)
{
	return stream->certain;
}

/* Both directions say that it is. Of one alone it may be a disguise, which the other overlooks. */
static inline bool dns_stream_is_agreed(const struct dns_stream *stream)
{
	return stream->certain && stream->heard[0] && stream->heard[1];
}

/* One direction ended in order (FIN): half a message is an anomaly. */
void dns_stream_end(struct dns_stream *stream, struct inspection *inspection,
		    enum direction sender);

/* For inspection->describe: writes the query being matched into an alert. `state` is the parser's
 * own (see above). */
void dns_describe(const void *state, const struct inspection *inspection, struct event *event);

#endif
