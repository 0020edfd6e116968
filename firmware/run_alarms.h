/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What went past the scanners of `portreeve run`, told on the console and on standard error: a
 * data core that hangs, while it does, and what that came to afterwards. Each kind at most once a
 * second. Management's core.
 */
#ifndef FIRMWARE_RUN_ALARMS_H
#define FIRMWARE_RUN_ALARMS_H

#include "firmware/dataplane.h"

/* `plane`: the first of the data cores'. */
void run_alarms_open(const struct dataplane *plane);
/* To be called at least every second. */
void run_alarms_look(void);

#endif
