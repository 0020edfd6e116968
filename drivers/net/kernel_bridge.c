/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of kernel_bridge.h's programs and of what they share with the scanner. */
#include "drivers/net/kernel_bridge.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hal/entropy.h"

#define NS_IN_MS 1000000ull
#define VOUCH_NS 1000000000ull /* at least: the scanner looks ten times a second */

static_assert(sizeof(struct kernel_bridge_control) % 8 == 0 &&
		      sizeof(struct kernel_bridge_side) == 40,
	      "the programs know where everything is");

static int make_maps(struct kernel_bridge *bridge, const struct kernel_bridge_config *config)
{
	bridge->control_map =
		bpf_map_make(BPF_MAP_ARRAY, sizeof(struct kernel_bridge_control), 1, 1);
	if (bridge->control_map < 0) {
		return bridge->control_map;
	}
	bridge->control = bpf_map_share(bridge->control_map, sizeof(struct kernel_bridge_control));
	if (bridge->control == NULL) {
		return -errno;
	}
	bridge->control->heartbeat_ns = config->heartbeat_ms * NS_IN_MS;
	bridge->control->closed = config->closed;
	bridge->words_map =
		bpf_map_make(BPF_MAP_PER_CPU_ARRAY, sizeof(uint64_t), KERNEL_BRIDGE_SIDES, 0);
	return bridge->words_map < 0 ? bridge->words_map : 0;
}

static size_t handover_bytes(const struct handover_area *area)
{
	return sizeof(struct handover_bucket) << area->bucket_bits;
}

static int make_handover(struct kernel_bridge *bridge, uint32_t bits)
{
	struct handover_area *area = &bridge->handover;
	uint64_t secret;

	area->bucket_bits = bits;
	int error = entropy_fill(&secret, sizeof(secret));

	if (error != 0) {
		return error;
	}
	area->multiplier = secret | 1;
	area->generation = &bridge->control->generation;
	area->until_ns = &bridge->control->until_ns;
	area->vouch_ns = bridge->control->heartbeat_ns > VOUCH_NS ? bridge->control->heartbeat_ns :
								    VOUCH_NS;
	bridge->handover_map =
		bpf_map_make(BPF_MAP_ARRAY, sizeof(struct handover_bucket), 1u << bits, 1);
	if (bridge->handover_map < 0) {
		return bridge->handover_map;
	}
	area->buckets = bpf_map_share(bridge->handover_map, handover_bytes(area));
	return area->buckets == NULL ? -errno : 0;
}

/* What the one that was there has counted. */
static void take_over(struct kernel_bridge *bridge, unsigned side, int program)
{
	struct kernel_bridge_control control;
	int map = bpf_program_map(program, sizeof(control));

	if (map < 0) {
		return; /* of another version */
	}
	if (bpf_map_read(map, &control) == 0) {
		bridge->frames_before[side] = control.side[side].frames;
	}
	close(map);
}

static int install_at(struct kernel_bridge *bridge, unsigned side, const struct interface *from,
		      const struct interface *to)
{
	struct bpf_instruction code[KERNEL_BRIDGE_INSTRUCTIONS_MAX];
	uint32_t count = kernel_bridge_program_ingress(bridge, side, to->index, code);
	int program = bpf_program_load(BPF_PROGRAM_CLASSIFIER, code, count, KERNEL_BRIDGE_NAME);
	int before = bpf_ingress_find(from->index, KERNEL_BRIDGE_NAME);

	if (program < 0) {
		return program;
	}
	int error = bpf_ingress_attach(from->index, program, before);

	if (before >= 0) {
		take_over(bridge, side, before);
		bridge->was_there = true;
		close(before);
	}
	close(program);
	return error;
}

int kernel_bridge_install(struct kernel_bridge *bridge,
			  const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES],
			  const struct kernel_bridge_config *config)
{
	*bridge = (struct kernel_bridge){ .control_map = -1, .words_map = -1, .handover_map = -1 };
	int error = make_maps(bridge, config);

	if (error == 0 && config->handover_bits != 0) {
		error = make_handover(bridge, config->handover_bits);
	}
	for (unsigned side = 0; error == 0 && side < KERNEL_BRIDGE_SIDES; side++) {
		error = install_at(bridge, side, interfaces[side], interfaces[!side]);
	}
	if (error != 0) {
		if (!bridge->was_there) {
			kernel_bridge_remove(interfaces);
		}
		kernel_bridge_close(bridge);
	}
	return error;
}

int kernel_bridge_filter(const struct kernel_bridge *bridge, unsigned side)
{
	struct bpf_instruction code[KERNEL_BRIDGE_INSTRUCTIONS_MAX];
	uint32_t count = kernel_bridge_program_filter(bridge, side, code);

	return bpf_program_load(BPF_PROGRAM_SOCKET_FILTER, code, count, KERNEL_BRIDGE_NAME);
}

void kernel_bridge_close(struct kernel_bridge *bridge)
{
	int *const maps[] = { &bridge->control_map, &bridge->words_map, &bridge->handover_map };

	if (bridge->handover.buckets != NULL) {
		munmap(bridge->handover.buckets, handover_bytes(&bridge->handover));
		bridge->handover.buckets = NULL;
	}
	if (bridge->control != NULL) {
		munmap(bridge->control, sizeof(*bridge->control));
		bridge->control = NULL;
	}
	for (unsigned i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		if (*maps[i] >= 0) {
			close(*maps[i]);
			*maps[i] = -1;
		}
	}
}

int kernel_bridge_remove(const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES])
{
	int result = -ENOENT;

	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		int program = bpf_ingress_find(interfaces[side]->index, KERNEL_BRIDGE_NAME);

		if (program >= 0) {
			int error = bpf_ingress_detach(interfaces[side]->index, program);

			result = result == -ENOENT || error != 0 ? error : result;
			close(program);
		}
	}
	return result;
}
