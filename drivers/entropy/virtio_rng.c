/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio_rng.h: one request at a time, waited for with a bound. */
#include "drivers/entropy/virtio_rng.h"

#include <errno.h>

#include "hal/clock.h"

#define WAIT_NS 2000000000ull

int virtio_rng_init(struct virtio_rng *rng, uintptr_t slot, struct virtio_shared *shared)
{
	*rng = (struct virtio_rng){ .slot = slot };
	if (virtio_probe(slot) != VIRTIO_RNG) {
		return -ENODEV;
	}
	if (virtio_begin(slot, 0) == 0 || !virtio_queue_start(&rng->queue, slot, 0, shared)) {
		virtio_give_up(slot);
		return -EIO;
	}
	virtio_ready(slot);
	return 0;
}

static size_t fail(struct virtio_rng *rng, const char *fault)
{
	rng->fault = fault;
	virtio_reset(rng->slot);
	return 0;
}

static void ask(struct virtio_rng *rng, uint32_t length)
{
	struct virtio_queue *queue = &rng->queue;

	queue->shared->descriptor[0] = (struct virtio_descriptor){
		.address = (uintptr_t)rng->bytes,
		.length = length,
		.flags = VIRTIO_DESCRIPTOR_WRITE,
	};
	queue->shared->available.ring[queue->available & (queue->size - 1)] = 0;
	queue->available++;
	virtio_publish_always(queue);
}

static bool answered(const struct virtio_queue *queue)
{
	uint64_t end_ns = clock_monotonic_now().ns + WAIT_NS;

	while (virtio_used_index(queue) == queue->used) {
		if (clock_monotonic_now().ns >= end_ns) {
			return false;
		}
	}
	return true;
}

/* Asks for at most `length` ≤ VIRTIO_RNG_BYTES bytes: how many came to rng->bytes, 0: a fault. */
static size_t fetch(struct virtio_rng *rng, size_t length)
{
	struct virtio_queue *queue = &rng->queue;

	ask(rng, (uint32_t)length);
	if (!answered(queue)) {
		return fail(rng, "silent");
	}
	uint32_t slot = queue->used & (queue->size - 1);
	uint32_t id = queue->shared->used.ring[slot].id;
	uint32_t got = queue->shared->used.ring[slot].length;

	if (virtio_used_index(queue) != queue->available || id != 0) {
		return fail(rng, "an answer that was not asked for");
	}
	if (got == 0 || got > length) {
		return fail(rng, got == 0 ? "an empty answer" : "more than was asked for");
	}
	queue->used++;
	return got;
}

size_t virtio_rng_read(struct virtio_rng *rng, void *out, size_t length)
{
	uint8_t *at = out;
	size_t done = 0;

	while (done < length && rng->fault == NULL) {
		size_t left = length - done;
		size_t got = fetch(rng, left < VIRTIO_RNG_BYTES ? left : VIRTIO_RNG_BYTES);

		for (size_t i = 0; i < got; i++) {
			at[done++] = rng->bytes[i];
			rng->bytes[i] = 0; /* a key may be made of it */
		}
	}
	return done;
}
