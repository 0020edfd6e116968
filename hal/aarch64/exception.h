/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions: system calls of the C library, the request to park, and faults. A fault
 * is reported on the serial line so that a person can read it (tools/fault/name.py
 * names its addresses), and then
 *   on the data core:       the board resets (its watchdog would do it a second later)
 *   on the management core: the core is off; the data core goes on, counts and alarms it
 */
#ifndef HAL_AARCH64_EXCEPTION_H
#define HAL_AARCH64_EXCEPTION_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "hal/aarch64/layout.h"

/* As vectors.S saves it. */
struct exception_frame {
	uint64_t x[31];
	uint64_t sp; /* SP_EL0 */
	uint64_t program_counter;
	uint64_t status; /* SPSR */
};

static_assert(sizeof(struct exception_frame) == FRAME_BYTES, "as vectors.S saves it");
static_assert(offsetof(struct exception_frame, sp) == FRAME_SP, "as vectors.S saves it");
static_assert(offsetof(struct exception_frame, program_counter) == FRAME_ELR, "as vectors.S does");

/* How a fault came in; vectors.S numbers them. */
enum exception_way {
	EXCEPTION_SYNCHRONOUS = 0,
	EXCEPTION_FAST_INTERRUPT = 2,
	EXCEPTION_SYSTEM_ERROR = 3,
	EXCEPTION_WITHIN_FIRST = 4,
	EXCEPTION_WITHIN_LAST = 7,
	EXCEPTION_BELOW = 8
};

void exception_synchronous(struct exception_frame *frame);
void exception_interrupt(struct exception_frame *frame);
_Noreturn void exception_fatal(const struct exception_frame *frame, enum exception_way way);
/* The C library's abort(), assertions and a smashed stack end here: reported with what called. */
_Noreturn void exception_abort(const struct exception_frame *frame, const char *why);

#endif
