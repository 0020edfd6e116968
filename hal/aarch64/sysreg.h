/* SPDX-License-Identifier: BSD-2-Clause */
/* System registers by name (Arm ARM D19), and the hint that a core only waits. */
#ifndef HAL_AARCH64_SYSREG_H
#define HAL_AARCH64_SYSREG_H

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

static inline void hint_yield(void)
{
	__asm__ volatile("yield");
}

#endif
