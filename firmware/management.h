/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Management: the program of the second core. Takes events off the ring and prints
 * them on the serial line, brings the signature set to the data plane, and
 * answers the console. May hang, crash or be flooded: forwarding does not notice.
 */
#ifndef FIRMWARE_MANAGEMENT_H
#define FIRMWARE_MANAGEMENT_H

#include "firmware/dataplane.h"
#include "firmware/signatures.h"

/* What boards do differently; all is called on management's core. NULL: nothing is done. */
struct management_duties {
	signature_source *load;
	/* Whether the set is to be loaded again. */
	bool (*reload)(void);
	/* Whether the program is to end: then flows end, with their events, and reset_board() is
	 * called. */
	bool (*end)(void);
	/* Gets every event. */
	void (*event)(const struct event *event);
	/* No event waits. Called at least twice a second, and at the end. */
	void (*idle)(void);
	/* Looks after what the board has to be watched for besides; returns the time at which it is
	 * to be called again at the latest. Called at every wake-up. */
	uint64_t (*watch)(uint64_t now_ns);
	bool enforcing; /* takes what the actions say */
};

/* Starts it on a core of its own. 0, or −errno. `plane`, the first data core's, and those that it
 * leads to are read only from there on. `duties` stays. */
int management_start(struct dataplane *plane, const struct management_duties *duties);

#endif
