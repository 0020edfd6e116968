/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio_rng.h: one request at a time, waited for with a bound. */
#include "drivers/entropy/virtio_rng.h"

#include <errno.h>

/* Looks at the used index, each with a barrier: seconds on any machine. */
#define LOOKS_MAX 200000000u

int virtio_rng_init(struct virtio_rng *rng, uintptr_t slot, struct virtio_shared *shared)
{
	if (virtio_probe(slot) != VIRTIO_RNG) {
		return -ENODEV;
	}
	if (virtio_begin(slot, 0) == 0 || !virtio_queue_start(&rng->queue, slot, 0, shared)) {
		return -EIO;
	}
	virtio_ready(slot);
	return 0;
}

size_t virtio_rng_read(struct virtio_rng *rng, void *out, size_t length)
{
	struct virtio_queue *queue = &rng->queue;
	uint8_t *at = out;
	size_t done = 0;

	while (done < length) {
		uint16_t slot = (uint16_t)(queue->available & (queue->size - 1));

		queue->shared->descriptor[0] = (struct virtio_descriptor){
			.address = (uintptr_t)(at + done),
			.length = (uint32_t)(length - done),
			.flags = VIRTIO_DESCRIPTOR_WRITE,
		};
		queue->shared->available.ring[slot] = 0;
		queue->available++;
		virtio_publish_always(queue);
		for (uint32_t i = 0; virtio_used_index(queue) == queue->used; i++) {
			if (i == LOOKS_MAX) {
				return done;
			}
		}
		uint32_t got = queue->shared->used.ring[queue->used & (queue->size - 1)].length;

		queue->used++;
		if (got == 0 || got > length - done) {
			return done;
		}
		done += got;
	}
	return done;
}
