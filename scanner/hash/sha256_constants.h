/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256's 64 round constants (FIPS 180-4 section 4.2.2), for its three bodies.
 * Internal to hash/.
 */
#ifndef SCANNER_HASH_SHA256_CONSTANTS_H
#define SCANNER_HASH_SHA256_CONSTANTS_H

#include <stdint.h>

extern const uint32_t sha256_constants[64];

#endif
