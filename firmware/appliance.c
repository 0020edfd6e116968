/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The appliance's program: brings up what frames need, then management on the other
 * core, then moves frames for good. Nothing that could fail stands between reset and
 * the first frame but the ports and the memory for the scanner's tables.
 */
#include <inttypes.h>
#include <stdio.h>

#include "config.h"
#include "firmware/data_core.h"
#include "firmware/flash_set.h"
#include "firmware/management.h"
#include "firmware/scanner_config.h"
#include "firmware/supervisor.h"
#include "hal/board.h"
#include "hal/clock.h"
#include "hal/memory.h"

#define STATE_ALIGNMENT 64
#define IDLE_ROUNDS 64 /* without a frame, before it sleeps: shorter gaps cost no interrupt */

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
	struct scanner *scanner = data_core_start_scanner(&config, &shared);

	if (scanner == NULL) {
		puts("portreeve: no memory for the scanner's tables");
	}
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

static _Noreturn void move_frames(struct dataplane *plane, struct supervisor *supervisor)
{
	for (unsigned idle = 0;;) {
		idle = dataplane_round(plane) != 0 ? 0 : idle + 1;
		data_core_wake_management(plane);
		supervisor_look(supervisor);
		if (idle < IDLE_ROUNDS) {
			continue;
		}
		idle = 0;
		data_core_sleep(plane);
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
