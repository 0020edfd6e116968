/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the data core does beside moving frames, some ten times a second: feeds the
 * watchdog, ends flows that timed out, and looks after management's core. That one is
 * stopped when it makes no progress, and the board is reset in an orderly way a long,
 * settable time after it died; forwarding and scanning go on until then.
 */
#ifndef FIRMWARE_SUPERVISOR_H
#define FIRMWARE_SUPERVISOR_H

#include "firmware/dataplane.h"
#include "hal/watchdog.h"

struct supervisor_config {
	uint32_t watchdog_ms; /* a reset follows the last feeding by at most so much */
	uint32_t stall_s; /* of management without progress */
	uint32_t reset_s; /* after its death; 0: never */
};

struct supervisor {
	struct supervisor_config config;
	struct dataplane *plane;
	struct watchdog *watchdog; /* NULL: the board has none */
	uint64_t next_ns; /* when it looks again */
	uint64_t progress_ns; /* when management's count last moved */
	uint64_t dead_ns;
	uint32_t progress;
	bool dead;
	const char *alarm; /* what is still to be said on the serial line; NULL: nothing */
};

void supervisor_init(struct supervisor *supervisor, const struct supervisor_config *config,
		     struct dataplane *plane, struct watchdog *watchdog);
/* To be called between rounds, and at least every 100 ms. Cheap until its time has come. */
void supervisor_look(struct supervisor *supervisor);

#endif
