/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The alarms of run_alarms.h. That a data core hangs the kernel's bridge knows, which counts what
 * it keeps from that core; the core itself finds out when it goes on.
 */
#include "firmware/run_alarms.h"

#include <inttypes.h>
#include <stdio.h>

#include "firmware/account.h"
#include "firmware/run_duties.h"
#include "hal/bypass.h"
#include "hal/clock.h"
#include "hal/live.h"

#define SENTENCE_BYTES 200
#define LOOK_NS 1000000000ull

/* Of a data core at the last look. */
struct last_seen {
	struct live_progress last;
	uint64_t missed_before; /* at the one before its last rounds */
	bool hangs; /* which is told */
};

static struct {
	const struct dataplane *plane;
	uint64_t passed, stale, unserved, closed; /* frames that an alarm has told of */
	struct last_seen seen[CORES_DATA_MAX];
	uint64_t next_ns;
} run;

static uint64_t count(enum port_fault fault)
{
	uint64_t sum = 0;

	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		sum += account_fault(run.plane, side, fault);
	}
	return sum;
}

static void look_for_stall(void)
{
	char line[SENTENCE_BYTES];
	uint64_t passed = count(PORT_FAULT_STALLED), stale = count(PORT_FAULT_STALE);

	if (passed == run.passed) {
		return;
	}
	snprintf(line, sizeof(line),
		 "the scanner was stalled: %" PRIu64 " frames were bridged past it uninspected, "
		 "%" PRIu64 " that waited for it were dropped",
		 passed - run.passed, stale - run.stale);
	run.passed = passed;
	run.stale = stale;
	run_duties_tell(line);
}

static void look_for_unserved(void)
{
	char line[SENTENCE_BYTES];
	uint64_t unserved = count(PORT_FAULT_UNSERVED);

	if (unserved == run.unserved) {
		return;
	}
	snprintf(line, sizeof(line),
		 "an interface has more receive queues than at the start: %" PRIu64
		 " frames of theirs were bridged uninspected; start again, or 'ethtool -L'",
		 unserved - run.unserved);
	run.unserved = unserved;
	run_duties_tell(line);
}

static void look_for_closed(void)
{
	char line[SENTENCE_BYTES];
	uint64_t closed = count(PORT_FAULT_CLOSED);

	if (closed == run.closed) {
		return;
	}
	snprintf(line, sizeof(line),
		 "the scanner took no frames: %" PRIu64 " were dropped, as --fail closed has it",
		 closed - run.closed);
	run.closed = closed;
	run_duties_tell(line);
}

static void tell_hang(unsigned core, uint64_t missed)
{
	char line[SENTENCE_BYTES];

	snprintf(line, sizeof(line),
		 "data core %u has not got on for a second: %" PRIu64 " of its frames %s so far",
		 core, missed,
		 bypass_state()->way == BYPASS_CLOSED ? "were dropped" : "passed it uninspected");
	run_duties_tell(line);
}

/* Also one that sleeps makes rounds more often than this is looked at. */
static void look_for_hang(unsigned core)
{
	struct live_progress now = live_progress(core);
	struct last_seen *seen = &run.seen[core];

	if (now.turns != seen->last.turns) {
		seen->missed_before = seen->last.missed;
		seen->last = now;
		seen->hangs = false;
	} else if (!seen->hangs) {
		seen->hangs = true;
		tell_hang(core, now.missed - seen->missed_before);
	}
}

void run_alarms_open(const struct dataplane *plane)
{
	run.plane = plane;
}

void run_alarms_look(void)
{
	uint64_t now_ns = clock_monotonic_now().ns;
	unsigned core = 0;

	if (run.next_ns == 0) {
		run.next_ns = now_ns + LOOK_NS; /* data cores begin meanwhile */
	}
	if (now_ns < run.next_ns) {
		return;
	}
	run.next_ns = now_ns + LOOK_NS;
	for (const struct dataplane *plane = run.plane; plane != NULL; plane = plane->next) {
		look_for_hang(core++);
	}
	look_for_stall();
	look_for_unserved();
	look_for_closed();
}
