/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Buffering and padding for MD5, SHA-1 and SHA-256; see merkle.h.
 */
#include "scanner/hash/merkle.h"

#include <string.h>

#include "scanner/hash/words.h"

void merkle_update(struct merkle *hash, const uint8_t *in, size_t length, merkle_blocks *blocks)
{
	size_t held = hash->length % MERKLE_BLOCK;
	size_t whole;

	hash->length += length;
	if (held > 0) {
		size_t part = MERKLE_BLOCK - held;

		if (length < part) {
			part = length;
		}
		memcpy(hash->block + held, in, part);
		in += part;
		length -= part;
		if (held + part < MERKLE_BLOCK) {
			return;
		}
		blocks(hash->state, hash->block, 1);
	}
	whole = length / MERKLE_BLOCK;
	if (whole > 0) {
		blocks(hash->state, in, whole);
		in += whole * MERKLE_BLOCK;
	}
	if (length % MERKLE_BLOCK > 0) {
		memcpy(hash->block, in, length % MERKLE_BLOCK);
	}
}

void merkle_pad(struct merkle *hash, enum merkle_order order, merkle_blocks *blocks)
{
	size_t held = hash->length % MERKLE_BLOCK;
	uint64_t bits = hash->length * 8;

	hash->block[held++] = 0x80;
	memset(hash->block + held, 0, MERKLE_BLOCK - held);
	if (held > MERKLE_BLOCK - sizeof(bits)) {
		blocks(hash->state, hash->block, 1);
		memset(hash->block, 0, MERKLE_BLOCK);
	}
	if (order == MERKLE_LENGTH_BE) {
		store_be32(hash->block + 56, (uint32_t)(bits >> 32));
		store_be32(hash->block + 60, (uint32_t)bits);
	} else {
		store_le64(hash->block + 56, bits);
	}
	blocks(hash->state, hash->block, 1);
}
