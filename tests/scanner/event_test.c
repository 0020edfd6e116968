/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event ring: records come out as they went in, across the end of the buffer
 * and of the 32-bit counts; a full ring loses and counts; held records are not
 * seen; attributes beyond the largest record are counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "scanner/event.h"

#define BYTES (4 * EVENT_MAX_BYTES)

static struct event_ring ring;
static _Alignas(8) uint8_t memory[BYTES + 64];
static uint8_t data[EVENT_MAX_BYTES];
static uint32_t written, read_back;

static int setup(void **state)
{
	(void)state;
	memset(memory, 0x5a, sizeof(memory));
	event_ring_init(&ring, memory, BYTES);
	written = read_back = 0;
	return 0;
}

/* Record `number`: its content follows from its number alone. */
static uint32_t length_of(uint32_t number)
{
	return number * 2654435761u >> 19; /* 0 to 8191 */
}

static bool write_record(void)
{
	struct event *event = event_begin(&ring, EVENT_SSH);

	if (event == NULL) {
		return false;
	}
	event->flow_id = written;
	memset(data, (int)(written & 0xff), length_of(written));
	event_put(event, ATTRIBUTE_DNS_NAME, data, length_of(written));
	event_commit(&ring, event);
	written++;
	return true;
}

static bool read_record(void)
{
	const struct event *event = event_peek(&ring);

	if (event == NULL) {
		return false;
	}
	const struct event_attribute *name = event_find(event, ATTRIBUTE_DNS_NAME);

	assert_int_equal(event->type, EVENT_SSH);
	assert_int_equal(event->flow_id, read_back);
	assert_int_equal(event->truncated, 0);
	assert_non_null(name);
	assert_int_equal(name->length, length_of(read_back));
	memset(data, (int)(read_back & 0xff), length_of(read_back));
	assert_memory_equal(name->data, data, name->length);
	assert_null(event_next_attribute(event, name));
	event_release(&ring, event);
	read_back++;
	return true;
}

static void ring_many_wraps_all_in_order(void **state)
{
	(void)state;
	/* close to where the counts wrap */
	ring.written = ring.tail_seen = UINT32_MAX - 3 * BYTES + 1;
	atomic_store(&ring.head, ring.written);
	atomic_store(ring.tail, ring.written);
	for (uint32_t round = 0; round < 3000; round++) {
		for (uint32_t i = 0; i < (round * 7 + 3) % 9 && write_record(); i++) {
		}
		for (uint32_t i = 0; i < (round * 5 + 2) % 9 && read_record(); i++) {
		}
	}
	while (read_record()) {
	}
	assert_true(written > 5000);
	assert_int_equal(read_back, written);
	for (size_t i = BYTES; i < sizeof(memory); i++) {
		assert_int_equal(memory[i], 0x5a); /* nothing behind the ring */
	}
}

static void ring_full_counted_then_goes_on(void **state)
{
	uint64_t lost = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		lost += !write_record();
	}
	assert_true(lost > 900);
	assert_int_equal(atomic_load(&ring.lost), lost);
	while (read_record()) {
	}
	assert_int_equal(read_back, written);
	assert_int_equal(event_ring_room(&ring), BYTES);
	assert_true(write_record());
	assert_true(read_record());
}

static void hold_invisible_until_published(void **state)
{
	(void)state;
	assert_true(write_record());
	event_hold(&ring);
	assert_true(write_record());
	assert_true(write_record());
	assert_true(read_record());
	assert_null(event_peek(&ring));
	event_publish(&ring);
	assert_true(read_record());
	assert_true(read_record());
	assert_null(event_peek(&ring));
	assert_true(write_record()); /* no longer held */
	assert_true(read_record());
}

static void hold_full_never_visible_half(void **state)
{
	uint32_t held = 0;

	(void)state;
	for (unsigned round = 0; round < 50; round++) {
		event_hold(&ring);
		while (write_record()) {
			held++;
		}
		assert_null(event_peek(&ring));
		event_publish(&ring);
		while (read_record()) {
		}
	}
	assert_int_equal(held, read_back);
}

static void begin_abandoned_no_trace(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		assert_non_null(event_begin(&ring, EVENT_DNS));
		assert_true(write_record());
		assert_true(read_record());
	}
}

static void put_beyond_largest_record_counted(void **state)
{
	static uint8_t big[UINT16_MAX + 1];
	struct event *event = event_begin(&ring, EVENT_ALERT);

	(void)state;
	event_put(event, ATTRIBUTE_DNS_NAME, big, sizeof(big));
	event_put(event, ATTRIBUTE_DNS_NAME, big, EVENT_MAX_BYTES);
	assert_int_equal(event->truncated, 2);
	assert_int_equal(event->size, sizeof(*event));
	size_t room = EVENT_MAX_BYTES - sizeof(*event) - sizeof(struct event_attribute);

	event_put(event, ATTRIBUTE_DNS_NAME, big, room);
	assert_int_equal(event->size, EVENT_MAX_BYTES);
	event_put(event, ATTRIBUTE_DNS_NAME, big, 0);
	for (unsigned i = 0; i < 300; i++) {
		event_put(event, ATTRIBUTE_DNS_NAME, big, 1);
	}
	assert_int_equal(event->truncated, 255);
	assert_int_equal(event->size, EVENT_MAX_BYTES);
	event_commit(&ring, event);
	assert_int_equal(event_peek(&ring)->size, EVENT_MAX_BYTES);
}

static void attributes_several_found_in_order(void **state)
{
	struct event *event = event_begin(&ring, EVENT_SSH);
	static _Alignas(8) uint8_t blocks[2 * POOL_BLOCK_BYTES];
	struct pool pool;
	struct text text = { 0 };

	(void)state;
	pool_init(&pool, blocks, 2);
	memset(data, 'z', 600);
	assert_true(text_append(&pool, &text, data, 600));
	event_put(event, ATTRIBUTE_SSH_CLIENT_SOFTWARE, "abc", 3);
	event_put(event, ATTRIBUTE_SSH_CLIENT_PROTOCOL, NULL, 0);
	event_put_text(event, ATTRIBUTE_SSH_CLIENT_SOFTWARE, &pool, &text);
	event_commit(&ring, event);
	const struct event_attribute *first = event_next_attribute(event_peek(&ring), NULL);
	const struct event_attribute *second = event_next_attribute(event_peek(&ring), first);
	const struct event_attribute *third = event_next_attribute(event_peek(&ring), second);

	assert_int_equal(first->kind, ATTRIBUTE_SSH_CLIENT_SOFTWARE);
	assert_int_equal(first->length, 3);
	assert_memory_equal(first->data, "abc", 3);
	assert_int_equal(second->length, 0);
	assert_int_equal(third->length, 600);
	assert_memory_equal(third->data, data, 600);
	assert_null(event_next_attribute(event_peek(&ring), third));
	assert_ptr_equal(event_find(event_peek(&ring), ATTRIBUTE_SSH_CLIENT_PROTOCOL), second);
	assert_null(event_find(event_peek(&ring), ATTRIBUTE_ALERT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ring_many_wraps_all_in_order, setup),
		cmocka_unit_test_setup(ring_full_counted_then_goes_on, setup),
		cmocka_unit_test_setup(hold_invisible_until_published, setup),
		cmocka_unit_test_setup(hold_full_never_visible_half, setup),
		cmocka_unit_test_setup(begin_abandoned_no_trace, setup),
		cmocka_unit_test_setup(put_beyond_largest_record_counted, setup),
		cmocka_unit_test_setup(attributes_several_found_in_order, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
