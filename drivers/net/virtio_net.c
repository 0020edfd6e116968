/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The port of virtio_net.h. The available ring always holds every descriptor's number
 * once: from `used` to `available` those that the device holds, in the order they were
 * lent, behind them those to be lent next. A device mostly returns them in that order,
 * and then all there is to check of a burst is one difference; anything else is looked
 * at an entry at a time. Interrupts are asked for only between arm() and disarm().
 */
#include "drivers/net/virtio_net.h"

#include <errno.h>
#include <string.h>

#define FEATURE_STATUS (1ull << 16)
#define SPACE_STATUS 6u
#define STATUS_LINK_UP 1u
#define HEADER_BYTES 12u /* struct virtio_net_hdr of a version 1 device, 5.1.6 */
#define HEADER_CLEARED 16u /* with what lies before it in the headroom: a single store */
#define QUEUE_RECEIVE 0u
#define QUEUE_TRANSMIT 1u
/* Of a used entry, less the shortest frame's: a length up to 8,205 and no number. */
#define ENTRY_SHORTEST ((uint64_t)(HEADER_BYTES + PORT_FRAME_MIN) << 32)
#define ENTRY_USUAL (0x1fffull << 32)

static struct virtio_net *net_of(struct port *port)
{
	return (struct virtio_net *)(void *)port;
}

/* Number and length of a used entry at once. */
static inline uint64_t used_entry(const struct virtio_shared *shared, size_t slot)
{
	uint64_t entry;

	memcpy(&entry, &shared->used.ring[slot], sizeof(entry));
	/* what is checked is what is used: it is not read again, the device may write there */
	__asm__("" : "+r"(entry));
	return entry;
}

/* Of `count` entries from index `at` on, how many come before a ring's end; the others are at its
 * beginning. */
static inline unsigned before_end(const struct virtio_queue *queue, uint32_t at, unsigned count)
{
	unsigned left = queue->size - (at & (queue->size - 1));

	return count < left ? count : left;
}

/* What a descriptor was last given: only this driver writes there (2.7.5). */
static inline uint8_t *buffer_of(const struct virtio_shared *shared, size_t id)
{
	return (uint8_t *)(uintptr_t)shared->descriptor[id].address + HEADER_BYTES;
}

static const struct port_ops stopped_ops;

/* Out of order: nothing is taken from the device or given to it until stopped_arm() starts it. */
static void stop(struct virtio_net *net, enum port_fault fault)
{
	net->port.faults[fault]++;
	net->port.receive_slots = virtio_held(&net->receive);
	net->port.transmit_slots = virtio_held(&net->transmit);
	net->port.receive_room = 0;
	net->port.transmit_room = 0;
	net->port.ops = &stopped_ops;
	net->is_reset = false;
	virtio_reset(net->slot);
}

/* Brings the number of a returned descriptor to the front of those that the device holds. False: it
 * does not hold that one. */
static bool take_back(const struct virtio_queue *queue, uint32_t id)
{
	uint16_t *ring = queue->shared->available.ring;
	uint32_t mask = queue->size - 1;

	for (uint16_t at = queue->used; at != queue->available; at++) {
		if (ring[at & mask] == id) {
			ring[at & mask] = ring[queue->used & mask];
			ring[queue->used & mask] = (uint16_t)id;
			return true;
		}
	}
	return false;
}

/* Lends the descriptor at the front again, with the buffer it has. */
static void lend_again(struct virtio_queue *queue)
{
	uint16_t *ring = queue->shared->available.ring;
	uint32_t mask = queue->size - 1;
	uint16_t id = ring[queue->used & mask];

	ring[queue->used & mask] = ring[queue->available & mask];
	ring[queue->available & mask] = id;
	queue->used++;
	queue->available++;
}

/* net_receive() where something is unusual. */
static unsigned receive_checked(struct virtio_net *net, struct port_frame *frames, unsigned count)
{
	struct virtio_queue *queue = &net->receive;
	uint64_t *faults = net->port.faults;
	uint16_t lent = queue->available;
	unsigned kept = 0;

	for (unsigned i = 0; i < count; i++) {
		uint64_t entry = used_entry(queue->shared, queue->used & (queue->size - 1));
		uint32_t id = (uint32_t)entry, length = (uint32_t)(entry >> 32);

		if (!take_back(queue, id)) {
			stop(net, PORT_FAULT_BUFFER);
			return kept;
		}
		if (length < HEADER_BYTES + PORT_FRAME_MIN) {
			faults[PORT_FAULT_SHORT]++;
			lend_again(queue);
		} else if (length > HEADER_BYTES + PORT_FRAME_MAX) {
			faults[PORT_FAULT_LONG]++;
			lend_again(queue);
		} else {
			frames[kept].data = buffer_of(queue->shared, id);
			frames[kept++].length = length - HEADER_BYTES;
			queue->used++;
		}
	}
	net->port.receive_room += kept;
	if (queue->available != lent) {
		virtio_publish(queue);
	}
	return kept;
}

/* Frames of used entries from `slot` on, as if all was right; what is not shows in the returned
 * value, in bits that ENTRY_USUAL lacks. */
static inline uint64_t receive_part(const struct virtio_shared *shared, size_t slot,
				    struct port_frame *frames, size_t count)
{
	uint64_t odd = 0;

#pragma GCC unroll 4
	for (size_t i = 0; i < count; i++) {
		uint64_t entry = used_entry(shared, slot + i);
		size_t id = shared->available.ring[slot + i];

		odd |= (entry - ENTRY_SHORTEST) ^ id;
		frames[i].data = buffer_of(shared, id);
		frames[i].length = (uint32_t)(entry >> 32) - HEADER_BYTES;
		__builtin_prefetch(frames[i].data);
	}
	return odd;
}

static unsigned net_receive(struct port *port, struct port_frame *frames, unsigned max)
{
	struct virtio_net *net = net_of(port);
	struct virtio_queue *queue = &net->receive;
	const struct virtio_shared *shared = queue->shared;
	unsigned count = (uint16_t)(virtio_used_index(queue) - queue->used);

	if (__builtin_expect(count > virtio_held(queue), 0)) {
		stop(net, PORT_FAULT_INDEX);
		return 0;
	}
	if (count == 0) {
		return 0;
	}
	count = count < max ? count : max;
	unsigned first = before_end(queue, queue->used, count);
	uint64_t odd = receive_part(shared, queue->used & (queue->size - 1), frames, first) |
		       receive_part(shared, 0, frames + first, count - first);

	if (__builtin_expect((odd & ~ENTRY_USUAL) != 0, 0)) {
		return receive_checked(net, frames, count);
	}
	queue->used = (uint16_t)(queue->used + count);
	port->receive_room += count;
	return count;
}

static inline void refill_part(struct virtio_shared *shared, size_t slot, uint8_t *const *buffers,
			       size_t count)
{
#pragma GCC unroll 4
	for (size_t i = 0; i < count; i++) {
		size_t id = shared->available.ring[slot + i];

		shared->descriptor[id].address = (uintptr_t)buffers[i] - HEADER_BYTES;
	}
}

static unsigned net_refill(struct port *port, uint8_t *const *buffers, unsigned count)
{
	struct virtio_net *net = net_of(port);
	struct virtio_queue *queue = &net->receive;

	count = count < port->receive_room ? count : port->receive_room;
	unsigned first = before_end(queue, queue->available, count);

	refill_part(queue->shared, queue->available & (queue->size - 1), buffers, first);
	refill_part(queue->shared, 0, buffers + first, count - first);
	queue->available = (uint16_t)(queue->available + count);
	port->receive_room -= count;
	if (count != 0) {
		virtio_publish(queue);
	}
	return count;
}

static inline void transmit_part(struct virtio_shared *shared, size_t slot,
				 const struct port_frame *frames, size_t count)
{
#pragma GCC unroll 4
	for (size_t i = 0; i < count; i++) {
		size_t id = shared->available.ring[slot + i];
		uint8_t *data = frames[i].data;

		/* the receiving device wrote there; to this one it says: nothing to compute */
		memset(data - HEADER_CLEARED, 0, HEADER_CLEARED);
		shared->descriptor[id].address = (uintptr_t)data - HEADER_BYTES;
		shared->descriptor[id].length = frames[i].length + HEADER_BYTES;
	}
}

static unsigned net_transmit(struct port *port, const struct port_frame *frames, unsigned count)
{
	struct virtio_net *net = net_of(port);
	struct virtio_queue *queue = &net->transmit;

	count = count < port->transmit_room ? count : port->transmit_room;
	unsigned first = before_end(queue, queue->available, count);

	transmit_part(queue->shared, queue->available & (queue->size - 1), frames, first);
	transmit_part(queue->shared, 0, frames + first, count - first);
	queue->available = (uint16_t)(queue->available + count);
	port->transmit_room -= count;
	if (count != 0) {
		virtio_publish(queue);
	}
	return count;
}

/* net_reclaim() where they came back in another order. */
static unsigned reclaim_checked(struct virtio_net *net, uint8_t **buffers, unsigned count)
{
	struct virtio_queue *queue = &net->transmit;

	for (unsigned i = 0; i < count; i++) {
		uint32_t id = (uint32_t)used_entry(queue->shared, queue->used & (queue->size - 1));

		if (!take_back(queue, id)) {
			stop(net, PORT_FAULT_BUFFER);
			return i;
		}
		buffers[i] = buffer_of(queue->shared, id);
		queue->used++;
	}
	net->port.transmit_room += count;
	return count;
}

/* Buffers of used entries from `slot` on. Returns 0 if they came back in order, and are right. */
static inline uint32_t reclaim_part(const struct virtio_shared *shared, size_t slot,
				    uint8_t **buffers, size_t count)
{
	uint32_t odd = 0;

#pragma GCC unroll 4
	for (size_t i = 0; i < count; i++) {
		size_t id = shared->available.ring[slot + i];

		odd |= (uint32_t)(used_entry(shared, slot + i) ^ id);
		buffers[i] = buffer_of(shared, id);
	}
	return odd;
}

static unsigned net_reclaim(struct port *port, uint8_t **buffers, unsigned max)
{
	struct virtio_net *net = net_of(port);
	struct virtio_queue *queue = &net->transmit;
	const struct virtio_shared *shared = queue->shared;
	unsigned count = (uint16_t)(virtio_used_index(queue) - queue->used);

	if (__builtin_expect(count > virtio_held(queue), 0)) {
		stop(net, PORT_FAULT_INDEX);
		return 0;
	}
	count = count < max ? count : max;
	unsigned first = before_end(queue, queue->used, count);
	uint32_t odd = reclaim_part(shared, queue->used & (queue->size - 1), buffers, first) |
		       reclaim_part(shared, 0, buffers + first, count - first);

	if (__builtin_expect(odd != 0, 0)) {
		return reclaim_checked(net, buffers, count);
	}
	queue->used = (uint16_t)(queue->used + count);
	port->transmit_room += count;
	return count;
}

static bool net_arm(struct port *port)
{
	struct virtio_net *net = net_of(port);
	struct virtio_queue *queue = &net->receive;

	if (virtio_needs_reset(net->slot)) {
		stop(net, PORT_FAULT_RESET);
		return false;
	}
	virtio_acknowledge(net->slot);
	*(volatile uint16_t *)queue->used_event = queue->used;
	virtio_barrier();
	return *(const volatile uint16_t *)&queue->shared->used.index == queue->used;
}

/* An event index half the circle behind: reached once in 32,768 frames, if this is not called in
 * between, and then the data core is awake anyway. */
static void never(const struct virtio_queue *queue)
{
	*(volatile uint16_t *)queue->used_event = (uint16_t)(queue->used - 0x8000u);
}

static void net_disarm(struct port *port)
{
	never(&net_of(port)->receive);
}

static bool net_link_up(const struct port *port)
{
	const struct virtio_net *net = (const struct virtio_net *)(const void *)port;

	return !net->has_status || (virtio_config8(net->slot, SPACE_STATUS) & STATUS_LINK_UP) != 0;
}

static const struct port_ops ops = {
	.receive = net_receive,
	.refill = net_refill,
	.transmit = net_transmit,
	.reclaim = net_reclaim,
	.arm = net_arm,
	.disarm = net_disarm,
	.link_up = net_link_up,
};

/* Features, then both queues. What the device held of them is in the rings, see restart(). */
static int start(struct virtio_net *net, struct virtio_shared *const shared[static 2])
{
	uint64_t features = virtio_begin(net->slot, VIRTIO_F_EVENT_IDX | FEATURE_STATUS);

	if ((features & VIRTIO_F_EVENT_IDX) == 0 ||
	    !virtio_queue_start(&net->receive, net->slot, QUEUE_RECEIVE, shared[0]) ||
	    !virtio_queue_start(&net->transmit, net->slot, QUEUE_TRANSMIT, shared[1]) ||
	    net->receive.size < PORT_BURST_MAX || net->transmit.size < PORT_BURST_MAX) {
		virtio_give_up(net->slot);
		return -EIO;
	}
	net->has_status = (features & FEATURE_STATUS) != 0;
	return 0;
}

static void ready(struct virtio_net *net)
{
	never(&net->receive);
	never(&net->transmit);
	virtio_ready(net->slot);
}

/* The device starts counting at 0, and so do we: what it held comes first, then the others. */
static void turn(const struct virtio_queue *queue)
{
	struct virtio_shared *shared = queue->shared;
	uint16_t ring[VIRTIO_QUEUE_MAX];

	for (uint32_t i = 0; i < queue->size; i++) {
		ring[i] = shared->available.ring[(queue->used + i) & (queue->size - 1)];
	}
	memset(&shared->available, 0, sizeof(shared->available));
	memset(&shared->used, 0, sizeof(shared->used));
	memcpy(shared->available.ring, ring, queue->size * sizeof(ring[0]));
}

/* Buffers for reception are lent again; nothing is being sent any more. False: it failed, and what
 * the driver knows of its buffers is as before. */
static bool restart(struct virtio_net *net)
{
	struct virtio_queue receive = net->receive, transmit = net->transmit;
	struct virtio_shared *const shared[] = { receive.shared, transmit.shared };
	uint16_t held = virtio_held(&receive);

	turn(&receive);
	turn(&transmit);
	receive.used = transmit.used = transmit.available = 0;
	receive.available = held;
	if (start(net, shared) != 0 || net->receive.size != receive.size ||
	    net->transmit.size != transmit.size) {
		net->receive = receive;
		net->transmit = transmit;
		return false;
	}
	net->receive.available = held;
	net->port.receive_slots = receive.size;
	net->port.receive_room = receive.size - held;
	net->port.transmit_slots = net->port.transmit_room = transmit.size;
	net->port.ops = &ops;
	ready(net);
	virtio_publish_always(&net->receive);
	return true;
}

static unsigned stopped_receive(struct port *port, struct port_frame *frames, unsigned max)
{
	(void)port, (void)frames, (void)max;
	return 0;
}

static unsigned stopped_refill(struct port *port, uint8_t *const *buffers, unsigned count)
{
	(void)port, (void)buffers, (void)count;
	return 0;
}

static unsigned stopped_transmit(struct port *port, const struct port_frame *frames, unsigned count)
{
	(void)port, (void)frames, (void)count;
	return 0;
}

/* Once the device has let go: what it was sending comes back, unsent or not. */
static unsigned stopped_reclaim(struct port *port, uint8_t **buffers, unsigned max)
{
	struct virtio_net *net = net_of(port);
	struct virtio_queue *queue = &net->transmit;
	unsigned count = net->is_reset ? virtio_held(queue) : 0;

	count = count < max ? count : max;
	for (unsigned i = 0; i < count; i++) {
		uint16_t at = queue->used++;

		buffers[i] = buffer_of(queue->shared,
				       queue->shared->available.ring[at & (queue->size - 1)]);
	}
	port->transmit_slots -= count;
	port->faults[PORT_FAULT_LOST] += count;
	return count;
}

/* A step of starting anew, without waiting for the device. */
static bool stopped_arm(struct port *port)
{
	struct virtio_net *net = net_of(port);

	net->is_reset = net->is_reset || virtio_is_reset(net->slot);
	if (!net->is_reset) {
		virtio_reset(net->slot); /* it may have failed anew since it was told */
		return true; /* looked at again after a sleep */
	}
	if (virtio_held(&net->transmit) == 0 && !restart(net)) {
		stop(net, PORT_FAULT_REFUSED);
		return true;
	}
	return false;
}

static void stopped_disarm(struct port *port)
{
	(void)port;
}

static bool stopped_link_up(const struct port *port)
{
	(void)port;
	return false;
}

static const struct port_ops stopped_ops = {
	.receive = stopped_receive,
	.refill = stopped_refill,
	.transmit = stopped_transmit,
	.reclaim = stopped_reclaim,
	.arm = stopped_arm,
	.disarm = stopped_disarm,
	.link_up = stopped_link_up,
};

/* All descriptors are the driver's, in order. */
static void prepare(const struct virtio_queue *queue, uint32_t length, uint16_t flags)
{
	for (uint16_t i = 0; i < queue->size; i++) {
		queue->shared->descriptor[i].length = length;
		queue->shared->descriptor[i].flags = flags;
		queue->shared->available.ring[i] = i;
	}
}

int virtio_net_init(struct virtio_net *net, uintptr_t slot, const char *name,
		    struct virtio_shared shared[static 2])
{
	struct virtio_shared *const both[] = { &shared[0], &shared[1] };

	if (virtio_probe(slot) != VIRTIO_NET) {
		return -ENODEV;
	}
	*net = (struct virtio_net){ .port = { .ops = &ops, .name = name }, .slot = slot };
	if (start(net, both) != 0) {
		net->port.ops = NULL;
		return -EIO;
	}
	net->port.receive_slots = net->port.receive_room = net->receive.size;
	net->port.transmit_slots = net->port.transmit_room = net->transmit.size;
	prepare(&net->receive, PORT_FRAME_MAX + HEADER_BYTES, VIRTIO_DESCRIPTOR_WRITE);
	prepare(&net->transmit, 0, 0);
	ready(net);
	return 0;
}
