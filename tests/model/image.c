/* SPDX-License-Identifier: BSD-2-Clause */
/* The symbols of hal/aarch64/image.ld over the array of image.h, and which of it can be read. */
#include "tests/model/image.h"

#include "tests/model/hal/aarch64/sysreg.h"

_Alignas(4096) uint8_t model_image[IMAGE_END];

#define TEXT_OF(value) #value
#define SYMBOL(name, offset) \
	__asm__(".globl " #name "\n.set " #name ", model_image + " TEXT_OF(offset) "\n")

SYMBOL(__text_start, IMAGE_TEXT);
SYMBOL(__text_end, IMAGE_RODATA);
SYMBOL(__rodata_start, IMAGE_RODATA);
SYMBOL(__rodata_end, IMAGE_DATA);
SYMBOL(image_data_start, IMAGE_DATA); /* __data_start, see tests/module.mk */
SYMBOL(__build_id, IMAGE_RODATA);
SYMBOL(__maps_start, IMAGE_MAPS);
SYMBOL(__maps_end, IMAGE_MAPS_END);
SYMBOL(__data_end, IMAGE_DATA_END);
SYMBOL(stack_boot_guard, IMAGE_BOOT_GUARD);
SYMBOL(stack_boot, IMAGE_BOOT);
SYMBOL(stack_boot_end, IMAGE_SECOND_GUARD);
SYMBOL(stack_second_guard, IMAGE_SECOND_GUARD);
SYMBOL(stack_second, IMAGE_SECOND);
SYMBOL(stack_second_end, IMAGE_LAST_GUARD);
SYMBOL(stack_last_guard, IMAGE_LAST_GUARD);
SYMBOL(stack_last, IMAGE_LAST);
SYMBOL(stack_last_end, IMAGE_LAST_SECOND_GUARD);
SYMBOL(stack_last_second_guard, IMAGE_LAST_SECOND_GUARD);
SYMBOL(stack_last_second, IMAGE_LAST_SECOND);
SYMBOL(stack_last_second_end, IMAGE_MAIN_GUARD);
SYMBOL(stack_main_guard, IMAGE_MAIN_GUARD);
SYMBOL(stack_main, IMAGE_MAIN);
SYMBOL(stack_main_end, IMAGE_MANAGEMENT_GUARD);
SYMBOL(stack_management_guard, IMAGE_MANAGEMENT_GUARD);
SYMBOL(stack_management, IMAGE_MANAGEMENT);
SYMBOL(stack_management_end, IMAGE_MANAGEMENT_END);
SYMBOL(__heap_start, IMAGE_HEAP);
SYMBOL(__pool_start, IMAGE_POOL);
SYMBOL(__ram_end, IMAGE_END);

const uint32_t image_guards[IMAGE_GUARDS] = { IMAGE_BOOT_GUARD, IMAGE_SECOND_GUARD,
					      IMAGE_LAST_GUARD, IMAGE_LAST_SECOND_GUARD,
					      IMAGE_MAIN_GUARD, IMAGE_MANAGEMENT_GUARD };

bool model_is_readable(uint64_t address)
{
	uint64_t offset = address - (uintptr_t)model_image;

	for (unsigned i = 0; i < IMAGE_GUARDS; i++) {
		if (offset - image_guards[i] < 4096) {
			return false;
		}
	}
	return offset < IMAGE_END;
}
