/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop of management.h: events, console, a sleep until there is more. */
#include "firmware/management.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "firmware/console.h"
#include "firmware/event_line.h"
#include "firmware/flash_set.h"
#include "hal/board.h"
#include "hal/clock.h"
#include "hal/cores.h"
#include "hal/serial.h"

#define EVENTS_AT_ONCE 64 /* then the console has its turn */
#define PROGRESS_NS 500000000ull /* how often it shows that it goes on */
#define STACK_BYTES 131072

static struct management {
	struct dataplane *plane;
	struct console console;
	struct flash_set signatures;
	struct scanner_policy policy;
} management;

/* Returns whether there are more. */
static bool print_events(struct management *m)
{
	struct event_ring *ring = scanner_events(m->plane->scanner);
	const struct event *event;

	for (unsigned i = 0; i < EVENTS_AT_ONCE; i++) {
		char line[EVENT_LINE_MAX];

		event = event_peek(ring);
		if (event == NULL) {
			return false;
		}
		console_count(&m->console, event);
		size_t length = event_line(event, line, sizeof(line));

		event_release(ring, event);
		if (length != 0) {
			console_print(&m->console, line, length);
		}
	}
	return true;
}

static void publish(struct management *m, const struct set *set)
{
	m->policy = (struct scanner_policy){
		.set = set,
		.clock_trusted = clock_wall_now().ns > CLOCK_PLAUSIBLE_NS,
	};
	/* release: the set and the policy are whole before the data core sees them */
	atomic_store_explicit(&m->plane->shared->wanted, &m->policy, memory_order_release);
	core_wake(CORE_DATA);
}

static void load_signatures(struct management *m)
{
	if (flash_set_load(&m->signatures, board_flash())) {
		printf("signatures: %u rules, %llu values\n", set_rule_count(&m->signatures.set),
		       (unsigned long long)set_value_count(&m->signatures.set));
		publish(m, &m->signatures.set);
	} else {
		printf("signatures: none: %s\n", m->signatures.error);
	}
}

static void *run(void *argument)
{
	struct management *m = argument;
	struct dataplane_shared *shared = m->plane->shared;

	load_signatures(m);
	console_start(&m->console, m->plane);
	for (;;) {
		atomic_fetch_add_explicit(&shared->management_progress, 1, memory_order_relaxed);
		bool more = print_events(m);

		console_poll(&m->console);
		if (more) {
			continue;
		}
		/* said before the last look, so that an event after it wakes this core */
		atomic_store(&shared->management_sleeps, true);
		if (event_peek(scanner_events(m->plane->scanner)) == NULL) {
			core_sleep_until(clock_monotonic_now().ns + PROGRESS_NS);
		}
		atomic_store(&shared->management_sleeps, false);
	}
	return NULL;
}

int management_start(struct dataplane *plane)
{
	pthread_attr_t attributes;
	pthread_t thread;

	management.plane = plane;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	return -pthread_create(&thread, &attributes, run, &management);
}
