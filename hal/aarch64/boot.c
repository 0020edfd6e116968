/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From start.S to the C library: builds and enables the address space, sets the clock
 * and interrupts up, gathers entropy, and lays out argc, argv, environment and the
 * auxiliary vector on the main stack as a kernel does for a program. Runs without
 * stack canary (there is none yet) and, until mmu_enable(), without caches. Not compiled
 * to sign its own return addresses: the key changes under it.
 */
#include <assert.h>
#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#include "hal/aarch64/board.h"
#include "hal/aarch64/clock.h"
#include "hal/aarch64/entropy.h"
#include "hal/aarch64/interrupts.h"
#include "hal/aarch64/layout.h"
#include "hal/aarch64/mmu.h"
#include "hal/aarch64/psci.h"
#include "hal/aarch64/return_key.h"
#include "hal/aarch64/sysreg.h"

extern const Elf64_Ehdr __ehdr_start;
extern uint8_t stack_main_end[];
extern const uint8_t vectors[];

uintptr_t boot_prepare(uint64_t entry_level);

/* As the C library's start-up reads it. */
struct program_stack {
	uint64_t argument_count;
	const char *arguments[2];
	const char *environment[1];
	Elf64_auxv_t auxiliary[9];
	uint8_t random[16];
};

static_assert(sizeof(struct program_stack) + 16 <= BOOT_STACK_TOP, "start.S leaves so much");

static const char program_name[] = "portreeve";

static void fill(struct program_stack *stack)
{
	const Elf64_auxv_t auxiliary[] = {
		{ AT_PHDR, { (uintptr_t)&__ehdr_start + __ehdr_start.e_phoff } },
		{ AT_PHENT, { __ehdr_start.e_phentsize } },
		{ AT_PHNUM, { __ehdr_start.e_phnum } },
		{ AT_PAGESZ, { PAGE_BYTES } },
		{ AT_RANDOM, { (uintptr_t)stack->random } },
		{ AT_UID, { 0 } },
		{ AT_EUID, { 0 } },
		{ AT_SECURE, { 0 } },
		{ AT_NULL, { 0 } },
	};

	stack->argument_count = 1;
	stack->arguments[0] = program_name;
	stack->arguments[1] = NULL;
	stack->environment[0] = NULL;
	for (size_t i = 0; i < sizeof(auxiliary) / sizeof(auxiliary[0]); i++) {
		stack->auxiliary[i] = auxiliary[i];
	}
	entropy_early(stack->random, sizeof(stack->random));
}

uintptr_t boot_prepare(uint64_t entry_level)
{
	uintptr_t top = ((uintptr_t)stack_main_end - sizeof(struct program_stack)) & ~(uintptr_t)15;

	sysreg_write(vbar_el1, (uintptr_t)vectors);
	psci_init(entry_level);
	mmu_build();
	mmu_enable(CORE_DATA);
	interrupts_init();
	interrupts_init_core(CORE_DATA);
	clock_init();
	return_key_use();
	fill((struct program_stack *)top);
	return top;
}
