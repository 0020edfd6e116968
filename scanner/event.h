/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the scanner reports: records of a fixed head and a list of attributes,
 * written in place into a ring that one core fills (the data core) and one core
 * reads (management). Nothing waits: a record that finds no room is counted as
 * lost. The records are encoded as EVE JSON by firmware/eve.c; the texts in
 * them are bytes off the wire, not UTF-8, not terminated.
 */
#ifndef SCANNER_EVENT_H
#define SCANNER_EVENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scanner/pool.h"
#include "scanner/timestamp.h"

enum event_type {
	EVENT_SSH,
	EVENT_DNS,
	EVENT_FLOW,
	EVENT_ANOMALY,
	EVENT_ALERT,
	EVENT_SMTP,
	EVENT_TLS,
	EVENT_FILEINFO,
	EVENT_TYPE_COUNT,
	EVENT_SKIP = 0xffff /* inside the ring only: the rest up to its end is unused */
};

/* Application protocol of a flow, as told by content. */
enum app { APP_UNKNOWN, APP_SSH, APP_DNS, APP_SMTP, APP_TLS, APP_OTHER, APP_COUNT };

/* Which way bytes go: named by who receives them. */
enum direction { TO_RESPONDER = 0, TO_ORIGINATOR = 1 };

#define VLAN_NONE 0xffffu

/* A flow's addresses as its originator sent them (EVE src_ and dest_); ports in host order. */
struct event_tuple {
	uint8_t family; /* 4 or 6 */
	uint8_t protocol; /* IPPROTO_… */
	uint16_t vlan[2]; /* outer, inner VLAN id; VLAN_NONE where there is none */
	uint16_t source_port;
	uint16_t destination_port;
	uint8_t source[16]; /* network order; IPv4 in the first four bytes, the rest zero */
	uint8_t destination[16];
};

enum event_attribute_kind {
	ATTRIBUTE_SSH_CLIENT_PROTOCOL = 1, /* text "2.0" */
	ATTRIBUTE_SSH_CLIENT_SOFTWARE, /* text, softwareversion without comments */
	ATTRIBUTE_SSH_CLIENT_HASSH, /* 32 hex characters */
	ATTRIBUTE_SSH_CLIENT_HASSH_STRING, /* text kex;enc;mac;comp */
	ATTRIBUTE_SSH_CLIENT_HASSH_CORE, /* 32 hex characters */
	ATTRIBUTE_SSH_CLIENT_IDENT_SHAPE, /* one byte, enum shape; may repeat */
	ATTRIBUTE_SSH_CLIENT_IDENT_PREFIX, /* text, only with an Ebury shape: 4 characters, in
					      place of the software, which is a secret */
	ATTRIBUTE_SSH_SERVER_PROTOCOL,
	ATTRIBUTE_SSH_SERVER_SOFTWARE,
	ATTRIBUTE_SSH_SERVER_HASSH,
	ATTRIBUTE_SSH_SERVER_HASSH_STRING,
	ATTRIBUTE_SSH_SERVER_HASSH_CORE,
	ATTRIBUTE_SSH_SERVER_IDENT_SHAPE,
	ATTRIBUTE_SSH_SERVER_IDENT_PREFIX,
	ATTRIBUTE_SSH_HOSTKEY_SHA256, /* 43 base64 characters */
	ATTRIBUTE_SSH_HOSTKEY_TYPE, /* text "ssh-ed25519" */
	ATTRIBUTE_DNS_QUERY, /* struct event_dns */
	ATTRIBUTE_DNS_NAME, /* text, dotted, as on the wire; redacted already where it must be */
	ATTRIBUTE_DNS_SHAPE, /* one byte, enum shape */
	ATTRIBUTE_FLOW, /* struct event_flow */
	ATTRIBUTE_ANOMALY, /* struct event_anomaly */
	ATTRIBUTE_ALERT, /* struct event_alert */
	ATTRIBUTE_ALERT_MESSAGE, /* text: msg */
	ATTRIBUTE_ALERT_REFERENCE, /* text: ref */
	ATTRIBUTE_ALERT_CLASS, /* text: class */
	ATTRIBUTE_SMTP_HELO, /* text: what followed EHLO or HELO */
	ATTRIBUTE_SMTP_HELO_SHAPE, /* one byte, enum shape; may repeat */
	ATTRIBUTE_SMTP_BANNER, /* text of the server's greeting, behind 220 */
	ATTRIBUTE_SMTP_AUTH_MECHANISM, /* text, upper case; nothing else of AUTH is ever kept */
	ATTRIBUTE_SMTP_MAIL_FROM, /* text with its brackets: "<a@b>", "<>" */
	ATTRIBUTE_SMTP_RCPT_TO, /* struct event_smtp_rcpt, then text with its brackets; repeats */
	ATTRIBUTE_SMTP, /* struct event_smtp */
	ATTRIBUTE_SMTP_SHAPE, /* one byte, enum shape; may repeat */
	ATTRIBUTE_MAIL_FROM, /* text of the field, unfolded, RFC 2047 words decoded to UTF-8 */
	ATTRIBUTE_MAIL_TO, /* one address each; repeats */
	ATTRIBUTE_MAIL_CC, /* the same */
	ATTRIBUTE_MAIL_DATE, /* text */
	ATTRIBUTE_MAIL_SUBJECT, /* text, decoded like From */
	ATTRIBUTE_MAIL_MESSAGE_ID, /* text with its brackets */
	ATTRIBUTE_MAIL_X_MAILER, /* text */
	ATTRIBUTE_MAIL_RECEIVED, /* text, unfolded; repeats, first one first */
	ATTRIBUTE_MAIL_ATTACHMENT, /* text: a part's name, decoded; repeats */
	ATTRIBUTE_MAIL_HEADER_ORDER, /* text: canonical, see field.h */
	ATTRIBUTE_MAIL_BOUNDARY_SHAPE, /* text: canonical; may repeat */
	ATTRIBUTE_FILE, /* struct event_file */
	ATTRIBUTE_FILE_NAME, /* text, decoded */
	ATTRIBUTE_TLS_SNI, /* text, as sent */
	ATTRIBUTE_TLS_JA3, /* 32 hex characters */
	ATTRIBUTE_TLS_JA3_STRING, /* text */
	ATTRIBUTE_TLS_JA4, /* 36 characters */
	ATTRIBUTE_TLS_ALPN, /* text: a protocol the client offers; repeats */
	ATTRIBUTE_KIND_COUNT
};

/* One recipient; the text with its brackets follows. */
struct event_smtp_rcpt {
	uint16_t code; /* of the reply to RCPT; 0: none was seen */
};

enum smtp_starttls { SMTP_STARTTLS_NONE, SMTP_STARTTLS_ACCEPTED, SMTP_STARTTLS_REFUSED };

/* What became of a transaction. */
struct event_smtp {
	/* Of the reply to the end of data or the last BDAT, or to a DATA or BDAT that was refused;
	 * 0: none was seen. */
	uint16_t data_code;
	uint16_t refused_code; /* the last that refused MAIL, DATA, BDAT or the client; 0: none */
	uint8_t starttls; /* enum smtp_starttls, of the session so far */
	uint8_t complete; /* the end of the message was seen */
	uint8_t pad[2];
	uint64_t size; /* bytes of the message as sent, without stuffed dots */
};

enum file_state { FILE_STATE_CLOSED, FILE_STATE_TRUNCATED };

/* A MIME part that is an attachment, decoded. */
struct event_file {
	uint64_t size; /* bytes decoded */
	uint8_t state; /* enum file_state: truncated when its end was not seen */
	uint8_t hashed; /* sha256 is valid: closed, and within the budget */
	uint8_t pad[6];
	uint8_t sha256[32];
};

struct event_dns {
	uint16_t id;
	uint16_t flags; /* as on the wire, host order */
	uint16_t type;
	uint16_t class;
};

enum flow_state { FLOW_STATE_NEW, FLOW_STATE_ESTABLISHED, FLOW_STATE_CLOSED };
enum flow_reason { FLOW_REASON_TIMEOUT, FLOW_REASON_FORCED /* evicted */, FLOW_REASON_SHUTDOWN };

struct event_flow {
	uint64_t packets[2]; /* by enum direction */
	uint64_t bytes[2]; /* whole frames */
	struct timestamp start;
	struct timestamp end;
	uint8_t state; /* enum flow_state */
	uint8_t reason; /* enum flow_reason */
	uint8_t alerted;
	uint8_t seen; /* enum seen: how it was last inspected, or why not */
};

struct event_anomaly {
	uint16_t anomaly; /* enum anomaly */
	uint16_t pad;
	uint32_t count; /* what crossed a threshold; 0 where nothing is counted */
	uint32_t window_s; /* in which it was counted; 0: not told */
};

/* What was done to the frame that matched, and what kept a stronger action from being taken. */
enum taken { TAKEN_ALLOWED, TAKEN_DROPPED, TAKEN_REJECTED, TAKEN_QUARANTINED };
enum alert_guard {
	GUARD_NONE,
	GUARD_NOT_INSIDE, /* quarantine: the bytes were not sent by an inside server for certain */
	GUARD_HANDSHAKE, /* quarantine: no complete handshake in both directions */
	GUARD_FULL, /* quarantine: as many servers as configured are in quarantine */
	GUARD_NO_RESET /* reject: not a TCP flow, nothing to reset */
};

struct event_alert {
	uint32_t sid;
	uint32_t revision;
	uint8_t severity; /* 1 critical … 4 low */
	uint8_t taken; /* enum taken: what happened to the frame */
	uint8_t would; /* enum taken: what enforcing does (equal to `taken` when enforcing) */
	uint8_t guard; /* enum alert_guard */
	uint8_t field; /* enum field that matched */
	uint8_t enforcing; /* the mode at that moment */
	uint8_t settled; /* `taken` is what became of the frame in the end */
	uint8_t pad;
	uint32_t quarantine_s; /* 0 unless the action is quarantine */
};

struct event {
	uint32_t size; /* of the whole record, a multiple of 8 */
	uint16_t type; /* enum event_type */
	uint8_t app; /* enum app; the sibling object of an alert */
	uint8_t direction; /* enum direction of the frame that gave rise to it */
	struct timestamp time;
	uint64_t flow_id; /* ≤ 2^51; 0 when there is no flow */
	uint64_t tx_id; /* counts the transactions of a flow from 0 */
	struct event_tuple tuple;
	uint8_t inside; /* bit 0: the originator is inside, bit 1: the responder is */
	uint8_t truncated; /* attributes that found no room: how many (saturates) */
	uint8_t pad[2];
};

struct event_attribute {
	uint16_t kind;
	uint16_t length; /* of data, without the padding to 8 */
	uint32_t pad;
	uint8_t data[];
};

/* The largest record; attributes beyond it are left out and counted in `truncated`. */
#define EVENT_MAX_BYTES 16384u

/* Single producer (d), single consumer (m). Head and tail are free-running byte counts. */
struct event_ring {
	uint8_t *base;
	uint32_t mask;
	_Alignas(64) _Atomic uint32_t head; /* (d) up to here the consumer may read */
	uint32_t written; /* (d) up to here records are whole; ahead of head only while held */
	uint32_t tail_seen; /* (d) */
	bool held; /* (d) */
	_Atomic uint64_t lost; /* (d) records that found no room */
	_Alignas(64) _Atomic uint32_t
		*tail; /* (m) never changes; where it points, the consumer writes */
	_Atomic uint32_t own_tail;
};

/* `bytes`: a power of two, ≥ 4 × EVENT_MAX_BYTES; `memory` aligned to 8. */
void event_ring_init(struct event_ring *ring, void *memory, uint32_t bytes);
/* The consumer's word, where it may not write to the ring's memory. Before any record. */
void event_ring_use_tail(struct event_ring *ring, _Atomic uint32_t *tail);

/* Producer. A record is written between begin and commit; begin returns NULL when there is no
 * room (counted as lost). The head is zeroed but for size and type. */
struct event *event_begin(struct event_ring *ring, enum event_type type);
/* A new attribute: where its `length` bytes are to be written, or NULL when the record is full. */
uint8_t *event_add(struct event *event, enum event_attribute_kind kind, size_t length);
void event_put(struct event *event, enum event_attribute_kind kind, const void *data,
	       size_t length);
void event_put_text(struct event *event, enum event_attribute_kind kind, const struct pool *pool,
		    const struct text *text);
void event_commit(struct event_ring *ring, struct event *event);
/* Between hold and publish the consumer sees no new record: what happens to a frame is known only
 * after its last match, and its alerts are corrected in place until then. */
static inline void event_hold(struct event_ring *ring)
{
	ring->held = true;
}
void event_publish(struct event_ring *ring);
/* The records since hold, oldest first: `*at` is event_held() at first, and moves on. NULL: no
 * more. */
static inline uint32_t event_held(struct event_ring *ring)
{
	return atomic_load_explicit(&ring->head, memory_order_relaxed);
}
struct event *event_next_held(const struct event_ring *ring, uint32_t *at);
/* Bytes that begin could still use; what a caller that must not lose records checks first. */
uint32_t event_ring_room(const struct event_ring *ring);

/* Whether the consumer has something to read; for the producer, which may wake it. */
bool event_ring_waits(const struct event_ring *ring);

/* Consumer. The oldest record or NULL; it stays valid until released. */
const struct event *event_peek(struct event_ring *ring);
void event_release(struct event_ring *ring, const struct event *event);

#define EVENT_ALIGN(n) (((n) + 7u) & ~(size_t)7u)

/* Walks the attributes: NULL first, then the one before; NULL at the end. */
static inline const struct event_attribute *
event_next_attribute(const struct event *event, const struct event_attribute *after)
{
	const uint8_t *end = (const uint8_t *)event + event->size;
	const uint8_t *at = after == NULL ? (const uint8_t *)(event + 1) :
					    after->data + EVENT_ALIGN(after->length);

	return at < end ? (const void *)at : NULL;
}
/* The first attribute of a kind, or NULL. */
const struct event_attribute *event_find(const struct event *event, enum event_attribute_kind kind);

#endif
