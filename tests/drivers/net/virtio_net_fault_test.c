/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/net/virtio_net.h and a device that is wrong: used entries that cannot be,
 * frames of impossible lengths, a device that asks for a reset, does not come back, or
 * comes back as another. Each is counted by its name, no buffer is lost or lent twice,
 * and the port goes on when the device does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/drivers/net/net_bench.h"

static struct net_bench bench;

static struct port *port(void)
{
	return &bench.net.port;
}

static int open_port(void **state)
{
	(void)state;
	bench_open(&bench);
	assert_int_equal(virtio_net_init(&bench.net, BENCH_SLOT, "inside", bench.shared), 0);
	return 0;
}

static int close_port(void **state)
{
	(void)state;
	assert_true(bench_is_whole(&bench));
	bench_close(&bench);
	return 0;
}

static struct model_virtio_buffer taken(unsigned queue)
{
	struct model_virtio_buffer buffer;

	assert_true(model_virtio_take(&bench.model, queue, &buffer));
	return buffer;
}

static void come(uint32_t number)
{
	struct model_virtio_buffer buffer = taken(BENCH_RECEIVE);

	memcpy(buffer.data + BENCH_HEADER, &number, sizeof(number));
	model_virtio_return(&bench.model, BENCH_RECEIVE, buffer.id, BENCH_HEADER + 60);
}

/* Receives a burst that is to hold `first` … `first` + `count` − 1. */
static void expect(uint32_t first, unsigned count)
{
	struct port_frame frames[PORT_BURST_MAX];

	assert_int_equal(port()->ops->receive(port(), frames, PORT_BURST_MAX), count);
	for (unsigned i = 0; i < count; i++) {
		uint32_t number;

		memcpy(&number, frames[i].data, sizeof(number));
		assert_int_equal(number, first + i);
		bench_give_back(&bench, frames[i].data);
	}
}

static void send(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct port_frame frame = { bench.free[--bench.free_count], 60 };

		assert_int_equal(port()->ops->transmit(port(), &frame, 1), 1);
	}
}

/* The port has counted `fault` once and does nothing until it is armed. */
static void stopped_by(enum port_fault fault)
{
	struct port_frame frame = { bench.free[0], 60 };
	uint8_t *buffer = bench.free[0];

	assert_int_equal(port()->faults[fault], 1);
	assert_int_equal(port()->receive_room, 0);
	assert_int_equal(port()->transmit_room, 0);
	assert_false(port()->ops->link_up(port()));
	assert_int_equal(port()->ops->receive(port(), &frame, 1), 0);
	assert_int_equal(port()->ops->transmit(port(), &frame, 1), 0);
	assert_int_equal(port()->ops->refill(port(), &buffer, 1), 0);
	port()->ops->disarm(port());
	assert_int_equal(bench.model.resets, 2); /* the first one was at the start */
	assert_true(bench_is_whole(&bench));
}

/* A data core that is idle arms its ports, after it took back what it can. It runs again after
 * that, with all that it had been lent. */
static void starts_anew(void)
{
	for (unsigned i = 0; i < 2 && !port()->ops->link_up(port()); i++) {
		bench_reclaim(&bench);
		assert_false(port()->ops->arm(port()));
		port()->ops->disarm(port());
	}
	assert_true(port()->ops->link_up(port()));
	assert_true(bench_is_whole(&bench));
	assert_int_equal(port()->transmit_room, 256);
	assert_int_equal(port()->receive_room, 256 - virtio_held(&bench.net.receive));
	bench_lend(&bench, 256);
	for (uint32_t i = 0; i < 256; i++) {
		come(i);
	}
	for (uint32_t i = 0; i < 256; i += PORT_BURST_MAX) {
		expect(i, PORT_BURST_MAX);
	}
	send(3);
	for (unsigned i = 0; i < 3; i++) {
		model_virtio_return(&bench.model, BENCH_TRANSMIT, taken(BENCH_TRANSMIT).id, 0);
	}
	assert_int_equal(bench_reclaim(&bench), 3);
}

/* Five good frames, then one returned as `id`. */
static void receive_wrong(uint32_t id)
{
	for (uint32_t i = 0; i < 5; i++) {
		come(i);
	}
	taken(BENCH_RECEIVE);
	model_virtio_lie(&bench.model, BENCH_RECEIVE, id, BENCH_HEADER + 60);
	come(6);
	expect(0, 5);
	stopped_by(PORT_FAULT_BUFFER);
	starts_anew();
}

static void receive_number_beyond_the_queue_is_wrong_buffer(void **state)
{
	(void)state;
	bench_lend(&bench, 256);
	receive_wrong(256);
}

static void receive_number_with_high_bits_is_wrong_buffer(void **state)
{
	(void)state;
	bench_lend(&bench, 256);
	receive_wrong(0x10005); /* a driver that masks it sees the right one */
}

static void receive_number_twice_is_wrong_buffer(void **state)
{
	(void)state;
	bench_lend(&bench, 256);
	receive_wrong(2);
}

static void receive_number_not_lent_is_wrong_buffer(void **state)
{
	(void)state;
	bench_lend(&bench, 40);
	receive_wrong(200);
}

static void receive_index_beyond_what_is_lent_is_wrong_index(void **state)
{
	(void)state;
	bench_lend(&bench, 40);
	come(1);
	model_virtio_show(&bench.model, BENCH_RECEIVE, 41);
	expect(0, 0);
	stopped_by(PORT_FAULT_INDEX);
	starts_anew();
}

static void receive_index_that_goes_back_is_wrong_index(void **state)
{
	(void)state;
	bench_lend(&bench, 256);
	come(0);
	come(1);
	expect(0, 2);
	model_virtio_show(&bench.model, BENCH_RECEIVE, 1);
	expect(0, 0);
	stopped_by(PORT_FAULT_INDEX);
	starts_anew();
}

static void receive_index_while_nothing_is_lent_is_wrong_index(void **state)
{
	(void)state;
	model_virtio_show(&bench.model, BENCH_RECEIVE, 1);
	expect(0, 0);
	stopped_by(PORT_FAULT_INDEX);
	starts_anew();
}

/* A frame between two good ones that the device says is `length` long, header included. */
static void receive_length(uint32_t length, bool good)
{
	struct port_frame frames[PORT_BURST_MAX];

	come(1);
	struct model_virtio_buffer odd = taken(BENCH_RECEIVE);

	model_virtio_return(&bench.model, BENCH_RECEIVE, odd.id, length);
	come(2);
	unsigned count = port()->ops->receive(port(), frames, PORT_BURST_MAX);

	assert_int_equal(count, good ? 3 : 2);
	for (unsigned i = 0; i < count; i++) {
		assert_true(good || frames[i].data != odd.data + BENCH_HEADER);
		bench_give_back(&bench, frames[i].data);
	}
	if (good) {
		assert_int_equal(frames[1].length, length - BENCH_HEADER);
	}
	assert_true(bench_is_whole(&bench));
	bench_lend(&bench, 3);
}

static void receive_impossible_length_is_not_taken(void **state)
{
	static const uint32_t shorts[] = { 0, 1, 11, 12, 13, 25 };
	static const uint32_t longs[] = { BENCH_HEADER + PORT_FRAME_MAX + 1, 0xffff, 0x7fffffff,
					  0x80000000, 0xffffffff };

	(void)state;
	bench_lend(&bench, 100);
	for (unsigned round = 0; round < 50; round++) {
		for (size_t i = 0; i < sizeof(shorts) / sizeof(shorts[0]); i++) {
			receive_length(shorts[i], false);
		}
		for (size_t i = 0; i < sizeof(longs) / sizeof(longs[0]); i++) {
			receive_length(longs[i], false);
		}
		receive_length(BENCH_HEADER + 14, true);
		receive_length(BENCH_HEADER + PORT_FRAME_MAX, true);
	}
	assert_int_equal(port()->faults[PORT_FAULT_SHORT], 50 * 6);
	assert_int_equal(port()->faults[PORT_FAULT_LONG], 50 * 5);
	assert_int_equal(bench.model.resets, 1);
}

/* Nothing else lends them again: the driver must, and tell. */
static void receive_nothing_but_short_frames_keeps_the_device_supplied(void **state)
{
	(void)state;
	bench_lend(&bench, 256);
	for (unsigned i = 0; i < 3 * 256; i++) {
		struct model_virtio_buffer buffer;
		unsigned notices = bench.model.queue[BENCH_RECEIVE].notices;

		model_virtio_return(&bench.model, BENCH_RECEIVE, taken(BENCH_RECEIVE).id, 20);
		if (i % 256 != 255) {
			continue;
		}
		while (model_virtio_take(&bench.model, BENCH_RECEIVE, &buffer)) {
			model_virtio_return(&bench.model, BENCH_RECEIVE, buffer.id, 20);
		}
		for (unsigned burst = 0; burst < 8; burst++) {
			expect(0, 0);
		}
		assert_true(bench.model.queue[BENCH_RECEIVE].notices > notices);
	}
	assert_int_equal(port()->faults[PORT_FAULT_SHORT], 3 * 256);
	come(5);
	expect(5, 1);
}

static void reclaim_wrong(uint32_t id)
{
	send(10);
	for (unsigned i = 0; i < 10; i++) {
		struct model_virtio_buffer buffer = taken(BENCH_TRANSMIT);

		if (i == 4) {
			model_virtio_lie(&bench.model, BENCH_TRANSMIT, id, 0);
		} else {
			model_virtio_return(&bench.model, BENCH_TRANSMIT, buffer.id, 0);
		}
	}
	assert_int_equal(bench_reclaim(&bench), 4);
	stopped_by(PORT_FAULT_BUFFER);
	starts_anew();
	assert_int_equal(port()->faults[PORT_FAULT_LOST], 6);
}

static void reclaim_number_beyond_the_queue_is_wrong_buffer(void **state)
{
	(void)state;
	bench_lend(&bench, 256);
	reclaim_wrong(0xffffffff);
}

static void reclaim_number_twice_is_wrong_buffer(void **state)
{
	(void)state;
	reclaim_wrong(1);
}

static void reclaim_index_beyond_what_is_lent_is_wrong_index(void **state)
{
	(void)state;
	bench_lend(&bench, 70);
	send(2);
	model_virtio_show(&bench.model, BENCH_TRANSMIT, 3);
	assert_int_equal(bench_reclaim(&bench), 0);
	stopped_by(PORT_FAULT_INDEX);
	starts_anew();
	assert_int_equal(port()->faults[PORT_FAULT_LOST], 2);
}

static void arm_device_that_needs_a_reset_gets_one(void **state)
{
	(void)state;
	bench_lend(&bench, 200);
	send(100);
	come(0);
	bench.model.status |= MODEL_VIRTIO_NEEDS_RESET;
	assert_false(port()->ops->arm(port()));
	stopped_by(PORT_FAULT_RESET);
	starts_anew();
	assert_int_equal(port()->faults[PORT_FAULT_LOST], 100);
	assert_int_equal(port()->faults[PORT_FAULT_RESET], 1);
}

static void arm_device_that_does_not_let_go_keeps_its_buffers(void **state)
{
	(void)state;
	bench_lend(&bench, 200);
	send(10);
	bench.model.status |= MODEL_VIRTIO_NEEDS_RESET;
	bench.model.keeps_status = true;
	assert_false(port()->ops->arm(port()));
	for (unsigned i = 0; i < 100; i++) { /* it may still write to them */
		assert_int_equal(bench_reclaim(&bench), 0);
		assert_true(port()->ops->arm(port())); /* the core may sleep meanwhile */
	}
	assert_int_equal(bench.free_count, BENCH_BUFFERS - 210);
	model_virtio_let_go(&bench.model);
	starts_anew();
	assert_int_equal(port()->faults[PORT_FAULT_LOST], 10);
}

static void arm_device_that_fails_again_after_its_reset_gets_another(void **state)
{
	(void)state;
	bench_lend(&bench, 100);
	bench.model.status |= MODEL_VIRTIO_NEEDS_RESET;
	assert_false(port()->ops->arm(port()));
	bench.model.status = MODEL_VIRTIO_NEEDS_RESET;
	assert_true(port()->ops->arm(port()));
	starts_anew();
	assert_int_equal(port()->faults[PORT_FAULT_RESET], 1);
}

static void arm_device_that_refuses_is_tried_again(void **state)
{
	(void)state;
	bench_lend(&bench, 100);
	come(0);
	expect(0, 1);
	model_virtio_show(&bench.model, BENCH_RECEIVE, 1000);
	expect(0, 0);
	bench.model.refuses = true;
	for (unsigned i = 1; i < 5; i++) {
		assert_true(port()->ops->arm(port()));
		assert_int_equal(port()->faults[PORT_FAULT_REFUSED], i);
		assert_true(bench_is_whole(&bench));
	}
	bench.model.refuses = false;
	starts_anew();
	assert_int_equal(port()->faults[PORT_FAULT_REFUSED], 4);
	assert_int_equal(port()->faults[PORT_FAULT_INDEX], 1);
}

/* What it was lent does not fit any more, or its ring lies elsewhere. */
static void arm_device_that_comes_back_with_other_queues_is_refused(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 16, 32, 128 };

	(void)state;
	bench_lend(&bench, 256);
	send(200);
	for (uint32_t i = 0; i < 77; i++) {
		come(i);
	}
	expect(0, 32);
	bench.model.status |= MODEL_VIRTIO_NEEDS_RESET;
	assert_false(port()->ops->arm(port()));
	stopped_by(PORT_FAULT_RESET);
	assert_false(port()->ops->arm(port())); /* what was being sent comes back first */
	assert_int_equal(bench_reclaim(&bench), 200);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		bench.model.size_max[i % 2] = sizes[i];
		assert_true(port()->ops->arm(port()));
		assert_true(bench_is_whole(&bench));
		bench.model.size_max[i % 2] = 256;
	}
	assert_int_equal(port()->faults[PORT_FAULT_REFUSED], 5);
	starts_anew();
	assert_int_equal(port()->faults[PORT_FAULT_LOST], 200);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_port, close_port)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(receive_number_beyond_the_queue_is_wrong_buffer),
		CASE(receive_number_with_high_bits_is_wrong_buffer),
		CASE(receive_number_twice_is_wrong_buffer),
		CASE(receive_number_not_lent_is_wrong_buffer),
		CASE(receive_index_beyond_what_is_lent_is_wrong_index),
		CASE(receive_index_that_goes_back_is_wrong_index),
		CASE(receive_index_while_nothing_is_lent_is_wrong_index),
		CASE(receive_impossible_length_is_not_taken),
		CASE(receive_nothing_but_short_frames_keeps_the_device_supplied),
		CASE(reclaim_number_beyond_the_queue_is_wrong_buffer),
		CASE(reclaim_number_twice_is_wrong_buffer),
		CASE(reclaim_index_beyond_what_is_lent_is_wrong_index),
		CASE(arm_device_that_needs_a_reset_gets_one),
		CASE(arm_device_that_does_not_let_go_keeps_its_buffers),
		CASE(arm_device_that_fails_again_after_its_reset_gets_another),
		CASE(arm_device_that_refuses_is_tried_again),
		CASE(arm_device_that_comes_back_with_other_queues_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
