/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/net/af_xdp.h where several data cores have sockets at the same queues: the buffers that
 * one lent come to another with a frame, and go back by whoever has them. None is lost, lent twice,
 * or lent beyond what a ring holds, and a core that finds another one at a ring does not wait.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/net/af_xdp.h"

#define QUEUES 4u
#define CORES 3u
#define SLOTS (AF_XDP_RECEIVE_SLOTS / QUEUES)
#define CHUNK AF_XDP_CHUNK_BYTES_MIN
#define BUFFERS AF_XDP_BUFFERS(CORES)
#define ROUNDS 4000u

struct ring {
	_Atomic uint32_t producer, consumer, flags;
	uint64_t entries[2u * SLOTS];
	uint32_t index; /* of the kernel's side */
};

/* A data core, with the buffers that it holds. */
struct part {
	struct af_xdp xdp;
	struct ring receive[QUEUES];
	uint8_t *held[BUFFERS];
	unsigned held_count;
};

static struct af_xdp_memory memory;
static struct af_xdp_shared shared[QUEUES];
static struct ring fill[QUEUES];
static struct part cores[CORES];
static uint32_t chance;

bool interface_link_up(const struct interface *interface)
{
	return interface->index == 1;
}

static void lay_out(struct ring *ring, struct xdp_ring *view)
{
	memset(ring, 0, sizeof(*ring));
	*view = (struct xdp_ring){ &ring->producer, &ring->consumer, &ring->flags,
				   ring->entries,   SLOTS - 1,	     0 };
}

static int set_up(void **state)
{
	const struct interface interface = { .name = "lan", .index = 1 };

	(void)state;
	chance = 1;
	memory = (struct af_xdp_memory){ .start = aligned_alloc(CHUNK, (size_t)BUFFERS * CHUNK),
					 .bytes = (size_t)BUFFERS * CHUNK,
					 .chunk_bytes = CHUNK,
					 .cores = CORES };
	assert_non_null(memory.start);
	af_xdp_part(&memory);
	for (unsigned i = 0; i < QUEUES; i++) {
		shared[i] = (struct af_xdp_shared){ .slots = SLOTS };
		lay_out(&fill[i], &shared[i].fill);
	}
	for (unsigned c = 0; c < CORES; c++) {
		struct part *core = &cores[c];

		af_xdp_init(&core->xdp, &memory, &interface, QUEUES, c);
		for (unsigned i = 0; i < QUEUES; i++) {
			core->xdp.queue[i].shared = &shared[i];
			lay_out(&core->receive[i], &core->xdp.queue[i].receive);
		}
		core->held_count = memory.part[c].count;
		for (unsigned i = 0; i < core->held_count; i++) {
			core->held[i] = memory.part[c].first + (size_t)i * CHUNK;
		}
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(memory.start);
	return 0;
}

static uint32_t draw(uint32_t below)
{
	chance = chance * 1103515245u + 12345u;
	return (chance >> 16) % below;
}

static void refill(struct part *core)
{
	struct port *port = &core->xdp.port;
	unsigned count = core->held_count < port->receive_room ? core->held_count :
								 port->receive_room;

	core->held_count -= port->ops->refill(port, core->held + core->held_count - count, count);
}

static void receive(struct part *core)
{
	struct port_frame frames[PORT_BURST_MAX];
	struct port *port = &core->xdp.port;
	unsigned count = port->ops->receive(port, frames, PORT_BURST_MAX);

	for (unsigned i = 0; i < count; i++) {
		core->held[core->held_count++] = frames[i].data;
	}
}

/* A frame comes by a queue for a core; false: no buffer is there. */
static bool come(unsigned queue, struct part *core, uint32_t length)
{
	struct ring *from = &fill[queue], *to = &core->receive[queue];
	struct abi_xdp_descriptor *entries = (void *)to->entries;

	if (from->index == atomic_load(&from->producer)) {
		return false;
	}
	uint64_t place = from->entries[from->index++ % SLOTS] / CHUNK * CHUNK + ABI_XDP_HEADROOM;

	assert_true(to->index - atomic_load(&to->consumer) < SLOTS);
	entries[to->index++ % SLOTS] =
		(struct abi_xdp_descriptor){ .address = place, .length = length };
	atomic_store(&to->producer, to->index);
	return true;
}

static void note(uint8_t *times, uint64_t place)
{
	assert_true(place < memory.bytes);
	times[place / CHUNK]++;
}

/* Every buffer is in one place, and no ring has more than it holds. */
static void audit(void)
{
	static uint8_t times[BUFFERS];

	memset(times, 0, sizeof(times));
	for (unsigned i = 0; i < QUEUES; i++) {
		uint32_t end = atomic_load(&fill[i].producer);

		assert_true(end - fill[i].index <= SLOTS);
		for (uint32_t at = fill[i].index; at != end; at++) {
			note(times, fill[i].entries[at % SLOTS]);
		}
	}
	for (unsigned c = 0; c < CORES; c++) {
		for (unsigned i = 0; i < QUEUES; i++) {
			struct ring *ring = &cores[c].receive[i];
			const struct abi_xdp_descriptor *entries = (const void *)ring->entries;

			for (uint32_t at = atomic_load(&ring->consumer); at != ring->index; at++) {
				note(times, entries[at % SLOTS].address);
			}
		}
		for (unsigned i = 0; i < cores[c].held_count; i++) {
			note(times, (uint64_t)(cores[c].held[i] - memory.start));
		}
	}
	for (unsigned i = 0; i < BUFFERS; i++) {
		assert_int_equal(times[i], 1);
	}
}

static void buffers_go_from_core_to_core_and_none_is_lost(void **state)
{
	unsigned came = 0;

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		/* at first frames come for all, then for the last one alone, then for all */
		bool lopsided = round / (ROUNDS / 3) == 1;

		for (unsigned i = 0; i < 20; i++) {
			struct part *core = &cores[lopsided ? CORES - 1 : draw(CORES)];

			came += come(draw(QUEUES), core, draw(50) == 0 ? 3 : 60);
		}
		struct part *core = &cores[draw(CORES)];

		receive(core);
		refill(core);
		if (round % 50 == 0) {
			audit();
		}
	}
	audit();
	assert_true(came > 10 * ROUNDS);
	for (unsigned c = 0; c < CORES; c++) {
		assert_int_equal(cores[c].xdp.port.faults[PORT_FAULT_INDEX], 0);
	}
	assert_int_not_equal(cores[0].xdp.port.faults[PORT_FAULT_SHORT], 0);
}

static void all_lent_together_is_what_the_rings_hold(void **state)
{
	uint32_t lent = 0;

	(void)state;
	for (unsigned c = 0; c < CORES; c++) {
		refill(&cores[c]);
		assert_int_equal(cores[c].xdp.port.receive_room, 0);
	}
	for (unsigned i = 0; i < QUEUES; i++) {
		lent += atomic_load(&shared[i].lent);
	}
	assert_in_range(lent, AF_XDP_RECEIVE_SLOTS - CORES, AF_XDP_RECEIVE_SLOTS);
}

static void refill_while_another_core_is_at_the_ring_leaves_it_out(void **state)
{
	unsigned held = cores[1].held_count;

	(void)state;
	atomic_store(&shared[0].busy, true);
	refill(&cores[1]);
	assert_int_equal(atomic_load(&shared[0].lent), 0);
	assert_int_equal(atomic_load(&shared[1].lent), SLOTS); /* the next one instead */
	assert_int_equal(held - cores[1].held_count, AF_XDP_RECEIVE_SLOTS / CORES);
	for (unsigned i = 1; i < QUEUES; i++) {
		atomic_store(&shared[i].busy, true);
	}
	held = cores[2].held_count;
	refill(&cores[2]);
	assert_int_equal(cores[2].held_count, held);
	assert_int_equal(cores[2].xdp.port.receive_room, cores[2].xdp.port.receive_slots);
	for (unsigned i = 0; i < QUEUES; i++) {
		atomic_store(&shared[i].busy, false);
	}
	refill(&cores[2]);
	assert_int_equal(cores[2].xdp.port.receive_room, 0);
	audit();
}

static void receive_after_a_stall_drops_only_what_waits_for_that_core(void **state)
{
	_Atomic uint64_t passed = 5;

	(void)state;
	for (unsigned c = 0; c < CORES; c++) {
		refill(&cores[c]);
	}
	af_xdp_mind(&cores[1].xdp, &passed);
	for (unsigned i = 0; i < 3 * QUEUES; i++) {
		assert_true(come(i % QUEUES, &cores[1], 60));
		assert_true(come(i % QUEUES, &cores[2], 60));
	}
	atomic_store(&passed, 9);
	unsigned held = cores[1].held_count;

	receive(&cores[1]);
	assert_int_equal(cores[1].held_count, held);
	assert_int_equal(cores[1].xdp.port.faults[PORT_FAULT_STALLED], 4);
	assert_int_equal(cores[1].xdp.port.faults[PORT_FAULT_STALE], 3 * QUEUES);
	held = cores[2].held_count;
	receive(&cores[2]);
	assert_int_equal(cores[2].held_count - held, 3);
	audit();
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(buffers_go_from_core_to_core_and_none_is_lost),
		CASE(all_lent_together_is_what_the_rings_hold),
		CASE(refill_while_another_core_is_at_the_ring_leaves_it_out),
		CASE(receive_after_a_stall_drops_only_what_waits_for_that_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
