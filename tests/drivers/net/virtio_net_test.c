/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/net/virtio_net.h against the modelled device: that frames go both ways
 * untouched and by reference, also where indices wrap and rings are full, and when
 * interrupts and notices are asked for. What a lying device can do is in
 * virtio_net_fault_test.c.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/drivers/net/net_bench.h"

static struct net_bench bench;

static int open_bench(void **state)
{
	(void)state;
	bench_open(&bench);
	return 0;
}

static int open_port(void **state)
{
	open_bench(state);
	assert_int_equal(virtio_net_init(&bench.net, BENCH_SLOT, "inside", bench.shared), 0);
	return 0;
}

static int close_port(void **state)
{
	(void)state;
	assert_true(bench.net.port.ops == NULL || bench_is_whole(&bench));
	bench.net.port.ops = NULL;
	bench_close(&bench);
	return 0;
}

static struct port *port(void)
{
	return &bench.net.port;
}

/* The device received a frame of `length` bytes that begins with `number`. */
static uint8_t *come(uint32_t number, uint32_t length)
{
	struct model_virtio_buffer buffer;

	assert_true(model_virtio_take(&bench.model, BENCH_RECEIVE, &buffer));
	assert_true(buffer.writable);
	assert_int_equal(buffer.length, BENCH_HEADER + PORT_FRAME_MAX);
	memset(buffer.data, 0xff, BENCH_HEADER); /* num_buffers, offloads: not agreed, not read */
	memset(buffer.data + BENCH_HEADER, (int)number, length);
	memcpy(buffer.data + BENCH_HEADER, &number, sizeof(number));
	model_virtio_return(&bench.model, BENCH_RECEIVE, buffer.id, BENCH_HEADER + length);
	return buffer.data + BENCH_HEADER;
}

static uint32_t number_of(const uint8_t *data)
{
	uint32_t number;

	memcpy(&number, data, sizeof(number));
	return number;
}

static void init_another_device_is_enodev(void **state)
{
	(void)state;
	bench.model.id = VIRTIO_RNG;
	assert_int_equal(virtio_net_init(&bench.net, BENCH_SLOT, "inside", bench.shared), -ENODEV);
	assert_int_equal(bench.model.resets, 0);
}

static void refused(void)
{
	assert_int_equal(virtio_net_init(&bench.net, BENCH_SLOT, "inside", bench.shared), -EIO);
	assert_int_not_equal(bench.model.status & MODEL_VIRTIO_FAILED, 0);
	assert_null(bench.net.port.ops);
}

static void init_what_is_needed_refused_is_eio(void **state)
{
	(void)state;
	bench.model.refuses = true;
	refused();
	bench.model.refuses = false;
	bench.model.offers = VIRTIO_F_VERSION_1;
	refused();
	bench.model.offers = VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX;
	bench.model.size_max[BENCH_TRANSMIT] = 0;
	refused();
	bench.model.size_max[BENCH_TRANSMIT] = PORT_BURST_MAX - 1;
	refused();
	bench.model.size_max[BENCH_TRANSMIT] = 256;
	bench.model.size_max[BENCH_RECEIVE] = PORT_BURST_MAX / 2;
	refused();
	bench.model.size_max[BENCH_RECEIVE] = 256;
	bench.model.keeps_status = true;
	refused();
}

static void init_asks_for_nothing_that_alters_frames(void **state)
{
	(void)state;
	assert_int_equal(bench.model.accepted, VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX);
	assert_int_equal(port()->receive_slots, 256);
	assert_int_equal(port()->receive_room, 256);
	assert_int_equal(port()->transmit_slots, 256);
	assert_int_equal(port()->transmit_room, 256);
}

static void receive_frames_of_every_length_are_as_they_came(void **state)
{
	static const uint32_t lengths[] = { 14,	  15,	42,   60,   1514, 1522, 4096, 8204,
					    8205, 8206, 8207, 9216, 9224, 9248, 9280 };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct port_frame frame;

		bench_lend(&bench, 32);
		uint8_t *data = come((uint32_t)i, lengths[i]);

		assert_int_equal(port()->ops->receive(port(), &frame, 1), 1);
		assert_ptr_equal(frame.data, data);
		assert_int_equal(frame.length, lengths[i]);
		assert_int_equal(number_of(frame.data), i);
		assert_int_equal(frame.data[frame.length - 1], i);
		bench_give_back(&bench, frame.data);
	}
}

static void receive_more_than_a_burst_leaves_the_rest(void **state)
{
	struct port_frame frames[PORT_BURST_MAX];

	(void)state;
	bench_lend(&bench, 64);
	assert_int_equal(port()->receive_room, 192);
	for (uint32_t i = 0; i < 40; i++) {
		come(i, 60);
	}
	assert_int_equal(port()->ops->receive(port(), frames, PORT_BURST_MAX), PORT_BURST_MAX);
	assert_int_equal(port()->receive_room, 224);
	for (uint32_t i = 0; i < PORT_BURST_MAX; i++) {
		assert_int_equal(number_of(frames[i].data), i);
		bench_give_back(&bench, frames[i].data);
	}
	assert_int_equal(port()->ops->receive(port(), frames, PORT_BURST_MAX), 8);
	for (uint32_t i = 0; i < 8; i++) {
		assert_int_equal(number_of(frames[i].data), 32 + i);
		bench_give_back(&bench, frames[i].data);
	}
	assert_int_equal(port()->ops->receive(port(), frames, PORT_BURST_MAX), 0);
}

static void receive_buffers_in_any_order_gives_each_with_its_frame(void **state)
{
	struct model_virtio_buffer lent[64];
	struct port_frame frames[PORT_BURST_MAX];

	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		bench_lend(&bench, 64);
		for (unsigned i = 0; i < 64; i++) {
			assert_true(model_virtio_take(&bench.model, BENCH_RECEIVE, &lent[i]));
		}
		for (unsigned i = 0; i < 64; i++) {
			const struct model_virtio_buffer *buffer = &lent[i * 29 % 64];

			memcpy(buffer->data + BENCH_HEADER, &i, sizeof(i));
			model_virtio_return(&bench.model, BENCH_RECEIVE, buffer->id, 100 + i);
		}
		for (unsigned i = 0; i < 64; i++) {
			if (i % 32 == 0) {
				assert_int_equal(port()->ops->receive(port(), frames, 32), 32);
			}
			assert_ptr_equal(frames[i % 32].data,
					 lent[i * 29 % 64].data + BENCH_HEADER);
			assert_int_equal(frames[i % 32].length, 100 + i - BENCH_HEADER);
			bench_give_back(&bench, frames[i % 32].data);
		}
	}
	assert_int_equal(port()->faults[PORT_FAULT_BUFFER], 0);
}

static void receive_indices_that_wrap_go_on(void **state)
{
	struct port_frame frames[PORT_BURST_MAX];
	uint32_t sent = 0, seen = 0;

	(void)state;
	bench_lend(&bench, 256);
	while (seen < 70000) {
		for (unsigned i = 0; i < 1 + sent % 31; i++) {
			come(sent++, 64);
		}
		unsigned count = port()->ops->receive(port(), frames, PORT_BURST_MAX);

		for (unsigned i = 0; i < count; i++) {
			assert_int_equal(number_of(frames[i].data), seen++);
			bench.free[bench.free_count++] = frames[i].data;
		}
		bench_lend(&bench, count);
	}
	assert_int_equal(seen, sent);
}

static void receive_exhausted_ring_goes_on_when_it_is_lent_more(void **state)
{
	struct port_frame frames[PORT_BURST_MAX];
	struct model_virtio_buffer buffer;

	(void)state;
	assert_int_equal(bench_lend(&bench, 256), 256);
	assert_int_equal(port()->receive_room, 0);
	assert_int_equal(port()->ops->refill(port(), (uint8_t *const *)bench.free, 1), 0);
	for (uint32_t i = 0; i < 256; i++) {
		come(i, 60);
	}
	assert_false(model_virtio_take(&bench.model, BENCH_RECEIVE, &buffer));
	for (unsigned i = 0; i < 256; i += PORT_BURST_MAX) {
		assert_int_equal(port()->ops->receive(port(), frames, PORT_BURST_MAX), 32);
		for (unsigned j = 0; j < PORT_BURST_MAX; j++) {
			assert_int_equal(number_of(frames[j].data), i + j);
			bench_give_back(&bench, frames[j].data);
		}
	}
	assert_int_equal(port()->ops->receive(port(), frames, PORT_BURST_MAX), 0);
	unsigned notices = bench.model.queue[BENCH_RECEIVE].notices;

	bench_lend(&bench, 1);
	assert_int_equal(bench.model.queue[BENCH_RECEIVE].notices, notices + 1);
	come(7, 60);
	assert_int_equal(port()->ops->receive(port(), frames, PORT_BURST_MAX), 1);
	assert_int_equal(number_of(frames[0].data), 7);
	bench_give_back(&bench, frames[0].data);
}

/* Hands a frame to the port; it keeps its buffer until the device returns it. */
static unsigned send(uint32_t number, uint32_t length)
{
	struct port_frame frame = { bench.free[bench.free_count - 1], length };

	memset(frame.data - BENCH_HEADER, 0xff, BENCH_HEADER); /* of the port that it came from */
	memset(frame.data, (int)number, length);
	memcpy(frame.data, &number, sizeof(number));
	unsigned taken = port()->ops->transmit(port(), &frame, 1);

	bench.free_count -= taken;
	return taken;
}

/* The device takes the next frame to be sent. */
static struct model_virtio_buffer sent(void)
{
	static const uint8_t nothing_to_do[BENCH_HEADER];
	struct model_virtio_buffer buffer;

	assert_true(model_virtio_take(&bench.model, BENCH_TRANSMIT, &buffer));
	assert_false(buffer.writable);
	assert_memory_equal(buffer.data, nothing_to_do, BENCH_HEADER);
	return buffer;
}

static void transmit_frames_of_every_length_are_what_the_device_gets(void **state)
{
	static const uint32_t lengths[] = { 14, 15, 42, 60, 1514, 9216, 9224, 9280 };

	(void)state;
	for (uint32_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		const uint8_t *data = bench.free[bench.free_count - 1];

		assert_int_equal(send(i, lengths[i]), 1);
		struct model_virtio_buffer buffer = sent();

		assert_ptr_equal(buffer.data + BENCH_HEADER, data);
		assert_int_equal(buffer.length, BENCH_HEADER + lengths[i]);
		assert_int_equal(number_of(data), i);
		assert_int_equal(data[lengths[i] - 1], i);
		model_virtio_return(&bench.model, BENCH_TRANSMIT, buffer.id, 0);
		assert_int_equal(bench_reclaim(&bench), 1);
	}
}

static void transmit_full_ring_takes_no_more_until_some_are_sent(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 256; i++) {
		assert_int_equal(send(i, 60), 1);
	}
	assert_int_equal(port()->transmit_room, 0);
	assert_int_equal(send(256, 60), 0);
	assert_int_equal(bench_reclaim(&bench), 0);
	model_virtio_return(&bench.model, BENCH_TRANSMIT, sent().id, 0);
	assert_int_equal(bench_reclaim(&bench), 1);
	assert_int_equal(send(256, 60), 1);
	for (uint32_t i = 1; i < 257; i++) {
		struct model_virtio_buffer buffer = sent();

		assert_int_equal(number_of(buffer.data + BENCH_HEADER), i);
		model_virtio_return(&bench.model, BENCH_TRANSMIT, buffer.id, 0);
	}
	assert_int_equal(bench_reclaim(&bench), 256);
	assert_int_equal(port()->transmit_room, 256);
}

static void transmit_indices_that_wrap_go_on(void **state)
{
	uint8_t *buffers[PORT_BURST_MAX];

	(void)state;
	for (uint32_t i = 0; i < 70000; i++) {
		assert_int_equal(send(i, 60), 1);
		struct model_virtio_buffer buffer = sent();

		assert_int_equal(number_of(buffer.data + BENCH_HEADER), i);
		model_virtio_return(&bench.model, BENCH_TRANSMIT, buffer.id, 0);
		if (bench.net.port.transmit_room < PORT_BURST_MAX) {
			unsigned count = port()->ops->reclaim(port(), buffers, PORT_BURST_MAX);

			assert_int_equal(count, PORT_BURST_MAX);
			memcpy(bench.free + bench.free_count, buffers, sizeof(buffers));
			bench.free_count += count;
		}
	}
	bench_reclaim(&bench);
}

static void reclaim_in_any_order_gives_each_buffer_once(void **state)
{
	struct model_virtio_buffer lent[100];

	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		for (uint32_t i = 0; i < 100; i++) {
			assert_int_equal(send(i, 60), 1);
			lent[i] = sent();
		}
		for (uint32_t i = 0; i < 100; i++) {
			model_virtio_return(&bench.model, BENCH_TRANSMIT, lent[i * 37 % 100].id, 0);
		}
		assert_int_equal(bench_reclaim(&bench), 100);
	}
	assert_int_equal(port()->faults[PORT_FAULT_BUFFER], 0);
}

/* Frames that come and go, `count` of them, one at a time. */
static void pass(uint32_t count)
{
	struct port_frame frame;

	for (uint32_t i = 0; i < count; i++) {
		come(i, 60);
		assert_int_equal(port()->ops->receive(port(), &frame, 1), 1);
		bench.free[bench.free_count++] = frame.data;
		bench_lend(&bench, 1);
	}
}

static void interrupts_come_armed_and_not_while_busy(void **state)
{
	unsigned *interrupts = &bench.model.queue[BENCH_RECEIVE].interrupts;
	struct port_frame frame;

	(void)state;
	bench_lend(&bench, 256);
	for (uint32_t round = 0; round < 3; round++) {
		pass(32000);
		assert_int_equal(*interrupts, round);
		assert_true(port()->ops->arm(port()));
		come(1, 60);
		assert_int_equal(*interrupts, round + 1);
		assert_int_equal(bench.model.interrupt, 1);
		come(2, 60); /* only the first one wakes */
		assert_int_equal(*interrupts, round + 1);
		port()->ops->disarm(port());
		for (unsigned i = 0; i < 2; i++) {
			assert_int_equal(port()->ops->receive(port(), &frame, 1), 1);
			bench.free[bench.free_count++] = frame.data;
		}
		bench_lend(&bench, 2);
	}
}

static void arm_right_at_the_wrap_interrupts_once(void **state)
{
	unsigned *interrupts = &bench.model.queue[BENCH_RECEIVE].interrupts;

	(void)state;
	bench_lend(&bench, 256);
	pass(0x4000);
	for (uint32_t index = 0x4000; index != 0x10002; index++) {
		if (index % 0x4000 == 0) {
			port()->ops->disarm(port()); /* as often as a core that is busy does */
		}
		if (index < 0xfffd) {
			pass(1);
			continue;
		}
		assert_int_equal(bench.net.receive.used, (uint16_t)index);
		unsigned before = *interrupts;

		assert_true(port()->ops->arm(port()));
		pass(1);
		assert_int_equal(*interrupts, before + 1);
		port()->ops->disarm(port());
	}
	assert_int_equal(*interrupts, 5);
}

static void come_now(struct model_virtio *model)
{
	model->on_acknowledge = NULL;
	come(9, 60);
}

static void arm_frame_that_comes_meanwhile_keeps_awake(void **state)
{
	struct port_frame frame;

	(void)state;
	bench_lend(&bench, 32);
	bench.model.on_acknowledge = come_now; /* after the last look, before the event index */
	assert_false(port()->ops->arm(port()));
	assert_int_equal(bench.model.interrupt, 0);
	port()->ops->disarm(port());
	assert_int_equal(port()->ops->receive(port(), &frame, 1), 1);
	bench_give_back(&bench, frame.data);
	assert_true(port()->ops->arm(port()));
}

static void notices_are_spared_while_the_device_is_at_work(void **state)
{
	unsigned *notices = &bench.model.queue[BENCH_TRANSMIT].notices;

	(void)state;
	assert_int_equal(send(0, 60), 1);
	assert_int_equal(*notices, 1);
	for (uint32_t i = 1; i < 20; i++) { /* it has not looked yet: it will see them */
		assert_int_equal(send(i, 60), 1);
	}
	assert_int_equal(*notices, 1);
	for (uint32_t i = 0; i < 20; i++) {
		model_virtio_return(&bench.model, BENCH_TRANSMIT, sent().id, 0);
	}
	assert_int_equal(send(20, 60), 1); /* it has run dry */
	assert_int_equal(*notices, 2);
	model_virtio_return(&bench.model, BENCH_TRANSMIT, sent().id, 0);
	bench_reclaim(&bench);
}

static void link_up_is_the_device_s_status_if_it_tells(void **state)
{
	(void)state;
	assert_true(port()->ops->link_up(port())); /* it does not */
	bench.model.offers |= 1u << 16;
	memset(bench.shared, 0, sizeof(bench.shared));
	assert_int_equal(virtio_net_init(&bench.net, BENCH_SLOT, "inside", bench.shared), 0);
	assert_false(port()->ops->link_up(port()));
	bench.model.space[6] = 1;
	assert_true(port()->ops->link_up(port()));
	bench.model.space[6] = 2; /* an announcement is asked for: another bit */
	assert_false(port()->ops->link_up(port()));
}

#define CASE(name, open) cmocka_unit_test_setup_teardown(name, open, close_port)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(init_another_device_is_enodev, open_bench),
		CASE(init_what_is_needed_refused_is_eio, open_bench),
		CASE(init_asks_for_nothing_that_alters_frames, open_port),
		CASE(receive_frames_of_every_length_are_as_they_came, open_port),
		CASE(receive_more_than_a_burst_leaves_the_rest, open_port),
		CASE(receive_buffers_in_any_order_gives_each_with_its_frame, open_port),
		CASE(receive_indices_that_wrap_go_on, open_port),
		CASE(receive_exhausted_ring_goes_on_when_it_is_lent_more, open_port),
		CASE(transmit_frames_of_every_length_are_what_the_device_gets, open_port),
		CASE(transmit_full_ring_takes_no_more_until_some_are_sent, open_port),
		CASE(transmit_indices_that_wrap_go_on, open_port),
		CASE(reclaim_in_any_order_gives_each_buffer_once, open_port),
		CASE(interrupts_come_armed_and_not_while_busy, open_port),
		CASE(arm_right_at_the_wrap_interrupts_once, open_port),
		CASE(arm_frame_that_comes_meanwhile_keeps_awake, open_port),
		CASE(notices_are_spared_while_the_device_is_at_work, open_port),
		CASE(link_up_is_the_device_s_status_if_it_tells, open_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
