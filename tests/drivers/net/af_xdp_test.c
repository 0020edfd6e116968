/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/net/af_xdp.h over rings in this program's own memory, whose other side the test plays:
 * frames go both ways by reference, also where indices wrap and rings are full or empty, and what a
 * kernel says that cannot be is counted and not used. With the kernel itself it is in
 * tests/system/test_live.py.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "drivers/net/af_xdp.h"

#define QUEUES 2u
#define SLOTS (AF_XDP_RECEIVE_SLOTS / QUEUES)
#define CHUNK AF_XDP_CHUNK_BYTES_MIN
#define BUFFERS AF_XDP_BUFFERS(1)
#define FRAME_MAX (CHUNK - ABI_XDP_HEADROOM)
#define SENDING_SOCKET 1000 /* no descriptor: the test answers for it */
#define NEAR_WRAP (UINT32_MAX - 40u) /* where all indices begin */

/* A ring's memory, and the index of the kernel's side. */
struct ring {
	_Atomic uint32_t producer, consumer, flags;
	uint64_t entries[2u * SLOTS];
	uint32_t index;
};

static struct ring fill[QUEUES], receive[QUEUES], transmit, completion;
static struct af_xdp_shared shared[QUEUES];
static struct af_xdp_memory memory;
static struct af_xdp xdp;
static uint8_t *free_buffers[BUFFERS];
static unsigned free_count;
static int send_error; /* what a kernel that is asked to send answers */
static uint64_t passed_over; /* frames that it refused to send */
static bool gives_refused_back; /* as newer kernels do */

bool interface_link_up(const struct interface *interface)
{
	return interface->index == 1;
}

static void lay_out(struct ring *ring, struct xdp_ring *view, uint32_t entries)
{
	atomic_store(&ring->producer, NEAR_WRAP);
	atomic_store(&ring->consumer, NEAR_WRAP);
	atomic_store(&ring->flags, 0);
	ring->index = NEAR_WRAP;
	*view = (struct xdp_ring){ &ring->producer, &ring->consumer, &ring->flags,
				   ring->entries,   entries - 1,     NEAR_WRAP };
}

static int set_up(void **state)
{
	const struct interface interface = { .name = "lan", .index = 1 };

	(void)state;
	memory.start = aligned_alloc(CHUNK, (size_t)BUFFERS * CHUNK);
	assert_non_null(memory.start);
	memory.bytes = (size_t)BUFFERS * CHUNK;
	memory.chunk_bytes = CHUNK;
	memory.cores = 1;
	af_xdp_part(&memory);
	af_xdp_init(&xdp, &memory, &interface, QUEUES, 0);
	for (unsigned i = 0; i < QUEUES; i++) {
		shared[i] = (struct af_xdp_shared){ .slots = SLOTS };
		xdp.queue[i].shared = &shared[i];
		lay_out(&fill[i], &shared[i].fill, SLOTS);
		lay_out(&receive[i], &xdp.queue[i].receive, SLOTS);
		xdp.queue[i].socket = SENDING_SOCKET + (int)i;
	}
	lay_out(&transmit, &xdp.transmit, AF_XDP_TRANSMIT_SLOTS);
	lay_out(&completion, &xdp.completion, AF_XDP_TRANSMIT_SLOTS);
	send_error = 0;
	passed_over = 0;
	gives_refused_back = false;
	for (free_count = 0; free_count < BUFFERS; free_count++) {
		free_buffers[free_count] = memory.part[0].first + (size_t)free_count * CHUNK;
	}
	return 0;
}

static int set_up_newer(void **state)
{
	int result = set_up(state);

	gives_refused_back = true;
	return result;
}

static int tear_down(void **state)
{
	(void)state;
	free(memory.start);
	return 0;
}

static struct port *port(void)
{
	return &xdp.port;
}

static void refill(unsigned count)
{
	unsigned taken = port()->ops->refill(port(), free_buffers + free_count - count, count);

	free_count -= taken;
}

static unsigned receive_burst(struct port_frame *frames)
{
	return port()->ops->receive(port(), frames, PORT_BURST_MAX);
}

/* ---- the kernel's side ---- */

static uint64_t kernel_takes(unsigned queue)
{
	struct ring *ring = &fill[queue];

	assert_int_not_equal(atomic_load(&ring->producer), ring->index);
	uint64_t place = ring->entries[ring->index++ % SLOTS];

	atomic_store(&ring->consumer, ring->index);
	return place;
}

static void kernel_says(unsigned queue, uint64_t place, uint32_t length)
{
	struct ring *ring = &receive[queue];
	struct abi_xdp_descriptor *entries = (void *)ring->entries;

	entries[ring->index++ % SLOTS] =
		(struct abi_xdp_descriptor){ .address = place, .length = length };
	atomic_store(&ring->producer, ring->index);
}

/* A frame that begins with its number; where it is. */
static uint8_t *come(unsigned queue, uint32_t number, uint32_t length)
{
	uint64_t place = kernel_takes(queue) / CHUNK * CHUNK + ABI_XDP_HEADROOM;

	memcpy(memory.start + place, &number, sizeof(number));
	kernel_says(queue, place, length);
	return memory.start + place;
}

static void complete(uint64_t place)
{
	completion.entries[completion.index++ % AF_XDP_TRANSMIT_SLOTS] = place;
	atomic_store(&completion.producer, completion.index);
}

/* The oldest frame to be sent; its buffer can be reclaimed then. */
static struct abi_xdp_descriptor leave(void)
{
	const struct abi_xdp_descriptor *entries = (const void *)transmit.entries;

	assert_int_not_equal(atomic_load(&transmit.producer), transmit.index);
	struct abi_xdp_descriptor frame = entries[transmit.index++ % AF_XDP_TRANSMIT_SLOTS];

	atomic_store(&transmit.consumer, transmit.index);
	complete(frame.address);
	return frame;
}

/* As Linux does in copy mode: a frame that is none is passed over, one for each call, and that it
 * has taken all is said when it finds no more. Good frames leave() when the test says so. */
ssize_t send(int socket, const void *data, size_t size, int flags)
{
	const struct abi_xdp_descriptor *entries = (const void *)transmit.entries;
	const struct abi_xdp_descriptor *next = &entries[transmit.index % AF_XDP_TRANSMIT_SLOTS];

	assert_int_equal(socket, SENDING_SOCKET);
	(void)data, (void)size, (void)flags;
	if (send_error != 0) {
		errno = send_error;
		return -1;
	}
	if (transmit.index == atomic_load(&transmit.producer)) {
		atomic_store(&transmit.consumer, transmit.index);
	} else if (next->options != 0) {
		transmit.index++;
		passed_over++;
		if (gives_refused_back) {
			complete(next->address);
		}
	}
	return 0;
}

int getsockopt(int socket, int level, int option, void *value, socklen_t *size)
{
	const struct abi_xdp_statistics statistics = {
		.transmit_invalid = socket == SENDING_SOCKET ? passed_over : 0
	};

	(void)level, (void)option;
	assert_int_equal(*size, sizeof(statistics));
	memcpy(value, &statistics, sizeof(statistics));
	return 0;
}

/* Sends a burst of the buffers from `first` on. */
static unsigned send_burst(unsigned first)
{
	struct port_frame frames[PORT_BURST_MAX];

	for (unsigned i = 0; i < PORT_BURST_MAX; i++) {
		frames[i] = (struct port_frame){ free_buffers[first + i], 60 };
	}
	return port()->ops->transmit(port(), frames, PORT_BURST_MAX);
}

/* All that can be reclaimed, sorted into `back`, by the number of the buffer; how many. */
static unsigned reclaim_all(uint8_t back[static BUFFERS])
{
	uint8_t *buffers[PORT_BURST_MAX];
	unsigned count, sum = 0;

	memset(back, 0, BUFFERS);
	while ((count = port()->ops->reclaim(port(), buffers, PORT_BURST_MAX)) != 0) {
		for (unsigned i = 0; i < count; i++) {
			back[(buffers[i] - memory.part[0].first) / CHUNK]++;
		}
		sum += count;
	}
	return sum;
}

/* ---- tests ---- */

static void receive_frames_of_every_length_come_by_reference_past_the_wrap(void **state)
{
	struct port_frame frames[PORT_BURST_MAX];

	(void)state;
	refill(256);
	assert_int_equal(port()->receive_room, AF_XDP_RECEIVE_SLOTS - 256);
	assert_int_equal(receive_burst(frames), 0);
	for (uint32_t i = 0; i < 200; i++) {
		uint32_t length = i % 2 == 0 ? PORT_FRAME_MIN + i : FRAME_MAX - i;
		uint8_t *at = come(0, i, length);

		assert_int_equal(receive_burst(frames), 1);
		assert_ptr_equal(frames[0].data, at);
		assert_int_equal(frames[0].length, length);
	}
	assert_int_equal(port()->receive_room, AF_XDP_RECEIVE_SLOTS - 56);
	assert_int_equal(atomic_load(&receive[0].consumer), NEAR_WRAP + 200);
}

static void receive_more_than_a_burst_comes_in_order(void **state)
{
	struct port_frame frames[PORT_BURST_MAX];
	uint32_t number;

	(void)state;
	refill(256);
	for (uint32_t i = 0; i < 50; i++) {
		come(0, i, 60);
	}
	assert_int_equal(receive_burst(frames), PORT_BURST_MAX);
	memcpy(&number, frames[PORT_BURST_MAX - 1].data, sizeof(number));
	assert_int_equal(number, PORT_BURST_MAX - 1);
	assert_int_equal(receive_burst(frames), 50 - PORT_BURST_MAX);
	memcpy(&number, frames[0].data, sizeof(number));
	assert_int_equal(number, PORT_BURST_MAX);
}

static void receive_queues_take_turns(void **state)
{
	struct port_frame frames[PORT_BURST_MAX];

	(void)state;
	refill(AF_XDP_RECEIVE_SLOTS);
	for (uint32_t i = 0; i < 2 * PORT_BURST_MAX; i++) {
		come(0, i, 60);
	}
	uint8_t *other = come(1, 0, 60);

	assert_int_equal(receive_burst(frames), PORT_BURST_MAX);
	assert_int_equal(receive_burst(frames), 1);
	assert_ptr_equal(frames[0].data, other);
	assert_int_equal(receive_burst(frames), PORT_BURST_MAX);
}

static void refill_takes_no_more_than_the_rings_hold(void **state)
{
	(void)state;
	refill(BUFFERS);
	assert_int_equal(free_count, BUFFERS - AF_XDP_RECEIVE_SLOTS);
	assert_int_equal(port()->receive_room, 0);
	refill(1);
	assert_int_equal(free_count, BUFFERS - AF_XDP_RECEIVE_SLOTS);
	for (unsigned i = 0; i < QUEUES; i++) {
		assert_int_equal(atomic_load(&fill[i].producer), NEAR_WRAP + SLOTS);
	}
}

static void receive_full_ring_is_taken_whole_and_lent_again(void **state)
{
	struct port_frame frames[PORT_BURST_MAX];

	(void)state;
	refill(AF_XDP_RECEIVE_SLOTS);
	for (uint32_t i = 0; i < SLOTS; i++) {
		come(1, i, 60);
	}
	for (unsigned taken = 0; taken < SLOTS; taken += PORT_BURST_MAX) {
		assert_int_equal(receive_burst(frames), PORT_BURST_MAX);
		for (unsigned i = 0; i < PORT_BURST_MAX; i++) {
			free_buffers[free_count++] = frames[i].data;
		}
	}
	assert_int_equal(receive_burst(frames), 0);
	refill(SLOTS);
	assert_int_equal(port()->receive_room, 0);
	assert_int_equal(port()->faults[PORT_FAULT_INDEX], 0);
	come(1, 0, 60);
	assert_int_equal(receive_burst(frames), 1);
}

static void receive_place_outside_the_memory_is_counted_and_not_used(void **state)
{
	static const uint64_t places[] = { (uint64_t)BUFFERS * CHUNK, UINT64_MAX, 1ull << 48, 0,
					   PORT_HEADROOM - 1 };
	struct port_frame frames[PORT_BURST_MAX];
	unsigned count = sizeof(places) / sizeof(places[0]);

	(void)state;
	refill(64);
	for (unsigned i = 0; i < count; i++) {
		kernel_says(0, places[i], 60);
	}
	uint8_t *good = come(0, 1, 60);

	assert_int_equal(receive_burst(frames), 1);
	assert_ptr_equal(frames[0].data, good);
	assert_int_equal(port()->faults[PORT_FAULT_BUFFER], count);
}

static void receive_impossible_length_is_counted_and_its_buffer_lent_again(void **state)
{
	static const uint32_t lengths[] = { 0, PORT_FRAME_MIN - 1, FRAME_MAX + 1, UINT32_MAX };
	struct port_frame frames[PORT_BURST_MAX];
	uint8_t *at[4];

	(void)state;
	refill(4);
	for (unsigned i = 0; i < 4; i++) {
		at[i] = come(0, i, lengths[i]);
	}
	assert_int_equal(receive_burst(frames), 0);
	assert_int_equal(port()->faults[PORT_FAULT_SHORT], 2);
	assert_int_equal(port()->faults[PORT_FAULT_LONG], 2);
	for (unsigned i = 0; i < 4; i++) {
		assert_ptr_equal(memory.start + kernel_takes(0), at[i]);
	}
}

static void receive_more_than_was_lent_is_counted_and_not_used(void **state)
{
	struct port_frame frames[PORT_BURST_MAX];

	(void)state;
	refill(2);
	for (unsigned i = 0; i < 3; i++) {
		kernel_says(0, ABI_XDP_HEADROOM, 60);
	}
	assert_int_equal(receive_burst(frames), 0);
	assert_int_equal(port()->faults[PORT_FAULT_INDEX], 1);
}

static void transmit_frames_leave_as_they_are_and_come_back(void **state)
{
	uint8_t *buffers[PORT_BURST_MAX];

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		const struct port_frame frame = { free_buffers[i], PORT_FRAME_MIN + i };

		assert_int_equal(port()->ops->transmit(port(), &frame, 1), 1);
		struct abi_xdp_descriptor left = leave();

		assert_ptr_equal(memory.start + left.address, free_buffers[i]);
		assert_int_equal(left.length, PORT_FRAME_MIN + i);
		assert_int_equal(left.options, 0);
		assert_int_equal(port()->ops->reclaim(port(), buffers, PORT_BURST_MAX), 1);
		assert_ptr_equal(buffers[0], free_buffers[i]);
	}
	assert_int_equal(port()->transmit_room, AF_XDP_TRANSMIT_SLOTS);
}

static void transmit_full_ring_takes_what_has_room(void **state)
{
	struct port_frame frames[PORT_BURST_MAX];
	uint8_t *buffers[PORT_BURST_MAX];

	(void)state;
	for (unsigned i = 0; i < PORT_BURST_MAX; i++) {
		frames[i] = (struct port_frame){ free_buffers[i], 60 };
	}
	for (unsigned i = 0; i < AF_XDP_TRANSMIT_SLOTS / PORT_BURST_MAX; i++) {
		assert_int_equal(port()->ops->transmit(port(), frames, PORT_BURST_MAX),
				 PORT_BURST_MAX);
	}
	assert_int_equal(port()->ops->transmit(port(), frames, PORT_BURST_MAX), 0);
	assert_int_equal(port()->ops->reclaim(port(), buffers, PORT_BURST_MAX), 0);
	leave();
	leave();
	assert_int_equal(port()->ops->reclaim(port(), buffers, 1), 1);
	assert_int_equal(port()->ops->transmit(port(), frames, PORT_BURST_MAX), 1);
	assert_int_equal(port()->ops->reclaim(port(), buffers, PORT_BURST_MAX), 1);
}

static void reclaim_what_was_never_sent_is_counted_and_not_used(void **state)
{
	const struct port_frame frame = { free_buffers[0], 60 };
	uint8_t *buffers[PORT_BURST_MAX];

	(void)state;
	port()->ops->transmit(port(), &frame, 1);
	completion.entries[completion.index % AF_XDP_TRANSMIT_SLOTS] = memory.bytes;
	atomic_store(&completion.producer, completion.index + 2);
	assert_int_equal(port()->ops->reclaim(port(), buffers, PORT_BURST_MAX), 0);
	assert_int_equal(port()->faults[PORT_FAULT_INDEX], 1);
	atomic_store(&completion.producer, completion.index + 1);
	assert_int_equal(port()->ops->reclaim(port(), buffers, PORT_BURST_MAX), 0);
	assert_int_equal(port()->faults[PORT_FAULT_BUFFER], 1);
}

static void transmit_while_the_interface_is_down_drops_counts_and_gives_back(void **state)
{
	static uint8_t back[BUFFERS];

	(void)state;
	send_error = ENETDOWN;
	assert_int_equal(send_burst(0), PORT_BURST_MAX); /* by which that is found out */
	for (unsigned i = 1; i <= 100; i++) {
		assert_true(port()->transmit_room >= PORT_BURST_MAX);
		assert_int_equal(send_burst(PORT_BURST_MAX), PORT_BURST_MAX);
		assert_int_equal(port()->faults[PORT_FAULT_UNSENT], i * PORT_BURST_MAX);
		assert_int_equal(reclaim_all(back), PORT_BURST_MAX);
		assert_int_equal(back[PORT_BURST_MAX], 1);
		assert_int_equal(port()->transmit_slots - port()->transmit_room, PORT_BURST_MAX);
	}
	assert_int_equal(atomic_load(&transmit.producer), NEAR_WRAP + PORT_BURST_MAX);
}

static void transmit_what_lay_in_the_ring_when_it_went_down_never_leaves(void **state)
{
	static uint8_t back[BUFFERS];

	(void)state;
	assert_int_equal(send_burst(0), PORT_BURST_MAX);
	leave(); /* on its way to a device */
	send_error = ENETDOWN;
	assert_int_equal(send_burst(PORT_BURST_MAX), PORT_BURST_MAX);
	assert_int_equal(send_burst(2 * PORT_BURST_MAX), PORT_BURST_MAX);
	assert_int_equal(reclaim_all(back), PORT_BURST_MAX + 1);
	send_error = 0;
	assert_int_equal(send_burst(3 * PORT_BURST_MAX), PORT_BURST_MAX);
	assert_int_equal(passed_over, 2 * PORT_BURST_MAX - 1);
	assert_int_equal(port()->faults[PORT_FAULT_UNSENT], 3 * PORT_BURST_MAX - 1);
	for (unsigned i = 0; i < PORT_BURST_MAX; i++) {
		struct abi_xdp_descriptor left = leave();

		assert_ptr_equal(memory.start + left.address, free_buffers[3 * PORT_BURST_MAX + i]);
		assert_int_equal(left.options, 0);
	}
	assert_int_equal(reclaim_all(back), 3 * PORT_BURST_MAX - 1);
	for (unsigned i = 0; i < 4 * PORT_BURST_MAX; i++) {
		bool before = i == 0 || i / PORT_BURST_MAX == 2;

		assert_int_equal(back[i], before ? 0 : 1);
	}
	assert_int_equal(port()->transmit_slots, AF_XDP_TRANSMIT_SLOTS);
	assert_int_equal(port()->transmit_room, AF_XDP_TRANSMIT_SLOTS);
	assert_int_equal(port()->faults[PORT_FAULT_INDEX], 0);
	assert_int_equal(port()->faults[PORT_FAULT_BUFFER], 0);
}

static void transmit_ring_that_was_full_when_it_went_down_holds_nothing_back(void **state)
{
	static uint8_t back[BUFFERS];

	(void)state;
	send_error = EAGAIN;
	for (unsigned i = 0; i < AF_XDP_TRANSMIT_SLOTS; i += PORT_BURST_MAX) {
		assert_int_equal(send_burst(i), PORT_BURST_MAX);
	}
	assert_int_equal(port()->transmit_room, 0);
	send_error = ENETDOWN;
	assert_int_equal(reclaim_all(back), 0);
	assert_true(port()->transmit_room >= PORT_BURST_MAX);
	assert_int_equal(send_burst(AF_XDP_TRANSMIT_SLOTS), PORT_BURST_MAX);
	assert_int_equal(port()->faults[PORT_FAULT_UNSENT], PORT_BURST_MAX);
	send_error = 0;
	assert_int_equal(reclaim_all(back), PORT_BURST_MAX);
	assert_int_equal(send_burst(AF_XDP_TRANSMIT_SLOTS), PORT_BURST_MAX);
	assert_int_equal(passed_over, AF_XDP_TRANSMIT_SLOTS);
	assert_int_equal(port()->faults[PORT_FAULT_UNSENT], AF_XDP_TRANSMIT_SLOTS + PORT_BURST_MAX);
	assert_int_equal(reclaim_all(back), AF_XDP_TRANSMIT_SLOTS);
	assert_ptr_equal(memory.start + leave().address, free_buffers[AF_XDP_TRANSMIT_SLOTS]);
}

static void transmit_that_the_kernel_drops_for_want_of_a_link_is_counted(void **state)
{
	(void)state;
	send_error = EBUSY;
	assert_int_equal(send_burst(0), PORT_BURST_MAX);
	assert_int_equal(port()->faults[PORT_FAULT_UNSENT], PORT_BURST_MAX);
	send_error = 0;
	assert_int_equal(send_burst(PORT_BURST_MAX), PORT_BURST_MAX);
	assert_int_equal(passed_over, 0);
}

static void receive_after_a_stall_drops_what_waited(void **state)
{
	struct port_frame frames[PORT_BURST_MAX];
	_Atomic uint64_t passed = 7;

	(void)state;
	refill(AF_XDP_RECEIVE_SLOTS);
	af_xdp_mind(&xdp, &passed);
	come(0, 0, 60);
	assert_int_equal(receive_burst(frames), 1);
	for (unsigned i = 0; i < 40; i++) {
		come(i % QUEUES, i, 60);
	}
	atomic_store(&passed, 10);
	assert_int_equal(receive_burst(frames), 0);
	assert_int_equal(port()->faults[PORT_FAULT_STALLED], 3);
	assert_int_equal(port()->faults[PORT_FAULT_STALE], 40);
	assert_int_equal(port()->receive_room, 1);
	uint8_t *at = come(1, 1, 60);

	assert_int_equal(receive_burst(frames), 1);
	assert_ptr_equal(frames[0].data, at);
}

static void arm_with_a_frame_waiting_is_false(void **state)
{
	(void)state;
	refill(AF_XDP_RECEIVE_SLOTS);
	assert_true(port()->ops->arm(port()));
	come(1, 1, 60);
	assert_false(port()->ops->arm(port()));
	assert_true(port()->ops->link_up(port()));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define NEWER_CASE(name) cmocka_unit_test_setup_teardown(name, set_up_newer, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(receive_frames_of_every_length_come_by_reference_past_the_wrap),
		CASE(receive_more_than_a_burst_comes_in_order),
		CASE(receive_queues_take_turns),
		CASE(refill_takes_no_more_than_the_rings_hold),
		CASE(receive_full_ring_is_taken_whole_and_lent_again),
		CASE(receive_place_outside_the_memory_is_counted_and_not_used),
		CASE(receive_impossible_length_is_counted_and_its_buffer_lent_again),
		CASE(receive_more_than_was_lent_is_counted_and_not_used),
		CASE(transmit_frames_leave_as_they_are_and_come_back),
		CASE(transmit_full_ring_takes_what_has_room),
		CASE(reclaim_what_was_never_sent_is_counted_and_not_used),
		CASE(transmit_while_the_interface_is_down_drops_counts_and_gives_back),
		CASE(transmit_what_lay_in_the_ring_when_it_went_down_never_leaves),
		NEWER_CASE(transmit_what_lay_in_the_ring_when_it_went_down_never_leaves),
		CASE(transmit_ring_that_was_full_when_it_went_down_holds_nothing_back),
		NEWER_CASE(transmit_ring_that_was_full_when_it_went_down_holds_nothing_back),
		CASE(transmit_that_the_kernel_drops_for_want_of_a_link_is_counted),
		CASE(receive_after_a_stall_drops_what_waited),
		CASE(arm_with_a_frame_waiting_is_false),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
