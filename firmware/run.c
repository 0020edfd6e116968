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
#include "firmware/account.h"
#include "firmware/run_core.h"
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

#define CONSOLE_LINK "/console"
#define PATH_BYTES 4096

static struct {
	struct run_options options;
	struct run_ports ports;
	_Alignas(64) struct run_core core[CORES_DATA_MAX];
	unsigned cores;
	struct supervisor supervisor;
} run;

static int refuse(const char *why)
{
	fprintf(stderr, "portreeve: %s\n", why);
	return EXIT_REFUSED;
}

/* One for each data core; a program that polls without pause leaves a processor to all else. */
static bool start_scanners(void)
{
	static struct scanner_config config;
	unsigned processors = cores_processors();

	run.cores = live_data_cores(&run.ports.interface[PORT_INSIDE],
				    &run.ports.interface[PORT_OUTSIDE]);
	if (run.options.busy && run.cores == processors && run.cores > 1) {
		run.cores--;
	}
	for (unsigned i = 0; i < run.cores; i++) {
		if (scanner_config_build(&config) != 0) {
			refuse("no entropy for the flow hash's key");
			return false;
		}
		scanner_config_share(&config, run.cores, i);
		config.inside_count = run.options.inside.count;
		memcpy(config.inside, run.options.inside.prefix, sizeof(config.inside));
		if (!run_core_take(&run.core[i], i, &config)) {
			refuse("no memory for the scanner's tables");
			return false;
		}
		run.core[i].pace.busy = run.options.busy;
	}
	return true;
}

static void sum_up(void)
{
	static const char *const sides[SCANNER_PORTS] = { "inside", "outside" };
	const struct dataplane *planes = &run.core[0].plane;
	const struct scanner_counters counters = account_counters(planes);

	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		const struct scanner_port_counters *port = &counters.port[side];

		fprintf(stderr,
			"portreeve: %s %s: %" PRIu64 " frames came, %" PRIu64
			" were forwarded; lost on the interface: %" PRIu64 " coming, %" PRIu64
			" leaving, %" PRIu64 " too long\n",
			sides[side], run.ports.interface[side].name, port->rx,
			port->fate[FATE_FORWARDED], account_fault(planes, side, PORT_FAULT_OVERRUN),
			account_fault(planes, side, PORT_FAULT_UNSENT),
			account_fault(planes, side, PORT_FAULT_LONG));
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

/* Management, and the other data cores. */
static int start_cores(void)
{
	static const struct supervisor_config config = { .stall_s = CONFIG_MANAGEMENT_STALL_S };
	int error = management_start(&run.core[0].plane, run_duties());

	if (error != 0) {
		return error;
	}
	supervisor_init(&run.supervisor, &config, &run.core[0].plane, board_watchdog());
	run.core[0].supervisor = &run.supervisor;
	for (unsigned i = 1; error == 0 && i < run.cores; i++) {
		error = run_core_start(&run.core[i]);
	}
	return error;
}

/* Frames move from here on. */
static int forward(void)
{
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
	fprintf(stderr, "portreeve " CONFIG_VERSION ": forwarding between %s and %s, driver %s",
		run.ports.interface[PORT_INSIDE].name, run.ports.interface[PORT_OUTSIDE].name,
		live_ports_driver());
	if (run.cores > 1) {
		fprintf(stderr, ", %u data cores", run.cores);
	}
	fputc('\n', stderr);
	error = run.options.link_carry ? run_links_open(&run.ports) : 0;
	if (error != 0) {
		serial_close();
		return refuse(
			"the system does not tell of links: --link-carry off leaves them alone");
	}
	int started = start_cores();

	if (started != 0) {
		stop_ask(); /* those that run end again */
		refuse("a thread cannot be started");
	}
	run_core_forward(&run.core[0]);
	run_links_close();
	serial_close();
	sum_up();
	error = run_duties_close();
	if (error != 0) {
		fprintf(stderr, "portreeve: events were lost: %s\n", strerror(-error));
	}
	return error != 0 || started != 0 ? EXIT_REFUSED : EXIT_ENDED;
}

static bool share_ports(void)
{
	for (unsigned i = 0; i < run.cores; i++) {
		if (!run_core_init(&run.core[i], i == 0 ? NULL : &run.core[i - 1])) {
			return false;
		}
	}
	return true;
}

static int open_planes(void)
{
	char why[OPTIONS_ERROR_BYTES];
	const struct live_config config = { .driver = run.options.driver,
					    .data_cores = run.cores,
					    .bypass = run.options.bypass,
					    .handover_bits = run.options.handover ?
								     CONFIG_HANDOVER_BITS :
								     0 };

	if (live_ports_open(&run.ports.interface[PORT_INSIDE], &run.ports.interface[PORT_OUTSIDE],
			    &config, why, sizeof(why)) != 0) {
		return refuse(why);
	}
	int status = share_ports() ? forward() : refuse("no memory for frames");

	live_ports_close();
	return status;
}

static int take_ports(void)
{
	char why[OPTIONS_ERROR_BYTES];

	if (!start_scanners()) {
		return EXIT_REFUSED;
	}
	if (!run_ports_take(&run.ports, why, sizeof(why))) {
		return refuse(why);
	}
	int status = open_planes();

	if (bypass_state()->way == BYPASS_NONE) {
		run_ports_give_back(&run.ports);
	}
	return status;
}

static int start(void)
{
	char why[OPTIONS_ERROR_BYTES];

	if (!run_ports_find(&run.ports, &run.options, why, sizeof(why)) ||
	    !run_duties_open(&run.options, &run.core[0].plane, why, sizeof(why))) {
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
