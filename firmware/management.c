/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop of management.h: events, console, a sleep until there is more. */
#include "firmware/management.h"

#include <stdio.h>
#include <string.h>

#include "firmware/console.h"
#include "firmware/console_show.h"
#include "firmware/eve.h"
#include "firmware/event_line.h"
#include "firmware/signatures.h"
#include "hal/clock.h"
#include "hal/cores.h"
#include "hal/reset.h"

#define EVENTS_AT_ONCE 64 /* then the console has its turn */
#define PROGRESS_NS 500000000ull /* how often it shows that it goes on */
#define REBOOT_NS 10000000000ull /* at most, until it happens */

static struct management {
	struct dataplane *plane;
	const struct management_duties *duties;
	struct console console;
	struct signatures signatures;
	char line[EVE_LINE_MAX];
} management;

static size_t event_text(struct management *m, const struct event *event)
{
	static const struct eve_options options = { .interface = NULL };

	if (!m->console.eve) {
		return event_line(event, m->line, sizeof(m->line));
	}
	size_t length = eve_encode(event, &options, m->line, sizeof(m->line));

	return length != 0 ? length - 1 : 0; /* the console ends lines its own way */
}

/* Of one data core; whether there are more. */
static bool print_some(struct management *m, struct event_ring *ring)
{
	const struct event *event;

	for (unsigned i = 0; i < EVENTS_AT_ONCE; i++) {
		event = event_peek(ring);
		if (event == NULL) {
			return false;
		}
		console_count(&m->console, event);
		size_t length = event_text(m, event);

		if (m->duties->event != NULL) {
			m->duties->event(event);
		}
		event_release(ring, event);
		if (length != 0) {
			console_print(&m->console, m->line, length);
		}
	}
	return true;
}

static bool print_events(struct management *m)
{
	bool more = false;

	for (const struct dataplane *plane = m->plane; plane != NULL; plane = plane->next) {
		more = print_some(m, scanner_events(plane->scanner)) || more;
	}
	return more;
}

/* Whether no data core has any. */
static bool no_events(const struct management *m)
{
	const struct dataplane *plane = m->plane;

	while (plane != NULL && event_peek(scanner_events(plane->scanner)) == NULL) {
		plane = plane->next;
	}
	return plane == NULL;
}

/* All data cores are to wake this one for events. */
static void say_sleeping(const struct management *m, bool sleeps)
{
	for (const struct dataplane *plane = m->plane; plane != NULL; plane = plane->next) {
		atomic_store(&plane->shared->management_sleeps, sleeps);
	}
}

static void rest(const struct management *m)
{
	if (m->duties->idle != NULL) {
		m->duties->idle();
	}
}

/* When this core is to be awake again. */
static uint64_t watch(const struct management *m)
{
	uint64_t now_ns = clock_monotonic_now().ns;
	uint64_t next_ns = now_ns + PROGRESS_NS;
	uint64_t wanted_ns = m->duties->watch != NULL ? m->duties->watch(now_ns) : next_ns;

	return wanted_ns < next_ns ? wanted_ns : next_ns;
}

static bool is_wished(bool (*wish)(void))
{
	return wish != NULL && wish();
}

/* Has all data cores end their flows, some each time their ring is empty. True: they have. */
static bool end_flows(const struct management *m)
{
	bool ended = true;

	for (const struct dataplane *plane = m->plane; plane != NULL; plane = plane->next) {
		/* acquire: before the last look at the events of flows that have ended */
		if ((atomic_load_explicit(&plane->shared->asked, memory_order_acquire) &
		     ASK_END_FLOWS) != 0) {
			ended = false;
			core_wake(plane->core);
		}
	}
	return ended;
}

/* What flows still have to tell is told, what was counted is shown; within a time, however much
 * there is. */
static _Noreturn void end(struct management *m)
{
	_Atomic uint32_t *progress = &m->plane->shared->management_progress;
	uint64_t deadline_ns = clock_monotonic_now().ns + REBOOT_NS;

	m->console.started = false; /* nothing is typed any more */
	for (const struct dataplane *plane = m->plane; plane != NULL; plane = plane->next) {
		atomic_fetch_or_explicit(&plane->shared->asked, ASK_END_FLOWS,
					 memory_order_relaxed);
	}
	while (clock_monotonic_now().ns < deadline_ns) {
		atomic_fetch_add_explicit(progress, 1, memory_order_relaxed);
		bool ended = end_flows(m);

		if (!print_events(m) && ended) {
			break;
		}
	}
	rest(m);
	console_show_accounts(&m->console);
	printf("portreeve: %s\r\n", m->console.reboot ? "rebooting" : "ending");
	reset_board();
}

static void *run(void *argument)
{
	struct management *m = argument;
	_Atomic uint32_t *progress = &m->plane->shared->management_progress;

	signatures_init(&m->signatures, m->plane, m->duties->load, m->duties->enforcing);
	signatures_load(&m->signatures);
	console_start(&m->console, m->plane, &m->signatures);
	for (;;) {
		atomic_fetch_add_explicit(progress, 1, memory_order_relaxed);
		bool more = print_events(m);

		console_poll(&m->console);
		uint64_t wake_ns = watch(m);

		if (m->console.reboot || is_wished(m->duties->end)) {
			end(m);
		}
		if (is_wished(m->duties->reload)) {
			signatures_load(&m->signatures);
		}
		if (more) {
			continue;
		}
		rest(m);
		/* said before the last look, so that an event after it wakes this core */
		say_sleeping(m, true);
		if (no_events(m)) {
			core_sleep_until(wake_ns);
		}
		say_sleeping(m, false);
	}
	return NULL;
}

int management_start(struct dataplane *plane, const struct management_duties *duties)
{
	memset(&management, 0, sizeof(management));
	management.plane = plane;
	management.duties = duties;
	return core_start(CORE_MANAGEMENT, run, &management);
}
