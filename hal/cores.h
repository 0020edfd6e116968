/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cores of a board: which one runs this, and how one waits for the others. Core 0 is the first
 * data core, core 1 is management's; a board may have more data cores. All but core 0 run a thread
 * of the C library.
 */
#ifndef HAL_CORES_H
#define HAL_CORES_H

#include <stdbool.h>

#define CORES_DATA_MAX 8u

enum core { CORE_DATA = 0, CORE_MANAGEMENT = 1, CORE_COUNT /* of every board */ };

/* The data core of a number, < CORES_DATA_MAX; the first one is 0. */
static inline enum core core_of_data(unsigned number)
{
	return number == 0 ? CORE_DATA : (enum core)(CORE_MANAGEMENT + number);
}

/* Has a thread of the C library run `function` on another core, on a stack below which nothing is
 * mapped. 0, or −errno: the board has no such core, or it is not free. Core 0, once for each. */
int core_start(enum core core, void *(*function)(void *), void *argument);
/* The core this runs on. */
enum core core_self(void);
/* Sleeps until something may have happened: a device wants attention, another core called
 * core_wake(), or core_sleep_until()'s time has come. May also return for no reason. What happened
 * between the caller's last look and the call is not missed. */
void core_sleep(void);
/* The same, but not beyond `deadline_ns` (clock_monotonic). */
void core_sleep_until(unsigned long long deadline_ns);
/* Has another core return from core_sleep(), now or the next time. Never blocks. */
void core_wake(enum core core);
/* Stops a core where it stands, for good: it reports where that was, and is off then. Returns at
 * once; core_is_off() tells when. For a management core that makes no progress. */
void core_park(enum core core);
/* Off: never started, ended, parked, or stopped by a fault (which has been reported then). */
bool core_is_off(enum core core);

#endif
