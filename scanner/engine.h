/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scanner's own state and the calls between its parts; scanner.h is what
 * others see. scanner.c takes bursts apart, lifecycle.c begins, judges and ends
 * flows, handshake.c, tcp.c and datagram.c read what is inspected, reset.c makes resets, release.c
 * lets go of what others may forward.
 */
#ifndef SCANNER_ENGINE_H
#define SCANNER_ENGINE_H

#include "scanner/flow.h"
#include "scanner/fragment.h"
#include "scanner/login_failures.h"
#include "scanner/policy.h"
#include "scanner/scanner.h"
#include "scanner/session.h"

/* A half-open flow's handshake, in place of a session. */
struct half_open {
	struct handshake handshake;
	uint16_t next_free; /* index + 1 */
};

#define INJECTIONS_MAX (2 * SCANNER_BURST_MAX)

/* A frame of the burst at hand. `way`: how it may go, the short way if its flow is finished. */
#define ARRIVAL_DECODED 0x80u /* `packet` is filled; alone: the long way in any case */

struct arrival {
	struct flow_lookup lookup;
	uint8_t way; /* 4 or 6: the short way, by the lookup in that table; and ARRIVAL_DECODED */
	struct flow *flow; /* found, but not for the short way; NULL: to be looked for */
	struct packet packet;
};

struct scanner {
	struct scanner_config config;
	struct scanner_counters counters;
	struct flow_table table[2]; /* IPv4, IPv6 */
	struct session_store sessions;
	struct half_open *half_open;
	uint16_t half_open_free; /* index + 1; 0: none */
	struct fragments *fragments;
	struct pool pool;
	struct event_ring events;
	struct login_failures *logins;
	struct ssh_memory ssh_memory;
	struct behaviour *behaviour; /* NULL: none is watched */
	struct policy policy;
	struct stream_limits limits;
	struct inspection inspection; /* of the frame at hand, on the slow path */
	bool checksum_partial; /* of the frame at hand: it may hold the pseudo header's sum */
	struct timestamp epoch; /* tick 0 */
	struct timestamp now; /* never goes back; the short way moves it on by ticks only */
	uint64_t ahead_ns; /* `now` is so much later than the frames: their clock was set back */
	uint64_t tick_end_ns; /* when the tick after `tick` begins, by the frames' clock */
	uint32_t tick;
	uint32_t expired; /* tick when timeouts were last looked at */
	struct arrival arrivals[SCANNER_BURST_MAX]; /* of the burst at hand */
	struct event_tuple begun[SCANNER_BURST_MAX]; /* of the flows begun by the burst at hand */
	uint32_t begun_count;
	struct injection injection[INJECTIONS_MAX];
	uint32_t injections, injections_taken;
};

/* One frame with its flow on the slow path. */
struct passage {
	const struct frame *frame;
	const struct packet *packet;
	struct flow_table *table;
	struct flow *flow;
	enum direction direction;
	uint8_t fate;
	uint8_t seen;
	bool astray; /* see engine_is_astray() */
};

/* Whether a frame came in on the port behind which its receiver lives, by where the flow's first
 * one came in. The receiver does not get it by this way, or had it already: it says nothing of what
 * either end did. Where ports are not known nothing is astray. */
static inline bool engine_is_astray(const struct flow *flow, enum direction direction, uint8_t port)
{
	bool from_outside = flow_inward(flow) == (direction == TO_RESPONDER);

	return port != PORT_ANY && (port == PORT_OUTSIDE) != from_outside;
}

/* A TCP flow's session by its `state`, or NULL. */
static inline struct session *engine_session(const struct scanner *scanner, const struct flow *flow)
{
	uint32_t index = flow->state;

	return flow->protocol == PROTOCOL_TCP && index > scanner->config.flows_half_open ?
		       &scanner->sessions.sessions[index - scanner->config.flows_half_open - 1] :
		       NULL;
}

/* A TCP flow's handshake, in its session or without one, or NULL. */
static inline struct handshake *engine_handshake(const struct scanner *scanner,
						 const struct flow *flow)
{
	struct session *session = engine_session(scanner, flow);

	if (session != NULL) {
		return &session->handshake;
	}
	return flow->protocol == PROTOCOL_TCP && flow->state != 0 ?
		       &scanner->half_open[flow->state - 1].handshake :
		       NULL;
}

/* --- lifecycle.c --- */

/* A new flow for the packet, judged by address and quarantine; NULL when the table is full of
 * flows in use. */
struct flow *lifecycle_begin(struct scanner *scanner, const struct frame *frame,
			     const struct packet *packet, const struct flow_lookup *lookup);
/* Points scanner->inspection at a flow and the time of its event. */
void lifecycle_prepare(struct scanner *scanner, struct flow_table *table, struct flow *flow,
		       enum direction direction, struct timestamp time);
/* The same for a packet that belongs to no flow: its sender counts as the originator, unless it is
 * a SYN-ACK. */
void lifecycle_prepare_packet(struct scanner *scanner, const struct packet *packet,
			      struct timestamp time);
/* Notes on which side the frame at hand came in: whether it is astray, and whether it says it is
 * from an inside end, but came in from outside. */
void lifecycle_note_side(struct scanner *scanner, struct passage *passage);
/* Addresses, quarantine and drops under the present policy. */
void lifecycle_judge(struct scanner *scanner, struct passage *passage);
/* The same, and what comes of it, for a packet that found no room in the flow table. Each one is
 * looked up. */
void lifecycle_judge_packet(struct scanner *scanner, struct passage *passage);
/* What was decided on the frame at hand takes effect on the flow and on the frame. */
void lifecycle_apply(struct scanner *scanner, struct passage *passage);
/* Reports what is left to report and frees the flow. */
void lifecycle_end(struct scanner *scanner, struct flow_table *table, struct flow *flow,
		   enum flow_reason reason);
/* The flow needs no inspection any more: `seen` says why, for all its further frames. */
void lifecycle_finish(struct scanner *scanner, struct flow_table *table, struct flow *flow,
		      enum seen seen);
/* Both sides are known to take part. */
void lifecycle_proven(struct scanner *scanner, struct flow_table *table, struct flow *flow);
/* A session for the flow, which takes over its handshake; NULL: none free. */
struct session *lifecycle_session(struct scanner *scanner, struct flow_table *table,
				  struct flow *flow);
/* Ends flows that timed out, a few per call. */
void lifecycle_expire(struct scanner *scanner);

/* --- tcp.c --- */

struct tcp {
	uint32_t sequence;
	uint32_t acknowledgement;
	uint32_t window; /* as in the header */
	uint8_t flags;
	struct segment segment; /* the payload */
};

/* A TCP packet of a flow that is not finished, or one with SYN, FIN or RST. */
void tcp_packet(struct scanner *scanner, struct passage *passage);
/* The short way of most acknowledgements: without payload, in a connection that both sides opened,
 * and with nothing to report or to end. False: it is none of those, and nothing was done. */
bool tcp_acknowledgement(struct scanner *scanner, struct passage *passage);
/* What is kept of a stream and can be read now. It may end the flow's inspection. */
void tcp_read_kept(struct scanner *scanner, struct passage *passage, struct session *session,
		   enum direction direction);

/* --- handshake.c --- */

/* What the packet says of the connection's opening. It may end the flow's inspection. */
void handshake_packet(struct scanner *scanner, struct passage *passage, struct handshake *handshake,
		      const struct tcp *tcp);

/* --- datagram.c --- */

/* A packet of any other protocol. */
void datagram_packet(struct scanner *scanner, struct passage *passage);

/* --- reset.c --- */

/* Resets to both ends of the connection that the packet belongs to. */
void reset_inject(struct scanner *scanner, const struct passage *passage);

#endif
