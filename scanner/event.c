/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event ring of event.h: contiguous records in a power-of-two buffer. A
 * record never wraps; what is left before the end is skipped by a marker.
 */
#include "scanner/event.h"

#include <assert.h>
#include <string.h>

#include "scanner/copy.h"

static_assert(sizeof(struct event) % 8 == 0, "records keep attributes aligned");
static_assert(sizeof(struct event_attribute) == 8, "attributes keep their data aligned");

void event_ring_init(struct event_ring *ring, void *memory, uint32_t bytes)
{
	assert(bytes >= 4 * EVENT_MAX_BYTES && (bytes & (bytes - 1)) == 0);
	ring->base = memory;
	ring->mask = bytes - 1;
	ring->tail_seen = 0;
	ring->written = 0;
	ring->held = false;
	atomic_init(&ring->head, 0);
	ring->tail = &ring->own_tail;
	atomic_init(ring->tail, 0);
	atomic_init(&ring->lost, 0);
}

void event_ring_use_tail(struct event_ring *ring, _Atomic uint32_t *tail)
{
	atomic_init(tail, 0);
	ring->tail = tail;
}

uint32_t event_ring_room(const struct event_ring *ring)
{
	uint32_t tail = atomic_load_explicit(ring->tail, memory_order_acquire);

	return ring->mask + 1 - (ring->written - tail);
}

/* Room for a whole record without a wrap: up to twice its size, as the rest before the end of the
 * buffer may have to be skipped. */
static bool make_room(struct event_ring *ring, uint32_t head)
{
	uint32_t at = head & ring->mask;
	uint32_t rest = ring->mask + 1 - at;
	uint32_t need = EVENT_MAX_BYTES + (rest < EVENT_MAX_BYTES ? rest : 0);

	if (ring->mask + 1 - (head - ring->tail_seen) < need) {
		/* acquire: the consumer has finished reading what it released */
		ring->tail_seen = atomic_load_explicit(ring->tail, memory_order_acquire);
	}
	return ring->mask + 1 - (head - ring->tail_seen) >= need;
}

struct event *event_begin(struct event_ring *ring, enum event_type type)
{
	uint32_t head = ring->written;

	if (!make_room(ring, head)) {
		uint64_t lost = atomic_load_explicit(&ring->lost, memory_order_relaxed);

		atomic_store_explicit(&ring->lost, lost + 1, memory_order_relaxed);
		return NULL;
	}
	uint32_t at = head & ring->mask;
	uint32_t rest = ring->mask + 1 - at;

	if (rest < EVENT_MAX_BYTES) {
		const struct {
			uint32_t size;
			uint16_t type;
			uint16_t pad;
		} skip = { rest, EVENT_SKIP, 0 };

		memcpy(ring->base + at, &skip, sizeof(skip));
		/* not published yet: the consumer sees it together with the record behind it */
		at = 0;
	}
	struct event *event = (struct event *)(void *)(ring->base + at);

	memset(event, 0, sizeof(*event));
	event->size = sizeof(*event);
	event->type = (uint16_t)type;
	return event;
}

uint8_t *event_add(struct event *event, enum event_attribute_kind kind, size_t length)
{
	size_t size = sizeof(struct event_attribute) + EVENT_ALIGN(length);

	if (length > UINT16_MAX || size > EVENT_MAX_BYTES - event->size) {
		event->truncated = (uint8_t)(event->truncated + (event->truncated != UINT8_MAX));
		return NULL;
	}
	uint8_t *at = (uint8_t *)event + event->size;
	struct event_attribute *attribute = (struct event_attribute *)(void *)at;

	attribute->kind = (uint16_t)kind;
	attribute->length = (uint16_t)length;
	attribute->pad = 0;
	event->size += (uint32_t)size;
	return attribute->data;
}

void event_put(struct event *event, enum event_attribute_kind kind, const void *data, size_t length)
{
	uint8_t *at = event_add(event, kind, length);

	if (at != NULL) {
		copy_short(at, data, length);
	}
}

void event_put_text(struct event *event, enum event_attribute_kind kind, const struct pool *pool,
		    const struct text *text)
{
	uint8_t *at = event_add(event, kind, text->length);

	if (at != NULL) {
		text_copy(pool, text, 0, at, text->length);
	}
}

void event_commit(struct event_ring *ring, struct event *event)
{
	uint32_t at = ring->written & ring->mask;

	if ((uint8_t *)event != ring->base + at) {
		ring->written += ring->mask + 1 - at; /* the skipped rest */
	}
	ring->written += event->size;
	if (!ring->held) {
		event_publish(ring);
	}
}

void event_publish(struct event_ring *ring)
{
	ring->held = false;
	/* release: the records are whole before the consumer can see them */
	atomic_store_explicit(&ring->head, ring->written, memory_order_release);
}

bool event_ring_waits(const struct event_ring *ring)
{
	return atomic_load_explicit(&ring->head, memory_order_relaxed) !=
	       atomic_load_explicit(ring->tail, memory_order_relaxed);
}

struct event *event_next_held(const struct event_ring *ring, uint32_t *at)
{
	if (*at == ring->written) {
		return NULL;
	}
	struct event *event = (void *)(ring->base + (*at & ring->mask));

	if (event->type == EVENT_SKIP) { /* committed only together with the record behind it */
		*at += event->size;
		event = (void *)(ring->base + (*at & ring->mask));
	}
	*at += event->size;
	return event;
}

const struct event *event_peek(struct event_ring *ring)
{
	uint32_t tail = atomic_load_explicit(ring->tail, memory_order_relaxed);

	if (tail == atomic_load_explicit(&ring->head, memory_order_acquire)) {
		return NULL;
	}
	const struct event *event = (const void *)(ring->base + (tail & ring->mask));

	if (event->type == EVENT_SKIP) {
		tail += event->size;
		atomic_store_explicit(ring->tail, tail, memory_order_release);
		event = (const void *)(ring->base + (tail & ring->mask));
	}
	return event;
}

void event_release(struct event_ring *ring, const struct event *event)
{
	uint32_t tail = atomic_load_explicit(ring->tail, memory_order_relaxed);

	/* release: our reads of the record are done before the producer may overwrite it */
	atomic_store_explicit(ring->tail, tail + event->size, memory_order_release);
}

const struct event_attribute *event_find(const struct event *event, enum event_attribute_kind kind)
{
	const struct event_attribute *attribute = NULL;

	while ((attribute = event_next_attribute(event, attribute)) != NULL) {
		if (attribute->kind == kind) {
			return attribute;
		}
	}
	return NULL;
}
