/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP packets of connections that are being read, or that begin or end: follows
 * the handshake, hands payload to the streams and what they put in order to the
 * parsers. Nothing a single packet claims is believed further than it does good:
 * a reset or an end frees nothing while data may still come, and an
 * acknowledgement counts only for bytes that were sent, and only when it comes from
 * where its sender lives.
 *
 * Sources: RFC 9293; Ptacek and Newsham, "Insertion, Evasion, and Denial of
 * Service" (1998), for what is not to be believed.
 */
#include "scanner/engine.h"

static enum direction reverse(enum direction direction)
{
	return direction == TO_RESPONDER ? TO_ORIGINATOR : TO_RESPONDER;
}

static struct tcp parse(const struct packet *packet)
{
	const uint8_t *header = packet->l4;
	struct tcp tcp = {
		.sequence = load_be32(header + 4),
		.acknowledgement = load_be32(header + 8),
		.window = load_be16(header + 14),
		.flags = packet->tcp_flags,
	};

	tcp.segment = (struct segment){
		/* a SYN takes the first sequence number, its data the next ones */
		.sequence = tcp.sequence + ((tcp.flags & TCP_SYN) != 0),
		.length = packet->l4_length - packet->payload_offset,
		.bytes = header + packet->payload_offset,
	};
	return tcp;
}

static enum seen seen_of_result(enum stream_result result)
{
	switch (result) {
	case STREAM_REORDER:
		return SEEN_STREAM_REORDER;
	case STREAM_WINDOW:
		return SEEN_STREAM_WINDOW;
	case STREAM_MEMORY:
		return SEEN_STREAM_MEMORY;
	case STREAM_OK:
	case STREAM_CONFLICT:
	case STREAM_UNVERIFIED:
	case STREAM_RETAIN:
	default:
		return SEEN_INSPECTED;
	}
}

static enum fate fate_of_result(enum stream_result result)
{
	switch (result) {
	case STREAM_CONFLICT:
		return FATE_STREAM_CONFLICT;
	case STREAM_REORDER:
		return FATE_STREAM_REORDER;
	case STREAM_UNVERIFIED:
	case STREAM_RETAIN:
		return FATE_STREAM_RETAIN;
	case STREAM_WINDOW:
		return FATE_STREAM_WINDOW;
	case STREAM_MEMORY:
		return FATE_STREAM_MEMORY;
	case STREAM_OK:
	default:
		return FATE_FORWARDED;
	}
}

static void report_result(struct inspection *inspection, const struct segment *segment,
			  enum stream_result result)
{
	if (result == STREAM_CONFLICT) {
		inspect_anomaly(inspection, ANOMALY_STREAM_CONFLICT, 0);
	} else if (result == STREAM_UNVERIFIED || segment->excused) {
		inspect_anomaly(inspection, ANOMALY_STREAM_UNVERIFIED, 0);
	} else if (result == STREAM_REORDER) {
		inspect_anomaly(inspection, ANOMALY_STREAM_REORDER, 0);
	}
}

/* The parsers are through with the flow. */
static void on_progress(struct scanner *scanner, struct passage *passage, enum progress progress)
{
	const struct session *session = engine_session(scanner, passage->flow);
	enum seen seen = progress == PROGRESS_ENCRYPTED ? SEEN_ENCRYPTED : SEEN_FINISHED;

	if (progress == PROGRESS_NOT_MINE) {
		/* without its beginning there is no telling what it was */
		seen = session->handshake.syn == 0 ? SEEN_MIDSTREAM : seen;
		scanner->inspection.app = APP_OTHER;
	}
	lifecycle_finish(scanner, passage->table, passage->flow, seen);
}

/* What can be read of a stream, to the parsers. */
static void read_stream(struct scanner *scanner, struct passage *passage, struct session *session,
			enum direction direction, const struct segment *segment)
{
	struct stream *stream = &session->stream[direction];
	const uint8_t *bytes;
	uint32_t length;

	while ((length = stream_read(stream, &scanner->pool, segment, &bytes)) != 0) {
		enum progress progress =
			session_feed(session, &scanner->inspection, direction, bytes, length);

		if (progress != PROGRESS_MORE) {
			on_progress(scanner, passage, progress);
			return;
		}
	}
}

void tcp_read_kept(struct scanner *scanner, struct passage *passage, struct session *session,
		   enum direction direction)
{
	const struct segment none = { .sequence = session->stream[direction].next, .agrees = true };

	read_stream(scanner, passage, session, direction, &none);
}

/* A SYN that got no answer does not say where the bytes begin that come all the same: seen from the
 * middle on, or the SYN was made up. */
static bool is_elsewhere(const struct scanner *scanner, const struct session *session,
			 enum direction sender, const struct segment *segment)
{
	const struct stream *stream = &session->stream[sender];
	const struct handshake *handshake = &session->handshake;
	uint32_t first = handshake->isn[sender] + 1;

	return (handshake->syn >> sender & 1) != 0 && stream->next == first &&
	       (handshake->acknowledged >> reverse(sender) & 1) == 0 &&
	       segment->sequence - first > scanner->limits.reorder_bytes;
}

/* Bytes that went the `lost` way are missing for good: nothing more is read. */
static void on_gap(struct scanner *scanner, struct passage *passage, struct session *session,
		   enum direction lost)
{
	inspect_anomaly(&scanner->inspection, ANOMALY_STREAM_GAP, 0);
	session_gap(session, &scanner->inspection, lost);
	lifecycle_finish(scanner, passage->table, passage->flow, SEEN_STREAM_GAP);
	passage->seen = SEEN_STREAM_GAP;
}

static void read_segment(struct scanner *scanner, struct passage *passage, struct session *session,
			 struct tcp *tcp)
{
	struct stream *stream = &session->stream[passage->direction];
	struct segment *segment = &tcp->segment;
	struct stream_limits limits = scanner->limits;

	/* Acknowledgements have to be seen, or all that is kept would stay for good. */
	limits.enforcing = scanner->policy.now.enforcing &&
			   (passage->flow->flags & FLOW_REPLIED) != 0;
	if (limits.enforcing && limits.retain_bytes < limits.reorder_bytes) {
		limits.retain_bytes = limits.reorder_bytes;
	}
	if (!stream->started || is_elsewhere(scanner, session, passage->direction, segment)) {
		stream_release(stream, &scanner->pool);
		stream_start(stream, segment->sequence, false);
	}
	enum stream_result result = stream_segment(stream, &scanner->pool, &limits, segment,
						   &scanner->counters.copied_bytes);

	report_result(&scanner->inspection, segment, result);
	passage->seen = (uint8_t)seen_of_result(result);
	if (limits.enforcing && stream_is_stuck(stream, result)) {
		on_gap(scanner, passage, session, passage->direction);
		return;
	}
	if (limits.enforcing && result != STREAM_OK) {
		passage->fate = (uint8_t)fate_of_result(result);
		return;
	}
	if (result == STREAM_WINDOW) { /* its receiver does not take it, either */
		return;
	}
	if ((tcp->flags & TCP_SYN) != 0) { /* taken or not: its acknowledgement will say */
		session->handshake.kept |= (uint8_t)(1u << passage->direction);
		return;
	}
	read_stream(scanner, passage, session, passage->direction, segment);
}

/* The other direction's bytes, as acknowledged by this packet. False: its inspection is over. */
static inline __attribute__((always_inline)) bool acknowledge(struct scanner *scanner,
							      struct passage *passage,
							      struct session *session,
							      const struct tcp *tcp)
{
	enum direction other = reverse(passage->direction);
	struct stream *stream = &session->stream[other];
	const struct handshake *handshake = &session->handshake;
	/* scaled only if both offered it, and never on a SYN itself */
	bool scaled = handshake->scale[0] != 0 && handshake->scale[1] != 0 &&
		      (tcp->flags & TCP_SYN) == 0;
	uint8_t offered = handshake->scale[passage->direction];

	if (!stream_acknowledge(stream, &scanner->pool, tcp->acknowledgement)) {
		on_gap(scanner, passage, session, other);
		return false;
	}
	if (handshake->syn == 3 && stream->started && !(scaled && offered == SCALE_UNKNOWN)) {
		uint32_t edge = tcp->acknowledgement +
				(scaled ? tcp->window << (offered - 1) : tcp->window);

		if (stream->window == 0 || (int32_t)(edge - stream->window) > 0) {
			stream->window = edge != 0 ? edge : 1;
		}
	}
	if (stream->fin && tcp->acknowledgement == stream->fin_at + 1 &&
	    stream->next == stream->fin_at) {
		stream->fin_acknowledged = true;
	}
	return true;
}

/* Whether a frame says nothing new of where its sender lives (lifecycle_note_side()). */
static bool tells_no_home(const struct passage *passage, const struct session *session)
{
	uint8_t port = passage->frame->port;

	return (port != PORT_INSIDE || session->handshake.homed) &&
	       !engine_is_astray(passage->flow, passage->direction, port);
}

bool tcp_acknowledgement(struct scanner *scanner, struct passage *passage)
{
	const struct packet *packet = passage->packet;
	const struct flow *flow = passage->flow;
	struct session *session;

	if (packet->protocol != PROTOCOL_TCP || packet->tcp_flags != TCP_ACK ||
	    packet->l4_length != packet->payload_offset || flow_class(flow) != FLOW_INSPECTED ||
	    (flow->flags & FLOW_HANDSHAKE) == 0 || flow_cut(flow) != TAKEN_ALLOWED ||
	    flow->generation != scanner->policy.generation) {
		return false;
	}
	session = engine_session(scanner, flow);
	if (session == NULL || session->handshake.acknowledged != 3 || session->handshake.refused ||
	    !tells_no_home(passage, session) ||
	    !decode_checksums_right(packet, scanner->checksum_partial)) {
		return false;
	}
	struct tcp tcp = parse(packet);
	struct stream *stream = &session->stream[reverse(passage->direction)];

	/* an end that is acknowledged, or bytes that were not seen: there is more to be done */
	if (stream->fin || (int32_t)(tcp.acknowledgement - stream->next) > 0) {
		return false;
	}
	session->handshake.heard |= (uint8_t)(1u << passage->direction);
	passage->seen = SEEN_INSPECTED;
	return acknowledge(scanner, passage, session, &tcp);
}

/* Whether the connection is over for certain: both sides ended it and have the other's end. */
static bool is_over(const struct session *session)
{
	return session->stream[0].fin_acknowledged && session->stream[1].fin_acknowledged;
}

/* A SYN answered with a reset of just this SYN. */
static bool is_refusal(const struct passage *passage, const struct handshake *handshake,
		       const struct tcp *tcp)
{
	return passage->direction == TO_ORIGINATOR &&
	       (tcp->flags & (TCP_RST | TCP_ACK)) == (TCP_RST | TCP_ACK) &&
	       handshake->syn == 1u << TO_RESPONDER &&
	       tcp->acknowledgement - handshake->isn[TO_RESPONDER] - 1 <=
		       handshake->data[TO_RESPONDER];
}

static void on_close(struct scanner *scanner, struct passage *passage, const struct tcp *tcp)
{
	struct flow *flow = passage->flow;
	struct session *session = engine_session(scanner, flow);
	struct handshake *handshake = engine_handshake(scanner, flow);
	bool ended;

	if ((tcp->flags & TCP_FIN) != 0) {
		flow->flags |= passage->direction == TO_RESPONDER ? FLOW_FIN_ORIGINATOR :
								    FLOW_FIN_RESPONDER;
		if (session != NULL) {
			struct stream *stream = &session->stream[passage->direction];

			stream->fin = true;
			stream->fin_at = tcp->segment.sequence + tcp->segment.length;
		}
	}
	ended = (flow->flags & FLOW_FIN_ORIGINATOR) != 0 && (flow->flags & FLOW_FIN_RESPONDER) != 0;
	/* what never was a connection stays as it is, under the bound for half-open ones */
	if (handshake != NULL && is_refusal(passage, handshake, tcp)) {
		handshake->refused = true;
	}
	if ((ended || (tcp->flags & TCP_RST) != 0) && flow_class(flow) != FLOW_HALF_OPEN) {
		flow_set_class(passage->table, flow, FLOW_CLOSED);
		if (session != NULL) { /* kept, but among the first to make room */
			session_settle(session, &scanner->inspection);
			session_move(&scanner->sessions, session, SESSIONS_CLOSED);
		}
	}
}

/* Data that goes on after what looked like the end. */
static void reopen(struct scanner *scanner, struct passage *passage, struct session *session,
		   const struct segment *segment)
{
	struct stream *stream = &session->stream[passage->direction];
	bool news = stream->started &&
		    (int32_t)(segment->sequence + segment->length - stream->next) > 0;
	unsigned fin_flag = passage->direction == TO_RESPONDER ? FLOW_FIN_ORIGINATOR :
								 FLOW_FIN_RESPONDER;

	if (stream->fin && (int32_t)(segment->sequence + segment->length - stream->fin_at) > 0) {
		inspect_anomaly(&scanner->inspection, ANOMALY_STREAM_RST_IGNORED, 0);
		stream->fin = false; /* nobody took that end for one */
		passage->flow->flags = (uint8_t)(passage->flow->flags & ~fin_flag);
	}
	if (session->list == SESSIONS_CLOSED && news) {
		if (!stream->fin) { /* else it is late, but before the end */
			inspect_anomaly(&scanner->inspection, ANOMALY_STREAM_RST_IGNORED, 0);
		}
		session_move(&scanner->sessions, session, SESSIONS_PROVEN);
		flow_set_class(passage->table, passage->flow, FLOW_INSPECTED);
	}
}

/* A session for a flow that has payload, or whose handshake is complete. */
static struct session *open_session(struct scanner *scanner, struct passage *passage)
{
	struct session *session = lifecycle_session(scanner, passage->table, passage->flow);

	if (session == NULL) {
		lifecycle_finish(scanner, passage->table, passage->flow, SEEN_SESSIONS_FULL);
		passage->seen = SEEN_SESSIONS_FULL;
		return NULL;
	}
	for (enum direction i = TO_RESPONDER; i <= TO_ORIGINATOR; i++) {
		const struct handshake *handshake = &session->handshake;
		uint32_t begin = handshake->isn[i] + 1;
		uint32_t window = handshake->window[reverse(i)];

		if ((handshake->syn >> i & 1) != 0) {
			stream_start(&session->stream[i], begin, true);
		}
		if (handshake->syn == 3 && window != 0 && begin + window != 0) {
			session->stream[i].window = begin + window;
		}
	}
	return session;
}

/* Whether its receiver takes data from the packet: not with a reset, not without ACK, and with a
 * SYN only before the answer. */
static bool carries_data(const struct passage *passage, const struct session *session,
			 const struct tcp *tcp)
{
	uint8_t flags = tcp->flags & (TCP_SYN | TCP_RST | TCP_ACK);
	bool answered = (session->handshake.acknowledged >> reverse(passage->direction) & 1) != 0;

	return tcp->segment.length != 0 && (flags & TCP_RST) == 0 &&
	       ((flags & TCP_SYN) != 0 ? !answered : flags == TCP_ACK);
}

/* Everything but opening and closing. */
static void on_connection(struct scanner *scanner, struct passage *passage, struct tcp *tcp)
{
	struct flow *flow = passage->flow;
	struct session *session = engine_session(scanner, flow);

	if (session == NULL && (tcp->segment.length != 0 || (flow->flags & FLOW_HANDSHAKE) != 0)) {
		session = open_session(scanner, passage);
	}
	if (session == NULL) {
		return;
	}
	if ((tcp->flags & TCP_ACK) != 0 && !passage->astray &&
	    !acknowledge(scanner, passage, session, tcp)) {
		return;
	}
	if (carries_data(passage, session, tcp)) {
		if ((tcp->flags & TCP_URG) != 0) {
			inspect_anomaly(&scanner->inspection, ANOMALY_STREAM_URGENT, 0);
		}
		reopen(scanner, passage, session, &tcp->segment);
		read_segment(scanner, passage, session, tcp);
	}
}

/* True when the packet is as its receiver will take it. */
static bool check(struct scanner *scanner, struct passage *passage)
{
	if (decode_checksums_right(passage->packet, scanner->checksum_partial)) {
		return true;
	}
	inspect_anomaly(&scanner->inspection, ANOMALY_BAD_CHECKSUM, 0);
	passage->seen = SEEN_BAD_CHECKSUM;
	if (scanner->policy.now.enforcing) {
		passage->fate = FATE_CHECKSUM;
	}
	return false;
}

void tcp_packet(struct scanner *scanner, struct passage *passage)
{
	struct tcp tcp = parse(passage->packet);
	struct flow *flow = passage->flow;

	passage->seen = (uint8_t)flow_seen(flow);
	if (passage->seen == SEEN_INSPECTED) {
		struct handshake *handshake = engine_handshake(scanner, flow);

		if (!check(scanner, passage)) {
			return;
		}
		if (handshake != NULL && !passage->astray) {
			handshake_packet(scanner, passage, handshake, &tcp);
		}
		if (flow_seen(flow) == SEEN_INSPECTED) { /* still */
			on_connection(scanner, passage, &tcp);
		}
	}
	if ((tcp.flags & (TCP_FIN | TCP_RST)) != 0 && passage->fate == FATE_FORWARDED &&
	    !passage->astray) {
		on_close(scanner, passage, &tcp);
	}
	struct session *session = engine_session(scanner, flow);

	if (session != NULL && is_over(session)) {
		flow_set_class(passage->table, flow, FLOW_CLOSED);
		lifecycle_finish(scanner, passage->table, flow, SEEN_FINISHED);
	}
}
