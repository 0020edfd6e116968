/* SPDX-License-Identifier: BSD-2-Clause */
/* The UART of pl011.h. Needs nothing to be set up before pl011_write(): reports use it too. */
#include "drivers/serial/pl011.h"

#include "hal/register.h"

#define DATA 0x00u
#define DATA_FRAMING (1u << 8)
#define DATA_PARITY (1u << 9)
#define DATA_BREAK (1u << 10)
#define DATA_OVERRUN (1u << 11)
#define FLAGS 0x18u
#define FLAG_BUSY (1u << 3)
#define FLAG_RECEIVE_EMPTY (1u << 4)
#define FLAG_TRANSMIT_FULL (1u << 5)
#define LINE_CONTROL 0x2cu
#define LINE_8N1_FIFO (3u << 5 | 1u << 4)
#define CONTROL 0x30u
#define CONTROL_ON (1u << 0 | 1u << 8 | 1u << 9) /* UART, transmit, receive */
#define INTERRUPT_MASK 0x38u
#define INTERRUPT_CLEAR 0x44u
#define INTERRUPT_RECEIVED (1u << 4 | 1u << 6) /* level reached, or silence after a byte */
/* Looks at the flags, 50 ns or more each: 20 ms, in which 115200 baud take 230 bytes away. */
#define LOOKS_MAX 400000u

void pl011_init(struct pl011 *uart)
{
	for (uint32_t looks = 0; looks < LOOKS_MAX; looks++) {
		if ((register_read32(uart->base + FLAGS) & FLAG_BUSY) == 0) {
			break;
		}
	}
	register_write32(uart->base + CONTROL, 0); /* the line may not change while it is on */
	register_write32(uart->base + LINE_CONTROL, LINE_8N1_FIFO);
	register_write32(uart->base + CONTROL, CONTROL_ON);
	register_write32(uart->base + INTERRUPT_MASK, INTERRUPT_RECEIVED);
}

size_t pl011_offer(const struct pl011 *uart, const void *bytes, size_t length)
{
	const uint8_t *next = bytes;
	size_t count = 0;

	while (count < length && (register_read32(uart->base + FLAGS) & FLAG_TRANSMIT_FULL) == 0) {
		register_write32(uart->base + DATA, next[count++]);
	}
	return count;
}

void pl011_write(struct pl011 *uart, const void *bytes, size_t length)
{
	const uint8_t *next = bytes;
	uint32_t looks = 0;

	for (size_t done = 0; done < length;) {
		size_t sent = pl011_offer(uart, next + done, length - done);

		done += sent;
		if (sent != 0) {
			uart->stuck = false;
			looks = 0;
		} else if (uart->stuck || ++looks == LOOKS_MAX) {
			uart->stuck = true;
			uart->faults[SERIAL_FAULT_UNSENT] += (uint32_t)(length - done);
			return;
		}
	}
}

/* Counts what came with an error. True: the byte itself is not one that was sent. */
static bool is_broken(struct pl011 *uart, uint32_t data)
{
	if ((data & DATA_OVERRUN) != 0) {
		uart->faults[SERIAL_FAULT_OVERRUN]++; /* of bytes before this one */
	}
	if ((data & DATA_BREAK) != 0) {
		uart->faults[SERIAL_FAULT_BREAK]++; /* which has no stop bit either */
	} else if ((data & DATA_FRAMING) != 0) {
		uart->faults[SERIAL_FAULT_FRAMING]++;
	} else if ((data & DATA_PARITY) != 0) {
		uart->faults[SERIAL_FAULT_PARITY]++;
	}
	return (data & (DATA_BREAK | DATA_FRAMING | DATA_PARITY)) != 0;
}

size_t pl011_read(struct pl011 *uart, void *out, size_t length)
{
	uint8_t *next = out;
	size_t count = 0;

	register_write32(uart->base + INTERRUPT_CLEAR, INTERRUPT_RECEIVED);
	for (size_t looks = 0; looks < length; looks++) {
		if ((register_read32(uart->base + FLAGS) & FLAG_RECEIVE_EMPTY) != 0) {
			break;
		}
		uint32_t data = register_read32(uart->base + DATA);

		if (!is_broken(uart, data)) {
			next[count++] = (uint8_t)data;
		}
	}
	return count;
}
