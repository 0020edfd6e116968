/* SPDX-License-Identifier: BSD-2-Clause */
/* What hal/aarch64 itself needs of cores beyond hal/cores.h. */
#ifndef HAL_AARCH64_CORES_H
#define HAL_AARCH64_CORES_H

#include <assert.h>
#include <stdint.h>

#include "hal/cores.h"

struct core_thread {
	uintptr_t program_counter; /* goes on here, at EL1t, with x0 = 0 */
	uintptr_t stack;
	uintptr_t thread_pointer;
	uint32_t *clear_at_end; /* set to 0 when the thread has ended; NULL: nothing */
};

/* 0, or −EAGAIN when no core is free. */
int core_start_thread(const struct core_thread *thread);
/* Called by a core that was started, before anything else. */
void core_started(void);
/* A wake-up was taken as an interrupt: the next sleep, or the one it ends, has had it. */
void core_note_wake(void);
/* The thread of this core has ended. */
_Noreturn void core_ended(void);
/* Has another core go off without a word, and waits until it is, but not for long: for a core that
 * wants the serial line to itself, to report its end. */
void core_silence(enum core core);
/* Off, whatever it did. */
_Noreturn void core_off(void);

#endif
