/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of AF_XDP, which this program and the kernel share (Documentation/networking/af_xdp.rst):
 * one produces, the other one consumes, each writes its own index alone, and both indices run on
 * over 32 bits. Of receive and completion the kernel is the producer, of fill and transmit this
 * program is. What is in a ring is bounded by whoever counts buffers: so its producer never looks
 * for room. Data core only.
 *
 * Acquire and release on the indices order the entries: who sees an index sees what was written
 * before it was.
 */
#ifndef DRIVERS_NET_XDP_RING_H
#define DRIVERS_NET_XDP_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "hal/linux/abi.h"

struct xdp_ring {
	_Atomic uint32_t *producer;
	_Atomic uint32_t *consumer;
	const _Atomic uint32_t *flags;
	void *entries;
	uint32_t mask; /* their number, a power of two, less one */
	uint32_t index; /* this program's own: of the next entry */
};

/* Entries that the kernel has produced and that are not released yet. A number that is larger than
 * what it can have is a lie. */
static inline uint32_t xdp_ring_waiting(const struct xdp_ring *ring)
{
	return atomic_load_explicit(ring->producer, memory_order_acquire) - ring->index;
}

/* The i-th entry from the own index on, of receive and transmit. */
static inline struct abi_xdp_descriptor *xdp_ring_descriptor(const struct xdp_ring *ring,
							     uint32_t i)
{
	return (struct abi_xdp_descriptor *)ring->entries + ((ring->index + i) & ring->mask);
}

/* The same of fill and completion: where a frame is, from the start of the memory. */
static inline uint64_t *xdp_ring_address(const struct xdp_ring *ring, uint32_t i)
{
	return (uint64_t *)ring->entries + ((ring->index + i) & ring->mask);
}

/* The first `count` that wait are done with. */
static inline void xdp_ring_release(struct xdp_ring *ring, uint32_t count)
{
	ring->index += count;
	atomic_store_explicit(ring->consumer, ring->index, memory_order_release);
}

/* The next `count` are written. */
static inline void xdp_ring_produce(struct xdp_ring *ring, uint32_t count)
{
	ring->index += count;
	atomic_store_explicit(ring->producer, ring->index, memory_order_release);
}

/* The kernel has taken all that was produced. It may say so late, but does when it is asked for
 * more and finds none. */
static inline bool xdp_ring_is_empty(const struct xdp_ring *ring)
{
	return atomic_load_explicit(ring->consumer, memory_order_acquire) == ring->index;
}

/* The kernel sleeps over the ring until it is woken by a call. The fence: the kernel says so and
 * then looks for the last time, this program produces and then asks. */
static inline bool xdp_ring_sleeps(const struct xdp_ring *ring)
{
	atomic_thread_fence(memory_order_seq_cst);
	return (atomic_load_explicit(ring->flags, memory_order_relaxed) & ABI_XDP_RING_SLEEPS) != 0;
}

#endif
