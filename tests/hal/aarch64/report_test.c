/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/aarch64/report.h: what stands on the serial line for each kind of fault, and that
 * a call chain that was overwritten does not lead astray.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hal/aarch64/report.h"
#include "hal/aarch64/syscalls.h"
#include "hal/cores.h"
#include "hal/serial.h"
#include "tests/model/hal/aarch64/sysreg.h"
#include "tests/model/image.h"

void __stack_chk_fail(void);

static enum core core;
static uint64_t syndrome, fault_address;
static char said[8192];
static size_t said_length;
static struct exception_frame frame;
static unsigned refused;

unsigned syscalls_unknown(unsigned *last)
{
	*last = 999;
	return refused;
}

enum core core_self(void)
{
	return core;
}

uint64_t model_sysreg(const char *name)
{
	return strcmp(name, "esr_el1") == 0 ? syndrome : fault_address;
}

void serial_write(const void *bytes, size_t length)
{
	assert_true(length < sizeof(said) - said_length);
	memcpy(said + said_length, bytes, length);
	said_length += length;
	said[said_length] = '\0';
}

static int set_up(void **state)
{
	(void)state;
	core = CORE_DATA;
	refused = 0;
	said_length = 0;
	said[0] = '\0';
	memset(model_image, 0, IMAGE_END);
	memset(&frame, 0, sizeof(frame));
	for (unsigned i = 0; i < 31; i++) {
		frame.x[i] = 0x1000 * i;
	}
	frame.x[29] = 0;
	frame.program_counter = 0x40201234;
	return 0;
}

static void says(const char *text)
{
	if (strstr(said, text) == NULL) {
		fail_msg("'%s' is not in: %s", text, said);
	}
}

static uint64_t image(uint32_t offset)
{
	return (uintptr_t)model_image + offset;
}

static void fault(uint64_t class, uint64_t code, uint64_t address)
{
	said_length = 0;
	syndrome = class << 26 | code;
	fault_address = address;
	report_fault(&frame, EXCEPTION_SYNCHRONOUS);
}

static void fault_write_to_null_says_so(void **state)
{
	(void)state;
	fault(0x25, 0x46, 0x18); /* a write, translation fault of level 2 */
	says("\r\nportreeve: data core: write at 0x0000000000000018 (NULL): nothing is mapped there"
	     "\r\nportreeve: syndrome 0x0000000094000046");
	says("\r\nportreeve: pc 0x0000000040201234 sp 0x0000000000000000 status ");
	says("\r\nportreeve: x00 0x0000000000000000 x01 0x0000000000001000 x02 ");
	says("x27 0x000000000001b000\r\nportreeve: x28 0x000000000001c000");
	says("\r\nportreeve: called from 0x000000000001e000\r\nportreeve: image 00000000");
	says("00000000\r\nportreeve: the board resets\r\n");
}

static void fault_tells_which_image_it_was(void **state)
{
	(void)state;
	memset(model_image + IMAGE_RODATA, 0xff, 64);
	for (uint8_t i = 0; i < 20; i++) {
		model_image[IMAGE_RODATA + 16 + i] =
			(uint8_t)(i * 13); /* behind an ELF note's head */
	}
	fault(0x00, 0, 0);
	says("\r\nportreeve: image 000d1a2734414e5b6875828f9ca9b6c3d0ddeaf7\r\n");
}

static void fault_tells_of_refused_system_calls(void **state)
{
	(void)state;
	fault(0x00, 0, 0);
	assert_null(strstr(said, "refused"));
	refused = 2;
	fault(0x00, 0, 0);
	says("\r\nportreeve: refused system calls 0x0000000000000002 last 0x00000000000003e7\r\n");
}

static void fault_beyond_all_addresses_says_so(void **state)
{
	(void)state;
	fault(0x21, 0x04, 0x2000000040201234);
	says("instruction fetch at 0x2000000040201234 (no address: overwritten, or its signature was "
	     "wrong): nothing is mapped there");
}

static void chain_is_printed_without_signatures(void **state)
{
	(void)state;
	frame.x[30] = 0x7f3a008040201234;
	report_abort(&frame, "aborted");
	says("called from 0x0000000040201234\r\n");
	says("x30 0x7f3a008040201234");
}

static void fault_on_management_s_core_says_that_forwarding_goes_on(void **state)
{
	(void)state;
	core = CORE_MANAGEMENT;
	fault(0x25, 0x07, 0x1000);
	says("portreeve: management core: read at 0x0000000000001000: nothing is mapped there");
	says("portreeve: this core is off; forwarding goes on\r\n");
}

static void fault_address_is_named_by_where_it_lies(void **state)
{
	(void)state;
	for (size_t i = 0; i < IMAGE_GUARDS; i++) {
		fault(0x25, 0x47, image(image_guards[i] + 4088));
		says(" (stack overflow: the page below a stack): nothing is mapped there");
		fault(0x25, 0x47, image(image_guards[i] + 4096));
		assert_null(strstr(said, "stack overflow"));
	}
	fault(0x25, 0x4f, image(IMAGE_TEXT));
	says(" (code): not allowed there");
	fault(0x21, 0x0f, image(IMAGE_DATA));
	says("instruction fetch at ");
	assert_null(strstr(said, "(code)"));
}

static void fault_classes_have_names(void **state)
{
	static const struct {
		uint64_t class;
		const char *name;
	} names[] = {
		{ 0x00, ": undefined instruction\r\n" },
		{ 0x07, ": floating point trapped\r\n" },
		{ 0x0d, ": branch target\r\n" },
		{ 0x0e, ": illegal execution state\r\n" },
		{ 0x15, ": system call\r\n" },
		{ 0x1c, ": pointer authentication\r\n" },
		{ 0x22, ": misaligned program counter\r\n" },
		{ 0x26, ": misaligned stack\r\n" },
		{ 0x2f, ": system error\r\n" },
		{ 0x3c, ": breakpoint\r\n" },
		{ 0x3f, ": exception\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		fault(names[i].class, 0, 0);
		says(names[i].name);
		assert_null(strstr(said, " at 0x")); /* no address belongs to it */
	}
}

static void fault_causes_have_names(void **state)
{
	static const struct {
		uint64_t code;
		const char *name;
	} names[] = {
		{ 0x00, "address size fault" }, { 0x04, "nothing is mapped there" },
		{ 0x0b, "access flag fault" },	{ 0x0d, "not allowed there" },
		{ 0x10, "memory fault" },	{ 0x21, "misaligned" },
		{ 0x20, "external abort" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		fault(0x25, names[i].code, 0x5000);
		says(names[i].name);
	}
}

static void fault_ways_have_names(void **state)
{
	(void)state;
	syndrome = 0x2full << 26;
	report_fault(&frame, EXCEPTION_SYSTEM_ERROR);
	says("asynchronous: system error");
	report_fault(&frame, EXCEPTION_WITHIN_FIRST);
	report_fault(&frame, EXCEPTION_WITHIN_LAST);
	says("within an exception: system error");
	report_fault(&frame, EXCEPTION_BELOW);
	says("from a lower level: system error");
}

static void fault_of_the_canary_says_so(void **state)
{
	(void)state;
	frame.program_counter = (uintptr_t)__stack_chk_fail + 4;
	fault(0x25, 0x46, 0);
	says(" (a stack's canary was overwritten)\r\n");
}

/* A frame record at an offset of the image: the next one, and where it returns to. */
static void record(uint32_t offset, uint64_t next, uint64_t from)
{
	memcpy(model_image + offset, &next, sizeof(next));
	memcpy(model_image + offset + 8, &from, sizeof(from));
}

static unsigned chain_length(void)
{
	const char *at = strstr(said, "called from");
	unsigned count = 0;

	while ((at = strstr(at, " 0x")) != NULL) {
		at++;
		count++;
	}
	return count;
}

static void chain_is_followed_to_its_end(void **state)
{
	(void)state;
	frame.x[29] = image(IMAGE_MAIN + 0x100);
	record(IMAGE_MAIN + 0x100, image(IMAGE_MAIN + 0x200), 0xaaaa);
	record(IMAGE_MAIN + 0x200, image(IMAGE_MAIN + 0x300), 0xbbbb);
	record(IMAGE_MAIN + 0x300, 0, 0xcccc);
	report_abort(&frame, "its program ended");
	says("data core: its program ended\r\n");
	says("called from 0x000000000001e000 0x000000000000aaaa 0x000000000000bbbb "
	     "0x000000000000cccc\r\n");
}

static void chain_that_leads_astray_ends(void **state)
{
	const uint64_t astray[] = { 8,
				    UINT64_MAX,
				    image(IMAGE_MAIN + 0x201),
				    image(IMAGE_TEXT),
				    image(IMAGE_MANAGEMENT_GUARD),
				    image(IMAGE_END - 8),
				    image(IMAGE_END) };

	(void)state;
	frame.x[29] = image(IMAGE_MAIN + 0x100);
	for (size_t i = 0; i < sizeof(astray) / sizeof(astray[0]); i++) {
		said_length = 0;
		record(IMAGE_MAIN + 0x100, astray[i], 0xaaaa);
		report_park(&frame);
		says("made no progress and is stopped\r\n");
		assert_int_equal(chain_length(), 2);
	}
}

static void chain_that_is_a_circle_or_endless_ends(void **state)
{
	(void)state;
	frame.x[29] = image(IMAGE_MAIN);
	record(IMAGE_MAIN, image(IMAGE_MAIN), 0xaaaa);
	report_park(&frame);
	assert_int_equal(chain_length(), 2);
	said_length = 0;
	for (uint32_t i = 0; i < 100; i++) {
		record(IMAGE_MAIN + 16 * i, image(IMAGE_MAIN + 16 * (i + 1)), i);
	}
	report_park(&frame);
	assert_int_equal(chain_length(), 17);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(fault_write_to_null_says_so, set_up),
		cmocka_unit_test_setup(fault_on_management_s_core_says_that_forwarding_goes_on,
				       set_up),
		cmocka_unit_test_setup(fault_address_is_named_by_where_it_lies, set_up),
		cmocka_unit_test_setup(fault_classes_have_names, set_up),
		cmocka_unit_test_setup(fault_causes_have_names, set_up),
		cmocka_unit_test_setup(fault_ways_have_names, set_up),
		cmocka_unit_test_setup(fault_of_the_canary_says_so, set_up),
		cmocka_unit_test_setup(fault_tells_which_image_it_was, set_up),
		cmocka_unit_test_setup(fault_tells_of_refused_system_calls, set_up),
		cmocka_unit_test_setup(fault_beyond_all_addresses_says_so, set_up),
		cmocka_unit_test_setup(chain_is_printed_without_signatures, set_up),
		cmocka_unit_test_setup(chain_is_followed_to_its_end, set_up),
		cmocka_unit_test_setup(chain_that_leads_astray_ends, set_up),
		cmocka_unit_test_setup(chain_that_is_a_circle_or_endless_ends, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
