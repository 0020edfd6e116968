/* SPDX-License-Identifier: BSD-2-Clause */
/* The accesses of tests/model/hal/register.h, handed to the device that has the address. */
#include "tests/model/registers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/model/hal/register.h"

static struct registers devices[REGISTERS_DEVICES_MAX];

void registers_wrong(const char *what, uint64_t detail)
{
	fprintf(stderr, "the driver is wrong: %s (0x%" PRIx64 ")\n", what, detail);
	abort();
}

void registers_attach(const struct registers *registers)
{
	for (size_t i = 0; i < REGISTERS_DEVICES_MAX; i++) {
		if (devices[i].bytes == 0 || devices[i].base == registers->base) {
			devices[i] = *registers;
			return;
		}
	}
	registers_wrong("more devices than a model has", REGISTERS_DEVICES_MAX);
}

static const struct registers *device_at(uintptr_t address, unsigned width)
{
	for (size_t i = 0; i < REGISTERS_DEVICES_MAX; i++) {
		const struct registers *r = &devices[i];

		if (address >= r->base && address - r->base < r->bytes) {
			if ((address - r->base) % width != 0) {
				registers_wrong("a misaligned access", address);
			}
			return r;
		}
	}
	registers_wrong("no device is there", address);
}

static uint64_t read_at(uintptr_t address, unsigned width)
{
	const struct registers *r = device_at(address, width);

	return r->read(r->device, address - r->base, width);
}

static void write_at(uintptr_t address, unsigned width, uint64_t value)
{
	const struct registers *r = device_at(address, width);

	r->write(r->device, address - r->base, width, value);
}

uint8_t register_read8(uintptr_t address)
{
	return (uint8_t)read_at(address, sizeof(uint8_t));
}

void register_write8(uintptr_t address, uint8_t value)
{
	write_at(address, sizeof(value), value);
}

uint16_t register_read16(uintptr_t address)
{
	return (uint16_t)read_at(address, sizeof(uint16_t));
}

void register_write16(uintptr_t address, uint16_t value)
{
	write_at(address, sizeof(value), value);
}

uint32_t register_read32(uintptr_t address)
{
	return (uint32_t)read_at(address, sizeof(uint32_t));
}

void register_write32(uintptr_t address, uint32_t value)
{
	write_at(address, sizeof(value), value);
}

void register_write64(uintptr_t address, uint64_t value)
{
	write_at(address, sizeof(value), value);
}
