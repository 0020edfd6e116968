/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a protocol parser (ssh.c, dns.c, smtp.c, mail.c, tls.c) is given besides
 * its own state: the packet at hand, the pool, and the calls by which it says
 * what it saw. The parsers know nothing of flows, streams and policy; inspect.c
 * looks values up, decides with policy.c and writes the events.
 *
 * A value is matched the moment the parser is sure of it. The answer (drop,
 * reject …) collects in `verdict` and is applied by scanner.c to the frame.
 */
#ifndef SCANNER_INSPECT_H
#define SCANNER_INSPECT_H

#include "scanner/anomaly.h"
#include "scanner/event.h"
#include "scanner/field.h"
#include "scanner/set.h"

struct behaviour;
struct login_failures;
struct policy;
struct ssh_memory;

/* A parser's answer to bytes. */
enum progress {
	PROGRESS_MORE, /* go on feeding */
	PROGRESS_FINISHED, /* nothing more to learn from this flow */
	PROGRESS_NOT_MINE, /* after all not this protocol (only before APP is certain) */
	PROGRESS_ENCRYPTED, /* the rest is encrypted; finished, counted as such */
	PROGRESS_UPGRADED /* smtp.c to session.c only: what comes now is TLS */
};

struct inspection {
	struct pool *pool;
	struct event_ring *events;
	struct policy *policy;
	struct login_failures *logins; /* per server and peer, login_failures.h */
	struct ssh_memory *ssh_memory; /* ssh_memory.h; NULL: nothing is remembered */
	struct behaviour *behaviour; /* per inside server, behaviour.h */
	const struct set *set; /* NULL: no signatures loaded */
	uint64_t hash_budget; /* bytes of attachments that are hashed in one flow; 0: none */
	struct timestamp time; /* of the event */
	struct timestamp now; /* for timers: never goes back */
	struct timestamp begin; /* of the scanner: `now` of the first frame */
	uint64_t flow_id;
	uint64_t tx_id; /* the parser counts it up */
	struct event_tuple tuple; /* the flow's */
	uint8_t app; /* enum app, for events */
	uint8_t inside; /* bit 0: originator inside, bit 1: responder inside */
	uint8_t handshake; /* complete in both directions */
	uint8_t strayed; /* a frame of an inside end came in from outside */
	uint8_t direction; /* enum direction of the frame at hand */
	uint8_t port; /* enum port_side it came in on */
	uint8_t taken; /* enum taken: strongest action that took effect so far */
	uint8_t alerted; /* an alert was written */
	uint32_t content_sid; /* whose match in the content `taken` comes from; 0: of an address */
	/* The parser's description of itself for an alert's sibling object. */
	void (*describe)(const void *state, const struct inspection *inspection,
			 struct event *event);
	const void *state;
};

/* True when the set has any signature on `field`: ask before preparing a costly value. */
static inline bool inspect_wants(const struct inspection *inspection, enum field field)
{
	return inspection->set != NULL && set_has(inspection->set, field);
}

/* Brings a raw value into its canonical form, looks it up, reports and decides. `sender` is the
 * direction the matching bytes went. A value without a canonical form matches nothing. */
void inspect_value(struct inspection *inspection, enum field field, enum direction sender,
		   const uint8_t *value, size_t length);
/* The same for a value that is canonical already: a part of one, or one used otherwise too. */
void inspect_canonical(struct inspection *inspection, enum field field, enum direction sender,
		       const uint8_t *value, size_t length);
void inspect_shape(struct inspection *inspection, enum field field, enum direction sender,
		   enum shape shape);
/* For scanner.c: what address rules match the flow's originator and responder. `wait`: when one of
 * them is to quarantine, nothing is decided yet and the answer is true: ask again once it is known
 * whether the handshake completes. */
bool inspect_addresses(struct inspection *inspection, bool wait);
/* At most one event per flow and anomaly (while it is remembered, policy.h). What is reported by
 * server and window instead, behaviour.c writes itself. */
void inspect_anomaly(struct inspection *inspection, enum anomaly anomaly, uint32_t count);
/* A record with the head filled in, or NULL when the ring is full (counted). Commit with
 * event_commit(inspection->events, event). */
struct event *inspect_begin(struct inspection *inspection, enum event_type type);

#endif
