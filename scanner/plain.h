/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plain bytes: printable ASCII but the quote and the backslash, as nearly all of what
 * names, addresses and words are made of. What is plain stands in JSON as it is, and
 * has neither controls nor quoting. Any core may call; no state.
 */
#ifndef SCANNER_PLAIN_H
#define SCANNER_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether all of them are. */
bool plain_all(const uint8_t *bytes, size_t length);
/* How many at the start are. */
size_t plain_length(const uint8_t *bytes, size_t length);

#endif
