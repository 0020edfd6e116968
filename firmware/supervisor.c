/* SPDX-License-Identifier: BSD-2-Clause */
/* The looks of supervisor.h. Nothing here waits: an alarm goes out as the line takes it. */
#include "firmware/supervisor.h"

#include <string.h>

#include "hal/clock.h"
#include "hal/cores.h"
#include "hal/reset.h"
#include "hal/serial.h"

#define LOOK_NS 100000000ull
#define REPORT_NS 1000000000ull /* what a report takes, at 115200 baud, twice */

void supervisor_init(struct supervisor *supervisor, const struct supervisor_config *config,
		     struct dataplane *plane, struct watchdog *watchdog)
{
	*supervisor = (struct supervisor){
		.config = *config,
		.plane = plane,
		.watchdog = watchdog,
		.progress_ns = clock_monotonic_now().ns,
	};
	if (watchdog != NULL) {
		watchdog->ops->start(watchdog, config->watchdog_ms);
	}
}

static void bury(struct supervisor *supervisor, uint64_t now_ns)
{
	supervisor->dead = true;
	supervisor->dead_ns = now_ns;
	supervisor->plane->counters.management_stopped++;
	supervisor->alarm = "\r\nportreeve: management is dead; frames go on, alerts are lost\r\n";
}

static _Noreturn void reset_after_all(void)
{
	static const char why[] = "\r\nportreeve: management has been dead for so long that the "
				  "board resets\r\n";

	serial_write(why, sizeof(why) - 1);
	reset_board();
}

static void look_after_management(struct supervisor *supervisor, uint64_t now_ns)
{
	uint32_t progress = atomic_load_explicit(&supervisor->plane->shared->management_progress,
						 memory_order_relaxed);

	if (supervisor->dead) {
		uint64_t reset_ns = supervisor->config.reset_s * NS_PER_S;

		if (reset_ns != 0 && now_ns - supervisor->dead_ns >= reset_ns) {
			reset_after_all();
		}
	} else if (core_is_off(CORE_MANAGEMENT)) {
		bury(supervisor, now_ns); /* a fault, which it has reported */
	} else if (progress != supervisor->progress) {
		supervisor->progress = progress;
		supervisor->progress_ns = now_ns;
	} else if (now_ns - supervisor->progress_ns >= supervisor->config.stall_s * NS_PER_S) {
		core_park(CORE_MANAGEMENT);
		bury(supervisor, now_ns);
	}
}

static void speak(struct supervisor *supervisor, uint64_t now_ns)
{
	if (supervisor->alarm == NULL) {
		return;
	}
	/* the core that stops writes its report first, if it still can */
	if (!core_is_off(CORE_MANAGEMENT) && now_ns - supervisor->dead_ns < REPORT_NS) {
		return;
	}
	supervisor->alarm += serial_offer(supervisor->alarm, strlen(supervisor->alarm));
	if (*supervisor->alarm == '\0') {
		supervisor->alarm = NULL;
	}
}

void supervisor_look(struct supervisor *supervisor)
{
	uint64_t now_ns = clock_monotonic_now().ns;

	if (now_ns < supervisor->next_ns) {
		return;
	}
	supervisor->next_ns = now_ns + LOOK_NS;
	if (supervisor->watchdog != NULL) {
		supervisor->watchdog->ops->feed(supervisor->watchdog);
	}
	scanner_expire(supervisor->plane->scanner, (struct timestamp){ clock_wall_now().ns });
	look_after_management(supervisor, now_ns);
	speak(supervisor, now_ns);
}
