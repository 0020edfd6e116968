/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/cpu.h for x86-64, by CPUID (Intel SDM volume 2A). Instructions on SSE registers work with
 * every x86-64 kernel; those on AVX registers only if it keeps these, which XCR0 tells (SDM volume
 * 1, section 14.3).
 */
#include "hal/cpu.h"

#include <cpuid.h>
#include <stdint.h>

#define LEAF1_ECX_SSSE3 (1u << 9)
#define LEAF1_ECX_SSE4_1 (1u << 19)
#define LEAF1_ECX_OSXSAVE (1u << 27)
#define LEAF1_ECX_AVX (1u << 28)
#define LEAF7_EBX_AVX2 (1u << 5)
#define LEAF7_EBX_SHA (1u << 29)
#define XCR0_SSE_AVX 6u

/* Which registers the operating system keeps; only where CPUID shows OSXSAVE. */
static uint32_t xcr0(void)
{
	uint32_t low;
	uint32_t high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low;
}

struct cpu_features cpu_features_detect(void)
{
	uint32_t unused;
	uint32_t leaf1_ecx;
	uint32_t leaf7_ebx;
	uint32_t sse = LEAF1_ECX_SSSE3 | LEAF1_ECX_SSE4_1;
	uint32_t avx = LEAF1_ECX_OSXSAVE | LEAF1_ECX_AVX;

	if (!__get_cpuid(1, &unused, &unused, &leaf1_ecx, &unused) ||
	    !__get_cpuid_count(7, 0, &unused, &leaf7_ebx, &unused, &unused)) {
		return (struct cpu_features){ .sha256 = false };
	}
	return (struct cpu_features){
		.sha256 = (leaf7_ebx & LEAF7_EBX_SHA) != 0 && (leaf1_ecx & sse) == sse,
		.avx2 = (leaf7_ebx & LEAF7_EBX_AVX2) != 0 && (leaf1_ecx & avx) == avx &&
			(xcr0() & XCR0_SSE_AVX) == XCR0_SSE_AVX,
	};
}
