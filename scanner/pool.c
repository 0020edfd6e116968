/* SPDX-License-Identifier: BSD-2-Clause */
/* The block pool of pool.h: an intrusive free list, and byte strings made of blocks. */
#include "scanner/pool.h"

#include "scanner/copy.h"

void pool_init(struct pool *pool, void *memory, uint32_t count)
{
	pool->blocks = memory;
	pool->count = count;
	pool->free = count != 0 ? 1 : POOL_NONE;
	pool->free_count = count;
	for (uint32_t i = 0; i < count; i++) {
		pool->blocks[i].next = i + 1 < count ? i + 2 : POOL_NONE;
	}
}

uint32_t pool_take(struct pool *pool)
{
	uint32_t index = pool->free;

	if (index == POOL_NONE) {
		return POOL_NONE;
	}
	struct block *block = pool_block(pool, index);

	pool->free = block->next;
	pool->free_count--;
	block->next = POOL_NONE;
	block->length = 0;
	block->starts = 0;
	block->flags = 0;
	return index;
}

void pool_give(struct pool *pool, uint32_t index)
{
	struct block *block = pool_block(pool, index);

	block->next = pool->free;
	pool->free = index;
	pool->free_count++;
}

void pool_give_chain(struct pool *pool, uint32_t first)
{
	while (first != POOL_NONE) {
		uint32_t next = pool_block(pool, first)->next;

		pool_give(pool, first);
		first = next;
	}
}

/* Not within one block. */
static __attribute__((noinline)) bool append_blocks(struct pool *pool, struct text *text,
						    const uint8_t *bytes, size_t length,
						    size_t room)
{
	if ((length - room + POOL_DATA_BYTES - 1) / POOL_DATA_BYTES > pool->free_count) {
		return false;
	}
	text->length += (uint32_t)length;
	while (length != 0) {
		if (room == 0) {
			uint32_t index = pool_take(pool);

			if (text->last != POOL_NONE) {
				pool_block(pool, text->last)->next = index;
			} else {
				text->first = index;
			}
			text->last = index;
			room = POOL_DATA_BYTES;
		}
		struct block *block = pool_block(pool, text->last);
		size_t part = length < room ? length : room;

		copy_short(block->data + block->length, bytes, part);
		block->length = (uint16_t)(block->length + part);
		bytes += part;
		length -= part;
		room -= part;
	}
	return true;
}

bool text_append(struct pool *pool, struct text *text, const uint8_t *bytes, size_t length)
{
	struct block *last = text->last != POOL_NONE ? pool_block(pool, text->last) : NULL;
	size_t room = last != NULL ? POOL_DATA_BYTES - last->length : 0;

	if (length > room) {
		return append_blocks(pool, text, bytes, length, room);
	}
	if (length != 0) {
		copy_short(last->data + last->length, bytes, length);
		last->length = (uint16_t)(last->length + length);
		text->length += (uint32_t)length;
	}
	return true;
}

void text_clear(struct pool *pool, struct text *text)
{
	pool_give_chain(pool, text->first);
	*text = (struct text){ 0 };
}

/* Not within one block. */
static __attribute__((noinline)) size_t copy_blocks(const struct pool *pool,
						    const struct text *text, size_t offset,
						    uint8_t *out, size_t length)
{
	size_t copied = 0;

	for (uint32_t index = text->first; index != POOL_NONE && copied < length;) {
		const struct block *block = pool_block(pool, index);

		if (offset < block->length) {
			size_t part = block->length - offset;

			part = part < length - copied ? part : length - copied;
			copy_short(out + copied, block->data + offset, part);
			copied += part;
			offset = 0;
		} else {
			offset -= block->length;
		}
		index = block->next;
	}
	return copied;
}

size_t text_copy(const struct pool *pool, const struct text *text, size_t offset, uint8_t *out,
		 size_t length)
{
	if (text->first != text->last || text->first == POOL_NONE) {
		return copy_blocks(pool, text, offset, out, length);
	}
	const struct block *block = pool_block(pool, text->first); /* as most are */
	size_t copied = offset < block->length ? block->length - offset : 0;

	copied = copied < length ? copied : length;
	copy_short(out, block->data + offset, copied);
	return copied;
}

void text_overwrite(struct pool *pool, const struct text *text, size_t offset, const uint8_t *bytes,
		    size_t length)
{
	for (uint32_t index = text->first; index != POOL_NONE && length != 0;) {
		struct block *block = pool_block(pool, index);

		if (offset < block->length) {
			size_t part = block->length - offset;

			part = part < length ? part : length;
			copy_short(block->data + offset, bytes, part);
			bytes += part;
			length -= part;
			offset = 0;
		} else {
			offset -= block->length;
		}
		index = block->next;
	}
}
