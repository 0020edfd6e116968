/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/clock.h on Linux. clock_gettime cannot fail for a clock that every kernel has. A wall clock
 * set before 1970 reads as 1970.
 */
#define _POSIX_C_SOURCE 200809L

#include "hal/clock.h"

#include <assert.h>
#include <time.h>

static uint64_t nanoseconds(clockid_t clock)
{
	struct timespec now;
	int error = clock_gettime(clock, &now);

	assert(error == 0);
	(void)error;
	if (now.tv_sec < 0) {
		return 0;
	}
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct clock_monotonic clock_monotonic_now(void)
{
	return (struct clock_monotonic){ .ns = nanoseconds(CLOCK_MONOTONIC) };
}

struct clock_wall clock_wall_now(void)
{
	return (struct clock_wall){ .ns = nanoseconds(CLOCK_REALTIME) };
}
