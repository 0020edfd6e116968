/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Community ids of the flows that events were last written about: a flow's events
 * lie minutes apart and all carry the same id, whose SHA-1 costs more than the rest of
 * a line's head. A place per hash of the tuple, the newer one stays. One encoder's own.
 */
#ifndef FIRMWARE_COMMUNITY_MEMORY_H
#define FIRMWARE_COMMUNITY_MEMORY_H

#include "scanner/community_id.h"

#define COMMUNITY_PLACES 4096u /* a power of two */

struct community_place {
	struct event_tuple tuple; /* family 0: nothing yet */
	char id[COMMUNITY_ID_LENGTH];
};

/* All zero is the empty one. */
struct community_memory {
	struct community_place place[COMMUNITY_PLACES];
};

/* The id of the tuple, COMMUNITY_ID_LENGTH characters; valid until the next call. */
const char *community_recall(struct community_memory *memory, const struct event_tuple *tuple);

#endif
