/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Being told when a network interface of the operating system gets or loses its link, or goes up or
 * down: management's core wakes for it. For boards that have one.
 */
#ifndef HAL_LINKS_H
#define HAL_LINKS_H

#include <stdbool.h>

/* Before management's core is started. 0 or −errno. */
int links_watch(void);
/* Whether something may have changed on any interface since the last call. Management's core. */
bool links_changed(void);
void links_unwatch(void);

#endif
