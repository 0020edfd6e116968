/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scanner's outside (scanner.h): lays out its memory and takes bursts through
 * decode, flow and what lies behind them. A frame of a finished flow takes the
 * short way in this file; everything else goes through passage().
 */
#include "scanner/scanner.h"

#include <string.h>

#include "scanner/behaviour.h"
#include "scanner/engine.h"
#include "scanner/glance.h"

#define ALIGN64(n) (((n) + 63u) & ~(size_t)63u)
#define FLUSH_STEP 64
#define EXPIRE_TICKS 954u /* 1 s */
#define STEP_BACK_NS (2 * NS_PER_S) /* of a capture; more is a clock set back */
#define TIMEOUT_MAX_S 2000000u /* 23 days, half of what 32-bit ticks tell apart */
#define TABLE_MIN 64u
#define TABLE_MAX (1u << 28)

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

/* Where each part lies in the memory that is handed in. */
struct layout {
	size_t table[2], sessions, half_open, fragments, blocks, events, logins, behaviour, policy,
		size;
};

static bool is_valid_prefix(const struct scanner_prefix *prefix)
{
	return (prefix->family == 4 && prefix->bits <= 32) ||
	       (prefix->family == 6 && prefix->bits <= 128);
}

static bool is_valid(const struct scanner_config *config)
{
	for (uint32_t i = 0; i < config->inside_count && i < SCANNER_INSIDE_MAX; i++) {
		if (!is_valid_prefix(&config->inside[i])) {
			return false;
		}
	}
	return config->flows_ipv4 >= TABLE_MIN && config->flows_ipv4 <= TABLE_MAX &&
	       config->flows_ipv6 >= TABLE_MIN && config->flows_ipv6 <= TABLE_MAX &&
	       config->flows_half_open >= 1 && config->flows_inspected >= 4 &&
	       /* both are told apart by one 16-bit index */
	       config->flows_half_open <= UINT16_MAX && config->flows_inspected < UINT16_MAX &&
	       config->flows_half_open + config->flows_inspected < UINT16_MAX &&
	       config->stream_blocks >= 1 && config->stream_blocks <= 1u << 24 &&
	       config->reorder_segments <= UINT16_MAX / 2 && config->reorder_bytes <= 1u << 30 &&
	       config->retain_bytes <= 1u << 30 &&
	       config->event_ring_bytes >= 4 * EVENT_MAX_BYTES &&
	       (config->event_ring_bytes & (config->event_ring_bytes - 1)) == 0 &&
	       config->quarantine_max <= 1u << 16 && config->login_pairs >= 1 &&
	       config->login_pairs <= 1u << 24 && config->login_failures >= 1 &&
	       (config->behaviour.servers == 0 || behaviour_size(&config->behaviour) != 0) &&
	       config->inside_count <= SCANNER_INSIDE_MAX &&
	       config->timeout_half_open_s <= TIMEOUT_MAX_S &&
	       config->timeout_closed_s <= TIMEOUT_MAX_S &&
	       config->timeout_established_s <= TIMEOUT_MAX_S &&
	       config->timeout_udp_s <= TIMEOUT_MAX_S;
}

static size_t place(size_t *size, size_t bytes)
{
	size_t at = *size;

	*size = ALIGN64(at + bytes);
	return at;
}

static struct layout layout_of(const struct scanner_config *config)
{
	struct layout layout = { .size = ALIGN64(sizeof(struct scanner)) };
	size_t *size = &layout.size;

	layout.table[0] = place(size, flow_table_size(config->flows_ipv4, 4));
	layout.table[1] = place(size, flow_table_size(config->flows_ipv6, 6));
	layout.sessions = place(size, config->flows_inspected * sizeof(struct session));
	layout.half_open = place(size, config->flows_half_open * sizeof(struct half_open));
	layout.fragments = place(size, sizeof(struct fragments));
	layout.blocks = place(size, (size_t)config->stream_blocks * POOL_BLOCK_BYTES);
	layout.events = place(size, config->event_ring_bytes);
	layout.logins = place(size, login_failures_size(config->login_pairs));
	layout.behaviour = place(size, behaviour_size(&config->behaviour));
	layout.policy = place(size, policy_size(config));
	return layout;
}

size_t scanner_size(const struct scanner_config *config)
{
	return is_valid(config) ? layout_of(config).size : 0;
}

static void init_half_open(struct scanner *scanner)
{
	uint32_t count = scanner->config.flows_half_open;

	for (uint32_t i = 0; i < count; i++) {
		scanner->half_open[i].next_free = (uint16_t)(i + 1 < count ? i + 2 : 0);
	}
	scanner->half_open_free = 1;
}

struct scanner *scanner_init(void *memory, const struct scanner_config *config)
{
	uint8_t *base = memory;
	struct scanner *scanner = memory;
	const struct layout layout = layout_of(config);
	struct login_failures_config logins = {
		.pairs = config->login_pairs,
		.threshold = config->login_failures,
		.window_s = config->login_window_s,
	};
	struct behaviour_config behaviour = config->behaviour;

	memset(scanner, 0, sizeof(*scanner));
	scanner->config = *config;
	memcpy(logins.key, config->salt + 48, sizeof(logins.key));
	memcpy(behaviour.key, config->salt + 32, sizeof(behaviour.key));
	flow_table_init(&scanner->table[0], base + layout.table[0], config->flows_ipv4, 4,
			config->salt);
	flow_table_init(&scanner->table[1], base + layout.table[1], config->flows_ipv6, 6,
			config->salt + 16);
	session_store_init(&scanner->sessions, base + layout.sessions, config->flows_inspected);
	scanner->half_open = (void *)(base + layout.half_open);
	init_half_open(scanner);
	scanner->fragments = (void *)(base + layout.fragments);
	memset(scanner->fragments, 0, sizeof(*scanner->fragments));
	pool_init(&scanner->pool, base + layout.blocks, config->stream_blocks);
	event_ring_init(&scanner->events, base + layout.events, config->event_ring_bytes);
	scanner->logins = login_failures_init(base + layout.logins, &logins);
	if (behaviour.servers != 0) {
		scanner->behaviour = behaviour_init(base + layout.behaviour, &behaviour);
	}
	policy_init(&scanner->policy, base + layout.policy, config, &scanner->counters,
		    &scanner->events);
	scanner->limits = (struct stream_limits){
		.reorder_segments = config->reorder_segments,
		.reorder_bytes = config->reorder_bytes,
		.retain_bytes = config->retain_bytes,
	};
	scanner->inspection = (struct inspection){
		.pool = &scanner->pool,
		.events = &scanner->events,
		.policy = &scanner->policy,
		.logins = scanner->logins,
		.ssh_memory = &scanner->ssh_memory,
		.behaviour = scanner->behaviour,
		.hash_budget = config->hash_budget,
	};
	return scanner;
}

void scanner_publish(struct scanner *scanner, const struct scanner_policy *policy)
{
	policy_publish(&scanner->policy, policy);
}

/* Time of the frame at hand. Captures step back a little now and then, timers do not. A clock that
 * was set back must not stop them: they go on from where they are. */
static void set_time(struct scanner *scanner, struct timestamp time)
{
	uint64_t now = time.ns + scanner->ahead_ns;

	if (unlikely(now + STEP_BACK_NS < scanner->now.ns)) {
		scanner->ahead_ns = scanner->now.ns - time.ns;
	} else if (unlikely(scanner->ahead_ns != 0 && time.ns + STEP_BACK_NS >= scanner->now.ns)) {
		scanner->ahead_ns = 0; /* set forward again */
		now = time.ns;
	}
	if (now > scanner->now.ns) {
		scanner->now.ns = now;
	}
	scanner->epoch = scanner->epoch.ns != 0 ? scanner->epoch : scanner->now;
	uint64_t tick = (scanner->now.ns - scanner->epoch.ns) >> FLOW_TICK_SHIFT;

	scanner->tick = (uint32_t)tick;
	scanner->tick_end_ns =
		scanner->epoch.ns + ((tick + 1) << FLOW_TICK_SHIFT) - scanner->ahead_ns;
}

/* The same; as nearly always time goes on and within a tick, there is little to do. */
static inline void advance_time(struct scanner *scanner, struct timestamp time)
{
	if (likely(time.ns >= scanner->now.ns && time.ns < scanner->tick_end_ns &&
		   scanner->ahead_ns == 0 && scanner->epoch.ns != 0)) {
		scanner->now = time;
	} else {
		set_time(scanner, time);
	}
}

/* Another attempt after one that was refused. */
static bool is_tried_again(const struct scanner *scanner, const struct flow *flow,
			   const struct arrival *arrival)
{
	const struct handshake *handshake = engine_handshake(scanner, flow);

	return handshake != NULL && handshake->refused && !handshake->waiting &&
	       flow_direction(flow, &arrival->lookup) == TO_RESPONDER &&
	       load_be32(arrival->packet.l4 + 4) != handshake->isn[TO_RESPONDER];
}

/* Another connection between the ends of one: the old flow ends. A SYN is enough where nothing is
 * read any more and the flow is closed; else it takes the responder's answer to it, as a SYN alone
 * may be made up to have the connection forgotten. */
static bool is_reused(const struct scanner *scanner, const struct flow *flow,
		      const struct arrival *arrival, uint8_t port)
{
	const struct packet *packet = &arrival->packet;
	const struct flow_lookup *lookup = &arrival->lookup;
	uint8_t flags = packet->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST);
	const struct session *session;

	if (flags != TCP_SYN && flags != (TCP_SYN | TCP_ACK)) {
		return false;
	}
	session = engine_session(scanner, flow);
	if (flags == TCP_SYN) {
		return (flow_class(flow) == FLOW_CLOSED && session == NULL) ||
		       is_tried_again(scanner, flow, arrival);
	}
	if (flow_direction(flow, lookup) != TO_ORIGINATOR || flow_cut(flow) != TAKEN_ALLOWED ||
	    engine_is_astray(flow, TO_ORIGINATOR, port)) {
		return false;
	}
	return session != NULL ? session->handshake.again_seen &&
					 load_be32(packet->l4 + 8) == session->handshake.again + 1 :
				 flow_class(flow) == FLOW_FINISHED;
}

static bool may_be_partial(const struct scanner *scanner, const struct frame *frame)
{
	return frame->checksum_partial || scanner->config.accept_partial_checksum;
}

/* The long way: flows that begin, are read, are judged again or are cut. */
static void passage(struct scanner *scanner, const struct frame *frame,
		    const struct arrival *arrival, struct verdict *verdict)
{
	const struct packet *packet = &arrival->packet;
	const struct flow_lookup *lookup = &arrival->lookup;
	struct passage at = {
		.frame = frame,
		.packet = packet,
		.table = &scanner->table[packet->family == 6],
		.flow = arrival->flow,
		.fate = FATE_FORWARDED,
	};

	uint64_t earliest = 0;

	scanner->inspection.port = frame->port;
	scanner->checksum_partial = may_be_partial(scanner, frame);
	event_hold(&scanner->events);
	if (at.flow == NULL) {
		at.flow = flow_find(at.table, lookup);
	}
	if (at.flow != NULL && is_reused(scanner, at.flow, arrival, frame->port)) {
		/* ends and start name a flow: two connections must not share them */
		earliest = flow_start(at.flow) + 1;
		lifecycle_end(scanner, at.table, at.flow, FLOW_REASON_TIMEOUT);
		at.flow = NULL;
	}
	if (at.flow == NULL) {
		at.flow = lifecycle_begin(scanner, frame, packet, lookup);
	}
	if (at.flow == NULL) {
		lifecycle_judge_packet(scanner, &at);
		event_publish(&scanner->events);
		*verdict = (struct verdict){ at.fate, SEEN_FLOW_TABLE_FULL };
		return;
	}
	if (flow_start(at.flow) < earliest) {
		flow_set_start(at.flow, earliest);
	}
	at.direction = flow_direction(at.flow, lookup);
	flow_count(at.flow, at.direction, frame->wire_length);
	at.flow->last = scanner->tick;
	if (tcp_acknowledgement(scanner, &at)) {
		event_publish(&scanner->events);
		*verdict = (struct verdict){ at.fate, at.seen };
		return;
	}
	lifecycle_prepare(scanner, at.table, at.flow, at.direction, frame->time);
	lifecycle_note_side(scanner, &at);
	if (at.flow->generation != scanner->policy.generation) {
		lifecycle_judge(scanner, &at);
	}
	at.seen = (uint8_t)flow_seen(at.flow);
	/* what is cut is not read: its receiver does not get it either */
	if (flow_cut(at.flow) == TAKEN_ALLOWED && scanner->inspection.taken == TAKEN_ALLOWED) {
		if (packet->protocol == PROTOCOL_TCP) {
			tcp_packet(scanner, &at);
		} else {
			datagram_packet(scanner, &at);
		}
	}
	lifecycle_apply(scanner, &at);
	event_publish(&scanner->events);
	*verdict = (struct verdict){ at.fate, at.seen };
}

/* A piece of a datagram. True when it completes it: `packet` is the whole then. */
static bool take_fragment(struct scanner *scanner, const struct frame *frame, struct packet *packet,
			  struct verdict *verdict)
{
	*verdict = (struct verdict){ FATE_FORWARDED, SEEN_INSPECTED };
	if (!decode_header_right(packet, may_be_partial(scanner, frame))) {
		verdict->seen = SEEN_BAD_CHECKSUM;
		if (scanner->policy.now.enforcing) {
			verdict->fate = FATE_CHECKSUM;
		}
		return false;
	}
	enum fragment_result result = fragment_add(scanner->fragments, packet, frame->time);

	scanner->counters.fragments_unread = scanner->fragments->unread;
	switch (result) {
	case FRAGMENT_WHOLE:
		verdict->seen = packet->seen;
		return packet->seen == SEEN_INSPECTED;
	case FRAGMENT_OVERLAP:
		verdict->seen = SEEN_FRAGMENT;
		scanner->inspection.port = frame->port;
		lifecycle_prepare_packet(scanner, packet, frame->time);
		inspect_anomaly(&scanner->inspection, ANOMALY_FRAGMENT_OVERLAP, 0);
		if (scanner->policy.now.enforcing) {
			verdict->fate = FATE_FRAGMENT_OVERLAP;
		}
		return false;
	case FRAGMENT_TOO_LONG:
	case FRAGMENT_GIVEN_UP:
		verdict->seen = SEEN_FRAGMENT;
		return false;
	case FRAGMENT_KEPT:
	default:
		return false;
	}
}

static const struct flow_table *table_of(const struct scanner *scanner, uint8_t family)
{
	return &scanner->table[family == 6];
}

/* A frame that glance() leaves to decode(). */
static __attribute__((noinline)) void
prepare_decoded(const struct scanner *scanner, const struct frame *frame, struct arrival *arrival)
{
	struct packet *packet = &arrival->packet;

	decode(packet, frame->data, frame->length, frame->wire_length);
	arrival->way = ARRIVAL_DECODED;
	if (packet->seen == SEEN_INSPECTED) {
		flow_lookup_prepare(table_of(scanner, packet->family), packet, &arrival->lookup);
		__builtin_prefetch(arrival->lookup.head);
		if ((packet->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) == 0) {
			arrival->way |= packet->family;
		}
	}
}

/* Looks at all frames of a burst, and has their flows on the way into the cache. */
static inline void prepare(struct scanner *scanner, const struct frame *frames, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct arrival *arrival = &scanner->arrivals[i];

		arrival->way =
			glance(scanner->table, &arrival->lookup, frames[i].data, frames[i].length);
		if (unlikely(arrival->way == 0)) {
			prepare_decoded(scanner, &frames[i], arrival);
		}
	}
	const uint8_t *entries4 = scanner->table[0].entries, *entries6 = scanner->table[1].entries;

	for (unsigned i = 0; i < count; i++) {
		const struct arrival *arrival = &scanner->arrivals[i];

		if (likely(arrival->way == 4)) {
			flow_prefetch(entries4, &arrival->lookup, 4);
		} else if (arrival->way == 6) {
			flow_prefetch(entries6, &arrival->lookup, 6);
		}
	}
}

/* What became of the frame, for the caller and for the books. */
static inline struct scanner_port_counters *port_of(struct scanner *scanner,
						    const struct frame *frame)
{
	return frame->port == PORT_OUTSIDE ? &scanner->counters.port[1] :
					     &scanner->counters.port[0];
}

static inline void settle(struct scanner *scanner, const struct frame *frame,
			  struct verdict *verdict, uint8_t fate, uint8_t seen)
{
	struct scanner_port_counters *port = port_of(scanner, frame);

	port->rx++;
	port->rx_bytes += frame->wire_length;
	port->fate[fate]++;
	port->seen[seen]++;
	*verdict = (struct verdict){ fate, seen };
}

/* Takes the frame apart if that was not done yet, and goes the long way. */
static __attribute__((noinline)) void scan(struct scanner *scanner, const struct frame *frame,
					   struct arrival *arrival, struct verdict *verdict)
{
	struct packet *packet = &arrival->packet;

	advance_time(scanner, frame->time);
	if ((arrival->way & ARRIVAL_DECODED) == 0) {
		glance_decode(packet, frame->data, arrival->way);
	}
	if (packet->seen == SEEN_INSPECTED) {
		passage(scanner, frame, arrival, verdict);
	} else if (packet->fragment) {
		if (take_fragment(scanner, frame, packet, verdict)) {
			flow_lookup_prepare(table_of(scanner, packet->family), packet,
					    &arrival->lookup);
			passage(scanner, frame, arrival, verdict);
			if (verdict->fate != FATE_FORWARDED) {
				fragment_refuse(scanner->fragments);
			}
		}
	} else {
		*verdict = (struct verdict){ FATE_FORWARDED, packet->seen };
	}
	settle(scanner, frame, verdict, verdict->fate, verdict->seen);
}

static inline struct flow *find_arrival(struct scanner *scanner, const struct arrival *arrival)
{
	const struct flow_lookup *lookup = &arrival->lookup;

	if (likely(arrival->way == 4)) {
		return flow_in_chain(&scanner->table[0], *lookup->head, lookup, 4);
	}
	if (arrival->way == 6) {
		return flow_in_chain(&scanner->table[1], *lookup->head, lookup, 6);
	}
	if (arrival->way == ARRIVAL_DECODED) {
		return NULL;
	}
	return flow_find(&scanner->table[arrival->way == (ARRIVAL_DECODED | 6)], lookup);
}

/* Whether nothing but counting is to be done for a frame. */
static inline bool is_finished(const struct scanner *scanner, const struct flow *flow,
			       const struct arrival *arrival)
{
	/* not found: the table may have changed its key since, passage() looks again */
	if (flow == NULL || flow_seen(flow) == SEEN_INSPECTED ||
	    flow->generation != scanner->policy.generation || flow_is_cut(flow)) {
		return false;
	}
	/* an answer: it is no half-open flow any more */
	return flow_class(flow) != FLOW_HALF_OPEN || flow->protocol == PROTOCOL_TCP ||
	       flow->packets[!flow_direction(flow, &arrival->lookup)] == 0;
}

struct span {
	unsigned at, end;
};

/*
 * The short way, for frames of finished flows: from `at` on as many as come in a row, at one port,
 * within one tick, and of flows that stand like that of the first one, `flow`. They go into the
 * books at once. Returns the first that does not belong to them, at most `count`.
 */
static __attribute__((noinline)) unsigned pass(struct scanner *scanner, const struct frame *frames,
					       struct verdict *verdicts, struct span span,
					       struct flow *flow)
{
	const struct verdict passed = { FATE_FORWARDED, (uint8_t)flow_seen(flow) };
	const uint32_t standing = flow_standing(flow);
	const uint64_t tick_end_ns = scanner->tick_end_ns;
	const uint32_t tick = scanner->tick;
	const struct frame *frame = frames + span.at, *end = frames + span.end;
	const struct arrival *arrival = scanner->arrivals + span.at;
	struct verdict *verdict = verdicts + span.at;
	const uint8_t side = frame->port;
	uint64_t bytes = 0;

	do {
		bytes += frame->wire_length;
		*verdict++ = passed;
		flow_count(flow, flow_direction(flow, &arrival->lookup), frame->wire_length);
		flow->last = tick;
		arrival++;
		if (++frame == end || frame->time.ns >= tick_end_ns || frame->port != side) {
			break;
		}
		flow = find_arrival(scanner, arrival);
	} while (flow != NULL && flow_standing(flow) == standing);
	struct scanner_port_counters *port = port_of(scanner, frames + span.at);
	unsigned next = (unsigned)(frame - frames);

	port->rx += next - span.at;
	port->rx_bytes += bytes;
	port->fate[FATE_FORWARDED] += next - span.at;
	port->seen[passed.seen] += next - span.at;
	return next;
}

static void expire(struct scanner *scanner)
{
	scanner->expired = scanner->tick;
	event_hold(&scanner->events);
	policy_expire(&scanner->policy, scanner->now);
	lifecycle_expire(scanner);
	event_publish(&scanner->events);
}

/* A frame that starts another tick. */
static void begin_tick(struct scanner *scanner, const struct frame *frame)
{
	advance_time(scanner, frame->time);
	if (scanner->tick - scanner->expired >= EXPIRE_TICKS) {
		/* a burst of a capture may span minutes */
		expire(scanner);
	}
}

void scanner_burst(struct scanner *scanner, const struct frame *frames, struct verdict *verdicts,
		   unsigned count)
{
	uint32_t tick = scanner->tick;

	assert(count <= SCANNER_BURST_MAX);
	scanner->injections = 0;
	scanner->injections_taken = 0;
	scanner->begun_count = 0;
	prepare(scanner, frames, count);
	for (unsigned at = 0; at < count;) {
		struct arrival *arrival = &scanner->arrivals[at];

		if (unlikely(frames[at].time.ns >= scanner->tick_end_ns)) {
			begin_tick(scanner, &frames[at]);
		}
		struct flow *flow = find_arrival(scanner, arrival);

		if (likely(is_finished(scanner, flow, arrival))) {
			/* half-open ones one by one: the first may be the answer to the next */
			bool alone = flow_class(flow) == FLOW_HALF_OPEN;
			struct span span = { at, alone ? at + 1 : count };

			at = pass(scanner, frames, verdicts, span, flow);
		} else {
			arrival->flow = flow;
			scan(scanner, &frames[at], arrival, &verdicts[at]);
			at++;
		}
	}
	if (count != 0) {
		advance_time(scanner, frames[count - 1].time);
	}
	if (scanner->tick != tick) {
		expire(scanner);
	}
	for (unsigned i = 0; i < 2; i++) {
		if (unlikely(scanner->table[i].rekey_at != FLOW_NONE)) {
			flow_rekey_step(&scanner->table[i]);
		}
	}
	scanner->counters.rekeyed = scanner->table[0].rekeyed + scanner->table[1].rekeyed;
}

const struct injection *scanner_take_injection(struct scanner *scanner)
{
	if (scanner->injections_taken == scanner->injections) {
		return NULL;
	}
	return &scanner->injection[scanner->injections_taken++];
}

void scanner_expire(struct scanner *scanner, struct timestamp now)
{
	advance_time(scanner, now);
	expire(scanner);
}

bool scanner_flush(struct scanner *scanner)
{
	unsigned step = 0;

	fragment_end(scanner->fragments);
	scanner->counters.fragments_unread = scanner->fragments->unread;
	event_hold(&scanner->events);
	for (unsigned i = 0; i < 2; i++) {
		struct flow_table *table = &scanner->table[i];

		for (enum flow_class class = FLOW_CLOSED; class < FLOW_CLASS_COUNT; class ++) {
			while (table->list[class].oldest != FLOW_NONE && step < FLUSH_STEP) {
				lifecycle_end(scanner, table,
					      flow_at(table, table->list[class].oldest),
					      FLOW_REASON_SHUTDOWN);
				step++;
			}
		}
	}
	event_publish(&scanner->events);
	return scanner->table[0].used + scanner->table[1].used != 0;
}

struct event_ring *scanner_events(struct scanner *scanner)
{
	return &scanner->events;
}

const struct scanner_counters *scanner_counters(const struct scanner *scanner)
{
	return &scanner->counters;
}

struct scanner_gauges scanner_gauges(const struct scanner *scanner)
{
	const struct flow_table *table = scanner->table;

	return (struct scanner_gauges){
		.flows_ipv4 = table[0].used,
		.flows_ipv6 = table[1].used,
		.half_open =
			table[0].list[FLOW_HALF_OPEN].count + table[1].list[FLOW_HALF_OPEN].count,
		.inspected = scanner->sessions.count - scanner->sessions.list[SESSIONS_FREE].count,
		.blocks_free = scanner->pool.free_count,
		.quarantined = scanner->policy.quarantine_count,
	};
}
