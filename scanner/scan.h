/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What long payload spends its time in, a vector at a time: searches for line ends and
 * for what may follow one, base64, checksums. Bodies: portable, SSE2 and AVX2, NEON;
 * scan_select() chooses once for all. Called by decode.c, smtp*.c and mail*.c on bytes
 * in place; nothing outside [bytes, bytes + length) is read. Any core may call; no state.
 */
#ifndef SCANNER_SCAN_H
#define SCANNER_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Call at start, before other cores run, with what the processor said of itself (hal/cpu.h).
 * Without a call the architecture's baseline is used. */
void scan_select(bool cpu_has_avx2);

/* Index of the first `byte`, or `length`. */
size_t scan_byte(const uint8_t *bytes, size_t length, uint8_t byte);
static inline size_t scan_line_feed(const uint8_t *bytes, size_t length)
{
	return scan_byte(bytes, length, '\n');
}

/* Index of the first `byte` that stands behind a CR, an LF or a NUL, or `length`. `previous`: the
 * byte before the first one. With '.' it finds every end of data and everything that might be
 * taken for one, with '-' every MIME boundary. */
size_t scan_behind_line_end(const uint8_t *bytes, size_t length, uint8_t byte, uint8_t previous);

/* Adds to `*letters` how many bytes before the first '=' are of base64's alphabet; returns the
 * index of that '=', or `length`. */
size_t scan_base64(const uint8_t *bytes, size_t length, size_t *letters);

/* Decodes groups of four base64 letters up to the first group that is none, or not whole. Returns
 * how many letters were taken, 4 for each 3 bytes written; up to SCAN_GROUPS_SPARE bytes behind
 * them are written, too. */
#define SCAN_GROUPS_SPARE 8u
size_t scan_base64_groups(const uint8_t *bytes, size_t length, uint8_t *out);

/* A number that is the same modulo 2^16 - 1 as the sum of all 16-bit words in the byte order of the
 * machine, and 0 only when all bytes are. `length`: a multiple of SCAN_SUM_STEP. */
#define SCAN_SUM_STEP 64u
uint64_t scan_sum(const uint8_t *bytes, size_t length);

#endif
