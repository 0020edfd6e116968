/* SPDX-License-Identifier: BSD-2-Clause */
/* The generic timer (Arm ARM D11) behind hal/clock.h and core_sleep_until(). */
#ifndef HAL_AARCH64_CLOCK_H
#define HAL_AARCH64_CLOCK_H

#include <stdint.h>

void clock_init(void); /* core 0, once */
uint64_t clock_count(void);
/* The count at which a time has come that lies ahead. */
uint64_t clock_count_at(uint64_t monotonic_ns);

#endif
