/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/cpu.h for a program to measure (tests/bench/variants.py): takes this x86-64
 * CPU for one without SHA instructions, and leaves it the rest. Linked in place of
 * hal/linux/cpu_x86_64.c, which it asks under another name.
 */
#define cpu_features_detect detect_all
#include "hal/linux/cpu_x86_64.c"
#undef cpu_features_detect

struct cpu_features cpu_features_detect(void);

struct cpu_features cpu_features_detect(void)
{
	struct cpu_features features = detect_all();

	features.sha256 = false;
	return features;
}
