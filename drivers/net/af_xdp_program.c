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

int af_xdp_program_prepare(struct af_xdp_program *program, const struct kernel_bridge *bridge,
			   unsigned side, const struct interface *interface)
{
	*program = (struct af_xdp_program){ .sockets = -1, .loaded = -1, .mode = XDP_NATIVE };
	program->before = xdp_find(interface->index, KERNEL_BRIDGE_NAME, &program->mode);
	int error = program->before < 0 && program->before != -ENOENT ? program->before : 0;

	if (error == 0) {
		program->sockets = bpf_map_make(BPF_MAP_XDP_SOCKETS, sizeof(uint32_t),
						AF_XDP_QUEUES_MAX * CORES_DATA_MAX, 0);
		error = program->sockets < 0 ? program->sockets : 0;
	}
	if (error == 0) {
		program->loaded = load(program, bridge, side);
		error = program->loaded < 0 ? program->loaded : 0;
	}
	if (error != 0) {
		af_xdp_program_close(program);
	}
	return error;
}

/* In the mode of the one before, as an interface has but one; else natively if the driver can. What
 * comes by a virtual link is a socket buffer, which would be made into something else for that. */
int af_xdp_program_attach(struct af_xdp_program *program, const struct interface *interface)
{
	int error = -EOPNOTSUPP;

	if (program->before >= 0) {
		return xdp_attach(interface->index, program->mode, program->loaded,
				  program->before);
	}
	program->mode = XDP_NATIVE;
	if (interface->hardware) {
		error = xdp_attach(interface->index, program->mode, program->loaded, -1);
	}
	if (error != 0) {
		program->mode = XDP_GENERIC;
		error = xdp_attach(interface->index, program->mode, program->loaded, -1);
	}
	return error;
}

int af_xdp_program_serve(const struct af_xdp_program *program, const struct af_xdp *xdp)
{
	int error = 0;

	for (unsigned i = 0; error == 0 && i < xdp->queue_count; i++) {
		error = bpf_map_put(program->sockets, i * CORES_DATA_MAX + xdp->core,
				    xdp->queue[i].socket);
	}
	return error;
}

void af_xdp_program_undo(const struct af_xdp_program *program, const struct interface *interface)
{
	if (program->before >= 0) {
		xdp_attach(interface->index, program->mode, program->before, program->loaded);
	} else {
		xdp_detach(interface->index, program->mode, program->loaded);
	}
}

static void close_one(int *descriptor)
{
	if (*descriptor >= 0) {
		close(*descriptor);
	}
	*descriptor = -1;
}

void af_xdp_program_settle(struct af_xdp_program *program)
{
	close_one(&program->loaded);
	close_one(&program->before);
}

void af_xdp_program_close(struct af_xdp_program *program)
{
	af_xdp_program_settle(program);
	close_one(&program->sockets);
}

int af_xdp_program_detach(const struct interface *interface)
{
	enum xdp_mode mode = XDP_NATIVE;
	int program = xdp_find(interface->index, KERNEL_BRIDGE_NAME, &mode);

	if (program < 0) {
		return program == -EEXIST ? -ENOENT : program;
	}
	int error = xdp_detach(interface->index, mode, program);

	close(program);
	return error;
}
