/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers that the linker script, the assembly and the C of hal/aarch64 must agree on.
 */
#ifndef HAL_AARCH64_LAYOUT_H
#define HAL_AARCH64_LAYOUT_H

#define PAGE_BYTES 4096
#define STACK_LAST_SHIFT 14 /* from core to core, with the page below it */
#define BOOT_STACK_TOP 1024 /* for the program's arguments */
#define ADDRESS_BITS 39
#define CORES_MAX 2

/* What vectors.S saves: x0…x30, SP_EL0, ELR, SPSR, and room to keep the stack aligned. */
#define FRAME_X(n) (8 * (n))
#define FRAME_SP 248
#define FRAME_ELR 256
#define FRAME_SPSR 264
#define FRAME_BYTES 272

#endif
