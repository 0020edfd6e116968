/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bodies of scan.h's searches, one file each: scan.c (portable), scan_x86.c
 * (SSE2, which every x86-64 has), scan_avx2_x86.c, scan_arm.c (NEON, which every
 * AArch64 has). All give the same answers and read nothing outside the bytes given.
 * Internal to scan*.c and its test.
 */
#ifndef SCANNER_SCAN_BODY_H
#define SCANNER_SCAN_BODY_H

#include "scanner/scan.h"

struct scan_body {
	size_t (*byte)(const uint8_t *bytes, size_t length, uint8_t byte);
	size_t (*behind_line_end)(const uint8_t *bytes, size_t length, uint8_t byte,
				  uint8_t previous);
	size_t (*base64)(const uint8_t *bytes, size_t length, size_t *letters);
	size_t (*groups)(const uint8_t *bytes, size_t length, uint8_t *out);
	uint64_t (*sum)(const uint8_t *bytes, size_t length);
};

/* The portable scan_base64_groups(), in base64.c, and scan_sum(). */
size_t base64_groups(const uint8_t *bytes, size_t length, uint8_t *out);
uint64_t scan_sum_portable(const uint8_t *bytes, size_t length);

extern const struct scan_body scan_portable;
/* What the architecture always has; without scan_select() it is used. */
extern const struct scan_body scan_baseline;
/* x86-64 alone, and only for processors that have AVX2. */
extern const struct scan_body scan_avx2;
/* The best body for the processor: one definition an architecture. */
const struct scan_body *scan_best(bool cpu_has_avx2);

/* A CR, an LF or a NUL: what one reader or another of mail takes for a line's end. */
static inline bool scan_ends_line(uint8_t byte)
{
	return byte == '\n' || byte == '\r' || byte == '\0';
}

#endif
