/* SPDX-License-Identifier: BSD-2-Clause */
/* PL011 UART (Arm DDI 0183), polled; set up at 115200 8N1 by whoever clocks it. */
#ifndef DRIVERS_SERIAL_PL011_H
#define DRIVERS_SERIAL_PL011_H

#include <stddef.h>
#include <stdint.h>

/* Enables transmission, reception and the FIFOs, and the interrupt of received bytes. */
void pl011_init(uintptr_t base);
/* Waits for room, byte by byte. */
void pl011_write(uintptr_t base, const void *bytes, size_t length);
/* What the FIFO takes; how many bytes. */
size_t pl011_offer(uintptr_t base, const void *bytes, size_t length);
/* What has come, up to `length`; ends the interrupt. */
size_t pl011_read(uintptr_t base, void *out, size_t length);

#endif
