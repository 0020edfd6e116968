/* SPDX-License-Identifier: BSD-2-Clause */
/* The timer of i6300esb.h: each stage counts in steps of 1 ms (33 MHz / 2^15 rounded). */
#include "drivers/watchdog/i6300esb.h"

#include <errno.h>

#include "hal/register.h"

#define SPACE_ID 0x00u
#define SPACE_COMMAND 0x04u
#define COMMAND_MEMORY (1u << 1)
#define SPACE_BAR0 0x10u
#define BAR_ADDRESS 0xfffffff0u
#define SPACE_WATCHDOG \
	0x60u /* 16 bits: bit 5: reset output off, bit 2: scale, bits 0…1: interrupt */
#define WATCHDOG_NO_INTERRUPT 3u
#define SPACE_LOCK 0x68u /* 8 bits: bit 1: enable, bit 0: lock */
#define LOCK_ENABLE (1u << 1)
#define ID 0x25ab8086u
#define PRELOAD1 0x00u
#define PRELOAD2 0x04u
#define RELOAD 0x0cu
#define RELOAD_NOW (1u << 8)
#define RELOAD_EXPIRED (1u << 9) /* it has reset the board; written: forgotten */
#define PRELOAD_MAX 0xfffffu

static struct i6300esb *esb_of(struct watchdog *watchdog)
{
	return (struct i6300esb *)(void *)watchdog;
}

/* The one write after it counts; anything else in between locks it again. */
static void unlock(const struct i6300esb *esb)
{
	register_write16(esb->registers + RELOAD, 0x80);
	register_write16(esb->registers + RELOAD, 0x86);
}

static void esb_feed(struct watchdog *watchdog)
{
	const struct i6300esb *esb = esb_of(watchdog);

	unlock(esb);
	register_write16(esb->registers + RELOAD, RELOAD_NOW);
}

static void esb_start(struct watchdog *watchdog, uint32_t timeout_ms)
{
	const struct i6300esb *esb = esb_of(watchdog);
	uint32_t stage = timeout_ms / 2 < PRELOAD_MAX ? timeout_ms / 2 : PRELOAD_MAX;

	stage = stage != 0 ? stage : 1;
	register_write16(esb->function + SPACE_WATCHDOG, WATCHDOG_NO_INTERRUPT);
	unlock(esb);
	register_write32(esb->registers + PRELOAD1, stage);
	unlock(esb);
	register_write32(esb->registers + PRELOAD2, stage);
	esb_feed(watchdog);
	register_write8(esb->function + SPACE_LOCK, LOCK_ENABLE);
}

static const struct watchdog_ops ops = { .start = esb_start, .feed = esb_feed };

int i6300esb_init(struct i6300esb *esb, uintptr_t function, uintptr_t window)
{
	if (register_read32(function + SPACE_ID) != ID) {
		return -ENODEV;
	}
	register_write32(function + SPACE_BAR0, (uint32_t)window);
	if ((register_read32(function + SPACE_BAR0) & BAR_ADDRESS) != window) {
		return -EIO;
	}
	register_write16(function + SPACE_COMMAND, COMMAND_MEMORY);
	*esb = (struct i6300esb){
		.watchdog = { .ops = &ops },
		.function = function,
		.registers = window,
	};
	esb->watchdog.expired = (register_read16(window + RELOAD) & RELOAD_EXPIRED) != 0;
	if (esb->watchdog.expired) {
		unlock(esb);
		register_write16(window + RELOAD, RELOAD_EXPIRED);
	}
	return 0;
}
