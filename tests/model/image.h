/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An image in the host's memory for tests of hal/aarch64: the symbols that image.ld
 * gives, in its order, over one array. Offsets are from model_image.
 */
#ifndef TESTS_MODEL_IMAGE_H
#define TESTS_MODEL_IMAGE_H

#include <stdint.h>

#define IMAGE_TEXT 0x00000
#define IMAGE_RODATA 0x10000
#define IMAGE_DATA 0x20000
#define IMAGE_MAPS 0x28000
#define IMAGE_MAPS_END 0x30000
#define IMAGE_DATA_END 0x40000
#define IMAGE_BOOT_GUARD 0x40000
#define IMAGE_BOOT 0x41000
#define IMAGE_SECOND_GUARD 0x45000
#define IMAGE_SECOND 0x46000
#define IMAGE_LAST_GUARD 0x4a000
#define IMAGE_LAST 0x4b000
#define IMAGE_LAST_SECOND_GUARD 0x4e000
#define IMAGE_LAST_SECOND 0x4f000
#define IMAGE_MAIN_GUARD 0x52000
#define IMAGE_MAIN 0x53000
#define IMAGE_MANAGEMENT_GUARD 0x93000
#define IMAGE_MANAGEMENT 0x94000
#define IMAGE_MANAGEMENT_END 0xb4000
#define IMAGE_HEAP 0xb8000
#define IMAGE_POOL 0x190000
#define IMAGE_END 0x990000

extern uint8_t model_image[IMAGE_END];
/* The pages below stacks: how many, and where. */
#define IMAGE_GUARDS 6
extern const uint32_t image_guards[IMAGE_GUARDS];

#endif
