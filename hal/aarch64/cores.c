/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/cores.h, and how the C library's threads get a core: clone() starts core 1 by
 * PSCI at the instruction behind the call, as a kernel would a thread.
 */
#include "hal/aarch64/cores.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "hal/aarch64/clock.h"
#include "hal/aarch64/exception.h"
#include "hal/aarch64/interrupts.h"
#include "hal/aarch64/layout.h"
#include "hal/aarch64/mmu.h"
#include "hal/aarch64/psci.h"
#include "hal/aarch64/return_key.h"
#include "hal/aarch64/sysreg.h"
#include "hal/clock.h"

#define MPIDR_CORE 0xffu
#define TIMER_ON 1u
#define SILENCE_NS 200000000ull

extern const uint8_t stack_second_end[];
extern uint8_t stack_management[], stack_management_end[];
void core_entry(void); /* start.S */

/* Read by start.S of the core that starts, before its MMU is on. */
static struct core_start {
	struct mmu_registers registers;
	uint64_t exception_stack, stack;
	uint64_t function, argument;
	uint64_t thread_pointer;
	uint64_t key[2];
} start;

static_assert(offsetof(struct core_start, exception_stack) == 32, "as start.S reads it");
static_assert(offsetof(struct core_start, function) == 48, "as start.S reads it");
static_assert(offsetof(struct core_start, thread_pointer) == 64, "as start.S reads it");
static_assert(offsetof(struct core_start, key) == 72, "as start.S reads it");

enum core_state { CORE_OFF, CORE_ON };

static _Atomic uint8_t state[CORE_COUNT] = { [CORE_DATA] = CORE_ON };
static uint32_t *_Atomic clear_at_end; /* the C library's word for a thread that ended */

enum core core_self(void)
{
	return (enum core)(sysreg_read(mpidr_el1) & MPIDR_CORE);
}

static void clean_to_memory(const void *from, size_t length)
{
	uintptr_t at = (uintptr_t)from & ~(uintptr_t)15;

	for (; at < (uintptr_t)from + length; at += 16) {
		__asm__ volatile("dc civac, %0" : : "r"(at) : "memory");
	}
	__asm__ volatile("dsb sy" ::: "memory");
}

int core_start_thread(const struct core_thread *thread)
{
	if (atomic_load(&state[CORE_MANAGEMENT]) != CORE_OFF) {
		return -EAGAIN;
	}
	start = (struct core_start){
		.registers = mmu_registers(CORE_MANAGEMENT),
		.exception_stack = (uintptr_t)stack_second_end,
		.stack = thread->stack,
		.function = thread->program_counter,
		.thread_pointer = thread->thread_pointer,
	};
	start.registers.sctlr |= return_key_make(start.key);
	clean_to_memory(&start, sizeof(start));
	atomic_store(&clear_at_end, thread->clear_at_end);
	atomic_store(&state[CORE_MANAGEMENT], CORE_ON);
	if (psci_core_on(CORE_MANAGEMENT, (uintptr_t)core_entry, (uintptr_t)&start) != 0) {
		atomic_store(&state[CORE_MANAGEMENT], CORE_OFF);
		return -EAGAIN;
	}
	return 0;
}

void core_started(void)
{
	interrupts_init_core(core_self());
	start.key[0] = start.key[1] = 0; /* in registers now, which only this level reads */
	/* only this core may be interrupted: to be parked, wherever it is then */
	__asm__ volatile("msr daifclr, #2");
}

void core_ended(void)
{
	uint32_t *word = atomic_load(&clear_at_end);

	if (word != NULL) {
		__atomic_store_n(word, 0, __ATOMIC_SEQ_CST);
	}
	core_off();
}

void core_off(void)
{
	__asm__ volatile("msr daifset, #15" ::: "memory");
	atomic_store(&state[core_self()], CORE_OFF);
	psci_core_off();
}

bool core_is_off(enum core core)
{
	return atomic_load(&state[core]) == CORE_OFF;
}

/* Masked from here on: what comes before the wait then ends it, instead of being lost to it. */
static void mask(void)
{
	__asm__ volatile("msr daifset, #2" ::: "memory");
}

/* Core 1 takes interrupts also while it is awake (exception_interrupt): a wake-up that came since
 * the last wait is kept for the next one, and so is what a device still wants. */
static _Atomic bool woken;

void core_note_wake(void)
{
	atomic_store_explicit(&woken, true, memory_order_relaxed);
}

static void wait_interruptible(void)
{
	interrupts_unmask(); /* of devices; one that was not seen to ends the wait */
	if (!atomic_load_explicit(&woken, memory_order_relaxed)) {
		__asm__ volatile("dsb sy\n\twfi" ::: "memory");
	}
	/* before the timer's is taken: it would be pending again */
	sysreg_write(cntv_ctl_el0, 0);
	__asm__ volatile("isb\n\tmsr daifclr, #2\n\tisb" ::: "memory");
	/* what has come by now the caller will see */
	atomic_store_explicit(&woken, false, memory_order_relaxed);
}

static void wait_for_interrupt(void)
{
	if (core_self() == CORE_MANAGEMENT) {
		wait_interruptible(); /* exception_interrupt() has taken it */
		return;
	}
	__asm__ volatile("dsb sy\n\twfi" ::: "memory");
	/* before the timer's is taken: it would be pending again */
	sysreg_write(cntv_ctl_el0, 0);
	__asm__ volatile("isb");
	/* one: a device's stays pending until its driver has seen to it, and ends the next wait */
	interrupts_take();
}

void core_sleep(void)
{
	mask();
	wait_for_interrupt();
}

void core_sleep_until(unsigned long long deadline_ns)
{
	mask();
	sysreg_write(cntv_cval_el0, clock_count_at(deadline_ns));
	sysreg_write(cntv_ctl_el0, TIMER_ON);
	__asm__ volatile("isb");
	wait_for_interrupt();
}

/* The C library's own stacks have no guard here: mprotect() does nothing. */
int core_start(enum core core, void *(*function)(void *), void *argument)
{
	pthread_attr_t attributes;
	pthread_t thread;

	if (core != CORE_MANAGEMENT) {
		return -ENODEV;
	}
	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, stack_management,
			      (size_t)(stack_management_end - stack_management));
	return -pthread_create(&thread, &attributes, function, argument);
}

void core_wake(enum core core)
{
	interrupts_send(INTERRUPT_WAKE, core);
}

void core_park(enum core core)
{
	interrupts_send(INTERRUPT_PARK, core);
}

void core_silence(enum core core)
{
	uint64_t until = clock_monotonic_now().ns + SILENCE_NS;

	interrupts_send(INTERRUPT_SILENCE, core);
	while (!core_is_off(core) && clock_monotonic_now().ns < until) {
		hint_yield();
	}
}
