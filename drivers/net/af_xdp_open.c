/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the rings of af_xdp.h come about: the memory, registered with the first socket, and a socket
 * for each queue of both ports that shares it, with rings of its own. All flags are the first
 * socket's, the others have them from there.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/net/af_xdp.h"
#include "hal/linux/cores.h"

#define OVERHEAD_BYTES 22u /* an Ethernet header and two tags: the MTU does not count them */
#define SEND_BYTES (4 << 20)

/* What a buffer for frames of such an interface takes, 0: they are too long for one. */
static uint32_t chunk_for(const struct interface *interface)
{
	for (uint32_t bytes = AF_XDP_CHUNK_BYTES_MIN; bytes <= AF_XDP_CHUNK_BYTES_MAX; bytes *= 2) {
		if (interface->mtu <= bytes - ABI_XDP_HEADROOM - OVERHEAD_BYTES) {
			return bytes;
		}
	}
	return 0;
}

bool af_xdp_fits(const struct interface *interface)
{
	return chunk_for(interface) != 0;
}

static int take_memory(struct af_xdp_memory *memory, uint32_t chunk_bytes)
{
	size_t bytes = (size_t)AF_XDP_BUFFERS * chunk_bytes;
	void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (start == MAP_FAILED) {
		return -errno;
	}
	*memory = (struct af_xdp_memory){
		.buffers = { (uint8_t *)start + ABI_XDP_HEADROOM, chunk_bytes, AF_XDP_BUFFERS },
		.start = start,
		.bytes = bytes,
		.chunk_bytes = chunk_bytes,
	};
	return 0;
}

static int register_memory(const struct af_xdp_memory *memory, int socket)
{
	const struct abi_xdp_memory wanted = {
		.address = (uintptr_t)memory->start,
		.length = memory->bytes,
		.chunk_bytes = memory->chunk_bytes,
	};

	return setsockopt(socket, ABI_SOL_XDP, ABI_XDP_UMEM_REG, &wanted, sizeof(wanted)) != 0 ?
		       -errno :
		       0;
}

/* A ring as the kernel has to be asked for it. */
struct wanted {
	struct xdp_ring *ring; /* NULL: the kernel wants it to be there, it is not used */
	int option;
	uint32_t entries;
	size_t entry_bytes;
	off_t page;
	const struct abi_xdp_ring *at; /* what is where */
};

static int map_ring(struct af_xdp_mapping *mapping, int socket, const struct wanted *wanted)
{
	const struct abi_xdp_ring *at = wanted->at;
	size_t bytes = at->entries + wanted->entries * wanted->entry_bytes;
	uint8_t *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			       socket, wanted->page);

	if (memory == MAP_FAILED) {
		return -errno;
	}
	*mapping = (struct af_xdp_mapping){ memory, bytes };
	*wanted->ring = (struct xdp_ring){
		.producer = (void *)(memory + at->producer),
		.consumer = (void *)(memory + at->consumer),
		.flags = (void *)(memory + at->flags),
		.entries = memory + at->entries,
		.mask = wanted->entries - 1,
	};
	return 0;
}

/* Only the first queue sends; each one needs all rings but that for sending. */
static int make_rings(struct af_xdp *xdp, struct af_xdp_queue *queue)
{
	bool sends = queue == xdp->queue;
	struct abi_xdp_rings at;
	socklen_t size = sizeof(at);
	const struct wanted rings[AF_XDP_RINGS] = {
		{ &queue->fill, ABI_XDP_UMEM_FILL_RING, xdp->queue_slots, sizeof(uint64_t),
		  ABI_XDP_PGOFF_FILL_RING, &at.fill },
		{ sends ? &xdp->completion : NULL, ABI_XDP_UMEM_COMPLETION_RING,
		  AF_XDP_TRANSMIT_SLOTS, sizeof(uint64_t), ABI_XDP_PGOFF_COMPLETION_RING,
		  &at.completion },
		{ &queue->receive, ABI_XDP_RX_RING, xdp->queue_slots,
		  sizeof(struct abi_xdp_descriptor), ABI_XDP_PGOFF_RX_RING, &at.receive },
		{ sends ? &xdp->transmit : NULL, ABI_XDP_TX_RING, AF_XDP_TRANSMIT_SLOTS,
		  sizeof(struct abi_xdp_descriptor), ABI_XDP_PGOFF_TX_RING, &at.transmit },
	};
	unsigned count = sends ? AF_XDP_RINGS : AF_XDP_RINGS - 1;
	int error = 0;

	for (unsigned i = 0; i < count; i++) {
		if (setsockopt(queue->socket, ABI_SOL_XDP, rings[i].option, &rings[i].entries,
			       sizeof(rings[i].entries)) != 0) {
			return -errno;
		}
	}
	if (getsockopt(queue->socket, ABI_SOL_XDP, ABI_XDP_MMAP_OFFSETS, &at, &size) != 0) {
		return -errno;
	}
	for (unsigned i = 0; error == 0 && i < count; i++) {
		error = rings[i].ring == NULL ?
				0 :
				map_ring(&queue->mapped[i], queue->socket, &rings[i]);
	}
	return error;
}

static int bind_to(const struct af_xdp *xdp, unsigned number, int first, unsigned mode)
{
	const int room = SEND_BYTES;
	int socket = xdp->queue[number].socket;
	const struct abi_xdp_address address = {
		.family = ABI_AF_XDP,
		.flags = (uint16_t)(socket == first ? mode | ABI_XDP_USE_NEED_WAKEUP :
						      ABI_XDP_SHARED_UMEM),
		.interface = xdp->interface.index,
		.queue = number,
		.shared_with = socket == first ? 0 : (uint32_t)first,
	};

	if (setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) != 0 ||
	    bind(socket, (const struct sockaddr *)(const void *)&address, sizeof(address)) != 0) {
		return -errno;
	}
	return 0;
}

static int open_queue(struct af_xdp *xdp, unsigned number, int first, unsigned mode)
{
	struct af_xdp_queue *queue = &xdp->queue[number];
	int error = 0;

	queue->socket = socket(ABI_AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (queue->socket < 0) {
		return -errno;
	}
	if (first < 0) {
		first = queue->socket;
		error = register_memory(xdp->memory, first);
	}
	if (error == 0) {
		error = make_rings(xdp, queue);
	}
	if (error == 0) {
		error = bind_to(xdp, number, first, mode);
	}
	if (error == 0) {
		queue->watch = cores_watch(queue->socket, POLLIN);
		error = queue->watch < 0 ? queue->watch : 0;
	}
	return error;
}

static void close_queues(struct af_xdp *xdp)
{
	for (unsigned i = 0; i < xdp->queue_count; i++) {
		struct af_xdp_queue *queue = &xdp->queue[i];

		for (unsigned n = 0; n < AF_XDP_RINGS; n++) {
			if (queue->mapped[n].memory != NULL) {
				munmap(queue->mapped[n].memory, queue->mapped[n].bytes);
			}
		}
		if (queue->watch >= 0) {
			cores_unwatch(queue->watch);
		}
		if (queue->socket >= 0) {
			close(queue->socket);
		}
	}
	xdp->queue_count = 0;
}

static int open_in(struct af_xdp_pair *pair, const struct interface *const interfaces[],
		   unsigned mode, unsigned *failed)
{
	int error = 0;

	for (unsigned side = 0; side < AF_XDP_PORTS; side++) {
		af_xdp_init(&pair->port[side], &pair->memory, interfaces[side],
			    interface_queues(interfaces[side]));
		pair->port[side].zero_copy = mode == ABI_XDP_ZEROCOPY;
	}
	for (unsigned side = 0; error == 0 && side < AF_XDP_PORTS; side++) {
		struct af_xdp *xdp = &pair->port[side];

		*failed = side;
		for (unsigned i = 0; error == 0 && i < xdp->queue_count; i++) {
			error = open_queue(xdp, i, pair->port[0].queue[0].socket, mode);
		}
	}
	if (error != 0) {
		close_queues(&pair->port[1]);
		close_queues(&pair->port[0]);
	}
	return error;
}

int af_xdp_open(struct af_xdp_pair *pair,
		const struct interface *const interfaces[static AF_XDP_PORTS], bool zero_copy,
		unsigned *failed)
{
	uint32_t chunk_bytes = AF_XDP_CHUNK_BYTES_MIN;

	for (unsigned side = 0; side < AF_XDP_PORTS; side++) {
		uint32_t wanted = chunk_for(interfaces[side]);

		chunk_bytes = wanted > chunk_bytes ? wanted : chunk_bytes;
	}
	*failed = 0;
	int error = take_memory(&pair->memory, chunk_bytes);

	if (error != 0) {
		return error;
	}
	error = zero_copy ? open_in(pair, interfaces, ABI_XDP_ZEROCOPY, failed) : -EOPNOTSUPP;
	if (error != 0) {
		error = open_in(pair, interfaces, ABI_XDP_COPY, failed);
	}
	if (error != 0) {
		munmap(pair->memory.start, pair->memory.bytes);
	}
	return error;
}

void af_xdp_close(struct af_xdp_pair *pair)
{
	close_queues(&pair->port[1]);
	close_queues(&pair->port[0]);
	munmap(pair->memory.start, pair->memory.bytes);
}
