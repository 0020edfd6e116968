/* SPDX-License-Identifier: BSD-2-Clause */
/* The symbols of hal/aarch64/image.ld over the array of image.h. */
#include "tests/model/image.h"

_Alignas(4096) uint8_t model_image[IMAGE_END];

#define TEXT_OF(value) #value
#define SYMBOL(name, offset) \
	__asm__(".globl " #name "\n.set " #name ", model_image + " TEXT_OF(offset) "\n")

SYMBOL(__text_start, IMAGE_TEXT);
SYMBOL(__text_end, IMAGE_RODATA);
SYMBOL(__rodata_start, IMAGE_RODATA);
SYMBOL(__rodata_end, IMAGE_DATA);
SYMBOL(image_data_start, IMAGE_DATA); /* __data_start, see tests/module.mk */
SYMBOL(__data_end, IMAGE_DATA_END);
SYMBOL(stack_boot_guard, IMAGE_BOOT_GUARD);
SYMBOL(stack_boot, IMAGE_BOOT);
SYMBOL(stack_boot_end, IMAGE_SECOND_GUARD);
SYMBOL(stack_second_guard, IMAGE_SECOND_GUARD);
SYMBOL(stack_second, IMAGE_SECOND);
SYMBOL(stack_second_end, IMAGE_MAIN_GUARD);
SYMBOL(stack_main_guard, IMAGE_MAIN_GUARD);
SYMBOL(stack_main, IMAGE_MAIN);
SYMBOL(stack_main_end, IMAGE_MAIN_END);
SYMBOL(__heap_start, IMAGE_HEAP);
SYMBOL(__pool_start, IMAGE_POOL);
SYMBOL(__ram_end, IMAGE_END);
