/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of syscalls.h. Runs in an exception: no floating point, no C library. */
#include "hal/aarch64/syscalls.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "hal/aarch64/cores.h"
#include "hal/aarch64/pages.h"
#include "hal/aarch64/sysreg.h"
#include "hal/clock.h"
#include "hal/entropy.h"
#include "hal/reset.h"
#include "hal/serial.h"

#define CLOCK_ID_REALTIME 0
#define FUTEX_COMMAND 0x7fu
#define FUTEX_IS_WAIT 0u
#define FUTEX_IS_WAKE 1u
#define FUTEX_LOOKS 1000u
#define IOCTL_WINDOW_SIZE 0x5413u
#define MAP_IS_FIXED 0x10u
#define MAP_IS_ANONYMOUS 0x20u
#define NS_PER_SECOND 1000000000ull
#define STANDARD_OUTPUT 1u
#define STANDARD_ERROR 2u

struct io_vector {
	const void *base;
	uint64_t length;
};

struct time_value {
	int64_t seconds;
	int64_t nanoseconds;
};

typedef int64_t system_call(struct exception_frame *frame);

static atomic_flag heap_lock = ATOMIC_FLAG_INIT;
static _Atomic unsigned unknown, unknown_last;

static void lock(void)
{
	while (atomic_flag_test_and_set_explicit(&heap_lock, memory_order_acquire)) {
	}
}

static void unlock(void)
{
	atomic_flag_clear_explicit(&heap_lock, memory_order_release);
}

static bool is_console(uint64_t descriptor)
{
	return descriptor == STANDARD_OUTPUT || descriptor == STANDARD_ERROR;
}

static int64_t call_write(struct exception_frame *frame)
{
	if (!is_console(frame->x[0])) {
		return -EBADF;
	}
	serial_write((const void *)frame->x[1], frame->x[2]);
	return (int64_t)frame->x[2];
}

static int64_t call_writev(struct exception_frame *frame)
{
	const struct io_vector *vectors = (const void *)frame->x[1];
	uint64_t written = 0;

	if (!is_console(frame->x[0])) {
		return -EBADF;
	}
	for (uint64_t i = 0; i < frame->x[2]; i++) {
		serial_write(vectors[i].base, vectors[i].length);
		written += vectors[i].length;
	}
	return (int64_t)written;
}

/* The C library asks whether its output is a terminal: lines are written as they end then. */
static int64_t call_ioctl(struct exception_frame *frame)
{
	uint16_t *size = (uint16_t *)frame->x[2];

	if (frame->x[1] != IOCTL_WINDOW_SIZE || !is_console(frame->x[0])) {
		return -ENOTTY;
	}
	size[0] = 24;
	size[1] = 80;
	size[2] = size[3] = 0;
	return 0;
}

static int64_t call_mmap(struct exception_frame *frame)
{
	if ((frame->x[3] & MAP_IS_ANONYMOUS) == 0 || (frame->x[3] & MAP_IS_FIXED) != 0) {
		return -EINVAL;
	}
	lock();
	uintptr_t address = pages_map(frame->x[1]);

	unlock();
	return address != 0 ? (int64_t)address : -ENOMEM;
}

static int64_t call_munmap(struct exception_frame *frame)
{
	lock();
	int result = pages_unmap(frame->x[0], frame->x[1]);

	unlock();
	return result;
}

/* brk: musl goes on with mmap. madvise, mprotect: advice; guard pages of threads are not made. */
static int64_t call_nothing(struct exception_frame *frame)
{
	(void)frame;
	return 0;
}

static int64_t call_refused(struct exception_frame *frame)
{
	(void)frame;
	return -ENOMEM;
}

static uint64_t time_now(uint64_t clock)
{
	return clock == CLOCK_ID_REALTIME ? clock_wall_now().ns : clock_monotonic_now().ns;
}

static int64_t call_clock_gettime(struct exception_frame *frame)
{
	struct time_value *out = (struct time_value *)frame->x[1];
	uint64_t now = time_now(frame->x[0]);

	out->seconds = (int64_t)(now / NS_PER_SECOND);
	out->nanoseconds = (int64_t)(now % NS_PER_SECOND);
	return 0;
}

static bool valid_time(const struct time_value *time)
{
	return time->seconds >= 0 && time->seconds < INT32_MAX && time->nanoseconds >= 0 &&
	       time->nanoseconds < (int64_t)NS_PER_SECOND;
}

static uint64_t in_ns(const struct time_value *time)
{
	return (uint64_t)time->seconds * NS_PER_SECOND + (uint64_t)time->nanoseconds;
}

static int64_t call_nanosleep(struct exception_frame *frame)
{
	const struct time_value *wanted = (const struct time_value *)frame->x[2];
	bool absolute = (frame->x[1] & 1) != 0;

	if (!valid_time(wanted)) {
		return -EINVAL;
	}
	uint64_t now = clock_monotonic_now().ns;
	uint64_t clock = time_now(frame->x[0]);
	uint64_t until = in_ns(wanted);

	until = !absolute ? now + until : until > clock ? now + (until - clock) : now;
	while (clock_monotonic_now().ns < until) {
		core_sleep_until(until);
	}
	return 0;
}

/* A wait may end for no reason, and who waits looks again: so it is only a pause. */
static int64_t call_futex(struct exception_frame *frame)
{
	_Atomic uint32_t *word = (_Atomic uint32_t *)frame->x[0];

	if ((frame->x[1] & FUTEX_COMMAND) == FUTEX_IS_WAKE) {
		return 0;
	}
	if ((frame->x[1] & FUTEX_COMMAND) != FUTEX_IS_WAIT) {
		return -ENOSYS;
	}
	for (unsigned i = 0; i < FUTEX_LOOKS; i++) {
		if (atomic_load(word) != (uint32_t)frame->x[2]) {
			return -EAGAIN;
		}
		hint_yield();
	}
	return frame->x[3] != 0 ? -ETIMEDOUT : 0;
}

static int64_t call_clone(struct exception_frame *frame)
{
	const struct core_thread thread = {
		.program_counter = frame->program_counter,
		.stack = frame->x[1],
		.thread_pointer = frame->x[3],
		.clear_at_end = (uint32_t *)frame->x[4],
	};
	int result = core_start_thread(&thread);

	if (result != 0) {
		return result;
	}
	if (frame->x[2] != 0) {
		*(uint32_t *)frame->x[2] = CORE_MANAGEMENT + 1;
	}
	return CORE_MANAGEMENT + 1;
}

static int64_t call_thread_id(struct exception_frame *frame)
{
	(void)frame;
	return (int64_t)core_self() + 1;
}

static int64_t call_exit(struct exception_frame *frame)
{
	if (core_self() == CORE_DATA) {
		exception_abort(frame, "its program ended");
	}
	core_ended();
}

/* abort(), or main() returned: on the data core the board has nothing left to do. */
static int64_t call_exit_group(struct exception_frame *frame)
{
	exception_abort(frame, "the program ended");
}

static int64_t call_kill(struct exception_frame *frame)
{
	exception_abort(frame, "aborted");
}

static int64_t call_getrandom(struct exception_frame *frame)
{
	int result = entropy_fill((void *)frame->x[0], frame->x[1]);

	return result != 0 ? result : (int64_t)frame->x[1];
}

static const struct {
	uint16_t number;
	system_call *serve;
} calls[] = {
	{ 29, call_ioctl },	 { 64, call_write },
	{ 66, call_writev },	 { 93, call_exit },
	{ 94, call_exit_group }, { 96, call_thread_id }, /* set_tid_address */
	{ 98, call_futex },	 { 113, call_clock_gettime },
	{ 115, call_nanosleep }, { 124, call_nothing }, /* sched_yield */
	{ 130, call_kill }, /* tkill, by raise() */
	{ 131, call_kill }, /* tgkill */
	{ 134, call_nothing }, /* rt_sigaction */
	{ 135, call_nothing }, /* rt_sigprocmask */
	{ 172, call_thread_id }, /* getpid */
	{ 178, call_thread_id }, /* gettid */
	{ 214, call_refused }, /* brk: no; the C library goes on with mmap */
	{ 215, call_munmap },	 { 220, call_clone },
	{ 222, call_mmap },	 { 226, call_nothing }, /* mprotect */
	{ 233, call_nothing }, /* madvise */
	{ 278, call_getrandom },
};

void syscall_serve(struct exception_frame *frame)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (calls[i].number == frame->x[8]) {
			frame->x[0] = (uint64_t)calls[i].serve(frame);
			return;
		}
	}
	atomic_fetch_add(&unknown, 1);
	atomic_store(&unknown_last, (unsigned)frame->x[8]);
	frame->x[0] = (uint64_t)-ENOSYS;
}

unsigned syscalls_unknown(unsigned *last)
{
	*last = atomic_load(&unknown_last);
	return atomic_load(&unknown);
}
