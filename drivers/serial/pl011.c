/* SPDX-License-Identifier: BSD-2-Clause */
/* The UART of pl011.h. Needs nothing to be set up before pl011_write(): reports use it too. */
#include "drivers/serial/pl011.h"

#include "hal/register.h"

#define DATA 0x00u
#define FLAGS 0x18u
#define FLAG_RECEIVE_EMPTY (1u << 4)
#define FLAG_TRANSMIT_FULL (1u << 5)
#define LINE_CONTROL 0x2cu
#define LINE_8N1_FIFO (3u << 5 | 1u << 4)
#define CONTROL 0x30u
#define CONTROL_ON (1u << 0 | 1u << 8 | 1u << 9) /* UART, transmit, receive */
#define INTERRUPT_MASK 0x38u
#define INTERRUPT_CLEAR 0x44u
#define INTERRUPT_RECEIVED (1u << 4 | 1u << 6) /* level reached, or silence after a byte */

void pl011_init(uintptr_t base)
{
	register_write32(base + LINE_CONTROL, LINE_8N1_FIFO);
	register_write32(base + CONTROL, CONTROL_ON);
	register_write32(base + INTERRUPT_MASK, INTERRUPT_RECEIVED);
}

size_t pl011_offer(uintptr_t base, const void *bytes, size_t length)
{
	const uint8_t *next = bytes;
	size_t count = 0;

	while (count < length && (register_read32(base + FLAGS) & FLAG_TRANSMIT_FULL) == 0) {
		register_write32(base + DATA, next[count++]);
	}
	return count;
}

void pl011_write(uintptr_t base, const void *bytes, size_t length)
{
	const uint8_t *next = bytes;

	for (size_t done = 0; done < length;) {
		done += pl011_offer(base, next + done, length - done);
	}
}

size_t pl011_read(uintptr_t base, void *out, size_t length)
{
	uint8_t *next = out;
	size_t count = 0;

	register_write32(base + INTERRUPT_CLEAR, INTERRUPT_RECEIVED);
	while (count < length && (register_read32(base + FLAGS) & FLAG_RECEIVE_EMPTY) == 0) {
		next[count++] = (uint8_t)register_read32(base + DATA);
	}
	return count;
}
