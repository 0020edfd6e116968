/* SPDX-License-Identifier: BSD-2-Clause */
/* The watch of run_links.h. */
#include "firmware/run_links.h"

#include <stdio.h>
#include <string.h>

#include "firmware/link_carry.h"
#include "firmware/run_duties.h"
#include "hal/clock.h"
#include "hal/links.h"

#define SENTENCE_BYTES 160
/* After a change it is looked often, as the system tells late of one that follows within a second;
 * then now and then, until the longest of link_carry.h's times is over. */
#define OFTEN_NS 10000000ull
#define OFTEN_FOR_NS 1200000000ull
#define SELDOM_NS 100000000ull
#define SELDOM_FOR_NS (LINK_CARRY_GRACE_NS + LINK_CARRY_STABLE_NS)

static struct {
	const struct run_ports *ports;
	struct link_carry carry;
	uint64_t changed_ns;
	uint64_t next_ns;
} run;

int run_links_open(const struct run_ports *ports)
{
	uint64_t now_ns = clock_monotonic_now().ns;

	run.ports = ports;
	run.changed_ns = now_ns;
	run.next_ns = now_ns;
	link_carry_init(&run.carry, now_ns);
	return links_watch();
}

static void switch_port(unsigned side, bool on)
{
	const struct interface *port = &run.ports->interface[side];
	char line[SENTENCE_BYTES];
	int error = interface_switch(port, on);

	snprintf(line, sizeof(line), "the link of %s is %s: %s %s %s%s%s",
		 run.ports->interface[!side].name, on ? "back" : "lost", port->name,
		 error != 0 ? "cannot be switched" : "is switched", on ? "on" : "off",
		 error != 0 ? ": " : "", error != 0 ? strerror(-error) : "");
	run_duties_tell(line);
}

static void look(uint64_t now_ns)
{
	bool up[SCANNER_PORTS];
	unsigned side = 0;

	for (unsigned i = 0; i < SCANNER_PORTS; i++) {
		up[i] = interface_link_up(&run.ports->interface[i]);
	}
	enum link_act act = link_carry_step(&run.carry, up, now_ns, &side);

	if (act != LINK_NOTHING) {
		switch_port(side, act == LINK_SWITCH_ON);
		run.changed_ns = now_ns;
	}
}

static uint64_t next_look_ns(uint64_t now_ns)
{
	if (now_ns < run.changed_ns + OFTEN_FOR_NS) {
		return now_ns + OFTEN_NS;
	}
	return now_ns < run.changed_ns + SELDOM_FOR_NS ? now_ns + SELDOM_NS : UINT64_MAX;
}

uint64_t run_links_watch(uint64_t now_ns)
{
	if (links_changed()) {
		run.changed_ns = now_ns;
	} else if (now_ns < run.next_ns) {
		return run.next_ns;
	}
	look(now_ns);
	run.next_ns = next_look_ns(now_ns);
	return run.next_ns;
}

void run_links_release(void)
{
	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		if (run.carry.held_down[side]) {
			run.carry.held_down[side] = false;
			interface_switch(&run.ports->interface[side], true);
		}
	}
}

void run_links_close(void)
{
	run_links_release();
	links_unwatch();
}
