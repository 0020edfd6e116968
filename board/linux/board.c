/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The linux board: two interfaces of the machine it runs on are its data ports. It has neither
 * flash nor watchdog of its own: the set comes from a file, and a service manager starts the
 * program again.
 */
#define _GNU_SOURCE /* struct mmsghdr, in the driver's header */

#include "hal/board.h"

#include <stdio.h>
#include <string.h>

#include "drivers/net/af_packet.h"
#include "hal/live.h"

#define SIDES 2

static struct af_packet ports[SIDES];
static bool is_open;

int live_ports_open(const struct interface *inside, const struct interface *outside, char *error,
		    size_t size)
{
	const struct interface *const interfaces[SIDES] = { inside, outside };

	for (unsigned side = 0; side < SIDES; side++) {
		int result = af_packet_open(&ports[side], interfaces[side]);

		if (result != 0) {
			snprintf(error, size, "%s cannot be opened: %s", interfaces[side]->name,
				 strerror(-result));
			if (side != 0) {
				af_packet_close(&ports[0]);
			}
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

void live_ports_look(void)
{
	for (unsigned side = 0; side < SIDES; side++) {
		af_packet_count(&ports[side]);
	}
}

void live_ports_close(void)
{
	for (unsigned side = 0; side < SIDES && is_open; side++) {
		af_packet_close(&ports[side]);
	}
	is_open = false;
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
