/* SPDX-License-Identifier: BSD-2-Clause */
/* The pieces of data_core.h. */
#include "firmware/data_core.h"

#include "hal/clock.h"
#include "hal/cores.h"
#include "hal/cpu.h"
#include "hal/memory.h"
#include "scanner/hash/sha256.h"
#include "scanner/scan.h"

#define SCANNER_ALIGNMENT 64

struct scanner *data_core_start_scanner(const struct scanner_config *config,
					struct dataplane_shared *shared)
{
	const struct cpu_features cpu = cpu_features_detect();
	size_t size = scanner_size(config);
	void *memory = size != 0 ? memory_take(size, SCANNER_ALIGNMENT) : NULL;

	if (memory == NULL) {
		return NULL;
	}
	sha256_select(cpu.sha256);
	scan_select(cpu.avx2);
	struct scanner *scanner = scanner_init(memory, config);

	event_ring_use_tail(scanner_events(scanner), &shared->event_tail);
	return scanner;
}

void data_core_wake_management(const struct dataplane *plane)
{
	_Atomic bool *sleeps = &plane->shared->management_sleeps;

	if (atomic_load_explicit(sleeps, memory_order_relaxed) &&
	    event_ring_waits(scanner_events(plane->scanner))) {
		atomic_store_explicit(sleeps, false, memory_order_relaxed);
		core_wake(CORE_MANAGEMENT);
	}
}

void data_core_sleep(struct dataplane *plane)
{
	if (dataplane_arm(plane)) {
		plane->counters.sleeps++;
		core_sleep_until(clock_monotonic_now().ns + DATA_CORE_SLEEP_NS);
	}
	dataplane_disarm(plane);
}
