/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/cores.h on Linux, where a core is a thread: what it sleeps on. The program's first thread is
 * the data core, every other one is management's.
 */
#ifndef HAL_LINUX_CORES_H
#define HAL_LINUX_CORES_H

#define CORES_WATCHED_MAX 16

/* Has the data core return from its sleep when `descriptor` is ready for one of `events` (poll.h).
 * Returns the place, to be given to cores_watch_change(), or −ENOSPC. Data core. */
int cores_watch(int descriptor, short events);
void cores_watch_change(int place, short events);
void cores_unwatch(int place);
/* What management's core wakes for: the serial line's input; −1: nothing. Before its thread. */
void cores_watch_line(int descriptor);
/* The same of what tells of links. */
void cores_watch_links(int descriptor);

#endif
