/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The port of af_xdp.h over its rings. A system call is made for a burst to be sent, and where a
 * driver sleeps over a ring; receiving makes none. How the rings come about is in af_xdp_open.c.
 */
#define _GNU_SOURCE

#include "drivers/net/af_xdp.h"

#include <errno.h>
#include <sys/socket.h>

/* How often the kernel is asked to send before others have their turn: it takes 32 at once. */
#define KICKS_MAX (2 * AF_XDP_TRANSMIT_SLOTS / PORT_BURST_MAX)

static struct af_xdp *xdp_of(struct port *port)
{
	return (struct af_xdp *)(void *)port;
}

static uint64_t place_of(const struct af_xdp *xdp, const uint8_t *buffer)
{
	return (uint64_t)(buffer - xdp->memory->start);
}

/* ---- transmission ---- */

/* Until the kernel has all, or takes no more now. What it drops, as the link is down, it says. */
static void send_waiting(struct af_xdp *xdp)
{
	for (unsigned i = 0; i < KICKS_MAX && xdp->unsent; i++) {
		if (sendto(xdp->queue[0].socket, NULL, 0, MSG_DONTWAIT, NULL, 0) >= 0) {
			xdp->unsent = false;
		} else if (errno == EBUSY) {
			xdp->port.faults[PORT_FAULT_UNSENT]++;
		} else if (errno != EAGAIN && errno != EINTR) {
			return;
		}
	}
}

static unsigned xdp_transmit(struct port *port, const struct port_frame *frames, unsigned count)
{
	struct af_xdp *xdp = xdp_of(port);

	count = count < port->transmit_room ? count : port->transmit_room;
	for (unsigned i = 0; i < count; i++) {
		*xdp_ring_descriptor(&xdp->transmit, i) = (struct abi_xdp_descriptor){
			.address = place_of(xdp, frames[i].data),
			.length = frames[i].length,
		};
	}
	if (count != 0) {
		xdp_ring_produce(&xdp->transmit, count);
		port->transmit_room -= count;
		xdp->unsent = !xdp->zero_copy || xdp_ring_sleeps(&xdp->transmit);
		send_waiting(xdp);
	}
	return count;
}

static unsigned xdp_reclaim(struct port *port, uint8_t **buffers, unsigned max)
{
	struct af_xdp *xdp = xdp_of(port);
	const struct af_xdp_memory *memory = xdp->memory;
	uint32_t waiting = xdp_ring_waiting(&xdp->completion);
	unsigned count = 0;

	send_waiting(xdp);
	if (waiting > port->transmit_slots - port->transmit_room) {
		port->faults[PORT_FAULT_INDEX]++;
		return 0;
	}
	waiting = waiting < max ? waiting : max;
	for (uint32_t i = 0; i < waiting; i++) {
		uint64_t place = *xdp_ring_address(&xdp->completion, i);

		if (place >= memory->bytes) {
			port->faults[PORT_FAULT_BUFFER]++;
			continue;
		}
		buffers[count++] =
			memory->buffers.first + place / memory->chunk_bytes * memory->chunk_bytes;
	}
	xdp_ring_release(&xdp->completion, waiting);
	port->transmit_room += count;
	return count;
}

/* ---- reception ---- */

static void lend(struct af_xdp *xdp, struct af_xdp_queue *queue, uint8_t *const *buffers,
		 unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		*xdp_ring_address(&queue->fill, i) = place_of(xdp, buffers[i]);
	}
	xdp_ring_produce(&queue->fill, count);
	if (xdp_ring_sleeps(&queue->fill)) {
		recvfrom(queue->socket, NULL, 0, MSG_DONTWAIT, NULL, NULL);
	}
}

/* False: the frame cannot be passed on; its buffer is lent again if it is known. */
static bool take(struct af_xdp *xdp, struct af_xdp_queue *queue,
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
		lend(xdp, queue, &frame->data, 1);
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
	if (waiting > queue->lent) {
		xdp->port.faults[PORT_FAULT_INDEX]++;
		return 0;
	}
	waiting = waiting < max ? waiting : max;
	for (uint32_t i = 0; i < waiting; i++) {
		taken += take(xdp, queue, xdp_ring_descriptor(&queue->receive, i), &frames[taken]);
	}
	xdp_ring_release(&queue->receive, waiting);
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
			lend(xdp, &xdp->queue[i], buffers, count);
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
			queue->lent -= count;
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
		struct af_xdp_queue *queue = &xdp->queue[i];
		unsigned room = xdp->queue_slots - queue->lent;
		unsigned more = room < count - taken ? room : count - taken;

		if (more != 0) {
			lend(xdp, queue, buffers + taken, more);
			queue->lent += more;
			taken += more;
		}
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

void af_xdp_mind(struct af_xdp *xdp, const _Atomic uint64_t *passed)
{
	xdp->passed = passed;
	if (passed != NULL) {
		xdp->passed_seen = atomic_load_explicit(passed, memory_order_acquire);
	}
}

void af_xdp_init(struct af_xdp *xdp, const struct af_xdp_memory *memory,
		 const struct interface *interface, unsigned queues)
{
	uint32_t slots = AF_XDP_RECEIVE_SLOTS;

	while (slots * queues > AF_XDP_RECEIVE_SLOTS) {
		slots /= 2; /* a ring has a power of two */
	}
	*xdp = (struct af_xdp){
		.port = { .ops = &ops,
			  .receive_slots = queues * slots,
			  .transmit_slots = AF_XDP_TRANSMIT_SLOTS,
			  .receive_room = queues * slots,
			  .transmit_room = AF_XDP_TRANSMIT_SLOTS,
			  .frame_max = memory->chunk_bytes - ABI_XDP_HEADROOM,
			  .memory = &memory->buffers },
		.interface = *interface,
		.memory = memory,
		.queue_count = queues,
		.queue_slots = slots,
	};
	xdp->port.name = xdp->interface.name;
	for (unsigned i = 0; i < AF_XDP_QUEUES_MAX; i++) {
		xdp->queue[i].socket = -1;
		xdp->queue[i].watch = -1;
	}
}
