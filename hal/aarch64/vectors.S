/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The exception vectors (Arm ARM D1.3.1). From EL1t: system calls of the C library and
 * interrupts return, all else is a fault. From EL1h: an interrupt of a system call
 * returns, too; a fault within an exception is the end in any case, and gets a stack of
 * its own, since the exceptions' one may be what overflowed. Registers are saved as
 * struct exception_frame (exception.h).
 */
#include "hal/aarch64/layout.h"

	.macro save
	sub	sp, sp, #FRAME_BYTES
	stp	x0, x1, [sp, #FRAME_X(0)]
	stp	x2, x3, [sp, #FRAME_X(2)]
	stp	x4, x5, [sp, #FRAME_X(4)]
	stp	x6, x7, [sp, #FRAME_X(6)]
	stp	x8, x9, [sp, #FRAME_X(8)]
	stp	x10, x11, [sp, #FRAME_X(10)]
	stp	x12, x13, [sp, #FRAME_X(12)]
	stp	x14, x15, [sp, #FRAME_X(14)]
	stp	x16, x17, [sp, #FRAME_X(16)]
	stp	x18, x19, [sp, #FRAME_X(18)]
	stp	x20, x21, [sp, #FRAME_X(20)]
	stp	x22, x23, [sp, #FRAME_X(22)]
	stp	x24, x25, [sp, #FRAME_X(24)]
	stp	x26, x27, [sp, #FRAME_X(26)]
	stp	x28, x29, [sp, #FRAME_X(28)]
	mrs	x1, sp_el0
	stp	x30, x1, [sp, #FRAME_X(30)]
	mrs	x1, elr_el1
	mrs	x2, spsr_el1
	stp	x1, x2, [sp, #FRAME_ELR]
	mov	x0, sp
	.endm

	.macro vector name
	.balign	0x80
	save
	b	\name
	.endm

	/* A fault: x0: frame, x1: how it was taken (enum exception_way). It does not return. */
	.macro fatal way
	.balign	0x80
	save
	mov	x1, #\way
	b	exception_fatal
	.endm

	/* The same from within an exception. */
	.macro last way
	.balign	0x80
	msr	tpidr_el1, x0
	mov	x0, #\way
	b	on_last_stack
	.endm

	.section .text.vectors, "ax"
	.balign	0x800
	.global	vectors
vectors:
	vector	from_c_synchronous
	vector	from_c_interrupt
	fatal	2
	fatal	3
	/* from EL1h */
	last	4
	vector	from_c_interrupt
	last	6
	last	7
	/* from below EL1: nothing runs there */
	.rept	8
	fatal	8
	.endr

	/* x0: way; its own value is in tpidr_el1 */
on_last_stack:
	msr	tpidrro_el0, x0
	mrs	x0, mpidr_el1
	and	x0, x0, #0xff
	lsl	x0, x0, #STACK_LAST_SHIFT
	mov	sp, x0
	adrp	x0, stack_last_end
	add	sp, sp, x0
	mrs	x0, tpidr_el1
	save
	mrs	x1, tpidrro_el0
	b	exception_fatal

from_c_synchronous:
	bl	exception_synchronous
	b	restore
from_c_interrupt:
	bl	exception_interrupt
restore:
	ldp	x1, x2, [sp, #FRAME_ELR]
	msr	elr_el1, x1
	msr	spsr_el1, x2
	ldp	x30, x1, [sp, #FRAME_X(30)]
	msr	sp_el0, x1
	ldp	x0, x1, [sp, #FRAME_X(0)]
	ldp	x2, x3, [sp, #FRAME_X(2)]
	ldp	x4, x5, [sp, #FRAME_X(4)]
	ldp	x6, x7, [sp, #FRAME_X(6)]
	ldp	x8, x9, [sp, #FRAME_X(8)]
	ldp	x10, x11, [sp, #FRAME_X(10)]
	ldp	x12, x13, [sp, #FRAME_X(12)]
	ldp	x14, x15, [sp, #FRAME_X(14)]
	ldp	x16, x17, [sp, #FRAME_X(16)]
	ldp	x18, x19, [sp, #FRAME_X(18)]
	ldp	x20, x21, [sp, #FRAME_X(20)]
	ldp	x22, x23, [sp, #FRAME_X(22)]
	ldp	x24, x25, [sp, #FRAME_X(24)]
	ldp	x26, x27, [sp, #FRAME_X(26)]
	ldp	x28, x29, [sp, #FRAME_X(28)]
	add	sp, sp, #FRAME_BYTES
	eret
