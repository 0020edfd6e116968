/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/aarch64/syscalls.h: the calls that musl makes, by Linux's numbers for AArch64 and
 * with its results, and any other number: -ENOSYS, counted.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hal/aarch64/cores.h"
#include "hal/aarch64/syscalls.h"
#include "hal/clock.h"
#include "hal/entropy.h"
#include "hal/serial.h"
#include "tests/model/image.h"

#define S 1000000000ull

static enum core core;
static uint64_t now_ns;
static char said[256];
static size_t said_length;
static struct core_thread started;
static int start_result;
static const char *aborted;
static bool ended;
static jmp_buf gone; /* where calls that do not return go */

enum core core_self(void)
{
	return core;
}

struct clock_monotonic clock_monotonic_now(void)
{
	return (struct clock_monotonic){ .ns = now_ns };
}

struct clock_wall clock_wall_now(void)
{
	return (struct clock_wall){ .ns = now_ns + 1000 * S };
}

/* Sleeps end early, as they may. */
void core_sleep_until(unsigned long long deadline_ns)
{
	uint64_t left = deadline_ns - now_ns;

	now_ns += left > S ? S : left;
}

void serial_write(const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		said[said_length++] = ((const char *)bytes)[i];
	}
}

int core_start_thread(const struct core_thread *thread)
{
	started = *thread;
	return start_result;
}

void core_ended(void)
{
	ended = true;
	longjmp(gone, 1);
}

void exception_abort(const struct exception_frame *frame, const char *why)
{
	(void)frame;
	aborted = why;
	longjmp(gone, 1);
}

int entropy_fill(void *out, size_t length_bytes)
{
	memset(out, 0x5a, length_bytes);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	core = CORE_DATA;
	now_ns = 5 * S + 7;
	said_length = 0;
	start_result = 0;
	aborted = NULL;
	ended = false;
	return 0;
}

/* Calls with up to five arguments. */
static int64_t call(uint64_t number, const uint64_t arguments[static 5])
{
	struct exception_frame frame = { .program_counter = 0x40200abc };

	memcpy(frame.x, arguments, 5 * sizeof(arguments[0]));
	frame.x[8] = number;
	if (setjmp(gone) == 0) {
		syscall_serve(&frame);
	}
	return (int64_t)frame.x[0];
}

#define CALL(number, ...) call(number, (const uint64_t[5]){ __VA_ARGS__ })

static void serve_unknown_number_is_enosys_and_counted(void **state)
{
	static const uint16_t known[] = { 29,  64,  66,	 93,  94,  96,	98,  113,
					  115, 124, 130, 131, 134, 135, 172, 178,
					  214, 215, 220, 222, 226, 233, 278 };
	unsigned last, before = syscalls_unknown(&last), count = 0;

	(void)state;
	for (uint64_t number = 0; number < 600; number++) {
		bool listed = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
			listed = listed || known[i] == number;
		}
		if (!listed) {
			assert_int_equal(CALL(number, 1, 2, 3, 4, 5), -ENOSYS);
			assert_int_equal(syscalls_unknown(&last), before + ++count);
			assert_int_equal(last, number);
		}
	}
	assert_int_equal(CALL(UINT64_MAX, 0), -ENOSYS);
	assert_int_equal(CALL(64 + 65536, 1, 0, 0), -ENOSYS);
}

static void write_goes_to_the_line(void **state)
{
	const struct {
		const void *base;
		uint64_t length;
	} vectors[] = { { "ab", 2 }, { NULL, 0 }, { "cde", 3 } };
	static const char hello[] = "hello!";

	(void)state;
	assert_int_equal(CALL(64, 1, (uintptr_t)hello, 5), 5);
	assert_int_equal(CALL(64, 2, (uintptr_t)(hello + 5), 1), 1);
	assert_int_equal(CALL(66, 1, (uintptr_t)vectors, 3), 5);
	assert_int_equal(CALL(66, 1, (uintptr_t)vectors, 0), 0);
	assert_int_equal(said_length, 11);
	assert_memory_equal(said, "hello!abcde", 11);
	assert_int_equal(CALL(64, 0, (uintptr_t)hello, 1), -EBADF);
	assert_int_equal(CALL(66, 3, (uintptr_t)vectors, 3), -EBADF);
	assert_int_equal(said_length, 11);
}

static void ioctl_window_size_makes_it_a_terminal(void **state)
{
	uint16_t size[4] = { 1, 1, 1, 1 };

	(void)state;
	assert_int_equal(CALL(29, 1, 0x5413, (uintptr_t)size), 0);
	assert_int_equal(size[0], 24);
	assert_int_equal(size[1], 80);
	assert_int_equal(CALL(29, 1, 0x5401, (uintptr_t)size), -ENOTTY);
	assert_int_equal(CALL(29, 7, 0x5413, (uintptr_t)size), -ENOTTY);
}

static void mmap_anonymous_memory_is_given_and_taken_back(void **state)
{
	(void)state;
	int64_t address = CALL(222, 0, 10000, 3, 0x22, UINT64_MAX);

	assert_true(address >= (int64_t)(uintptr_t)(model_image + IMAGE_HEAP));
	memset((void *)(intptr_t)address, 1, 10000);
	assert_int_equal(CALL(215, (uint64_t)address, 10000), 0);
	assert_int_equal(CALL(215, 1, 10000), -EINVAL);
	assert_int_equal(CALL(222, 0, 1ull << 40, 3, 0x22, UINT64_MAX), -ENOMEM);
	assert_int_equal(CALL(222, 0, 4096, 3, 0x02, 3), -EINVAL); /* of a file */
	assert_int_equal(CALL(222, 4096, 4096, 3, 0x32, UINT64_MAX), -EINVAL); /* MAP_FIXED */
	assert_int_equal(CALL(214, 0), -ENOMEM); /* brk */
}

static void clock_gettime_is_either_clock(void **state)
{
	int64_t time[2];

	(void)state;
	assert_int_equal(CALL(113, 1, (uintptr_t)time), 0);
	assert_int_equal(time[0], 5);
	assert_int_equal(time[1], 7);
	assert_int_equal(CALL(113, 0, (uintptr_t)time), 0);
	assert_int_equal(time[0], 1005);
}

static void nanosleep_lasts_as_long_as_asked_for(void **state)
{
	const int64_t three[2] = { 3, 500 }, at[2] = { 1020, 0 }, past[2] = { 1, 0 };

	(void)state;
	assert_int_equal(CALL(115, 1, 0, (uintptr_t)three, 0), 0);
	assert_int_equal(now_ns, 8 * S + 507);
	assert_int_equal(CALL(115, 0, 1, (uintptr_t)at, 0), 0); /* until, by the wall clock */
	assert_int_equal(now_ns, 20 * S);
	assert_int_equal(CALL(115, 1, 1, (uintptr_t)past, 0), 0);
	assert_int_equal(now_ns, 20 * S);
}

static void nanosleep_impossible_time_is_einval(void **state)
{
	static const int64_t times[][2] = {
		{ -1, 0 }, { 0, -1 }, { 0, 1000000000 }, { INT64_MAX, 0 }, { INT32_MAX, 0 }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		assert_int_equal(CALL(115, 1, 0, (uintptr_t)times[i], 0), -EINVAL);
	}
	assert_int_equal(now_ns, 5 * S + 7);
}

static void futex_wait_is_a_pause_that_ends(void **state)
{
	_Atomic uint32_t word = 7;

	(void)state;
	assert_int_equal(CALL(98, (uintptr_t)&word, 0 | 128, 8), -EAGAIN);
	assert_int_equal(CALL(98, (uintptr_t)&word, 0 | 128, 7, 0), 0);
	assert_int_equal(CALL(98, (uintptr_t)&word, 0, 7, 1), -ETIMEDOUT);
	assert_int_equal(CALL(98, (uintptr_t)&word, 1 | 128, 1), 0); /* wake */
	assert_int_equal(CALL(98, (uintptr_t)&word, 3, 1), -ENOSYS); /* requeue */
}

static void clone_starts_the_other_core_behind_the_call(void **state)
{
	uint32_t id = 0, word = 1;

	(void)state;
	assert_int_equal(CALL(220, 0, 0x7000, (uintptr_t)&id, 0x8000, (uintptr_t)&word), 2);
	assert_int_equal(id, 2);
	assert_int_equal(started.program_counter, 0x40200abc);
	assert_int_equal(started.stack, 0x7000);
	assert_int_equal(started.thread_pointer, 0x8000);
	assert_ptr_equal(started.clear_at_end, &word);
	start_result = -EAGAIN;
	id = 9;
	assert_int_equal(CALL(220, 0, 0x7000, (uintptr_t)&id, 0x8000, 0), -EAGAIN);
	assert_int_equal(id, 9);
}

static void thread_id_is_the_core_s(void **state)
{
	static const uint64_t numbers[] = { 96, 172, 178 };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		core = CORE_DATA;
		assert_int_equal(CALL(numbers[i], 0), 1);
		core = CORE_MANAGEMENT;
		assert_int_equal(CALL(numbers[i], 0), 2);
	}
}

static void exit_ends_management_and_is_a_fault_on_the_data_core(void **state)
{
	(void)state;
	core = CORE_MANAGEMENT;
	CALL(93, 0);
	assert_true(ended);
	assert_null(aborted);
	ended = false;
	core = CORE_DATA;
	CALL(93, 0);
	assert_false(ended);
	assert_non_null(aborted);
}

static void exit_group_and_signals_abort(void **state)
{
	static const uint64_t numbers[] = { 94, 130, 131 };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		aborted = NULL;
		CALL(numbers[i], 0);
		assert_non_null(aborted);
	}
}

static void getrandom_is_entropy(void **state)
{
	uint8_t bytes[20] = { 0 };

	(void)state;
	assert_int_equal(CALL(278, (uintptr_t)bytes, 16, 0), 16);
	assert_int_equal(bytes[15], 0x5a);
	assert_int_equal(bytes[16], 0);
}

static void advice_is_taken_and_nothing_done(void **state)
{
	static const uint64_t numbers[] = { 124, 134, 135, 226, 233 };
	unsigned last, before = syscalls_unknown(&last);

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		assert_int_equal(CALL(numbers[i], 1, 2, 3, 4, 5), 0);
	}
	assert_int_equal(syscalls_unknown(&last), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(serve_unknown_number_is_enosys_and_counted, set_up),
		cmocka_unit_test_setup(write_goes_to_the_line, set_up),
		cmocka_unit_test_setup(ioctl_window_size_makes_it_a_terminal, set_up),
		cmocka_unit_test_setup(mmap_anonymous_memory_is_given_and_taken_back, set_up),
		cmocka_unit_test_setup(clock_gettime_is_either_clock, set_up),
		cmocka_unit_test_setup(nanosleep_lasts_as_long_as_asked_for, set_up),
		cmocka_unit_test_setup(nanosleep_impossible_time_is_einval, set_up),
		cmocka_unit_test_setup(futex_wait_is_a_pause_that_ends, set_up),
		cmocka_unit_test_setup(clone_starts_the_other_core_behind_the_call, set_up),
		cmocka_unit_test_setup(thread_id_is_the_core_s, set_up),
		cmocka_unit_test_setup(exit_ends_management_and_is_a_fault_on_the_data_core,
				       set_up),
		cmocka_unit_test_setup(exit_group_and_signals_abort, set_up),
		cmocka_unit_test_setup(getrandom_is_entropy, set_up),
		cmocka_unit_test_setup(advice_is_taken_and_nothing_done, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
