/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stream of stream.h. Kept bytes lie in one chain of blocks sorted by sequence
 * number and free of overlaps: those below `next` are retained until acknowledged,
 * those above wait for the gap before them to close.
 */
#include "scanner/stream.h"

#include <string.h>

#include "scanner/copy.h"

/* Acknowledgements beyond a hole before it counts as lost: captures may show a segment a little
 * after the acknowledgement of it. */
#define HOLES_MAX 3

static inline int32_t distance(uint32_t from, uint32_t to)
{
	return (int32_t)(to - from);
}

static inline uint32_t block_end(const struct block *block)
{
	return block->sequence + block->length;
}

void stream_start(struct stream *stream, uint32_t sequence, bool synchronized)
{
	stream->next = sequence;
	stream->acknowledged = sequence;
	stream->highest = sequence;
	stream->enforced = false;
	stream->started = true;
	stream->synchronized = synchronized;
}

void stream_release(struct stream *stream, struct pool *pool)
{
	pool_give_chain(pool, stream->first);
	stream->first = POOL_NONE;
	stream->last = POOL_NONE;
	stream->segments = 0;
}

/* What comparing a segment with the kept bytes tells. */
struct comparison {
	uint32_t covered; /* bytes of it below next of which a copy is kept */
	bool differs;
};

static struct comparison compare(const struct stream *stream, const struct pool *pool,
				 uint32_t start, uint32_t end, const struct segment *segment)
{
	struct comparison result = { 0, false };

	for (uint32_t index = stream->first; index != POOL_NONE;) {
		const struct block *block = pool_block(pool, index);
		uint32_t from = distance(start, block->sequence) > 0 ? block->sequence : start;
		uint32_t to = distance(block_end(block), end) > 0 ? block_end(block) : end;

		if (distance(end, block->sequence) >= 0) {
			break;
		}
		if (distance(from, to) > 0) {
			result.differs |= memcmp(block->data + (from - block->sequence),
						 segment->bytes + (from - segment->sequence),
						 to - from) != 0;
			if (distance(from, stream->next) > 0) {
				to = distance(to, stream->next) < 0 ? stream->next : to;
				result.covered += to - from;
			}
		}
		index = block->next;
	}
	return result;
}

/* A new block between `previous` and what follows it. */
static struct block *add_block(struct stream *stream, struct pool *pool, uint32_t previous,
			       uint32_t sequence)
{
	uint32_t index = pool_take(pool);

	if (index == POOL_NONE) {
		return NULL;
	}
	struct block *block = pool_block(pool, index);

	block->sequence = sequence;
	if (previous == POOL_NONE) {
		block->next = stream->first;
		stream->first = index;
	} else {
		block->next = pool_block(pool, previous)->next;
		pool_block(pool, previous)->next = index;
	}
	if (block->next == POOL_NONE) {
		stream->last = index;
	}
	return block;
}

/* Whether anything that is kept ends behind `sequence`. */
static bool ends_behind(const struct stream *stream, const struct pool *pool, uint32_t sequence)
{
	return stream->last != POOL_NONE &&
	       distance(sequence, block_end(pool_block(pool, stream->last))) > 0;
}

/* Keeps those of the bytes that are not kept yet. Returns how many were added; `*full` when the
 * pool gave out before the end. `starts` marks the first block that grew as the beginning of an
 * out-of-order segment. */
static uint32_t keep(struct stream *stream, struct pool *pool, struct segment part, bool starts,
		     bool *full)
{
	uint32_t previous = POOL_NONE;
	uint32_t index = stream->first;
	uint32_t added = 0;

	if (stream->last != POOL_NONE && !ends_behind(stream, pool, part.sequence)) {
		previous = stream->last;
		index = POOL_NONE;
	}
	while (part.length != 0) {
		uint32_t run = part.length;
		struct block *block = previous != POOL_NONE ? pool_block(pool, previous) : NULL;

		if (index != POOL_NONE) {
			struct block *at = pool_block(pool, index);

			if (distance(block_end(at), part.sequence) >= 0) {
				previous = index;
				index = at->next;
				continue;
			}
			if (distance(at->sequence, part.sequence) >= 0) {
				run = block_end(at) - part.sequence;
				run = run < part.length ? run : part.length;
				part.sequence += run;
				part.bytes += run;
				part.length -= run;
				continue;
			}
			run = at->sequence - part.sequence;
			run = run < part.length ? run : part.length;
		}
		if (block == NULL || block_end(block) != part.sequence ||
		    block->length == POOL_DATA_BYTES) {
			block = add_block(stream, pool, previous, part.sequence);
			if (block == NULL) {
				*full = true;
				return added;
			}
			previous = previous == POOL_NONE ? stream->first :
							   pool_block(pool, previous)->next;
		}
		run = run < POOL_DATA_BYTES - block->length ? run : POOL_DATA_BYTES - block->length;
		copy_short(block->data + block->length, part.bytes, run);
		block->length = (uint16_t)(block->length + run);
		block->starts = (uint16_t)(block->starts + starts);
		stream->segments = (uint16_t)(stream->segments + starts);
		starts = false;
		added += run;
		part.sequence += run;
		part.bytes += run;
		part.length -= run;
	}
	return added;
}

/* Whether new bytes may be taken at all, before anything is changed. */
static enum stream_result check_bounds(const struct stream *stream,
				       const struct stream_limits *limits,
				       const struct segment *segment)
{
	uint32_t end = segment->sequence + segment->length;
	int32_t ahead = distance(stream->next, segment->sequence);

	/* one byte at the very edge is a zero-window probe */
	if (stream->window != 0 && distance(stream->window, segment->sequence) > 0) {
		return STREAM_WINDOW;
	}
	if (ahead > 0 && (distance(stream->next, end) > (int32_t)limits->reorder_bytes ||
			  stream->segments >= limits->reorder_segments)) {
		return STREAM_REORDER;
	}
	/* A retransmission can be held against what was forwarded only while that is kept; when
	 * enforcing, no more is let through than is kept. */
	if (limits->enforcing && distance(stream->next, end) > 0 &&
	    distance(stream->acknowledged, end) > (int32_t)limits->retain_bytes) {
		return STREAM_RETAIN;
	}
	return STREAM_OK;
}

/* The part of a segment of which a copy is to be kept; empty when it has no new bytes. */
static struct segment part_to_keep(const struct stream *stream, const struct stream_limits *limits,
				   const struct segment *segment)
{
	struct segment part = *segment;
	int32_t old = distance(part.sequence, stream->next);

	if (old > 0) {
		uint32_t skip = (uint32_t)old < part.length ? (uint32_t)old : part.length;

		part.sequence += skip;
		part.bytes += skip;
		part.length -= skip;
	}
	if (distance(stream->next, part.sequence) <= 0) { /* in order: bounded by retain_bytes */
		uint32_t retained = part.sequence - stream->acknowledged;
		uint32_t room = retained < limits->retain_bytes ? limits->retain_bytes - retained :
								  0;

		part.length = part.length < room ? part.length : room;
	}
	return part;
}

/* At most so many: the holes that it fills are one more than what is kept out of order. */
static uint32_t blocks_needed(const struct stream *stream, const struct segment *part)
{
	return part->length != 0 ? part->length / POOL_DATA_BYTES + stream->segments + 1 : 0;
}

/* Whether [start, end) of a segment agrees with what was forwarded. When enforcing, for bytes from
 * before it began it is enough not to differ from what happens to be kept. */
static enum stream_result verify(const struct stream *stream, const struct pool *pool,
				 uint32_t start, bool enforcing, struct segment *segment)
{
	uint32_t end = segment->sequence + segment->length;
	uint32_t below = distance(end, stream->next) > 0 ? end : stream->next;
	struct comparison found = compare(stream, pool, start, end, segment);

	if (found.differs) {
		segment->agrees = false;
		return STREAM_CONFLICT;
	}
	if (distance(start, below) <= 0 || found.covered == below - start) {
		return STREAM_OK;
	}
	if (!enforcing || distance(start, stream->unkept_end) <= 0) {
		return STREAM_UNVERIFIED;
	}
	segment->excused = true;
	start = stream->unkept_end;
	return distance(start, below) <= 0 ||
			       compare(stream, pool, start, end, segment).covered == below - start ?
		       STREAM_OK :
		       STREAM_UNVERIFIED;
}

enum stream_result stream_segment(struct stream *stream, struct pool *pool,
				  const struct stream_limits *limits, struct segment *segment,
				  uint64_t *copied)
{
	uint32_t end = segment->sequence + segment->length;
	uint32_t start = distance(stream->acknowledged, segment->sequence) > 0 ?
				 segment->sequence :
				 stream->acknowledged;
	enum stream_result result = STREAM_OK;
	bool ordered = distance(stream->next, segment->sequence) <= 0;

	if (limits->enforcing && !stream->enforced) {
		stream->unkept_end = stream->highest;
	}
	stream->enforced = limits->enforcing;
	segment->agrees = true;
	segment->excused = false;
	if (distance(start, end) <= 0) { /* the receiver has all of it and discards it */
		return STREAM_OK;
	}
	if (distance(start, stream->next) > 0 || ends_behind(stream, pool, start)) {
		result = verify(stream, pool, start, limits->enforcing, segment);
	}
	enum stream_result bounds = check_bounds(stream, limits, segment);

	if (bounds == STREAM_WINDOW || (limits->enforcing && result != STREAM_OK)) {
		return result != STREAM_OK ? result : bounds;
	}
	if (bounds == STREAM_OK) {
		struct segment part = part_to_keep(stream, limits, segment);
		bool full = false;

		if (limits->enforcing && pool->free_count < blocks_needed(stream, &part)) {
			return STREAM_MEMORY;
		}
		*copied += keep(stream, pool, part, !ordered && part.length != 0, &full);
		bounds = full && (limits->enforcing || !ordered) ? STREAM_MEMORY : STREAM_OK;
	}
	if (bounds != STREAM_OK && limits->enforcing) {
		return bounds;
	}
	if (distance(stream->highest, end) > 0) {
		stream->highest = end;
	}
	return result != STREAM_OK ? result : bounds;
}

/* Out-of-order segments that have been read no longer count. */
static void settle(struct stream *stream, const struct pool *pool)
{
	for (uint32_t index = stream->first; index != POOL_NONE && stream->segments != 0;) {
		struct block *block = pool_block(pool, index);

		if (distance(stream->next, block_end(block)) > 0) {
			break;
		}
		stream->segments = (uint16_t)(stream->segments - block->starts);
		block->starts = 0;
		index = block->next;
	}
}

/* The kept bytes at `next`, or where the next kept bytes begin. */
static const struct block *block_at(const struct stream *stream, const struct pool *pool)
{
	for (uint32_t index = stream->first; index != POOL_NONE;) {
		const struct block *block = pool_block(pool, index);

		if (distance(stream->next, block_end(block)) > 0) {
			return block;
		}
		index = block->next;
	}
	return NULL;
}

uint32_t stream_read(struct stream *stream, const struct pool *pool, const struct segment *segment,
		     const uint8_t **bytes)
{
	uint32_t offset = stream->next - segment->sequence;
	bool inside = distance(segment->sequence, stream->next) >= 0 && offset < segment->length;
	uint32_t length = inside ? segment->length - offset : 0;

	if (!inside && !ends_behind(stream, pool, stream->next)) {
		return 0; /* nothing kept beyond what was read */
	}
	*bytes = inside ? segment->bytes + offset : NULL;
	if (!inside || !segment->agrees) {
		const struct block *block = block_at(stream, pool);
		int32_t ahead = block != NULL ? distance(stream->next, block->sequence) : 0;

		if (block != NULL && ahead <= 0) { /* forwarded first: these bytes count */
			*bytes = block->data + (stream->next - block->sequence);
			length = block_end(block) - stream->next;
		} else if (block != NULL && inside) {
			length = (uint32_t)ahead < length ? (uint32_t)ahead : length;
		}
	}
	stream->next += length;
	stream->holes = length != 0 ? 0 : stream->holes;
	settle(stream, pool);
	return length;
}

bool stream_acknowledge(struct stream *stream, struct pool *pool, uint32_t sequence)
{
	if (!stream->started || distance(stream->acknowledged, sequence) <= 0 ||
	    distance(stream->highest, sequence) > 0) { /* of bytes not sent: not believed */
		return true;
	}
	if (distance(stream->next, sequence) > 0) {
		stream->holes++;
		stream->gap = stream->holes >= HOLES_MAX;
		sequence = stream->next;
	}
	stream->acknowledged = sequence;
	if (distance(stream->unkept_end, sequence) > 0) { /* or it would lie ahead in 2 GiB */
		stream->unkept_end = sequence;
	}
	while (stream->first != POOL_NONE) {
		struct block *block = pool_block(pool, stream->first);
		uint32_t next = block->next;

		if (distance(block_end(block), sequence) < 0) {
			break;
		}
		stream->segments = (uint16_t)(stream->segments - block->starts);
		pool_give(pool, stream->first);
		stream->first = next;
	}
	stream->last = stream->first != POOL_NONE ? stream->last : POOL_NONE;
	return !stream->gap;
}
