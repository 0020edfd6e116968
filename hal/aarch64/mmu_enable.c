/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Switches a core to the page tables that mmu.c built. Core 1 does the same in start.S,
 * before it has a stack.
 */
#include "hal/aarch64/mmu.h"
#include "hal/aarch64/sysreg.h"

void mmu_enable(enum core core)
{
	const struct mmu_registers r = mmu_registers(core);

	sysreg_write(ttbr0_el1, r.ttbr0);
	sysreg_write(mair_el1, r.mair);
	sysreg_write(tcr_el1, r.tcr);
	__asm__ volatile("dsb sy\n\ttlbi vmalle1\n\tic iallu\n\tdsb nsh\n\tisb" ::: "memory");
	sysreg_write(sctlr_el1, r.sctlr);
	__asm__ volatile("isb" ::: "memory");
}
