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
	int sockets; /* the map of them by queue */
	enum xdp_mode mode;
	bool was_there; /* it took the place of one */
};

/* Puts it at the interface, natively if the driver can. 0 or −errno; −EEXIST: somebody else's
 * program is there. */
int af_xdp_program_attach(struct af_xdp_program *program, const struct kernel_bridge *bridge,
			  unsigned side, const struct interface *interface);
/* Sends frames to the port's sockets, while the scanner is alive. 0 or −errno. */
int af_xdp_program_serve(const struct af_xdp_program *program, const struct af_xdp *xdp);
/* Lets go of it; the interface keeps it. */
void af_xdp_program_close(struct af_xdp_program *program);
/* Takes it away from the interface, if it is there. */
void af_xdp_program_detach(const struct interface *interface);

#endif
