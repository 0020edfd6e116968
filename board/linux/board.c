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

#include "board/linux/xdp_ports.h"
#include "drivers/net/af_packet.h"
#include "drivers/net/kernel_bridge.h"
#include "hal/bypass.h"
#include "hal/live.h"

#define SETTLE_US 1000 /* far longer than a CPU is at one frame */
#define CLAUSE_BYTES 160
/* Else what a far end leaves to a card is lost. */
#define FAR_ENDS "; far ends need 'ethtool -K IF tx off tso off gso off txvlan off'"

static enum live_driver driver; /* LIVE_AUTO: none, nothing is open */
static char driver_text[CLAUSE_BYTES];
static struct af_packet packets[KERNEL_BRIDGE_SIDES][CORES_DATA_MAX];
static unsigned packets_open[KERNEL_BRIDGE_SIDES];
static struct xdp_ports xdp;
static struct kernel_bridge bridge;
static unsigned data_cores;
static int bridge_error; /* why the kernel keeps none */
static char no_bridge_text[CLAUSE_BYTES / 2];
static struct bypass_state bypass;

static int open_packet(unsigned side, unsigned core, const struct interface *interface)
{
	int filter = bridge.control != NULL ? kernel_bridge_filter(&bridge, core, side) : -1;

	if (bridge.control != NULL && filter < 0) {
		return filter;
	}
	int result = af_packet_open(&packets[side][core], interface, core_of_data(core), filter,
				    AF_PACKET_RING_BYTES / data_cores);

	if (filter >= 0) {
		close(filter); /* the socket has it */
	}
	return result;
}

static int share_packets(unsigned side)
{
	struct af_packet *sockets[CORES_DATA_MAX];
	int program = placement_load(data_cores, side);

	if (program < 0) {
		return program;
	}
	for (unsigned core = 0; core < data_cores; core++) {
		sockets[core] = &packets[side][core];
	}
	int result = af_packet_share(sockets, data_cores, program);

	close(program); /* the sockets have it */
	return result;
}

static void close_packets(void)
{
	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		while (packets_open[side] != 0) {
			af_packet_close(&packets[side][--packets_open[side]]);
		}
	}
}

static int open_packets(const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES],
			const struct clause *why)
{
	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		int result = 0;

		while (result == 0 && packets_open[side] < data_cores) {
			result = open_packet(side, packets_open[side], interfaces[side]);
			packets_open[side] += result == 0;
		}
		if (result == 0 && data_cores > 1) {
			result = share_packets(side);
		}
		if (result != 0) {
			snprintf(why->text, why->size, "%s cannot be opened: %s",
				 interfaces[side]->name, strerror(-result));
			close_packets();
			return result;
		}
	}
	/* of a program that ran before; if they stay, they let all frames go on */
	xdp_ports_detach(interfaces);
	return 0;
}

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

/* Frames of virtual links come unfinished, and tags of VLAN devices beside them, unless whoever set
 * them up has seen to that: from here the far ends cannot be asked. */
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

static int open_xdp(const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES],
		    const struct clause *why)
{
	if (bridge.control == NULL) {
		snprintf(why->text, why->size, "%s", no_bridge_text);
		return bridge_error;
	}
	int result = xdp_ports_open(&xdp, &bridge, interfaces, why);

	if (result == 0) {
		driver = LIVE_XDP;
		snprintf(driver_text, sizeof(driver_text), "xdp (%s%s)", xdp_ports_mode(&xdp),
			 comes_unfinished(interfaces, why) ? FAR_ENDS : "");
	}
	return result;
}

static int open_ports(const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES],
		      enum live_driver wanted, const struct clause *error)
{
	char text[CLAUSE_BYTES - sizeof("packet ()")] = "";
	const struct clause why = { text, sizeof(text) };

	if (wanted == LIVE_XDP || (wanted == LIVE_AUTO && !comes_unfinished(interfaces, &why))) {
		int result = open_xdp(interfaces, &why);

		if (result == 0) {
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

unsigned live_data_cores(const struct interface *inside, const struct interface *outside)
{
	const uint32_t most[] = { interface_queues(inside),
				  interface_queues(outside),
				  interface_transmit_queues(inside),
				  interface_transmit_queues(outside),
				  cores_processors(),
				  CORES_DATA_MAX };
	uint32_t cores = most[0];

	for (unsigned i = 1; i < sizeof(most) / sizeof(most[0]); i++) {
		cores = cores < most[i] ? cores : most[i];
	}
	return cores != 0 ? cores : 1;
}

int live_ports_open(const struct interface *inside, const struct interface *outside,
		    const struct live_config *config, char *error, size_t size)
{
	const struct interface *const interfaces[KERNEL_BRIDGE_SIDES] = { inside, outside };
	const struct kernel_bridge_config wanted = { .heartbeat_ms = config->bypass.heartbeat_ms,
						     .closed = config->bypass.closed,
						     .handover_bits = config->handover_bits,
						     .data_cores = config->data_cores };
	const struct clause complaint = { error, size };

	int result = kernel_bridge_install(&bridge, interfaces, &wanted);

	data_cores = config->data_cores;
	if (result != 0 && bridge.was_there) {
		tell_bypass(0, bridge.was_closed);
		snprintf(error, size,
			 "the kernel's bridge of an earlier run cannot be replaced: %s; it goes on",
			 strerror(-result));
		return result;
	}
	tell_bypass(result, wanted.closed);
	result = open_ports(interfaces, config->driver, &complaint);

	if (result != 0) {
		abandon_bridge(interfaces);
	}
	return result;
}

const char *live_ports_driver(void)
{
	return driver_text;
}

const struct bypass_state *bypass_state(void)
{
	return &bypass;
}

const struct handover_area *live_handover(unsigned core)
{
	return bridge.handover[0].buckets != NULL ? &bridge.handover[core] : NULL;
}

static void mind(unsigned core, unsigned side, const _Atomic uint64_t *passed)
{
	if (driver == LIVE_XDP) {
		af_xdp_mind(&xdp.pair.port[side][core], passed);
	} else {
		af_packet_mind(&packets[side][core], passed);
	}
}

void live_ports_begin(unsigned core)
{
	if (bridge.control == NULL) {
		af_packet_begin(&packets[0][core]);
		af_packet_begin(&packets[1][core]);
		return;
	}
	struct kernel_bridge_core *control = &bridge.control->core[core];

	live_ports_turn(core);
	kernel_bridge_begin(&bridge, core);
	usleep(SETTLE_US); /* frames that were on their way past it are counted by then */
	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		mind(core, side, &control->side[side].frames);
	}
}

static _Atomic uint64_t *turns_of(unsigned core)
{
	static _Atomic uint64_t turns[CORES_DATA_MAX]; /* without a bridge that looks at them */

	return bridge.control != NULL ? &bridge.control->core[core].progress : &turns[core];
}

void live_ports_turn(unsigned core)
{
	_Atomic uint64_t *turns = turns_of(core);
	uint64_t before = atomic_load_explicit(turns, memory_order_relaxed);

	/* release: what waited too long has been dropped before frames come again */
	atomic_store_explicit(turns, before + 1, memory_order_release);
}

struct live_progress live_progress(unsigned core)
{
	struct live_progress progress = { .turns = *turns_of(core) };

	if (bridge.control != NULL) {
		const struct kernel_bridge_core *control = &bridge.control->core[core];

		for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
			progress.missed += control->side[side].frames + control->side[side].dropped;
		}
	}
	return progress;
}

void live_ports_look(unsigned core)
{
	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		struct port *port = live_port(core, side);

		if (driver == LIVE_XDP) {
			af_xdp_count(&xdp.pair.port[side][core]);
		} else {
			af_packet_count(&packets[side][core]);
		}
		if (bridge.control != NULL) {
			const struct kernel_bridge_side *seen =
				&bridge.control->core[core].side[side];

			port->faults[PORT_FAULT_UNSERVED] = seen->unserved;
			port->faults[PORT_FAULT_CLOSED] = seen->dropped;
		}
	}
}

void live_ports_leave(unsigned core)
{
	if (bridge.control == NULL) {
		return;
	}
	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		mind(core, side, NULL);
	}
	kernel_bridge_leave(&bridge, core);
}

void live_ports_close(void)
{
	if (driver == LIVE_XDP) {
		xdp_ports_close(&xdp);
	}
	close_packets();
	if (bridge.control != NULL) {
		kernel_bridge_close(&bridge);
	}
	driver = LIVE_AUTO;
}

int live_bridge_remove(const struct interface *inside, const struct interface *outside)
{
	const struct interface *const interfaces[KERNEL_BRIDGE_SIDES] = { inside, outside };

	int programs = xdp_ports_detach(interfaces);
	int result = kernel_bridge_remove(interfaces);

	return programs == -ENOENT || (programs == 0 && result != -ENOENT) ? result : programs;
}

struct port *live_port(unsigned core, unsigned side)
{
	return driver == LIVE_XDP ? &xdp.pair.port[side][core].port : &packets[side][core].port;
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
