/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file or standard output, written through a buffer: what replay says goes out
 * in few large writes. The first error sticks: later calls do nothing, and it is
 * told when asked for, so that nothing is lost in silence.
 */
#ifndef FIRMWARE_OUTPUT_H
#define FIRMWARE_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#include "hal/file.h"

#define OUTPUT_BUFFER_BYTES (256u * 1024u)

struct output {
	struct file file;
	int error; /* 0 or −errno of the first call that failed */
	size_t filled;
	uint8_t buffer[OUTPUT_BUFFER_BYTES];
};

/* Makes or empties `path`; "-" is standard output. Returns `error`. */
int output_open(struct output *output, const char *path);

/* The same, but what is in `path` stays, and what is put goes behind it. */
int output_append(struct output *output, const char *path);

/* Where at least `length` ≤ OUTPUT_BUFFER_BYTES bytes may be written; output_advance says how many
 * were. After an error too: they go nowhere. */
uint8_t *output_room(struct output *output, size_t length);
static inline void output_advance(struct output *output, size_t length)
{
	output->filled += length;
}

/* Bytes of any length. */
void output_put(struct output *output, const void *bytes, size_t length);
/* Hands what is buffered to the system. */
void output_flush(struct output *output);
/* Flushes and closes; returns `error`. */
int output_close(struct output *output);

#endif
