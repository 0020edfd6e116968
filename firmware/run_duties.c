/* SPDX-License-Identifier: BSD-2-Clause */
/* The duties of run_duties.h. */
#include "firmware/run_duties.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "firmware/account.h"
#include "firmware/community_memory.h"
#include "firmware/eve.h"
#include "firmware/output.h"
#include "firmware/run_links.h"
#include "firmware/set_file.h"
#include "hal/clock.h"
#include "hal/live.h"
#include "hal/reload.h"
#include "hal/stop.h"

#define SENTENCE_BYTES 400
#define ALARM_NS 1000000000ull

static struct {
	const struct run_options *options;
	struct management_duties duties;
	struct set_file file;
	bool fresh; /* it was loaded at start, and has not been asked for yet */
	bool complained; /* about the output, since it was opened */
	const struct dataplane *plane;
	uint64_t passed, dropped, unserved; /* frames that an alarm has told of */
	uint64_t alarm_ns; /* no other one before */
	struct community_memory communities;
	struct output eve;
} run;

/* What the console says, too; on a terminal it is read there. */
static void note(const char *line)
{
	if (!serial_is_terminal()) {
		fprintf(stderr, "portreeve: %s\n", line);
	}
}

void run_duties_tell(const char *line)
{
	printf("%s\r\n", line);
	note(line);
}

static bool to_standard_output(void)
{
	return run.options->eve != NULL && strcmp(run.options->eve, "-") == 0;
}

/* ---- signatures ---- */

static bool load(struct loaded_set *next, _Atomic uint32_t *progress)
{
	(void)progress;
	if (run.options->signatures == NULL) {
		*next = (struct loaded_set){ .error = "--signatures is not given" };
		return false;
	}
	if (!run.fresh &&
	    !set_file_load(&run.file, run.options->signatures, run.options->hash_key)) {
		*next = (struct loaded_set){ .error = run.file.error };
		note(run.file.error);
		return false;
	}
	run.fresh = false;
	*next = (struct loaded_set){ .set = run.file.set, .blob = run.file.blob };
	return true;
}

/* ---- events ---- */

static void open_again(void)
{
	char line[SENTENCE_BYTES];

	if (run.options->eve == NULL || to_standard_output()) {
		return;
	}
	output_close(&run.eve);
	int error = output_append(&run.eve, run.options->eve);

	run.complained = false;
	if (error != 0) {
		snprintf(line, sizeof(line), "cannot write events to %s: %s", run.options->eve,
			 strerror(-error));
		run_duties_tell(line);
		run.complained = true;
	}
}

static void write_event(const struct event *event)
{
	const struct eve_options options = { .communities = &run.communities };

	uint8_t *line = output_room(&run.eve, EVE_LINE_MAX);

	output_advance(&run.eve, eve_encode(event, &options, (char *)line, EVE_LINE_MAX));
}

static void flush(void)
{
	char line[SENTENCE_BYTES];

	output_flush(&run.eve);
	if (run.eve.error != 0 && !run.complained) {
		run.complained = true;
		snprintf(line, sizeof(line), "events cannot be written to %s: %s; they are lost",
			 run.options->eve, strerror(-run.eve.error));
		run_duties_tell(line);
	}
}

static uint64_t count(enum port_fault fault)
{
	uint64_t sum = 0;

	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		sum += account_fault(run.plane, side, fault);
	}
	return sum;
}

static void tell_stall(uint64_t passed)
{
	char line[SENTENCE_BYTES];
	uint64_t dropped = count(PORT_FAULT_STALE);

	snprintf(line, sizeof(line),
		 "the scanner was stalled: %" PRIu64 " frames were bridged past it uninspected, "
		 "%" PRIu64 " that waited for it were dropped",
		 passed - run.passed, dropped - run.dropped);
	run.passed = passed;
	run.dropped = dropped;
	run_duties_tell(line);
}

static void tell_unserved(uint64_t unserved)
{
	char line[SENTENCE_BYTES];

	snprintf(line, sizeof(line),
		 "an interface has more receive queues than at the start: %" PRIu64
		 " frames of theirs were bridged uninspected; start again, or 'ethtool -L'",
		 unserved - run.unserved);
	run.unserved = unserved;
	run_duties_tell(line);
}

/* Frames that went past the scanner are an alarm, of each kind at most one a second. */
static void look_for_bypassed(void)
{
	uint64_t now_ns = clock_monotonic_now().ns;
	uint64_t passed = count(PORT_FAULT_STALLED), unserved = count(PORT_FAULT_UNSERVED);

	if (now_ns < run.alarm_ns || (passed == run.passed && unserved == run.unserved)) {
		return;
	}
	run.alarm_ns = now_ns + ALARM_NS;
	if (passed != run.passed) {
		tell_stall(passed);
	}
	if (unserved != run.unserved) {
		tell_unserved(unserved);
	}
}

static void idle(void)
{
	if (run.options->eve != NULL) {
		flush();
	}
	look_for_bypassed();
}

static bool reload(void)
{
	bool wished = reload_wished();

	if (wished) {
		open_again();
	}
	return wished;
}

static bool end(void)
{
	return stop_signal() != 0;
}

/* ---- the life of both ---- */

bool run_duties_open(const struct run_options *options, const struct dataplane *plane, char *error,
		     size_t size)
{
	run.options = options;
	run.plane = plane;
	run.duties =
		(struct management_duties){ .load = load,
					    .reload = reload,
					    .end = end,
					    .idle = idle,
					    .watch = options->link_carry ? run_links_watch : NULL,
					    .enforcing = options->enforce };
	if (options->signatures != NULL) {
		if (!set_file_load(&run.file, options->signatures, options->hash_key)) {
			snprintf(error, size, "%s", run.file.error);
			return false;
		}
		run.fresh = true;
	}
	if (options->eve != NULL) {
		int result = output_append(&run.eve, options->eve);

		if (result != 0) {
			snprintf(error, size, "cannot write events to %s: %s", options->eve,
				 strerror(-result));
			return false;
		}
		run.duties.event = write_event;
	}
	return true;
}

void run_duties_move_output(int descriptor)
{
	if (to_standard_output()) {
		run.eve.file.descriptor = descriptor;
	}
}

const struct management_duties *run_duties(void)
{
	return &run.duties;
}

int run_duties_close(void)
{
	return run.options->eve != NULL ? output_close(&run.eve) : 0;
}
