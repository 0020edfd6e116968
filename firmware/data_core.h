/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the data core of every appliance does around its rounds (dataplane.h): starts the scanner,
 * wakes management, sleeps. Its loop is the program's own: appliance.c on bare metal, run.c on an
 * operating system.
 */
#ifndef FIRMWARE_DATA_CORE_H
#define FIRMWARE_DATA_CORE_H

#include "firmware/dataplane.h"

#define DATA_CORE_SLEEP_NS 100000000ull /* at most: the supervisor wants to look */

/* By this processor's best instructions, its events read by `shared`'s management. NULL: there is
 * no memory for its tables. */
struct scanner *data_core_start_scanner(const struct scanner_config *config,
					struct dataplane_shared *shared);
/* After a round: if events wait and management sleeps, which would otherwise see them up to half a
 * second later. */
void data_core_wake_management(const struct dataplane *plane);
/* Until a frame comes; not at all if one has come meanwhile. */
void data_core_sleep(struct dataplane *plane);

#endif
