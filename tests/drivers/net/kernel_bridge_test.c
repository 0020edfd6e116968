/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * This machine's kernel takes every program that drivers/net/kernel_bridge.h and
 * placement_program.h may write, however many data cores there are: the live tests have but as many
 * as the machine has processors. Left out where loading programs is not allowed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "drivers/net/af_xdp.h"
#include "drivers/net/kernel_bridge.h"

#define TO_INTERFACE 1
#define BUCKET_BITS 4u /* of each data core */

static bool allowed(void)
{
	int map = bpf_map_make(BPF_MAP_ARRAY, sizeof(uint64_t), 1, 0);

	if (map < 0) {
		return false;
	}
	close(map);
	return true;
}

static void assert_loaded(int program)
{
	assert_true(program >= 0);
	close(program);
}

static void open_maps(struct kernel_bridge *bridge, bool hands_over)
{
	static struct handover_bucket bucket; /* whose place no program has */

	bridge->control_map =
		bpf_map_make(BPF_MAP_ARRAY, sizeof(struct kernel_bridge_control), 1, 1);
	bridge->words_map =
		bpf_map_make(BPF_MAP_PER_CPU_ARRAY, sizeof(uint64_t), KERNEL_BRIDGE_SIDES, 0);
	bridge->handover_map = bpf_map_make(BPF_MAP_ARRAY, sizeof(struct handover_bucket),
					    bridge->config.data_cores << BUCKET_BITS, 1);
	for (unsigned core = 0; hands_over && core < bridge->config.data_cores; core++) {
		bridge->handover[core] = (struct handover_area){ .buckets = &bucket,
								 .bucket_bits = BUCKET_BITS,
								 .multiplier = PLACEMENT_FACTOR };
	}
}

static void load_all(const struct kernel_bridge *bridge, unsigned side)
{
	struct bpf_instruction code[KERNEL_BRIDGE_INSTRUCTIONS_MAX];
	int sockets = bpf_map_make(BPF_MAP_XDP_SOCKETS, sizeof(uint32_t),
				   AF_XDP_QUEUES_MAX * CORES_DATA_MAX, 0);
	uint32_t count = kernel_bridge_program_ingress(bridge, side, TO_INTERFACE, code);

	assert_loaded(bpf_program_load(BPF_PROGRAM_CLASSIFIER, code, count, KERNEL_BRIDGE_NAME));
	count = kernel_bridge_program_xdp(bridge, side, sockets, code);
	assert_loaded(bpf_program_load(BPF_PROGRAM_XDP, code, count, KERNEL_BRIDGE_NAME));
	for (unsigned core = 0; core < bridge->config.data_cores; core++) {
		assert_loaded(kernel_bridge_filter(bridge, core, side));
	}
	close(sockets);
}

static void bridge_for_any_number_of_data_cores_is_taken_by_the_kernel(void **state)
{
	(void)state;
	if (!allowed()) {
		skip();
	}
	for (unsigned i = 0; i < 4 * CORES_DATA_MAX; i++) {
		struct kernel_bridge bridge = { .config = { .heartbeat_ms = 10,
							    .closed = i % 2 != 0,
							    .data_cores = 1 + i / 4 } };

		open_maps(&bridge, i / 2 % 2 != 0);
		for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
			load_all(&bridge, side);
		}
		close(bridge.control_map);
		close(bridge.words_map);
		close(bridge.handover_map);
	}
}

static void placement_for_any_number_of_data_cores_is_taken_by_the_kernel(void **state)
{
	(void)state;
	if (!allowed()) {
		skip();
	}
	for (unsigned cores = 2; cores <= CORES_DATA_MAX; cores++) {
		for (unsigned side = 0; side < KERNEL_BRIDGE_SIDES; side++) {
			assert_loaded(placement_load(cores, side));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bridge_for_any_number_of_data_cores_is_taken_by_the_kernel),
		cmocka_unit_test(placement_for_any_number_of_data_cores_is_taken_by_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
