/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the processor that runs the tests has beyond its architecture's baseline, for
 * sha256_select() and scan_select(). On the appliance hal/ answers this.
 */
#ifndef TESTS_SCANNER_CPU_HAS_H
#define TESTS_SCANNER_CPU_HAS_H

#include <stdbool.h>

#ifdef __x86_64__
#include <cpuid.h>

static inline bool cpu_has_sha(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & 1u << 29) &&
	       __get_cpuid(1, &a, &b, &c, &d) && (c & 1u << 19);
}

static inline bool cpu_has_avx2(void)
{
	return __builtin_cpu_supports("avx2") != 0;
}
#else
#include <sys/auxv.h>

static inline bool cpu_has_sha(void)
{
	return (getauxval(AT_HWCAP) & 1u << 6) != 0; /* AArch64's HWCAP_SHA2 */
}

static inline bool cpu_has_avx2(void)
{
	return false;
}
#endif

#endif
