/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How TCP connections begin (tcp.c has the rest): which of several SYNs counts is
 * said by the answer to it, and so is whether data on it was taken; who acknowledges
 * what the other sent takes part in earnest. Simultaneous and split openings and
 * those that were seen from the SYN-ACK on are the same thing here: each side's SYN
 * and its acknowledgement, in any order.
 *
 * Sources: RFC 9293 section 3.5, RFC 5961, RFC 7323 (window scale), RFC 7413 (data
 * on a SYN).
 */
#include "scanner/engine.h"

/* How far an acknowledgement may lie beyond the SYN that it is the first for: a window, which is
 * not scaled yet. A blind guess is right once in 65,536 times. */
#define FIRST_WINDOW 65535u

static enum direction reverse(enum direction direction)
{
	return direction == TO_RESPONDER ? TO_ORIGINATOR : TO_RESPONDER;
}

/* The window scale of a SYN (RFC 7323), plus one; 0: it does not offer any. */
static uint8_t offered_scale(const struct packet *packet)
{
	const uint8_t *at = packet->l4 + 20;
	const uint8_t *end = packet->l4 + packet->payload_offset;

	while (at < end && *at != 0) {
		if (*at == 1) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] < 2 || at[1] > end - at) {
			break;
		}
		if (at[0] == 3 && at[1] == 3) {
			return (uint8_t)((at[2] <= 14 ? at[2] : 14) + 1);
		}
		at += at[1];
	}
	return 0;
}

/* The stream begins where its SYN says, unless it has begun elsewhere in earnest. */
static void begin_stream(struct scanner *scanner, const struct passage *passage,
			 struct handshake *handshake, enum direction direction)
{
	struct session *session = engine_session(scanner, passage->flow);
	struct stream *stream = session != NULL ? &session->stream[direction] : NULL;
	uint8_t bit = (uint8_t)(1u << direction);

	/* of what is kept, only a SYN's data may go */
	if (stream != NULL &&
	    (!stream->started || (stream->next == stream->acknowledged &&
				  (stream->first == POOL_NONE || (handshake->kept & bit) != 0)))) {
		stream_release(stream, &scanner->pool);
		stream_start(stream, handshake->isn[direction] + 1, true);
		handshake->kept &= (uint8_t)~bit;
	}
}

/* A SYN-ACK names the SYN that it answers. */
static void choose_syn(struct scanner *scanner, const struct passage *passage,
		       struct handshake *handshake, uint32_t acknowledgement)
{
	uint32_t taken = acknowledgement - handshake->isn[TO_RESPONDER] - 1;
	bool known = (handshake->syn >> TO_RESPONDER & 1) != 0;

	if (!known) {
		/* it would not offer a scale of its own, had the SYN not done so */
		handshake->scale[TO_RESPONDER] =
			handshake->scale[TO_ORIGINATOR] != 0 ? SCALE_UNKNOWN : 0;
		handshake->syn |= 1u << TO_RESPONDER;
	}
	if (!known || taken > handshake->data[TO_RESPONDER]) {
		handshake->isn[TO_RESPONDER] = acknowledgement - 1;
		handshake->data[TO_RESPONDER] = 0;
		begin_stream(scanner, passage, handshake, TO_RESPONDER);
	}
}

static void on_syn(struct scanner *scanner, const struct passage *passage,
		   struct handshake *handshake, const struct tcp *tcp)
{
	enum direction direction = passage->direction;
	bool answers = (tcp->flags & TCP_ACK) != 0;
	bool again = (handshake->syn >> direction & 1) != 0 &&
		     handshake->isn[direction] == tcp->sequence;

	if (direction == TO_ORIGINATOR && !answers) {
		inspect_anomaly(&scanner->inspection, ANOMALY_STREAM_SPLIT_HANDSHAKE, 0);
	}
	if (tcp->segment.length != 0) {
		inspect_anomaly(&scanner->inspection, ANOMALY_STREAM_DATA_ON_SYN, 0);
	}
	if ((handshake->acknowledged >> reverse(direction) & 1) != 0) {
		/* One was answered: this one changes nothing (RFC 5961), unless it is, too. */
		if (direction == TO_RESPONDER && !answers) {
			handshake->again = tcp->sequence;
			handshake->again_seen = true;
		}
		return;
	}
	if (!again) {
		handshake->isn[direction] = tcp->sequence;
		handshake->data[direction] = 0;
		handshake->syn |= (uint8_t)(1u << direction);
		begin_stream(scanner, passage, handshake, direction);
	}
	handshake->window[direction] = (uint16_t)tcp->window;
	handshake->scale[direction] = offered_scale(passage->packet);
	if (handshake->data[direction] < tcp->segment.length) {
		handshake->data[direction] = tcp->segment.length;
	}
	if (direction == TO_ORIGINATOR && answers) {
		choose_syn(scanner, passage, handshake, tcp->acknowledgement);
	}
}

/* The first acknowledgement of a SYN says what became of what was sent with it. */
static void settle_opening(struct scanner *scanner, struct passage *passage,
			   struct handshake *handshake, const struct tcp *tcp)
{
	enum direction sender = reverse(passage->direction);
	struct session *session = engine_session(scanner, passage->flow);
	struct stream *stream = session != NULL ? &session->stream[sender] : NULL;
	uint32_t begin = handshake->isn[sender] + 1;
	bool kept = (handshake->kept >> sender & 1) != 0;

	handshake->kept = (uint8_t)(handshake->kept & ~(1u << sender));
	if (stream == NULL || !stream->started) {
		return;
	}
	if (kept && tcp->acknowledgement == begin) {
		stream_release(stream, &scanner->pool);
		stream_start(stream, begin, true);
	} else if (kept) {
		tcp_read_kept(scanner, passage, session, sender);
	} else if ((tcp->flags & TCP_SYN) != 0 && passage->flow->packets[TO_ORIGINATOR] == 1 &&
		   stream->next != tcp->acknowledgement) {
		/* What came behind the SYN before it was answered was not taken. */
		session_restart(session, &scanner->inspection);
		stream_start(stream, begin, true);
	}
}

/* A repeated SYN to an address that waits for the handshake: it does not come about. */
static void stop_waiting(struct scanner *scanner, struct handshake *handshake)
{
	handshake->waiting = false;
	inspect_addresses(&scanner->inspection, false);
}

static void on_done(struct scanner *scanner, struct passage *passage, struct handshake *handshake)
{
	passage->flow->flags |= FLOW_HANDSHAKE;
	scanner->inspection.handshake = 1;
	lifecycle_proven(scanner, passage->table, passage->flow);
	if (handshake->waiting) {
		stop_waiting(scanner, handshake);
	}
}

static void on_ack(struct scanner *scanner, struct passage *passage, struct handshake *handshake,
		   const struct tcp *tcp)
{
	enum direction direction = passage->direction;
	enum direction other = reverse(direction);
	struct flow *flow = passage->flow;
	uint32_t beyond = tcp->acknowledgement - handshake->isn[other] - 1;

	if ((handshake->syn >> other & 1) != 0 && (handshake->acknowledged >> direction & 1) == 0 &&
	    beyond <= FIRST_WINDOW && (tcp->flags & TCP_RST) == 0) {
		handshake->acknowledged |= (uint8_t)(1u << direction);
		settle_opening(scanner, passage, handshake, tcp);
	}
	if ((flow->flags & FLOW_HANDSHAKE) == 0 && handshake->syn == 3 &&
	    handshake->acknowledged == 3 && (tcp->flags & (TCP_SYN | TCP_RST)) == 0) {
		on_done(scanner, passage, handshake);
	} else if (flow_class(flow) == FLOW_HALF_OPEN && handshake->syn != 3 &&
		   (handshake->heard >> other & 1) != 0 && tcp->segment.length != 0) {
		/* seen from its middle on, and heard from both sides */
		lifecycle_proven(scanner, passage->table, flow);
	}
}

void handshake_packet(struct scanner *scanner, struct passage *passage, struct handshake *handshake,
		      const struct tcp *tcp)
{
	handshake->refused = handshake->refused && (tcp->flags & TCP_RST) != 0;
	if ((tcp->flags & (TCP_SYN | TCP_RST)) == TCP_SYN) {
		on_syn(scanner, passage, handshake, tcp);
		if (handshake->waiting && passage->direction == TO_RESPONDER &&
		    passage->flow->packets[TO_RESPONDER] > 1) {
			stop_waiting(scanner, handshake);
		}
	}
	if ((tcp->flags & TCP_ACK) != 0) {
		on_ack(scanner, passage, handshake, tcp);
	}
}
