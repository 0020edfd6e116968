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
#include "drivers/net/af_xdp.h"
#include "drivers/net/af_xdp_program.h"
#include "drivers/net/kernel_bridge.h"
#include "hal/bypass.h"
#include "hal/live.h"

#define SETTLE_US 1000 /* far longer than a CPU is at one frame */
#define CLAUSE_BYTES 160

static enum live_driver driver; /* LIVE_AUTO: none, nothing is open */
static char driver_text[CLAUSE_BYTES];
static struct af_packet packets[KERNEL_BRIDGE_SIDES];
static struct af_xdp_pair xdp;
static struct af_xdp_program programs[KERNEL_BRIDGE_SIDES];
static struct kernel_bridge bridge;
static int bridge_error; /* why the kernel keeps none */
static char no_bridge_text[CLAUSE_BYTES / 2];
static struct bypass_state bypass;

/* A clause that is to be written. */
struct clause {
	char *text;
	size_t size;
};

/* ---- packet sockets ---- */

static int open_packet(unsigned side, const struct interface *interface)
{
	int filter = bridge.control != NULL ? kernel_bridge_filter(&bridge, side) : -1;

	if (bridge.control != NULL && filter < 0) {
		return filter;
	}
	int result = af_packet_open(&packets[side], interface, filter);

	if (filter >= 0) {
		close(filter); /* the socket has it */
	}
	return result;
}

static int open_packets(const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES],
			const struct clause *why)
{
	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		int result = open_packet(side, interfaces[side]);

		if (result != 0) {
			snprintf(why->text, why->size, "%s cannot be opened: %s",
				 interfaces[side]->name, strerror(-result));
			if (side != 0) {
				af_packet_close(&packets[0]);
			}
			return result;
		}
	}
	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		af_xdp_program_detach(interfaces[side]); /* of a program that ran before */
	}
	return 0;
}

/* ---- AF_XDP ---- */

/* What of the interface AF_XDP cannot do; 0: all is well. */
static int hindrance(const struct interface *interface, const struct clause *why)
{
	struct interface_settings now;
	uint32_t queues = interface_queues(interface);
	int error = interface_settings_read(interface, &now);

	if (error != 0) {
		snprintf(why->text, why->size, "the settings of %s cannot be read: %s",
			 interface->name, strerror(-error));
		return error;
	}
	if (now.offloads != 0) {
		snprintf(why->text, why->size,
			 "%s goes on merging frames or taking VLAN tags out of them",
			 interface->name);
		return -EOPNOTSUPP;
	}
	if (!af_xdp_fits(interface)) {
		snprintf(why->text, why->size,
			 "packets of %u bytes, as %s takes them, are too long", interface->mtu,
			 interface->name);
		return -EMSGSIZE;
	}
	if (queues == 0 || queues > AF_XDP_QUEUES_MAX) {
		snprintf(why->text, why->size,
			 "%s has %u receive queues, at most %u can be served ('ethtool -L')",
			 interface->name, queues, AF_XDP_QUEUES_MAX);
		return -E2BIG;
	}
	return 0;
}

static int fail_xdp(const struct interface *interface, int error, const struct clause *why)
{
	snprintf(why->text, why->size, "%s cannot be opened: %s", interface->name,
		 error == -EEXIST  ? "another XDP program is there" :
		 error == -ENOBUFS ? "too little memory may be locked (CAP_IPC_LOCK lifts that)" :
				     strerror(-error));
	return error;
}

static int open_sockets(const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES],
			const struct clause *why)
{
	bool native = programs[0].mode == XDP_NATIVE && programs[1].mode == XDP_NATIVE;
	unsigned failed;
	int result = af_xdp_open(&xdp, interfaces, native, &failed);

	if (result != 0) {
		return fail_xdp(interfaces[failed], result, why);
	}
	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		result = af_xdp_program_serve(&programs[side], &xdp.port[side]);
		if (result != 0) {
			af_xdp_close(&xdp);
			return fail_xdp(interfaces[side], result, why);
		}
	}
	snprintf(driver_text, sizeof(driver_text), "xdp (%s)",
		 xdp.port[0].zero_copy ? "zero-copy mode" :
		 native		       ? "copy mode: the interfaces' drivers have no other" :
					 "copy mode, by the kernel's generic XDP");
	return 0;
}

static void close_program(unsigned side, const struct interface *interface)
{
	af_xdp_program_close(&programs[side]);
	if (!programs[side].was_there) {
		af_xdp_program_detach(interface);
	}
}

static int open_xdp(const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES],
		    const struct clause *why)
{
	unsigned attached = 0;
	int result = 0;

	if (bridge.control == NULL) {
		snprintf(why->text, why->size, "%s", no_bridge_text);
		return bridge_error;
	}
	for (unsigned side = 0; result == 0 && side < KERNEL_BRIDGE_SIDES; side++) {
		result = hindrance(interfaces[side], why);
	}
	while (result == 0 && attached < KERNEL_BRIDGE_SIDES) {
		result = af_xdp_program_attach(&programs[attached], &bridge, attached,
					       interfaces[attached]);
		if (result != 0) {
			fail_xdp(interfaces[attached], result, why);
		} else {
			attached++;
		}
	}
	if (result == 0) {
		result = open_sockets(interfaces, why);
	}
	while (result != 0 && attached > 0) {
		attached--;
		close_program(attached, interfaces[attached]);
	}
	return result;
}

/* ---- both ---- */

/* What it does from now on; `error`: why there is none. */
static void tell_bypass(int error, bool closed)
{
	bridge_error = error;
	snprintf(no_bridge_text, sizeof(no_bridge_text), "the kernel keeps no bridge (%s)",
		 error == -EINVAL ? "it takes Linux 6.6" : strerror(-error));
	bypass.way = error != 0 ? BYPASS_NONE : closed ? BYPASS_CLOSED : BYPASS_OPEN;
	bypass.text = error != 0 ? no_bridge_text :
		      closed	 ? "the kernel drops them" :
				   "the kernel bridges them";
	bypass.passed = bridge.frames_before[0] + bridge.frames_before[1];
}

/* Opening failed: one that was there before goes on. */
static void abandon_bridge(const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES])
{
	if (bridge.control != NULL && !bridge.was_there) {
		kernel_bridge_remove(interfaces);
		tell_bypass(-ECANCELED, false);
	}
	kernel_bridge_close(&bridge);
}

/* Frames of virtual links come unfinished, unless whoever set them up has seen to that. */
static bool comes_unfinished(const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES],
			     const struct clause *why)
{
	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		if (!interfaces[side]->hardware) {
			snprintf(why->text, why->size,
				 "%s is a virtual link: its frames come with unfinished checksums",
				 interfaces[side]->name);
			return true;
		}
	}
	return false;
}

static int open_ports(const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES],
		      enum live_driver wanted, const struct clause *error)
{
	char text[CLAUSE_BYTES - sizeof("packet ()")] = "";
	const struct clause why = { text, sizeof(text) };

	if (wanted == LIVE_XDP || (wanted == LIVE_AUTO && !comes_unfinished(interfaces, &why))) {
		int result = open_xdp(interfaces, &why);

		if (result == 0) {
			driver = LIVE_XDP;
			return 0;
		}
		if (wanted == LIVE_XDP) {
			snprintf(error->text, error->size, "AF_XDP cannot be had: %s", text);
			return result;
		}
	}
	int result = open_packets(interfaces, error);

	if (result == 0) {
		driver = LIVE_PACKET;
		snprintf(driver_text, sizeof(driver_text), *text != '\0' ? "packet (%s)" : "packet",
			 text);
	}
	return result;
}

int live_ports_open(const struct interface *inside, const struct interface *outside,
		    const struct live_config *config, char *error, size_t size)
{
	const struct interface *const interfaces[KERNEL_BRIDGE_SIDES] = { inside, outside };
	const struct kernel_bridge_config wanted = { .heartbeat_ms = config->bypass.heartbeat_ms,
						     .closed = config->bypass.closed,
						     .handover_bits = config->handover_bits };
	const struct clause complaint = { error, size };

	tell_bypass(kernel_bridge_install(&bridge, interfaces, &wanted), wanted.closed);
	if (bridge_error != 0) {
		bridge.control = NULL;
	}
	int result = open_ports(interfaces, config->driver, &complaint);

	if (result != 0) {
		abandon_bridge(interfaces);
	}
	return result;
}

const char *live_ports_driver(void)
{
	return driver_text;
}

unsigned live_ports_idle_rounds(void)
{
	return driver == LIVE_XDP ? AF_XDP_IDLE_ROUNDS : AF_PACKET_IDLE_ROUNDS;
}

const struct bypass_state *bypass_state(void)
{
	return &bypass;
}

const struct handover_area *live_handover(void)
{
	return bridge.handover.buckets != NULL ? &bridge.handover : NULL;
}

static void mind(unsigned side, const _Atomic uint64_t *passed)
{
	if (driver == LIVE_XDP) {
		af_xdp_mind(&xdp.port[side], passed);
	} else {
		af_packet_mind(&packets[side], passed);
	}
}

void live_ports_begin(void)
{
	if (bridge.control == NULL) {
		return;
	}
	live_ports_turn();
	atomic_store_explicit(&bridge.control->active, 1, memory_order_release);
	usleep(SETTLE_US); /* frames that were on their way past it are counted by then */
	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		mind(side, &bridge.control->side[side].frames);
	}
}

void live_ports_turn(void)
{
	if (bridge.control != NULL) {
		uint64_t progress =
			atomic_load_explicit(&bridge.control->progress, memory_order_relaxed);

		/* release: what waited too long has been dropped before frames come again */
		atomic_store_explicit(&bridge.control->progress, progress + 1,
				      memory_order_release);
	}
}

void live_ports_look(void)
{
	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		if (driver == LIVE_XDP) {
			af_xdp_count(&xdp.port[side]);
		} else {
			af_packet_count(&packets[side]);
		}
	}
}

void live_ports_leave(void)
{
	if (bridge.control == NULL) {
		return;
	}
	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		mind(side, NULL);
	}
	atomic_store_explicit(&bridge.control->active, 0, memory_order_release);
}

void live_ports_close(void)
{
	if (driver == LIVE_XDP) {
		af_xdp_close(&xdp);
	}
	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		if (driver == LIVE_XDP) {
			af_xdp_program_close(&programs[side]);
		} else if (driver == LIVE_PACKET) {
			af_packet_close(&packets[side]);
		}
	}
	if (bridge.control != NULL) {
		kernel_bridge_close(&bridge);
	}
	driver = LIVE_AUTO;
}

int live_bridge_remove(const struct interface *inside, const struct interface *outside)
{
	const struct interface *const interfaces[KERNEL_BRIDGE_SIDES] = { inside, outside };

	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		af_xdp_program_detach(interfaces[side]);
	}
	return kernel_bridge_remove(interfaces);
}

static struct port *port_of(unsigned side)
{
	switch (driver) {
	case LIVE_XDP:
		return &xdp.port[side].port;
	case LIVE_PACKET:
		return &packets[side].port;
	default:
		return NULL;
	}
}

struct port *board_port_inside(void)
{
	return port_of(0);
}

struct port *board_port_outside(void)
{
	return port_of(1);
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
