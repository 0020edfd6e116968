/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signature set in use on an appliance: brought from flash into memory, published to
 * the data core, and swapped whole for another while frames flow. The one before stays
 * in memory until the data core has the new one. Management core.
 */
#ifndef FIRMWARE_SIGNATURES_H
#define FIRMWARE_SIGNATURES_H

#include "firmware/dataplane.h"
#include "firmware/flash_set.h"

struct signatures {
	const struct dataplane *plane;
	struct flash_set loaded; /* what the data core matches against */
	struct scanner_policy policy; /* as published last */
};

void signatures_init(struct signatures *signatures, const struct dataplane *plane);
/* Reads flash and swaps the set; prints what came of it. What cannot be used changes nothing: the
 * set that was there goes on. Takes seconds for a million values, in which the data core is not
 * waited for. */
void signatures_load(struct signatures *signatures);

#endif
