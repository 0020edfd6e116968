/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MD5, SHA-1 and SHA-256 have in common, the Merkle–Damgård construction:
 * whole blocks of 64 bytes go to a compression function, the rest waits, and the
 * end is padded with one bit, zeroes and the length in bits. Internal to hash/.
 */
#ifndef SCANNER_HASH_MERKLE_H
#define SCANNER_HASH_MERKLE_H

#include <stddef.h>
#include <stdint.h>

#define MERKLE_BLOCK 64

struct merkle {
	uint64_t length; /* bytes so far */
	uint32_t state[8];
	uint8_t block[MERKLE_BLOCK]; /* the last length % 64 bytes */
};

/* Compresses `count` blocks into the state; MD5 uses four of its words, SHA-1 five. */
typedef void merkle_blocks(uint32_t state[static 8], const uint8_t *blocks, size_t count);

enum merkle_order { MERKLE_LENGTH_LE, MERKLE_LENGTH_BE };

void merkle_update(struct merkle *hash, const uint8_t *in, size_t length, merkle_blocks *blocks);
void merkle_pad(struct merkle *hash, enum merkle_order order, merkle_blocks *blocks);

#endif
