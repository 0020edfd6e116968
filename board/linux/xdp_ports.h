/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The linux board's data ports by AF_XDP: whether two interfaces can have it, and all that belongs
 * to it in the kernel. Data core.
 */
#ifndef BOARD_LINUX_XDP_PORTS_H
#define BOARD_LINUX_XDP_PORTS_H

#include <stddef.h>

#include "drivers/net/af_xdp.h"
#include "drivers/net/af_xdp_program.h"
#include "drivers/net/kernel_bridge.h"

struct xdp_ports {
	struct af_xdp_pair pair;
	struct af_xdp_program program[KERNEL_BRIDGE_SIDES];
};

/* A clause that is to be written. */
struct clause {
	char *text;
	size_t size;
};

/* The bridge that stays is in place. 0, or −errno and `why`; the interfaces have then
 * what they had before. */
int xdp_ports_open(struct xdp_ports *ports, const struct kernel_bridge *bridge,
		   const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES],
		   const struct clause *why);
/* How frames get in and out, as a clause. */
const char *xdp_ports_mode(const struct xdp_ports *ports);
/* The interfaces keep their programs, which then let all frames go on. */
void xdp_ports_close(struct xdp_ports *ports);
/* Takes the programs away. 0; −ENOENT: neither has one; or −errno. */
int xdp_ports_detach(const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES]);

#endif
