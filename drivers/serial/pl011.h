/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PL011 UART (Arm DDI 0183), polled; its clock and baud rate are as they were found.
 * Written by one core at a time: see hal/serial.h, whose faults it counts.
 */
#ifndef DRIVERS_SERIAL_PL011_H
#define DRIVERS_SERIAL_PL011_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal/serial.h"

struct pl011 {
	uintptr_t base;
	bool stuck; /* it was given up; a byte that it takes again ends that */
	uint32_t faults[SERIAL_FAULTS];
};

/* Enables transmission, reception and the FIFOs, and the interrupt of received bytes. What is being
 * sent leaves before. */
void pl011_init(struct pl011 *uart);
/* Waits for room, byte by byte, with a bound: then the rest is counted as unsent. */
void pl011_write(struct pl011 *uart, const void *bytes, size_t length);
/* What the FIFO takes; how many bytes. */
size_t pl011_offer(const struct pl011 *uart, const void *bytes, size_t length);
/* What has come, up to `length`; ends the interrupt. Bytes that came with an error are not among
 * them; at most `length` of both are looked at. */
size_t pl011_read(struct pl011 *uart, void *out, size_t length);

#endif
