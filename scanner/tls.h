/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS (RFC 8446, RFC 5246): the ClientHello, on any port and after STARTTLS, also when
 * it comes in several records and segments. Matches tls.sni, tls.ja3 and tls.ja4,
 * writes one `tls` event, and then there is nothing left to read: the rest of the
 * flow is encrypted. Called by session.c with in-order bytes of both directions.
 *
 *   tls_hello.c  the message taken apart
 *   tls_ja.c     its fingerprints
 *
 * A ClientHello is matched and reported as soon as it is whole; whoever sends it is
 * the client. But it is no proof: to a server of another protocol that overlooks what
 * it does not understand, it may be a disguise for what follows. So a flow is TLS for
 * certain only once the other side has answered in kind (a ServerHello or an alert), or
 * no other protocol is possible any more (tls_conclude()). Until then the other parsers
 * go on reading, and an answer of another kind ends this one's part. After STARTTLS
 * nothing else is possible, and no answer is waited for.
 *
 * A second ClientHello, after HelloRetryRequest, is not read. Recognised, but not read: the
 * ClientHello in the format of SSL 2.0 (RFC 5246 appendix E.2), one beyond
 * TLS_HELLO_MAX (anomaly tls-hello-oversize), one that breaks a rule (tls-malformed); and
 * traffic of which only the server's half is seen.
 *
 * Kept in the pool: a ClientHello that is not whole in one piece, while it is read.
 * Data core only.
 */
#ifndef SCANNER_TLS_H
#define SCANNER_TLS_H

#include "scanner/inspect.h"

#define TLS_HELLO_MAX 16384u /* of the message, with its type and length */
#define TLS_RECORDS_MAX (6u * TLS_HELLO_MAX) /* bytes of the records that carry it */

#define TLS_RECORD_HEADER 5u
#define TLS_HEAD_BYTES (TLS_RECORD_HEADER + 1u) /* enough to say what a side begins with */

/* What one side sends first. */
struct tls_side {
	uint8_t head[TLS_HEAD_BYTES];
	uint8_t head_have;
	uint8_t opening; /* enum opening of tls.c */
};

struct tls {
	struct tls_side side[2]; /* by enum direction: the sender's */
	struct text message; /* of the ClientHello, as far as it came */
	uint32_t message_length; /* as it says; 0 before that is known */
	uint32_t records; /* bytes of the records so far */
	uint16_t record_left;
	uint8_t record[TLS_RECORD_HEADER]; /* header of the record at hand */
	uint8_t record_have;
	uint8_t client; /* enum direction of what the client sends; valid beyond TLS_OPENING */
	uint8_t state; /* enum tls_state */
	uint8_t flaw; /* enum flaw of tls.c: why it could not be read */
	bool upgraded;
};

enum tls_state {
	TLS_OPENING, /* no ClientHello so far */
	TLS_HELLO, /* it has begun */
	TLS_READ /* or given up */
};

static_assert(sizeof(struct tls) <= 200, "every inspected flow has room for it");

/* `upgraded`: it follows STARTTLS, so it is TLS or nothing. */
void tls_init(struct tls *tls, bool upgraded);
/* The next in-order bytes of what is sent in `direction`. PROGRESS_NOT_MINE only while not certain.
 * PROGRESS_ENCRYPTED once the ClientHello was read, or cannot be read, and the flow is TLS for
 * certain: all blocks are given back. inspection->app becomes APP_TLS with the event, and again
 * APP_UNKNOWN with PROGRESS_NOT_MINE, unless it follows STARTTLS. */
enum progress tls_feed(struct tls *tls, struct inspection *inspection, enum direction direction,
		       const uint8_t *bytes, size_t length);
/* No other protocol is possible: PROGRESS_ENCRYPTED when one side has begun with TLS and the other
 * has said nothing yet, else PROGRESS_MORE. */
enum progress tls_conclude(struct tls *tls, struct inspection *inspection);
/* Bytes were lost, the flow ended, or it is another protocol: all blocks are given back. There is
 * nothing to report that was not reported before. */
void tls_end(struct tls *tls, struct inspection *inspection);

#endif
