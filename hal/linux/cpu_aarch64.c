/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/cpu.h for AArch64: Linux tells in the auxiliary vector which instruction sets user space may
 * use (kernel document arch/arm64/elf_hwcaps).
 */
#include "hal/cpu.h"

#include <sys/auxv.h>

/* The kernel's ABI; asm/hwcap.h is not among the C library's headers. */
#define HWCAP_BIT_SHA2 (1ul << 6)

struct cpu_features cpu_features_detect(void)
{
	return (struct cpu_features){
		.sha256 = (getauxval(AT_HWCAP) & HWCAP_BIT_SHA2) != 0,
	};
}
