/* SPDX-License-Identifier: BSD-2-Clause */
/* The bench of rig.h. */
#define _POSIX_C_SOURCE 200809L
#include "tests/scanner/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tools/compile_text.h"

/* Not assert(): it holds in every build. */
#define must(condition)                                                                  \
	do {                                                                             \
		if (!(condition)) {                                                      \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, \
				#condition);                                             \
			abort();                                                         \
		}                                                                        \
	} while (0)

const struct behaviour_config rig_behaviour = {
	.servers = 64,
	.learn_s = 86400,
	.mail_host_s = 86400,
	.mail_host_factor = 20,
	.refusal_percent = 50,
	.error_recipients = 5,
	.limit = {
		[BEHAVIOUR_SENDERS] = { 10, 300 },
		[BEHAVIOUR_RECIPIENTS] = { 50, 300 },
		[BEHAVIOUR_DOMAINS] = { 20, 300 },
		[BEHAVIOUR_MAIL_SERVERS] = { 10, 300 },
		[BEHAVIOUR_HELOS] = { 3, 3600 },
		[BEHAVIOUR_SSH_TARGETS] = { 5, 120 },
		[BEHAVIOUR_SSH_SCAN] = { 24, 3600 },
		[BEHAVIOUR_MAILS] = { 10, 120 },
		[BEHAVIOUR_REFUSALS] = { 20, 600 },
		[BEHAVIOUR_UNKNOWN_USERS] = { 10, 600 },
		[BEHAVIOUR_BLOCKLISTED] = { 0, 3600 },
		[BEHAVIOUR_ERROR_MAILS] = { 30, 600 },
		[BEHAVIOUR_MX_QUERIES] = { 30, 10 },
	},
	.key = { 1, 2, 3 },
};

struct scanner_config rig_config(void)
{
	struct scanner_config config = {
		.flows_ipv4 = 256,
		.flows_ipv6 = 64,
		.flows_half_open = 64,
		.flows_inspected = 16,
		.stream_blocks = 512,
		.reorder_segments = 32,
		.reorder_bytes = 65536,
		.retain_bytes = 4096,
		.event_ring_bytes = 16 * EVENT_MAX_BYTES,
		.quarantine_max = 4,
		.login_pairs = 64,
		.login_failures = 30,
		.login_window_s = 1800,
		.behaviour = rig_behaviour,
		.timeout_half_open_s = 30,
		.timeout_closed_s = 60,
		.timeout_established_s = 3600,
		.timeout_udp_s = 60,
		.inside_count = 2,
		.inside = { { .family = 4, .bits = 8, .address = { 10 } },
			    { .family = 6, .bits = 8, .address = { 0xfd } } },
	};

	for (unsigned i = 0; i < SCANNER_SALT_BYTES; i++) {
		config.salt[i] = (uint8_t)(i * 37 + 11);
	}
	return config;
}

void rig_open(struct rig *rig, const struct scanner_config *config)
{
	void *memory = rig->memory;
	size_t old_size = rig->memory_size;

	memset(rig, 0, sizeof(*rig));
	rig->config = config != NULL ? *config : rig_config();
	size_t size = scanner_size(&rig->config);

	must(size != 0 && size % 64 == 0);
	if (size != old_size) {
		free(memory);
		memory = aligned_alloc(64, size);
		must(memory != NULL);
	}
	rig->memory = memory;
	rig->memory_size = size;
	memset(rig->memory, 0xa5, size); /* what it does not set itself is no zero */
	rig->scanner = scanner_init(rig->memory, &rig->config);
	rig->now.ns = 1767225600 * NS_PER_S; /* 2026 */
	rig->step_ns = 50000;
	rig->reading = true;
}

void rig_close(struct rig *rig)
{
	rig_flush(rig);
	free(rig->blob);
	rig->blob = NULL;
}

void rig_publish(struct rig *rig, const char *signatures, bool enforcing)
{
	struct scanner_policy policy = { .enforcing = enforcing, .clock_trusted = true };
	uint8_t *old = rig->blob;

	rig->blob = NULL;
	if (signatures != NULL) {
		struct blob blob = compile_text(signatures, strlen(signatures), false, stderr);

		must(blob.bytes != NULL);
		must(set_open(&rig->set, blob.bytes, blob.size, NULL) == SET_OK);
		rig->blob = blob.bytes;
		policy.set = &rig->set;
	}
	scanner_publish(rig->scanner, &policy);
	free(old);
}

static void copy_attribute(const struct event *event, enum event_attribute_kind kind, void *out,
			   size_t size)
{
	const struct event_attribute *attribute = event_find(event, kind);

	if (attribute != NULL) {
		memcpy(out, attribute->data, attribute->length < size ? attribute->length : size);
	}
}

static void take_note(struct rig *rig, const struct event *event)
{
	struct note note = {
		.type = event->type,
		.flow_id = event->flow_id,
		.tx_id = event->tx_id,
		.tuple = event->tuple,
		.app = event->app,
		.inside = event->inside,
		.direction = event->direction,
		.time = event->time,
	};

	must(event->type < EVENT_TYPE_COUNT && event->flow_id <= 1ull << 51);
	rig->events[event->type]++;
	copy_attribute(event, ATTRIBUTE_ALERT, &note.alert, sizeof(note.alert));
	copy_attribute(event, ATTRIBUTE_FLOW, &note.flow, sizeof(note.flow));
	copy_attribute(event, ATTRIBUTE_ANOMALY, &note.anomaly, sizeof(note.anomaly));
	copy_attribute(event, ATTRIBUTE_ALERT_MESSAGE, note.message, sizeof(note.message) - 1);
	copy_attribute(event, ATTRIBUTE_SSH_CLIENT_SOFTWARE, note.software,
		       sizeof(note.software) - 1);
	copy_attribute(event, ATTRIBUTE_SSH_CLIENT_IDENT_PREFIX, note.software,
		       sizeof(note.software) - 1);
	if (event->type == EVENT_ANOMALY) {
		must(note.anomaly.anomaly < ANOMALY_COUNT);
		rig->anomalies[note.anomaly.anomaly]++;
	}
	bool frequent = event->type == EVENT_FLOW || event->type == EVENT_ANOMALY;

	if (rig->note_count < RIG_NOTES &&
	    (!frequent || rig->events[event->type] <= RIG_NOTES_FREQUENT)) {
		rig->notes[rig->note_count++] = note;
	}
}

void rig_drain(struct rig *rig)
{
	const struct event *event;

	while ((event = event_peek(scanner_events(rig->scanner))) != NULL) {
		take_note(rig, event);
		event_release(scanner_events(rig->scanner), event);
	}
}

static void check_books(const struct rig *rig)
{
	const struct scanner_counters *counters = scanner_counters(rig->scanner);
	struct scanner_gauges gauges = scanner_gauges(rig->scanner);

	for (unsigned port = 0; port < SCANNER_PORTS; port++) {
		const struct scanner_port_counters *at = &counters->port[port];
		uint64_t fates = 0, kinds = 0;

		for (unsigned i = 0; i < FATE_COUNT; i++) {
			fates += at->fate[i];
		}
		for (unsigned i = 0; i < SEEN_COUNT; i++) {
			kinds += at->seen[i];
		}
		must(at->rx == rig->rx[port] && at->rx_bytes == rig->rx_bytes[port]);
		must(at->rx == fates && at->rx == kinds);
	}
	must(counters->fragments_unread <= rig_seen(rig, SEEN_INSPECTED));
	must(gauges.half_open <= rig->config.flows_half_open);
	must(gauges.flows_ipv4 <= rig->config.flows_ipv4);
	must(gauges.flows_ipv6 <= rig->config.flows_ipv6);
	must(gauges.inspected <= rig->config.flows_inspected);
	must(gauges.blocks_free <= rig->config.stream_blocks);
	must(gauges.quarantined <= rig->config.quarantine_max);
	must(rig->scanner->policy.pending_count == 0 && !rig->scanner->events.held);
}

void rig_take_books(struct rig *rig)
{
	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		rig->rx[side] = scanner_counters(rig->scanner)->port[side].rx;
		rig->rx_bytes[side] = scanner_counters(rig->scanner)->port[side].rx_bytes;
	}
}

struct verdict rig_frame(struct rig *rig, const uint8_t *bytes, uint32_t length,
			 enum port_side port)
{
	/* of exactly its size, so that a read beyond it is found */
	uint8_t *copy = malloc(length != 0 ? length : 1);
	const struct frame frame = {
		.data = copy,
		.length = length,
		.wire_length = length,
		.time = rig->now,
		.port = (uint8_t)port,
	};
	struct verdict verdict = { 0xff, 0xff };
	const struct injection *injection;

	must(copy != NULL);
	if (length != 0) {
		memcpy(copy, bytes, length);
	}
	scanner_burst(rig->scanner, &frame, &verdict, 1);
	must(length == 0 || memcmp(copy, bytes, length) == 0); /* no byte is ever changed */
	rig->releases = scanner_release(rig->scanner, &frame, 0, rig->release_min, &rig->released);
	must(!rig->releases || verdict.fate == FATE_FORWARDED);
	free(copy);
	must(verdict.fate < FATE_COUNT && verdict.seen < SEEN_COUNT);
	must(verdict.fate == FATE_FORWARDED || rig->scanner->policy.now.enforcing);
	rig->rx[port == PORT_OUTSIDE]++;
	rig->rx_bytes[port == PORT_OUTSIDE] += length;
	rig->now.ns += rig->step_ns;
	rig->last = verdict;
	check_books(rig);
	while ((injection = scanner_take_injection(rig->scanner)) != NULL) {
		must(verdict.fate == FATE_SIGNATURE_REJECT);
		if (rig->injection_count < RIG_INJECTIONS) {
			rig->injections[rig->injection_count++] = *injection;
		}
	}
	if (rig->reading) {
		rig_drain(rig);
	}
	return verdict;
}

static struct wire wire;

static enum port_side port_of(const struct connection *connection, enum direction direction)
{
	/* inside addresses begin with 10 or fd; a connection between two inside ends counts as
	 * coming in */
	bool from_inside = connection->ends.source[0] == 10 || connection->ends.source[0] == 0xfd;

	return from_inside == (direction == TO_RESPONDER) ? PORT_INSIDE : PORT_OUTSIDE;
}

struct verdict rig_send(struct rig *rig, struct connection *connection, enum direction direction,
			uint8_t flags, const char *text)
{
	connection_send(connection, &wire, direction, flags, text);
	return rig_wire(rig, &wire, port_of(connection, direction));
}

struct verdict rig_odd(struct rig *rig, const struct connection *connection, const struct odd *odd)
{
	connection_odd(connection, &wire, odd);
	return rig_wire(rig, &wire, port_of(connection, odd->direction));
}

void rig_handshake(struct rig *rig, struct connection *connection)
{
	rig_send(rig, connection, TO_RESPONDER, TCP_SYN, NULL);
	rig_send(rig, connection, TO_ORIGINATOR, TCP_SYN | TCP_ACK, NULL);
	rig_send(rig, connection, TO_RESPONDER, TCP_ACK, NULL);
}

void rig_expire(struct rig *rig)
{
	scanner_expire(rig->scanner, rig->now);
	check_books(rig);
	rig_drain(rig);
}

void rig_flush(struct rig *rig)
{
	struct scanner_gauges gauges;
	unsigned calls = 0;

	rig_audit(rig);
	do {
		must(calls++ <= (rig->config.flows_ipv4 + rig->config.flows_ipv6) / 64 + 1);
		rig_drain(rig);
	} while (scanner_flush(rig->scanner));
	rig_drain(rig);
	check_books(rig);
	rig_audit(rig);
	gauges = scanner_gauges(rig->scanner);
	must(gauges.flows_ipv4 == 0 && gauges.flows_ipv6 == 0 && gauges.half_open == 0);
	must(gauges.inspected == 0 && gauges.blocks_free == rig->config.stream_blocks);
	must(!scanner_flush(rig->scanner));
}

/* A flow of one of the class lists: its record or session belongs to it alone. */
static void audit_flow(const struct rig *rig, const struct flow *flow, uint8_t *record_used)
{
	const struct scanner *scanner = rig->scanner;
	const struct session *session = engine_session(scanner, flow);

	if (session != NULL) {
		must(session->flow == flow && session->list != SESSIONS_FREE);
		must(flow_seen(flow) == SEEN_INSPECTED);
	} else if (engine_handshake(scanner, flow) != NULL) {
		must(record_used[flow->state - 1] == 0);
		record_used[flow->state - 1] = 1;
		must(flow_class(flow) == FLOW_HALF_OPEN);
	}
}

static uint32_t audit_table(const struct rig *rig, const struct flow_table *table,
			    uint8_t *record_used)
{
	uint32_t all = 0, sessions = 0;

	for (enum flow_class class = FLOW_CLOSED; class < FLOW_CLASS_COUNT; class ++) {
		uint32_t count = 0, before = FLOW_NONE;

		for (uint32_t index = table->list[class].oldest; index != FLOW_NONE;) {
			const struct flow *flow = flow_at(table, index);

			must(count++ < table->count && flow->previous == before);
			must(flow_class(flow) == class);
			audit_flow(rig, flow, record_used);
			sessions += engine_session(rig->scanner, flow) != NULL;
			before = index;
			index = flow->next;
		}
		must(table->list[class].newest == before && table->list[class].count == count);
		all += count;
	}
	must(all == table->used);
	return sessions;
}

static uint32_t audit_session(const struct rig *rig, const struct session *session)
{
	uint32_t blocks = 0;

	must(engine_session(rig->scanner, session->flow) == session);
	for (unsigned i = 0; i < 2; i++) {
		const struct stream *stream = &session->stream[i];
		uint32_t index = stream->first, last = POOL_NONE;

		while (index != POOL_NONE) {
			must(blocks++ < rig->config.stream_blocks);
			last = index;
			index = pool_block(&rig->scanner->pool, index)->next;
		}
		must(stream->last == last);
	}
	return blocks;
}

void rig_audit(const struct rig *rig)
{
	static uint8_t record_used[UINT16_MAX];
	const struct scanner *scanner = rig->scanner;
	const struct session_store *store = &scanner->sessions;
	uint32_t sessions, records = 0, count = 0, blocks = 0;

	memset(record_used, 0, rig->config.flows_half_open);
	sessions = audit_table(rig, &scanner->table[0], record_used);
	sessions += audit_table(rig, &scanner->table[1], record_used);
	for (uint32_t index = scanner->half_open_free; index != 0;) {
		must(record_used[index - 1] == 0);
		record_used[index - 1] = 1;
		index = scanner->half_open[index - 1].next_free;
	}
	for (uint32_t i = 0; i < rig->config.flows_half_open; i++) {
		records += record_used[i];
	}
	must(records == rig->config.flows_half_open); /* each free or used, once */
	for (unsigned list = 0; list < SESSION_LISTS; list++) {
		uint32_t length = 0;

		for (uint16_t i = store->list[list].oldest; i != SESSION_NONE;) {
			must(store->sessions[i].list == list && length++ < store->count);
			blocks += list != SESSIONS_FREE ? audit_session(rig, &store->sessions[i]) :
							  0;
			i = store->sessions[i].next;
		}
		must(store->list[list].count == length);
		count += length;
	}
	must(count == store->count);
	must(count - store->list[SESSIONS_FREE].count == sessions);
	must(blocks <= rig->config.stream_blocks - scanner->pool.free_count);
}

struct flow *rig_flow(const struct rig *rig, const struct connection *connection)
{
	struct flow_table *table = &rig->scanner->table[connection->ends.family == 6];
	const struct odd odd = { .direction = TO_RESPONDER, .flags = TCP_ACK };
	struct packet packet;
	struct flow_lookup lookup;

	connection_odd(connection, &wire, &odd);
	decode(&packet, wire_data(&wire), wire_length(&wire), wire_length(&wire));
	flow_lookup_prepare(table, &packet, &lookup);
	return flow_find(table, &lookup);
}

const struct note *rig_note(const struct rig *rig, enum event_type type, unsigned nth)
{
	for (uint32_t i = 0; i < rig->note_count; i++) {
		if (rig->notes[i].type == type && nth-- == 0) {
			return &rig->notes[i];
		}
	}
	return NULL;
}

const struct note *rig_alert(const struct rig *rig, uint32_t sid, unsigned nth)
{
	for (uint32_t i = 0; i < rig->note_count; i++) {
		if (rig->notes[i].type == EVENT_ALERT && rig->notes[i].alert.sid == sid &&
		    nth-- == 0) {
			return &rig->notes[i];
		}
	}
	return NULL;
}

uint64_t rig_fate(const struct rig *rig, enum fate fate)
{
	const struct scanner_counters *counters = scanner_counters(rig->scanner);

	return counters->port[0].fate[fate] + counters->port[1].fate[fate];
}

uint64_t rig_seen(const struct rig *rig, enum seen seen)
{
	const struct scanner_counters *counters = scanner_counters(rig->scanner);

	return counters->port[0].seen[seen] + counters->port[1].seen[seen];
}
