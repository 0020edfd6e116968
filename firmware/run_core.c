/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop of run_core.h. */
#include "firmware/run_core.h"

#include "firmware/data_core.h"
#include "firmware/run_links.h"
#include "hal/bypass.h"
#include "hal/clock.h"
#include "hal/cores.h"
#include "hal/live.h"
#include "hal/stop.h"

#define LOOK_ROUNDS 16 /* a look asks for the time */

bool run_core_take(struct run_core *core, unsigned number, const struct scanner_config *config)
{
	core->number = number;
	core->plane.scanner = data_core_start_scanner(config, &core->shared);
	return core->plane.scanner != NULL;
}

bool run_core_init(struct run_core *core, struct run_core *before)
{
	struct port *ports[SCANNER_PORTS] = { live_port(core->number, PORT_INSIDE),
					      live_port(core->number, PORT_OUTSIDE) };
	const struct handover_area *area = live_handover(core->number);
	struct scanner *scanner = core->plane.scanner;

	if (dataplane_init(&core->plane, ports, scanner, &core->shared) != 0) {
		return false;
	}
	core->plane.core = core_of_data(core->number);
	if (before != NULL) {
		before->plane.next = &core->plane;
	}
	if (area == NULL) {
		return true;
	}
	core->plane.handover = &core->handover;
	return handover_init(&core->handover, scanner, area) == 0;
}

/* A few times a second, as the supervisor does. */
static void look(struct run_core *core)
{
	uint64_t now_ns = clock_monotonic_now().ns;

	if (core->supervisor != NULL) {
		supervisor_look(core->supervisor);
	}
	if (now_ns < core->next_look_ns) {
		return;
	}
	core->next_look_ns = now_ns + DATA_CORE_SLEEP_NS;
	live_ports_look(core->number);
	dataplane_look(&core->plane);
	if (core->supervisor == NULL) {
		scanner_expire(core->plane.scanner, (struct timestamp){ clock_wall_now().ns });
	} else if (core_is_off(CORE_MANAGEMENT)) {
		run_links_release();
	}
}

/* Only core 0 is told by the system that the program is to end. */
static void wake_others(const struct run_core *core)
{
	if (core->number == 0) {
		core_wake(CORE_MANAGEMENT);
		for (const struct dataplane *other = core->plane.next; other != NULL;
		     other = other->next) {
			core_wake(other->core);
		}
	}
}

/* Whether this was the last round: no frame waits, and management has ended the flows, with their
 * events, and then itself. */
static bool ends(struct run_core *core, unsigned moved)
{
	if (stop_signal() == 0) {
		return false;
	}
	if (!core->leaving) {
		core->leaving = true;
		live_ports_leave(core->number);
		wake_others(core);
		return false;
	}
	return core_is_off(CORE_MANAGEMENT) && (moved == 0 || bypass_state()->way == BYPASS_NONE);
}

static void rest(struct run_core *core, enum pace_step step)
{
	if (step == PACE_GATHER) {
		core_wait(PACE_GATHER_NS);
	} else if (step == PACE_YIELD) {
		core_yield();
	} else if (step == PACE_SLEEP) {
		data_core_sleep(&core->plane);
	}
}

static void move_frames(struct run_core *core)
{
	unsigned moved = 0;

	for (unsigned rounds = 1; !ends(core, moved); rounds++) {
		moved = dataplane_round(&core->plane);
		live_ports_turn(core->number);
		data_core_wake_management(&core->plane);
		if (rounds % LOOK_ROUNDS == 0) {
			look(core);
		}
		rest(core, pace_after(&core->pace, moved));
	}
}

void run_core_forward(struct run_core *core)
{
	live_ports_begin(core->number);
	move_frames(core);
	wake_others(core); /* management has ended: so do they */
	for (const struct dataplane *other = core->plane.next; core->number == 0 && other != NULL;
	     other = other->next) {
		while (!core_is_off(other->core)) {
			core_sleep_until(clock_monotonic_now().ns + DATA_CORE_SLEEP_NS);
		}
	}
}

static void *run(void *core)
{
	run_core_forward(core);
	core_end();
}

int run_core_start(struct run_core *core)
{
	return core_start(core->plane.core, run, core);
}
