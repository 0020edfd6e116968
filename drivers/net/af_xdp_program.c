/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of af_xdp_program.h's program. Its instructions are with the others of the bridge that
 * stays, kernel_bridge_program.c. */
#include "drivers/net/af_xdp_program.h"

#include <errno.h>
#include <unistd.h>

static int load(const struct af_xdp_program *program, const struct kernel_bridge *bridge,
		unsigned side)
{
	struct bpf_instruction code[KERNEL_BRIDGE_INSTRUCTIONS_MAX];
	uint32_t count = kernel_bridge_program_xdp(bridge, side, program->sockets, code);

	return bpf_program_load(BPF_PROGRAM_XDP, code, count, KERNEL_BRIDGE_NAME);
}

/* In the mode of the one before, as an interface has but one; else natively if the driver can. What
 * comes by a virtual link is a socket buffer, which would be made into something else for that. */
static int put(struct af_xdp_program *program, int loaded, const struct interface *interface)
{
	int before = xdp_find(interface->index, KERNEL_BRIDGE_NAME, &program->mode);

	if (before == -ENOENT) {
		int error = -EOPNOTSUPP;

		program->mode = XDP_NATIVE;
		if (interface->hardware) {
			error = xdp_attach(interface->index, program->mode, loaded, -1);
		}
		if (error != 0) {
			program->mode = XDP_GENERIC;
			error = xdp_attach(interface->index, program->mode, loaded, -1);
		}
		return error;
	}
	if (before < 0) {
		return before;
	}
	program->was_there = true;
	int error = xdp_attach(interface->index, program->mode, loaded, before);

	close(before);
	return error;
}

int af_xdp_program_attach(struct af_xdp_program *program, const struct kernel_bridge *bridge,
			  unsigned side, const struct interface *interface)
{
	*program = (struct af_xdp_program){
		.sockets = bpf_map_make(BPF_MAP_XDP_SOCKETS, sizeof(uint32_t), AF_XDP_QUEUES_MAX, 0)
	};
	if (program->sockets < 0) {
		return program->sockets;
	}
	int loaded = load(program, bridge, side);
	int error = loaded < 0 ? loaded : put(program, loaded, interface);

	if (loaded >= 0) {
		close(loaded);
	}
	if (error != 0) {
		af_xdp_program_close(program);
	}
	return error;
}

int af_xdp_program_serve(const struct af_xdp_program *program, const struct af_xdp *xdp)
{
	int error = 0;

	for (unsigned i = 0; error == 0 && i < xdp->queue_count; i++) {
		error = bpf_map_put(program->sockets, i, xdp->queue[i].socket);
	}
	return error;
}

void af_xdp_program_close(struct af_xdp_program *program)
{
	close(program->sockets);
}

void af_xdp_program_detach(const struct interface *interface)
{
	enum xdp_mode mode = XDP_NATIVE;
	int program = xdp_find(interface->index, KERNEL_BRIDGE_NAME, &mode);

	if (program >= 0) {
		xdp_detach(interface->index, mode, program);
		close(program);
	}
}
