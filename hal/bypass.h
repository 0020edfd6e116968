/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of traffic while no scanner answers, as the firmware restarts, hangs or is dead: a
 * relay that joins the two ports, a bridge that somebody below keeps, or nothing. Whatever it is
 * acts by itself; the firmware asks to tell the operator beforehand, and how much went past it.
 * One body per image, in board/NAME/.
 */
#ifndef HAL_BYPASS_H
#define HAL_BYPASS_H

#include <stdbool.h>
#include <stdint.h>

enum bypass_way {
	BYPASS_NONE, /* nothing passes: the board has nothing that would */
	BYPASS_OPEN, /* everything passes, uninspected */
	BYPASS_CLOSED, /* nothing passes, as that was asked for */
};

struct bypass_state {
	enum bypass_way way;
	const char *text; /* by what, or for want of what, as a clause */
	uint64_t passed; /* frames that went that way before this scanner ran */
};

/* Fixed once the ports are open. Any core. */
const struct bypass_state *bypass_state(void);

/* For one that is told how to act. */
struct bypass_config {
	uint32_t heartbeat_ms; /* a scanner that has frames and makes no round for so long hangs */
	bool closed;
};

#endif
