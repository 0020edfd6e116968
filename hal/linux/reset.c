/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/reset.h on Linux: the program ends, in an orderly way as far as the data core still turns;
 * whatever started it starts it again, or not.
 */
#include "hal/reset.h"

#include <unistd.h>

#include "hal/cores.h"
#include "hal/live.h"
#include "hal/stop.h"

_Noreturn void reset_board(void)
{
	stop_ask();
	if (core_self() == CORE_MANAGEMENT) {
		core_end();
	}
	_exit(1);
}

_Noreturn void power_off(void)
{
	reset_board();
}
