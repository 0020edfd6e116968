/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Punycode (RFC 3492): the ASCII form of a label with letters beyond ASCII. Encoding
 * only: names are matched as A-labels. Any core may call; no state.
 */
#ifndef SCANNER_PUNYCODE_H
#define SCANNER_PUNYCODE_H

#include <stddef.h>
#include <stdint.h>

/* A DNS label (RFC 1035 section 2.3.4). */
#define PUNYCODE_LABEL_MAX 63

/* Writes "xn--" and the encoding of `count` letters. Returns the length, or 0 when there are none
 * or the label would be longer than PUNYCODE_LABEL_MAX. */
size_t punycode_label(const uint32_t *letters, size_t count,
		      uint8_t out[static PUNYCODE_LABEL_MAX]);

#endif
