/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time, as the hardware tells it. The scanner has no clock: whoever feeds it packets passes it
 * their time. Both calls may be made on any core, never block, and cannot fail.
 */
#ifndef HAL_CLOCK_H
#define HAL_CLOCK_H

#include <stdint.h>

/* Nanoseconds since the board started; never goes back. Differences of it are durations. */
struct clock_monotonic {
	uint64_t ns;
};

/* Nanoseconds since 1970-01-01 00:00 UTC, until the year 2554. It may be set, and so may jump. */
struct clock_wall {
	uint64_t ns;
};

/* A wall clock that says less was never set (2025-01-01). */
#define CLOCK_PLAUSIBLE_NS 1735689600000000000ull

struct clock_monotonic clock_monotonic_now(void);
struct clock_wall clock_wall_now(void);

#endif
