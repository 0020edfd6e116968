/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/net/af_packet.h's reception from a ring and a queue that the test fills as the kernel
 * would: frames come whole and in order, also where the ring wraps and where one is too long for a
 * slot, with their tags, and what a kernel says that cannot be is counted and not used. With the
 * kernel itself it is in tests/system/test_live.py.
 */
#define _GNU_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "drivers/net/af_packet.h"
#include "hal/linux/cores.h"

#define SLOTS 8u
#define SLOT_BYTES 2048u
#define MAC 80u /* where in a slot frames begin */
#define HEADER_BYTES sizeof(struct abi_vnet_header)
#define LENGTH 60u
#define TAGGED_BYTES 4u
#define BUFFER_BYTES (PORT_HEADROOM + AF_PACKET_FRAME_MAX)

static struct af_packet packet;
static int kernel; /* the end of its queue that the test writes to */
static uint32_t kernel_next;
static uint8_t *buffers[2 * SLOTS];
static unsigned buffer_count;
static struct port_frame frames[PORT_BURST_MAX];

bool interface_link_up(const struct interface *interface)
{
	return interface->index == 1;
}

int cores_watch(enum core core, int descriptor, short events)
{
	(void)core;
	(void)descriptor;
	return events;
}

void cores_watch_change(enum core core, int place, short events)
{
	(void)core;
	(void)place;
	(void)events;
}

void cores_unwatch(enum core core, int place)
{
	(void)core;
	(void)place;
}

static void lend(unsigned count)
{
	while (count-- != 0) {
		uint8_t *buffer = aligned_alloc(64, (BUFFER_BYTES + 63) / 64 * 64);

		assert_non_null(buffer);
		buffers[buffer_count++] = buffer;
		buffer += PORT_HEADROOM;
		assert_int_equal(packet.port.ops->refill(&packet.port, &buffer, 1), 1);
	}
}

static int set_up(void **state)
{
	const struct interface interface = { .name = "lan", .index = 1 };
	int ends[2];

	(void)state;
	af_packet_init(&packet, &interface, CORE_DATA);
	packet.ring = (struct packet_ring){ .memory = aligned_alloc(64, SLOTS * SLOT_BYTES),
					    .bytes = SLOTS * SLOT_BYTES,
					    .slot_bytes = SLOT_BYTES,
					    .slots = SLOTS };
	assert_non_null(packet.ring.memory);
	memset(packet.ring.memory, 0, SLOTS * SLOT_BYTES);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	packet.socket = ends[0];
	kernel = ends[1];
	kernel_next = 0;
	buffer_count = 0;
	lend(4);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	while (buffer_count != 0) {
		free(buffers[--buffer_count]);
	}
	free(packet.ring.memory);
	close(packet.socket);
	close(kernel);
	return 0;
}

static void make_frame(uint8_t *frame, uint32_t length, uint8_t number)
{
	for (uint32_t i = 0; i < length; i++) {
		frame[i] = (uint8_t)(number + i * 7);
	}
}

/* The kernel's next slot, with a frame in it; the test may spoil it, then fill() it. */
static struct abi_packet_slot *write_slot(uint32_t length, uint8_t number)
{
	uint8_t *at = packet.ring.memory + (size_t)kernel_next * SLOT_BYTES;
	struct abi_packet_slot *slot = (struct abi_packet_slot *)(void *)at;
	const struct abi_vnet_header header = { .checksum_start = 34, .header_length = number };

	assert_int_equal(slot->status, ABI_TP_STATUS_KERNEL);
	memcpy(at + MAC - HEADER_BYTES, &header, HEADER_BYTES);
	slot->length = length;
	slot->captured = length < SLOT_BYTES - MAC ? length : SLOT_BYTES - MAC;
	slot->mac = MAC;
	make_frame(at + MAC, slot->captured, number);
	kernel_next = (kernel_next + 1) % SLOTS;
	return slot;
}

static void fill(struct abi_packet_slot *slot, uint32_t status)
{
	slot->status = ABI_TP_STATUS_USER | status;
}

/* One too long for a slot, which waits in the queue. */
static void write_long(uint32_t length, uint8_t number)
{
	uint8_t *whole = calloc(1, HEADER_BYTES + length);

	assert_non_null(whole);
	make_frame(whole + HEADER_BYTES, length, number);
	assert_int_equal(send(kernel, whole, HEADER_BYTES + length, 0), HEADER_BYTES + length);
	free(whole);
	fill(write_slot(length, number), ABI_TP_STATUS_COPY);
}

static unsigned receive(void)
{
	return packet.port.ops->receive(&packet.port, frames, PORT_BURST_MAX);
}

static void assert_is(const struct port_frame *frame, uint32_t length, uint8_t number)
{
	uint8_t *expected = malloc(length);

	assert_non_null(expected);
	make_frame(expected, length, number);
	assert_int_equal(frame->length, length);
	assert_memory_equal(frame->data, expected, length);
	free(expected);
}

static void receive_takes_frames_in_order_also_round_the_ring(void **state)
{
	(void)state;
	lend(SLOTS);
	for (uint8_t time = 0; time < 5; time++) {
		for (uint8_t i = 0; i < 3; i++) {
			fill(write_slot(LENGTH + i, (uint8_t)(time * 3 + i)), 0);
		}
		assert_int_equal(receive(), 3);
		for (uint8_t i = 0; i < 3; i++) {
			struct abi_vnet_header header;

			assert_is(&frames[i], LENGTH + i, (uint8_t)(time * 3 + i));
			memcpy(&header, frames[i].data - HEADER_BYTES, HEADER_BYTES);
			assert_int_equal(header.header_length, time * 3 + i);
			packet.port.ops->refill(&packet.port, &frames[i].data, 1);
		}
		assert_int_equal(receive(), 0);
	}
	assert_true(packet.port.ops->arm(&packet.port));
}

static void receive_without_buffers_leaves_frames_in_the_ring(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < 6; i++) {
		fill(write_slot(LENGTH, i), 0);
	}
	assert_int_equal(receive(), 4);
	assert_int_equal(receive(), 0);
	assert_false(packet.port.ops->arm(&packet.port));
	lend(2);
	assert_int_equal(receive(), 2);
	assert_is(&frames[0], LENGTH, 4);
	assert_is(&frames[1], LENGTH, 5);
}

static void receive_puts_the_tag_back(void **state)
{
	struct abi_packet_slot *slot = write_slot(LENGTH, 1);
	struct abi_vnet_header header = { .flags = ABI_VNET_NEEDS_CHECKSUM, .checksum_start = 34 };
	uint8_t expected[LENGTH];

	(void)state;
	memcpy((uint8_t *)slot + MAC - HEADER_BYTES, &header, HEADER_BYTES);
	slot->vlan_tci = 0x6123;
	slot->vlan_tpid = 0x88a8;
	fill(slot, ABI_TP_STATUS_VLAN_VALID | ABI_TP_STATUS_VLAN_TPID_VALID);
	assert_int_equal(receive(), 1);
	make_frame(expected, LENGTH, 1);
	assert_int_equal(frames[0].length, LENGTH + TAGGED_BYTES);
	assert_memory_equal(frames[0].data, expected, 12);
	assert_memory_equal(frames[0].data + 12, "\x88\xa8\x61\x23", TAGGED_BYTES);
	assert_memory_equal(frames[0].data + 16, expected + 12, LENGTH - 12);
	memcpy(&header, frames[0].data - HEADER_BYTES, HEADER_BYTES);
	assert_int_equal(header.checksum_start, 34 + TAGGED_BYTES);
	assert_true(packet.port.checksum_partial[0]);
}

static void receive_takes_long_frames_from_the_queue_in_their_place(void **state)
{
	(void)state;
	fill(write_slot(LENGTH, 1), 0);
	write_long(9000, 2);
	fill(write_slot(LENGTH, 3), 0);
	write_long(65000, 4);
	assert_int_equal(receive(), 4);
	assert_is(&frames[0], LENGTH, 1);
	assert_is(&frames[1], 9000, 2);
	assert_is(&frames[2], LENGTH, 3);
	assert_is(&frames[3], 65000, 4);
}

static void receive_frame_too_long_for_a_buffer_is_counted_and_the_next_one_taken(void **state)
{
	(void)state;
	write_long(AF_PACKET_FRAME_MAX + 1, 1);
	write_long(9000, 2);
	assert_int_equal(receive(), 1);
	assert_is(&frames[0], 9000, 2);
	assert_int_equal(packet.port.faults[PORT_FAULT_LONG], 1);
}

static void receive_what_cannot_be_is_counted_and_its_buffer_kept(void **state)
{
	struct abi_packet_slot *slot = write_slot(3000, 1);

	(void)state;
	fill(slot, 0); /* cut off, and the queue had no room */
	fill(write_slot(PORT_FRAME_MIN - 1, 2), 0);
	slot = write_slot(LENGTH, 3);
	slot->mac = sizeof(*slot);
	fill(slot, 0);
	slot = write_slot(LENGTH, 4);
	slot->mac = SLOT_BYTES - LENGTH + 1;
	fill(slot, 0);
	fill(write_slot(9000, 5), ABI_TP_STATUS_COPY); /* and nothing waits */
	fill(write_slot(LENGTH, 6), 0);
	assert_int_equal(receive(), 1);
	assert_is(&frames[0], LENGTH, 6);
	assert_int_equal(packet.port.faults[PORT_FAULT_OVERRUN], 1);
	assert_int_equal(packet.port.faults[PORT_FAULT_SHORT], 1);
	assert_int_equal(packet.port.faults[PORT_FAULT_BUFFER], 3);
	assert_int_equal(packet.lent_count, 3);
}

static void receive_after_a_stall_drops_what_waited_from_ring_and_queue(void **state)
{
	_Atomic uint64_t passed = 0;

	(void)state;
	af_packet_mind(&packet, &passed);
	fill(write_slot(LENGTH, 1), 0);
	write_long(9000, 2);
	passed = 7;
	assert_int_equal(receive(), 0);
	assert_int_equal(packet.port.faults[PORT_FAULT_STALLED], 7);
	assert_int_equal(packet.port.faults[PORT_FAULT_STALE], 2);
	write_long(9000, 3);
	assert_int_equal(receive(), 1);
	assert_is(&frames[0], 9000, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(receive_takes_frames_in_order_also_round_the_ring),
		TEST(receive_without_buffers_leaves_frames_in_the_ring),
		TEST(receive_puts_the_tag_back),
		TEST(receive_takes_long_frames_from_the_queue_in_their_place),
		TEST(receive_frame_too_long_for_a_buffer_is_counted_and_the_next_one_taken),
		TEST(receive_what_cannot_be_is_counted_and_its_buffer_kept),
		TEST(receive_after_a_stall_drops_what_waited_from_ring_and_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
