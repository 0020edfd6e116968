/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets packet_ring.h's ring up. */
#define _GNU_SOURCE

#include "drivers/net/packet_ring.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define SLOT_BYTES_MIN 2048u
#define SLOT_BYTES_MAX 16384u
/* Before a frame: the slot's header, an address of the link layer, and what the kernel aligns. */
#define SLOT_OVERHEAD 128u
#define FRAME_OVERHEAD 22u /* an Ethernet header and two tags */

static int set(int socket, int option, int value)
{
	return setsockopt(socket, ABI_SOL_PACKET, option, &value, sizeof(value)) != 0 ? -errno : 0;
}

int packet_ring_open(struct packet_ring *ring, int socket, uint32_t mtu, size_t bytes)
{
	*ring = (struct packet_ring){ .slot_bytes = SLOT_BYTES_MIN };
	while (ring->slot_bytes < SLOT_BYTES_MAX &&
	       ring->slot_bytes < SLOT_OVERHEAD + FRAME_OVERHEAD + mtu) {
		ring->slot_bytes *= 2;
	}
	const uint32_t blocks = (uint32_t)(bytes / PACKET_RING_BLOCK_BYTES);
	const struct abi_packet_ring wanted = {
		.block_bytes = PACKET_RING_BLOCK_BYTES,
		.blocks = blocks,
		.slot_bytes = ring->slot_bytes,
		.slots = blocks * (PACKET_RING_BLOCK_BYTES / ring->slot_bytes),
	};
	int error = set(socket, ABI_PACKET_VERSION, ABI_TPACKET_V2);

	if (error == 0) {
		error = set(socket, ABI_PACKET_COPY_THRESHOLD, 1);
	}
	if (error == 0 &&
	    setsockopt(socket, ABI_SOL_PACKET, ABI_PACKET_RX_RING, &wanted, sizeof(wanted)) != 0) {
		error = -errno;
	}
	if (error != 0) {
		return error;
	}
	ring->bytes = (size_t)blocks * PACKET_RING_BLOCK_BYTES;
	void *memory = mmap(NULL, ring->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, socket, 0);

	if (memory == MAP_FAILED) {
		return -errno;
	}
	ring->memory = memory;
	ring->slots = wanted.slots;
	return 0;
}

void packet_ring_close(struct packet_ring *ring)
{
	if (ring->memory != NULL) {
		munmap(ring->memory, ring->bytes);
		ring->memory = NULL;
	}
}
