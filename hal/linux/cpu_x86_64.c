/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/cpu.h for x86-64, by CPUID (Intel SDM volume 2A). The instructions in question work on SSE
 * registers, which every x86-64 kernel keeps.
 */
#include "hal/cpu.h"

#include <cpuid.h>
#include <stdint.h>

#define LEAF1_ECX_SSSE3 (1u << 9)
#define LEAF1_ECX_SSE4_1 (1u << 19)
#define LEAF7_EBX_SHA (1u << 29)

struct cpu_features cpu_features_detect(void)
{
	uint32_t unused;
	uint32_t leaf1_ecx;
	uint32_t leaf7_ebx;
	uint32_t sse = LEAF1_ECX_SSSE3 | LEAF1_ECX_SSE4_1;

	if (!__get_cpuid(1, &unused, &unused, &leaf1_ecx, &unused) ||
	    !__get_cpuid_count(7, 0, &unused, &leaf7_ebx, &unused, &unused)) {
		return (struct cpu_features){ .sha256 = false };
	}
	return (struct cpu_features){
		.sha256 = (leaf7_ebx & LEAF7_EBX_SHA) != 0 && (leaf1_ecx & sse) == sse,
	};
}
