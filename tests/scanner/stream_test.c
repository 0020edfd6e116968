/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One direction of TCP against plain models: whatever the order, size and repetition
 * of segments within the bounds, what is read is what was sent; of two values for a
 * sequence number the one forwarded first is read, and the other noticed; what lies
 * beyond a bound is refused for its reason and leaves no trace. After every case all
 * blocks are back in the pool.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "scanner/stream.h"

#define BLOCKS 512u
#define SENT_MAX 200000u

static _Alignas(8) uint8_t memory[BLOCKS * POOL_BLOCK_BYTES];
static struct pool pool;
static struct stream stream;
static struct stream_limits limits;
static uint32_t first; /* sequence number of the first byte */
static uint64_t copied;
static uint64_t random_state;

static uint8_t sent[SENT_MAX];
static uint8_t out[SENT_MAX]; /* what was read */
static uint32_t out_length;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((random_state >> 33) % n);
}

static void start(uint32_t sequence)
{
	memset(&stream, 0, sizeof(stream));
	first = sequence;
	out_length = 0;
	copied = 0;
	stream_start(&stream, sequence, true);
}

static int setup(void **state)
{
	(void)state;
	pool_init(&pool, memory, BLOCKS);
	limits = (struct stream_limits){
		.reorder_segments = 32,
		.reorder_bytes = 65536,
		.retain_bytes = 65536,
	};
	random_state = 7;
	for (size_t i = 0; i < SENT_MAX; i++) {
		sent[i] = (uint8_t)random_below(256);
	}
	start(1000);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	stream_release(&stream, &pool);
	assert_int_equal(pool.free_count, pool.count);
	return 0;
}

/* The segment's bytes are gone when the call returns, as a frame's are. */
static enum stream_result give(uint32_t offset, uint32_t length, const uint8_t *bytes)
{
	static uint8_t frame[70000];
	struct segment segment = { .sequence = first + offset, .length = length, .bytes = frame };
	const uint8_t *at;
	uint32_t count;

	memcpy(frame, bytes, length);
	enum stream_result result = stream_segment(&stream, &pool, &limits, &segment, &copied);

	if (result == STREAM_WINDOW || (limits.enforcing && result != STREAM_OK)) {
		return result; /* dropped, or not for its receiver */
	}
	while ((count = stream_read(&stream, &pool, &segment, &at)) != 0) {
		assert_true(out_length + count <= SENT_MAX);
		memcpy(out + out_length, at, count);
		out_length += count;
	}
	assert_int_equal(stream.next, first + out_length);
	memset(frame, 0xee, length);
	return result;
}

static enum stream_result give_sent(uint32_t offset, uint32_t length)
{
	return give(offset, length, sent + offset);
}

static bool acknowledge(uint32_t offset)
{
	return stream_acknowledge(&stream, &pool, first + offset);
}

/* Blocks are sorted, without overlap, not empty, and their segments add up. */
static void assert_chain(void)
{
	uint32_t previous = POOL_NONE, starts = 0, blocks = 0;

	for (uint32_t index = stream.first; index != POOL_NONE; blocks++) {
		const struct block *block = pool_block(&pool, index);

		assert_in_range(block->length, 1, POOL_DATA_BYTES);
		if (previous != POOL_NONE) {
			const struct block *before = pool_block(&pool, previous);

			assert_true((int32_t)(block->sequence - before->sequence) >=
				    (int32_t)before->length);
		}
		starts += block->starts;
		previous = index;
		index = block->next;
	}
	assert_int_equal(stream.last, previous);
	assert_int_equal(stream.segments, starts);
	assert_int_equal(pool.free_count + blocks, pool.count);
}

/* --- agreeing segments --- */

static void run_random(uint32_t sequence, uint32_t longest)
{
	const uint32_t total = 100000;
	uint32_t acknowledged = 0;

	start(sequence);
	while (out_length < total) {
		uint32_t back = random_below(4) == 0 ? random_below(4000) : 0;
		uint32_t ahead = random_below(3) == 0 ? random_below(20000) : 0;
		uint32_t offset = out_length > back ? out_length - back : 0;
		uint32_t length = 1 + random_below(longest);

		offset += ahead;
		if (offset >= total) {
			continue;
		}
		length = length < total - offset ? length : total - offset;
		enum stream_result result = give_sent(offset, length);

		if (result != STREAM_OK) { /* when out of order only: the sender will repeat it */
			assert_true(result == STREAM_REORDER || result == STREAM_RETAIN);
			assert_true(ahead != 0);
		}
		if (random_below(3) == 0 || out_length - acknowledged > 30000) {
			acknowledged += random_below(out_length - acknowledged + 1);
			if (random_below(3) == 0) {
				acknowledged = out_length;
			}
			assert_true(acknowledge(acknowledged));
		}
		if (random_below(16) == 0) {
			assert_chain();
		}
	}
	assert_int_equal(out_length, total);
	assert_memory_equal(out, sent, total);
	assert_true(acknowledge(total));
	assert_int_equal(stream.segments, 0);
	assert_int_equal(pool.free_count, pool.count); /* all was acknowledged */
	assert_true(copied >= total / 2);
}

static void segments_random_order_read_as_sent(void **state)
{
	static const uint32_t longest[] = { 3, 100, 500, 1460, 9000 };

	(void)state;
	for (unsigned enforcing = 0; enforcing < 2; enforcing++) {
		limits.enforcing = enforcing != 0;
		for (unsigned i = enforcing; i < 5; i++) {
			run_random(1 + i, longest[i]);
		}
	}
}

static void segments_random_order_sequence_wraps(void **state)
{
	(void)state;
	for (unsigned enforcing = 0; enforcing < 2; enforcing++) {
		limits.enforcing = enforcing != 0;
		run_random(UINT32_MAX - 50000, 1460);
		run_random(INT32_MAX - 50000u, 700);
	}
}

/* Every order of five segments, one of them sent twice. */
static void segments_every_order_read_as_sent(void **state)
{
	static const uint32_t cut[] = { 0, 1, 400, 1000, 1496, 2500 };
	unsigned orders = 0;

	(void)state;
	for (unsigned code = 0; code < 3125; code++) {
		unsigned used = 0, digits = code;

		for (unsigned i = 0; i < 5; i++, digits /= 5) {
			used |= 1u << digits % 5;
		}
		if (used != 31) {
			continue;
		}
		orders++;
		start(UINT32_MAX - 700);
		digits = code;
		for (unsigned i = 0; i < 5; i++, digits /= 5) {
			unsigned which = digits % 5;

			assert_int_equal(give_sent(cut[which], cut[which + 1] - cut[which]),
					 STREAM_OK);
			assert_int_equal(give_sent(cut[code % 5],
						   cut[code % 5 + 1] - cut[code % 5]),
					 STREAM_OK);
			assert_chain();
		}
		assert_int_equal(out_length, 2500);
		assert_memory_equal(out, sent, 2500);
		assert_int_equal(stream.segments, 0);
		stream_release(&stream, &pool);
	}
	assert_int_equal(orders, 120);
}

/* --- two overlapping segments in all 13 arrangements --- */

struct interval {
	uint32_t from, to;
};

/* Allen's relations of an interval to [20, 40). */
static const struct interval arrangements[13] = {
	{ 5, 15 },  { 5, 20 },	{ 5, 30 },  { 5, 40 },	{ 5, 50 },  { 20, 30 }, { 20, 40 },
	{ 20, 50 }, { 25, 35 }, { 25, 40 }, { 25, 50 }, { 40, 50 }, { 45, 55 },
};
static const struct interval fixed = { 20, 40 };
#define ALL 60u

/* Sends the fixed interval and then the other, with the byte at `lie` changed (none: ALL), then
 * what is missing; expects what was forwarded first. `before`: in order up to where the first of
 * them begins, else all is out of order. */
static void play(const struct interval *one, const struct interval *two, uint32_t lie, bool before)
{
	uint8_t bytes[ALL], expected[ALL];
	bool known[ALL] = { false };
	bool overlaps = lie >= one->from && lie < one->to && lie >= two->from && lie < two->to;
	uint32_t begin = one->from < two->from ? one->from : two->from;

	start(UINT32_MAX - 27);
	memcpy(expected, sent, ALL);
	memcpy(bytes, sent, ALL);
	if (before) {
		assert_int_equal(give_sent(0, begin), STREAM_OK);
	}
	assert_int_equal(give_sent(one->from, one->to - one->from), STREAM_OK);
	for (uint32_t i = one->from; i < one->to; i++) {
		known[i] = true;
	}
	if (lie < ALL) {
		bytes[lie] ^= 0x55;
	}
	enum stream_result result = give(two->from, two->to - two->from, bytes + two->from);

	assert_int_equal(result, overlaps ? STREAM_CONFLICT : STREAM_OK);
	assert_chain();
	if (!(limits.enforcing && overlaps)) {
		for (uint32_t i = two->from; i < two->to; i++) {
			expected[i] = known[i] ? expected[i] : bytes[i];
		}
	}
	/* all that is there once more, so that it is complete */
	assert_int_equal(give(0, ALL, expected), STREAM_OK);
	assert_int_equal(out_length, ALL);
	assert_memory_equal(out, expected, ALL);
	stream_release(&stream, &pool);
	assert_int_equal(pool.free_count, pool.count);
}

static void overlap_13_arrangements_first_forwarded_counts(void **state)
{
	(void)state;
	for (unsigned enforcing = 0; enforcing < 2; enforcing++) {
		limits.enforcing = enforcing != 0;
		for (unsigned i = 0; i < 13; i++) {
			for (uint32_t lie = 0; lie <= ALL; lie++) {
				const struct interval *other = &arrangements[i];

				if (lie < ALL && (lie < other->from || lie >= other->to)) {
					continue;
				}
				play(&fixed, other, lie, true);
				play(&fixed, other, lie, false);
			}
			for (uint32_t lie = fixed.from; lie < fixed.to; lie++) {
				play(&arrangements[i], &fixed, lie, true);
				play(&arrangements[i], &fixed, lie, false);
			}
		}
	}
}

/* Three: the third lies over both and the hole between them, with other bytes everywhere. */
static void overlap_conflict_over_hole_only_hole_taken(void **state)
{
	uint8_t lies[60];

	(void)state;
	for (unsigned enforcing = 0; enforcing < 2; enforcing++) {
		limits.enforcing = enforcing != 0;
		start(5);
		assert_int_equal(give_sent(10, 10), STREAM_OK);
		assert_int_equal(give_sent(30, 10), STREAM_OK);
		for (unsigned i = 0; i < 60; i++) {
			lies[i] = (uint8_t)~sent[i];
		}
		assert_int_equal(give(0, 60, lies), STREAM_CONFLICT);
		if (enforcing) {
			assert_int_equal(out_length, 0);
			assert_int_equal(give_sent(0, 60), STREAM_OK);
			memcpy(lies, sent, 60);
		} else {
			memcpy(lies + 10, sent + 10, 10);
			memcpy(lies + 30, sent + 30, 10);
		}
		assert_int_equal(out_length, 60);
		assert_memory_equal(out, lies, 60);
		stream_release(&stream, &pool);
	}
}

static void conflict_after_read_noticed_until_acknowledged(void **state)
{
	(void)state;
	assert_int_equal(give_sent(0, 100), STREAM_OK);
	assert_int_equal(give(50, 10, sent), STREAM_CONFLICT);
	assert_true(acknowledge(60));
	assert_int_equal(give(50, 10, sent), STREAM_OK); /* discarded by its receiver */
	assert_int_equal(give(50, 11, sent), STREAM_CONFLICT);
	assert_int_equal(out_length, 100);
	assert_memory_equal(out, sent, 100);
}

/* Random segments with lies against a model of what was forwarded first. */
static void conflicts_random_first_forwarded_read(void **state)
{
	static uint8_t value[4000];
	static bool known[4000];
	uint8_t bytes[400];

	(void)state;
	for (unsigned round = 0; round < 400; round++) {
		limits.enforcing = round % 2 != 0;
		start(UINT32_MAX - 1500 + round);
		memset(known, 0, sizeof(known));
		for (unsigned step = 0; out_length < 2500 && step < 400; step++) {
			uint32_t offset = out_length + random_below(500);
			uint32_t length = 1 + random_below(400);
			bool conflict = false;

			offset = offset > 250 ? offset - 250 : 0;
			if (step % 4 == 0 && offset > out_length) {
				offset = out_length;
			}
			for (uint32_t i = 0; i < length; i++) {
				bytes[i] = sent[offset + i];
				if (random_below(300) == 0) {
					bytes[i]++;
				}
				conflict |= known[offset + i] && value[offset + i] != bytes[i];
			}
			enum stream_result result = give(offset, length, bytes);

			assert_int_equal(result, conflict ? STREAM_CONFLICT : STREAM_OK);
			for (uint32_t i = offset; i < offset + length; i++) {
				if (!known[i] && !(limits.enforcing && conflict)) {
					known[i] = true;
					value[i] = bytes[i - offset];
				}
			}
			for (uint32_t i = 0; i < out_length; i++) {
				assert_true(known[i]);
			}
			assert_memory_equal(out, value, out_length);
			assert_false(known[out_length]);
		}
		assert_chain();
		stream_release(&stream, &pool);
	}
}

/* --- bounds --- */

static void reorder_segments_at_bound_refused(void **state)
{
	(void)state;
	for (unsigned enforcing = 0; enforcing < 2; enforcing++) {
		limits.enforcing = enforcing != 0;
		start(9);
		for (uint32_t i = 1; i <= 32; i++) {
			assert_int_equal(give_sent(i * 20, 10), STREAM_OK);
		}
		assert_int_equal(stream.segments, 32);
		assert_int_equal(give_sent(33 * 20, 10), STREAM_REORDER);
		assert_chain();
		assert_int_equal(give_sent(0, 20), STREAM_OK); /* in order: always */
		assert_int_equal(out_length, 30);
		assert_int_equal(stream.segments, 31);
		assert_int_equal(give_sent(33 * 20, 10), STREAM_OK);
		for (uint32_t i = 1; i <= 33; i++) {
			assert_int_equal(give_sent(i * 20 + 10, 10), STREAM_OK);
		}
		assert_int_equal(out_length, 680);
		assert_memory_equal(out, sent, 680);
		assert_int_equal(stream.segments, 0);
		stream_release(&stream, &pool);
	}
}

static void reorder_bytes_at_bound_refused(void **state)
{
	(void)state;
	for (unsigned enforcing = 0; enforcing < 2; enforcing++) {
		limits.enforcing = enforcing != 0;
		start(UINT32_MAX);
		assert_int_equal(give_sent(65530, 7),
				 limits.enforcing ? STREAM_REORDER : STREAM_REORDER);
		assert_int_equal(stream.first, POOL_NONE);
		assert_int_equal(give_sent(65530, 6), STREAM_OK);
		assert_int_equal(give_sent(100000, 6), STREAM_REORDER);
		assert_chain();
		stream_release(&stream, &pool);
	}
}

static void retain_monitoring_beyond_bound_unverified(void **state)
{
	(void)state;
	limits.retain_bytes = 1000;
	assert_int_equal(give_sent(0, 900), STREAM_OK);
	assert_int_equal(give_sent(900, 900), STREAM_OK); /* of which 100 are kept */
	assert_int_equal(out_length, 1800);
	assert_int_equal(give_sent(0, 1000), STREAM_OK);
	assert_int_equal(give_sent(500, 600), STREAM_UNVERIFIED);
	assert_int_equal(give_sent(1200, 100), STREAM_UNVERIFIED);
	assert_int_equal(give(990, 20, sent), STREAM_CONFLICT);
	assert_true(acknowledge(1300));
	assert_int_equal(give_sent(1800, 900), STREAM_OK); /* 500 of them */
	assert_int_equal(give_sent(1800, 500), STREAM_OK);
	assert_int_equal(give_sent(1800, 501), STREAM_UNVERIFIED);
	assert_int_equal(copied, 1500);
	assert_int_equal(out_length, 2700);
	assert_memory_equal(out, sent, 2700);
	assert_chain();
}

static void retain_enforcing_beyond_bound_refused(void **state)
{
	(void)state;
	limits.retain_bytes = 1000;
	limits.enforcing = true;
	assert_int_equal(give_sent(0, 900), STREAM_OK);
	assert_int_equal(give_sent(900, 101), STREAM_RETAIN);
	assert_int_equal(out_length, 900);
	assert_int_equal(give_sent(900, 100), STREAM_OK);
	assert_int_equal(give_sent(1000, 1), STREAM_RETAIN);
	assert_true(acknowledge(1));
	assert_int_equal(give_sent(1000, 1), STREAM_OK);
	assert_int_equal(give_sent(0, 1001), STREAM_OK); /* a retransmission of all of it */
	assert_memory_equal(out, sent, 1001);
}

/* Also where the blocks gave out before; and the mark does not stay behind for ever. */
static void enforcing_begun_unkept_excused_until_acknowledged(void **state)
{
	(void)state;
	limits.retain_bytes = 1000;
	give_sent(0, 5000);
	limits.enforcing = true;
	limits.retain_bytes = 65536;
	assert_int_equal(give_sent(4000, 1000), STREAM_OK);
	assert_int_equal(give_sent(4500, 1000), STREAM_OK);
	assert_int_equal(give(4500, 1000, sent + 5000), STREAM_CONFLICT);
	assert_int_equal(stream.unkept_end, first + 5000);
	assert_true(acknowledge(5200));
	assert_int_equal(stream.unkept_end, first + 5200);
}

static void memory_exhausted_enforcing_no_trace(void **state)
{
	uint8_t other[3000];

	(void)state;
	memset(other, 'o', sizeof(other));
	limits.enforcing = true;
	for (uint32_t left = 0; left < 8; left++) {
		pool_init(&pool, memory, BLOCKS);
		start(77);
		assert_int_equal(give_sent(0, 10), STREAM_OK);
		assert_int_equal(give_sent(2000, 100), STREAM_OK);
		while (pool.free_count > left) {
			pool_take(&pool);
		}
		enum stream_result result = give(10, 2500, sent + 10);

		if (result == STREAM_MEMORY) {
			assert_int_equal(out_length, 10);
			assert_int_equal(pool.free_count, left); /* nothing of it was kept */
			assert_int_equal(give(1000, 2000, other), STREAM_CONFLICT);
			assert_int_equal(stream.segments, 1);
			assert_int_not_equal(left, 7);
		} else {
			assert_int_equal(result, STREAM_OK);
			assert_true(left >= 5); /* that many it takes */
			assert_memory_equal(out, sent, 2510);
		}
		stream_release(&stream, &pool);
		pool_init(&pool, memory, BLOCKS);
	}
}

static void memory_exhausted_monitoring_read_goes_on(void **state)
{
	(void)state;
	pool_init(&pool, memory, 3);
	assert_int_equal(give_sent(0, 1000), STREAM_OK);
	assert_int_equal(give_sent(1000, 3000), STREAM_OK); /* in order: only not kept */
	assert_int_equal(out_length, 4000);
	assert_memory_equal(out, sent, 4000);
	assert_int_equal(give_sent(5000, 500), STREAM_MEMORY);
	assert_int_equal(give_sent(4000, 1000), STREAM_OK);
	assert_true(acknowledge(5000));
	assert_int_equal(give_sent(6000, 100), STREAM_OK);
	assert_int_equal(give_sent(5000, 1000), STREAM_OK);
	assert_int_equal(out_length, 6100);
	assert_memory_equal(out, sent, 6100);
}

static void window_beyond_refused(void **state)
{
	(void)state;
	for (unsigned enforcing = 0; enforcing < 2; enforcing++) {
		limits.enforcing = enforcing != 0;
		start(UINT32_MAX - 10);
		stream.window = first + 500;
		assert_int_equal(give_sent(501, 10), STREAM_WINDOW);
		assert_int_equal(stream.first, POOL_NONE);
		assert_int_equal(give_sent(500, 1), STREAM_OK); /* a probe at the edge */
		assert_int_equal(give_sent(0, 500), STREAM_OK);
		assert_int_equal(out_length, 501);
		assert_int_equal(give_sent(501, 10), STREAM_WINDOW); /* in order, too */
		assert_int_equal(out_length, 501);
		stream.window = first + 600;
		assert_int_equal(give_sent(501, 10), STREAM_OK);
		assert_memory_equal(out, sent, 511);
		stream_release(&stream, &pool);
	}
}

/* --- acknowledgements --- */

static void acknowledge_bytes_not_sent_not_believed(void **state)
{
	(void)state;
	assert_int_equal(give_sent(0, 100), STREAM_OK);
	for (unsigned i = 0; i < 10; i++) {
		assert_true(acknowledge(101));
		assert_true(acknowledge(70000));
		assert_true(acknowledge((uint32_t)-5));
	}
	assert_int_equal(give(0, 100, sent + 1), STREAM_CONFLICT); /* all is still kept */
}

/* Thrice acknowledged bytes that never came by are lost; once may be a capture's disorder. */
static void acknowledge_hole_thrice_is_gap(void **state)
{
	(void)state;
	assert_int_equal(give_sent(0, 100), STREAM_OK);
	assert_int_equal(give_sent(200, 100), STREAM_OK);
	assert_true(acknowledge(300));
	assert_true(acknowledge(300));
	assert_int_equal(give_sent(100, 100), STREAM_OK); /* there it is */
	assert_int_equal(out_length, 300);
	assert_int_equal(give_sent(400, 100), STREAM_OK);
	assert_true(acknowledge(500));
	assert_true(acknowledge(500));
	assert_false(acknowledge(500));
}

static void acknowledge_partly_rest_still_compared(void **state)
{
	(void)state;
	assert_int_equal(give_sent(0, 2000), STREAM_OK);
	for (uint32_t at = 1; at < 2000; at += 37) {
		assert_true(acknowledge(at));
		assert_int_equal(give_sent(0, 2000), STREAM_OK);
		assert_int_equal(give(at, 1, sent + at + 1),
				 sent[at] == sent[at + 1] ? STREAM_OK : STREAM_CONFLICT);
		assert_chain();
	}
	assert_true(acknowledge(2000));
	assert_int_equal(pool.free_count, pool.count);
	assert_int_equal(copied, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(segments_random_order_read_as_sent, setup,
						teardown),
		cmocka_unit_test_setup_teardown(segments_random_order_sequence_wraps, setup,
						teardown),
		cmocka_unit_test_setup_teardown(segments_every_order_read_as_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(overlap_13_arrangements_first_forwarded_counts,
						setup, teardown),
		cmocka_unit_test_setup_teardown(overlap_conflict_over_hole_only_hole_taken, setup,
						teardown),
		cmocka_unit_test_setup_teardown(conflict_after_read_noticed_until_acknowledged,
						setup, teardown),
		cmocka_unit_test_setup_teardown(conflicts_random_first_forwarded_read, setup,
						teardown),
		cmocka_unit_test_setup_teardown(reorder_segments_at_bound_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(reorder_bytes_at_bound_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(retain_monitoring_beyond_bound_unverified, setup,
						teardown),
		cmocka_unit_test_setup_teardown(retain_enforcing_beyond_bound_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(enforcing_begun_unkept_excused_until_acknowledged,
						setup, teardown),
		cmocka_unit_test_setup_teardown(memory_exhausted_enforcing_no_trace, setup,
						teardown),
		cmocka_unit_test_setup_teardown(memory_exhausted_monitoring_read_goes_on, setup,
						teardown),
		cmocka_unit_test_setup_teardown(window_beyond_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(acknowledge_bytes_not_sent_not_believed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(acknowledge_hole_thrice_is_gap, setup, teardown),
		cmocka_unit_test_setup_teardown(acknowledge_partly_rest_still_compared, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
