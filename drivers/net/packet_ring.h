/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ring in which the kernel leaves what a packet socket receives (packet(7), PACKET_RX_RING,
 * TPACKET_V2; Documentation/networking/packet_mmap.rst): slots of one size that both sides go round
 * by, each with a header that says whose it is. It takes no system call to receive, and the
 * kernel's copy is made where the frame comes in, not on the data core. Data core only.
 *
 * A slot has room for a frame as wires carry them. Of a longer one it has the beginning, and the
 * whole of it waits in the socket's queue, as long as that has room: slots and queue are in the
 * same order.
 */
#ifndef DRIVERS_NET_PACKET_RING_H
#define DRIVERS_NET_PACKET_RING_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "hal/linux/abi.h"

#define PACKET_RING_BLOCK_BYTES 65536u /* the kernel takes the memory in such pieces */

struct packet_ring {
	uint8_t *memory;
	size_t bytes;
	uint32_t slot_bytes; /* a power of two */
	uint32_t slots;
	uint32_t next; /* the oldest that is not read yet */
};

/* Gives a socket a ring of `bytes`, rounded down to PACKET_RING_BLOCK_BYTES, with slots for frames
 * of an interface with that MTU. Before the socket is bound. 0, or −errno of the call that failed.
 */
int packet_ring_open(struct packet_ring *ring, int socket, uint32_t mtu, size_t bytes);
void packet_ring_close(struct packet_ring *ring);

/* The oldest slot that the kernel has filled, NULL: there is none. It is the caller's until
 * packet_ring_release(). */
static inline struct abi_packet_slot *packet_ring_oldest(const struct packet_ring *ring)
{
	uint8_t *at = ring->memory + (size_t)ring->next * ring->slot_bytes;
	struct abi_packet_slot *slot = (struct abi_packet_slot *)(void *)at;

	/* acquire: the frame is there before the status says so */
	return (atomic_load_explicit(&slot->status, memory_order_acquire) & ABI_TP_STATUS_USER) !=
			       0 ?
		       slot :
		       NULL;
}

static inline void packet_ring_release(struct packet_ring *ring, struct abi_packet_slot *slot)
{
	/* release: it has been read */
	atomic_store_explicit(&slot->status, ABI_TP_STATUS_KERNEL, memory_order_release);
	ring->next = ring->next + 1 < ring->slots ? ring->next + 1 : 0;
}

#endif
