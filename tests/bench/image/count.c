/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests/bench/image.py measures on bare metal: the appliance's own objects, linked
 * with this file in between (--wrap), under QEMU's -icount shift=0, where the performance
 * monitors count every instruction of a core (event 0x08, INST_RETIRED) and time is their
 * sum. Counted and said on the serial line are
 *
 *   - when the first frame was forwarded,
 *   - what both cores do in IDLE_NS without a frame, if none came until then,
 *   - the rounds of the data plane. The first COUNT_WARM_FRAMES frames pass as they come:
 *     they make flows. From then on the data core is held until the receive ring of a
 *     port is full, and moves these frames: one line a ringful, with the instructions of
 *     each round and, behind +, those of the loop around it.
 *
 * What is counted is free of the counting: the cost of reading the counter is taken off.
 * Before each round the devices are waited for, so that they are found in the same state
 * however fast the host is.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "drivers/net/virtio_net.h"
#include "firmware/dataplane.h"
#include "hal/aarch64/sysreg.h"
#include "hal/clock.h"
#include "hal/cores.h"
#include "hal/serial.h"
#include "scanner/engine.h"

#define COUNT_WARM_FRAMES 64u /* as in image.py */
#define ROUNDS_MAX (VIRTIO_QUEUE_MAX / PORT_BURST_MAX)
#define IDLE_FROM_NS 2000000000ull /* after start: signatures are loaded, the console is there */
#define IDLE_NS 2000000000ull
#define INSTRUCTIONS_RETIRED 0x08u
#define PMCR_ENABLE 1u
#define TICK_MARGIN_NS 100000u /* ten times what a round takes */

/* --wrap has the callers of X call __wrap_X, and calls __real_X what X is. */
unsigned __real_dataplane_round(struct dataplane *plane);
unsigned __wrap_dataplane_round(struct dataplane *plane);
void __real_core_sleep_until(unsigned long long deadline_ns);
void __wrap_core_sleep_until(unsigned long long deadline_ns);

/* A core between two sleeps. (d) and (m) each its own. */
struct awake {
	uint64_t since; /* by its counter */
	_Atomic uint64_t total; /* until it last went to sleep */
	bool counting;
};

struct round {
	uint64_t instructions;
	uint64_t around; /* since the round before */
};

static struct awake awake[CORE_COUNT];
static uint64_t overhead; /* of two readings, one behind the other */

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
	uint64_t first = instructions();

	overhead = instructions() - first;
}

void __wrap_core_sleep_until(unsigned long long deadline_ns)
{
	struct awake *self = &awake[core_self()];

	if (!self->counting) {
		self->counting = true;
		start_counting();
	} else {
		uint64_t total = atomic_load_explicit(&self->total, memory_order_relaxed);

		atomic_store_explicit(&self->total, total + instructions() - self->since,
				      memory_order_relaxed);
	}
	__real_core_sleep_until(deadline_ns);
	self->since = instructions();
}

static void say(const char *text, int length)
{
	serial_write(text, (size_t)length);
}

static void say_idle(void)
{
	static uint64_t from_ns, data, management;
	static bool said;
	char line[128];
	uint64_t now_ns = clock_monotonic_now().ns;

	if (from_ns == 0 && now_ns >= IDLE_FROM_NS) {
		from_ns = now_ns;
		data = atomic_load(&awake[CORE_DATA].total);
		management = atomic_load(&awake[CORE_MANAGEMENT].total);
	} else if (from_ns != 0 && now_ns >= from_ns + IDLE_NS && !said) {
		said = true;
		data = atomic_load(&awake[CORE_DATA].total) - data;
		management = atomic_load(&awake[CORE_MANAGEMENT].total) - management;
		say(line, snprintf(line, sizeof(line),
				   "\r\nidle: %" PRIu64 " + %" PRIu64 " instructions in %" PRIu64
				   " ns\r\n",
				   data, management, now_ns - from_ns));
	}
}

static struct virtio_net *net_of(struct port *port)
{
	return (struct virtio_net *)(void *)port;
}

/* The data core is held until a port's receive ring is full of frames. */
static const struct port *hold(struct dataplane *plane)
{
	for (unsigned side = 0;; side = !side) {
		const struct virtio_queue *queue = &net_of(plane->port[side])->receive;

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

/* Once a tick, about a millisecond, the scanner looks for flows that have ended: a hundredth of an
 * instruction a frame at full speed. Has it done here, with the next tick not near. */
static void pass_tick(struct scanner *scanner)
{
	struct timestamp now;

	do {
		now.ns = clock_wall_now().ns;
		scanner_expire(scanner, now);
	} while (scanner->tick_end_ns - now.ns < TICK_MARGIN_NS);
}

static void say_rounds(const struct port *port, const struct round *rounds, unsigned count)
{
	static char line[64 + ROUNDS_MAX * 32];
	int length = snprintf(line, sizeof(line), "\r\ncounted %s:", port->name);

	for (unsigned i = 0; i < count; i++) {
		length += snprintf(line + length, sizeof(line) - (size_t)length,
				   " %" PRIu64 "+%" PRIu64, rounds[i].instructions,
				   rounds[i].around);
	}
	length += snprintf(line + length, sizeof(line) - (size_t)length, "\r\n");
	say(line, length);
}

/* A ringful, taken in one round a call. */
static unsigned count_round(struct dataplane *plane)
{
	static struct round rounds[ROUNDS_MAX];
	static const struct port *port;
	static unsigned count;
	static uint64_t end;
	uint64_t entered = instructions();

	if (count == 0) {
		port = hold(plane);
	}
	wait_for_device(&net_of(plane->port[PORT_INSIDE])->transmit);
	wait_for_device(&net_of(plane->port[PORT_OUTSIDE])->transmit);
	pass_tick(plane->scanner);
	uint64_t begun = instructions();
	unsigned moved = __real_dataplane_round(plane);
	uint64_t ended = instructions();

	rounds[count].instructions = ended - begun - overhead;
	rounds[count].around = count != 0 ? entered - end - overhead : 0;
	if (moved != PORT_BURST_MAX) {
		say("\r\na round moved too few\r\n", 25);
	}
	if (++count == ROUNDS_MAX) {
		say_rounds(port, rounds, count);
		count = 0;
	}
	end = instructions();
	return moved;
}

unsigned __wrap_dataplane_round(struct dataplane *plane)
{
	static uint64_t passed;
	char line[64];

	if (passed >= COUNT_WARM_FRAMES) {
		return count_round(plane);
	}
	unsigned moved = __real_dataplane_round(plane);

	if (passed == 0) {
		if (moved != 0) {
			say(line,
			    snprintf(line, sizeof(line), "\r\nfirst frame after %" PRIu64 " ns\r\n",
				     clock_monotonic_now().ns));
		} else {
			say_idle();
		}
	}
	passed += moved;
	return moved;
}
