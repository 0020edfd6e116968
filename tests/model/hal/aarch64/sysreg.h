/* SPDX-License-Identifier: BSD-2-Clause */
/* Stands for hal/aarch64/sysreg.h on the host: the test that links it gives the values. */
#ifndef HAL_AARCH64_SYSREG_H
#define HAL_AARCH64_SYSREG_H

#include <stdbool.h>
#include <stdint.h>

uint64_t model_sysreg(const char *name);

#define sysreg_read(name) model_sysreg(#name)

bool model_is_readable(uint64_t address); /* image.c */

static inline bool address_is_readable(uint64_t address)
{
	return model_is_readable(address);
}

static inline void hint_yield(void)
{
}

#endif
