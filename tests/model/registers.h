/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Modelled devices on the host: what a driver reads and writes at the addresses of a
 * device comes here. An access where no device is, or of a width or in an order that
 * its data sheet does not allow, ends the program: the driver is wrong.
 */
#ifndef TESTS_MODEL_REGISTERS_H
#define TESTS_MODEL_REGISTERS_H

#include <stddef.h>
#include <stdint.h>

#define REGISTERS_DEVICES_MAX 8u

struct registers {
	uintptr_t base;
	size_t bytes;
	void *device;
	/* `width` in bytes: 1, 2, 4 or 8; `offset` from base, a multiple of it. */
	uint64_t (*read)(void *device, size_t offset, unsigned width);
	void (*write)(void *device, size_t offset, unsigned width, uint64_t value);
};

/* Copied. A device that has the same base goes. */
void registers_attach(const struct registers *registers);
/* A driver did what its device does not allow: says so and ends the program. */
_Noreturn void registers_wrong(const char *what, uint64_t detail);

#endif
