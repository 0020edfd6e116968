/* SPDX-License-Identifier: BSD-2-Clause */
/* The duties of run_duties.h. */
#include "firmware/run_duties.h"

#include <stdio.h>
#include <string.h>

#include "firmware/community_memory.h"
#include "firmware/eve.h"
#include "firmware/output.h"
#include "firmware/run_alarms.h"
#include "firmware/run_links.h"
#include "firmware/set_file.h"
#include "hal/live.h"
#include "hal/reload.h"
#include "hal/stop.h"

#define SENTENCE_BYTES 400

static struct {
	const struct run_options *options;
	struct management_duties duties;
	struct set_file file;
	bool fresh; /* it was loaded at start, and has not been asked for yet */
	bool complained; /* about the output, since it was opened */
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

static void idle(void)
{
	if (run.options->eve != NULL) {
		flush();
	}
	run_alarms_look();
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
	run_alarms_open(plane);
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
