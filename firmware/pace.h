/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a data core that shares its processor with others passes its time between two rounds. One
 * that takes each frame the moment it comes is woken for each, and keeps whoever sends from sending
 * the next one. Pure. Data core only.
 */
#ifndef FIRMWARE_PACE_H
#define FIRMWARE_PACE_H

#include <stdbool.h>

/* So many frames in a round are a burst: there are more to come. Fewer are answered at once. */
#define PACE_BURST_MIN 4u
/* So long its frames gather in the rings, which have room for many times what comes meanwhile. */
#define PACE_GATHER_NS 100000ull
/* Rounds without a frame before others have the processor. */
#define PACE_IDLE_ROUNDS 16u

struct pace {
	bool busy; /* it does not sleep */
	unsigned idle; /* rounds without a frame */
};

enum pace_step {
	PACE_GO_ON,
	PACE_GATHER, /* wait for PACE_GATHER_NS, whatever comes */
	PACE_YIELD, /* let others have their turn, and go on */
	PACE_SLEEP, /* until a frame comes */
};

/* What to do after a round that has moved so many frames. */
enum pace_step pace_after(struct pace *pace, unsigned moved);

#endif
