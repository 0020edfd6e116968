/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fixed-size memory blocks: the one bounded store behind out-of-order segments,
 * retained bytes, pieces of KEXINITs and texts. All memory is handed in once;
 * taking and giving is constant time; an empty pool is an answer, not an error.
 * Data core only, not thread safe.
 */
#ifndef SCANNER_POOL_H
#define SCANNER_POOL_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POOL_BLOCK_BYTES 512u
#define POOL_DATA_BYTES 496u
#define POOL_NONE 0u /* block indices start at 1 */

/* `sequence`, `starts` and `flags` belong to the stream (stream.h); a text leaves them alone. */
struct block {
	uint32_t next; /* index, or POOL_NONE */
	uint32_t sequence;
	uint16_t length; /* bytes used in data */
	uint16_t starts;
	uint32_t flags;
	uint8_t data[POOL_DATA_BYTES];
};

static_assert(sizeof(struct block) == POOL_BLOCK_BYTES, "a block fills its slot");

struct pool {
	struct block *blocks; /* blocks[index - 1] */
	uint32_t count;
	uint32_t free; /* first free block */
	uint32_t free_count;
};

/* Takes over `memory`: count × POOL_BLOCK_BYTES bytes, aligned to 8. */
void pool_init(struct pool *pool, void *memory, uint32_t count);

static inline struct block *pool_block(const struct pool *pool, uint32_t index)
{
	assert(index - 1 < pool->count);
	return &pool->blocks[index - 1];
}

/* Returns a block with next, length and starts zeroed, or POOL_NONE when none is left. */
uint32_t pool_take(struct pool *pool);
void pool_give(struct pool *pool, uint32_t index);
/* Gives back `first` and all that follow it. POOL_NONE is allowed. */
void pool_give_chain(struct pool *pool, uint32_t first);

/* A byte string that grows at its end and lives in blocks. All zero is the empty one. */
struct text {
	uint32_t first;
	uint32_t last;
	uint32_t length;
};

/* Appends all of it or, when the pool is empty, nothing: then false. */
bool text_append(struct pool *pool, struct text *text, const uint8_t *bytes, size_t length);
void text_clear(struct pool *pool, struct text *text);
/* Copies up to `length` bytes from `offset` on; returns how many there were. */
size_t text_copy(const struct pool *pool, const struct text *text, size_t offset, uint8_t *out,
		 size_t length);
/* Puts other bytes in the place of those from `offset` on. offset + length ≤ text->length. */
void text_overwrite(struct pool *pool, const struct text *text, size_t offset, const uint8_t *bytes,
		    size_t length);

#endif
