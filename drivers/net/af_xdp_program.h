/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program in the kernel that sends an interface's frames to the sockets of af_xdp.h: where they
 * come in, before the bridge that stays (kernel_bridge.h), and while the scanner is alive by the
 * same rule as there. All other frames go on to that bridge, which passes and counts them: also
 * when the sockets are gone with their process. So no frame is passed on twice, and none is lost to
 * a dead scanner.
 *
 * The interface holds the program, as attaching one resets the link of some devices: the next
 * `portreeve run` takes its place without a gap.
 */
#ifndef DRIVERS_NET_AF_XDP_PROGRAM_H
#define DRIVERS_NET_AF_XDP_PROGRAM_H

#include "drivers/net/af_xdp.h"
#include "drivers/net/kernel_bridge.h"
#include "hal/linux/xdp.h"

struct af_xdp_program {
	int sockets; /* the map of them, see kernel_bridge.h; −1: none */
	int loaded, before; /* programs, until it is settled which one stays; −1: none */
	enum xdp_mode mode;
};

/* Makes ready all that is needed to put it at the interface, where nothing changes yet. 0, or
 * −errno and there is nothing to be closed; −EEXIST: somebody else's program is there. */
int af_xdp_program_prepare(struct af_xdp_program *program, const struct kernel_bridge *bridge,
			   unsigned side, const struct interface *interface);
/* Puts it there, natively if the driver can, in place of one that is there. 0 or −errno. */
int af_xdp_program_attach(struct af_xdp_program *program, const struct interface *interface);
/* Sends a data core's frames to its part of the port, while its scanner is alive. 0 or −errno. */
int af_xdp_program_serve(const struct af_xdp_program *program, const struct af_xdp *xdp);
/* The interface has it again as it was before it was attached. */
void af_xdp_program_undo(const struct af_xdp_program *program, const struct interface *interface);
/* It stays: lets go of what undoing would take. */
void af_xdp_program_settle(struct af_xdp_program *program);
/* Lets go of it; the interface keeps it. */
void af_xdp_program_close(struct af_xdp_program *program);
/* Takes it away from the interface. 0; −ENOENT: there is none of ours; or −errno. */
int af_xdp_program_detach(const struct interface *interface);

#endif
