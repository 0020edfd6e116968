/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A lost link is shown to the other side, as a cable in place of the bridge would: who is
 * redundantly connected there then takes the other way. A link that goes is carried soon, if it was
 * no mere hiccup, one that comes back only when it has been there for a while, so that one that
 * flaps does not make two flap. Pure: who calls reads the links and does what is said. Management's
 * core.
 */
#ifndef FIRMWARE_LINK_CARRY_H
#define FIRMWARE_LINK_CARRY_H

#include <stdbool.h>
#include <stdint.h>

#include "scanner/scanner.h"

#define LINK_CARRY_LOST_NS 20000000ull /* so long a link is gone before it counts */
#define LINK_CARRY_STABLE_NS 1000000000ull /* so long a link is there before it counts */
/* A port that was just switched on may be so long without a link: the far end has to notice. */
#define LINK_CARRY_GRACE_NS 5000000000ull

struct link_carry {
	bool held_down[SCANNER_PORTS]; /* by us: the other side's link is lost */
	uint64_t up_since_ns[SCANNER_PORTS]; /* 0: it is not */
	uint64_t down_since_ns[SCANNER_PORTS];
	uint64_t grace_until_ns[SCANNER_PORTS];
};

enum link_act { LINK_NOTHING, LINK_SWITCH_OFF, LINK_SWITCH_ON };

void link_carry_init(struct link_carry *carry, uint64_t now_ns);
/* `up`: which ports' links are there. What to do with port `*side` now; call it again until there
 * is nothing. */
enum link_act link_carry_step(struct link_carry *carry, const bool up[static SCANNER_PORTS],
			      uint64_t now_ns, unsigned *side);

#endif
