/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The port of virtio_net.h. A descriptor's slot in its queue is fixed: used entries come
 * back in any order and say which, and that one is lent again. Interrupts are asked
 * for only between arm() and disarm(), by the used event index.
 */
#include "drivers/net/virtio_net.h"

#include <errno.h>
#include <string.h>

#define FEATURE_STATUS (1ull << 16)
#define SPACE_STATUS 6u
#define STATUS_LINK_UP 1u
#define HEADER_BYTES 12u /* struct virtio_net_hdr of a version 1 device, 5.1.6 */
#define QUEUE_RECEIVE 0u
#define QUEUE_TRANSMIT 1u

static struct virtio_net *net_of(struct port *port)
{
	return (struct virtio_net *)(void *)port;
}

/* Number and length of a used entry at once. */
static inline uint64_t used_entry(const struct virtio_shared *shared, uint32_t slot)
{
	uint64_t entry;

	memcpy(&entry, &shared->used.ring[slot], sizeof(entry));
	return entry;
}

/* What a descriptor was last given: only this driver writes there (2.7.5). */
static inline uint8_t *buffer_of(const struct virtio_shared *shared, uint32_t id)
{
	return (uint8_t *)(uintptr_t)shared->descriptor[id].address + HEADER_BYTES;
}

static unsigned net_receive(struct port *port, struct port_frame *frames, unsigned max)
{
	struct virtio_net *net = net_of(port);
	struct virtio_queue *queue = &net->receive;
	struct virtio_shared *shared = queue->shared;
	uint32_t mask = queue->size - 1, used = queue->used;
	unsigned count = (uint16_t)(virtio_used_index(queue) - used);

	count = count < max ? count : max;
	for (unsigned i = 0; i < count; i++, used++) {
		uint64_t entry = used_entry(shared, used & mask);
		uint32_t id = (uint32_t)entry & mask;

		frames[i].data = buffer_of(shared, id);
		frames[i].length = (uint32_t)(entry >> 32) - HEADER_BYTES;
		/* free for refill() in the order they come back */
		shared->available.ring[used & mask] = (uint16_t)id;
		__builtin_prefetch(frames[i].data);
	}
	queue->used = (uint16_t)used;
	port->receive_room += count;
	return count;
}

/* Descriptor numbers of used entries stand in the available ring where the next ones go: the slot
 * `available` reaches after queue->size more entries is that of the entry used `size` before. */
static unsigned net_refill(struct port *port, uint8_t *const *buffers, unsigned count)
{
	struct virtio_net *net = net_of(port);
	struct virtio_queue *queue = &net->receive;
	struct virtio_shared *shared = queue->shared;
	uint32_t mask = queue->size - 1, available = queue->available;

	count = count < port->receive_room ? count : port->receive_room;
	for (unsigned i = 0; i < count; i++, available++) {
		uint32_t id = shared->available.ring[available & mask];

		shared->descriptor[id].address = (uintptr_t)buffers[i] - HEADER_BYTES;
	}
	queue->available = (uint16_t)available;
	port->receive_room -= count;
	if (count != 0) {
		virtio_publish(queue);
	}
	return count;
}

static unsigned net_transmit(struct port *port, const struct port_frame *frames, unsigned count)
{
	struct virtio_net *net = net_of(port);
	struct virtio_queue *queue = &net->transmit;
	struct virtio_shared *shared = queue->shared;
	uint32_t mask = queue->size - 1, available = queue->available;

	count = count < port->transmit_room ? count : port->transmit_room;
	for (unsigned i = 0; i < count; i++, available++) {
		uint32_t id = shared->available.ring[available & mask];
		uint8_t *data = frames[i].data;

		/* the receiving device wrote there; to this one it says: nothing to compute */
		memset(data - HEADER_BYTES, 0, HEADER_BYTES);
		shared->descriptor[id].address = (uintptr_t)data - HEADER_BYTES;
		shared->descriptor[id].length = frames[i].length + HEADER_BYTES;
	}
	queue->available = (uint16_t)available;
	port->transmit_room -= count;
	if (count != 0) {
		virtio_publish(queue);
	}
	return count;
}

static unsigned net_reclaim(struct port *port, uint8_t **buffers, unsigned max)
{
	struct virtio_net *net = net_of(port);
	struct virtio_queue *queue = &net->transmit;
	struct virtio_shared *shared = queue->shared;
	uint32_t mask = queue->size - 1, used = queue->used;
	unsigned count = (uint16_t)(virtio_used_index(queue) - used);

	count = count < max ? count : max;
	for (unsigned i = 0; i < count; i++, used++) {
		uint32_t id = (uint32_t)used_entry(shared, used & mask) & mask;

		buffers[i] = buffer_of(shared, id);
		shared->available.ring[used & mask] = (uint16_t)id;
	}
	queue->used = (uint16_t)used;
	port->transmit_room += count;
	return count;
}

static bool net_arm(struct port *port)
{
	struct virtio_net *net = net_of(port);
	struct virtio_queue *queue = &net->receive;

	virtio_acknowledge(net->slot);
	*(volatile uint16_t *)queue->used_event = queue->used;
	virtio_barrier();
	return *(const volatile uint16_t *)&queue->shared->used.index == queue->used;
}

/* An event index that lies half the circle behind is not reached. */
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

/* All descriptors are the driver's, in order. */
static void prepare(struct virtio_queue *queue, uint32_t length, uint16_t flags)
{
	for (uint16_t i = 0; i < queue->size; i++) {
		queue->shared->descriptor[i].length = length;
		queue->shared->descriptor[i].flags = flags;
		queue->shared->available.ring[i] = i;
	}
	never(queue);
}

int virtio_net_init(struct virtio_net *net, uintptr_t slot, const char *name,
		    struct virtio_shared shared[static 2])
{
	if (virtio_probe(slot) != VIRTIO_NET) {
		return -ENODEV;
	}
	uint64_t features = virtio_begin(slot, VIRTIO_F_EVENT_IDX | FEATURE_STATUS);

	if ((features & VIRTIO_F_EVENT_IDX) == 0) {
		return -EIO;
	}
	*net = (struct virtio_net){
		.port = { .ops = &ops, .name = name },
		.slot = slot,
		.has_status = (features & FEATURE_STATUS) != 0,
	};
	if (!virtio_queue_start(&net->receive, slot, QUEUE_RECEIVE, &shared[0]) ||
	    !virtio_queue_start(&net->transmit, slot, QUEUE_TRANSMIT, &shared[1])) {
		return -EIO;
	}
	net->port.receive_slots = net->receive.size;
	net->port.transmit_slots = net->transmit.size;
	net->port.receive_room = net->receive.size;
	net->port.transmit_room = net->transmit.size;
	prepare(&net->receive, PORT_FRAME_MAX + HEADER_BYTES, VIRTIO_DESCRIPTOR_WRITE);
	prepare(&net->transmit, 0, 0);
	virtio_ready(slot);
	return 0;
}
