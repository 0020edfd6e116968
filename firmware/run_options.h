/* SPDX-License-Identifier: BSD-2-Clause */
/* The command lines of `portreeve run` and `portreeve detach`. */
#ifndef FIRMWARE_RUN_OPTIONS_H
#define FIRMWARE_RUN_OPTIONS_H

#include "firmware/options.h"
#include "hal/live.h"

#define RUN_HEARTBEAT_MS 10u
#define RUN_HEARTBEAT_MS_MAX 10000u
#define RUN_STATE_FOLDER "/run/portreeve"

struct run_options {
	const char *interface[SCANNER_PORTS]; /* by enum port_side */
	const char *signatures; /* NULL: none */
	const char *hash_key; /* NULL: in the set */
	const char *eve; /* NULL: none; "-": standard output */
	const char *state;
	bool enforce;
	bool force;
	bool busy; /* polls, never sleeps */
	bool link_carry; /* a link lost on one side is shown to the other */
	bool handover; /* flows that are finished go past the program */
	enum live_driver driver;
	struct bypass_config bypass;
	struct options_networks inside;
	char error[OPTIONS_ERROR_BYTES];
};

/* Reads `arguments` (without "run"). */
enum options_result run_options_parse(struct run_options *options, int count, char **arguments);

/* The same for "detach", which knows the interfaces and the state alone. */
enum options_result detach_options_parse(struct run_options *options, int count, char **arguments);

/* What --help prints. */
extern const char run_usage[];
extern const char detach_usage[];

#endif
