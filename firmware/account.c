/* SPDX-License-Identifier: BSD-2-Clause */
/* The sums of account.h. */
#include "firmware/account.h"

#include <assert.h>
#include <string.h>

#include "hal/clock.h"
#include "hal/cores.h"

#define LOOK_NS 1000000ull
#define PATIENCE_NS 1000000000ull

static_assert(sizeof(struct scanner_counters) % sizeof(uint64_t) == 0 &&
		      sizeof(struct dataplane_counters) % sizeof(uint64_t) == 0 &&
		      sizeof(struct scanner_gauges) % sizeof(uint32_t) == 0,
	      "nothing but numbers of one size");

static void add_64(void *sum, const void *more, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += sizeof(uint64_t)) {
		uint64_t a, b;

		memcpy(&a, (const uint8_t *)sum + at, sizeof(a));
		memcpy(&b, (const uint8_t *)more + at, sizeof(b));
		a += b;
		memcpy((uint8_t *)sum + at, &a, sizeof(a));
	}
}

static void add_32(void *sum, const void *more, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += sizeof(uint32_t)) {
		uint32_t a, b;

		memcpy(&a, (const uint8_t *)sum + at, sizeof(a));
		memcpy(&b, (const uint8_t *)more + at, sizeof(b));
		a += b;
		memcpy((uint8_t *)sum + at, &a, sizeof(a));
	}
}

struct scanner_counters account_counters(const struct dataplane *first)
{
	struct scanner_counters sum = { .injected = 0 };

	for (const struct dataplane *plane = first; plane != NULL; plane = plane->next) {
		add_64(&sum, scanner_counters(plane->scanner), sizeof(sum));
	}
	return sum;
}

struct scanner_gauges account_gauges(const struct dataplane *first)
{
	struct scanner_gauges sum = { .quarantined = 0 };

	for (const struct dataplane *plane = first; plane != NULL; plane = plane->next) {
		const struct scanner_gauges more = scanner_gauges(plane->scanner);

		add_32(&sum, &more, sizeof(sum));
	}
	return sum;
}

uint64_t account_held_back(const struct dataplane *first, unsigned side)
{
	uint64_t sum = 0;

	for (const struct dataplane *plane = first; plane != NULL; plane = plane->next) {
		sum += plane->counters.held_back[side];
	}
	return sum;
}

uint64_t account_fault(const struct dataplane *first, unsigned side, enum port_fault fault)
{
	uint64_t sum = 0;

	for (const struct dataplane *plane = first; plane != NULL; plane = plane->next) {
		sum += plane->port[side]->faults[fault];
	}
	return sum;
}

uint64_t account_events_lost(const struct dataplane *first)
{
	uint64_t sum = 0;

	for (const struct dataplane *plane = first; plane != NULL; plane = plane->next) {
		sum += atomic_load_explicit(&scanner_events(plane->scanner)->lost,
					    memory_order_relaxed);
	}
	return sum;
}

static void add(struct dataplane_account *sum, const struct dataplane_account *more)
{
	add_64(&sum->scanner, &more->scanner, sizeof(sum->scanner));
	add_32(&sum->gauges, &more->gauges, sizeof(sum->gauges));
	add_64(&sum->counters, &more->counters, sizeof(sum->counters));
	sum->events_lost += more->events_lost;
	sum->handed_refused += more->handed_refused;
	sum->handed += more->handed;
	sum->buffers += more->buffers;
	sum->buffers_free += more->buffers_free;
	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		sum->buffers_receiving[side] += more->buffers_receiving[side];
		sum->buffers_sending[side] += more->buffers_sending[side];
	}
}

static bool has_answered(const struct dataplane *plane, uint64_t deadline_ns)
{
	/* acquire: what it wrote before it cleared the bit */
	while ((atomic_load_explicit(&plane->shared->asked, memory_order_acquire) & ASK_ACCOUNT) !=
	       0) {
		uint64_t now_ns = clock_monotonic_now().ns;

		if (now_ns >= deadline_ns) {
			return false;
		}
		core_sleep_until(now_ns + LOOK_NS);
	}
	return true;
}

bool account_ask(const struct dataplane *first, struct dataplane_account *sum)
{
	uint64_t deadline_ns = clock_monotonic_now().ns + PATIENCE_NS;

	*sum = (struct dataplane_account){ .events_lost = 0 };
	for (const struct dataplane *plane = first; plane != NULL; plane = plane->next) {
		atomic_fetch_or_explicit(&plane->shared->asked, ASK_ACCOUNT, memory_order_relaxed);
		core_wake(plane->core);
	}
	for (const struct dataplane *plane = first; plane != NULL; plane = plane->next) {
		if (!has_answered(plane, deadline_ns)) {
			return false;
		}
		add(sum, &plane->account);
	}
	return true;
}
