/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/virtio.c against the modelled device: finding it, agreeing with it,
 * starting its queues, and the arithmetic of event indices.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/virtio/virtio.h"
#include "tests/model/virtio.h"

#define SLOT 0x0a003e00u
#define WANTED (VIRTIO_F_EVENT_IDX | 1u << 16)

static struct model_virtio model;
static struct virtio_shared shared;
static struct virtio_queue queue;

static int set_up(void **state)
{
	(void)state;
	memset(&shared, 0, sizeof(shared));
	model_virtio_attach(&model, SLOT, VIRTIO_NET);
	return 0;
}

static void probe_modern_device_is_its_id(void **state)
{
	(void)state;
	assert_int_equal(virtio_probe(SLOT), VIRTIO_NET);
	model.id = VIRTIO_RNG;
	assert_int_equal(virtio_probe(SLOT), VIRTIO_RNG);
}

static void probe_anything_else_is_none(void **state)
{
	(void)state;
	model.magic ^= 1;
	assert_int_equal(virtio_probe(SLOT), 0);
	model.magic ^= 1;
	model.version = 1;
	assert_int_equal(virtio_probe(SLOT), 0);
	model.version = 2;
	model.id = 0; /* 4.2.2.2: a slot without a device */
	assert_int_equal(virtio_probe(SLOT), 0);
}

static void begin_agrees_on_what_both_know(void **state)
{
	(void)state;
	assert_int_equal(virtio_begin(SLOT, WANTED), VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX);
	assert_int_equal(model.accepted, VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX);
	assert_int_equal(model.resets, 1);
	model.offers |= 1u << 16;
	assert_int_equal(virtio_begin(SLOT, WANTED), VIRTIO_F_VERSION_1 | WANTED);
	assert_int_equal(model.status, 1 | 2 | 8);
}

static void begin_features_refused_is_none(void **state)
{
	(void)state;
	model.refuses = true;
	assert_int_equal(virtio_begin(SLOT, WANTED), 0);
}

static void begin_without_version_1_is_none(void **state)
{
	(void)state;
	model.offers = VIRTIO_F_EVENT_IDX;
	assert_int_equal(virtio_begin(SLOT, WANTED), 0);
}

static void begin_device_that_never_resets_ends(void **state)
{
	(void)state;
	model.keeps_status = true;
	assert_int_equal(virtio_begin(SLOT, WANTED), 0);
	model.keeps_status = false;
	assert_int_not_equal(virtio_begin(SLOT, WANTED), 0);
}

static void queue_start_takes_a_power_of_two_within_both_bounds(void **state)
{
	static const uint32_t sizes[][2] = {
		{ 1, 1 },     { 2, 2 },	    { 3, 2 },	    { 200, 128 },
		{ 256, 256 }, { 300, 256 }, { 32768, 256 }, { 0xffffffff, 256 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(&shared, 0, sizeof(shared));
		model.size_max[0] = sizes[i][0];
		virtio_begin(SLOT, WANTED);
		assert_true(virtio_queue_start(&queue, SLOT, 0, &shared));
		assert_int_equal(queue.size, sizes[i][1]);
		assert_int_equal(model.queue[0].size, sizes[i][1]);
		assert_int_equal(model.queue[0].descriptor, (uintptr_t)&shared.descriptor);
		assert_int_equal(model.queue[0].driver, (uintptr_t)&shared.available);
		assert_int_equal(model.queue[0].device, (uintptr_t)&shared.used);
		assert_int_equal(model.queue[0].ready, 1);
		assert_ptr_equal(queue.used_event, &shared.available.ring[queue.size]);
		assert_ptr_equal(queue.available_event, &shared.used.ring[queue.size]);
	}
}

static void queue_start_absent_queue_fails(void **state)
{
	(void)state;
	model.size_max[1] = 0;
	virtio_begin(SLOT, WANTED);
	assert_false(virtio_queue_start(&queue, SLOT, 1, &shared));
	assert_false(virtio_queue_start(&queue, SLOT, MODEL_VIRTIO_QUEUES, &shared));
}

static void queue_start_running_queue_fails(void **state)
{
	(void)state;
	virtio_begin(SLOT, WANTED);
	model.queue[0].ready = 1;
	assert_false(virtio_queue_start(&queue, SLOT, 0, &shared));
}

/* 2.7.7.2, from every place around the wrap: the event lies among those that are new. */
static void wants_notice_anywhere_is_whether_the_event_is_among_the_new(void **state)
{
	(void)state;
	virtio_begin(SLOT, WANTED);
	assert_true(virtio_queue_start(&queue, SLOT, 0, &shared));
	for (uint32_t event = 0xfff0; event < 0x10010; event++) {
		model_virtio_want(&model, 0, (uint16_t)event);
		for (uint32_t old = 0xfff0; old < 0x10010; old++) {
			for (uint32_t added = old; added < old + 40; added++) {
				bool wanted = event >= old && event < added;

				assert_int_equal(virtio_wants_notice(&queue, (uint16_t)old,
								     (uint16_t)added),
						 wanted);
			}
		}
	}
}

static void publish_notices_only_when_the_device_wants_it(void **state)
{
	(void)state;
	virtio_begin(SLOT, WANTED);
	assert_true(virtio_queue_start(&queue, SLOT, 0, &shared));
	virtio_ready(SLOT);
	queue.available = queue.used = queue.notified = 0xfffe;
	model_virtio_want(&model, 0, 1); /* beyond the wrap */
	for (uint32_t i = 0; i < 3; i++) {
		queue.available++;
		virtio_publish(&queue);
		assert_int_equal(shared.available.index, queue.available);
		assert_int_equal(model.queue[0].notices, 0);
	}
	queue.available++; /* from 1 to 2 */
	virtio_publish(&queue);
	assert_int_equal(model.queue[0].notices, 1);
	assert_int_equal(virtio_held(&queue), 4);
	virtio_publish_always(&queue);
	assert_int_equal(model.queue[0].notices, 2);
}

static void used_index_is_the_device_s(void **state)
{
	(void)state;
	virtio_begin(SLOT, WANTED);
	assert_true(virtio_queue_start(&queue, SLOT, 0, &shared));
	model_virtio_show(&model, 0, 0xffff);
	assert_int_equal(virtio_used_index(&queue), 0xffff);
}

static void acknowledge_ends_the_interrupt(void **state)
{
	(void)state;
	model.interrupt = 3;
	virtio_acknowledge(SLOT);
	assert_int_equal(model.interrupt, 0);
}

static void needs_reset_follows_the_device_s_status(void **state)
{
	(void)state;
	virtio_begin(SLOT, WANTED);
	assert_false(virtio_needs_reset(SLOT));
	model.status |= MODEL_VIRTIO_NEEDS_RESET;
	assert_true(virtio_needs_reset(SLOT));
	virtio_give_up(SLOT);
	assert_int_equal(model.status & MODEL_VIRTIO_FAILED, MODEL_VIRTIO_FAILED);
	assert_false(virtio_is_reset(SLOT));
	virtio_reset(SLOT);
	assert_true(virtio_is_reset(SLOT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(probe_modern_device_is_its_id, set_up),
		cmocka_unit_test_setup(probe_anything_else_is_none, set_up),
		cmocka_unit_test_setup(begin_agrees_on_what_both_know, set_up),
		cmocka_unit_test_setup(begin_features_refused_is_none, set_up),
		cmocka_unit_test_setup(begin_without_version_1_is_none, set_up),
		cmocka_unit_test_setup(begin_device_that_never_resets_ends, set_up),
		cmocka_unit_test_setup(queue_start_takes_a_power_of_two_within_both_bounds, set_up),
		cmocka_unit_test_setup(queue_start_absent_queue_fails, set_up),
		cmocka_unit_test_setup(queue_start_running_queue_fails, set_up),
		cmocka_unit_test_setup(wants_notice_anywhere_is_whether_the_event_is_among_the_new,
				       set_up),
		cmocka_unit_test_setup(publish_notices_only_when_the_device_wants_it, set_up),
		cmocka_unit_test_setup(used_index_is_the_device_s, set_up),
		cmocka_unit_test_setup(acknowledge_ends_the_interrupt, set_up),
		cmocka_unit_test_setup(needs_reset_follows_the_device_s_status, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
