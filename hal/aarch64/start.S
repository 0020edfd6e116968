/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a core begins: after reset (boot_entry, the image's entry point) or when another
 * core started it by PSCI (core_entry). Comes down to EL1 from whatever level it was
 * entered at, and goes on in C: boot.c, cores.c. C runs at EL1t, on SP_EL0, so that an
 * exception always finds a stack of its own (SP_EL1), also when it is the stack that
 * overflowed. Arm ARM (DDI 0487) D1, D13.
 */
#include "hal/aarch64/layout.h"

#define SCR_NS 1
#define SCR_RES1 (3 << 4)
#define SCR_HCE (1 << 8)
#define SCR_RW (1 << 10)
#define SCR_PAUTH (3 << 16) /* pointer authentication traps at no level */
#define HCR_RW (1 << 31)
#define HCR_PAUTH (3 << 40)
#define SCTLR_ENIA_BIT 31
#define GICD_CTLR_DS (1 << 6) /* no groups of interrupts that are the secure world's */
#define SPSR_EL1H_MASKED 0x3c5
#define SPSR_EL2H_MASKED 0x3c9
#define ICC_SRE_ENABLE 0xf /* system registers, also for the level below */
#define CPTR_EL2_RES1 0x33ff

	.section .text.reset, "ax"

	/* Out: x19: the level of entry, as CurrentEL has it. Uses x9 to x11; returns at EL1. */
	.type	to_el1, %function
to_el1:
	mrs	x19, CurrentEL
	cmp	x19, #(3 << 2)
	b.ne	1f
	mov	x9, #(SCR_NS | SCR_RES1 | SCR_HCE)
	orr	x9, x9, #SCR_RW
	orr	x9, x9, #SCR_PAUTH
	msr	scr_el3, x9
	mov	x9, #ICC_SRE_ENABLE
	msr	s3_6_c12_c12_5, x9 /* ICC_SRE_EL3 */
	msr	cptr_el3, xzr
	adr	x9, 1f
	mov	x10, #SPSR_EL2H_MASKED
	mrs	x11, id_aa64pfr0_el1
	tst	x11, #(0xf << 8)
	csel	x9, x9, x30, ne /* no EL2: straight to where it was called from */
	mov	x11, #SPSR_EL1H_MASKED
	csel	x10, x10, x11, ne
	msr	elr_el3, x9
	msr	spsr_el3, x10
	isb
	eret
1:	mrs	x9, CurrentEL
	cmp	x9, #(2 << 2)
	b.ne	2f
	mov	x9, #HCR_RW
	orr	x9, x9, #HCR_PAUTH
	msr	hcr_el2, x9
	mov	x9, #3 /* EL1 may read and program the timers */
	msr	cnthctl_el2, x9
	msr	cntvoff_el2, xzr
	mov	x9, #CPTR_EL2_RES1
	msr	cptr_el2, x9
	mov	x9, #ICC_SRE_ENABLE
	msr	s3_4_c12_c9_5, x9 /* ICC_SRE_EL2 */
	mrs	x9, midr_el1
	msr	vpidr_el2, x9
	mrs	x9, mpidr_el1
	msr	vmpidr_el2, x9
	mov	x9, #SPSR_EL1H_MASKED
	msr	spsr_el2, x9
	msr	elr_el2, x30
	isb
	eret
2:	ret
	.size	to_el1, . - to_el1

	.global	boot_entry
	.type	boot_entry, %function
boot_entry:
	mrs	x9, CurrentEL
	cmp	x9, #(3 << 2)
	b.ne	2f
	/* no firmware below, so all cores come here: the others wait to be called (psci.c) */
	mrs	x9, mpidr_el1
	and	x9, x9, #0xff
	cbnz	x9, core_pen
	adrp	x9, stack_boot_end
	mov	sp, x9
	bl	board_gic_distributor
	mov	w9, #GICD_CTLR_DS
	str	w9, [x0]
2:	bl	to_el1
	adrp	x9, stack_boot_end
	mov	sp, x9 /* SP_EL1, which core 0's exceptions use from now on */
	msr	spsel, #0
	adrp	x9, stack_main_end
	sub	sp, x9, #BOOT_STACK_TOP /* above: what boot_prepare lays out for the C library */
	mov	x9, #(3 << 20) /* CPACR: no trap of floating point, which C uses for moves */
	msr	cpacr_el1, x9
	isb
	/* what is zero at start; the image's file does not hold it */
	adrp	x9, __bss_start
	add	x9, x9, :lo12:__bss_start
	adrp	x10, __bss_end
	add	x10, x10, :lo12:__bss_end
1:	cmp	x9, x10
	b.hs	2f
	stp	xzr, xzr, [x9], #16
	b	1b
2:	mov	x0, x19
	bl	boot_prepare
	/* x0: argc, as a kernel lays out a program's stack */
	mov	sp, x0
	b	_start
	.size	boot_entry, . - boot_entry

	/* Until psci_core_on() has written a context for this core. */
	.type	core_pen, %function
core_pen:
	adrp	x10, pen_context
	add	x10, x10, :lo12:pen_context
	add	x10, x10, x9, lsl #3
1:	wfe
	ldr	x0, [x10]
	cbz	x0, 1b
	b	core_entry
	.size	core_pen, . - core_pen

	/* PSCI CPU_ON's context: x0 points at struct core_start, see cores.h */
	.global	core_entry
	.type	core_entry, %function
core_entry:
	mov	x20, x0
	bl	to_el1
	mov	x9, #(3 << 20)
	msr	cpacr_el1, x9
	/* the MMU is off: this core reads memory, not the caches, until it is on */
	ldp	x0, x1, [x20] /* root of the tables, MAIR */
	ldp	x2, x3, [x20, #16] /* TCR, SCTLR */
	tbz	x3, #SCTLR_ENIA_BIT, 1f
	ldp	x9, x10, [x20, #72] /* the key that signs return addresses */
	msr	s3_0_c2_c1_0, x9 /* APIAKEYLO_EL1 */
	msr	s3_0_c2_c1_1, x10 /* APIAKEYHI_EL1 */
1:
	msr	ttbr0_el1, x0
	msr	mair_el1, x1
	msr	tcr_el1, x2
	adrp	x9, vectors
	add	x9, x9, :lo12:vectors
	msr	vbar_el1, x9
	tlbi	vmalle1
	ic	iallu
	dsb	nsh
	isb
	msr	sctlr_el1, x3
	isb
	ldp	x9, x10, [x20, #32] /* stack for exceptions, stack */
	mov	sp, x9
	msr	spsel, #0
	mov	sp, x10
	bl	core_started
	ldp	x9, x0, [x20, #48] /* function, argument */
	ldr	x10, [x20, #64] /* thread pointer */
	msr	tpidr_el0, x10
	mov	x29, xzr
	mov	x30, xzr
	ret	x9 /* behind a system call, as from one: it is no landing place for a branch */
	.size	core_entry, . - core_entry
