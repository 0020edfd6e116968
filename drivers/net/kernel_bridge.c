/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of kernel_bridge.h's programs and of what they share with the scanner. */
#define _GNU_SOURCE /* gettid() */

#include "drivers/net/kernel_bridge.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hal/entropy.h"
#include "hal/linux/abi.h"

#define NS_IN_MS 1000000ull
#define VOUCH_NS 1000000000ull /* at least: the scanner looks ten times a second */

static_assert(sizeof(struct kernel_bridge_control) % 8 == 0 &&
		      sizeof(struct kernel_bridge_side) == 48,
	      "the programs know where everything is");

static int make_maps(struct kernel_bridge *bridge)
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
	bridge->control->closed = bridge->config.closed;
	bridge->words_map =
		bpf_map_make(BPF_MAP_PER_CPU_ARRAY, sizeof(uint64_t), KERNEL_BRIDGE_SIDES, 0);
	return bridge->words_map < 0 ? bridge->words_map : 0;
}

/* A data core's part of the buckets: as many for each. */
static uint32_t bucket_bits(const struct kernel_bridge_config *config)
{
	uint32_t bits = config->handover_bits;

	while (config->data_cores << bits > 1u << config->handover_bits) {
		bits--;
	}
	return bits;
}

static uint32_t bucket_count(const struct kernel_bridge_config *config)
{
	return config->data_cores << bucket_bits(config);
}

static int make_handover(struct kernel_bridge *bridge)
{
	const struct kernel_bridge_config *config = &bridge->config;
	uint64_t secret, heartbeat_ns = config->heartbeat_ms * NS_IN_MS;
	size_t bytes = bucket_count(config) * sizeof(struct handover_bucket);
	int error = entropy_fill(&secret, sizeof(secret));

	if (error != 0) {
		return error;
	}
	bridge->handover_map = bpf_map_make(BPF_MAP_ARRAY, sizeof(struct handover_bucket),
					    bucket_count(config), 1);
	if (bridge->handover_map < 0) {
		return bridge->handover_map;
	}
	struct handover_bucket *buckets = bpf_map_share(bridge->handover_map, bytes);

	if (buckets == NULL) {
		return -errno;
	}
	for (unsigned core = 0; core < config->data_cores; core++) {
		bridge->handover[core] = (struct handover_area){
			.buckets = buckets + ((size_t)core << bucket_bits(config)),
			.bucket_bits = bucket_bits(config),
			.multiplier = secret | 1,
			.generation = &bridge->control->core[core].generation,
			.until_ns = &bridge->control->core[core].until_ns,
			.vouch_ns = heartbeat_ns > VOUCH_NS ? heartbeat_ns : VOUCH_NS,
		};
	}
	return 0;
}

/* One of the interfaces while the bridge is put there. */
struct place {
	uint32_t from, to; /* interfaces */
	int program; /* that is put there */
	int before; /* that is there; −ENOENT: none */
};

/* Neither does a kernel too old to have any have one. */
static bool is_none(int found)
{
	return found == -ENOENT || found == -EINVAL || found == -ENOSYS;
}

/* False: it is of another version. */
static bool read_control(int program, struct kernel_bridge_control *control)
{
	int map = bpf_program_map(program, sizeof(*control));

	if (map < 0) {
		return false;
	}
	int error = bpf_map_read(map, control);

	close(map);
	return error == 0;
}

static int find_before(struct kernel_bridge *bridge, struct place *place)
{
	struct kernel_bridge_control control;

	place->before = bpf_ingress_find(place->from, KERNEL_BRIDGE_NAME);
	if (is_none(place->before)) {
		return place->before == -ENOENT ? 0 : place->before;
	}
	bridge->was_there = true; /* or nobody can say that it was not */
	if (place->before < 0) {
		return place->before;
	}
	bridge->was_closed |= read_control(place->before, &control) && control.closed != 0;
	return 0;
}

static int load(const struct kernel_bridge *bridge, unsigned side, struct place *place)
{
	struct bpf_instruction code[KERNEL_BRIDGE_INSTRUCTIONS_MAX];
	uint32_t count = kernel_bridge_program_ingress(bridge, side, place->to, code);

	place->program = bpf_program_load(BPF_PROGRAM_CLASSIFIER, code, count, KERNEL_BRIDGE_NAME);
	return place->program < 0 ? place->program : 0;
}

/* Both or none. */
static int attach(const struct place places[static KERNEL_BRIDGE_SIDES])
{
	int error = bpf_ingress_attach(places[0].from, places[0].program, places[0].before);

	if (error != 0) {
		return error;
	}
	error = bpf_ingress_attach(places[1].from, places[1].program, places[1].before);
	if (error != 0 && places[0].before >= 0) {
		bpf_ingress_attach(places[0].from, places[0].before, places[0].program);
	} else if (error != 0) {
		bpf_ingress_detach(places[0].from, places[0].program);
	}
	return error;
}

static uint64_t passed(const struct kernel_bridge_control *control, unsigned side)
{
	uint64_t frames = 0;

	for (unsigned core = 0; core < CORES_DATA_MAX; core++) {
		frames += control->core[core].side[side].frames +
			  control->core[core].side[side].unserved;
	}
	return frames;
}

/* What those that were there have counted: they count no more. */
static void take_over(struct kernel_bridge *bridge,
		      const struct place places[static KERNEL_BRIDGE_SIDES])
{
	struct kernel_bridge_control control;

	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		if (places[side].before >= 0 && read_control(places[side].before, &control)) {
			bridge->frames_before[side] = passed(&control, side);
		}
	}
}

static int install(struct kernel_bridge *bridge, struct place places[static KERNEL_BRIDGE_SIDES])
{
	int error = 0;

	for (unsigned side = 0; error == 0 && side < KERNEL_BRIDGE_SIDES; side++) {
		error = find_before(bridge, &places[side]);
	}
	if (error == 0) {
		error = make_maps(bridge);
	}
	if (error == 0 && bridge->config.handover_bits != 0) {
		error = make_handover(bridge);
	}
	for (unsigned side = 0; error == 0 && side < KERNEL_BRIDGE_SIDES; side++) {
		error = load(bridge, side, &places[side]);
	}
	if (error == 0) {
		error = attach(places);
	}
	if (error == 0) {
		take_over(bridge, places);
	}
	return error;
}

int kernel_bridge_install(struct kernel_bridge *bridge,
			  const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES],
			  const struct kernel_bridge_config *config)
{
	struct place places[KERNEL_BRIDGE_SIDES];

	*bridge = (struct kernel_bridge){
		.control_map = -1, .words_map = -1, .handover_map = -1, .config = *config
	};
	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		places[side] = (struct place){ .from = interfaces[side]->index,
					       .to = interfaces[!side]->index,
					       .program = -1,
					       .before = -ENOENT };
	}
	int error = install(bridge, places);

	for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
		if (places[side].program >= 0) {
			close(places[side].program);
		}
		if (places[side].before >= 0) {
			close(places[side].before);
		}
	}
	if (error != 0) {
		kernel_bridge_close(bridge);
	}
	return error;
}

int kernel_bridge_filter(const struct kernel_bridge *bridge, unsigned core, unsigned side)
{
	struct bpf_instruction code[KERNEL_BRIDGE_INSTRUCTIONS_MAX];
	uint32_t count = kernel_bridge_program_filter(bridge, core, side, code);

	return bpf_program_load(BPF_PROGRAM_SOCKET_FILTER, code, count, KERNEL_BRIDGE_NAME);
}

/* As a robust futex that the thread holds, get_robust_list(2): the C library has none. */
void kernel_bridge_begin(struct kernel_bridge *bridge, unsigned core)
{
	static struct abi_robust_list held[CORES_DATA_MAX];
	static struct abi_robust_list_head list[CORES_DATA_MAX];
	_Atomic uint32_t *active = &bridge->control->core[core].active;

	held[core].next = &list[core].first;
	list[core] = (struct abi_robust_list_head){
		.first = { &held[core] },
		.futex_offset = (long)((uintptr_t)active - (uintptr_t)&held[core]),
	};
	/* refused: its sockets' end tells of its death */
	(void)syscall(SYS_set_robust_list, &list[core], sizeof(list[core]));
	atomic_store_explicit(active, (uint32_t)gettid(), memory_order_release);
}

void kernel_bridge_leave(struct kernel_bridge *bridge, unsigned core)
{
	atomic_store_explicit(&bridge->control->core[core].active, 0, memory_order_release);
}

void kernel_bridge_close(struct kernel_bridge *bridge)
{
	int *const maps[] = { &bridge->control_map, &bridge->words_map, &bridge->handover_map };

	if (bridge->handover[0].buckets != NULL) {
		munmap(bridge->handover[0].buckets,
		       bucket_count(&bridge->config) * sizeof(struct handover_bucket));
		bridge->handover[0].buckets = NULL;
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

		if (is_none(program)) {
			continue;
		}
		int error = program < 0 ? program :
					  bpf_ingress_detach(interfaces[side]->index, program);

		result = result == -ENOENT || error != 0 ? error : result;
		if (program >= 0) {
			close(program);
		}
	}
	return result;
}
