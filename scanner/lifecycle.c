/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How flows begin, are judged and end (engine.h). Judging happens when a flow
 * begins, when its handshake completes if a quarantine waits for that, and when
 * it is met under a newer policy; never per packet.
 */
#include "scanner/engine.h"

#include <string.h>

#define EXPIRE_PER_STEP 8
#define SESSION_TRIES 4
#define SESSION_IDLE_TICKS 57220 /* 60 s: a session silent for so long may make room */
#define SILENT_TICKS 4769 /* 5 s */
#define REFUSED_TICKS 954 /* 1 s: repeated frames of a refused connection are still its own */
#define TICKS_PER_S 954u /* of FLOW_TICK_SHIFT, rounded up */

static void half_open_take(struct scanner *scanner, struct flow *flow)
{
	uint16_t index = scanner->half_open_free;

	if (index != 0) {
		struct half_open *record = &scanner->half_open[index - 1];

		scanner->half_open_free = record->next_free;
		record->handshake = (struct handshake){ 0 };
		flow->state = index;
	}
}

static void half_open_give(struct scanner *scanner, struct flow *flow)
{
	if (flow->protocol == PROTOCOL_TCP && flow->state != 0 &&
	    flow->state <= scanner->config.flows_half_open) {
		scanner->half_open[flow->state - 1].next_free = scanner->half_open_free;
		scanner->half_open_free = flow->state;
		flow->state = 0;
	}
}

static uint8_t inside_bit(const struct scanner *scanner, uint8_t family, const uint8_t *address)
{
	for (uint32_t i = 0; i < scanner->config.inside_count; i++) {
		const struct scanner_prefix *prefix = &scanner->config.inside[i];
		size_t bytes = prefix->bits / 8u;
		unsigned rest = prefix->bits % 8u;

		if (prefix->family == family && memcmp(prefix->address, address, bytes) == 0 &&
		    (rest == 0 || ((prefix->address[bytes] ^ address[bytes]) >> (8 - rest)) == 0)) {
			return 1;
		}
	}
	return 0;
}

/* Which ends are inside: by the inside nets if there are any, else by the port that the
 * originator's frames come in on. */
static uint8_t inside_of(const struct scanner *scanner, const struct event_tuple *tuple,
			 bool inward)
{
	if (scanner->config.inside_count != 0) {
		return (uint8_t)(inside_bit(scanner, tuple->family, tuple->source) |
				 inside_bit(scanner, tuple->family, tuple->destination) << 1);
	}
	if (scanner->inspection.port == PORT_ANY) {
		return 0;
	}
	return inward ? 2 : 1;
}

/* Names a flow: the same for the same capture in every run, so not keyed. At most 51 bits, which a
 * JSON reader's doubles hold exactly. */
static uint64_t flow_id(const struct event_tuple *tuple, uint64_t start)
{
	uint64_t words[sizeof(*tuple) / 8 + 1] = { 0 };
	uint64_t id = start * 0x9e3779b97f4a7c15u;

	memcpy(words, tuple, sizeof(*tuple));
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		id = (id ^ words[i]) * 0xff51afd7ed558ccdu;
		id ^= id >> 32;
	}
	return id >> 13;
}

void lifecycle_prepare(struct scanner *scanner, struct flow_table *table, struct flow *flow,
		       enum direction direction, struct timestamp time)
{
	struct inspection *inspection = &scanner->inspection;
	const struct session *session = engine_session(scanner, flow);
	const struct handshake *handshake = session != NULL ? &session->handshake :
							      engine_handshake(scanner, flow);

	if (session != NULL) {
		inspection->tuple = session->tuple;
		inspection->flow_id = session->flow_id;
		inspection->inside = session->inside;
	} else {
		flow_tuple(table, flow, &inspection->tuple);
		inspection->flow_id = flow_id(&inspection->tuple, flow_start(flow));
		inspection->inside = inside_of(scanner, &inspection->tuple, flow_inward(flow));
	}
	inspection->set = scanner->policy.now.set;
	inspection->time = time;
	inspection->now = scanner->now;
	inspection->begin = scanner->epoch;
	inspection->tx_id = 0;
	inspection->app = (uint8_t)flow_app(flow);
	inspection->handshake = (flow->flags & FLOW_HANDSHAKE) != 0;
	inspection->strayed = handshake != NULL && handshake->strayed;
	inspection->direction = (uint8_t)direction;
	inspection->taken = TAKEN_ALLOWED;
	inspection->content_sid = 0;
	inspection->alerted = 0;
	inspection->describe = NULL;
}

void lifecycle_prepare_packet(struct scanner *scanner, const struct packet *packet,
			      struct timestamp time)
{
	struct inspection *inspection = &scanner->inspection;
	struct event_tuple *tuple = &inspection->tuple;
	size_t size = packet->family == 4 ? 4 : 16;
	const uint8_t *addresses = packet->ip + (packet->family == 4 ? 12 : 8);
	bool answer = (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);

	*tuple = (struct event_tuple){
		.family = packet->family,
		.protocol = packet->protocol,
		.vlan = { packet->vlan[0], packet->vlan[1] },
		.source_port = answer ? packet->destination_port : packet->source_port,
		.destination_port = answer ? packet->source_port : packet->destination_port,
	};
	memcpy(answer ? tuple->destination : tuple->source, addresses, size);
	memcpy(answer ? tuple->source : tuple->destination, addresses + size, size);
	inspection->set = scanner->policy.now.set;
	inspection->time = time;
	inspection->now = scanner->now;
	inspection->flow_id = flow_id(tuple, packet->fragment_id);
	inspection->tx_id = 0;
	inspection->app = APP_UNKNOWN;
	inspection->inside =
		inside_of(scanner, tuple, (inspection->port == PORT_OUTSIDE) != answer);
	inspection->handshake = 0;
	inspection->strayed = 0;
	inspection->direction = answer ? TO_ORIGINATOR : TO_RESPONDER;
	inspection->taken = TAKEN_ALLOWED;
	inspection->content_sid = 0;
	inspection->alerted = 0;
	inspection->describe = NULL;
}

static void write_flow_event(struct scanner *scanner, const struct flow *flow,
			     enum flow_state state, enum flow_reason reason)
{
	struct event *event = inspect_begin(&scanner->inspection, EVENT_FLOW);

	if (event == NULL) {
		return;
	}
	struct event_flow data = {
		.state = (uint8_t)state,
		.reason = (uint8_t)reason,
		.alerted = (flow->flags & FLOW_ALERTED) != 0,
		.seen = (uint8_t)flow_seen(flow),
	};
	/* Only the low parts are kept: `last` lies at most 2^32 ticks (52 days) back. Shown as the
	 * clock goes now, if it was set back meanwhile. */
	uint64_t origin = scanner->epoch.ns - scanner->ahead_ns;
	uint64_t tick = (scanner->now.ns - scanner->epoch.ns) >> FLOW_TICK_SHIFT;
	uint64_t age = (tick - flow_start(flow)) & ((1ull << FLOW_START_BITS) - 1);

	data.start.ns = origin + ((tick - age) << FLOW_TICK_SHIFT);
	tick -= (uint32_t)((uint32_t)tick - flow->last);
	data.end.ns = origin + (tick << FLOW_TICK_SHIFT);
	for (unsigned direction = 0; direction < 2; direction++) {
		data.packets[direction] = flow->packets[direction];
		data.bytes[direction] = flow_bytes(flow, direction);
	}
	event_put(event, ATTRIBUTE_FLOW, &data, sizeof(data));
	event_commit(&scanner->events, event);
}

static enum flow_state state_of(const struct scanner *scanner, const struct flow *flow)
{
	const struct handshake *handshake = engine_handshake(scanner, flow);

	if (flow_class(flow) == FLOW_CLOSED || (handshake != NULL && handshake->refused)) {
		return FLOW_STATE_CLOSED;
	}
	return flow_class(flow) == FLOW_HALF_OPEN ? FLOW_STATE_NEW : FLOW_STATE_ESTABLISHED;
}

static void note_alert(const struct scanner *scanner, struct flow *flow)
{
	if (scanner->inspection.alerted) {
		flow->flags |= FLOW_ALERTED;
	}
}

static void release_session(struct scanner *scanner, struct flow *flow)
{
	struct session *session = engine_session(scanner, flow);

	if (session != NULL) {
		session_end(session, &scanner->inspection);
		note_alert(scanner, flow);
		session_move(&scanner->sessions, session, SESSIONS_FREE);
		flow->state = 0;
	}
}

void lifecycle_end(struct scanner *scanner, struct flow_table *table, struct flow *flow,
		   enum flow_reason reason)
{
	struct inspection outer = scanner->inspection; /* it may end in favour of another */
	struct handshake *handshake = engine_handshake(scanner, flow);
	uint32_t pending = scanner->policy.pending_count;
	enum flow_state state = state_of(scanner, flow);

	lifecycle_prepare(scanner, table, flow, TO_RESPONDER, scanner->now);
	if (handshake != NULL && handshake->waiting) { /* it never completed */
		inspect_addresses(&scanner->inspection, false);
		note_alert(scanner, flow);
	}
	release_session(scanner, flow);
	policy_settle(&scanner->policy, pending, TAKEN_ALLOWED); /* no frame to take */
	half_open_give(scanner, flow);
	scanner->inspection.app = (uint8_t)flow_app(flow);
	write_flow_event(scanner, flow, state, reason);
	flow_remove(table, flow);
	scanner->counters.flows_evicted += reason == FLOW_REASON_FORCED;
	scanner->inspection = outer;
}

void lifecycle_finish(struct scanner *scanner, struct flow_table *table, struct flow *flow,
		      enum seen seen)
{
	release_session(scanner, flow);
	half_open_give(scanner, flow);
	flow_set_seen(flow, seen);
	if (flow_class(flow) == FLOW_INSPECTED) {
		flow_set_class(table, flow, FLOW_FINISHED);
	}
}

void lifecycle_proven(struct scanner *scanner, struct flow_table *table, struct flow *flow)
{
	struct session *session = engine_session(scanner, flow);

	flow->flags |= FLOW_REPLIED;
	if (session != NULL && session->list == SESSIONS_UNPROVEN) {
		session_move(&scanner->sessions, session, SESSIONS_PROVEN);
	}
	if (flow_class(flow) == FLOW_HALF_OPEN) {
		bool reading = flow->protocol == PROTOCOL_TCP && flow_seen(flow) == SEEN_INSPECTED;

		flow_set_class(table, flow, reading ? FLOW_INSPECTED : FLOW_FINISHED);
	}
}

/* Ends the inspection of another flow to free its session; false when all are in use. */
static bool recycle_session(struct scanner *scanner, enum session_list list)
{
	struct session *session = session_oldest(&scanner->sessions, list);

	for (unsigned tries = 0; tries < SESSION_TRIES && session != NULL; tries++) {
		struct flow *flow = session->flow;
		int32_t idle = (int32_t)(scanner->tick - flow->last);

		if (list != SESSIONS_PROVEN || idle >= SESSION_IDLE_TICKS) {
			struct inspection outer = scanner->inspection;
			uint32_t pending = scanner->policy.pending_count;

			lifecycle_prepare(scanner, session->table, flow, TO_RESPONDER,
					  scanner->now);
			lifecycle_finish(scanner, session->table, flow, SEEN_SESSIONS_FULL);
			policy_settle(&scanner->policy, pending, TAKEN_ALLOWED);
			scanner->inspection = outer;
			return true;
		}
		session_move(&scanner->sessions, session, list);
		session = session_oldest(&scanner->sessions, list);
	}
	return false;
}

struct session *lifecycle_session(struct scanner *scanner, struct flow_table *table,
				  struct flow *flow)
{
	struct session_store *store = &scanner->sessions;
	bool proven = flow_class(flow) != FLOW_HALF_OPEN;
	enum session_list list = proven ? SESSIONS_PROVEN : SESSIONS_UNPROVEN;
	struct handshake *handshake = engine_handshake(scanner, flow);

	bool full = store->list[SESSIONS_FREE].count == 0;

	if (!proven && (full || store->list[SESSIONS_UNPROVEN].count >= store->unproven_max)) {
		recycle_session(scanner, SESSIONS_UNPROVEN);
	} else if (full && !recycle_session(scanner, SESSIONS_UNPROVEN) &&
		   !recycle_session(scanner, SESSIONS_CLOSED)) {
		recycle_session(scanner, SESSIONS_PROVEN);
	}
	struct session *session = session_take(store, list);

	if (session == NULL) {
		return NULL;
	}
	session->flow = flow;
	session->table = table;
	session->tuple = scanner->inspection.tuple;
	session->flow_id = scanner->inspection.flow_id;
	session->inside = scanner->inspection.inside;
	if (handshake != NULL) {
		session->handshake = *handshake;
	}
	half_open_give(scanner, flow);
	flow->state =
		(uint16_t)(scanner->config.flows_half_open + 1 + session_index(store, session));
	return session;
}

/* Makes room for a new half-open flow: first within their bound, then in the table. */
static void make_room(struct scanner *scanner, struct flow_table *table)
{
	struct flow_table *other = &scanner->table[table == &scanner->table[0]];
	uint32_t half_open = table->list[FLOW_HALF_OPEN].count + other->list[FLOW_HALF_OPEN].count;

	if (half_open >= scanner->config.flows_half_open) {
		struct flow_table *from = table->list[FLOW_HALF_OPEN].count != 0 ? table : other;

		lifecycle_end(scanner, from, flow_at(from, from->list[FLOW_HALF_OPEN].oldest),
			      FLOW_REASON_FORCED);
	}
	if (table->free == FLOW_NONE) {
		struct flow *victim = flow_victim(table, scanner->tick);

		if (victim != NULL) {
			lifecycle_end(scanner, table, victim, FLOW_REASON_FORCED);
		}
	}
}

struct flow *lifecycle_begin(struct scanner *scanner, const struct frame *frame,
			     const struct packet *packet, const struct flow_lookup *lookup)
{
	struct flow_table *table = &scanner->table[packet->family == 6];
	uint64_t time_ns = frame->time.ns + scanner->ahead_ns;
	bool inward = frame->port == PORT_OUTSIDE;

	make_room(scanner, table);
	struct flow *flow = flow_insert(table, lookup, FLOW_HALF_OPEN);

	if (flow == NULL) {
		return NULL;
	}
	/* a SYN-ACK is the second packet of its connection: its receiver is the originator */
	if ((packet->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)) {
		flow->flags ^= FLOW_ORIGINATOR_HIGH;
		inward = !inward;
	}
	time_ns = time_ns > scanner->epoch.ns ? time_ns - scanner->epoch.ns : 0;
	flow_set_start(flow, time_ns >> FLOW_TICK_SHIFT);
	flow_set_inward(flow, inward);
	flow->generation = (uint16_t)(scanner->policy.generation - 1); /* not judged yet */
	flow_set_seen(flow, SEEN_INSPECTED);
	if (packet->protocol == PROTOCOL_TCP) {
		half_open_take(scanner, flow);
	}
	scanner->counters.flows++;
	flow_tuple(table, flow, &scanner->begun[scanner->begun_count++]);
	return flow;
}

static bool has_port_of_mail_or_ssh(const struct event_tuple *tuple)
{
	static const uint16_t ports[] = { 22, 25, 465, 587 };

	for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		if (tuple->protocol == PROTOCOL_TCP &&
		    (tuple->destination_port == ports[i] || tuple->source_port == ports[i])) {
			return true;
		}
	}
	return false;
}

static bool is_mail_or_ssh(const struct flow *flow, const struct event_tuple *tuple)
{
	return flow_app(flow) == APP_SSH || flow_app(flow) == APP_SMTP ||
	       has_port_of_mail_or_ssh(tuple);
}

static void apply_quarantine(struct scanner *scanner, struct flow *flow)
{
	struct inspection *inspection = &scanner->inspection;
	bool held =
		policy_is_quarantined(&scanner->policy, &inspection->tuple, inspection->inside) &&
		is_mail_or_ssh(flow, &inspection->tuple);

	if (held && flow_cut(flow) == TAKEN_ALLOWED) { /* else it stays cut when this ends */
		flow_set_cut(flow, TAKEN_QUARANTINED);
	} else if (!held && flow_cut(flow) == TAKEN_QUARANTINED) {
		flow_set_cut(flow, TAKEN_ALLOWED); /* its quarantine ended */
	}
}

/* What comes in on the inside port tells better who lives there than what a stranger sent before in
 * another's name. */
static void note_home(struct scanner *scanner, const struct passage *passage,
		      struct handshake *handshake)
{
	struct inspection *inspection = &scanner->inspection;
	struct session *session = engine_session(scanner, passage->flow);

	if (handshake->homed || passage->frame->port != PORT_INSIDE) {
		return;
	}
	handshake->homed = true;
	if (engine_is_astray(passage->flow, passage->direction, PORT_INSIDE)) {
		flow_set_inward(passage->flow, passage->direction == TO_ORIGINATOR);
		handshake->heard = 0;
		inspection->inside =
			inside_of(scanner, &inspection->tuple, flow_inward(passage->flow));
		if (session != NULL) {
			session->inside = inspection->inside;
		}
	}
}

void lifecycle_note_side(struct scanner *scanner, struct passage *passage)
{
	struct inspection *inspection = &scanner->inspection;
	const struct packet *packet = passage->packet;
	struct handshake *handshake = engine_handshake(scanner, passage->flow);

	if (passage->frame->port == PORT_ANY) { /* a capture does not tell: nothing is astray */
		if (handshake != NULL) {
			handshake->heard |= (uint8_t)(1u << passage->direction);
		}
		return;
	}
	if (handshake != NULL) {
		note_home(scanner, passage, handshake);
	}
	bool from_inside_end = (inspection->inside >> passage->direction & 1) != 0;
	passage->astray = engine_is_astray(passage->flow, passage->direction, passage->frame->port);
	if (handshake != NULL && !passage->astray) {
		handshake->heard |= (uint8_t)(1u << passage->direction);
	}
	if (passage->frame->port == PORT_OUTSIDE && from_inside_end) {
		inspection->strayed = true;
		if (handshake != NULL && packet->l4_length > packet->payload_offset) {
			handshake->strayed = true;
		}
	}
}

/* Whether content that was matched goes on cutting the flow under a newer policy. A connection's
 * sender would send the very bytes again, which would pass as known: it stays cut as long as the
 * signature takes them, and where it is not known any more which one that was. Datagrams are each
 * read anew, and cut the flow again. */
static bool content_still_cuts(const struct scanner *scanner, const struct flow *flow)
{
	const struct policy *policy = &scanner->policy;
	const struct session *session = engine_session(scanner, flow);

	if ((int16_t)(policy->published - flow->generation) <= 0) {
		return true; /* a quarantine began or ended, nothing else */
	}
	return flow->protocol == PROTOCOL_TCP &&
	       (session == NULL || policy_still_takes(policy, session->cut_sid, scanner->now));
}

/* What the flow was cut for is looked at under the present policy. */
static void lift_cut(struct scanner *scanner, struct flow *flow)
{
	bool stays = flow_cut(flow) == TAKEN_QUARANTINED ||
		     (flow_cut_by_content(flow) && content_still_cuts(scanner, flow));

	if (!stays || !scanner->policy.now.enforcing) {
		flow_set_cut(flow, TAKEN_ALLOWED);
		flow_set_cut_by_content(flow, false);
	}
}

void lifecycle_judge(struct scanner *scanner, struct passage *passage)
{
	struct inspection *inspection = &scanner->inspection;
	struct flow *flow = passage->flow;
	struct handshake *handshake = engine_handshake(scanner, flow);
	bool opening = (passage->packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
		       passage->direction == TO_RESPONDER &&
		       flow->packets[0] + flow->packets[1] == 1;

	lift_cut(scanner, flow);
	flow->generation = scanner->policy.generation;
	/* A server's own connection to a listed address: whether that is quarantine or drop depends
	 * on a handshake that has only begun. */
	bool wait = handshake != NULL && (opening || handshake->waiting) &&
		    (inspection->inside & 1) != 0;
	bool waiting = inspect_addresses(inspection, wait);

	if (handshake != NULL) {
		handshake->waiting = waiting;
	}
	apply_quarantine(scanner, flow);
}

static const uint8_t fate_of_cut[] = {
	[TAKEN_ALLOWED] = FATE_FORWARDED,
	[TAKEN_DROPPED] = FATE_SIGNATURE_DROP,
	[TAKEN_REJECTED] = FATE_SIGNATURE_REJECT,
	[TAKEN_QUARANTINED] = FATE_QUARANTINE,
};

void lifecycle_judge_packet(struct scanner *scanner, struct passage *passage)
{
	struct inspection *inspection = &scanner->inspection;

	lifecycle_prepare_packet(scanner, passage->packet, passage->frame->time);
	inspect_addresses(inspection, false);
	if (inspection->taken == TAKEN_ALLOWED &&
	    policy_is_quarantined(&scanner->policy, &inspection->tuple, inspection->inside) &&
	    has_port_of_mail_or_ssh(&inspection->tuple)) {
		inspection->taken = TAKEN_QUARANTINED;
	}
	passage->fate = fate_of_cut[inspection->taken];
	if (inspection->taken == TAKEN_REJECTED && (passage->packet->tcp_flags & TCP_RST) == 0) {
		reset_inject(scanner, passage);
	}
	policy_settle(&scanner->policy, 0, inspection->taken);
}

/* The rest of the flow goes the way of what was decided last. */
static void cut(struct scanner *scanner, struct flow *flow, enum taken taken)
{
	struct session *session = engine_session(scanner, flow);
	uint32_t sid = scanner->inspection.content_sid;

	flow_set_cut(flow, taken);
	if (sid != 0 && taken != TAKEN_QUARANTINED) {
		flow_set_cut_by_content(flow, true);
		if (session != NULL) {
			session->cut_sid = sid;
		}
	}
}

void lifecycle_apply(struct scanner *scanner, struct passage *passage)
{
	struct inspection *inspection = &scanner->inspection;
	struct flow *flow = passage->flow;
	enum taken before = flow_cut(flow);

	note_alert(scanner, flow);
	if (inspection->app != flow_app(flow)) {
		flow_set_app(flow, inspection->app);
		scanner->counters.sessions[inspection->app]++;
		apply_quarantine(scanner, flow);
	}
	if (inspection->taken == TAKEN_QUARANTINED) {
		/* the flow that gave it away goes too, whatever it carries */
		cut(scanner, flow,
		    is_mail_or_ssh(flow, &inspection->tuple) ? TAKEN_QUARANTINED : TAKEN_DROPPED);
	} else if (inspection->taken > flow_cut(flow)) {
		cut(scanner, flow, inspection->taken);
	}
	if (flow_cut(flow) != TAKEN_ALLOWED) {
		passage->fate = fate_of_cut[flow_cut(flow)];
		if (flow_cut(flow) == TAKEN_REJECTED && before != TAKEN_REJECTED) {
			reset_inject(scanner, passage);
		}
	}
	enum taken cut = flow_cut(flow) != TAKEN_ALLOWED ? flow_cut(flow) : TAKEN_DROPPED;

	policy_settle(&scanner->policy, 0, passage->fate == FATE_FORWARDED ? TAKEN_ALLOWED : cut);
}

static uint32_t timeout_ticks(const struct scanner *scanner, const struct flow *flow,
			      enum flow_class class)
{
	const struct scanner_config *config = &scanner->config;
	const struct handshake *handshake =
		class == FLOW_HALF_OPEN ? engine_handshake(scanner, flow) : NULL;
	uint32_t seconds = class == FLOW_CLOSED		  ? config->timeout_closed_s :
			   class == FLOW_HALF_OPEN	  ? config->timeout_half_open_s :
			   flow->protocol == PROTOCOL_TCP ? config->timeout_established_s :
							    config->timeout_udp_s;

	/* a listed address is not let off by a reset that its peer may not heed */
	if (handshake != NULL && handshake->refused && !handshake->waiting) {
		return REFUSED_TICKS;
	}
	return seconds * TICKS_PER_S;
}

/* A connection that says no more for now: its alerts do not wait for the timeout. */
static void settle_silent(struct scanner *scanner, struct flow_table *table, struct flow *flow)
{
	struct session *session = engine_session(scanner, flow);

	if (session != NULL && !session->settled &&
	    (int32_t)(scanner->tick - flow->last) >= SILENT_TICKS) {
		lifecycle_prepare(scanner, table, flow, TO_RESPONDER, scanner->now);
		session_settle(session, &scanner->inspection);
		note_alert(scanner, flow);
		if (scanner->inspection.taken > flow_cut(flow)) {
			cut(scanner, flow, scanner->inspection.taken);
		}
		policy_settle(&scanner->policy, 0, TAKEN_ALLOWED);
	}
}

/* False when the oldest of a class, if there is one, may stay. */
static bool expire_oldest(struct scanner *scanner, struct flow_table *table, enum flow_class of)
{
	uint32_t oldest = table->list[of].oldest;

	if (oldest == FLOW_NONE) {
		return false;
	}
	struct flow *flow = flow_at(table, oldest);

	settle_silent(scanner, table, flow);
	flow = flow_idle(table, of, scanner->tick, timeout_ticks(scanner, flow, of));
	if (flow != NULL) {
		lifecycle_end(scanner, table, flow, FLOW_REASON_TIMEOUT);
	}
	return flow != NULL;
}

void lifecycle_expire(struct scanner *scanner)
{
	for (unsigned i = 0; i < 2; i++) {
		for (enum flow_class of = FLOW_CLOSED; of < FLOW_CLASS_COUNT; of++) {
			unsigned step = 0;

			while (step < EXPIRE_PER_STEP &&
			       expire_oldest(scanner, &scanner->table[i], of)) {
				step++;
			}
		}
	}
}
