/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What management does in `portreeve run` beside the console: the set comes from a file, again at
 * each SIGHUP, and events go to a file as EVE JSON. Opened and closed by the data core while
 * management does not run.
 */
#ifndef FIRMWARE_RUN_DUTIES_H
#define FIRMWARE_RUN_DUTIES_H

#include "firmware/management.h"
#include "firmware/run_options.h"

/* `options` and `plane` stay; `plane` is made later. Loads the set and opens the events' file.
 * False: `error` says why not. */
bool run_duties_open(const struct run_options *options, const struct dataplane *plane, char *error,
		     size_t size);
/* Where standard output is, once the console may have taken its place. */
void run_duties_move_output(int descriptor);
const struct management_duties *run_duties(void);
/* A line for the console and standard error. Management's core. */
void run_duties_tell(const char *line);
/* 0, or −errno of events that could not be written. */
int run_duties_close(void);

#endif
