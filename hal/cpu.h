/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this CPU can do beyond the baseline of its architecture, so that start-up can choose among
 * bodies of the same function (scanner/hash, scanner/scan.h).
 */
#ifndef HAL_CPU_H
#define HAL_CPU_H

#include <stdbool.h>

struct cpu_features {
	/* SHA-256 instructions: x86's SHA-NI together with SSSE3 and SSE4.1, or ARMv8's SHA2. */
	bool sha256;
	/* x86's AVX2, and an operating system that keeps its registers. */
	bool avx2;
};

/* Asks the CPU each time: call it once at start. All cores of a board are alike. */
struct cpu_features cpu_features_detect(void);

#endif
