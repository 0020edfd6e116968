/* SPDX-License-Identifier: BSD-2-Clause */
/* hal/reload.h on Linux: SIGHUP. */
#define _POSIX_C_SOURCE 200809L

#include "hal/reload.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "hal/cores.h"

static atomic_bool wished;

_Static_assert(ATOMIC_BOOL_LOCK_FREE == 2, "written by a signal handler");

static void note(int signal_number)
{
	int error = errno;

	(void)signal_number;
	atomic_store_explicit(&wished, true, memory_order_relaxed);
	core_wake(CORE_MANAGEMENT); /* which may sleep for half a second else */
	errno = error;
}

void reload_on_signal(void)
{
	const struct sigaction noted = { .sa_handler = note };

	sigaction(SIGHUP, &noted, NULL);
}

bool reload_wished(void)
{
	return atomic_exchange_explicit(&wished, false, memory_order_relaxed);
}
