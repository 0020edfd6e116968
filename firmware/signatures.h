/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signature set in use on an appliance: brought into memory, published to the data cores, and
 * swapped whole for another while frames flow. The one before stays in memory until the data cores
 * have the new one. Management core.
 */
#ifndef FIRMWARE_SIGNATURES_H
#define FIRMWARE_SIGNATURES_H

#include "firmware/dataplane.h"
#include "firmware/loaded_set.h"

/* Where sets come from on this board. False: `next->error` says why there is none. `progress` is
 * to be counted up meanwhile, as a million values take their time. */
typedef bool signature_source(struct loaded_set *next, _Atomic uint32_t *progress);

struct signatures {
	const struct dataplane *plane;
	signature_source *source;
	bool enforcing;
	struct loaded_set loaded; /* what the data core matches against */
	struct scanner_policy policy; /* as published last */
};

/* `enforcing`: what every policy says that is published with a set. */
void signatures_init(struct signatures *signatures, const struct dataplane *plane,
		     signature_source *source, bool enforcing);
/* Takes the set from its source and swaps it; prints what came of it. What cannot be used changes
 * nothing: the set that was there goes on. Takes seconds for a million values, in which the data
 * core is not waited for. */
void signatures_load(struct signatures *signatures);

#endif
