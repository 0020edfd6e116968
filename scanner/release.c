/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Letting go of flows (scanner.h): one that is finished takes up a core for nothing where something
 * else, the kernel or a network device, can forward its frames by their tuple. What comes back are
 * numbers, so that the flow is as alive, and its event as true, as if all had come by here.
 */
#include "scanner/engine.h"

#define ETHERNET_BYTES 14u
#define TAG_BYTES 4u

/* Whether nothing but tags stands before the packet's IP header. */
static bool is_plain(const struct frame *frame, const struct arrival *arrival)
{
	const struct packet *packet = &arrival->packet;

	if ((arrival->way & ARRIVAL_DECODED) == 0) {
		return true; /* by glance.h: not even tags */
	}
	size_t before = ETHERNET_BYTES;

	for (unsigned i = 0; i < 2; i++) {
		before += packet->vlan[i] != VLAN_NONE ? TAG_BYTES : 0;
	}
	return packet->ip == frame->data + before;
}

static void turn(struct event_tuple *tuple)
{
	const struct event_tuple was = *tuple;

	tuple->source_port = was.destination_port;
	tuple->destination_port = was.source_port;
	memcpy(tuple->source, was.destination, sizeof(tuple->source));
	memcpy(tuple->destination, was.source, sizeof(tuple->destination));
}

bool scanner_release(struct scanner *scanner, const struct frame *frame, unsigned at,
		     uint32_t frames_min, struct release *release)
{
	const struct arrival *arrival = &scanner->arrivals[at];
	uint8_t family = arrival->way & (uint8_t)~ARRIVAL_DECODED;

	if (family == 0 || frame->port == PORT_ANY || !is_plain(frame, arrival)) {
		return false;
	}
	struct flow_table *table = &scanner->table[family == 6];
	const struct flow *flow = flow_find(table, &arrival->lookup);

	if (flow == NULL || flow_seen(flow) == SEEN_INSPECTED || flow_is_cut(flow) ||
	    flow_class(flow) == FLOW_CLOSED || flow->generation != scanner->policy.generation) {
		return false;
	}
	enum direction direction = flow_direction(flow, &arrival->lookup);

	if (flow->packets[direction] < frames_min) {
		return false;
	}
	flow_tuple(table, flow, &release->tuple);
	if (direction == TO_ORIGINATOR) {
		turn(&release->tuple);
	}
	release->port = frame->port;
	release->flow = flow_index(table, flow);
	return true;
}

uint32_t scanner_generation(const struct scanner *scanner)
{
	return scanner->policy.generation + 1u;
}

unsigned scanner_begun(const struct scanner *scanner, const struct event_tuple **tuples)
{
	*tuples = scanner->begun;
	return scanner->begun_count;
}

static void count_way(struct flow *flow, enum direction direction, uint64_t frames, uint64_t bytes)
{
	uint64_t sum = flow_bytes(flow, direction) + bytes;

	flow->packets[direction] += (uint32_t)frames;
	flow->bytes_low[direction] = (uint32_t)sum;
	flow->bytes_high[direction] = (uint16_t)(sum >> 32);
}

bool scanner_credit(struct scanner *scanner, const struct release *release, uint64_t frames,
		    uint64_t bytes)
{
	struct flow_table *table = &scanner->table[release->tuple.family == 6];
	struct flow *flow = flow_at(table, release->flow);
	struct scanner_port_counters *port = &scanner->counters.port[release->port];
	struct event_tuple tuple;

	port->rx += frames;
	port->rx_bytes += bytes;
	port->fate[FATE_FORWARDED] += frames;
	port->seen[SEEN_KERNEL] += frames;
	if (flow_class(flow) == FLOW_FREE) {
		return false;
	}
	flow_tuple(table, flow, &tuple);
	bool forth = memcmp(&tuple, &release->tuple, sizeof(tuple)) == 0;

	turn(&tuple);
	if (!forth && memcmp(&tuple, &release->tuple, sizeof(tuple)) != 0) {
		return false;
	}
	if (frames != 0) {
		count_way(flow, forth ? TO_RESPONDER : TO_ORIGINATOR, frames, bytes);
		flow->last = scanner->tick;
	}
	return true;
}
