/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The linux board: two interfaces of the machine it runs on are its data ports. It has neither
 * flash nor watchdog of its own: the set comes from a file, and a service manager starts the
 * program again. Between two programs, and past one that is stalled, the kernel bridges.
 */
#define _GNU_SOURCE /* struct mmsghdr, in the driver's header */

#include "hal/board.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "drivers/net/af_packet.h"
#include "drivers/net/bypass.h"
#include "hal/live.h"

#define SETTLE_US 1000 /* far longer than a CPU is at one frame */

static struct af_packet ports[BYPASS_SIDES];
static struct bypass bypass;
static int bypass_error;
static bool is_open;

static int open_one(unsigned side, const struct interface *interface)
{
	int filter = bypass.control != NULL ? bypass_filter(&bypass, side) : -1;

	if (bypass.control != NULL && filter < 0) {
		return filter;
	}
	int result = af_packet_open(&ports[side], interface, filter);

	if (filter >= 0) {
		close(filter); /* the socket has it */
	}
	return result;
}

/* Opening failed: one that was there before goes on. */
static void abandon_bridge(const struct interface *const interfaces[static BYPASS_SIDES])
{
	if (bypass.control != NULL && !bypass.was_there) {
		bypass_remove(interfaces);
		bypass_error = -ECANCELED;
	}
	bypass_close(&bypass);
}

int live_ports_open(const struct interface *inside, const struct interface *outside,
		    const struct live_config *config, char *error, size_t size)
{
	const struct interface *const interfaces[BYPASS_SIDES] = { inside, outside };
	const struct bypass_config wanted = { .heartbeat_ms = config->heartbeat_ms,
					      .closed = config->closed,
					      .handover_bits = config->handover_bits };

	bypass_error = bypass_install(&bypass, interfaces, &wanted);
	if (bypass_error != 0) {
		bypass.control = NULL;
	}
	for (unsigned side = 0; side < BYPASS_SIDES; side++) {
		int result = open_one(side, interfaces[side]);

		if (result != 0) {
			snprintf(error, size, "%s cannot be opened: %s", interfaces[side]->name,
				 strerror(-result));
			if (side != 0) {
				af_packet_close(&ports[0]);
			}
			abandon_bridge(interfaces);
			return result;
		}
	}
	is_open = true;
	return 0;
}

const char *live_ports_driver(void)
{
	return "packet";
}

bool live_bridge_stays(const char **why)
{
	*why = bypass_error == -EINVAL ? "it takes Linux 6.6" : strerror(-bypass_error);
	return bypass_error == 0;
}

const struct handover_area *live_handover(void)
{
	return bypass.handover.buckets != NULL ? &bypass.handover : NULL;
}

uint64_t live_bridge_passed(void)
{
	return bypass.frames_before[0] + bypass.frames_before[1];
}

void live_ports_begin(void)
{
	if (bypass.control == NULL) {
		return;
	}
	live_ports_turn();
	atomic_store_explicit(&bypass.control->active, 1, memory_order_release);
	usleep(SETTLE_US); /* frames that were on their way past it are counted by then */
	for (unsigned side = 0; side < BYPASS_SIDES; side++) {
		af_packet_mind(&ports[side], &bypass.control->side[side].frames);
	}
}

void live_ports_turn(void)
{
	if (bypass.control != NULL) {
		uint64_t progress =
			atomic_load_explicit(&bypass.control->progress, memory_order_relaxed);

		/* release: what waited too long has been dropped before frames come again */
		atomic_store_explicit(&bypass.control->progress, progress + 1,
				      memory_order_release);
	}
}

void live_ports_look(void)
{
	for (unsigned side = 0; side < BYPASS_SIDES; side++) {
		af_packet_count(&ports[side]);
	}
}

void live_ports_leave(void)
{
	if (bypass.control == NULL) {
		return;
	}
	for (unsigned side = 0; side < BYPASS_SIDES; side++) {
		af_packet_mind(&ports[side], NULL);
	}
	atomic_store_explicit(&bypass.control->active, 0, memory_order_release);
}

void live_ports_close(void)
{
	for (unsigned side = 0; side < BYPASS_SIDES && is_open; side++) {
		af_packet_close(&ports[side]);
	}
	if (bypass.control != NULL) {
		bypass_close(&bypass);
	}
	is_open = false;
}

int live_bridge_remove(const struct interface *inside, const struct interface *outside)
{
	const struct interface *const interfaces[BYPASS_SIDES] = { inside, outside };

	return bypass_remove(interfaces);
}

struct port *board_port_inside(void)
{
	return is_open ? &ports[0].port : NULL;
}

struct port *board_port_outside(void)
{
	return is_open ? &ports[1].port : NULL;
}

struct flash *board_flash(void)
{
	return NULL;
}

struct watchdog *board_watchdog(void)
{
	return NULL;
}

const char *board_name(void)
{
	return "linux";
}
