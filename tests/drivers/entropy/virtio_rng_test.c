/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/entropy/virtio_rng.h against the modelled device: short answers are put
 * together, and whatever is not a right answer ends it, within bounded time, without a
 * byte that the device did not write.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/entropy/virtio_rng.h"
#include "hal/clock.h"
#include "tests/model/virtio.h"

#define SLOT 0x0a003000u
#define GUARD 0xa5u

static struct model_virtio model;
static struct virtio_shared shared;
static struct virtio_rng rng;
static uint64_t now_ns;
static unsigned requests;
static uint32_t give; /* bytes per answer, at most */
static uint32_t claim; /* … added to the length that it says */
static uint32_t id_lie;
static uint16_t index_lie;
static uint8_t next_byte;

/* Time passes with every look. */
struct clock_monotonic clock_monotonic_now(void)
{
	now_ns += 1000000;
	return (struct clock_monotonic){ .ns = now_ns };
}

static void answer(struct model_virtio *device, unsigned queue)
{
	struct model_virtio_buffer buffer;

	requests++;
	while (model_virtio_take(device, queue, &buffer)) {
		uint32_t length = buffer.length < give ? buffer.length : give;

		assert_true(buffer.writable);
		for (uint32_t i = 0; i < length; i++) {
			buffer.data[i] = next_byte++;
		}
		model_virtio_return(device, queue, buffer.id, length);
		shared.used.ring[(device->queue[queue].used - 1) & 255].length += claim;
		shared.used.ring[(device->queue[queue].used - 1) & 255].id += id_lie;
		shared.used.index = (uint16_t)(shared.used.index + index_lie);
	}
}

static int set_up(void **state)
{
	(void)state;
	memset(&shared, 0, sizeof(shared));
	model_virtio_attach(&model, SLOT, VIRTIO_RNG);
	model.on_notice = answer;
	give = VIRTIO_RNG_BYTES;
	claim = id_lie = 0;
	index_lie = 0;
	next_byte = 1;
	requests = 0;
	assert_int_equal(virtio_rng_init(&rng, SLOT, &shared), 0);
	return 0;
}

/* Reads 100 bytes: how many were got, which are the device's in order; the others untouched. */
static size_t read_100(void)
{
	uint8_t out[100];

	memset(out, GUARD, sizeof(out));
	size_t got = virtio_rng_read(&rng, out, sizeof(out));

	for (size_t i = 0; i < sizeof(out); i++) {
		assert_int_equal(out[i], i < got ? i + 1 : GUARD);
	}
	return got;
}

static void init_another_device_is_enodev(void **state)
{
	(void)state;
	model.id = VIRTIO_NET;
	assert_int_equal(virtio_rng_init(&rng, SLOT, &shared), -ENODEV);
}

static void init_refused_is_eio(void **state)
{
	(void)state;
	model.refuses = true;
	assert_int_equal(virtio_rng_init(&rng, SLOT, &shared), -EIO);
	model.refuses = false;
	model.size_max[0] = 0;
	assert_int_equal(virtio_rng_init(&rng, SLOT, &shared), -EIO);
	assert_int_not_equal(model.status & MODEL_VIRTIO_FAILED, 0);
}

static void read_whole_answers_are_all_bytes(void **state)
{
	(void)state;
	assert_int_equal(read_100(), 100);
	assert_int_equal(requests, 2);
	assert_null(rng.fault);
}

static void read_short_answers_are_put_together(void **state)
{
	(void)state;
	give = 7;
	assert_int_equal(read_100(), 100);
	assert_int_equal(requests, 15);
	give = 1;
	next_byte = 1;
	assert_int_equal(read_100(), 100);
}

static void read_keeps_no_copy(void **state)
{
	static const uint8_t nothing[VIRTIO_RNG_BYTES];

	(void)state;
	assert_int_equal(read_100(), 100);
	assert_memory_equal(rng.bytes, nothing, sizeof(nothing));
}

static void read_on_beyond_the_index_wrap(void **state)
{
	uint8_t byte;

	(void)state;
	for (uint32_t i = 0; i < 66000; i++) {
		next_byte = (uint8_t)i;
		assert_int_equal(virtio_rng_read(&rng, &byte, 1), 1);
		assert_int_equal(byte, (uint8_t)i);
	}
	assert_null(rng.fault);
}

/* It is not asked any more, and has let go of the driver's memory. */
static void failed(void)
{
	assert_int_equal(read_100(), 0);
	assert_non_null(rng.fault);
	assert_int_equal(model.status, 0);
	unsigned asked = requests;

	assert_int_equal(read_100(), 0);
	assert_int_equal(requests, asked);
}

static void read_empty_answer_is_a_fault(void **state)
{
	(void)state;
	give = 0;
	failed();
}

static void read_longer_answer_than_asked_for_is_a_fault(void **state)
{
	(void)state;
	claim = 1;
	failed();
}

static void read_wrong_descriptor_is_a_fault(void **state)
{
	(void)state;
	id_lie = 1;
	failed();
}

/* It would otherwise go on with entries that were never written. */
static void read_index_that_jumps_is_a_fault(void **state)
{
	(void)state;
	index_lie = 3;
	failed();
	set_up(state);
	index_lie = 0xfffe; /* back by one, seen from before */
	failed();
}

static void read_silent_device_is_a_fault_after_2_s(void **state)
{
	(void)state;
	model.on_notice = NULL;
	uint64_t start_ns = now_ns;

	failed();
	assert_in_range(now_ns - start_ns, 2000000000u, 2100000000u);
}

static void read_device_that_falls_silent_gives_what_came(void **state)
{
	uint8_t out[8];

	(void)state;
	assert_int_equal(virtio_rng_read(&rng, out, sizeof(out)), sizeof(out));
	model.on_notice = NULL;
	failed();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(init_another_device_is_enodev, set_up),
		cmocka_unit_test_setup(init_refused_is_eio, set_up),
		cmocka_unit_test_setup(read_whole_answers_are_all_bytes, set_up),
		cmocka_unit_test_setup(read_short_answers_are_put_together, set_up),
		cmocka_unit_test_setup(read_keeps_no_copy, set_up),
		cmocka_unit_test_setup(read_on_beyond_the_index_wrap, set_up),
		cmocka_unit_test_setup(read_empty_answer_is_a_fault, set_up),
		cmocka_unit_test_setup(read_longer_answer_than_asked_for_is_a_fault, set_up),
		cmocka_unit_test_setup(read_wrong_descriptor_is_a_fault, set_up),
		cmocka_unit_test_setup(read_index_that_jumps_is_a_fault, set_up),
		cmocka_unit_test_setup(read_silent_device_is_a_fault_after_2_s, set_up),
		cmocka_unit_test_setup(read_device_that_falls_silent_gives_what_came, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
