/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows handed over, with the real scanner on one side and the kernel's part played here by
 * hal/handover.h's own words: that the kernel's program keeps to them, too, is for
 * tests/system/test_live_handover.py to show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config.h"
#include "firmware/handover.h"
#include "hal/clock.h"
#include "tests/scanner/rig.h"

#define BITS 4u
#define MANY_BITS 8u
#define S 1000000000ull
#define PAYLOAD "not DNS, and long enough to be plain"
#define FRAME_BYTES (14 + 20 + 8 + sizeof(PAYLOAD))

static struct rig rig;
static struct handover handover;
static struct handover_bucket buckets[1u << MANY_BITS];
static _Atomic uint32_t generation;
static _Atomic uint64_t until_ns;

static int set_up_area(uint32_t bits)
{
	const struct handover_area area = {
		.buckets = buckets,
		.bucket_bits = bits,
		.multiplier = 0x9e3779b97f4a7c15u,
		.generation = &generation,
		.until_ns = &until_ns,
		.vouch_ns = S,
	};

	memset(buckets, 0, sizeof(buckets));
	rig_open(&rig, NULL);
	assert_int_equal(handover_init(&handover, rig.scanner, &area), 0);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	return set_up_area(BITS);
}

static int set_up_many(void **state)
{
	(void)state;
	return set_up_area(MANY_BITS);
}

static int tear_down(void **state)
{
	(void)state;
	rig_take_books(&rig);
	rig_close(&rig);
	return 0;
}

/* A datagram of client `number`, or the answer to it. */
static void build(struct wire *wire, uint8_t number, enum direction direction)
{
	struct ends ends = { .family = 4,
			     .source = { 198, 51, 100, number },
			     .destination = { 10, 0, 0, 9 } };
	const struct ends back = { .family = 4,
				   .source = { 10, 0, 0, 9 },
				   .destination = { 198, 51, 100, number } };
	bool forth = direction == TO_RESPONDER;

	wire_begin(wire, PAYLOAD, sizeof(PAYLOAD));
	wire_udp(wire, forth ? 4000 : 4001, forth ? 4001 : 4000);
	wire_ip(wire, forth ? &ends : &back, PROTOCOL_UDP);
	wire_ethernet(wire, WIRE_IPV4);
}

/* As the data plane has it. */
static void scan(const struct wire *wire, enum port_side port, bool more)
{
	const struct frame frame = {
		.data = wire->bytes + wire->start,
		.length = wire_length(wire),
		.wire_length = wire_length(wire),
		.time = rig.now,
		.port = (uint8_t)port,
	};
	struct verdict verdicts[5];

	scanner_burst(rig.scanner, &frame, verdicts, 1);
	rig.now.ns += rig.step_ns;
	handover_settle(&handover);
	handover_burst(&handover, &frame, verdicts, 1, more);
	rig_drain(&rig);
}

static void scan_many(uint8_t number, enum direction direction, unsigned count)
{
	struct wire wire;

	build(&wire, number, direction);
	for (unsigned i = 0; i < count; i++) {
		scan(&wire, direction == TO_RESPONDER ? PORT_OUTSIDE : PORT_INSIDE, false);
	}
}

/* The kernel's part: whether it passes the datagram on by itself. */
static bool kernel(uint8_t number, enum direction direction)
{
	bool forth = direction == TO_RESPONDER;
	struct handover_key key = {
		.source = { 198, 51, 100, number },
		.destination = { 10, 0, 0, 9 },
		.source_port = { 0x0f, forth ? 0xa0 : 0xa1 },
		.destination_port = { 0x0f, forth ? 0xa1 : 0xa0 },
		.vlan = { 0xffff, 0xffff },
		.family = 4,
		.protocol = PROTOCOL_UDP,
		.port = forth ? PORT_OUTSIDE : PORT_INSIDE,
	};

	if (!forth) {
		memcpy(key.source, (const uint8_t[]){ 10, 0, 0, 9 }, 4);
		memcpy(key.destination, (const uint8_t[]){ 198, 51, 100, number }, 4);
	}
	struct handover_bucket *bucket = &buckets[handover_hash(&handover.area, &key)];

	for (unsigned way = 0; way < HANDOVER_WAYS; way++) {
		struct handover_entry *entry = &bucket->way[way];

		if (memcmp(&entry->key, &key, sizeof(key)) == 0 && entry->generation != 0 &&
		    entry->generation == generation) {
			entry->frames++;
			entry->bytes += FRAME_BYTES;
			entry->last_ns = clock_monotonic_now().ns;
			return true;
		}
	}
	return false;
}

static void flush(void)
{
	while (scanner_flush(rig.scanner)) {
		rig_drain(&rig);
	}
	rig_drain(&rig);
}

static void look_at(uint64_t now_ns)
{
	handover_look(&handover, now_ns);
	while (!handover_look_on(&handover, now_ns)) {
	}
}

static void look(void)
{
	look_at(clock_monotonic_now().ns);
}

static void flow_is_handed_over_each_way_when_it_has_sent_enough(void **state)
{
	(void)state;
	scan_many(7, TO_RESPONDER, CONFIG_HANDOVER_FRAMES - 1);
	assert_false(kernel(7, TO_RESPONDER));
	scan_many(7, TO_RESPONDER, 1);
	assert_true(kernel(7, TO_RESPONDER));
	assert_false(kernel(7, TO_ORIGINATOR));
	scan_many(7, TO_ORIGINATOR, CONFIG_HANDOVER_FRAMES);
	assert_true(kernel(7, TO_ORIGINATOR));
	assert_false(kernel(8, TO_RESPONDER));
	assert_int_equal(handover.given, 2);
}

static void what_the_kernel_passed_is_in_the_books_and_in_the_event(void **state)
{
	(void)state;
	scan_many(7, TO_RESPONDER, CONFIG_HANDOVER_FRAMES);
	for (unsigned i = 0; i < 100; i++) {
		assert_true(kernel(7, TO_RESPONDER));
	}
	look();
	look(); /* once is enough */
	assert_int_equal(rig_seen(&rig, SEEN_KERNEL), 100);
	assert_int_equal(scanner_counters(rig.scanner)->port[PORT_OUTSIDE].rx,
			 CONFIG_HANDOVER_FRAMES + 100);
	flush();
	const struct note *note = rig_note(&rig, EVENT_FLOW, 0);

	assert_int_equal(note->flow.packets[TO_RESPONDER], CONFIG_HANDOVER_FRAMES + 100);
	assert_int_equal(note->flow.bytes[TO_RESPONDER],
			 (CONFIG_HANDOVER_FRAMES + 100) * FRAME_BYTES);
}

static void frames_in_wait_are_not_overtaken_but_for_long(void **state)
{
	struct wire wire;
	unsigned full = 0;

	(void)state;
	scan_many(7, TO_RESPONDER, CONFIG_HANDOVER_FRAMES - 1);
	build(&wire, 7, TO_RESPONDER);
	for (; !kernel(7, TO_RESPONDER); full++) {
		assert_true(full < 1000);
		scan(&wire, PORT_OUTSIDE, true);
	}
	assert_true(full > 1);
}

static void full_bursts_of_one_side_count_whatever_the_other_has(void **state)
{
	struct wire there, back;
	unsigned full = 0;

	(void)state;
	build(&there, 7, TO_RESPONDER);
	build(&back, 7, TO_ORIGINATOR);
	for (; !kernel(7, TO_RESPONDER); full++) {
		assert_true(full < 1000);
		scan(&there, PORT_OUTSIDE, true);
		scan(&back, PORT_INSIDE, false);
	}
}

static void another_policy_takes_effect_at_once_and_flows_are_handed_over_anew(void **state)
{
	(void)state;
	scan_many(7, TO_RESPONDER, CONFIG_HANDOVER_FRAMES);
	scan_many(8, TO_RESPONDER, CONFIG_HANDOVER_FRAMES);
	rig_publish(&rig, "1 high drop ip.src 198.51.100.7\n", true);
	handover_renew(&handover);
	assert_false(kernel(7, TO_RESPONDER));
	assert_false(kernel(8, TO_RESPONDER));
	scan_many(7, TO_RESPONDER, 2 * CONFIG_HANDOVER_FRAMES);
	scan_many(8, TO_RESPONDER, 1);
	assert_false(kernel(7, TO_RESPONDER));
	assert_true(kernel(8, TO_RESPONDER));
}

static void quarantine_is_another_generation(void **state)
{
	struct connection connection;
	uint32_t before;

	(void)state;
	rig_publish(&rig, "1 high quarantine smtp.helo spam.example\n", true);
	handover_renew(&handover);
	before = generation;
	connection_init(&connection, 4, 7, 9, 30000);
	connection.destination_port = 25;
	const struct ends ends = connection.ends;

	memcpy(connection.ends.source, ends.destination, 16);
	memcpy(connection.ends.destination, ends.source, 16);
	rig_handshake(&rig, &connection);
	rig_send(&rig, &connection, TO_ORIGINATOR, TCP_ACK, "220 a\r\n");
	rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, "HELO spam.example\r\n");
	handover_renew(&handover);
	assert_int_not_equal(generation, before);
}

static void flow_that_begins_anew_is_read(void **state)
{
	(void)state;
	scan_many(7, TO_RESPONDER, CONFIG_HANDOVER_FRAMES);
	assert_true(kernel(7, TO_RESPONDER));
	flush();
	/* the table does not know it any more, the kernel does until the next frame that gets by */
	scan_many(7, TO_RESPONDER, 1);
	assert_false(kernel(7, TO_RESPONDER));
	scan_many(7, TO_RESPONDER, CONFIG_HANDOVER_FRAMES);
	assert_true(kernel(7, TO_RESPONDER));
}

static void flow_that_is_gone_is_taken_back(void **state)
{
	(void)state;
	scan_many(7, TO_RESPONDER, CONFIG_HANDOVER_FRAMES);
	flush();
	assert_true(kernel(7, TO_RESPONDER));
	look();
	assert_false(kernel(7, TO_RESPONDER));
	assert_int_equal(handover.used_count, 0);
	assert_int_equal(rig_seen(&rig, SEEN_KERNEL), 1); /* none is lost */
}

static void idle_flow_is_taken_back(void **state)
{
	(void)state;
	scan_many(7, TO_RESPONDER, CONFIG_HANDOVER_FRAMES);
	look();
	assert_int_equal(handover.used_count, 1);
	look_at(clock_monotonic_now().ns + 3 * S);
	assert_int_equal(handover.used_count, 0);
	assert_false(kernel(7, TO_RESPONDER));
}

static void data_core_vouches_for_a_while_with_each_look(void **state)
{
	(void)state;
	handover_look(&handover, 5 * S);
	assert_int_equal(until_ns, 6 * S);
}

static void full_bucket_takes_no_more_and_loses_nothing(void **state)
{
	unsigned passed = 0;

	(void)state;
	for (unsigned number = 1; number < 255; number++) {
		scan_many((uint8_t)number, TO_RESPONDER, CONFIG_HANDOVER_FRAMES);
		/* the rig holds few half-open flows: each is handed over while it is there */
		passed += kernel((uint8_t)number, TO_RESPONDER);
	}
	assert_int_equal(handover.given, passed);
	assert_int_equal(handover.given + handover.refused, 254);
	assert_true(handover.refused > 0);
	assert_true(handover.used_count <= HANDOVER_WAYS << BITS);
	look();
	assert_int_equal(rig_seen(&rig, SEEN_KERNEL), passed);
}

/* How many of the clients' datagrams the kernel passes. */
static unsigned kernel_passes_many(void)
{
	unsigned passed = 0;

	for (unsigned number = 1; number < 255; number++) {
		passed += kernel((uint8_t)number, TO_RESPONDER);
	}
	return passed;
}

static void look_is_bounded_and_forgets_nothing(void **state)
{
	uint64_t now_ns = clock_monotonic_now().ns;
	unsigned looks = 0, credited = 0;

	(void)state;
	for (unsigned number = 1; number < 255; number++) {
		scan_many((uint8_t)number, TO_RESPONDER, CONFIG_HANDOVER_FRAMES);
	}
	unsigned passed = kernel_passes_many();

	assert_true(passed > HANDOVER_LOOK_WAYS + 1);
	handover_look(&handover, now_ns);
	for (bool all = false; !all; looks++) {
		if (looks == 1) {
			handover_look(&handover, now_ns); /* does not begin it again */
		}
		all = handover_look_on(&handover, now_ns);
		unsigned more = (unsigned)rig_seen(&rig, SEEN_KERNEL) - credited;

		assert_true(more <= HANDOVER_LOOK_WAYS);
		credited += more;
	}
	assert_int_equal(credited, passed);
	assert_int_equal(looks, (passed + HANDOVER_LOOK_WAYS - 1) / HANDOVER_LOOK_WAYS);
	assert_true(handover_look_on(&handover, now_ns));
}

static void look_that_takes_back_leaves_none_out(void **state)
{
	(void)state;
	for (unsigned number = 1; number < 255; number++) {
		scan_many((uint8_t)number, TO_RESPONDER, CONFIG_HANDOVER_FRAMES);
	}
	unsigned passed = kernel_passes_many();

	look_at(clock_monotonic_now().ns + 3 * S);
	assert_int_equal(handover.used_count, 0);
	assert_int_equal(rig_seen(&rig, SEEN_KERNEL), passed);
	assert_int_equal(kernel_passes_many(), 0);
}

int main(void)
{
#define MANY_CASE(f) cmocka_unit_test_setup_teardown(f, set_up_many, tear_down)
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(flow_is_handed_over_each_way_when_it_has_sent_enough),
		CASE(what_the_kernel_passed_is_in_the_books_and_in_the_event),
		CASE(frames_in_wait_are_not_overtaken_but_for_long),
		CASE(full_bursts_of_one_side_count_whatever_the_other_has),
		CASE(another_policy_takes_effect_at_once_and_flows_are_handed_over_anew),
		CASE(quarantine_is_another_generation),
		CASE(flow_that_begins_anew_is_read),
		CASE(flow_that_is_gone_is_taken_back),
		CASE(idle_flow_is_taken_back),
		CASE(data_core_vouches_for_a_while_with_each_look),
		CASE(full_bucket_takes_no_more_and_loses_nothing),
		MANY_CASE(look_is_bounded_and_forgets_nothing),
		MANY_CASE(look_that_takes_back_leaves_none_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
