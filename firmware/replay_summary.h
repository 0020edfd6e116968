/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a replay says at its end, for a person, on standard error: how much was
 * read and how fast, what was found, what was not inspected and why, what was
 * dropped. Nothing that happened to a frame is left out.
 */
#ifndef FIRMWARE_REPLAY_SUMMARY_H
#define FIRMWARE_REPLAY_SUMMARY_H

#include "firmware/replay_options.h"
#include "firmware/replay_tally.h"

struct replay_result {
	const struct replay_options *options;
	const struct scanner_counters *counters;
	const struct set *set; /* NULL: none */
	struct replay_tally *tally; /* gets sorted */
	unsigned captures; /* that were read, whole or in part */
	uint64_t packets;
	uint64_t bytes; /* captured ones */
	uint64_t early; /* packets whose time lay before that of one before them */
	uint64_t lost_events;
	uint64_t elapsed_ns;
	struct timestamp first; /* times of the first and the last packet */
	struct timestamp last;
};

/* Writes it to standard error. False when the scanner's accounts do not add up, which is said. */
bool replay_summary_print(const struct replay_result *result);

#endif
