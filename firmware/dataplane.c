/* SPDX-License-Identifier: BSD-2-Clause */
/* The rounds of dataplane.h. */
#include "firmware/dataplane.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "hal/clock.h"
#include "hal/memory.h"
#include "scanner/uninitialized.h"

/* Lent buffers are topped up in portions: fewer notices to the device. */
#define REFILL_MIN PORT_BURST_MAX

static void refill(struct dataplane *plane, unsigned side)
{
	struct port *port = plane->port[side];

	if (port->receive_room < REFILL_MIN) {
		return;
	}
	uint32_t count = plane->free_count < port->receive_room ? plane->free_count :
								  port->receive_room;

	if (count == 0) {
		plane->counters.starved[side]++;
		return;
	}
	plane->free_count -=
		port->ops->refill(port, plane->free + plane->free_count - count, count);
}

/* All buffers of both ports come back to the one stack. */
static void reclaim(struct dataplane *plane, struct port *port)
{
	plane->free_count +=
		port->ops->reclaim(port, plane->free + plane->free_count, PORT_BURST_MAX);
}

static void send_injections(struct dataplane *plane)
{
	const struct injection *injection;

	while ((injection = scanner_take_injection(plane->scanner)) != NULL) {
		struct port *port = plane->port[injection->port];

		if (plane->free_count == 0 || port->transmit_room == 0) {
			plane->counters.injection_lost++;
			continue;
		}
		const struct port_frame frame = { plane->free[--plane->free_count],
						  injection->length };

		memset(frame.data - PORT_HEADROOM, 0, PORT_HEADROOM);
		memcpy(frame.data, injection->data, injection->length);
		port->ops->transmit(port, &frame, 1);
	}
}

static_assert(FATE_FORWARDED == 0 && sizeof(struct verdict) == 2, "four verdicts in 64 bits");

/* Looks at four verdicts at once; there is room behind the last one. */
static bool all_forwarded(struct verdict *verdicts, unsigned count)
{
	static const struct verdict fates[4] = {
		{ 0xff, 0 }, { 0xff, 0 }, { 0xff, 0 }, { 0xff, 0 }
	};
	uint64_t mask, four, any = 0;

	memcpy(&mask, fates, sizeof(mask));
	memset(verdicts + count, 0, sizeof(fates));
	for (unsigned i = 0; i < count; i += 4) {
		memcpy(&four, verdicts + i, sizeof(four));
		any |= four;
	}
	return (any & mask) == 0;
}

/* Takes out what does not leave; the others stay in order. */
static unsigned keep_forwarded(struct dataplane *plane, struct port_frame *frames,
			       struct verdict *verdicts, unsigned count)
{
	unsigned kept = 0;

	if (__builtin_expect(all_forwarded(verdicts, count), 1)) {
		return count;
	}
	for (unsigned i = 0; i < count; i++) {
		if (verdicts[i].fate == FATE_FORWARDED) {
			frames[kept++] = frames[i];
		} else {
			plane->free[plane->free_count++] = frames[i].data;
		}
	}
	return kept;
}

static unsigned move(struct dataplane *plane, unsigned side)
{
	struct port *from = plane->port[side], *to = plane->port[!side];
	struct port_frame came[PORT_BURST_MAX] UNINITIALIZED;
	struct frame *frames = plane->frames[side];
	struct verdict verdicts[PORT_BURST_MAX + 4] UNINITIALIZED;

	if (to->transmit_room < PORT_BURST_MAX) {
		reclaim(plane, to);
		if (to->transmit_room < PORT_BURST_MAX) {
			plane->counters.held_back[side]++;
			return 0;
		}
	}
	unsigned count = from->ops->receive(from, came, PORT_BURST_MAX);

	if (count == 0) {
		return 0;
	}
	struct timestamp now = { clock_wall_now().ns };

#pragma GCC unroll 4
	for (unsigned i = 0; i < count; i++) {
		frames[i].data = came[i].data;
		frames[i].length = came[i].length;
		frames[i].wire_length = came[i].length;
		frames[i].time = now;
	}
	if (__builtin_expect(from->checksum_partial != NULL, 0)) {
		for (unsigned i = 0; i < count; i++) {
			frames[i].checksum_partial = from->checksum_partial[i];
		}
	}
	scanner_burst(plane->scanner, frames, verdicts, count);
	unsigned leaving = keep_forwarded(plane, came, verdicts, count);

	if (plane->handover != NULL) {
		handover_settle(plane->handover);
	}
	to->ops->transmit(to, came, leaving); /* there is room for a burst */
	send_injections(plane);
	if (plane->handover != NULL) {
		handover_burst(plane->handover, frames, verdicts, count, count == PORT_BURST_MAX);
	}
	plane->counters.bursts++;
	return count;
}

static void take_policy(struct dataplane *plane)
{
	const struct scanner_policy *wanted =
		atomic_load_explicit(&plane->shared->wanted, memory_order_acquire);

	if (__builtin_expect(wanted != NULL, 0)) {
		scanner_publish(plane->scanner, wanted);
		atomic_store_explicit(&plane->shared->wanted, NULL, memory_order_relaxed);
		/* release: who sees the count may let go of the policy before */
		atomic_fetch_add_explicit(&plane->shared->published, 1, memory_order_release);
	}
}

void dataplane_look(struct dataplane *plane)
{
	if (plane->handover != NULL) {
		handover_look(plane->handover, clock_monotonic_now().ns);
	}
}

/* Whether all that was handed over has been looked at. */
static bool look_on(struct dataplane *plane)
{
	return plane->handover == NULL || plane->handover->unseen == 0 ||
	       handover_look_on(plane->handover, clock_monotonic_now().ns);
}

/* Whether all that had passed when that was asked for first is credited. */
static bool is_credited(struct dataplane *plane)
{
	if (plane->handover != NULL && !plane->crediting) {
		handover_look_anew(plane->handover);
	}
	plane->crediting = !look_on(plane);
	return !plane->crediting;
}

static void take_account(struct dataplane *plane)
{
	struct dataplane_account *account = &plane->account;

	account->scanner = *scanner_counters(plane->scanner);
	account->gauges = scanner_gauges(plane->scanner);
	account->counters = plane->counters;
	account->events_lost =
		atomic_load_explicit(&scanner_events(plane->scanner)->lost, memory_order_relaxed);
	account->handed = plane->handover != NULL ? plane->handover->used_count : 0;
	account->handed_refused = plane->handover != NULL ? plane->handover->refused : 0;
	account->buffers = plane->buffers;
	account->buffers_free = plane->free_count;
	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		const struct port *port = plane->port[side];

		account->buffers_receiving[side] = port->receive_slots - port->receive_room;
		account->buffers_sending[side] = port->transmit_slots - port->transmit_room;
	}
}

/* Some flows a round, and only when the ring has room for all that they have to tell. What passed
 * is credited first, at once: nobody is kept waiting any more. */
static bool end_flows(struct dataplane *plane)
{
	while (!is_credited(plane)) {
	}
	return !event_ring_waits(scanner_events(plane->scanner)) && !scanner_flush(plane->scanner);
}

static void do_asked(struct dataplane *plane)
{
	struct dataplane_shared *shared = plane->shared;
	uint32_t asked = atomic_load_explicit(&shared->asked, memory_order_relaxed), done = 0;

	if (__builtin_expect(asked == 0, 1)) {
		return;
	}
	if ((asked & ASK_ACCOUNT) != 0 && is_credited(plane)) {
		take_account(plane);
		done |= ASK_ACCOUNT;
	}
	if ((asked & ASK_END_FLOWS) != 0 && end_flows(plane)) {
		done |= ASK_END_FLOWS;
	}
	/* release: who sees that it is done sees what was done */
	atomic_fetch_and_explicit(&shared->asked, ~done, memory_order_release);
}

unsigned dataplane_round(struct dataplane *plane)
{
	unsigned moved = 0;

	take_policy(plane);
	if (plane->handover != NULL) {
		handover_renew(plane->handover);
	}
	look_on(plane);
	do_asked(plane);
	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		moved += move(plane, side);
		refill(plane, side);
	}
	return moved;
}

bool dataplane_arm(struct dataplane *plane)
{
	bool quiet = plane->handover == NULL || plane->handover->unseen == 0;

	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		reclaim(plane, plane->port[side]);
		refill(plane, side);
		quiet = plane->port[side]->ops->arm(plane->port[side]) && quiet;
	}
	return quiet;
}

void dataplane_disarm(struct dataplane *plane)
{
	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		plane->port[side]->ops->disarm(plane->port[side]);
	}
}

/* Buffers as a driver brings them along, or else as both ports' frames need them. */
static bool take_buffers(struct dataplane *plane, uint32_t buffers, uint32_t frame_max)
{
	const struct port_memory *brought = plane->port[0]->memory;
	struct port_memory memory;

	assert(plane->port[1]->memory == brought && (brought == NULL || brought->count >= buffers));
	if (brought != NULL) {
		memory = *brought;
	} else {
		size_t bytes = dataplane_buffer(frame_max);
		uint8_t *start = memory_take(buffers * bytes, PORT_BUFFER_ALIGNMENT);

		if (start == NULL) {
			return false;
		}
		memory = (struct port_memory){ start + PORT_HEADROOM, (uint32_t)bytes, buffers, 0 };
	}
	uint32_t most = memory.most > buffers ? memory.most : buffers;

	plane->free = memory_take(most * sizeof(*plane->free), _Alignof(uint8_t *));
	for (; plane->free != NULL && plane->free_count < buffers; plane->free_count++) {
		plane->free[plane->free_count] =
			memory.first + (size_t)plane->free_count * memory.stride;
	}
	return plane->free != NULL;
}

int dataplane_init(struct dataplane *plane, struct port *const ports[static SCANNER_PORTS],
		   struct scanner *scanner, struct dataplane_shared *shared)
{
	uint32_t buffers = PORT_BURST_MAX, frame_max = 0;

	*plane = (struct dataplane){ .scanner = scanner, .shared = shared };
	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		plane->port[side] = ports[side];
		for (unsigned i = 0; i < PORT_BURST_MAX; i++) {
			plane->frames[side][i].port = (uint8_t)side;
		}
		buffers += ports[side]->receive_slots + ports[side]->transmit_slots;
		frame_max = frame_max > ports[side]->frame_max ? frame_max : ports[side]->frame_max;
	}
	plane->buffers = buffers;
	if (!take_buffers(plane, buffers, frame_max)) {
		return -ENOMEM;
	}
	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		refill(plane, side);
	}
	return 0;
}
