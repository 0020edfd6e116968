/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio entropy device (Virtio 1.2 chapter 5.4), polled. It writes to the driver's own
 * memory only, never to the caller's, which it might not let go of; and bytes that it
 * did not write are never handed out as random.
 */
#ifndef DRIVERS_ENTROPY_VIRTIO_RNG_H
#define DRIVERS_ENTROPY_VIRTIO_RNG_H

#include <stddef.h>

#include "drivers/virtio/virtio.h"

#define VIRTIO_RNG_BYTES 64u /* asked for at once */

struct virtio_rng {
	struct virtio_queue queue;
	uintptr_t slot;
	const char *fault; /* why the device is not asked any more; NULL: it is */
	uint8_t bytes[VIRTIO_RNG_BYTES];
};

/* 0; −ENODEV: not a modern entropy device; −EIO: it refused. `shared` zeroed. */
int virtio_rng_init(struct virtio_rng *rng, uintptr_t slot, struct virtio_shared *shared);
/* How many bytes came: `length` unless the device fell silent for 2 s or answered what cannot be;
 * it is reset then, and 0 ever after. */
size_t virtio_rng_read(struct virtio_rng *rng, void *out, size_t length);

#endif
