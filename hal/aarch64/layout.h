/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers that the linker script, the assembly and the C of hal/aarch64 must agree on.
 */
#ifndef HAL_AARCH64_LAYOUT_H
#define HAL_AARCH64_LAYOUT_H

#define PAGE_BYTES 4096
#define STACK_EXCEPTION_BYTES 16384 /* per core: system calls, reports */
#define STACK_MAIN_BYTES 262144 /* core 0: start-up, then the data plane */
#define BOOT_STACK_TOP 1024 /* for the program's arguments */
#define CORES_MAX 2

/* What vectors.S saves: x0…x30, SP_EL0, ELR, SPSR, and room to keep the stack aligned. */
#define FRAME_X(n) (8 * (n))
#define FRAME_SP 248
#define FRAME_ELR 256
#define FRAME_SPSR 264
#define FRAME_BYTES 272

#endif
