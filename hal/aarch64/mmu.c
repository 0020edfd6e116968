/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables of mmu.h: 39 bits of address, three levels (Arm ARM D8). Runs before the
 * MMU does, so memory is accessed aligned and through no cache; mmu_enable.c switches.
 * Who may write what stands in one table, ranges[].
 */
#include "hal/aarch64/mmu.h"

#include <stdbool.h>
#include <stddef.h>

#include "hal/aarch64/board.h"
#include "hal/aarch64/layout.h"
#include "hal/aarch64/sysreg.h"

#define ENTRIES 512u
#define BLOCK_BYTES (2u << 20)
#define TABLE_PAGES \
	40u /* per core: root, two of level 2, one of level 3 for each 2 MiB in pieces */

#define DESCRIPTOR_TABLE 3ull
#define DESCRIPTOR_BLOCK 1ull
#define DESCRIPTOR_PAGE 3ull
#define ATTRIBUTE_DEVICE (0ull << 2)
#define ATTRIBUTE_NORMAL (1ull << 2 | 3ull << 8 /* inner shareable */)
#define READ_ONLY (1ull << 7)
#define ACCESSED (1ull << 10)
#define GUARDED (1ull << 50) /* BTI: an indirect branch in only where one is meant to land */
#define NEVER_EXECUTED (1ull << 53 | 1ull << 54)

#define KIND_CODE (ATTRIBUTE_NORMAL | READ_ONLY | 1ull << 54)
#define KIND_CONSTANTS (ATTRIBUTE_NORMAL | READ_ONLY | NEVER_EXECUTED)
#define KIND_DATA (ATTRIBUTE_NORMAL | NEVER_EXECUTED)
#define KIND_DEVICE (ATTRIBUTE_DEVICE | NEVER_EXECUTED)

#define MAIR_VALUE (0x04ull /* 0: Device-nGnRE */ | 0xffull << 8 /* 1: write-back */)
/* T0SZ 25, write-back inner-shareable walks, 4 KiB, TTBR1 off, 40 bits of physical address */
#define TCR_VALUE \
	((64ull - ADDRESS_BITS) | 1ull << 8 | 1ull << 10 | 3ull << 12 | 1ull << 23 | 2ull << 32)
#define SCTLR_RES1 0x30d00800ull
#define SCTLR_M (1ull << 0)
#define SCTLR_C (1ull << 2)
#define SCTLR_SA (3ull << 3) /* SP aligned, at both levels */
#define SCTLR_I (1ull << 12)
#define SCTLR_WXN (1ull << 19)
#define SCTLR_BT1 (1ull << 36) /* a function's signing is no landing place for any branch */
#define SCTLR_VALUE (SCTLR_RES1 | SCTLR_M | SCTLR_C | SCTLR_SA | SCTLR_I | SCTLR_WXN)

struct table {
	_Alignas(PAGE_BYTES) uint64_t entry[ENTRIES];
};

static struct map {
	struct table table[TABLE_PAGES];
	size_t used;
} maps[CORES_MAX] __attribute__((section(".bss.maps")));

/* The linker script's. */
extern const uint8_t __text_start[], __text_end[], __rodata_start[], __rodata_end[], __data_start[],
	__maps_start[], __maps_end[], __data_end[], __heap_start[], __pool_start[], __ram_end[];
extern const uint8_t stack_boot[], stack_boot_end[], stack_second[], stack_second_end[],
	stack_last[], stack_last_end[], stack_last_second[], stack_last_second_end[], stack_main[],
	stack_main_end[], stack_management[], stack_management_end[];

static const struct range {
	const uint8_t *start, *end;
	uint64_t kind[CORES_MAX]; /* for the data core, for management */
} ranges[] = {
	{ __text_start, __text_end, { KIND_CODE, KIND_CODE } },
	{ __rodata_start, __rodata_end, { KIND_CONSTANTS, KIND_CONSTANTS } },
	{ __data_start, __maps_start, { KIND_DATA, KIND_DATA } },
	{ __maps_start, __maps_end, { KIND_CONSTANTS, KIND_CONSTANTS } },
	{ __maps_end, __data_end, { KIND_DATA, KIND_DATA } },
	{ stack_boot, stack_boot_end, { KIND_DATA, KIND_CONSTANTS } },
	{ stack_second, stack_second_end, { KIND_CONSTANTS, KIND_DATA } },
	{ stack_last, stack_last_end, { KIND_DATA, KIND_CONSTANTS } },
	{ stack_last_second, stack_last_second_end, { KIND_CONSTANTS, KIND_DATA } },
	{ stack_main, stack_main_end, { KIND_DATA, KIND_CONSTANTS } },
	/* pthread_create() on the data core prepares it */
	{ stack_management, stack_management_end, { KIND_DATA, KIND_DATA } },
	{ __heap_start, __pool_start, { KIND_DATA, KIND_DATA } },
	{ __pool_start, __ram_end, { KIND_DATA, KIND_CONSTANTS } },
};

static struct table *table_new(struct map *map)
{
	while (map->used == TABLE_PAGES) {
		/* a board with more regions than tables: nothing can be said yet */
	}
	return &map->table[map->used++];
}

static struct table *table_below(struct map *map, uint64_t *entry)
{
	if (*entry == 0) {
		*entry = (uintptr_t)table_new(map) | DESCRIPTOR_TABLE;
	}
	return (struct table *)(uintptr_t)(*entry & ~(uint64_t)(PAGE_BYTES - 1));
}

static void add(struct map *map, uintptr_t start, uintptr_t end, uint64_t kind)
{
	for (uintptr_t at = start; at < end;) {
		struct table *level2 =
			table_below(map, &map->table[0].entry[at >> 30 & (ENTRIES - 1)]);
		uint64_t *entry = &level2->entry[at >> 21 & (ENTRIES - 1)];

		if (*entry == 0 && at % BLOCK_BYTES == 0 && end - at >= BLOCK_BYTES) {
			*entry = at | kind | ACCESSED | DESCRIPTOR_BLOCK;
			at += BLOCK_BYTES;
		} else {
			struct table *level3 = table_below(map, entry);

			level3->entry[at >> 12 & (ENTRIES - 1)] = at | kind | ACCESSED |
								  DESCRIPTOR_PAGE;
			at += PAGE_BYTES;
		}
	}
}

static bool has_bti(void)
{
	return (sysreg_read(id_aa64pfr1_el1) & 15) != 0;
}

static void add_devices(struct map *map, enum core core)
{
	for (const struct board_region *r = board_regions(); r->bytes != 0; r++) {
		if (core == CORE_DATA || !r->data_core) {
			add(map, r->start, r->start + r->bytes, KIND_DEVICE);
		}
	}
}

void mmu_build(void)
{
	uint64_t guarded = has_bti() ? GUARDED : 0;

	for (enum core core = CORE_DATA; core < CORE_COUNT; core++) {
		struct map *map = &maps[core];

		table_new(map); /* the root */
		for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
			uint64_t kind = ranges[i].kind[core];

			add(map, (uintptr_t)ranges[i].start, (uintptr_t)ranges[i].end,
			    kind == KIND_CODE ? kind | guarded : kind);
		}
		add_devices(map, core);
	}
}

struct mmu_registers mmu_registers(enum core core)
{
	return (struct mmu_registers){
		.ttbr0 = (uintptr_t)&maps[core].table[0],
		.mair = MAIR_VALUE,
		.tcr = TCR_VALUE,
		.sctlr = SCTLR_VALUE | (has_bti() ? SCTLR_BT1 : 0),
	};
}
