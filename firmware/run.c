/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The composition of run.h. Everything that may be refused is looked at before the first interface
 * is touched; what is opened is closed in the reverse order, however it ends.
 */
#include "firmware/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "firmware/data_core.h"
#include "firmware/handover.h"
#include "firmware/run_duties.h"
#include "firmware/run_links.h"
#include "firmware/run_options.h"
#include "firmware/run_ports.h"
#include "firmware/scanner_config.h"
#include "firmware/supervisor.h"
#include "hal/board.h"
#include "hal/bypass.h"
#include "hal/clock.h"
#include "hal/cores.h"
#include "hal/file.h"
#include "hal/live.h"
#include "hal/reload.h"
#include "hal/state.h"
#include "hal/stop.h"

enum { EXIT_ENDED = 0, EXIT_REFUSED = 1 };

#define LOOK_ROUNDS 16 /* a look asks for the time */
#define CONSOLE_LINK "/console"
#define PATH_BYTES 4096

static struct {
	struct run_options options;
	struct run_ports ports;
	struct dataplane_shared shared;
	struct dataplane plane;
	struct handover handover;
	struct supervisor supervisor;
	uint64_t next_look_ns;
	bool leaving; /* the ports take no more frames */
} run;

static int refuse(const char *why)
{
	fprintf(stderr, "portreeve: %s\n", why);
	return EXIT_REFUSED;
}

static struct scanner *start_scanner(void)
{
	static struct scanner_config config;

	if (scanner_config_build(&config) != 0) {
		refuse("no entropy for the flow hash's key");
		return NULL;
	}
	config.inside_count = run.options.inside.count;
	memcpy(config.inside, run.options.inside.prefix, sizeof(config.inside));
	struct scanner *scanner = data_core_start_scanner(&config, &run.shared);

	if (scanner == NULL) {
		refuse("no memory for the scanner's tables");
	}
	return scanner;
}

/* A few times a second, as the supervisor does. */
static void look(void)
{
	uint64_t now_ns = clock_monotonic_now().ns;

	supervisor_look(&run.supervisor);
	if (now_ns >= run.next_look_ns) {
		run.next_look_ns = now_ns + DATA_CORE_SLEEP_NS;
		live_ports_look();
		dataplane_look(&run.plane);
		if (core_is_off(CORE_MANAGEMENT)) {
			run_links_release();
		}
	}
}

/* Whether this was the last round: no frame waits, and management has ended the flows, with their
 * events, and then itself. */
static bool ends(unsigned moved)
{
	if (stop_signal() == 0) {
		return false;
	}
	if (!run.leaving) {
		run.leaving = true;
		live_ports_leave();
		core_wake(CORE_MANAGEMENT);
		return false;
	}
	return core_is_off(CORE_MANAGEMENT) && (moved == 0 || bypass_state()->way == BYPASS_NONE);
}

static void move_frames(void)
{
	const unsigned idle_rounds = live_ports_idle_rounds();
	unsigned moved = 0, rounds = 0;

	for (unsigned idle = 0; !ends(moved);) {
		moved = dataplane_round(&run.plane);
		live_ports_turn();
		idle = moved != 0 ? 0 : idle + 1;
		data_core_wake_management(&run.plane);
		if (++rounds % LOOK_ROUNDS == 0) {
			look();
		}
		if (idle < idle_rounds || run.options.busy) {
			continue;
		}
		idle = 0;
		data_core_sleep(&run.plane);
	}
}

static void sum_up(void)
{
	static const char *const sides[SCANNER_PORTS] = { "inside", "outside" };
	const struct scanner_counters *counters = scanner_counters(run.plane.scanner);

	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		const struct scanner_port_counters *port = &counters->port[side];
		const uint64_t *faults = run.plane.port[side]->faults;

		fprintf(stderr,
			"portreeve: %s %s: %" PRIu64 " frames came, %" PRIu64
			" were forwarded; lost on the interface: %" PRIu64 " coming, %" PRIu64
			" leaving, %" PRIu64 " too long\n",
			sides[side], run.ports.interface[side].name, port->rx,
			port->fate[FATE_FORWARDED], faults[PORT_FAULT_OVERRUN],
			faults[PORT_FAULT_UNSENT], faults[PORT_FAULT_LONG]);
	}
}

/* What happens when this program does not answer. */
static void say_bypass(void)
{
	const struct bypass_state *bypass = bypass_state();

	if (bypass->way == BYPASS_NONE) {
		fprintf(stderr, "portreeve: without this program nothing will pass: %s\n",
			bypass->text);
	}
	if (bypass->passed != 0) {
		fprintf(stderr,
			"portreeve: %" PRIu64
			" frames were bridged uninspected before this scanner ran\n",
			bypass->passed);
	}
}

/* Frames move from here on. */
static int forward(void)
{
	static const struct supervisor_config config = { .stall_s = CONFIG_MANAGEMENT_STALL_S };
	char link[PATH_BYTES];
	int output;

	live_keep_memory();
	snprintf(link, sizeof(link), "%s" CONSOLE_LINK, run.options.state);
	int error = serial_open(link, &output);

	if (error != 0) {
		fprintf(stderr, "portreeve: no console: %s\n", strerror(-error));
	} else {
		run_duties_move_output(output);
	}
	say_bypass();
	fprintf(stderr, "portreeve " CONFIG_VERSION ": forwarding between %s and %s, driver %s\n",
		run.ports.interface[PORT_INSIDE].name, run.ports.interface[PORT_OUTSIDE].name,
		live_ports_driver());
	error = run.options.link_carry ? run_links_open(&run.ports) : 0;
	if (error != 0) {
		serial_close();
		return refuse(
			"the system does not tell of links: --link-carry off leaves them alone");
	}
	error = management_start(&run.plane, run_duties());
	if (error != 0) {
		serial_close();
		return refuse("management's thread cannot be started");
	}
	supervisor_init(&run.supervisor, &config, &run.plane, board_watchdog());
	live_ports_begin();
	move_frames();
	run_links_close();
	serial_close();
	sum_up();
	error = run_duties_close();
	if (error != 0) {
		fprintf(stderr, "portreeve: events were lost: %s\n", strerror(-error));
	}
	return error != 0 ? EXIT_REFUSED : EXIT_ENDED;
}

/* False: there is no memory for it. */
static bool begin_handover(void)
{
	const struct handover_area *area = live_handover();

	if (area == NULL) {
		return true;
	}
	run.plane.handover = &run.handover;
	return handover_init(&run.handover, run.plane.scanner, area) == 0;
}

static int open_plane(struct scanner *scanner)
{
	char why[OPTIONS_ERROR_BYTES];

	const struct live_config config = { .driver = run.options.driver,
					    .bypass = run.options.bypass,
					    .handover_bits = run.options.handover ?
								     CONFIG_HANDOVER_BITS :
								     0 };

	if (live_ports_open(&run.ports.interface[PORT_INSIDE], &run.ports.interface[PORT_OUTSIDE],
			    &config, why, sizeof(why)) != 0) {
		return refuse(why);
	}
	struct port *ports[SCANNER_PORTS] = { board_port_inside(), board_port_outside() };
	int status = dataplane_init(&run.plane, ports, scanner, &run.shared) == 0 &&
				     begin_handover() ?
			     forward() :
			     refuse("no memory for frames");

	live_ports_close();
	return status;
}

static int take_ports(void)
{
	char why[OPTIONS_ERROR_BYTES];
	struct scanner *scanner = start_scanner();

	if (scanner == NULL) {
		return EXIT_REFUSED;
	}
	if (!run_ports_take(&run.ports, why, sizeof(why))) {
		return refuse(why);
	}
	int status = open_plane(scanner);

	if (bypass_state()->way == BYPASS_NONE) {
		run_ports_give_back(&run.ports);
	}
	return status;
}

static int start(void)
{
	char why[OPTIONS_ERROR_BYTES];

	if (!run_ports_find(&run.ports, &run.options, why, sizeof(why)) ||
	    !run_duties_open(&run.options, &run.plane, why, sizeof(why))) {
		return refuse(why);
	}
	if (!run_state_open(run.options.state, why, sizeof(why))) {
		return refuse(why);
	}
	int status = take_ports();

	state_close();
	return status;
}

int run_main(int count, char **arguments)
{
	enum options_result result = run_options_parse(&run.options, count, arguments);

	if (result != OPTIONS_READ) {
		return options_answer(result, "run", run_usage, run.options.error);
	}
	file_keep_broken_pipes();
	stop_on_signals();
	reload_on_signal();
	if (cores_init() != 0) {
		return refuse("the system refuses what its threads need");
	}
	return start();
}
