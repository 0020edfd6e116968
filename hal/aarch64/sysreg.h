/* SPDX-License-Identifier: BSD-2-Clause */
/* System registers by name (Arm ARM D19), and instructions that C has no words for. */
#ifndef HAL_AARCH64_SYSREG_H
#define HAL_AARCH64_SYSREG_H

#include <stdbool.h>
#include <stdint.h>

#define sysreg_read(name)                                                \
	({                                                               \
		uint64_t sysreg_value;                                   \
		__asm__ volatile("mrs %0, " #name : "=r"(sysreg_value)); \
		sysreg_value;                                            \
	})

#define sysreg_write(name, value)                                                     \
	do {                                                                          \
		const uint64_t sysreg_new = (value);                                  \
		__asm__ volatile("msr " #name ", %0" : : "r"(sysreg_new) : "memory"); \
	} while (0)

/* As this core's map has it; looking does not fault. */
static inline bool address_is_readable(uint64_t address)
{
	__asm__ volatile("at s1e1r, %0\n\tisb" : : "r"(address) : "memory");
	return (sysreg_read(par_el1) & 1) == 0;
}

/* This core only waits. */
static inline void hint_yield(void)
{
	__asm__ volatile("yield");
}

#endif
