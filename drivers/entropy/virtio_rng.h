/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio entropy device (Virtio 1.2 chapter 5.4), polled. */
#ifndef DRIVERS_ENTROPY_VIRTIO_RNG_H
#define DRIVERS_ENTROPY_VIRTIO_RNG_H

#include <stddef.h>

#include "drivers/virtio/virtio.h"

struct virtio_rng {
	struct virtio_queue queue;
};

/* 0; −ENODEV: not a modern entropy device; −EIO: it refused. `shared` zeroed. */
int virtio_rng_init(struct virtio_rng *rng, uintptr_t slot, struct virtio_shared *shared);
/* How many bytes came, `length` unless the device fell silent. */
size_t virtio_rng_read(struct virtio_rng *rng, void *out, size_t length);

#endif
