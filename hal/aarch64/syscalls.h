/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls that musl makes, served on the core that made them (Linux's numbers
 * and results for AArch64). One table; what is not in it is -ENOSYS and counted. Two
 * cores may be inside at once: what they share is locked. The data core makes none
 * after start.
 */
#ifndef HAL_AARCH64_SYSCALLS_H
#define HAL_AARCH64_SYSCALLS_H

#include "hal/aarch64/exception.h"

/* Reads number and arguments from x8 and x0…x5, writes the result to x0. */
void syscall_serve(struct exception_frame *frame);
/* How many unknown calls there were, and the last one's number. */
unsigned syscalls_unknown(unsigned *last);

#endif
