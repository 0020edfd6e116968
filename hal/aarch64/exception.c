/* SPDX-License-Identifier: BSD-2-Clause */
/* Decides what an exception is (exception.h); report.c writes the reports. */
#include "hal/aarch64/exception.h"

#include <stdbool.h>

#include "hal/aarch64/cores.h"
#include "hal/aarch64/interrupts.h"
#include "hal/aarch64/report.h"
#include "hal/aarch64/syscalls.h"
#include "hal/aarch64/sysreg.h"
#include "hal/reset.h"

#define SYNDROME_CLASS_SHIFT 26
#define CLASS_SVC64 0x15u

/* Nobody writes between the lines of a report. */
static void take_line(void)
{
	if (core_self() == CORE_DATA && !core_is_off(CORE_MANAGEMENT)) {
		core_silence(CORE_MANAGEMENT);
	}
}

/* After the report: what stops with this core, and what goes on. */
static _Noreturn void end_core(void)
{
	if (core_self() == CORE_DATA) {
		reset_board();
	}
	core_off();
}

/* Management's core can be stopped wherever it stands, so also here. */
static void serve(struct exception_frame *frame)
{
	bool interruptible = core_self() == CORE_MANAGEMENT;

	if (interruptible) {
		__asm__ volatile("msr daifclr, #2" ::: "memory");
	}
	syscall_serve(frame);
	if (interruptible) {
		__asm__ volatile("msr daifset, #2" ::: "memory");
	}
}

void exception_synchronous(struct exception_frame *frame)
{
	if (sysreg_read(esr_el1) >> SYNDROME_CLASS_SHIFT == CLASS_SVC64) {
		serve(frame);
	} else {
		exception_fatal(frame, EXCEPTION_SYNCHRONOUS);
	}
}

void exception_interrupt(struct exception_frame *frame)
{
	uint32_t number;

	while ((number = interrupts_take()) != INTERRUPT_NONE) {
		if (number == INTERRUPT_PARK) {
			report_park(frame);
			end_core();
		}
		if (number == INTERRUPT_SILENCE) {
			core_off();
		}
		/* levels stay up otherwise */
		if (number == INTERRUPT_WAKE) {
			core_note_wake();
		} else if (number == INTERRUPT_TIMER) {
			sysreg_write(cntv_ctl_el0, 0);
		} else if (number >= INTERRUPT_SHARED) {
			interrupts_mask(number);
		}
	}
}

void exception_fatal(const struct exception_frame *frame, enum exception_way way)
{
	/* a report that faults itself must not report again */
	static bool reporting[CORE_COUNT];

	if (!reporting[core_self()]) {
		reporting[core_self()] = true;
		take_line();
		report_fault(frame, way);
	}
	end_core();
}

void exception_abort(const struct exception_frame *frame, const char *why)
{
	take_line();
	report_abort(frame, why);
	end_core();
}
