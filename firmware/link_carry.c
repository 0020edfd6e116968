/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of link_carry.h. At most one port is held down: both links lost is nothing to carry. */
#include "firmware/link_carry.h"

void link_carry_init(struct link_carry *carry, uint64_t now_ns)
{
	*carry = (struct link_carry){ .grace_until_ns = { now_ns + LINK_CARRY_GRACE_NS,
							  now_ns + LINK_CARRY_GRACE_NS } };
}

static void note_links(struct link_carry *carry, const bool up[static SCANNER_PORTS],
		       uint64_t now_ns)
{
	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		if (!up[side]) {
			if (carry->up_since_ns[side] != 0) {
				carry->down_since_ns[side] = now_ns;
			}
			carry->up_since_ns[side] = 0;
		} else if (carry->up_since_ns[side] == 0) {
			carry->up_since_ns[side] = now_ns;
			carry->grace_until_ns[side] = 0;
		}
	}
}

static bool is_stable(const struct link_carry *carry, unsigned side, uint64_t now_ns)
{
	return carry->up_since_ns[side] != 0 &&
	       now_ns - carry->up_since_ns[side] >= LINK_CARRY_STABLE_NS;
}

static bool is_lost(const struct link_carry *carry, unsigned side, uint64_t now_ns)
{
	return carry->up_since_ns[side] == 0 && now_ns >= carry->grace_until_ns[side] &&
	       now_ns - carry->down_since_ns[side] >= LINK_CARRY_LOST_NS;
}

enum link_act link_carry_step(struct link_carry *carry, const bool up[static SCANNER_PORTS],
			      uint64_t now_ns, unsigned *side)
{
	note_links(carry, up, now_ns);
	for (unsigned lost = 0; lost < SCANNER_PORTS; lost++) {
		unsigned other = !lost;

		if (carry->held_down[other]) {
			if (!is_stable(carry, lost, now_ns)) {
				return LINK_NOTHING;
			}
			carry->held_down[other] = false;
			carry->grace_until_ns[other] = now_ns + LINK_CARRY_GRACE_NS;
			*side = other;
			return LINK_SWITCH_ON;
		}
	}
	for (unsigned lost = 0; lost < SCANNER_PORTS; lost++) {
		unsigned other = !lost;

		if (up[other] && is_lost(carry, lost, now_ns)) {
			carry->held_down[other] = true;
			*side = other;
			return LINK_SWITCH_OFF;
		}
	}
	return LINK_NOTHING;
}
