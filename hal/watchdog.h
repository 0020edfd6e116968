/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hardware watchdog: resets the board when it is not fed. Fed by the data core alone,
 * so what it watches is forwarding.
 */
#ifndef HAL_WATCHDOG_H
#define HAL_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

struct watchdog;

struct watchdog_ops {
	/* Starts it: a reset follows the last feeding by at most `timeout_ms` (or the
	 * longest that the device knows, or the shortest). */
	void (*start)(struct watchdog *watchdog, uint32_t timeout_ms);
	void (*feed)(struct watchdog *watchdog);
};

struct watchdog {
	const struct watchdog_ops *ops;
	bool expired; /* it reset the board, which is why this start is */
};

#endif
