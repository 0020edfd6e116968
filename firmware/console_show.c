/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables of console_show.h. */
#include "firmware/console_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "firmware/account.h"
#include "firmware/line.h"
#include "firmware/rows.h"
#include "hal/bypass.h"
#include "hal/clock.h"
#include "hal/serial.h"

#define DAY_S 86400

static const char *const port_names[SCANNER_PORTS] = { "inside", "outside" };

static uint64_t sum(const uint64_t *values, unsigned first, unsigned end)
{
	uint64_t total = 0;

	for (unsigned i = first; i < end; i++) {
		total += values[i];
	}
	return total;
}

void console_show_rows(const char *text)
{
	struct rows rows = rows_of(text, strlen(text));
	struct row row;

	while (rows_next(&rows, &row)) {
		printf("%s%.*s\r\n", row.indent, (int)row.length, row.text);
	}
}

/* Where frames went, or what a device did: one of the reasons of docs/accounting.md. */
static void show_reason(const char *where, const char *kind, const char *name, uint64_t count,
			const char *text)
{
	char row[256];

	snprintf(row, sizeof(row), "%-8s %-11s %-20s %12" PRIu64 "  %s", where, kind, name, count,
		 text);
	console_show_rows(row);
}

#define FAULT_ROW(id, name, text) [id] = { name, text },

struct fault_text {
	const char *name, *text;
};

static bool show_fault(const char *device, const struct fault_text *fault, uint64_t count)
{
	if (count != 0) {
		show_reason(device, "device", fault->name, count, fault->text);
	}
	return count != 0;
}

/* What was wrong with a port's device; whether anything was. */
static bool show_port_faults(const struct dataplane *plane, unsigned side)
{
	static const struct fault_text texts[PORT_FAULTS] = { PORT_FAULT_LIST(FAULT_ROW) };
	bool any = false;

	for (unsigned i = 0; i < PORT_FAULTS; i++) {
		any = show_fault(plane->port[side]->name, &texts[i],
				 account_fault(plane, side, (enum port_fault)i)) ||
		      any;
	}
	return any;
}

static bool show_serial_faults(void)
{
	static const struct fault_text texts[SERIAL_FAULTS] = { SERIAL_FAULT_LIST(FAULT_ROW) };
	bool any = false;

	for (unsigned i = 0; i < SERIAL_FAULTS; i++) {
		any = show_fault("serial", &texts[i], serial_faults()[i]) || any;
	}
	return any;
}

/* What becomes of frames while this firmware does not answer. */
static void show_bypass(void)
{
	const struct bypass_state *bypass = bypass_state();
	char row[160];

	snprintf(row, sizeof(row), "without the scanner: %s (%s)",
		 bypass->way == BYPASS_OPEN ? "frames pass uninspected" : "no frame passes",
		 bypass->text);
	console_show_rows(row);
}

void console_show_ports(struct console *console)
{
	const struct dataplane *plane = console->plane;
	const struct scanner_counters counters = account_counters(plane);

	printf("%-8s %-4s %12s %16s %12s %9s %9s\r\n", "port", "link", "frames in", "bytes in",
	       "forwarded", "dropped", "held back");
	for (unsigned i = 0; i < SCANNER_PORTS; i++) {
		const struct scanner_port_counters *port = &counters.port[i];
		bool up = plane->port[i]->ops->link_up(plane->port[i]);

		printf("%-8s %-4s %12" PRIu64 " %16" PRIu64 " %12" PRIu64 " %9" PRIu64 " %9" PRIu64
		       "\r\n",
		       port_names[i], up ? "up" : "down", port->rx, port->rx_bytes,
		       port->fate[FATE_FORWARDED], sum(port->fate, FATE_FORWARDED + 1, FATE_COUNT),
		       account_held_back(plane, i));
	}
	const struct scanner_gauges gauges = account_gauges(plane);

	uint64_t up_s = (clock_monotonic_now().ns - console->started_ns) / NS_PER_S;

	printf("flows: %u IPv4, %u IPv6, %u half-open; %u inspected\r\n", gauges.flows_ipv4,
	       gauges.flows_ipv6, gauges.half_open, gauges.inspected);
	printf("servers in quarantine: %u; resets sent: %" PRIu64 "\r\n", gauges.quarantined,
	       counters.injected);
	show_bypass();
	printf("up %" PRIu64 " days %02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 "\r\n", up_s / DAY_S,
	       up_s / 3600 % 24, up_s / 60 % 60, up_s % 60);
}

void console_show_drops(struct console *console)
{
	const struct scanner_counters counters = account_counters(console->plane);
	bool any = false;

	for (unsigned i = 0; i < SCANNER_PORTS; i++) {
		const struct scanner_port_counters *port = &counters.port[i];

		for (unsigned fate = FATE_FORWARDED + 1; fate < FATE_COUNT; fate++) {
			if (port->fate[fate] != 0) {
				any = true;
				show_reason(port_names[i], "dropped", fate_name(fate),
					    port->fate[fate], fate_text(fate));
			}
		}
		for (unsigned seen = SEEN_UNINSPECTED_FIRST; seen < SEEN_COUNT; seen++) {
			if (port->seen[seen] != 0) {
				any = true;
				show_reason(port_names[i], "uninspected", seen_name(seen),
					    port->seen[seen], seen_text(seen));
			}
		}
		any = show_port_faults(console->plane, i) || any;
	}
	any = show_serial_faults() || any;
	printf("%sevents lost: %" PRIu64 "\r\n",
	       any ? "" : "no frame dropped or left uninspected; ",
	       account_events_lost(console->plane));
}

static void show_server(const struct alert_server *server)
{
	char address[48] = "", first[24] = "", latest[24] = "";
	struct line line;

	line_init(&line, address, sizeof(address) - 1);
	line_address(&line, server->family, server->address);
	line_init(&line, first, sizeof(first) - 1);
	line_second(&line, server->first);
	line_init(&line, latest, sizeof(latest) - 1);
	line_second(&line, server->latest);
	printf("%-15s %s%s %s", address, strlen(address) > 15 ? "\r\n                " : "", first,
	       latest);
	for (unsigned severity = 1; severity < 5; severity++) {
		printf(" %5" PRIu64, server->alerts[severity]);
	}
	printf("\r\n");
}

static void show_servers(const struct alert_servers *servers)
{
	if (servers->count != 0) {
		printf("%-15s %-19s %-19s %5s %5s %5s %5s\r\n", "server", "first alert (UTC)",
		       "latest alert", "crit", "high", "med", "low");
	}
	for (uint32_t i = 0; i < servers->count; i++) {
		show_server(&servers->server[i]);
	}
	if (servers->elsewhere != 0) {
		printf("and %" PRIu64 " alerts about further servers\r\n", servers->elsewhere);
	}
}

void console_show_alerts(struct console *console)
{
	static const char *const severities[] = { "", "critical", "high", "medium", "low" };
	const struct scanner_counters counters = account_counters(console->plane);
	uint64_t first = console->alerts > CONSOLE_ALERTS ? console->alerts - CONSOLE_ALERTS : 0;

	for (uint64_t i = first; i < console->alerts; i++) {
		console_show_rows(console->alert[i % CONSOLE_ALERTS]);
	}
	show_servers(&console->servers);
	for (unsigned severity = 1; severity < 5; severity++) {
		printf("%s%" PRIu64 " %s", severity == 1 ? "" : ", ", counters.alerts[severity],
		       severities[severity]);
	}
	printf("; anomalies: %" PRIu64 "\r\n", console->events[EVENT_ANOMALY]);
}

static void show_port_account(const char *name, const struct scanner_port_counters *port)
{
	uint64_t dropped = sum(port->fate, FATE_FORWARDED + 1, FATE_COUNT);
	uint64_t uninspected = sum(port->seen, SEEN_UNINSPECTED_FIRST, SEEN_COUNT);

	printf("%-8s %" PRIu64 " in = %" PRIu64 " forwarded + %" PRIu64 " dropped%s\r\n", name,
	       port->rx, port->fate[FATE_FORWARDED], dropped,
	       port->rx == port->fate[FATE_FORWARDED] + dropped ? "" : ": DOES NOT ADD UP");
	printf("%-8s %" PRIu64 " in = %" PRIu64 " inspected + %" PRIu64 " finished + %" PRIu64
	       " not inspectable + ",
	       name, port->rx, port->seen[SEEN_INSPECTED], port->seen[SEEN_FINISHED],
	       port->seen[SEEN_NOT_INSPECTABLE]);
	if (port->seen[SEEN_KERNEL] != 0) {
		printf("%" PRIu64 " by the kernel + ", port->seen[SEEN_KERNEL]);
	}
	printf("%" PRIu64 " uninspected%s\r\n", uninspected,
	       port->rx == sum(port->seen, 0, SEEN_COUNT) ? "" : ": DOES NOT ADD UP");
}

static void show_buffers(const struct dataplane_account *account)
{
	const uint32_t *receiving = account->buffers_receiving, *sending = account->buffers_sending;
	uint32_t found = account->buffers_free + receiving[PORT_INSIDE] + sending[PORT_INSIDE] +
			 receiving[PORT_OUTSIDE] + sending[PORT_OUTSIDE];

	printf("buffers  %" PRIu32 " = %" PRIu32 " free + %" PRIu32 " and %" PRIu32
	       " to receive + %" PRIu32 " and %" PRIu32 " being sent%s\r\n",
	       account->buffers, account->buffers_free, receiving[PORT_INSIDE],
	       receiving[PORT_OUTSIDE], sending[PORT_INSIDE], sending[PORT_OUTSIDE],
	       account->buffers == found ? "" : ": DOES NOT ADD UP");
}

void console_show_accounts(struct console *console)
{
	struct dataplane_account account;
	const struct scanner_gauges *gauges = &account.gauges;

	if (!account_ask(console->plane, &account)) {
		printf("a data core does not answer: it makes no round\r\n");
		return;
	}
	for (unsigned i = 0; i < SCANNER_PORTS; i++) {
		show_port_account(port_names[i], &account.scanner.port[i]);
	}
	show_buffers(&account);
	printf("scanner  %" PRIu32 " flows, %" PRIu32 " half-open, %" PRIu32
	       " inspected;\r\n         %" PRIu32 " of %d stream blocks free; %" PRIu64
	       " bytes copied\r\n",
	       gauges->flows_ipv4 + gauges->flows_ipv6, gauges->half_open, gauges->inspected,
	       gauges->blocks_free, CONFIG_STREAM_BLOCKS, account.scanner.copied_bytes);
	printf("events   %" PRIu64 " lost; flows %" PRIu64 " begun, %" PRIu64 " ended early\r\n",
	       account.events_lost, account.scanner.flows, account.scanner.flows_evicted);
	if (console->plane->handover != NULL) {
		printf("kernel   forwards %" PRIu32 " ways of flows; %" PRIu64
		       " times there was no room for one\r\n",
		       account.handed, account.handed_refused);
	}
}
