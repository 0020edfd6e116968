/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of console_show.h. */
#include "firmware/console_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hal/board.h"
#include "hal/clock.h"

static const char *const port_names[SCANNER_PORTS] = { "inside", "outside" };

static uint64_t sum(const uint64_t *values, unsigned first, unsigned end)
{
	uint64_t total = 0;

	for (unsigned i = first; i < end; i++) {
		total += values[i];
	}
	return total;
}

/* What was wrong with a port's device; whether anything was. */
static bool show_faults(const struct port *port)
{
#define FAULT_ROW(id, name, text) [id] = { name, text },
	static const struct {
		const char *name, *text;
	} faults[PORT_FAULTS] = { PORT_FAULT_LIST(FAULT_ROW) };
	bool any = false;

	for (unsigned i = 0; i < PORT_FAULTS; i++) {
		if (port->faults[i] != 0) {
			any = true;
			printf("%-8s device      %-20s %12" PRIu64 "  %s\r\n", port->name,
			       faults[i].name, port->faults[i], faults[i].text);
		}
	}
	return any;
}

static void show_ports(const struct console *console)
{
	const struct dataplane *plane = console->plane;
	const struct scanner_counters *counters = scanner_counters(plane->scanner);

	printf("%-8s %-5s %14s %16s %14s %10s %10s\r\n", "port", "link", "frames in", "bytes in",
	       "forwarded", "dropped", "held back");
	for (unsigned i = 0; i < SCANNER_PORTS; i++) {
		const struct scanner_port_counters *port = &counters->port[i];
		bool up = plane->port[i]->ops->link_up(plane->port[i]);

		printf("%-8s %-5s %14" PRIu64 " %16" PRIu64 " %14" PRIu64 " %10" PRIu64
		       " %10" PRIu64 "\r\n",
		       port_names[i], up ? "up" : "down", port->rx, port->rx_bytes,
		       port->fate[FATE_FORWARDED], sum(port->fate, FATE_FORWARDED + 1, FATE_COUNT),
		       plane->counters.held_back[i]);
	}
	struct scanner_gauges gauges = scanner_gauges(plane->scanner);

	printf("flows: %u IPv4, %u IPv6, %u half-open; inspected: %u; in quarantine: %u; resets: "
	       "%" PRIu64 "\r\n",
	       gauges.flows_ipv4, gauges.flows_ipv6, gauges.half_open, gauges.inspected,
	       gauges.quarantined, counters->injected);
	printf("up %" PRIu64 " s\r\n", (uint64_t)(clock_monotonic_now().ns / NS_PER_S));
}

static void show_drops(const struct console *console)
{
	const struct scanner_counters *counters = scanner_counters(console->plane->scanner);
	bool any = false;

	for (unsigned i = 0; i < SCANNER_PORTS; i++) {
		const struct scanner_port_counters *port = &counters->port[i];

		for (unsigned fate = FATE_FORWARDED + 1; fate < FATE_COUNT; fate++) {
			if (port->fate[fate] != 0) {
				any = true;
				printf("%-8s dropped     %-20s %12" PRIu64 "  %s\r\n",
				       port_names[i], fate_name(fate), port->fate[fate],
				       fate_text(fate));
			}
		}
		for (unsigned seen = SEEN_UNINSPECTED_FIRST; seen < SEEN_COUNT; seen++) {
			if (port->seen[seen] != 0) {
				any = true;
				printf("%-8s uninspected %-20s %12" PRIu64 "  %s\r\n",
				       port_names[i], seen_name(seen), port->seen[seen],
				       seen_text(seen));
			}
		}
		any = show_faults(console->plane->port[i]) || any;
	}
	const struct event_ring *ring = scanner_events(console->plane->scanner);
	uint64_t lost = atomic_load_explicit(&ring->lost, memory_order_relaxed);

	printf("%sevents lost: %" PRIu64 "\r\n",
	       any ? "" : "no frame dropped or left uninspected; ", lost);
}

static void show_alerts(const struct console *console)
{
	static const char *const severities[] = { "", "critical", "high", "medium", "low" };
	const struct scanner_counters *counters = scanner_counters(console->plane->scanner);
	uint64_t first = console->alerts > CONSOLE_ALERTS ? console->alerts - CONSOLE_ALERTS : 0;

	for (uint64_t i = first; i < console->alerts; i++) {
		printf("%s\r\n", console->alert[i % CONSOLE_ALERTS]);
	}
	for (unsigned severity = 1; severity < 5; severity++) {
		printf("%s%" PRIu64 " %s", severity == 1 ? "" : ", ", counters->alerts[severity],
		       severities[severity]);
	}
	printf("; anomalies: %" PRIu64 "\r\n", console->events[EVENT_ANOMALY]);
}

static void show_help(const struct console *console);

static const struct {
	const char *command;
	const char *text;
	void (*show)(const struct console *console);
} commands[] = {
	{ "help", "this list", show_help },
	{ "show alerts", "the latest alerts, and how many there were", show_alerts },
	{ "show drops", "frames that did not leave or were not inspected, by reason", show_drops },
	{ "show ports", "the data ports, what came in and what left", show_ports },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void show_help(const struct console *console)
{
	(void)console;
	for (size_t i = 0; i < COMMANDS; i++) {
		printf("%-12s %s\r\n", commands[i].command, commands[i].text);
	}
}

/* Words apart by any spaces: the next one, its length; 0 at the end. */
static size_t next_word(const char **at)
{
	*at += strspn(*at, " ");
	return strcspn(*at, " ");
}

static bool matches(const char *line, const char *command)
{
	for (;;) {
		size_t typed = next_word(&line), wanted = next_word(&command);

		if (typed != wanted || memcmp(line, command, typed) != 0) {
			return false;
		}
		if (typed == 0) {
			return true;
		}
		line += typed;
		command += wanted;
	}
}

void console_answer(const struct console *console, const char *line)
{
	const char *at = line;

	if (next_word(&at) == 0) {
		return;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (matches(line, commands[i].command)) {
			commands[i].show(console);
			return;
		}
	}
	printf("no such command: %s\r\n'help' lists them\r\n", at);
}
