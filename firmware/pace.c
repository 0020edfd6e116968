/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of pace.h. */
#include "firmware/pace.h"

#include "hal/port.h"

enum pace_step pace_after(struct pace *pace, unsigned moved)
{
	if (moved != 0) {
		/* with a full burst one way there may be more already */
		bool gathers = moved >= PACE_BURST_MIN && moved < PORT_BURST_MAX;

		pace->idle = 0;
		return gathers && !pace->busy ? PACE_GATHER : PACE_GO_ON;
	}
	if (++pace->idle < PACE_IDLE_ROUNDS) {
		return PACE_GO_ON;
	}
	pace->idle = 0;
	return pace->busy ? PACE_YIELD : PACE_SLEEP;
}
