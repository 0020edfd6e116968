/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time as the scanner sees it: the caller stamps every frame, the scanner never
 * reads a clock. A struct, so that a time is never mixed up with a duration.
 */
#ifndef SCANNER_TIMESTAMP_H
#define SCANNER_TIMESTAMP_H

#include <stdint.h>

#define NS_PER_S 1000000000ull

/* Nanoseconds since 1970-01-01 00:00 UTC (since reset while the clock is untrusted). */
struct timestamp {
	uint64_t ns;
};

#endif
