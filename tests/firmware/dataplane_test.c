/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data plane between two ports that are arrays: that frames go by reference and
 * in order, that buffers are never lost nor held twice, and what happens when there is
 * no room. The scanner is the real one.
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
#include "firmware/dataplane.h"
#include "hal/memory.h"
#include "tests/scanner/rig.h"

#define SLOTS 64u
#define QUEUE 256u
#define RIG_FLOWS 64u /* as many as nobody answered may the rig have */

/* A port whose far end is the test. */
struct fake {
	struct port port;
	uint8_t *lent[SLOTS]; /* for reception, oldest first */
	unsigned lent_count;
	struct port_frame came[QUEUE]; /* received, not taken yet */
	unsigned came_count;
	struct port_frame sent[QUEUE]; /* with the device */
	unsigned sent_count;
	unsigned done; /* of them may be reclaimed */
	bool armed;
};

static struct fake fakes[SCANNER_PORTS];
static struct dataplane plane;
static struct dataplane_shared shared;
static struct rig rig;
static const _Atomic uint32_t *watched; /* looked at whenever frames leave */
static uint32_t watched_value;
static uint8_t *pool;
static size_t pool_taken;

#define POOL_BYTES (16u << 20)

void *memory_take(size_t bytes, size_t alignment)
{
	size_t at = (pool_taken + alignment - 1) & ~(alignment - 1);

	if (bytes > POOL_BYTES - at) {
		return NULL;
	}
	pool_taken = at + bytes;
	return pool + at;
}

static struct fake *fake_of(struct port *port)
{
	return (struct fake *)(void *)port;
}

static unsigned fake_receive(struct port *port, struct port_frame *frames, unsigned max)
{
	struct fake *fake = fake_of(port);
	unsigned count = fake->came_count < max ? fake->came_count : max;

	memcpy(frames, fake->came, count * sizeof(*frames));
	fake->came_count -= count;
	memmove(fake->came, fake->came + count, fake->came_count * sizeof(*fake->came));
	port->receive_room += count;
	return count;
}

static unsigned fake_refill(struct port *port, uint8_t *const *buffers, unsigned count)
{
	struct fake *fake = fake_of(port);

	assert_true(count <= port->receive_room);
	for (unsigned i = 0; i < count; i++) {
		fake->lent[fake->lent_count++] = buffers[i];
	}
	port->receive_room -= count;
	return count;
}

static unsigned fake_transmit(struct port *port, const struct port_frame *frames, unsigned count)
{
	struct fake *fake = fake_of(port);

	count = count < port->transmit_room ? count : port->transmit_room;
	memcpy(fake->sent + fake->sent_count, frames, count * sizeof(*frames));
	fake->sent_count += count;
	port->transmit_room -= count;
	if (watched != NULL) {
		watched_value = *watched;
	}
	return count;
}

static unsigned fake_reclaim(struct port *port, uint8_t **buffers, unsigned max)
{
	struct fake *fake = fake_of(port);
	unsigned count = fake->done < max ? fake->done : max;

	for (unsigned i = 0; i < count; i++) {
		buffers[i] = fake->sent[i].data;
	}
	fake->done -= count;
	fake->sent_count -= count;
	memmove(fake->sent, fake->sent + count, fake->sent_count * sizeof(*fake->sent));
	port->transmit_room += count;
	return count;
}

static bool fake_arm(struct port *port)
{
	fake_of(port)->armed = true;
	return fake_of(port)->came_count == 0;
}

static void fake_disarm(struct port *port)
{
	fake_of(port)->armed = false;
}

static bool fake_link_up(const struct port *port)
{
	(void)port;
	return true;
}

static const struct port_ops ops = {
	.receive = fake_receive,
	.refill = fake_refill,
	.transmit = fake_transmit,
	.reclaim = fake_reclaim,
	.arm = fake_arm,
	.disarm = fake_disarm,
	.link_up = fake_link_up,
};

/* A frame comes in on a port; returns the buffer it lies in. */
static uint8_t *come(unsigned side, const uint8_t *bytes, uint32_t length)
{
	struct fake *fake = &fakes[side];
	uint8_t *buffer = fake->lent[0];

	assert_true(fake->lent_count != 0);
	fake->lent_count--;
	memmove(fake->lent, fake->lent + 1, fake->lent_count * sizeof(*fake->lent));
	memcpy(buffer, bytes, length);
	fake->came[fake->came_count++] = (struct port_frame){ buffer, length };
	return buffer;
}

static uint8_t *come_numbered(unsigned side, uint8_t number)
{
	const uint8_t frame[14] = { [5] = number, [12] = 0x88, [13] = 0xcc };

	return come(side, frame, sizeof(frame));
}

/* Every buffer is in exactly one place. */
static void audit(void)
{
	uint32_t count = plane.free_count;

	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		count += fakes[side].lent_count + fakes[side].came_count + fakes[side].sent_count;
	}
	assert_int_equal(count, 2 * (SLOTS + SLOTS) + PORT_BURST_MAX);
	for (uint32_t i = 0; i < plane.free_count; i++) {
		for (uint32_t j = i + 1; j < plane.free_count; j++) {
			assert_ptr_not_equal(plane.free[i], plane.free[j]);
		}
	}
}

static int set_up(void **state)
{
	struct port *const ports[] = { &fakes[0].port, &fakes[1].port };

	(void)state;
	pool = pool != NULL ? pool : aligned_alloc(64, POOL_BYTES);
	pool_taken = 0;
	memset(fakes, 0, sizeof(fakes));
	memset(&shared, 0, sizeof(shared));
	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		fakes[side].port = (struct port){
			.ops = &ops,
			.name = side == PORT_INSIDE ? "inside" : "outside",
			.receive_slots = SLOTS,
			.transmit_slots = SLOTS,
			.receive_room = SLOTS,
			.transmit_room = SLOTS,
		};
	}
	rig_open(&rig, NULL);
	assert_int_equal(dataplane_init(&plane, ports, rig.scanner, &shared), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rig_take_books(&rig);
	watched = NULL;
	rig_close(&rig);
	return 0;
}

static void init_lends_buffers_to_both_ports(void **state)
{
	(void)state;
	assert_int_equal(fakes[0].lent_count, SLOTS);
	assert_int_equal(fakes[1].lent_count, SLOTS);
	assert_int_equal((uintptr_t)fakes[0].lent[0] % 64, 0);
	audit();
}

static void init_without_memory_is_enomem(void **state)
{
	struct port *const ports[] = { &fakes[0].port, &fakes[1].port };

	(void)state;
	pool_taken = POOL_BYTES - 4096;
	assert_int_equal(dataplane_init(&plane, ports, rig.scanner, &shared), -12);
	pool_taken = 0;
	set_up(state);
}

static void round_sends_the_very_buffers_that_came_in_order(void **state)
{
	uint8_t *buffers[40];

	(void)state;
	for (uint8_t i = 0; i < 40; i++) {
		buffers[i] = come_numbered(PORT_INSIDE, i);
	}
	assert_int_equal(dataplane_round(&plane), 32);
	assert_int_equal(dataplane_round(&plane), 8);
	assert_int_equal(fakes[PORT_OUTSIDE].sent_count, 40);
	for (uint8_t i = 0; i < 40; i++) {
		const struct port_frame *sent = &fakes[PORT_OUTSIDE].sent[i];

		assert_ptr_equal(sent->data, buffers[i]);
		assert_int_equal(sent->length, 14);
		assert_int_equal(sent->data[5], i);
	}
	assert_int_equal(fakes[PORT_INSIDE].sent_count, 0);
	assert_int_equal(scanner_counters(rig.scanner)->copied_bytes, 0);
	audit();
}

static void round_moves_both_ways(void **state)
{
	(void)state;
	uint8_t *in = come_numbered(PORT_INSIDE, 1), *out = come_numbered(PORT_OUTSIDE, 2);

	assert_int_equal(dataplane_round(&plane), 2);
	assert_ptr_equal(fakes[PORT_OUTSIDE].sent[0].data, in);
	assert_ptr_equal(fakes[PORT_INSIDE].sent[0].data, out);
	assert_int_equal(scanner_counters(rig.scanner)->port[PORT_INSIDE].rx, 1);
	assert_int_equal(scanner_counters(rig.scanner)->port[PORT_OUTSIDE].rx, 1);
	audit();
}

static void round_with_other_port_full_leaves_frames_where_they_are(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < SLOTS; i++) {
		come_numbered(PORT_INSIDE, i);
	}
	dataplane_round(&plane);
	dataplane_round(&plane); /* the ring holds all of them now */
	come_numbered(PORT_INSIDE, 200);
	assert_int_equal(dataplane_round(&plane), 0);
	assert_int_equal(plane.counters.held_back[PORT_INSIDE], 1);
	assert_int_equal(fakes[PORT_INSIDE].came_count, 1);
	assert_int_equal(scanner_counters(rig.scanner)->port[PORT_INSIDE].rx, SLOTS);
	audit();
	fakes[PORT_OUTSIDE].done = PORT_BURST_MAX; /* the device has sent some */
	assert_int_equal(dataplane_round(&plane), 1);
	assert_int_equal(fakes[PORT_INSIDE].came_count, 0);
	audit();
}

/* A SYN segment from outside. */
static void write_syn(struct wire *wire)
{
	static const uint8_t client[] = { 192, 0, 2, 1 }, server[] = { 10, 0, 0, 1 };
	const struct tcp_header syn = { .source_port = 40000,
					.destination_port = 22,
					.sequence = 1,
					.flags = TCP_SYN,
					.window = 1000 };
	struct ends ends = { .family = 4 };

	memcpy(ends.source, client, sizeof(client));
	memcpy(ends.destination, server, sizeof(server));
	wire_begin(wire, NULL, 0);
	wire_tcp(wire, &syn);
	wire_ip(wire, &ends, PROTOCOL_TCP);
	wire_ethernet(wire, WIRE_IPV4);
}

static void round_gives_a_dropped_frame_s_buffer_back(void **state)
{
	struct wire wire;
	const struct scanner_policy enforcing = { .enforcing = true };

	(void)state;
	write_syn(&wire);
	wire_data(&wire)[wire_length(&wire) - 2] ^= 0xff; /* the urgent pointer: a wrong checksum */
	atomic_store(&shared.wanted, &enforcing);
	come(PORT_OUTSIDE, wire_data(&wire), wire_length(&wire));
	uint32_t before = plane.free_count;

	assert_int_equal(dataplane_round(&plane), 1);
	assert_int_equal(fakes[PORT_INSIDE].sent_count, 0);
	assert_int_equal(plane.free_count, before + 1);
	assert_int_equal(scanner_counters(rig.scanner)->port[PORT_OUTSIDE].fate[FATE_CHECKSUM], 1);
	audit();
}

/* Whoever reads a headroom that the port did not write would find these bytes. */
static void soil_headrooms(void)
{
	for (unsigned i = 0; i < fakes[PORT_OUTSIDE].lent_count; i++) {
		memset(fakes[PORT_OUTSIDE].lent[i] - PORT_HEADROOM, 0xff, PORT_HEADROOM);
	}
	for (uint32_t i = 0; i < plane.free_count; i++) {
		memset(plane.free[i] - PORT_HEADROOM, 0xff, PORT_HEADROOM);
	}
}

static void round_makes_resets_with_a_headroom_of_zeroes(void **state)
{
	static const uint8_t zeroes[PORT_HEADROOM];
	struct wire wire;

	(void)state;
	rig_publish(&rig, "1 high reject ip.dst 10.0.0.1\n", true);
	write_syn(&wire);
	soil_headrooms();
	come(PORT_OUTSIDE, wire_data(&wire), wire_length(&wire));
	assert_int_equal(dataplane_round(&plane), 1);
	assert_true(fakes[PORT_OUTSIDE].sent_count != 0);
	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		for (unsigned i = 0; i < fakes[side].sent_count; i++) {
			assert_memory_equal(fakes[side].sent[i].data - PORT_HEADROOM, zeroes,
					    PORT_HEADROOM);
		}
	}
	audit();
}

/* The ones' complement sum of TCP's pseudo header and of nothing else, as a sender leaves it that has
 * its network card compute the rest. */
static void leave_checksum(uint8_t *frame)
{
	const uint8_t *ip = frame + 14;
	uint32_t sum = 6 + (uint32_t)(ip[2] << 8 | ip[3]) - 20;

	for (unsigned i = 12; i < 20; i += 2) {
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	}
	sum = (sum & 0xffff) + (sum >> 16);
	frame[14 + 20 + 16] = (uint8_t)(sum >> 8);
	frame[14 + 20 + 17] = (uint8_t)sum;
}

static void round_takes_a_checksum_for_unfinished_only_where_the_port_says_so(void **state)
{
	const struct scanner_policy enforcing = { .enforcing = true };
	bool partial[PORT_BURST_MAX] = { true, false };
	struct wire wire;

	(void)state;
	write_syn(&wire);
	leave_checksum(wire_data(&wire));
	fakes[PORT_OUTSIDE].port.checksum_partial = partial;
	atomic_store(&shared.wanted, &enforcing);
	come(PORT_OUTSIDE, wire_data(&wire), wire_length(&wire));
	come(PORT_OUTSIDE, wire_data(&wire), wire_length(&wire));
	assert_int_equal(dataplane_round(&plane), 2);
	assert_int_equal(fakes[PORT_INSIDE].sent_count, 1);
	assert_int_equal(scanner_counters(rig.scanner)->port[PORT_OUTSIDE].fate[FATE_CHECKSUM], 1);
	audit();
}

/* With ports that have something else to say about themselves. */
static int init_again(void)
{
	struct port *const ports[] = { &fakes[0].port, &fakes[1].port };

	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		fakes[side].port.receive_room = SLOTS;
		fakes[side].lent_count = 0;
	}
	pool_taken = 0;
	return dataplane_init(&plane, ports, rig.scanner, &shared);
}

static void init_takes_the_buffers_that_the_ports_bring_along(void **state)
{
	static uint8_t brought[2 * (SLOTS + SLOTS) + PORT_BURST_MAX][256];
	const struct port_memory memory = { brought[0] + 100, sizeof(brought[0]),
					    sizeof(brought) / sizeof(brought[0]), 0 };

	(void)state;
	fakes[PORT_INSIDE].port.memory = &memory;
	fakes[PORT_OUTSIDE].port.memory = &memory;
	assert_int_equal(init_again(), 0);
	for (unsigned i = 0; i < plane.free_count; i++) {
		assert_ptr_equal(plane.free[i], brought[i] + 100);
	}
	assert_int_equal((fakes[PORT_INSIDE].lent[0] - brought[0]) % 256, 100);
	audit();
}

/* Several planes that share their ports: one may come to hold what the others lent. */
static void init_has_room_for_all_buffers_that_may_come_to_it(void **state)
{
	static uint8_t brought[2 * (SLOTS + SLOTS) + PORT_BURST_MAX][256];
	const uint32_t count = sizeof(brought) / sizeof(brought[0]);
	const struct port_memory memory = { brought[0], sizeof(brought[0]), count, 3 * count };

	(void)state;
	fakes[PORT_INSIDE].port.memory = &memory;
	fakes[PORT_OUTSIDE].port.memory = &memory;
	assert_int_equal(init_again(), 0);
	assert_int_equal(plane.buffers, count);
	plane.free[3 * count - 1] = brought[0]; /* the sanitizer knows */
}

static void init_makes_buffers_for_the_longest_frame_of_both_ports(void **state)
{
	(void)state;
	fakes[PORT_OUTSIDE].port.frame_max = 40000;
	assert_int_equal(init_again(), 0);
	for (unsigned i = 1; i < plane.free_count; i++) {
		assert_true(plane.free[i] - plane.free[i - 1] >= PORT_HEADROOM + 40000);
	}
	audit();
}

static void round_takes_a_policy_once(void **state)
{
	const struct scanner_policy policy = { .clock_trusted = true };

	(void)state;
	atomic_store(&shared.wanted, &policy);
	dataplane_round(&plane);
	assert_null(atomic_load(&shared.wanted));
	assert_int_equal(atomic_load(&shared.published), 1);
	dataplane_round(&plane);
	assert_int_equal(atomic_load(&shared.published), 1);
}

static void round_asked_for_the_account_has_it_add_up(void **state)
{
	const struct dataplane_account *account = &plane.account;

	(void)state;
	come_numbered(PORT_INSIDE, 1);
	come_numbered(PORT_INSIDE, 2);
	dataplane_round(&plane);
	assert_int_equal(account->buffers_free, 0); /* nobody asked */
	come_numbered(PORT_OUTSIDE, 3); /* comes after the account is taken */
	atomic_store(&shared.asked, ASK_ACCOUNT);
	dataplane_round(&plane);
	assert_int_equal(atomic_load(&shared.asked), 0);
	assert_int_equal(account->scanner.port[PORT_INSIDE].rx, 2);
	assert_int_equal(account->scanner.port[PORT_INSIDE].fate[FATE_FORWARDED], 2);
	assert_int_equal(account->scanner.port[PORT_OUTSIDE].rx, 0);
	assert_int_equal(account->counters.bursts, 1);
	assert_int_equal(account->buffers_sending[PORT_OUTSIDE], 2);
	assert_int_equal(account->buffers_free + account->buffers_receiving[PORT_INSIDE] +
				 account->buffers_receiving[PORT_OUTSIDE] + 2,
			 plane.buffers);
	audit();
}

static void come_datagram(uint16_t source_port)
{
	static const uint8_t client[] = { 192, 0, 2, 1 }, server[] = { 10, 0, 0, 1 };
	struct ends ends = { .family = 4 };
	struct wire wire;

	memcpy(ends.source, client, sizeof(client));
	memcpy(ends.destination, server, sizeof(server));
	wire_begin(&wire, NULL, 0);
	wire_udp(&wire, source_port, 9);
	wire_ip(&wire, &ends, PROTOCOL_UDP);
	wire_ethernet(&wire, WIRE_IPV4);
	come(PORT_OUTSIDE, wire_data(&wire), wire_length(&wire));
}

/* As management does: reads what there is. Returns how many flows ended. */
static unsigned drain(void)
{
	struct event_ring *ring = scanner_events(rig.scanner);
	const struct event *event;
	unsigned flows = 0;

	while ((event = event_peek(ring)) != NULL) {
		flows += event->type == EVENT_FLOW;
		event_release(ring, event);
	}
	return flows;
}

static void round_asked_to_end_flows_waits_until_the_ring_is_read(void **state)
{
	const unsigned count = RIG_FLOWS + 6; /* some have to end early, and tell */

	(void)state;
	for (uint16_t i = 0; i < count; i++) {
		come_datagram((uint16_t)(40000 + i));
		dataplane_round(&plane);
		fakes[PORT_INSIDE].done = fakes[PORT_INSIDE].sent_count;
		dataplane_arm(&plane);
	}
	uint32_t left = scanner_gauges(rig.scanner).flows_ipv4;

	atomic_store(&shared.asked, ASK_END_FLOWS);
	dataplane_round(&plane);
	assert_int_equal(atomic_load(&shared.asked), ASK_END_FLOWS);
	assert_int_equal(drain(), count - left);
	dataplane_round(&plane);
	assert_int_equal(atomic_load(&shared.asked), 0);
	assert_int_equal(drain(), left);
	assert_int_equal(scanner_gauges(rig.scanner).flows_ipv4, 0);
	dataplane_round(&plane);
	assert_int_equal(drain(), 0);
}

static void round_without_a_free_buffer_says_so_and_recovers(void **state)
{
	(void)state;
	uint32_t kept = plane.free_count;

	plane.free_count = 0; /* all others are with devices */
	for (uint8_t i = 0; i < PORT_BURST_MAX; i++) {
		come_numbered(PORT_INSIDE, i);
	}
	dataplane_round(&plane);
	assert_int_equal(plane.counters.starved[PORT_INSIDE], 1);
	assert_int_equal(fakes[PORT_INSIDE].lent_count, SLOTS - PORT_BURST_MAX);
	plane.free_count = kept;
	dataplane_round(&plane);
	assert_int_equal(fakes[PORT_INSIDE].lent_count, SLOTS);
	audit();
}

static void arm_takes_sent_buffers_back_and_tells_what_came_meanwhile(void **state)
{
	(void)state;
	come_numbered(PORT_INSIDE, 1);
	dataplane_round(&plane);
	fakes[PORT_OUTSIDE].done = 1;
	assert_true(dataplane_arm(&plane));
	assert_true(fakes[0].armed && fakes[1].armed);
	assert_int_equal(fakes[PORT_OUTSIDE].sent_count, 0);
	audit();
	dataplane_disarm(&plane);
	assert_false(fakes[0].armed || fakes[1].armed);
	come_numbered(PORT_OUTSIDE, 2);
	assert_false(dataplane_arm(&plane));
}

/* Its answer could come before the kernel knew: what was handed over under its tuple ends first. */
static void round_ends_what_was_handed_over_before_a_new_flow_s_frame_leaves(void **state)
{
	static struct handover_bucket bucket[1u << 4];
	static _Atomic uint32_t generation;
	static _Atomic uint64_t until_ns;
	static struct handover handover;
	static struct wire wire;
	const struct handover_area area = { .buckets = bucket,
					    .bucket_bits = 4,
					    .multiplier = 0x9e3779b97f4a7c15u,
					    .generation = &generation,
					    .until_ns = &until_ns };
	const struct ends ends = { .family = 4,
				   .source = { 198, 51, 100, 7 },
				   .destination = { 10, 0, 0, 9 } };

	(void)state;
	assert_int_equal(handover_init(&handover, rig.scanner, &area), 0);
	plane.handover = &handover;
	wire_begin(&wire, "not DNS, and long enough to be plain", 36);
	wire_udp(&wire, 4000, 4001);
	wire_ip(&wire, &ends, PROTOCOL_UDP);
	wire_ethernet(&wire, WIRE_IPV4);
	for (unsigned i = 0; i < CONFIG_HANDOVER_FRAMES; i++) {
		come(PORT_OUTSIDE, wire_data(&wire), wire_length(&wire));
		dataplane_round(&plane);
	}
	assert_int_equal(handover.used_count, 1);
	watched = &bucket[handover.used[0] / HANDOVER_WAYS]
			   .way[handover.used[0] % HANDOVER_WAYS]
			   .generation;
	assert_int_equal(*watched, generation);
	while (scanner_flush(rig.scanner)) {
		rig_drain(&rig);
	}
	rig_drain(&rig);
	come(PORT_OUTSIDE, wire_data(&wire), wire_length(&wire));
	watched_value = generation;
	dataplane_round(&plane);
	assert_int_equal(watched_value, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(round_makes_resets_with_a_headroom_of_zeroes,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(init_lends_buffers_to_both_ports, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(init_without_memory_is_enomem, set_up, tear_down),
		cmocka_unit_test_setup_teardown(round_sends_the_very_buffers_that_came_in_order,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(round_moves_both_ways, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			round_with_other_port_full_leaves_frames_where_they_are, set_up, tear_down),
		cmocka_unit_test_setup_teardown(round_gives_a_dropped_frame_s_buffer_back, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(init_takes_the_buffers_that_the_ports_bring_along,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(init_has_room_for_all_buffers_that_may_come_to_it,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			init_makes_buffers_for_the_longest_frame_of_both_ports, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			round_takes_a_checksum_for_unfinished_only_where_the_port_says_so, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(round_takes_a_policy_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(round_asked_for_the_account_has_it_add_up, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			round_asked_to_end_flows_waits_until_the_ring_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(round_without_a_free_buffer_says_so_and_recovers,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			arm_takes_sent_buffers_back_and_tells_what_came_meanwhile, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			round_ends_what_was_handed_over_before_a_new_flow_s_frame_leaves, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
