/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands for hal/register.h where drivers are compiled for tests on the host: every
 * access goes to the modelled device that has the address (tests/model/registers.h).
 */
#ifndef HAL_REGISTER_H
#define HAL_REGISTER_H

#include <stdint.h>

uint8_t register_read8(uintptr_t address);
void register_write8(uintptr_t address, uint8_t value);
uint16_t register_read16(uintptr_t address);
void register_write16(uintptr_t address, uint16_t value);
uint32_t register_read32(uintptr_t address);
void register_write32(uintptr_t address, uint32_t value);
void register_write64(uintptr_t address, uint64_t value);

#endif
