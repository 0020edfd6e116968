/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio network port on a bench: the driver, the modelled device, and buffers, each
 * an allocation of its own so that the sanitizer sees a byte beyond. For the unit tests
 * and the fuzz target.
 */
#ifndef TESTS_DRIVERS_NET_NET_BENCH_H
#define TESTS_DRIVERS_NET_NET_BENCH_H

#include <stdlib.h>
#include <string.h>

#include "drivers/net/virtio_net.h"
#include "tests/model/registers.h"
#include "tests/model/virtio.h"

#define BENCH_SLOT 0x0a003e00u
#define BENCH_BUFFERS (2u * VIRTIO_QUEUE_MAX + PORT_BURST_MAX)
#define BENCH_HEADER 12u
#define BENCH_RECEIVE 0u
#define BENCH_TRANSMIT 1u

struct net_bench {
	struct model_virtio model;
	struct virtio_net net;
	struct virtio_shared shared[2];
	uint8_t *buffer[BENCH_BUFFERS]; /* all of them */
	uint8_t *free[BENCH_BUFFERS]; /* those that the driver does not have: a stack */
	uint32_t free_count;
};

/* A device in order, not started yet; all buffers free. */
static inline void bench_open(struct net_bench *bench)
{
	for (unsigned i = 0; i < BENCH_BUFFERS; i++) {
		uint8_t **buffer = &bench->buffer[i];

		if (*buffer == NULL) {
			*buffer = aligned_alloc(PORT_BUFFER_ALIGNMENT, PORT_BUFFER_BYTES);
			memset(*buffer, 0xa5, PORT_BUFFER_BYTES);
		}
		bench->free[i] = *buffer + PORT_HEADROOM;
	}
	bench->free_count = BENCH_BUFFERS;
	memset(bench->shared, 0, sizeof(bench->shared));
	model_virtio_attach(&bench->model, BENCH_SLOT, VIRTIO_NET);
}

static inline void bench_close(struct net_bench *bench)
{
	for (unsigned i = 0; i < BENCH_BUFFERS; i++) {
		free(bench->buffer[i]);
		bench->buffer[i] = NULL;
	}
}

/* Ends the program unless `data` is a buffer that is not free, and now is. */
static inline void bench_give_back(struct net_bench *bench, uint8_t *data)
{
	bool known = false;

	for (unsigned i = 0; i < BENCH_BUFFERS; i++) {
		known = known || bench->buffer[i] + PORT_HEADROOM == data;
	}
	for (unsigned i = 0; i < bench->free_count; i++) {
		known = known && bench->free[i] != data;
	}
	if (!known) {
		registers_wrong("a buffer came back that was not lent", (uintptr_t)data);
	}
	bench->free[bench->free_count++] = data;
}

/* Lends for reception as much as there is room for, at most `count`; how many were taken. */
static inline unsigned bench_lend(struct net_bench *bench, unsigned count)
{
	struct port *port = &bench->net.port;

	count = count < port->receive_room ? count : port->receive_room;
	count = count < bench->free_count ? count : bench->free_count;
	bench->free_count -= count;
	unsigned taken =
		port->ops->refill(port, (uint8_t *const *)bench->free + bench->free_count, count);

	/* what was not taken stays ours: they are the last of the stack's part */
	memmove(bench->free + bench->free_count, bench->free + bench->free_count + taken,
		(count - taken) * sizeof(bench->free[0]));
	bench->free_count += count - taken;
	return taken;
}

/* Takes back all that was sent; how many. */
static inline unsigned bench_reclaim(struct net_bench *bench)
{
	struct port *port = &bench->net.port;
	uint8_t *buffers[PORT_BURST_MAX];
	unsigned count, total = 0;

	while ((count = port->ops->reclaim(port, buffers, PORT_BURST_MAX)) != 0) {
		for (unsigned i = 0; i < count; i++) {
			bench_give_back(bench, buffers[i]);
		}
		total += count;
	}
	return total;
}

/* What the driver has, as the port tells it, and what is free, are all there are. */
static inline bool bench_is_whole(const struct net_bench *bench)
{
	const struct port *port = &bench->net.port;
	uint32_t receiving = port->receive_slots - port->receive_room;
	uint32_t sending = port->transmit_slots - port->transmit_room;

	return receiving == virtio_held(&bench->net.receive) &&
	       sending == virtio_held(&bench->net.transmit) &&
	       bench->free_count + receiving + sending == BENCH_BUFFERS;
}

#endif
