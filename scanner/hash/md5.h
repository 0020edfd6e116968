/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MD5 (RFC 1321), for HASSH and JA3, which are defined with it. Broken as a
 * cryptographic hash: nothing here relies on its strength. Incremental: init, any
 * number of updates, final. The state belongs to the caller; any core may call.
 */
#ifndef SCANNER_HASH_MD5_H
#define SCANNER_HASH_MD5_H

#include <stddef.h>
#include <stdint.h>

#include "scanner/hash/merkle.h"

#define MD5_SIZE 16

struct md5 {
	struct merkle merkle;
};

void md5_init(struct md5 *hash);
void md5_update(struct md5 *hash, const void *in, size_t length);
/* Writes the digest; `hash` must be initialised again before further use. */
void md5_final(struct md5 *hash, uint8_t digest[static MD5_SIZE]);

#endif
