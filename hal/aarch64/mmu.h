/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The address space: one map per core, the identity, 4 KiB pages. Code can be executed
 * and read, constants read, all else read and written but never executed (W^X, and
 * SCTLR.WXN holds it). Not mapped: page 0, and a page below every stack. Management's
 * map has the data core's memory (hal/memory.h) and its stacks read-only, and lacks the
 * devices that are the data core's alone. Built once, never changed: the maps have
 * themselves read-only. On a core with BTI, code is guarded.
 */
#ifndef HAL_AARCH64_MMU_H
#define HAL_AARCH64_MMU_H

#include <stdint.h>

#include "hal/cores.h"

/* What a core's system registers hold, see cores.c. */
struct mmu_registers {
	uint64_t ttbr0, mair, tcr, sctlr;
};

/* Builds all maps. Core 0, MMU off. */
void mmu_build(void);
struct mmu_registers mmu_registers(enum core core);
/* Switches to the map of the core that calls. */
void mmu_enable(enum core core);

#endif
