/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of memory-mapped devices: one access each, of the width the data sheet says, in
 * program order among themselves. */
#ifndef HAL_REGISTER_H
#define HAL_REGISTER_H

#include <stdint.h>

static inline uint8_t register_read8(uintptr_t address)
{
	return *(const volatile uint8_t *)address;
}

static inline void register_write8(uintptr_t address, uint8_t value)
{
	*(volatile uint8_t *)address = value;
}

static inline uint16_t register_read16(uintptr_t address)
{
	return *(const volatile uint16_t *)address;
}

static inline void register_write16(uintptr_t address, uint16_t value)
{
	*(volatile uint16_t *)address = value;
}

static inline uint32_t register_read32(uintptr_t address)
{
	return *(const volatile uint32_t *)address;
}

static inline void register_write32(uintptr_t address, uint32_t value)
{
	*(volatile uint32_t *)address = value;
}

static inline void register_write64(uintptr_t address, uint64_t value)
{
	*(volatile uint64_t *)address = value;
}

#endif
