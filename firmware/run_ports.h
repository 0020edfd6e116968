/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two interfaces that `portreeve run` bridges: whether they may be taken, and the settings that
 * a bridge needs of them, for as long as it runs. What they were set to before is kept under
 * --state, so that it is put back also after the program was killed, by the next one that ends in
 * an orderly way. Data core, before it forwards and at the end.
 */
#ifndef FIRMWARE_RUN_PORTS_H
#define FIRMWARE_RUN_PORTS_H

#include "firmware/run_options.h"
#include "hal/interface.h"

struct run_ports {
	struct interface interface[SCANNER_PORTS];
	struct interface_settings before[SCANNER_PORTS];
};

/* Takes the folder of --state. False: `error` says why not. */
bool run_state_open(const char *folder, char *error, size_t size);
/* Finds and checks them. False: `error` says why not, and how to mend it. */
bool run_ports_find(struct run_ports *ports, const struct run_options *options, char *error,
		    size_t size);
/* Sets them as a bridge needs them; state_open() comes before. False: `error`, and all is as it
 * was. */
bool run_ports_take(struct run_ports *ports, char *error, size_t size);
void run_ports_give_back(const struct run_ports *ports);
/* For who has not taken them: finds both, and what they were set to before. */
bool run_ports_recall(struct run_ports *ports, const struct run_options *options, char *error,
		      size_t size);

#endif
