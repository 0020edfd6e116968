/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The serial line of a board, its console: 115200 8N1. One per image. Standard output
 * of the C library goes there too.
 */
#ifndef HAL_SERIAL_H
#define HAL_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What can be wrong with the line, as X-macro of (identifier, name, text). */
#define SERIAL_FAULT_LIST(X)                                                              \
	X(SERIAL_FAULT_OVERRUN, "overrun", "times bytes came faster than they were read") \
	X(SERIAL_FAULT_FRAMING, "framing", "bytes without a stop bit, ignored")           \
	X(SERIAL_FAULT_PARITY, "parity", "bytes of wrong parity, ignored")                \
	X(SERIAL_FAULT_BREAK, "break", "breaks, ignored")                                 \
	X(SERIAL_FAULT_UNSENT, "unsent", "bytes given up because the line took none for so long")

#define SERIAL_FAULT_ENUM(id, name, text) id,
enum serial_fault { SERIAL_FAULT_LIST(SERIAL_FAULT_ENUM) SERIAL_FAULTS };
#undef SERIAL_FAULT_ENUM

/* Sends all of it, waiting for the line: management core only, or a core that reports its end.
 * A line that takes nothing for so long that it must be out of order is not waited for. Needs
 * nothing else to work: no interrupt, no lock, no memory. */
void serial_write(const void *bytes, size_t length);
/* Sends what the line takes at once, without waiting; how many bytes. Any core. */
size_t serial_offer(const void *bytes, size_t length);
/* Up to `length` received bytes, without waiting; 0: none. Management core only. */
size_t serial_read(void *out, size_t length);
/* Counted so far, by enum serial_fault. */
const uint32_t *serial_faults(void);

#endif
