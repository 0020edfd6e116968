/* SPDX-License-Identifier: BSD-2-Clause */
/* The faults of acts.h. Addresses pass through the assembler, so that no compiler foresees them. */
#include "tests/faults/acts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hal/aarch64/board.h"
#include "hal/aarch64/sysreg.h"
#include "hal/cores.h"
#include "hal/serial.h"

#define CALL_WRITE 64
#define CALL_NANOSLEEP 115
#define CALL_UNKNOWN 999

/* The linker script's. */
extern uint8_t __text_start[], __rodata_start[], __maps_start[], stack_main[], stack_boot[],
	stack_second_guard[];

static uintptr_t unforeseen(uintptr_t address)
{
	__asm__("" : "+r"(address));
	return address;
}

static void write_at(uintptr_t address)
{
	*(volatile uint32_t *)unforeseen(address) = 0;
}

static void call(uintptr_t address)
{
	((void (*)(void))unforeseen(address))();
}

/* As the C library makes them. */
static int64_t system_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x8 __asm__("x8") = number;
	register uint64_t x0 __asm__("x0") = a;
	register uint64_t x1 __asm__("x1") = b;
	register uint64_t x2 __asm__("x2") = c;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return (int64_t)x0;
}

static void act_null_read(const struct dataplane *plane)
{
	(void)plane;
	(void)*(volatile uint32_t *)unforeseen(8);
}

static void act_null_call(const struct dataplane *plane)
{
	(void)plane;
	call(0);
}

static void act_write_text(const struct dataplane *plane)
{
	(void)plane;
	write_at((uintptr_t)__text_start);
}

static void act_write_constants(const struct dataplane *plane)
{
	(void)plane;
	write_at((uintptr_t)__rodata_start);
}

static void act_write_maps(const struct dataplane *plane)
{
	(void)plane;
	write_at((uintptr_t)__maps_start);
}

static void act_execute_data(const struct dataplane *plane)
{
	static uint32_t code[] = { 0xd65f03c0 /* ret */ };

	(void)plane;
	call((uintptr_t)code);
}

static void act_execute_device(const struct dataplane *plane)
{
	(void)plane;
	call(board_regions()[0].start);
}

static void act_undefined(const struct dataplane *plane)
{
	(void)plane;
	__asm__ volatile("udf #0");
}

static unsigned deeper(unsigned depth)
{
	volatile uint8_t frame[512];

	frame[depth % sizeof(frame)] = 1;
	return depth == 0 ? 0 : deeper(depth - 1) + frame[depth % sizeof(frame)];
}

static void act_overflow(const struct dataplane *plane)
{
	(void)plane;
	deeper((unsigned)unforeseen(1000000));
}

static void act_smash(const struct dataplane *plane)
{
	volatile char small[16];

	(void)plane;
	for (uintptr_t i = 0, count = unforeseen(3 * sizeof(small)); i < count; i++) {
		small[i] = 'A';
	}
}

static void act_hang(const struct dataplane *plane)
{
	(void)plane;
	for (;;) {
		__asm__ volatile("");
	}
}

void act_hang_asleep(const struct dataplane *plane)
{
	(void)plane;
	for (;;) {
		__asm__ volatile("wfi");
	}
}

/* A system call that goes on for good. */
static void act_hang_in_call(const struct dataplane *plane)
{
	static const int64_t day[2] = { 86400 };

	(void)plane;
	system_call(CALL_NANOSLEEP, 1, 0, (uintptr_t)day);
}

/* A pointer into the data core's memory, followed by management. */
static void act_write_pool(const struct dataplane *plane)
{
	write_at((uintptr_t)&plane->counters.bursts);
}

static void act_write_data_stack(const struct dataplane *plane)
{
	(void)plane;
	write_at((uintptr_t)stack_main);
}

/* What keeps the data core honest is out of management's reach. */
static void act_write_watchdog(const struct dataplane *plane)
{
	const struct board_region *region = board_regions();

	(void)plane;
	while (!region->data_core) {
		region++;
	}
	write_at(region->start);
}

/* The system call reads NULL, so the fault comes within an exception. */
static void act_null_in_call(const struct dataplane *plane)
{
	(void)plane;
	system_call(CALL_WRITE, 1, 8, 8);
}

/* The next exception finds no room on its stack. */
static void act_exception_overflow(const struct dataplane *plane)
{
	uintptr_t stack = core_self() == CORE_DATA ? (uintptr_t)stack_boot :
						     (uintptr_t)stack_second_guard + 4096;

	(void)plane;
	__asm__ volatile("msr daifset, #2\n\tmsr spsel, #1\n\tmov sp, %0\n\tmsr spsel, #0\n\tudf #0"
			 :
			 : "r"(stack));
}

/* Behind the place where a call may land: only a core with BTI notices. */
static void act_bad_jump(const struct dataplane *plane)
{
	(void)plane;
	call((uintptr_t)act_hang + 8);
}

/* Returns to where it was not called from: only a core with pointer authentication notices. */
static void act_bad_return(const struct dataplane *plane)
{
	volatile uintptr_t *record = __builtin_frame_address(0);

	(void)plane;
	printf("\r\n"); /* not a leaf: it keeps its return address in memory */
	record[1] = unforeseen((uintptr_t)act_hang);
}

static void act_unknown_call(const struct dataplane *plane)
{
	(void)plane;
	printf("faults: result %" PRId64 "\r\n", system_call(CALL_UNKNOWN, 0, 0, 0));
}

/* A pointer signed as return addresses are, if this core can: as a hint it does nothing else. */
static uint64_t sign(uint64_t address)
{
	register uint64_t x17 __asm__("x17") = address;
	register uint64_t x16 __asm__("x16") = 0;

	__asm__("hint #8" : "+r"(x17) : "r"(x16)); /* PACIA1716 */
	return x17;
}

static void act_registers(const struct dataplane *plane)
{
	char line[128];

	(void)plane;
	serial_write(line, (size_t)snprintf(line, sizeof(line),
					    "faults: sctlr %" PRIx64 " ttbr0 %" PRIx64
					    " signed %" PRIx64 "\r\n",
					    sysreg_read(sctlr_el1), sysreg_read(ttbr0_el1),
					    sign((uintptr_t)__text_start)));
}

static const struct {
	const char *name;
	fault_act *act;
} acts[] = {
	{ "bad-jump", act_bad_jump },
	{ "bad-return", act_bad_return },
	{ "exception-overflow", act_exception_overflow },
	{ "execute-data", act_execute_data },
	{ "execute-device", act_execute_device },
	{ "hang", act_hang },
	{ "hang-asleep", act_hang_asleep },
	{ "hang-in-call", act_hang_in_call },
	{ "null-call", act_null_call },
	{ "null-in-call", act_null_in_call },
	{ "null-read", act_null_read },
	{ "overflow", act_overflow },
	{ "registers", act_registers },
	{ "smash", act_smash },
	{ "undefined", act_undefined },
	{ "unknown-call", act_unknown_call },
	{ "write-constants", act_write_constants },
	{ "write-data-stack", act_write_data_stack },
	{ "write-maps", act_write_maps },
	{ "write-pool", act_write_pool },
	{ "write-text", act_write_text },
	{ "write-watchdog", act_write_watchdog },
};

fault_act *act_named(const char *name)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (strcmp(acts[i].name, name) == 0) {
			return acts[i].act;
		}
	}
	return NULL;
}
