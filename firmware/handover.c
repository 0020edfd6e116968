/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bookkeeping of handover.h. A place's counts only ever grow: who has the place next goes on
 * from there, so that no frame is lost that the kernel counts while the place changes hands.
 */
#include "firmware/handover.h"

#include <errno.h>

#include "config.h"
#include "hal/clock.h"
#include "hal/memory.h"

#define CROWDED_MAX 64u /* full bursts, after which frames are overtaken rather than waited for */
#define IDLE_NS (2ull * HANDOVER_IDLE_NS) /* the kernel has given it up by then */
#define CLOCK_LEAD_NS 20000000u /* of this clock over the kernel's coarse one */

static struct handover_entry *entry_at(const struct handover *handover, uint32_t place)
{
	return &handover->area.buckets[place / HANDOVER_WAYS].way[place % HANDOVER_WAYS];
}

static struct handover_key key_of(const struct event_tuple *tuple, uint8_t port)
{
	struct handover_key key = {
		.source_port = { (uint8_t)(tuple->source_port >> 8), (uint8_t)tuple->source_port },
		.destination_port = { (uint8_t)(tuple->destination_port >> 8),
				      (uint8_t)tuple->destination_port },
		.vlan = { tuple->vlan[0], tuple->vlan[1] },
		.family = tuple->family,
		.protocol = tuple->protocol,
		.port = port,
	};

	memcpy(key.source, tuple->source, sizeof(key.source));
	memcpy(key.destination, tuple->destination, sizeof(key.destination));
	return key;
}

static struct handover_key turned(const struct handover_key *key)
{
	struct handover_key back = *key;

	memcpy(back.source, key->destination, sizeof(back.source));
	memcpy(back.destination, key->source, sizeof(back.destination));
	memcpy(back.source_port, key->destination_port, sizeof(back.source_port));
	memcpy(back.destination_port, key->source_port, sizeof(back.destination_port));
	return back;
}

/* The first place of the key's bucket. */
static uint32_t bucket_of(const struct handover *handover, const struct handover_key *key)
{
	return handover_hash(&handover->area, key) * HANDOVER_WAYS;
}

static bool has(const struct handover *handover, uint32_t place, const struct handover_key *key)
{
	return handover->handed[place].used &&
	       memcmp(&entry_at(handover, place)->key, key, sizeof(*key)) == 0;
}

/* False: the flow is not there any more. */
static bool credit(struct handover *handover, uint32_t place)
{
	struct handover_entry *entry = entry_at(handover, place);
	struct handed *handed = &handover->handed[place];
	uint64_t frames = atomic_load_explicit(&entry->frames, memory_order_relaxed);
	uint64_t bytes = atomic_load_explicit(&entry->bytes, memory_order_relaxed);
	bool there = scanner_credit(handover->scanner, &handed->release, frames - handed->frames,
				    bytes - handed->bytes);

	handed->frames = frames;
	handed->bytes = bytes;
	return there;
}

static void end(struct handover *handover, uint32_t place)
{
	atomic_store_explicit(&entry_at(handover, place)->generation, 0, memory_order_relaxed);
}

static void take_back(struct handover *handover, uint32_t place)
{
	uint32_t at = handover->handed[place].used_at,
		 last = handover->used[--handover->used_count];

	end(handover, place);
	credit(handover, place);
	handover->used[at] = last;
	handover->handed[last].used_at = at;
	handover->handed[place].used = false;
}

/* Its place, or a free one; −1: the bucket is full. */
static int64_t place_for(const struct handover *handover, const struct handover_key *key)
{
	uint32_t first = bucket_of(handover, key);
	int64_t free = -1;

	for (uint32_t place = first; place < first + HANDOVER_WAYS; place++) {
		if (has(handover, place, key)) {
			return place;
		}
		if (!handover->handed[place].used) {
			free = place;
		}
	}
	return free;
}

/* The fence: who reads a word of this key finds the generation 0, or a later turn, behind it. */
static void put_key(struct handover_entry *entry, const struct handover_key *key)
{
	uint32_t turn = atomic_load_explicit(&entry->turn, memory_order_relaxed);

	atomic_thread_fence(memory_order_release);
	entry->key = *key;
	atomic_store_explicit(&entry->turn, turn + 1, memory_order_relaxed);
}

static void give(struct handover *handover, const struct release *release)
{
	const struct handover_key key = key_of(&release->tuple, release->port);
	int64_t found = place_for(handover, &key);

	if (found < 0) {
		handover->refused++;
		return;
	}
	uint32_t place = (uint32_t)found;
	struct handover_entry *entry = entry_at(handover, place);
	struct handed *handed = &handover->handed[place];

	if (handed->used) {
		credit(handover, place); /* to the flow that it was given for */
	} else {
		handed->used = true;
		handed->used_at = handover->used_count;
		handover->used[handover->used_count++] = place;
		put_key(entry, &key);
	}
	handed->release = *release;
	atomic_store_explicit(&entry->last_ns, clock_monotonic_now().ns - CLOCK_LEAD_NS,
			      memory_order_relaxed);
	/* release: who finds it holding finds its key whole */
	atomic_store_explicit(&entry->generation, handover->generation, memory_order_release);
	handover->given++;
}

/* A flow began whose tuple may have been handed over for one before. Neither which way nor on which
 * side its frames will come is sure. */
static void end_begun(struct handover *handover, const struct event_tuple *tuple)
{
	for (uint8_t port = 0; port < SCANNER_PORTS; port++) {
		const struct handover_key forth = key_of(tuple, port), back = turned(&forth);
		const struct handover_key *const keys[2] = { &forth, &back };

		for (unsigned i = 0; i < 2; i++) {
			int64_t place = place_for(handover, keys[i]);

			if (place >= 0 && handover->handed[place].used) {
				end(handover, (uint32_t)place);
			}
		}
	}
}

void handover_renew(struct handover *handover)
{
	uint32_t generation = scanner_generation(handover->scanner);

	if (generation != handover->generation) {
		handover->generation = generation;
		atomic_store_explicit(handover->area.generation, generation, memory_order_release);
	}
}

void handover_settle(struct handover *handover)
{
	const struct event_tuple *begun;
	unsigned count = scanner_begun(handover->scanner, &begun);

	for (unsigned i = 0; i < count; i++) {
		end_begun(handover, &begun[i]);
	}
	handover_renew(handover);
}

void handover_burst(struct handover *handover, const struct frame *frames,
		    const struct verdict *verdicts, unsigned count, bool more)
{
	struct release release;
	uint32_t *crowded = &handover->crowded[frames[0].port];
	unsigned at = handover->turn++ % count;

	*crowded = more ? *crowded + 1 : 0;
	if (more && *crowded < CROWDED_MAX) {
		return;
	}
	if (verdicts[at].fate == FATE_FORWARDED && verdicts[at].seen != SEEN_INSPECTED &&
	    scanner_release(handover->scanner, &frames[at], at, CONFIG_HANDOVER_FRAMES, &release)) {
		give(handover, &release);
	}
}

bool handover_look_on(struct handover *handover, uint64_t now_ns)
{
	uint32_t last =
		handover->unseen > HANDOVER_LOOK_WAYS ? handover->unseen - HANDOVER_LOOK_WAYS : 0;

	while (handover->unseen > last) {
		/* what takes its place was seen, or came since */
		uint32_t place = handover->used[--handover->unseen];
		const struct handover_entry *entry = entry_at(handover, place);
		uint64_t last_ns = atomic_load_explicit(&entry->last_ns, memory_order_relaxed);
		bool there = credit(handover, place);

		if (!there || (int64_t)(now_ns - last_ns) > (int64_t)IDLE_NS) {
			take_back(handover, place);
		}
	}
	return handover->unseen == 0;
}

void handover_look_anew(struct handover *handover)
{
	handover->unseen = handover->used_count;
}

void handover_look(struct handover *handover, uint64_t now_ns)
{
	atomic_store_explicit(handover->area.until_ns, now_ns + handover->area.vouch_ns,
			      memory_order_relaxed);
	if (handover->unseen == 0) {
		handover_look_anew(handover);
	}
}

int handover_init(struct handover *handover, struct scanner *scanner,
		  const struct handover_area *area)
{
	uint32_t places = HANDOVER_WAYS << area->bucket_bits;

	*handover = (struct handover){ .scanner = scanner, .area = *area };
	handover->handed = memory_take(places * sizeof(*handover->handed), 64);
	handover->used = memory_take(places * sizeof(*handover->used), 64);
	if (handover->handed == NULL || handover->used == NULL) {
		return -ENOMEM;
	}
	handover_renew(handover);
	return 0;
}
