/* SPDX-License-Identifier: BSD-2-Clause */
/* The swap of signatures.h. */
#include "firmware/signatures.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "hal/clock.h"
#include "hal/cores.h"

#define LOOK_NS 1000000ull

void signatures_init(struct signatures *signatures, const struct dataplane *plane,
		     signature_source *source, bool enforcing)
{
	*signatures = (struct signatures){
		.plane = plane,
		.source = source,
		.enforcing = enforcing,
	};
}

/* Returns once the data cores have it and nothing of the one before. They take it within a round;
 * one that makes none is reset by the watchdog. */
static void publish(struct signatures *signatures, const struct set *set)
{
	const struct dataplane *plane;
	struct dataplane_shared *first = signatures->plane->shared;
	uint32_t published = atomic_load_explicit(&first->published, memory_order_relaxed);

	signatures->policy = (struct scanner_policy){
		.set = set,
		.enforcing = signatures->enforcing,
		.clock_trusted = clock_wall_now().ns > CLOCK_PLAUSIBLE_NS,
	};
	for (plane = signatures->plane; plane != NULL; plane = plane->next) {
		/* release: the set and the policy are whole before a data core sees them */
		atomic_store_explicit(&plane->shared->wanted, &signatures->policy,
				      memory_order_release);
		core_wake(plane->core);
	}
	for (plane = signatures->plane; plane != NULL; plane = plane->next) {
		/* acquire: what it read of the one before it has read by now */
		while (atomic_load_explicit(&plane->shared->published, memory_order_acquire) ==
		       published) {
			/* another core than the first may stand still, which is no fault here */
			atomic_fetch_add_explicit(&first->management_progress, 1,
						  memory_order_relaxed);
			core_sleep_until(clock_monotonic_now().ns + LOOK_NS);
		}
	}
}

void signatures_load(struct signatures *signatures)
{
	struct loaded_set next, before = signatures->loaded;

	if (!signatures->source(&next, &signatures->plane->shared->management_progress)) {
		printf("signatures: %s: %s\r\n", before.blob != NULL ? "unchanged" : "none",
		       next.error);
		if (before.blob == NULL && signatures->enforcing) {
			publish(signatures, NULL); /* what streams may not do needs no set */
		}
		return;
	}
	signatures->loaded = next;
	publish(signatures, &signatures->loaded.set);
	free(before.blob);
	printf("signatures: %" PRIu32 " rules, %" PRIu64 " values\r\n", set_rule_count(&next.set),
	       set_value_count(&next.set));
}
