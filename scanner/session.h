/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parse state of one inspected TCP flow: both streams, the protocol parsers
 * and what is known of the handshake; and the bounded store of such states.
 * tcp.c feeds it. Sessions of flows whose handshake is not complete are bounded
 * apart and recycled among themselves, so that made-up flows never displace one
 * that is being read.
 *
 * Data core only.
 */
#ifndef SCANNER_SESSION_H
#define SCANNER_SESSION_H

#include "scanner/dns.h"
#include "scanner/inspect.h"
#include "scanner/mail.h"
#include "scanner/smtp.h"
#include "scanner/ssh.h"
#include "scanner/stream.h"
#include "scanner/tls.h"

#define SESSION_NONE UINT16_MAX

/* What is known of a connection's start. Index: enum direction of the sender. */
struct handshake {
	uint32_t isn[2];
	uint32_t data[2]; /* bytes that came with the SYN */
	uint32_t again; /* the originator's SYN behind one that was answered */
	uint16_t window[2]; /* that the SYN offered; 0: none, or it was not seen */
	uint8_t scale[2]; /* window scale that the SYN offered, plus 1; 0: none */
	uint8_t syn; /* bit per direction: it sent a SYN */
	uint8_t acknowledged; /* bit per direction: it acknowledged the other's SYN */
	uint8_t kept; /* bit per direction: the SYN's data is kept, not read yet */
	uint8_t heard; /* bit per direction: a frame of it that was not astray */
	bool again_seen;
	bool refused; /* the SYN was reset, and nothing came since */
	bool waiting; /* an address rule waits for the handshake to complete */
	bool homed; /* a frame came in on the inside port: who lives there is certain */
	bool strayed; /* data of an inside end came in from outside: not all bytes are its own */
};

#define SCALE_UNKNOWN 0xff /* offered by a SYN that went by unseen */

/* Protocols still possible, or the one it is. */
enum candidate { CANDIDATE_SSH = 1, CANDIDATE_DNS = 2, CANDIDATE_TLS = 4, CANDIDATE_SMTP = 8 };

struct session {
	struct stream stream[2]; /* by enum direction: the bytes that go that way */
	struct handshake handshake;
	struct flow *flow;
	struct flow_table *table;
	struct event_tuple tuple; /* the flow's, as are its id and `inside`: see inspect.h */
	uint64_t flow_id;
	uint64_t tx_id;
	uint32_t cut_sid; /* whose match cut the flow; 0: none */
	uint16_t previous, next; /* in its list, by age */
	uint8_t list; /* enum session_list */
	uint8_t inside;
	uint8_t candidates; /* enum candidate bits */
	bool settled; /* session_settle() was called since the last payload */
	union {
		struct { /* until the flow is SMTP and nothing else */
			struct ssh ssh;
			struct dns_stream dns;
		};
		struct mail mail; /* from then on */
	};
	struct smtp smtp;
	struct tls tls;
};

enum session_list {
	SESSIONS_FREE,
	SESSIONS_UNPROVEN,
	SESSIONS_CLOSED, /* reset, or ended by both sides: data is not expected any more */
	SESSIONS_PROVEN,
	SESSION_LISTS
};

struct session_store {
	struct session *sessions;
	uint32_t count;
	uint32_t unproven_max;
	struct {
		uint16_t oldest, newest;
		uint32_t count;
	} list[SESSION_LISTS];
};

void session_store_init(struct session_store *store, void *memory, uint32_t count);
/* A free session, appended to `list` and begun, or NULL. */
struct session *session_take(struct session_store *store, enum session_list list);
void session_move(struct session_store *store, struct session *session, enum session_list list);
struct session *session_oldest(const struct session_store *store, enum session_list list);

static inline uint16_t session_index(const struct session_store *store,
				     const struct session *session)
{
	return (uint16_t)(session - store->sessions);
}

/* In-order bytes for the parsers. What the flow is now: PROGRESS_MORE, or an answer that ends its
 * inspection (NOT_MINE: none of the known protocols). Sets inspection->app once certain. */
enum progress session_feed(struct session *session, struct inspection *inspection,
			   enum direction direction, const uint8_t *bytes, size_t length);
/* Bytes were lost for good: reports what is known. */
void session_gap(struct session *session, struct inspection *inspection, enum direction direction);
/* The connection was reset or has fallen silent: matches what waits for more, and reads on. */
void session_settle(struct session *session, struct inspection *inspection);
/* Reports what is known and gives all blocks back. The session itself stays taken. */
void session_end(struct session *session, struct inspection *inspection);
/* The same, and it begins anew: what it read was not what the receiver took. */
void session_restart(struct session *session, struct inspection *inspection);

#endif
