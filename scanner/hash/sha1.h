/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-1 (FIPS 180-4), for the community id, which is defined with it. Broken as a
 * cryptographic hash: nothing here relies on its strength. Incremental: init, any
 * number of updates, final. The state belongs to the caller; any core may call.
 */
#ifndef SCANNER_HASH_SHA1_H
#define SCANNER_HASH_SHA1_H

#include <stddef.h>
#include <stdint.h>

#include "scanner/hash/merkle.h"

#define SHA1_SIZE 20

struct sha1 {
	struct merkle merkle;
};

void sha1_init(struct sha1 *hash);
void sha1_update(struct sha1 *hash, const void *in, size_t length);
/* Writes the digest; `hash` must be initialised again before further use. */
void sha1_final(struct sha1 *hash, uint8_t digest[static SHA1_SIZE]);

#endif
