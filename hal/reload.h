/* SPDX-License-Identifier: BSD-2-Clause */
/* A wish from outside that what was read at start be read again. For boards that have signals. */
#ifndef HAL_RELOAD_H
#define HAL_RELOAD_H

#include <stdbool.h>

/* Notes it from now on, and wakes management's core. */
void reload_on_signal(void);
/* Whether it was wished since the last call. */
bool reload_wished(void);

#endif
