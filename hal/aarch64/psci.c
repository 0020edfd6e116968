/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * psci.h, and hal/reset.h by it. Where there is no firmware below, a core that start.S
 * keeps in its pen is let out by a word in memory, one that is off waits for good, and
 * a reset is left to the hardware watchdog, which nobody feeds then.
 */
#include "hal/aarch64/psci.h"

#include "hal/aarch64/layout.h"
#include "hal/reset.h"

#define PSCI_CPU_OFF 0x84000002u
#define PSCI_CPU_ON 0xc4000003u
#define PSCI_SYSTEM_OFF 0x84000008u
#define PSCI_SYSTEM_RESET 0x84000009u
#define CURRENT_EL2 (2u << 2)
#define CURRENT_EL3 (3u << 2)

#define NOT_SUPPORTED (-1)

static enum { BY_HVC, BY_SMC, BY_NOBODY } conduit;
/* In start.S's pen, by core, read with the MMU off. */
extern uint64_t pen_context[CORES_MAX];
uint64_t pen_context[CORES_MAX] __attribute__((section(".data")));

void psci_init(uint64_t entry_level)
{
	conduit = entry_level == CURRENT_EL3 ? BY_NOBODY :
		  entry_level == CURRENT_EL2 ? BY_SMC :
					       BY_HVC;
}

static int64_t call(uint32_t function, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = a;
	register uint64_t x2 __asm__("x2") = b;
	register uint64_t x3 __asm__("x3") = c;

	if (conduit == BY_NOBODY) {
		return NOT_SUPPORTED;
	}
	if (conduit == BY_SMC) {
		__asm__ volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
	} else {
		__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
	}
	return (int64_t)x0;
}

int64_t psci_core_on(uint64_t mpidr, uintptr_t entry, uintptr_t context)
{
	if (conduit == BY_NOBODY) {
		pen_context[mpidr % CORES_MAX] = context;
		__asm__ volatile("dc civac, %0\n\tdsb sy\n\tsev"
				 :
				 : "r"(&pen_context[mpidr % CORES_MAX])
				 : "memory");
		return 0;
	}
	return call(PSCI_CPU_ON, mpidr, entry, context);
}

/* A call that returns all the same finds a core with nothing left to do. */
static _Noreturn void last_call(uint32_t function)
{
	call(function, 0, 0, 0);
	for (;;) {
		__asm__ volatile("wfi");
	}
}

void psci_core_off(void)
{
	last_call(PSCI_CPU_OFF);
}

void psci_system_reset(void)
{
	last_call(PSCI_SYSTEM_RESET);
}

void psci_system_off(void)
{
	last_call(PSCI_SYSTEM_OFF);
}

void reset_board(void)
{
	psci_system_reset();
}

void power_off(void)
{
	psci_system_off();
}
