/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads as cores. One sleeps in ppoll(2) on an eventfd(2) of its own, which the others write to;
 * a data core on the descriptors of its ports, too. Management's is parked by a signal whose
 * function never returns, and so it is when it faults.
 */
#define _GNU_SOURCE

#include "hal/linux/cores.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
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
/* So much longer than asked for a core may sleep, for the system to wake several at once. */
#define DATA_SLACK_NS 1ul
#define USUAL_SLACK_NS 50000ul
#define SESSION_PRIORITY "/proc/self/autogroup"
#define NS_IN_S 1000000000ull

#define CORES_MAX (CORE_COUNT + CORES_DATA_MAX - 1)

struct thread {
	int wake; /* −1: it is not started */
	pthread_t id;
	void *(*function)(void *);
	void *argument;
	atomic_bool on;
	struct pollfd watched[1 + CORES_WATCHED_MAX]; /* the first: `wake` */
};

static struct thread threads[CORES_MAX];
static int usual_priority;
static atomic_bool management_known;
static _Thread_local enum core self = CORE_DATA;

enum core core_self(void)
{
	return self;
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
	atomic_store(&threads[CORE_MANAGEMENT].on, false);
	for (;;) {
		sigsuspend(&all);
	}
}

static void on_park(int number)
{
	(void)number;
	if (core_self() != CORE_MANAGEMENT) {
		return; /* from outside, and not for this thread */
	}
	say("portreeve: management made no progress and is stopped\n");
	stay();
}

static void on_fault(int number)
{
	if (core_self() != CORE_MANAGEMENT) {
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

static int open_wake(enum core core)
{
	struct thread *thread = &threads[core];

	thread->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	thread->watched[0] = (struct pollfd){ .fd = thread->wake, .events = POLLIN };
	return thread->wake < 0 ? -errno : 0;
}

int cores_init(void)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

	usual_priority = getpriority(PRIO_PROCESS, 0);
	/* frames wait for it, and it sleeps when there are none; refused: it goes without */
	setpriority(PRIO_PROCESS, 0, DATA_PRIORITY);
	prefer_session();
	prctl(PR_SET_TIMERSLACK, DATA_SLACK_NS);
	for (unsigned core = 0; core < CORES_MAX; core++) {
		threads[core].wake = -1;
		for (unsigned i = 0; i <= CORES_WATCHED_MAX; i++) {
			threads[core].watched[i].fd = -1;
		}
	}
	int error = open_wake(CORE_DATA);

	atomic_store(&threads[CORE_DATA].on, true);
	for (unsigned i = 0; error == 0 && i < sizeof(faults) / sizeof(faults[0]); i++) {
		error = note(faults[i], on_fault);
	}
	return error != 0 ? error : note(PARK_SIGNAL, on_park);
}

unsigned cores_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

/* A fault needs a stack of its own, as its cause may be the end of this one. */
static void become_management(void)
{
	static uint8_t fault_stack[FAULT_STACK_BYTES];
	const stack_t stack = { .ss_sp = fault_stack, .ss_size = sizeof(fault_stack) };

	sigaltstack(&stack, NULL);
	/* of this thread: it got the other one's */
	setpriority(PRIO_PROCESS, 0, usual_priority);
	prctl(PR_SET_TIMERSLACK, USUAL_SLACK_NS);
	threads[CORE_MANAGEMENT].id = pthread_self();
	atomic_store(&management_known, true);
}

/* As `top -H` and a debugger show it; core 0 has the program's. */
static void take_name(void)
{
	char name[] = "data core 0";

	name[sizeof(name) - 2] = (char)('0' + (unsigned)self - CORE_MANAGEMENT);
	prctl(PR_SET_NAME, self == CORE_MANAGEMENT ? "management" : name);
}

static void *begin(void *argument)
{
	const struct thread *thread = argument;
	sigset_t asked;

	self = (enum core)(thread - threads);
	take_name();
	sigemptyset(&asked); /* what asks the program for something is core 0's */
	sigaddset(&asked, SIGHUP);
	sigaddset(&asked, SIGINT);
	sigaddset(&asked, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &asked, NULL);
	if (self == CORE_MANAGEMENT) {
		become_management();
	}
	return thread->function(thread->argument);
}

int core_start(enum core core, void *(*function)(void *), void *argument)
{
	struct thread *thread = &threads[core];
	pthread_attr_t attributes;
	pthread_t id;
	int error = thread->wake < 0 ? open_wake(core) : 0;

	if (error != 0) {
		return error;
	}
	thread->function = function;
	thread->argument = argument;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	atomic_store(&thread->on, true);
	error = -pthread_create(&id, &attributes, begin, thread);
	if (error != 0) {
		atomic_store(&thread->on, false);
	}
	return error;
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
	struct thread *thread = &threads[self];

	sleep_on(thread->watched, sizeof(thread->watched) / sizeof(thread->watched[0]), timeout);
}

void core_end(void)
{
	atomic_store(&threads[self].on, false);
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

void core_wait(uint64_t ns)
{
	const struct timespec time = { .tv_nsec = (long)ns };

	nanosleep(&time, NULL);
}

void core_yield(void)
{
	sched_yield();
}

void core_wake(enum core core)
{
	const uint64_t one = 1;
	ssize_t ignored = write(threads[core].wake, &one, sizeof(one));

	(void)ignored; /* full: it is awake already */
}

void core_park(enum core core)
{
	if (core != CORE_MANAGEMENT) {
		return;
	}
	if (!atomic_load(&management_known) || pthread_kill(threads[core].id, PARK_SIGNAL) != 0) {
		atomic_store(&threads[core].on, false);
	}
}

bool core_is_off(enum core core)
{
	/* acquire: what a core that has ended counted */
	return !atomic_load_explicit(&threads[core].on, memory_order_acquire);
}

int cores_watch(enum core core, int descriptor, short events)
{
	for (int place = 1; place <= CORES_WATCHED_MAX; place++) {
		struct pollfd *watched = &threads[core].watched[place];

		if (watched->fd < 0) {
			*watched = (struct pollfd){ .fd = descriptor, .events = events };
			return place;
		}
	}
	return -ENOSPC;
}

void cores_watch_change(enum core core, int place, short events)
{
	threads[core].watched[place].events = events;
}

void cores_unwatch(enum core core, int place)
{
	threads[core].watched[place].fd = -1;
}
