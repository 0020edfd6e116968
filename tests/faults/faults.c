/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deliberate faults on the bare-metal image, for tests/system/test_faults.py. Linked
 * with the objects of the image that ships into one of its own, portreeve-faults: the
 * linker puts what is here around two functions (--wrap), and nothing is changed in, or
 * left behind in, what ships.
 *
 *   console_command  takes one command more: fault NAME data|management
 *   supervisor_look  commits what was asked of the data core, and tells what it counts
 *                    when management cannot any more
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "firmware/console_command.h"
#include "firmware/supervisor.h"
#include "hal/clock.h"
#include "hal/cores.h"
#include "hal/serial.h"
#include "tests/faults/acts.h"

#define TICK_NS 10000000ull
#define NAME_MAX 32

void __real_console_command(struct console *console, const char *line);
void __wrap_console_command(struct console *console, const char *line);
void __real_supervisor_look(struct supervisor *supervisor);
void __wrap_supervisor_look(struct supervisor *supervisor);

static _Atomic(fault_act *) for_data_core;

/* How long the data core has slept is told all the while: the last line before a reset is its
 * measure, by the board's own clock. */
static void commit_on_data_core(fault_act *act)
{
	uint64_t begin_ns = clock_monotonic_now().ns;

	atomic_store(&for_data_core, act);
	core_wake(CORE_DATA);
	while (atomic_load(&for_data_core) != NULL) {
		core_sleep_until(clock_monotonic_now().ns + TICK_NS);
		if (act == act_hang_asleep) {
			printf("faults: asleep for %" PRIu64 " ms\r\n",
			       (clock_monotonic_now().ns - begin_ns) / 1000000);
		}
	}
}

void __wrap_console_command(struct console *console, const char *line)
{
	char name[NAME_MAX], core[NAME_MAX];

	if (sscanf(line, "fault %31s %31s", name, core) != 2) {
		__real_console_command(console, line);
		return;
	}
	fault_act *act = act_named(name);

	printf("faults: at %" PRIu64 " ms\r\n", clock_monotonic_now().ns / 1000000);
	if (act == NULL) {
		printf("no such fault\r\n");
	} else if (strcmp(core, "data") == 0) {
		commit_on_data_core(act);
	} else {
		act(console->plane);
	}
}

/* What only the console tells otherwise, a line each time it has changed. */
static void tell_counters(const struct dataplane *plane)
{
	static uint64_t told;
	const struct scanner_counters *counters = scanner_counters(plane->scanner);
	uint64_t forwarded = 0, alerts = 0;
	char line[128];

	for (unsigned i = 0; i < SCANNER_PORTS; i++) {
		forwarded += counters->port[i].fate[FATE_FORWARDED];
	}
	for (unsigned severity = 1; severity < 5; severity++) {
		alerts += counters->alerts[severity];
	}
	if (forwarded != told) {
		told = forwarded;
		serial_write(line, (size_t)snprintf(
					   line, sizeof(line),
					   "faults: management stopped %" PRIu64
					   ", forwarded %" PRIu64 ", alerts %" PRIu64 "\r\n",
					   plane->counters.management_stopped, forwarded, alerts));
	}
}

void __wrap_supervisor_look(struct supervisor *supervisor)
{
	fault_act *act = atomic_load(&for_data_core);

	if (act != NULL) {
		act(supervisor->plane);
		atomic_store(&for_data_core, NULL);
	}
	__real_supervisor_look(supervisor);
	if (supervisor->dead && supervisor->alarm == NULL) {
		tell_counters(supervisor->plane);
	}
}
