/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio over MMIO, modern devices (OASIS Virtual I/O Device 1.2, chapters 2.7 split
 * virtqueues and 4.2 MMIO). What drivers/net/virtio_net.c and drivers/entropy/virtio_rng.c
 * have in common: finding and negotiating, and the layout of a queue.
 */
#ifndef DRIVERS_VIRTIO_VIRTIO_H
#define DRIVERS_VIRTIO_VIRTIO_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define VIRTIO_NET 1u
#define VIRTIO_RNG 4u
#define VIRTIO_F_EVENT_IDX (1ull << 29)
#define VIRTIO_F_VERSION_1 (1ull << 32)
#define VIRTIO_QUEUE_MAX 256u

#define VIRTIO_DESCRIPTOR_WRITE 2u /* the device writes there */

struct virtio_descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags;
	uint16_t next;
};

struct virtio_available {
	uint16_t flags;
	uint16_t index;
	uint16_t ring[VIRTIO_QUEUE_MAX + 1]; /* behind the queue's last entry: used_event */
};

struct virtio_used {
	uint16_t flags;
	uint16_t index;
	struct {
		uint32_t id;
		uint32_t length;
	} ring[VIRTIO_QUEUE_MAX + 1]; /* behind the queue's last entry: available_event */
};

static_assert(sizeof(struct virtio_descriptor) == 16, "virtio 2.7.5");

/* What driver and device share of one queue; in memory that neither maps away. */
struct virtio_shared {
	_Alignas(64) struct virtio_descriptor descriptor[VIRTIO_QUEUE_MAX];
	_Alignas(64) struct virtio_available available;
	_Alignas(64) struct virtio_used used;
};

struct virtio_queue {
	struct virtio_shared *shared;
	uintptr_t notify; /* register */
	uint32_t number; /* of the queue */
	uint32_t size; /* entries, a power of two */
	uint16_t *used_event; /* the device interrupts when it goes beyond this used index */
	const volatile uint16_t *available_event; /* it wants to be told beyond this index */
	uint16_t available; /* next index to be made available (free-running) */
	uint16_t notified; /* the device was last told of this index */
	uint16_t used; /* next used index to look at */
};

/* The device id in a slot: VIRTIO_NET …, 0 when it is empty or not a modern device. */
uint32_t virtio_probe(uintptr_t slot);
/* Tells the device to stop and let go of everything; it has when virtio_is_reset(). */
void virtio_reset(uintptr_t slot);
bool virtio_is_reset(uintptr_t slot);
/* Resets, waiting with a bound, and negotiates `wanted` (VERSION_1 is added): what both know, or 0
 * when it does not work out. Then virtio_queue_start() for each queue, then virtio_ready(). */
uint64_t virtio_begin(uintptr_t slot, uint64_t wanted);
/* `shared` zeroed. At most VIRTIO_QUEUE_MAX entries, fewer if the device has fewer. False: the
 * device has no such queue. */
bool virtio_queue_start(struct virtio_queue *queue, uintptr_t slot, uint32_t number,
			struct virtio_shared *shared);
void virtio_ready(uintptr_t slot);
/* Tells the device that it is given up (2.1.2). */
void virtio_give_up(uintptr_t slot);
/* The device met an error that it cannot leave but by a reset (2.1.2). */
bool virtio_needs_reset(uintptr_t slot);
/* Ends the device's interrupt. */
void virtio_acknowledge(uintptr_t slot);
/* Bytes of the device's configuration space. */
uint8_t virtio_config8(uintptr_t slot, unsigned offset);

/* Orders our reads and writes of a queue against the device's, which sees memory as a core does. */
static inline void virtio_barrier_write(void)
{
	atomic_thread_fence(memory_order_release);
}

static inline void virtio_barrier_read(void)
{
	atomic_thread_fence(memory_order_acquire);
}

static inline void virtio_barrier(void)
{
	atomic_thread_fence(memory_order_seq_cst);
}

/* How many entries the device holds. */
static inline uint16_t virtio_held(const struct virtio_queue *queue)
{
	return (uint16_t)(queue->available - queue->used);
}

/* True when the device wants to be told that available went from `old` to `new` (2.7.10). */
static inline bool virtio_wants_notice(const struct virtio_queue *queue, uint16_t old, uint16_t new)
{
	return (uint16_t)(new - *queue->available_event - 1) < (uint16_t)(new - old);
}

/* The device's used index, read once, and before what it covers. */
static inline uint16_t virtio_used_index(const struct virtio_queue *queue)
{
	uint16_t index = *(const volatile uint16_t *)&queue->shared->used.index;

	virtio_barrier_read();
	return index;
}

/* Shows the device the entries up to queue->available, and tells it if it wants to know. */
void virtio_publish(struct virtio_queue *queue);
/* The same for a queue without event indices. */
void virtio_publish_always(struct virtio_queue *queue);

#endif
