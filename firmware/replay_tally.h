/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a replay saw, counted for its summary: events by type, alerts by
 * signature. Bounded: of more distinct signatures than fit, only the sum is kept.
 */
#ifndef FIRMWARE_REPLAY_TALLY_H
#define FIRMWARE_REPLAY_TALLY_H

#include "scanner/event.h"

#define TALLY_SIGNATURES_MAX 4096 /* a power of two */
#define TALLY_TEXT_BYTES 256

struct tally_signature {
	uint32_t sid; /* 0: unused */
	uint8_t severity;
	uint64_t alerts;
	uint16_t length;
	char text[TALLY_TEXT_BYTES]; /* the first alert's (alert_text.h), not terminated */
};

struct replay_tally {
	uint64_t events[EVENT_TYPE_COUNT];
	uint32_t signature_count;
	uint64_t alerts_elsewhere; /* of signatures that found no place */
	struct tally_signature signatures[TALLY_SIGNATURES_MAX];
};

/* `tally` all zero is empty. */
void replay_tally_event(struct replay_tally *tally, const struct event *event);

/* Brings the signatures to the front of `signatures`, most severe first, then most frequent. No
 * event may be counted afterwards. */
void replay_tally_sort(struct replay_tally *tally);

#endif
