/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The port of af_xdp.h over its rings. A system call is made for a burst to be sent, and where a
 * driver sleeps over a ring; receiving makes none. How the rings come about is in af_xdp_open.c.
 */
#define _GNU_SOURCE

#include "drivers/net/af_xdp.h"

#include <errno.h>
#include <sched.h>
#include <sys/socket.h>

/* How often the kernel is asked to send before others have their turn: it takes 32 at once. */
#define KICKS_MAX (2 * AF_XDP_TRANSMIT_SLOTS / PORT_BURST_MAX)
/* Options of a descriptor that there are not. */
#define WITHDRAWN (1u << 31)
#define CAME_BACK UINT64_MAX /* address of one */

static struct af_xdp *xdp_of(struct port *port)
{
	return (struct af_xdp *)(void *)port;
}

static uint64_t place_of(const struct af_xdp *xdp, const uint8_t *buffer)
{
	return (uint64_t)(buffer - xdp->memory->start);
}

/* ---- transmission ---- */

/* What a port that is stopped is given is dropped at once: there is room for a burst. */
static void tell_room(struct af_xdp *xdp)
{
	uint32_t lent = xdp->sending + xdp->dropped_count;
	uint32_t slots = xdp->stopped ? xdp->sending + PORT_BURST_MAX : AF_XDP_TRANSMIT_SLOTS;

	xdp->port.transmit_slots = slots > lent ? slots : lent;
	xdp->port.transmit_room = xdp->port.transmit_slots - lent;
}

static bool ask_to_send(const struct af_xdp *xdp)
{
	return send(xdp->queue[xdp->core].socket, NULL, 0, MSG_DONTWAIT) >= 0;
}

/* Withdraws what the kernel has not taken: it passes over what has options that there are not, and
 * counts that. The newest one first, so that also while a device takes some, what is withdrawn are
 * the last ones. */
static __attribute__((noinline)) void stop(struct af_xdp *xdp)
{
	af_xdp_count(xdp);
	xdp->refused_before = xdp->queue[xdp->core].counted.transmit_invalid;
	xdp->withdrawn = xdp->sending;
	xdp->stopped = true;
	xdp->unsent = false;
	for (uint32_t i = 1; i <= xdp->withdrawn; i++) {
		struct abi_xdp_descriptor *one = xdp_ring_descriptor(&xdp->transmit, 0 - i);

		atomic_store_explicit((_Atomic uint32_t *)&one->options, WITHDRAWN,
				      memory_order_release);
	}
}

/* Until the kernel has all, or takes no more now. What it drops, as the link is down, it says; if
 * it cannot send at all, nothing is left waiting for when it can. */
static void send_waiting(struct af_xdp *xdp)
{
	for (unsigned i = 0; i < KICKS_MAX && xdp->unsent; i++) {
		if (ask_to_send(xdp)) {
			xdp->unsent = false;
		} else if (errno == EBUSY) {
			xdp->port.faults[PORT_FAULT_UNSENT]++;
		} else if (errno != EAGAIN && errno != EINTR) {
			stop(xdp);
		}
	}
}

/* NULL: there is none at that place. */
static uint8_t *buffer_at(struct af_xdp *xdp, uint64_t place)
{
	const struct af_xdp_memory *memory = xdp->memory;

	if (place >= memory->bytes) {
		xdp->port.faults[PORT_FAULT_BUFFER]++;
		return NULL;
	}
	return memory->start + ABI_XDP_HEADROOM + place / memory->chunk_bytes * memory->chunk_bytes;
}

static void note_return(struct af_xdp *xdp, uint64_t place)
{
	uint32_t chunk_bytes = xdp->memory->chunk_bytes;

	for (uint32_t i = 1; i <= xdp->withdrawn; i++) {
		struct abi_xdp_descriptor *one = xdp_ring_descriptor(&xdp->transmit, 0 - i);

		if (one->address / chunk_bytes == place / chunk_bytes) {
			one->address = CAME_BACK;
			return;
		}
	}
}

static unsigned take_sent(struct af_xdp *xdp, uint8_t **buffers, unsigned max)
{
	uint32_t waiting = xdp_ring_waiting(&xdp->completion);
	unsigned count = 0;

	if (waiting > xdp->sending) {
		xdp->port.faults[PORT_FAULT_INDEX]++;
		return 0;
	}
	/* a device that seems to be awake may be gone: the kernel will say so */
	xdp->unsent |= waiting == 0 && xdp->zero_copy && xdp->sending != 0 && !xdp->stopped;
	waiting = waiting < max ? waiting : max;
	for (uint32_t i = 0; i < waiting; i++) {
		uint64_t place = *xdp_ring_address(&xdp->completion, i);
		uint8_t *buffer = buffer_at(xdp, place);

		if (__builtin_expect(xdp->stopped, 0)) {
			note_return(xdp, place);
		}
		if (buffer != NULL) {
			buffers[count++] = buffer;
		}
	}
	xdp_ring_release(&xdp->completion, waiting);
	xdp->sending -= count;
	return count;
}

/* The kernel is through with the ring. What it has passed over is dropped; only newer kernels give
 * that back by the other ring as well. */
static void settle(struct af_xdp *xdp)
{
	unsigned count;

	af_xdp_count(xdp);
	uint64_t refused = xdp->queue[xdp->core].counted.transmit_invalid - xdp->refused_before;
	uint32_t last = refused < xdp->withdrawn ? (uint32_t)refused : xdp->withdrawn;

	while ((count = take_sent(xdp, xdp->dropped + xdp->dropped_count, PORT_BURST_MAX)) != 0) {
		xdp->dropped_count += count;
	}
	for (uint32_t i = 1; i <= last && xdp->sending != 0; i++) {
		uint64_t place = xdp_ring_descriptor(&xdp->transmit, 0 - i)->address;
		uint8_t *buffer = place == CAME_BACK ? NULL : buffer_at(xdp, place);

		if (buffer != NULL) {
			xdp->dropped[xdp->dropped_count++] = buffer;
			xdp->sending--;
		}
	}
	xdp->stopped = false;
}

/* Has the kernel pass over what was withdrawn, if it can send again. In copy mode that is one for
 * each call. */
static __attribute__((noinline)) void resume(struct af_xdp *xdp)
{
	unsigned calls = xdp->zero_copy ? 1 : AF_XDP_TRANSMIT_SLOTS + 1;

	while (xdp->stopped && calls-- != 0 && ask_to_send(xdp)) {
		if (xdp_ring_is_empty(&xdp->transmit)) {
			settle(xdp);
		}
	}
}

static void drop(struct af_xdp *xdp, const struct port_frame *frames, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		xdp->dropped[xdp->dropped_count++] = frames[i].data;
	}
	xdp->port.faults[PORT_FAULT_UNSENT] += count;
}

static void enqueue(struct af_xdp *xdp, const struct port_frame *frames, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		*xdp_ring_descriptor(&xdp->transmit, i) = (struct abi_xdp_descriptor){
			.address = place_of(xdp, frames[i].data),
			.length = frames[i].length,
		};
	}
	xdp_ring_produce(&xdp->transmit, count);
	xdp->sending += count;
	xdp->unsent = !xdp->zero_copy || xdp_ring_sleeps(&xdp->transmit);
	send_waiting(xdp);
}

static unsigned xdp_transmit(struct port *port, const struct port_frame *frames, unsigned count)
{
	struct af_xdp *xdp = xdp_of(port);

	count = count < port->transmit_room ? count : port->transmit_room;
	if (count == 0) {
		return 0;
	}
	if (__builtin_expect(xdp->stopped, 0)) {
		resume(xdp);
	}
	if (xdp->stopped || count > AF_XDP_TRANSMIT_SLOTS - xdp->sending) {
		drop(xdp, frames, count);
	} else {
		enqueue(xdp, frames, count);
	}
	tell_room(xdp);
	return count;
}

static unsigned xdp_reclaim(struct port *port, uint8_t **buffers, unsigned max)
{
	struct af_xdp *xdp = xdp_of(port);
	unsigned count = xdp->dropped_count < max ? xdp->dropped_count : max;

	send_waiting(xdp);
	for (unsigned i = 0; i < count; i++) {
		buffers[i] = xdp->dropped[--xdp->dropped_count];
	}
	count += take_sent(xdp, buffers + count, max - count);
	tell_room(xdp);
	return count;
}

/* ---- reception ---- */

/* As many as there is room for; none while another data core is at it. */
static unsigned lend(struct af_xdp *xdp, struct af_xdp_queue *queue, uint8_t *const *buffers,
		     unsigned count)
{
	struct af_xdp_shared *shared = queue->shared;

	if (atomic_exchange_explicit(&shared->busy, true, memory_order_acquire)) {
		return 0;
	}
	uint32_t room = shared->slots - atomic_load_explicit(&shared->lent, memory_order_relaxed);

	count = count < room ? count : room;
	for (unsigned i = 0; i < count; i++) {
		*xdp_ring_address(&shared->fill, i) = place_of(xdp, buffers[i]);
	}
	/* before the kernel can have a frame in one */
	atomic_fetch_add_explicit(&shared->lent, count, memory_order_relaxed);
	xdp_ring_produce(&shared->fill, count);
	bool sleeps = count != 0 && xdp_ring_sleeps(&shared->fill);

	atomic_store_explicit(&shared->busy, false, memory_order_release);
	if (sleeps) {
		recvfrom(queue->socket, NULL, 0, MSG_DONTWAIT, NULL, NULL);
	}
	return count;
}

/* Rare: what is not going to be passed on goes back now. All queues together have room for it. */
static void lend_all(struct af_xdp *xdp, uint8_t *const *buffers, unsigned count)
{
	unsigned lent = 0;

	for (unsigned i = 0; lent < count; i = i + 1 < xdp->queue_count ? i + 1 : 0) {
		lent += lend(xdp, &xdp->queue[i], buffers + lent, count - lent);
		if (i + 1 == xdp->queue_count && lent < count) {
			sched_yield(); /* to the core that is at it */
		}
	}
}

/* False: the frame cannot be passed on; its buffer is lent again if it is known. */
static bool take(struct af_xdp *xdp, const struct af_xdp_queue *queue,
		 const struct abi_xdp_descriptor *descriptor, struct port_frame *frame)
{
	const struct af_xdp_memory *memory = xdp->memory;
	uint64_t place = descriptor->address;
	uint32_t length = descriptor->length;
	uint32_t offset = (uint32_t)place & (memory->chunk_bytes - 1);

	if (place >= memory->bytes || offset < PORT_HEADROOM) {
		xdp->port.faults[PORT_FAULT_BUFFER]++;
		return false;
	}
	frame->data = memory->start + place;
	frame->length = length;
	if (length < PORT_FRAME_MIN || length > memory->chunk_bytes - offset) {
		xdp->port.faults[length < PORT_FRAME_MIN ? PORT_FAULT_SHORT : PORT_FAULT_LONG]++;
		atomic_fetch_sub_explicit(&queue->shared->lent, 1, memory_order_relaxed);
		lend_all(xdp, &frame->data, 1);
		return false;
	}
	return true;
}

/* Up to `max` frames that have come by a queue. */
static unsigned take_from(struct af_xdp *xdp, struct af_xdp_queue *queue, struct port_frame *frames,
			  unsigned max)
{
	uint32_t waiting = xdp_ring_waiting(&queue->receive);
	unsigned taken = 0;

	if (waiting == 0) {
		return 0;
	}
	if (waiting > atomic_load_explicit(&queue->shared->lent, memory_order_relaxed)) {
		xdp->port.faults[PORT_FAULT_INDEX]++;
		return 0;
	}
	waiting = waiting < max ? waiting : max;
	for (uint32_t i = 0; i < waiting; i++) {
		taken += take(xdp, queue, xdp_ring_descriptor(&queue->receive, i), &frames[taken]);
	}
	xdp_ring_release(&queue->receive, waiting);
	atomic_fetch_sub_explicit(&queue->shared->lent, taken, memory_order_relaxed);
	return taken;
}

/* The scanner was stalled, and is not any more: what came before it was found out is late now. */
static __attribute__((noinline)) void drop_stale(struct af_xdp *xdp, uint64_t passed)
{
	struct port_frame late[PORT_BURST_MAX];
	uint8_t *buffers[PORT_BURST_MAX];
	unsigned count;

	xdp->port.faults[PORT_FAULT_STALLED] += passed - xdp->passed_seen;
	xdp->passed_seen = passed;
	for (unsigned i = 0; i < xdp->queue_count; i++) {
		while ((count = take_from(xdp, &xdp->queue[i], late, PORT_BURST_MAX)) != 0) {
			for (unsigned n = 0; n < count; n++) {
				buffers[n] = late[n].data;
			}
			lend_all(xdp, buffers, count);
			xdp->port.faults[PORT_FAULT_STALE] += count;
		}
	}
}

static void look_for_stall(struct af_xdp *xdp)
{
	uint64_t passed = xdp->passed == NULL ?
				  xdp->passed_seen :
				  atomic_load_explicit(xdp->passed, memory_order_acquire);

	if (__builtin_expect(passed != xdp->passed_seen, 0)) {
		drop_stale(xdp, passed);
	}
}

static unsigned xdp_receive(struct port *port, struct port_frame *frames, unsigned max)
{
	struct af_xdp *xdp = xdp_of(port);

	look_for_stall(xdp);
	send_waiting(xdp); /* also when only this direction is busy */
	for (unsigned i = 0; i < xdp->queue_count; i++) {
		struct af_xdp_queue *queue = &xdp->queue[xdp->queue_next];
		unsigned count = take_from(xdp, queue, frames, max);

		xdp->queue_next = xdp->queue_next + 1 < xdp->queue_count ? xdp->queue_next + 1 : 0;
		if (count != 0) {
			port->receive_room += count;
			return count;
		}
	}
	return 0;
}

static unsigned xdp_refill(struct port *port, uint8_t *const *buffers, unsigned count)
{
	struct af_xdp *xdp = xdp_of(port);
	unsigned taken = 0;

	for (unsigned i = 0; i < xdp->queue_count && taken < count; i++) {
		taken += lend(xdp, &xdp->queue[i], buffers + taken, count - taken);
	}
	port->receive_room -= taken;
	return taken;
}

/* ---- waiting ---- */

/* A socket stays ready while frames wait in its ring, so none is missed by looking first. */
static bool xdp_arm(struct port *port)
{
	const struct af_xdp *xdp = xdp_of(port);

	for (unsigned i = 0; i < xdp->queue_count; i++) {
		if (xdp_ring_waiting(&xdp->queue[i].receive) != 0) {
			return false;
		}
	}
	return true;
}

static void xdp_disarm(struct port *port)
{
	(void)port; /* it is only looked at while the core sleeps */
}

static bool xdp_link_up(const struct port *port)
{
	return interface_link_up(&((const struct af_xdp *)(const void *)port)->interface);
}

static const struct port_ops ops = {
	.receive = xdp_receive,
	.refill = xdp_refill,
	.transmit = xdp_transmit,
	.reclaim = xdp_reclaim,
	.arm = xdp_arm,
	.disarm = xdp_disarm,
	.link_up = xdp_link_up,
};

void af_xdp_count(struct af_xdp *xdp)
{
	uint64_t *faults = xdp->port.faults;

	for (unsigned i = 0; i < xdp->queue_count; i++) {
		struct af_xdp_queue *queue = &xdp->queue[i];
		const struct abi_xdp_statistics before = queue->counted;
		struct abi_xdp_statistics *now = &queue->counted;
		socklen_t size = sizeof(*now);

		if (getsockopt(queue->socket, ABI_SOL_XDP, ABI_XDP_STATISTICS, now, &size) == 0) {
			faults[PORT_FAULT_OVERRUN] +=
				now->receive_dropped - before.receive_dropped +
				now->receive_ring_full - before.receive_ring_full;
			faults[PORT_FAULT_UNSENT] +=
				now->transmit_invalid - before.transmit_invalid;
		}
	}
}

void af_xdp_mind(struct af_xdp *xdp, const _Atomic uint64_t *passed)
{
	xdp->passed = passed;
	if (passed != NULL) {
		xdp->passed_seen = atomic_load_explicit(passed, memory_order_acquire);
	}
}

void af_xdp_part(struct af_xdp_memory *memory)
{
	const uint32_t count = AF_XDP_BUFFERS(memory->cores) / memory->cores;

	for (unsigned core = 0; core < memory->cores; core++) {
		memory->part[core] = (struct port_memory){
			.first = memory->start + ABI_XDP_HEADROOM +
				 (size_t)core * count * memory->chunk_bytes,
			.stride = memory->chunk_bytes,
			.count = count,
			.most = AF_XDP_BUFFERS(memory->cores),
		};
	}
}

void af_xdp_init(struct af_xdp *xdp, const struct af_xdp_memory *memory,
		 const struct interface *interface, unsigned queues, unsigned core)
{
	uint32_t slots = af_xdp_queue_slots(queues) * queues / memory->cores;

	*xdp = (struct af_xdp){
		.port = { .ops = &ops,
			  .receive_slots = slots,
			  .transmit_slots = AF_XDP_TRANSMIT_SLOTS,
			  .receive_room = slots,
			  .transmit_room = AF_XDP_TRANSMIT_SLOTS,
			  .frame_max = memory->chunk_bytes - ABI_XDP_HEADROOM,
			  .memory = &memory->part[core] },
		.interface = *interface,
		.memory = memory,
		.core = core,
		.queue_count = queues,
	};
	xdp->port.name = xdp->interface.name;
	for (unsigned i = 0; i < AF_XDP_QUEUES_MAX; i++) {
		xdp->queue[i].socket = -1;
		xdp->queue[i].watch = -1;
	}
}
