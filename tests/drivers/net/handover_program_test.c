/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's programs that forward flows by themselves, on the machine of tests/model/bpf.h: what
 * they pass on, count and end. That the kernel takes and runs them shows
 * tests/system/test_live_handover.py, that they never disagree with decode() about a frame
 * tests/fuzz/handover_fuzz.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/model/handover.h"
#include "tests/scanner/frames.h"

#define GENERATION 7u
#define NOW_NS 5000000000u
#define PORT 1u

static struct model_handover model;
static struct wire wire;

static int set_up(void **state)
{
	(void)state;
	model_handover_init(&model, PORT);
	model.now_ns = NOW_NS;
	model.control.generation = GENERATION;
	model.control.until_ns = 10 * NOW_NS;
	return 0;
}

static const struct ends ends4 = { .family = 4,
				   .source = { 203, 0, 113, 7 },
				   .destination = { 192, 0, 2, 9 } };
static const struct ends ends6 = { .family = 6, .source = { 0x20, 1 }, .destination = { 0xfd, 1 } };

/* The tags outermost first; VLAN_NONE: none. */
static void frame(const struct ends *ends, uint8_t protocol, uint16_t outer, uint16_t inner)
{
	wire_begin(&wire, "a payload", 9);
	if (protocol == PROTOCOL_UDP) {
		wire_udp(&wire, 4000, 4001);
	} else {
		wire_tcp(&wire, &(struct tcp_header){ .source_port = 4000,
						      .destination_port = 4001,
						      .flags = TCP_ACK });
	}
	wire_ip(&wire, ends, protocol);
	uint16_t type = wire_type(ends->family);

	if (inner != VLAN_NONE) {
		wire_tag(&wire, inner, type);
		type = WIRE_VLAN;
	}
	if (outer != VLAN_NONE) {
		wire_tag(&wire, outer, type);
		type = WIRE_VLAN;
	}
	wire_ethernet(&wire, type);
}

static bool passes(enum handover_context context)
{
	return model_handover_frame(&model, context, wire_data(&wire), wire_length(&wire));
}

/* An entry by which the frame at hand is found, in the last way of its bucket. */
static struct handover_entry *hand_over(void)
{
	assert_false(passes(HANDOVER_SOCKET_BUFFER));
	assert_true(model.looked_up);
	struct handover_entry *entry =
		&model.buckets[handover_hash(&model.area, &model.key)].way[HANDOVER_WAYS - 1];

	*entry = (struct handover_entry){ .key = model.key,
					  .generation = GENERATION,
					  .last_ns = NOW_NS };
	return entry;
}

static void frame_of_an_entry_passes_and_is_counted_with_its_tags(void **state)
{
	static const struct ends *const families[] = { &ends4, &ends6 };
	static const uint16_t tags[][2] = { { VLAN_NONE, VLAN_NONE }, { 5, VLAN_NONE }, { 5, 6 } };

	(void)state;
	for (unsigned i = 0; i < 2 * 3; i++) {
		frame(families[i % 2], i % 2 == 0 ? PROTOCOL_TCP : PROTOCOL_UDP, tags[i / 2][0],
		      tags[i / 2][1]);
		struct handover_entry *entry = hand_over();

		for (unsigned context = 0; context < 2; context++) {
			assert_true(passes((enum handover_context)context));
			assert_int_equal(entry->frames, context + 1);
			assert_int_equal(entry->bytes, (context + 1) * wire_length(&wire));
		}
		assert_int_equal(model.key.port, PORT);
		assert_memory_equal(model.key.vlan, tags[i / 2], 4);
		*entry = (struct handover_entry){ .generation = 0 };
	}
}

static struct handover_entry *changing;

static void another_flow_has_the_place(void)
{
	changing->turn++;
}

static void place_is_given(void)
{
	changing->generation = GENERATION;
}

static void key_that_is_changed_while_it_is_compared_is_not_believed(void **state)
{
	static void (*const changes[])(void) = { another_flow_has_the_place, place_is_given };

	(void)state;
	frame(&ends4, PROTOCOL_UDP, VLAN_NONE, VLAN_NONE);
	changing = hand_over();
	assert_true(passes(HANDOVER_XDP));
	for (unsigned i = 0; i < 2; i++) {
		changing->generation = changes[i] == place_is_given ? 0 : GENERATION;
		model.meanwhile = changes[i];
		for (unsigned word = 0; word < HANDOVER_KEY_WORDS; word++) {
			model.watched = (const uint64_t *)(const void *)&changing->key + word;
			assert_false(passes(HANDOVER_XDP));
			changing->generation = changes[i] == place_is_given ? 0 : GENERATION;
		}
	}
	assert_int_equal(changing->frames, 1);
}

static void entry_of_another_generation_does_not_hold(void **state)
{
	(void)state;
	frame(&ends4, PROTOCOL_UDP, VLAN_NONE, VLAN_NONE);
	struct handover_entry *entry = hand_over();

	model.control.generation = GENERATION + 1;
	assert_false(passes(HANDOVER_SOCKET_BUFFER));
	model.control.generation = 0;
	entry->generation = 0;
	assert_false(passes(HANDOVER_SOCKET_BUFFER));
	assert_int_equal(entry->frames, 0);
}

static void entry_holds_for_its_time_and_each_frame_renews_it(void **state)
{
	(void)state;
	frame(&ends4, PROTOCOL_UDP, VLAN_NONE, VLAN_NONE);
	struct handover_entry *entry = hand_over();

	model.now_ns = NOW_NS + HANDOVER_IDLE_NS;
	assert_true(passes(HANDOVER_XDP));
	assert_int_equal(entry->last_ns, model.now_ns);
	model.now_ns += HANDOVER_IDLE_NS;
	assert_true(passes(HANDOVER_SOCKET_BUFFER));
	model.now_ns += HANDOVER_IDLE_NS + 1;
	assert_false(passes(HANDOVER_SOCKET_BUFFER));
	assert_int_equal(entry->frames, 2);
	/* the data core's clock is a little ahead of the kernel's coarse one */
	entry->last_ns = model.now_ns + 4000000;
	assert_true(passes(HANDOVER_SOCKET_BUFFER));
}

static void no_entry_holds_for_longer_than_the_data_core_vouches(void **state)
{
	(void)state;
	frame(&ends4, PROTOCOL_UDP, VLAN_NONE, VLAN_NONE);
	struct handover_entry *entry = hand_over();

	model.control.until_ns = NOW_NS;
	assert_true(passes(HANDOVER_XDP));
	model.control.until_ns = NOW_NS - 1;
	assert_false(passes(HANDOVER_XDP));
	assert_false(passes(HANDOVER_SOCKET_BUFFER));
	assert_int_equal(entry->frames, 1);
}

static void syn_ends_the_entry(void **state)
{
	(void)state;
	frame(&ends4, PROTOCOL_TCP, VLAN_NONE, VLAN_NONE);
	struct handover_entry *entry = hand_over();

	wire_data(&wire)[14 + 20 + 13] = TCP_SYN;
	assert_false(passes(HANDOVER_SOCKET_BUFFER));
	assert_int_equal(entry->generation, 0);
	wire_data(&wire)[14 + 20 + 13] = TCP_ACK;
	assert_false(passes(HANDOVER_SOCKET_BUFFER));
}

static void fin_and_rst_go_to_the_scanner_and_leave_the_entry(void **state)
{
	static const uint8_t flags[] = { TCP_FIN | TCP_ACK, TCP_RST, TCP_SYN | TCP_FIN };

	(void)state;
	frame(&ends6, PROTOCOL_TCP, VLAN_NONE, VLAN_NONE);
	struct handover_entry *entry = hand_over();

	for (unsigned i = 0; i < sizeof(flags); i++) {
		wire_data(&wire)[14 + 40 + 13] = flags[i];
		assert_false(passes(HANDOVER_XDP));
		assert_int_equal(entry->generation, GENERATION);
	}
}

static void every_cut_of_a_frame_and_every_changed_byte_is_seen_as_decode_sees_it(void **state)
{
	static const struct ends *const families[] = { &ends4, &ends6 };
	static const uint8_t values[] = { 0, 1, 4, 6, 17, 41, 0x45, 0x46, 0x60, 0x80, 0x81, 0xff };

	(void)state;
	for (unsigned i = 0; i < 2 * 2 * 3; i++) {
		frame(families[i % 2], i / 2 % 2 == 0 ? PROTOCOL_TCP : PROTOCOL_UDP,
		      i / 4 > 0 ? 5 : VLAN_NONE, i / 4 > 1 ? 6 : VLAN_NONE);
		uint8_t *bytes = wire_data(&wire);

		for (uint32_t length = 14; length <= wire_length(&wire); length++) {
			model_handover_agree(&model, bytes, length);
		}
		for (uint32_t at = 12; at < wire_length(&wire); at++) {
			uint8_t was = bytes[at];

			for (unsigned value = 0; value < sizeof(values); value++) {
				bytes[at] = values[value];
				model_handover_agree(&model, bytes, wire_length(&wire));
			}
			bytes[at] = was;
		}
	}
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, set_up)
	const struct CMUnitTest tests[] = {
		CASE(frame_of_an_entry_passes_and_is_counted_with_its_tags),
		CASE(entry_of_another_generation_does_not_hold),
		CASE(key_that_is_changed_while_it_is_compared_is_not_believed),
		CASE(entry_holds_for_its_time_and_each_frame_renews_it),
		CASE(no_entry_holds_for_longer_than_the_data_core_vouches),
		CASE(syn_ends_the_entry),
		CASE(fin_and_rst_go_to_the_scanner_and_leave_the_entry),
		CASE(every_cut_of_a_frame_and_every_changed_byte_is_seen_as_decode_sees_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
