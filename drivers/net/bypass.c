/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of bypass.h's programs and of what they share with the scanner. */
#include "drivers/net/bypass.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hal/entropy.h"

#define NS_IN_MS 1000000ull
#define VOUCH_NS 1000000000ull /* at least: the scanner looks ten times a second */

static_assert(sizeof(struct bypass_control) % 8 == 0 && sizeof(struct bypass_side) == 40,
	      "the programs know where everything is");

static int make_maps(struct bypass *bypass, const struct bypass_config *config)
{
	bypass->control_map = bpf_map_make(BPF_MAP_ARRAY, sizeof(struct bypass_control), 1, 1);
	if (bypass->control_map < 0) {
		return bypass->control_map;
	}
	bypass->control = bpf_map_share(bypass->control_map, sizeof(struct bypass_control));
	if (bypass->control == NULL) {
		return -errno;
	}
	bypass->control->heartbeat_ns = config->heartbeat_ms * NS_IN_MS;
	bypass->control->closed = config->closed;
	bypass->words_map = bpf_map_make(BPF_MAP_PER_CPU_ARRAY, sizeof(uint64_t), BYPASS_SIDES, 0);
	return bypass->words_map < 0 ? bypass->words_map : 0;
}

static size_t handover_bytes(const struct handover_area *area)
{
	return sizeof(struct handover_bucket) << area->bucket_bits;
}

static int make_handover(struct bypass *bypass, uint32_t bits)
{
	struct handover_area *area = &bypass->handover;
	uint64_t secret;

	area->bucket_bits = bits;
	int error = entropy_fill(&secret, sizeof(secret));

	if (error != 0) {
		return error;
	}
	area->multiplier = secret | 1;
	area->generation = &bypass->control->generation;
	area->until_ns = &bypass->control->until_ns;
	area->vouch_ns = bypass->control->heartbeat_ns > VOUCH_NS ? bypass->control->heartbeat_ns :
								    VOUCH_NS;
	bypass->handover_map =
		bpf_map_make(BPF_MAP_ARRAY, sizeof(struct handover_bucket), 1u << bits, 1);
	if (bypass->handover_map < 0) {
		return bypass->handover_map;
	}
	area->buckets = bpf_map_share(bypass->handover_map, handover_bytes(area));
	return area->buckets == NULL ? -errno : 0;
}

/* What the one that was there has counted. */
static void take_over(struct bypass *bypass, unsigned side, int program)
{
	struct bypass_control control;
	int map = bpf_program_map(program, sizeof(control));

	if (map < 0) {
		return; /* of another version */
	}
	if (bpf_map_read(map, &control) == 0) {
		bypass->frames_before[side] = control.side[side].frames;
	}
	close(map);
}

static int install_at(struct bypass *bypass, unsigned side, const struct interface *from,
		      const struct interface *to)
{
	struct bpf_instruction code[BYPASS_INSTRUCTIONS_MAX];
	uint32_t count = bypass_program_ingress(bypass, side, to->index, code);
	int program = bpf_program_load(BPF_PROGRAM_CLASSIFIER, code, count, BYPASS_NAME);
	int before = bpf_ingress_find(from->index, BYPASS_NAME);

	if (program < 0) {
		return program;
	}
	int error = bpf_ingress_attach(from->index, program, before);

	if (before >= 0) {
		take_over(bypass, side, before);
		bypass->was_there = true;
		close(before);
	}
	close(program);
	return error;
}

int bypass_install(struct bypass *bypass,
		   const struct interface *const interfaces[static BYPASS_SIDES],
		   const struct bypass_config *config)
{
	*bypass = (struct bypass){ .control_map = -1, .words_map = -1, .handover_map = -1 };
	int error = make_maps(bypass, config);

	if (error == 0 && config->handover_bits != 0) {
		error = make_handover(bypass, config->handover_bits);
	}
	for (unsigned side = 0; error == 0 && side < BYPASS_SIDES; side++) {
		error = install_at(bypass, side, interfaces[side], interfaces[!side]);
	}
	if (error != 0) {
		if (!bypass->was_there) {
			bypass_remove(interfaces);
		}
		bypass_close(bypass);
	}
	return error;
}

int bypass_filter(const struct bypass *bypass, unsigned side)
{
	struct bpf_instruction code[BYPASS_INSTRUCTIONS_MAX];
	uint32_t count = bypass_program_filter(bypass, side, code);

	return bpf_program_load(BPF_PROGRAM_SOCKET_FILTER, code, count, BYPASS_NAME);
}

void bypass_close(struct bypass *bypass)
{
	int *const maps[] = { &bypass->control_map, &bypass->words_map, &bypass->handover_map };

	if (bypass->handover.buckets != NULL) {
		munmap(bypass->handover.buckets, handover_bytes(&bypass->handover));
		bypass->handover.buckets = NULL;
	}
	if (bypass->control != NULL) {
		munmap(bypass->control, sizeof(*bypass->control));
		bypass->control = NULL;
	}
	for (unsigned i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		if (*maps[i] >= 0) {
			close(*maps[i]);
			*maps[i] = -1;
		}
	}
}

int bypass_remove(const struct interface *const interfaces[static BYPASS_SIDES])
{
	int result = -ENOENT;

	for (unsigned side = 0; side < BYPASS_SIDES; side++) {
		int program = bpf_ingress_find(interfaces[side]->index, BYPASS_NAME);

		if (program >= 0) {
			int error = bpf_ingress_detach(interfaces[side]->index, program);

			result = result == -ENOENT || error != 0 ? error : result;
			close(program);
		}
	}
	return result;
}
