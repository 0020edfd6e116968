/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads as cores. One sleeps in ppoll(2) on an eventfd(2) of its own, which the other one writes
 * to; the data core on the descriptors of its ports, too. A core is parked by a signal whose
 * function never returns, and so is one of management's that faults.
 */
#define _GNU_SOURCE

#include "hal/linux/cores.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "hal/clock.h"
#include "hal/cores.h"
#include "hal/live.h"

#define PARK_SIGNAL SIGUSR1
#define FAULT_STACK_BYTES 16384
#define STACK_BYTES 131072 /* the C library adds a guard */
#define DATA_PRIORITY (-10) /* -20 would starve the kernel's own network threads */
#define SESSION_PRIORITY "/proc/self/autogroup"
#define NS_IN_S 1000000000ull

static int wake[CORE_COUNT] = { -1, -1 };
static struct pollfd watched[1 + CORES_WATCHED_MAX]; /* the first: wake[CORE_DATA] */
static atomic_int line = -1;
static atomic_int links = -1;
static int usual_priority;
static pthread_t data_thread;
static pthread_t management_thread;
static atomic_bool management_known;
static atomic_bool off[CORE_COUNT];

enum core core_self(void)
{
	return pthread_equal(pthread_self(), data_thread) ? CORE_DATA : CORE_MANAGEMENT;
}

/* Within a signal's function: nothing but what is safe there. */
static void say(const char *text)
{
	ssize_t ignored = write(STDERR_FILENO, text, strlen(text));

	(void)ignored;
}

/* Priorities only count within a session, where the system shares its processors out among sessions
 * first (sched(7), autogroup). A session that is somebody else's is left as it is. */
static void prefer_session(void)
{
	int file = getsid(0) == getpid() ? open(SESSION_PRIORITY, O_WRONLY | O_CLOEXEC) : -1;

	if (file >= 0) {
		dprintf(file, "%d", DATA_PRIORITY);
		close(file);
	}
}

static _Noreturn void stay(void)
{
	sigset_t all;

	sigfillset(&all);
	atomic_store(&off[CORE_MANAGEMENT], true);
	for (;;) {
		sigsuspend(&all);
	}
}

static void on_park(int number)
{
	(void)number;
	if (core_self() == CORE_DATA) {
		return; /* from outside, and not for this thread */
	}
	say("portreeve: management made no progress and is stopped\n");
	stay();
}

static void on_fault(int number)
{
	if (core_self() == CORE_DATA) {
		signal(number, SIG_DFL); /* the fault happens again, and ends the program */
		return;
	}
	say("portreeve: management: ");
	say(number == SIGSEGV ? "memory fault" : number == SIGABRT ? "aborted" : "fault");
	say("; its thread is stopped\n");
	stay();
}

static int note(int number, void (*function)(int))
{
	struct sigaction noted = { .sa_handler = function, .sa_flags = SA_ONSTACK };

	sigfillset(&noted.sa_mask);
	return sigaction(number, &noted, NULL) != 0 ? -errno : 0;
}

int cores_init(void)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

	data_thread = pthread_self();
	usual_priority = getpriority(PRIO_PROCESS, 0);
	/* frames wait for it, and it sleeps when there are none; refused: it goes without */
	setpriority(PRIO_PROCESS, 0, DATA_PRIORITY);
	prefer_session();
	for (unsigned core = 0; core < CORE_COUNT; core++) {
		wake[core] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (wake[core] < 0) {
			return -errno;
		}
	}
	for (unsigned i = 1; i <= CORES_WATCHED_MAX; i++) {
		watched[i].fd = -1;
	}
	watched[0] = (struct pollfd){ .fd = wake[CORE_DATA], .events = POLLIN };
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		int error = note(faults[i], on_fault);

		if (error != 0) {
			return error;
		}
	}
	return note(PARK_SIGNAL, on_park);
}

/* Management's first sleep: signals that ask the program for something are the data core's, and a
 * fault needs a stack of its own, as its cause may be the end of this one. */
static void know_management(void)
{
	static uint8_t fault_stack[FAULT_STACK_BYTES];
	const stack_t stack = { .ss_sp = fault_stack, .ss_size = sizeof(fault_stack) };
	sigset_t asked;

	sigemptyset(&asked);
	sigaddset(&asked, SIGHUP);
	sigaddset(&asked, SIGINT);
	sigaddset(&asked, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &asked, NULL);
	sigaltstack(&stack, NULL);
	setpriority(PRIO_PROCESS, 0, usual_priority); /* of this thread: it got the other one's */
	management_thread = pthread_self();
	atomic_store(&management_known, true);
}

int core_start_management(void *(*function)(void *), void *argument)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	return -pthread_create(&thread, &attributes, function, argument);
}

static void sleep_on(struct pollfd *descriptors, unsigned count, const struct timespec *timeout)
{
	uint64_t drained;

	if (ppoll(descriptors, count, timeout, NULL) > 0 && descriptors[0].revents != 0) {
		ssize_t ignored = read(descriptors[0].fd, &drained, sizeof(drained));

		(void)ignored; /* there is nothing left then, which is as good */
	}
}

static void sleep_for(const struct timespec *timeout)
{
	if (core_self() == CORE_DATA) {
		sleep_on(watched, sizeof(watched) / sizeof(watched[0]), timeout);
		return;
	}
	if (!atomic_load_explicit(&management_known, memory_order_relaxed)) {
		know_management();
	}
	struct pollfd own[] = { { .fd = wake[CORE_MANAGEMENT], .events = POLLIN },
				{ .fd = atomic_load(&line), .events = POLLIN },
				{ .fd = atomic_load(&links), .events = POLLIN } };

	sleep_on(own, sizeof(own) / sizeof(own[0]), timeout);
}

void cores_end_management(void)
{
	atomic_store(&off[CORE_MANAGEMENT], true);
	core_wake(CORE_DATA);
	pthread_exit(NULL);
}

void core_sleep(void)
{
	sleep_for(NULL);
}

void core_sleep_until(unsigned long long deadline_ns)
{
	uint64_t now_ns = clock_monotonic_now().ns;
	uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
	const struct timespec timeout = { .tv_sec = (time_t)(left_ns / NS_IN_S),
					  .tv_nsec = (long)(left_ns % NS_IN_S) };

	sleep_for(&timeout);
}

void core_wake(enum core core)
{
	const uint64_t one = 1;
	ssize_t ignored = write(wake[core], &one, sizeof(one));

	(void)ignored; /* full: it is awake already */
}

void core_park(enum core core)
{
	if (core != CORE_MANAGEMENT) {
		return;
	}
	if (!atomic_load(&management_known) || pthread_kill(management_thread, PARK_SIGNAL) != 0) {
		atomic_store(&off[core], true);
	}
}

bool core_is_off(enum core core)
{
	return atomic_load_explicit(&off[core], memory_order_relaxed);
}

int cores_watch(int descriptor, short events)
{
	for (int place = 1; place <= CORES_WATCHED_MAX; place++) {
		if (watched[place].fd < 0) {
			watched[place] = (struct pollfd){ .fd = descriptor, .events = events };
			return place;
		}
	}
	return -ENOSPC;
}

void cores_watch_change(int place, short events)
{
	watched[place].events = events;
}

void cores_watch_line(int descriptor)
{
	atomic_store(&line, descriptor);
}

void cores_watch_links(int descriptor)
{
	atomic_store(&links, descriptor);
}

void cores_unwatch(int place)
{
	watched[place].fd = -1;
}
