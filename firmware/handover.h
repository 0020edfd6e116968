/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hands flows that are finished over to what forwards them without this program (hal/handover.h),
 * and sees to it that nothing else changes: what passes there is in the same counters and events,
 * what a new policy takes is taken, and what begins anew is read.
 *
 * Which flows: after each burst one of its frames is looked at, so that a flow is found the sooner
 * the more it sends, and finding it costs the others nothing.
 *
 * Data core only. Board-independent.
 */
#ifndef FIRMWARE_HANDOVER_H
#define FIRMWARE_HANDOVER_H

#include "hal/handover.h"
#include "scanner/scanner.h"

#define HANDOVER_LOOK_WAYS 128u /* at once: some ten microseconds */

/* What was handed over in a place of the area. */
struct handed {
	struct release release;
	uint64_t frames, bytes; /* of the place's counts, credited so far */
	uint32_t used_at; /* its place in `used`, if it is there */
	bool used;
};

struct handover {
	struct scanner *scanner;
	struct handover_area area;
	struct handed *handed; /* by place: bucket * HANDOVER_WAYS + way */
	uint32_t *used; /* places, in no order */
	uint32_t used_count;
	uint32_t unseen; /* the first of them, that the look which is going on has not come to */
	uint32_t generation; /* the area's */
	uint32_t turn; /* which frame of a burst is looked at */
	uint32_t crowded[SCANNER_PORTS]; /* full bursts in a row, by where they came in */
	uint64_t given; /* ways handed over, again ones included */
	uint64_t refused; /* for want of room */
};

/* What an area of 2^bits buckets takes, with what is kept of it here: bytes. */
static inline size_t handover_memory(uint32_t bits)
{
	size_t place = sizeof(struct handover_entry) + sizeof(struct handed) + sizeof(uint32_t);

	return place * HANDOVER_WAYS << bits;
}

/* `area` is copied; nothing is in it yet. 0, or −ENOMEM. */
int handover_init(struct handover *handover, struct scanner *scanner,
		  const struct handover_area *area);
/* After anything that may have changed the policy: what was handed over is judged again. */
void handover_renew(struct handover *handover);
/* After scanner_burst(), before what it let pass leaves: what began with it is read, and what it
 * decided holds, when the answer comes. */
void handover_settle(struct handover *handover);
/* After scanner_burst() and the transmission of what it let pass: `count` ≥ 1. `more`: frames may
 * wait that came before; they would be overtaken. */
void handover_burst(struct handover *handover, const struct frame *frames,
		    const struct verdict *verdicts, unsigned count, bool more);
/* A few times a second: vouches for what was handed over, and begins to look at all of it, unless
 * that is still going on. */
void handover_look(struct handover *handover, uint64_t now_ns);
/* Begins to look at all of it in any case: what passed before is credited when that is done. */
void handover_look_anew(struct handover *handover);
/* Each round: looks at HANDOVER_LOOK_WAYS at most: credits what has passed, takes back what is
 * over. Whether all were looked at. */
bool handover_look_on(struct handover *handover, uint64_t now_ns);

#endif
