/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests/bench/image.py measures on bare metal: the appliance's own objects, linked
 * with this file in between (--wrap), under QEMU's -icount shift=0. An instruction then
 * takes a nanosecond, and the performance monitors count them exactly (event 0x08,
 * INST_RETIRED; QEMU's counter has those of both cores). Said on the serial line are
 *
 *   - when the first frame was forwarded, and the RAM that nothing has taken then,
 *   - what both cores do in IDLE_NS without a frame, if none came until then,
 *   - the rounds of the data plane. The first WARM_FRAMES frames pass as they come: they
 *     make flows. From then on management sleeps, and the data core is held until the
 *     receive ring of a port is full; the instructions of each round that empties it make
 *     a line. "held" says that this has begun.
 *
 * What is counted is free of the counting: what that takes is measured and taken off.
 * Before each round the devices are waited for, so that they are found in the same state
 * however fast the host is.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "drivers/net/virtio_net.h"
#include "firmware/dataplane.h"
#include "hal/aarch64/sysreg.h"
#include "hal/board.h"
#include "hal/clock.h"
#include "hal/cores.h"
#include "hal/memory.h"
#include "hal/serial.h"

#define WARM_FRAMES 64u /* as in image.py */
#define ROUNDS (VIRTIO_QUEUE_MAX / PORT_BURST_MAX)
#define IDLE_FROM_NS 2000000000ull /* after start: signatures are loaded, the console is there */
#define IDLE_NS 2000000000ull
#define INSTRUCTIONS_RETIRED 0x08u
#define PMCR_ENABLE 1u
#define FOR_GOOD_NS 3600000000000ull
#define FEED_LOOKS 65536u /* a millisecond or so */

/* --wrap has the callers of X call __wrap_X, and calls X what is called __real_X. */
unsigned __real_dataplane_round(struct dataplane *plane);
unsigned __wrap_dataplane_round(struct dataplane *plane);
void __real_core_sleep_until(unsigned long long deadline_ns);
void __wrap_core_sleep_until(unsigned long long deadline_ns);
struct clock_wall __real_clock_wall_now(void);
struct clock_wall __wrap_clock_wall_now(void);

static _Atomic bool held; /* (d) management is to sleep for good */
static _Atomic bool asleep; /* (m) it does */
static struct clock_wall frozen; /* (d) what the clock says; 0: the truth */

static uint64_t instructions(void)
{
	uint64_t count;

	__asm__ volatile("isb\n\tmrs %0, pmevcntr0_el0\n\tisb" : "=r"(count) : : "memory");
	return count;
}

static void start_counting(void)
{
	sysreg_write(pmevtyper0_el0, INSTRUCTIONS_RETIRED);
	sysreg_write(pmcntenset_el0, 1);
	sysreg_write(pmcr_el0, PMCR_ENABLE);
}

static void say(const char *text, int length)
{
	serial_write(text, (size_t)length);
}

void __wrap_core_sleep_until(unsigned long long deadline_ns)
{
	while (core_self() == CORE_MANAGEMENT && atomic_load(&held)) {
		atomic_store(&asleep, true);
		__real_core_sleep_until(clock_monotonic_now().ns + FOR_GOOD_NS);
	}
	__real_core_sleep_until(deadline_ns);
}

/* Within a round time stands still: once a tick, about a millisecond, the scanner looks for flows
 * that have ended, which is a hundredth of an instruction a frame at full speed. */
__attribute__((noinline)) struct clock_wall __wrap_clock_wall_now(void)
{
	const struct clock_wall now = __real_clock_wall_now();

	return frozen.ns != 0 ? frozen : now;
}

static void freeze(struct scanner *scanner)
{
	const struct clock_wall now = __real_clock_wall_now();

	scanner_expire(scanner, (struct timestamp){ now.ns });
	frozen = now;
}

/* What a round is found to take too much: a reading, and the way of its clock through here. */
static uint64_t overhead(void)
{
	uint64_t first = instructions(), second = instructions();

	__real_clock_wall_now();
	uint64_t third = instructions();

	__wrap_clock_wall_now();
	uint64_t fourth = instructions();

	return second - first + (fourth - third - (third - second));
}

static void say_idle(void)
{
	static uint64_t from_ns, from;
	static bool said;
	char line[80];
	uint64_t now_ns = clock_monotonic_now().ns;

	if (from_ns == 0 && now_ns >= IDLE_FROM_NS) {
		from_ns = now_ns;
		start_counting();
		from = instructions();
	} else if (from_ns != 0 && now_ns >= from_ns + IDLE_NS && !said) {
		said = true;
		say(line, snprintf(line, sizeof(line),
				   "\r\nidle: %" PRIu64 " instructions in %" PRIu64 " ns\r\n",
				   instructions() - from, now_ns - from_ns));
	}
}

static struct virtio_net *net_of(struct port *port)
{
	return (struct virtio_net *)(void *)port;
}

/* The data core is held until a port's receive ring is full of frames. */
static const struct port *hold(struct dataplane *plane)
{
	struct watchdog *watchdog = board_watchdog();

	for (unsigned i = 0;; i++) {
		unsigned side = i % SCANNER_PORTS;
		const struct virtio_queue *queue = &net_of(plane->port[side])->receive;

		if (i % FEED_LOOKS == 0 && watchdog != NULL) {
			watchdog->ops->feed(watchdog);
		}
		if ((uint16_t)(virtio_used_index(queue) - queue->used) == queue->size) {
			return plane->port[side];
		}
	}
}

/* Until the device has sent everything, and sleeps. */
static void wait_for_device(const struct virtio_queue *queue)
{
	while (virtio_used_index(queue) != queue->available ||
	       *queue->available_event != queue->available) {
	}
}

static uint64_t count_round(struct dataplane *plane)
{
	wait_for_device(&net_of(plane->port[PORT_INSIDE])->transmit);
	wait_for_device(&net_of(plane->port[PORT_OUTSIDE])->transmit);
	freeze(plane->scanner);
	uint64_t more = overhead(), begun = instructions();
	unsigned moved = __real_dataplane_round(plane);
	uint64_t ended = instructions();

	frozen.ns = 0;
	return moved == PORT_BURST_MAX ? ended - begun - more : 0;
}

/* A ringful, one round a call. */
static unsigned count(struct dataplane *plane)
{
	static char line[32 + ROUNDS * 24];
	static int length;
	static unsigned rounds;

	if (rounds == 0) {
		start_counting();
		length = snprintf(line, sizeof(line), "\r\ncounted %s:", hold(plane)->name);
	}
	length += snprintf(line + length, sizeof(line) - (size_t)length, " %" PRIu64,
			   count_round(plane));
	rounds = (rounds + 1) % ROUNDS;
	if (rounds == 0) {
		length += snprintf(line + length, sizeof(line) - (size_t)length, "\r\n");
		say(line, length);
	}
	return PORT_BURST_MAX;
}

static bool has_all_back(const struct port *port)
{
	return port->transmit_room == port->transmit_slots;
}

/* Nothing but the data core is at work any more, and bursts lie in the rings alike from here on. */
static bool is_settled(const struct dataplane *plane)
{
	static bool settled;

	if (!settled && has_all_back(plane->port[PORT_INSIDE]) &&
	    has_all_back(plane->port[PORT_OUTSIDE])) {
		atomic_store(&held, true);
		core_wake(CORE_MANAGEMENT);
		settled = atomic_load(&asleep);
		if (settled) {
			say("\r\nheld\r\n", 8);
		}
	}
	return settled;
}

unsigned __wrap_dataplane_round(struct dataplane *plane)
{
	static uint64_t passed;
	char line[80];

	if (passed >= WARM_FRAMES && is_settled(plane)) {
		return count(plane);
	}
	unsigned moved = __real_dataplane_round(plane);

	if (passed == 0 && moved != 0) {
		say(line,
		    snprintf(line, sizeof(line),
			     "\r\nfirst frame after %" PRIu64 " ns, %zu bytes of RAM left\r\n",
			     clock_monotonic_now().ns, memory_left()));
	} else if (passed == 0) {
		say_idle();
	}
	passed += moved;
	return moved;
}
