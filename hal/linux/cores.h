/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/cores.h on Linux, where a core is a thread: what it sleeps on. The program's first thread is
 * core 0. Each call is that core's own, or core 0's before the core is started and after its end.
 */
#ifndef HAL_LINUX_CORES_H
#define HAL_LINUX_CORES_H

#include "hal/cores.h"

#define CORES_WATCHED_MAX 16

/* Has the core return from its sleep when `descriptor` is ready for one of `events` (poll.h).
 * Returns the place, to be given to cores_watch_change(), or −ENOSPC. */
int cores_watch(enum core core, int descriptor, short events);
void cores_watch_change(enum core core, int place, short events);
void cores_unwatch(enum core core, int place);

#endif
