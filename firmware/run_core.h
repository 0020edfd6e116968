/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A data core of `portreeve run`: its scanner, its part of both ports, and its loop. Core 0 also
 * looks after management and the links, and tells the others when to end.
 */
#ifndef FIRMWARE_RUN_CORE_H
#define FIRMWARE_RUN_CORE_H

#include "firmware/dataplane.h"
#include "firmware/pace.h"
#include "firmware/supervisor.h"

struct run_core {
	struct dataplane plane;
	struct dataplane_shared shared;
	struct handover handover;
	struct supervisor *supervisor; /* core 0's; NULL: another one's */
	unsigned number;
	struct pace pace;
	bool leaving; /* its ports take no more frames */
	uint64_t next_look_ns;
};

/* Tables for one of so many data cores, before the ports are open. False: no memory for them. */
bool run_core_take(struct run_core *core, unsigned number, const struct scanner_config *config);
/* Its part of the ports, which are open, and of what is handed over. False: no memory for frames.
 * All planes are then linked, from core 0's on. */
bool run_core_init(struct run_core *core, struct run_core *before);
/* Starts the others, each a core. 0 or −errno. */
int run_core_start(struct run_core *core);
/* Moves frames until the program is to end, no frame waits, and management has ended. */
void run_core_forward(struct run_core *core);

#endif
