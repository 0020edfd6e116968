/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio-mmio device (Virtio 1.2 chapters 2.7 and 4.2.2) on the host. It behaves as
 * specified, holds the driver to its part of the rules, and lies where a test tells it
 * to. Its rings are the driver's, in plain memory; it does something only when the test
 * asks for it, or in `on_notice`.
 */
#ifndef TESTS_MODEL_VIRTIO_H
#define TESTS_MODEL_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/virtio/virtio.h"

#define MODEL_VIRTIO_QUEUES 2u
#define MODEL_VIRTIO_SPACE 16u /* bytes of the configuration space */
#define MODEL_VIRTIO_BYTES 0x200u /* of a slot */
#define MODEL_VIRTIO_NEEDS_RESET 64u
#define MODEL_VIRTIO_FAILED 128u

struct model_virtio_queue {
	uint32_t size, ready;
	uint64_t descriptor, driver, device; /* addresses */
	uint16_t taken; /* of the available ring so far */
	uint16_t used; /* index as the device shows it */
	bool held[VIRTIO_QUEUE_MAX]; /* descriptors that the device was lent */
	bool lied; /* its own books are wrong: the driver cannot be held to them */
	unsigned notices, interrupts;
};

struct model_virtio {
	/* What it is: for a test to change before the driver comes, or later. */
	uint32_t magic, version, id;
	uint64_t offers;
	uint32_t size_max[MODEL_VIRTIO_QUEUES];
	uint8_t space[MODEL_VIRTIO_SPACE];
	bool refuses; /* what the driver wants of its features */
	bool keeps_status; /* never resets */
	void (*on_notice)(struct model_virtio *model, unsigned queue);
	void (*on_acknowledge)(struct model_virtio *model);
	/* What became of it. */
	uintptr_t base;
	uint32_t features_select, driver_select, queue_select;
	uint64_t accepted;
	uint32_t status, interrupt;
	unsigned resets;
	bool reset_waits; /* it was told to, and kept its status */
	struct model_virtio_queue queue[MODEL_VIRTIO_QUEUES];
};

/* What the driver lent: one descriptor, chains are not for these drivers. */
struct model_virtio_buffer {
	uint32_t id;
	uint8_t *data;
	uint32_t length;
	bool writable;
};

/* A device in order, of VIRTIO_NET or VIRTIO_RNG, with queues of 256, at `base`. */
void model_virtio_attach(struct model_virtio *model, uintptr_t base, uint32_t id);
/* Does what it was told long ago: resets, if it kept its status. */
void model_virtio_let_go(struct model_virtio *model);
/* Takes the next buffer that is available. False: there is none. */
bool model_virtio_take(struct model_virtio *model, unsigned queue, struct model_virtio_buffer *out);
/* Returns one as used, and interrupts if the driver wants that. */
void model_virtio_return(struct model_virtio *model, unsigned queue, uint32_t id, uint32_t length);
/* A used entry that may be a lie. */
void model_virtio_lie(struct model_virtio *model, unsigned queue, uint32_t id, uint32_t length);
/* Shows another used index, entries or not. */
void model_virtio_show(struct model_virtio *model, unsigned queue, uint16_t index);
/* What it shows as the available index beyond which it wants notice. */
void model_virtio_want(struct model_virtio *model, unsigned queue, uint16_t index);

#endif
