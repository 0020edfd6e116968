/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/aarch64/mmu.h: the tables as the hardware walks them (Arm ARM D8): the identity,
 * nothing both writable and executable, guard pages and page 0 unmapped, devices
 * never executable, and the data core's memory read-only for management. The core has
 * BTI.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hal/aarch64/board.h"
#include "hal/aarch64/layout.h"
#include "hal/aarch64/mmu.h"
#include "tests/model/hal/aarch64/sysreg.h"
#include "tests/model/image.h"

#define GIB (1ull << 30)
#define BLOCK (2ull << 20)
#define ADDRESS 0x0000fffffffff000ull
#define VALID 1u
#define IS_TABLE 2u /* a page on the last level */
#define ATTRIBUTE (7ull << 2)
#define NORMAL (1ull << 2)
#define DEVICE (0ull << 2)
#define USER (1ull << 6)
#define READ_ONLY (1ull << 7)
#define SHAREABLE (3ull << 8)
#define ACCESSED (1ull << 10)
#define GUARDED (1ull << 50)
#define NEVER_PRIVILEGED (1ull << 53)
#define NEVER_USER (1ull << 54)

/* The host's addresses have more bits than the map: devices lie where none meets the image. */
static uintptr_t device(unsigned number)
{
	return (((uintptr_t)model_image + number * GIB) & ~(BLOCK - 1)) + number * PAGE_BYTES;
}

const struct board_region *board_regions(void)
{
	static struct board_region regions[4];

	regions[0] = (struct board_region){ device(1), PAGE_BYTES, true };
	/* begins and ends in pages */
	regions[1] = (struct board_region){ device(2), 2 * BLOCK, false };
	regions[2] = (struct board_region){ device(3) - 3 * PAGE_BYTES, 2 * BLOCK, false };
	return regions;
}

uint64_t model_sysreg(const char *name)
{
	return strcmp(name, "id_aa64pfr1_el1") == 0 ? 1 : 0;
}

static uint64_t load(uint64_t table, uint64_t index)
{
	return ((const uint64_t *)(uintptr_t)(table & ADDRESS))[index & 511];
}

/* The descriptor that maps an address, 0: none. */
static uint64_t walk(enum core core, uintptr_t address, bool *is_block)
{
	uint64_t first = load(mmu_registers(core).ttbr0, address >> 30);

	if ((first & VALID) == 0) {
		return 0;
	}
	assert_int_equal(first & 3, VALID | IS_TABLE);
	uint64_t second = load(first, address >> 21);

	*is_block = (second & 3) == VALID;
	if ((second & VALID) == 0 || *is_block) {
		return second;
	}
	uint64_t third = load(second, address >> 12);

	assert_true(third == 0 || (third & 3) == (VALID | IS_TABLE));
	return third;
}

/* From `start` to `end` every page is mapped to itself, with `kind` and nothing else. */
static void maps(enum core core, uintptr_t start, uintptr_t end, uint64_t kind)
{
	for (uintptr_t at = start; at < end; at += PAGE_BYTES) {
		bool is_block = false;
		uint64_t descriptor = walk(core, at, &is_block);
		uint64_t page = is_block ? at & ~(BLOCK - 1) : at;

		assert_int_equal(descriptor & ~3ull, page | kind | ACCESSED);
	}
}

static void image(enum core core, uint32_t start, uint32_t end, uint64_t kind)
{
	maps(core, (uintptr_t)model_image + start, (uintptr_t)model_image + end, kind);
}

static void unmapped(enum core core, uintptr_t start)
{
	bool is_block;

	assert_int_equal(walk(core, start, &is_block) & VALID, 0);
}

static int build(void **state)
{
	(void)state;
	mmu_build();
	return 0;
}

static void build_gives_each_part_of_the_image_its_rights(void **state)
{
	const uint64_t memory = NORMAL | SHAREABLE, data = memory | NEVER_PRIVILEGED | NEVER_USER;

	(void)state;
	for (enum core core = CORE_DATA; core < CORE_COUNT; core++) {
		const uint64_t of_data_core = data | (core == CORE_DATA ? 0 : READ_ONLY);
		const uint64_t of_management = data | (core == CORE_DATA ? READ_ONLY : 0);

		image(core, IMAGE_TEXT, IMAGE_RODATA, memory | READ_ONLY | NEVER_USER | GUARDED);
		image(core, IMAGE_RODATA, IMAGE_DATA, data | READ_ONLY);
		image(core, IMAGE_DATA, IMAGE_MAPS, data);
		image(core, IMAGE_MAPS, IMAGE_MAPS_END, data | READ_ONLY);
		image(core, IMAGE_MAPS_END, IMAGE_DATA_END, data);
		image(core, IMAGE_BOOT, IMAGE_SECOND_GUARD, of_data_core);
		image(core, IMAGE_SECOND, IMAGE_LAST_GUARD, of_management);
		image(core, IMAGE_LAST, IMAGE_LAST_SECOND_GUARD, of_data_core);
		image(core, IMAGE_LAST_SECOND, IMAGE_MAIN_GUARD, of_management);
		image(core, IMAGE_MAIN, IMAGE_MANAGEMENT_GUARD, of_data_core);
		image(core, IMAGE_MANAGEMENT, IMAGE_MANAGEMENT_END, data);
		image(core, IMAGE_HEAP, IMAGE_POOL, data);
		image(core, IMAGE_POOL, IMAGE_END, of_data_core);
	}
}

static void build_leaves_guards_and_surroundings_unmapped(void **state)
{
	const uint32_t holes[] = { IMAGE_MANAGEMENT_END, IMAGE_HEAP - 1, IMAGE_END };

	(void)state;
	for (enum core core = CORE_DATA; core < CORE_COUNT; core++) {
		for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
			unmapped(core, (uintptr_t)model_image + holes[i]);
		}
		for (size_t i = 0; i < IMAGE_GUARDS; i++) {
			unmapped(core, (uintptr_t)model_image + image_guards[i]);
		}
		unmapped(core, (uintptr_t)model_image - 1);
	}
}

static void build_maps_devices_exactly(void **state)
{
	const uint64_t kind = DEVICE | NEVER_PRIVILEGED | NEVER_USER;

	(void)state;
	for (enum core core = CORE_DATA; core < CORE_COUNT; core++) {
		const struct board_region *region = board_regions();

		for (; region->bytes != 0; region++) {
			if (region->data_core && core != CORE_DATA) {
				unmapped(core, region->start);
				continue;
			}
			maps(core, region->start, region->start + region->bytes, kind);
			unmapped(core, region->start - 1);
			unmapped(core, region->start + region->bytes);
		}
	}
}

/* Whatever is in the tables: no entry can be written and executed, or used from EL0. */
static void build_has_nothing_writable_and_executable(void **state)
{
	unsigned mapped = 0, blocks = 0;

	(void)state;
	for (uint64_t gib = 0; gib < 512; gib++) {
		for (uint64_t at = 0; at < GIB; at += PAGE_BYTES) {
			bool is_block = false;

			if ((load(mmu_registers(CORE_DATA).ttbr0, gib) & VALID) == 0) {
				break;
			}
			uint64_t d = walk(CORE_DATA, (uintptr_t)(gib * GIB + at), &is_block);

			if ((d & VALID) != 0) {
				mapped++;
				blocks += is_block ? 1 : 0;
				assert_true((d & READ_ONLY) != 0 || (d & NEVER_PRIVILEGED) != 0);
				assert_int_equal(d & (USER | NEVER_USER), NEVER_USER);
			}
		}
	}
	/* all of the image but the guards and the gap before the heap, and the devices */
	assert_int_equal(mapped, IMAGE_END / PAGE_BYTES - IMAGE_GUARDS - 4 + 1 + 2 * 1024);
	assert_true(blocks >= 3 * 512); /* tables stay few */
}

static void registers_say_what_the_tables_need(void **state)
{
	const struct mmu_registers data = mmu_registers(CORE_DATA);
	const struct mmu_registers management = mmu_registers(CORE_MANAGEMENT);

	(void)state;
	assert_int_equal(data.ttbr0 % PAGE_BYTES, 0);
	assert_int_not_equal(data.ttbr0, management.ttbr0);
	assert_int_equal(data.mair & 0xff, 0x04); /* attribute 0: Device-nGnRE */
	assert_int_equal(data.mair >> 8 & 0xff, 0xff); /* 1: write-back */
	assert_int_equal(data.tcr & 0x3f, 64 - 39);
	assert_int_equal(data.sctlr & 1, 1); /* M */
	assert_int_equal(data.sctlr >> 19 & 1, 1); /* WXN */
	assert_int_equal(data.sctlr >> 36 & 1, 1); /* BT1 */
	assert_int_equal(data.sctlr, management.sctlr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(build_gives_each_part_of_the_image_its_rights),
		cmocka_unit_test(build_leaves_guards_and_surroundings_unmapped),
		cmocka_unit_test(build_maps_devices_exactly),
		cmocka_unit_test(build_has_nothing_writable_and_executable),
		cmocka_unit_test(registers_say_what_the_tables_need),
	};

	return cmocka_run_group_tests(tests, build, NULL);
}
