/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One direction of a TCP connection that is being read: puts segments in order
 * and holds every sequence number to one value. Between session.c, which knows
 * both directions and the flags, and the protocol parsers.
 *
 * An inline box need not guess how a host reassembles (23 stacks differ): it
 * forwards segments as they come, and the bytes forwarded first are the ones that
 * count. In-order bytes are read in place; a copy is kept until the receiver
 * acknowledges them, and of out-of-order bytes until they have been read, so that
 * a later segment with other bytes for the same sequence numbers is noticed. When
 * enforcing it is dropped, and so is what could not be kept: the sender sends it
 * again. All of it is bounded.
 *
 * Data core only. Sequence arithmetic is modulo 2^32 (RFC 9293 section 3.4).
 */
#ifndef SCANNER_STREAM_H
#define SCANNER_STREAM_H

#include "scanner/pool.h"

struct stream_limits {
	uint32_t reorder_segments;
	uint32_t reorder_bytes;
	uint32_t retain_bytes;
	bool enforcing;
};

struct stream {
	uint32_t next; /* the sequence number to be read next */
	uint32_t acknowledged; /* by the receiver; never beyond next */
	uint32_t highest; /* end of what was forwarded within the window */
	uint32_t unkept_end; /* when enforcing: end of what was forwarded before it began */
	uint32_t window; /* end of the receiver's window; 0 until known */
	uint32_t first, last; /* blocks with bytes at and above acknowledged, in order */
	uint16_t segments; /* out-of-order segments kept */
	uint8_t scale; /* window scale of the sender of this direction (RFC 7323) */
	uint8_t holes; /* acknowledgements that covered bytes never seen */
	bool started; /* next is meaningful */
	bool synchronized; /* it began with a SYN */
	bool fin; /* the sender ended it, at fin_at */
	bool fin_acknowledged; /* the receiver has all of it */
	bool gap; /* bytes were lost for good: not read any further */
	bool enforced; /* unkept_end is valid: the last segment came while enforcing */
	uint32_t fin_at;
};

enum stream_result {
	STREAM_OK, /* read, kept for later, or known already */
	STREAM_CONFLICT, /* other bytes than those forwarded first */
	STREAM_UNVERIFIED, /* repeats bytes of which no copy was kept; when enforcing, only such
			      as were forwarded since it began */
	STREAM_REORDER, /* beyond the reordering bound: not kept */
	STREAM_RETAIN, /* beyond the bytes kept unacknowledged (when enforcing only) */
	STREAM_WINDOW, /* outside the receiver's window */
	STREAM_MEMORY /* no block left */
};

/* Where the first byte is to be read. */
void stream_start(struct stream *stream, uint32_t sequence, bool synchronized);
/* Frees all blocks; the sequence state stays. */
void stream_release(struct stream *stream, struct pool *pool);

struct segment {
	uint32_t sequence;
	uint32_t length;
	const uint8_t *bytes;
	bool agrees; /* set by stream_segment(): no byte of it differs from a kept one */
	bool excused; /* set by it when enforcing: repeats bytes that were forwarded, and not
			 kept, before it began; taken, or the connection would stall */
};

/* Takes a segment with payload. Afterwards, unless it is to be dropped, stream_read() gives what
 * can now be read. Nothing was taken, and nothing is to be read, after STREAM_WINDOW and, when
 * enforcing, after every result but STREAM_OK: drop it then. `copied` counts bytes kept. */
enum stream_result stream_segment(struct stream *stream, struct pool *pool,
				  const struct stream_limits *limits, struct segment *segment,
				  uint64_t *copied);
/* The next contiguous bytes to read, from the segment just taken or from blocks: their number, 0
 * when there are none. Advances next. Call until 0, with the same segment. */
uint32_t stream_read(struct stream *stream, const struct pool *pool, const struct segment *segment,
		     const uint8_t **bytes);
/* A segment was refused for a bound, and the receiver already acknowledged more than was read: what
 * it has will not be sent again, and refusing the rest would stop the connection. */
static inline bool stream_is_stuck(const struct stream *stream, enum stream_result result)
{
	return stream->holes != 0 && (result == STREAM_REORDER || result == STREAM_RETAIN);
}

/* The receiver acknowledged up to `sequence`. Returns false when it has bytes that never came by
 * (a gap) and will not come any more. */
bool stream_acknowledge(struct stream *stream, struct pool *pool, uint32_t sequence);

#endif
