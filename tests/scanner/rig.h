/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole scanner on a bench: frames go in one at a time, and after every one of
 * them the books are checked (each frame in exactly one fate and one kind of
 * inspection), the events are taken out and the injections noted. rig_audit() looks
 * through all lists. A violation aborts, so that fuzz targets can use it, too.
 */
#ifndef TESTS_SCANNER_RIG_H
#define TESTS_SCANNER_RIG_H

#include "scanner/anomaly.h"
#include "scanner/engine.h"
#include "tests/scanner/frames.h"

#define RIG_NOTES 512u
#define RIG_NOTES_FREQUENT 100u /* of these are flows, and as many anomalies */
#define RIG_INJECTIONS 8u

/* An event, as much of it as tests ask for. */
struct note {
	uint16_t type; /* enum event_type */
	uint64_t flow_id, tx_id;
	struct event_tuple tuple;
	uint8_t app, inside, direction;
	struct timestamp time;
	struct event_alert alert;
	struct event_flow flow;
	struct event_anomaly anomaly;
	char software[64]; /* of an ssh event's client, or its ident's prefix */
	char message[64]; /* of an alert */
};

struct rig {
	struct scanner *scanner;
	struct scanner_config config;
	void *memory;
	size_t memory_size;
	struct timestamp now; /* of the next frame; each takes step_ns */
	uint64_t step_ns;
	uint64_t rx[SCANNER_PORTS], rx_bytes[SCANNER_PORTS];
	bool reading; /* events are taken out after every frame */
	uint32_t events[EVENT_TYPE_COUNT];
	uint32_t anomalies[ANOMALY_COUNT];
	struct note notes[RIG_NOTES]; /* the first ones */
	uint32_t note_count;
	struct injection injections[RIG_INJECTIONS]; /* the first ones */
	uint32_t injection_count;
	struct set set;
	uint8_t *blob;
	struct verdict last;
	uint32_t release_min; /* frames before a way may be released */
	bool releases; /* the last frame's way */
	struct release released;
};

/* What is counted of servers, as Kconfig has it by default. */
extern const struct behaviour_config rig_behaviour;
/* Small, with an inside net of 10.0.0.0/8 and fd00::/8; monitoring, without a set. */
struct scanner_config rig_config(void);
/* `config` NULL: rig_config(). */
void rig_open(struct rig *rig, const struct scanner_config *config);
/* Frames went in past the rig: its books are the scanner's from here on. */
void rig_take_books(struct rig *rig);
/* Ends all flows and checks that nothing is left. Its memory serves the next rig_open(). */
void rig_close(struct rig *rig);

/* Signature lines become the published set (NULL: none). */
void rig_publish(struct rig *rig, const char *signatures, bool enforcing);

struct verdict rig_frame(struct rig *rig, const uint8_t *bytes, uint32_t length,
			 enum port_side port);
static inline struct verdict rig_wire(struct rig *rig, struct wire *wire, enum port_side port)
{
	return rig_frame(rig, wire_data(wire), wire_length(wire), port);
}
/* A segment of a connection from an outside client: its port follows from its direction. */
struct verdict rig_send(struct rig *rig, struct connection *connection, enum direction direction,
			uint8_t flags, const char *text);
struct verdict rig_odd(struct rig *rig, const struct connection *connection, const struct odd *odd);
/* SYN, SYN-ACK, ACK. */
void rig_handshake(struct rig *rig, struct connection *connection);

void rig_drain(struct rig *rig);
void rig_expire(struct rig *rig);
void rig_flush(struct rig *rig);
void rig_audit(const struct rig *rig);

/* The flow of a connection, or NULL. */
struct flow *rig_flow(const struct rig *rig, const struct connection *connection);
/* The alert of a signature, or NULL; `nth` from 0. */
const struct note *rig_alert(const struct rig *rig, uint32_t sid, unsigned nth);
const struct note *rig_note(const struct rig *rig, enum event_type type, unsigned nth);
uint64_t rig_fate(const struct rig *rig, enum fate fate);
uint64_t rig_seen(const struct rig *rig, enum seen seen);

#endif
