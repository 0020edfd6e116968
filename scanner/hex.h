/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes as hexadecimal digits, lower case. Any core may call; no state. */
#ifndef SCANNER_HEX_H
#define SCANNER_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Writes 2 × count digits. */
void hex_write(uint8_t *out, const uint8_t *bytes, size_t count);

#endif
