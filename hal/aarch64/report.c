/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports of report.h. Causes by the syndrome's class and status code (Arm ARM
 * D19.2.40). The call chain is read off the frame records, as far as they can be read
 * and go upwards; return addresses are printed without their signatures.
 */
#include "hal/aarch64/report.h"

#include <stdbool.h>
#include <string.h>

#include "hal/aarch64/syscalls.h"
#include "hal/aarch64/sysreg.h"
#include "hal/cores.h"
#include "hal/serial.h"

#define CHAIN_MAX 16
#define SMASH_BYTES 32u /* of __stack_chk_fail() */
#define BUILD_ID_AT 16u
#define BUILD_ID_BYTES 20u /* SHA-1 */

void __stack_chk_fail(void);

extern const uint8_t __text_start[], __text_end[], __build_id[];
extern const uint8_t stack_boot_guard[], stack_second_guard[], stack_last_guard[],
	stack_last_second_guard[], stack_main_guard[], stack_management_guard[];

static void say(const char *text)
{
	serial_write(text, strlen(text));
}

static void say_hex(uint64_t value)
{
	static const char digits[] = "0123456789abcdef";
	char text[18] = "0x";

	for (unsigned i = 0; i < 16; i++) {
		text[2 + i] = digits[value >> (60 - 4 * i) & 15];
	}
	serial_write(text, sizeof(text));
}

static const char *cause_of_abort(uint64_t syndrome)
{
	switch (syndrome & 0x3c) {
	case 0x00:
		return "address size fault";
	case 0x04:
		return "nothing is mapped there";
	case 0x08:
		return "access flag fault";
	case 0x0c:
		return "not allowed there";
	case 0x20:
		return (syndrome & 3) == 1 ? "misaligned" : "external abort";
	default:
		return "memory fault";
	}
}

static const char *name_of(uint64_t syndrome)
{
	switch (syndrome >> 26) {
	case 0x00:
		return "undefined instruction";
	case 0x07:
		return "floating point trapped";
	case 0x0d:
		return "branch target";
	case 0x0e:
		return "illegal execution state";
	case 0x15:
		return "system call";
	case 0x1c:
		return "pointer authentication";
	case 0x20:
	case 0x21:
		return "instruction fetch";
	case 0x22:
		return "misaligned program counter";
	case 0x24:
	case 0x25:
		return (syndrome & 1u << 6) != 0 ? "write" : "read";
	case 0x26:
		return "misaligned stack";
	case 0x2f:
		return "system error";
	case 0x3c:
		return "breakpoint";
	default:
		return "exception";
	}
}

static bool is_memory(uint64_t syndrome)
{
	uint64_t class = syndrome >> 26;

	return class == 0x20 || class == 0x21 || class == 0x24 || class == 0x25;
}

static bool within_guard(uint64_t address)
{
	static const uint8_t *const guards[] = { stack_boot_guard, stack_second_guard,
						 stack_last_guard, stack_last_second_guard,
						 stack_main_guard, stack_management_guard };

	for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
		if (address - (uintptr_t)guards[i] < PAGE_BYTES) {
			return true;
		}
	}
	return false;
}

static void say_where(uint64_t address)
{
	if (address < PAGE_BYTES) {
		say(" (NULL)");
	} else if (within_guard(address)) {
		say(" (stack overflow: the page below a stack)");
	} else if (address >= (uintptr_t)__text_start && address < (uintptr_t)__text_end) {
		say(" (code)");
	} else if (address >> ADDRESS_BITS != 0) {
		say(" (no address: overwritten, or its signature was wrong)");
	}
}

static void say_head(const char *what)
{
	say("\r\nportreeve: ");
	say(core_self() == CORE_DATA ? "data core: " : "management core: ");
	say(what);
}

static void say_registers(const struct exception_frame *frame)
{
	say("\r\nportreeve: pc ");
	say_hex(frame->program_counter);
	say(" sp ");
	say_hex(frame->sp);
	say(" status ");
	say_hex(frame->status);
	for (unsigned i = 0; i < 31; i++) {
		char name[] = " x00 ";

		name[2] = (char)('0' + i / 10);
		name[3] = (char)('0' + i % 10);
		say(i % 4 == 0 ? "\r\nportreeve:" : "");
		say(name);
		say_hex(frame->x[i]);
	}
}

static uint64_t without_signature(uint64_t address)
{
	return address & ((1ull << ADDRESS_BITS) - 1);
}

static void say_chain(const struct exception_frame *frame)
{
	uint64_t at = frame->x[29];

	say("\r\nportreeve: called from ");
	say_hex(without_signature(frame->x[30]));
	for (unsigned i = 0; i < CHAIN_MAX && at % 16 == 0 && address_is_readable(at); i++) {
		const uint64_t *record = (const uint64_t *)(uintptr_t)at;

		say(" ");
		say_hex(without_signature(record[1]));
		if (record[0] <= at) {
			break;
		}
		at = record[0];
	}
}

/* The C library's answer to a canary that was overwritten is a write to NULL. */
static bool is_smashed_stack(const struct exception_frame *frame)
{
	return frame->program_counter - (uintptr_t)__stack_chk_fail < SMASH_BYTES;
}

/* What links the report with the image's file: its build id (an ELF note: three words, "GNU"). */
static void say_image(void)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * BUILD_ID_BYTES];

	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] = digits[__build_id[BUILD_ID_AT + i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
	}
	say("\r\nportreeve: image ");
	serial_write(text, sizeof(text));
}

static void say_refused_calls(void)
{
	unsigned last, count = syscalls_unknown(&last);

	if (count != 0) {
		say("\r\nportreeve: refused system calls ");
		say_hex(count);
		say(" last ");
		say_hex(last);
	}
}

static void say_outcome(void)
{
	say_image();
	say_refused_calls();
	say(core_self() == CORE_DATA ? "\r\nportreeve: the board resets\r\n" :
				       "\r\nportreeve: this core is off; forwarding goes on\r\n");
}

void report_fault(const struct exception_frame *frame, enum exception_way way)
{
	uint64_t syndrome = sysreg_read(esr_el1);
	uint64_t address = sysreg_read(far_el1);

	say_head(way == EXCEPTION_SYNCHRONOUS  ? "" :
		 way == EXCEPTION_BELOW	       ? "from a lower level: " :
		 way >= EXCEPTION_WITHIN_FIRST ? "within an exception: " :
						 "asynchronous: ");
	say(name_of(syndrome));
	if (is_memory(syndrome)) {
		say(" at ");
		say_hex(address);
		say_where(address);
		say(": ");
		say(cause_of_abort(syndrome));
	}
	say(is_smashed_stack(frame) ? " (a stack's canary was overwritten)" : "");
	say("\r\nportreeve: syndrome ");
	say_hex(syndrome);
	say_registers(frame);
	say_chain(frame);
	say_outcome();
}

void report_abort(const struct exception_frame *frame, const char *why)
{
	say_head(why);
	say_registers(frame);
	say_chain(frame);
	say_outcome();
}

void report_park(const struct exception_frame *frame)
{
	say_head("made no progress and is stopped");
	say_registers(frame);
	say_chain(frame);
	say_outcome();
}
