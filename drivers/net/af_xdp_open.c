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
	size_t bytes = (size_t)AF_XDP_BUFFERS(memory->cores) * chunk_bytes;
	void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (start == MAP_FAILED) {
		return -errno;
	}
	memory->start = start;
	memory->bytes = bytes;
	memory->chunk_bytes = chunk_bytes;
	af_xdp_part(memory);
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
	struct xdp_ring *ring;
	int option;
	uint32_t entries;
	size_t entry_bytes;
	off_t page;
	const struct abi_xdp_ring *at; /* what is where */
	bool has;
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

/* Where there are several data cores, one that stands still leaves half of a queue's buffers to the
 * others: the kernel puts no more into a ring that is full. */
static uint32_t receive_entries(const struct af_xdp *xdp, const struct af_xdp_shared *shared)
{
	return xdp->memory->cores > 1 ? shared->slots / 2 : shared->slots;
}

/* The first data core's socket brings along what those of its queue share; each has one ring to
 * receive, and that of the queue of the core's number sends. */
static int make_rings(struct af_xdp *xdp, unsigned number)
{
	struct af_xdp_queue *queue = &xdp->queue[number];
	struct af_xdp_shared *shared = queue->shared;
	bool first = xdp->core == 0, sends = number == xdp->core;
	struct abi_xdp_rings at;
	socklen_t size = sizeof(at);
	const struct wanted rings[AF_XDP_RINGS] = {
		{ &shared->fill, ABI_XDP_UMEM_FILL_RING, shared->slots, sizeof(uint64_t),
		  ABI_XDP_PGOFF_FILL_RING, &at.fill, first },
		{ &shared->completion, ABI_XDP_UMEM_COMPLETION_RING, AF_XDP_TRANSMIT_SLOTS,
		  sizeof(uint64_t), ABI_XDP_PGOFF_COMPLETION_RING, &at.completion, first },
		{ &queue->receive, ABI_XDP_RX_RING, receive_entries(xdp, shared),
		  sizeof(struct abi_xdp_descriptor), ABI_XDP_PGOFF_RX_RING, &at.receive, true },
		{ &xdp->transmit, ABI_XDP_TX_RING, AF_XDP_TRANSMIT_SLOTS,
		  sizeof(struct abi_xdp_descriptor), ABI_XDP_PGOFF_TX_RING, &at.transmit, sends },
	};
	int error = 0;

	for (unsigned i = 0; i < AF_XDP_RINGS; i++) {
		if (rings[i].has && setsockopt(queue->socket, ABI_SOL_XDP, rings[i].option,
					       &rings[i].entries, sizeof(rings[i].entries)) != 0) {
			return -errno;
		}
	}
	if (getsockopt(queue->socket, ABI_SOL_XDP, ABI_XDP_MMAP_OFFSETS, &at, &size) != 0) {
		return -errno;
	}
	for (unsigned i = 0; error == 0 && i < AF_XDP_RINGS; i++) {
		error = rings[i].has ? map_ring(&queue->mapped[i], queue->socket, &rings[i]) : 0;
	}
	if (sends) {
		xdp->completion = shared->completion; /* nobody else sends by this queue */
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

/* `first`: of all sockets, or of those at this queue. −1: this is. */
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
		error = make_rings(xdp, number);
	}
	if (error == 0) {
		error = bind_to(xdp, number, first, mode);
	}
	if (error == 0) {
		queue->watch = cores_watch(core_of_data(xdp->core), queue->socket, POLLIN);
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
			cores_unwatch(core_of_data(xdp->core), queue->watch);
		}
		if (queue->socket >= 0) {
			close(queue->socket);
		}
	}
	xdp->queue_count = 0;
}

/* The others share the first one's rings, and are closed before it. */
static void close_ports(struct af_xdp_pair *pair)
{
	for (unsigned core = pair->memory.cores; core-- > 0;) {
		for (unsigned side = AF_XDP_PORTS; side-- > 0;) {
			close_queues(&pair->port[side][core]);
		}
	}
}

static void init_ports(struct af_xdp_pair *pair, const struct interface *const interfaces[],
		       unsigned mode)
{
	for (unsigned i = 0; i < AF_XDP_PORTS * pair->memory.cores; i++) {
		unsigned side = i % AF_XDP_PORTS, core = i / AF_XDP_PORTS;
		unsigned queues = interface_queues(interfaces[side]);
		struct af_xdp *xdp = &pair->port[side][core];

		af_xdp_init(xdp, &pair->memory, interfaces[side], queues, core);
		xdp->zero_copy = mode == ABI_XDP_ZEROCOPY;
		for (unsigned number = 0; number < queues; number++) {
			struct af_xdp_shared *shared = &pair->shared[side][number];

			*shared = (struct af_xdp_shared){ .slots = af_xdp_queue_slots(queues) };
			xdp->queue[number].shared = shared;
		}
	}
}

static int open_in(struct af_xdp_pair *pair, const struct interface *const interfaces[],
		   unsigned mode, unsigned *failed)
{
	const struct af_xdp_queue *first = &pair->port[0][0].queue[0];
	int error = 0;

	init_ports(pair, interfaces, mode);
	for (unsigned i = 0; error == 0 && i < AF_XDP_PORTS * pair->memory.cores; i++) {
		struct af_xdp *xdp = &pair->port[i % AF_XDP_PORTS][i / AF_XDP_PORTS];
		const struct af_xdp *leader = &pair->port[i % AF_XDP_PORTS][0];

		*failed = i % AF_XDP_PORTS;
		for (unsigned number = 0; error == 0 && number < xdp->queue_count; number++) {
			error = open_queue(
				xdp, number,
				xdp == leader ? first->socket : leader->queue[number].socket, mode);
		}
	}
	if (error != 0) {
		close_ports(pair);
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
	close_ports(pair);
	munmap(pair->memory.start, pair->memory.bytes);
}
