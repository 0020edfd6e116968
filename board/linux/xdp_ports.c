/* SPDX-License-Identifier: BSD-2-Clause */
/* What xdp_ports.h takes: what the interfaces must be like, the kernel's programs, the sockets. */
#include "board/linux/xdp_ports.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

static int fail(const struct interface *interface, int error, const struct clause *why)
{
	snprintf(why->text, why->size, "%s cannot be opened: %s", interface->name,
		 error == -EEXIST  ? "another XDP program is there" :
		 error == -ENOBUFS ? "too little memory may be locked (CAP_IPC_LOCK lifts that)" :
				     strerror(-error));
	return error;
}

static bool is_native(const struct xdp_ports *ports)
{
	return ports->program[0].mode == XDP_NATIVE && ports->program[1].mode == XDP_NATIVE;
}

static int open_sockets(struct xdp_ports *ports, const struct kernel_bridge *bridge,
			const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES],
			const struct clause *why)
{
	unsigned failed;

	ports->pair.memory.cores = bridge->config.data_cores;
	int result = af_xdp_open(&ports->pair, interfaces, is_native(ports), &failed);

	if (result != 0) {
		return fail(interfaces[failed], result, why);
	}
	for (unsigned i = 0; i < KERNEL_BRIDGE_SIDES * bridge->config.data_cores; i++) {
		unsigned side = i % KERNEL_BRIDGE_SIDES;

		result = af_xdp_program_serve(&ports->program[side],
					      &ports->pair.port[side][i / KERNEL_BRIDGE_SIDES]);
		if (result != 0) {
			af_xdp_close(&ports->pair);
			return fail(interfaces[side], result, why);
		}
	}
	return 0;
}

/* Makes both ready before the first one is put at its interface. */
static int prepare(struct xdp_ports *ports, const struct kernel_bridge *bridge,
		   const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES],
		   const struct clause *why)
{
	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		int result = af_xdp_program_prepare(&ports->program[side], bridge, side,
						    interfaces[side]);

		if (result != 0) {
			if (side != 0) {
				af_xdp_program_close(&ports->program[0]);
			}
			return fail(interfaces[side], result, why);
		}
	}
	return 0;
}

int xdp_ports_open(struct xdp_ports *ports, const struct kernel_bridge *bridge,
		   const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES],
		   const struct clause *why)
{
	unsigned attached = 0;
	int result = 0;

	for (unsigned side = 0; result == 0 && side < KERNEL_BRIDGE_SIDES; side++) {
		result = hindrance(interfaces[side], why);
	}
	if (result == 0) {
		result = prepare(ports, bridge, interfaces, why);
	}
	if (result != 0) {
		return result;
	}
	while (result == 0 && attached < KERNEL_BRIDGE_SIDES) {
		result = af_xdp_program_attach(&ports->program[attached], interfaces[attached]);
		if (result != 0) {
			fail(interfaces[attached], result, why);
		} else {
			attached++;
		}
	}
	if (result == 0) {
		result = open_sockets(ports, bridge, interfaces, why);
	}
	while (result != 0 && attached > 0) {
		attached--;
		af_xdp_program_undo(&ports->program[attached], interfaces[attached]);
	}
	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		if (result != 0) {
			af_xdp_program_close(&ports->program[side]);
		} else {
			af_xdp_program_settle(&ports->program[side]);
		}
	}
	return result;
}

const char *xdp_ports_mode(const struct xdp_ports *ports)
{
	if (ports->pair.port[0][0].zero_copy) {
		return "zero-copy mode";
	}
	return is_native(ports) ? "copy mode: the interfaces' drivers have no other" :
				  "copy mode, by the kernel's generic XDP";
}

void xdp_ports_close(struct xdp_ports *ports)
{
	af_xdp_close(&ports->pair);
	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		af_xdp_program_close(&ports->program[side]);
	}
}

int xdp_ports_detach(const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES])
{
	int result = -ENOENT;

	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		int error = af_xdp_program_detach(interfaces[side]);

		if (error != -ENOENT) {
			result = result == -ENOENT || error != 0 ? error : result;
		}
	}
	return result;
}
