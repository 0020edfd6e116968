/* SPDX-License-Identifier: BSD-2-Clause */
/* PL031 real-time clock (Arm DDI 0224): seconds since 1970. */
#ifndef DRIVERS_RTC_PL031_H
#define DRIVERS_RTC_PL031_H

#include <stdint.h>

#include "hal/register.h"

/* 0 where it was never set. Until 2106. */
static inline uint32_t pl031_seconds(uintptr_t base)
{
	return register_read32(base);
}

#endif
