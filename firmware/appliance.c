/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The appliance's program: brings up what frames need, then management on the other
 * core, then moves frames for good. Nothing that could fail stands between reset and
 * the first frame but the ports and the memory for the scanner's tables.
 */
#include <inttypes.h>
#include <stdio.h>

#include "config.h"
#include "firmware/dataplane.h"
#include "firmware/flash_set.h"
#include "firmware/management.h"
#include "firmware/scanner_config.h"
#include "firmware/supervisor.h"
#include "hal/board.h"
#include "hal/clock.h"
#include "hal/cores.h"
#include "hal/cpu.h"
#include "hal/memory.h"
#include "scanner/hash/sha256.h"

#define STATE_ALIGNMENT 64
#define IDLE_ROUNDS 64 /* without a frame, before it sleeps: shorter gaps cost no interrupt */
#define SLEEP_NS 100000000ull /* the supervisor wants to look */

static struct dataplane_shared shared;

static bool load_from_flash(struct loaded_set *next, _Atomic uint32_t *progress)
{
	return flash_set_load(next, board_flash(), progress);
}

static const struct management_duties duties = { .load = load_from_flash };

static struct scanner *start_scanner(void)
{
	static struct scanner_config config;

	if (scanner_config_build(&config) != 0) {
		puts("portreeve: no entropy for the flow hash's key");
		return NULL;
	}
	scanner_config_private_inside(&config);
	size_t size = scanner_size(&config);
	void *memory = size != 0 ? memory_take(size, STATE_ALIGNMENT) : NULL;

	if (memory == NULL) {
		printf("portreeve: no memory for the scanner's tables (%zu bytes)\n", size);
		return NULL;
	}
	sha256_select(cpu_features_detect().sha256);
	struct scanner *scanner = scanner_init(memory, &config);

	event_ring_use_tail(scanner_events(scanner), &shared.event_tail);
	return scanner;
}

static bool start_plane(struct dataplane *plane)
{
	struct port *ports[SCANNER_PORTS] = { board_port_inside(), board_port_outside() };

	if (ports[PORT_INSIDE] == NULL || ports[PORT_OUTSIDE] == NULL) {
		puts("portreeve: the board lacks a data port");
		return false;
	}
	struct scanner *scanner = start_scanner();

	if (scanner == NULL) {
		return false;
	}
	if (dataplane_init(plane, ports, scanner, &shared) != 0) {
		puts("portreeve: no memory for frames");
		return false;
	}
	return true;
}

/* Events wait and management sleeps: it would otherwise see them up to half a second later. */
static void wake_management(const struct dataplane *plane)
{
	if (atomic_load_explicit(&shared.management_sleeps, memory_order_relaxed) &&
	    event_ring_waits(scanner_events(plane->scanner))) {
		atomic_store_explicit(&shared.management_sleeps, false, memory_order_relaxed);
		core_wake(CORE_MANAGEMENT);
	}
}

static _Noreturn void move_frames(struct dataplane *plane, struct supervisor *supervisor)
{
	for (unsigned idle = 0;;) {
		idle = dataplane_round(plane) != 0 ? 0 : idle + 1;
		wake_management(plane);
		supervisor_look(supervisor);
		if (idle < IDLE_ROUNDS) {
			continue;
		}
		idle = 0;
		if (dataplane_arm(plane)) {
			plane->counters.sleeps++;
			core_sleep_until(clock_monotonic_now().ns + SLEEP_NS);
		}
		dataplane_disarm(plane);
	}
}

int main(void)
{
	/* the data core's memory: management cannot write it */
	struct dataplane *plane = memory_take(sizeof(*plane), STATE_ALIGNMENT);
	struct supervisor *supervisor = memory_take(sizeof(*supervisor), STATE_ALIGNMENT);
	static const struct supervisor_config config = {
		.watchdog_ms = CONFIG_WATCHDOG_MS,
		.stall_s = CONFIG_MANAGEMENT_STALL_S,
		.reset_s = CONFIG_MANAGEMENT_RESET_S,
	};

	printf("portreeve " CONFIG_VERSION " on %s\n", board_name());
	if (plane == NULL || supervisor == NULL || !start_plane(plane)) {
		return 1;
	}
	printf("forwarding after %" PRIu64 " ms\n", clock_monotonic_now().ns / 1000000);
	struct watchdog *watchdog = board_watchdog();

	if (watchdog != NULL && watchdog->expired) {
		puts("portreeve: the watchdog has reset the board: forwarding hung");
	}
	int error = management_start(plane, &duties);

	if (error != 0) {
		printf("portreeve: management did not start (%d); forwarding all the same\n",
		       -error);
	}
	supervisor_init(supervisor, &config, plane, watchdog);
	move_frames(plane, supervisor);
}
