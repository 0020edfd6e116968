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

/* Sends all of it, waiting for the line: management core only, or a core that reports its end.
 * Needs nothing else to work: no interrupt, no lock, no memory. */
void serial_write(const void *bytes, size_t length);
/* Sends what the line takes at once, without waiting; how many bytes. Any core. */
size_t serial_offer(const void *bytes, size_t length);
/* Up to `length` received bytes, without waiting; 0: none. Management core only. */
size_t serial_read(void *out, size_t length);

#endif
