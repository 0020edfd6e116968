/* SPDX-License-Identifier: BSD-2-Clause */
/* hal/stop.h on Linux: SIGINT and SIGTERM. */
#define _POSIX_C_SOURCE 200809L

#include "hal/stop.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

static atomic_int caught;

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "written by a signal handler");

static void note(int signal_number)
{
	atomic_store_explicit(&caught, signal_number, memory_order_relaxed);
}

void stop_on_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM };
	/* without SA_RESTART: a read that waits for a pipe ends */
	const struct sigaction noted = { .sa_handler = note, .sa_flags = (int)SA_RESETHAND };

	for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction before;

		if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
			sigaction(signals[i], &noted, NULL);
		}
	}
}

void stop_ask(void)
{
	note(SIGTERM);
}

int stop_signal(void)
{
	return atomic_load_explicit(&caught, memory_order_relaxed);
}
