/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How far a long job is: one line on standard error, rewritten a few times a
 * second, if a person watches it there; nothing otherwise.
 */
#ifndef FIRMWARE_PROGRESS_H
#define FIRMWARE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "hal/clock.h"

struct progress {
	bool watched;
	bool drawn;
	uint64_t total_bytes; /* 0: not known */
	struct clock_monotonic start;
	struct clock_monotonic drawn_at;
};

void progress_start(struct progress *progress, uint64_t total_bytes);
/* `name`: what is being worked on. Cheap when nothing is to be drawn. */
void progress_show(struct progress *progress, const char *name, uint64_t bytes, uint64_t packets);
/* Takes the line away; before anything else is written to standard error. */
void progress_clear(struct progress *progress);

#endif
