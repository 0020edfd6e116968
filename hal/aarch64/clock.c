/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/clock.h by the generic timer: its virtual count times a fraction, so that no division
 * is needed. The board's own clock is asked once, at start.
 */
#include "hal/clock.h"

#include "hal/aarch64/board.h"
#include "hal/aarch64/clock.h"
#include "hal/aarch64/sysreg.h"

static uint64_t scale; /* ns per count, times 2^32 */
static uint64_t wall_at_start_ns;

void clock_init(void)
{
	scale = (1000000000ull << 32) / sysreg_read(cntfrq_el0);
	uint64_t wall = board_wall_ns();

	wall_at_start_ns = wall != 0 ? wall - clock_monotonic_now().ns : 0;
}

uint64_t clock_count(void)
{
	uint64_t count;

	/* isb: not read ahead of what was asked before it */
	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(count) : : "memory");
	return count;
}

struct clock_monotonic clock_monotonic_now(void)
{
	/* 128 bits: a fast timer's scale has more than 32 */
	return (struct clock_monotonic){
		.ns = (uint64_t)((unsigned __int128)clock_count() * scale >> 32),
	};
}

struct clock_wall clock_wall_now(void)
{
	return (struct clock_wall){ .ns = wall_at_start_ns + clock_monotonic_now().ns };
}

uint64_t clock_count_at(uint64_t monotonic_ns)
{
	uint64_t now_ns = clock_monotonic_now().ns;
	uint64_t ahead_ns = monotonic_ns > now_ns ? monotonic_ns - now_ns : 0;
	uint64_t frequency = sysreg_read(cntfrq_el0);

	/* in two steps, so that nothing overflows within 500 years */
	return clock_count() + ahead_ns / 1000000000u * frequency +
	       ahead_ns % 1000000000u * frequency / 1000000000u + 1;
}
