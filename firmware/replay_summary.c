/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of replay_summary.h: a column of titles, a column of what there is to
 * say; reasons and signatures in indented lists with their counts first.
 */
#include "firmware/replay_summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define NS_PER_US 1000u
#define SIGNATURES_SHOWN 50

/* A number with its thousands apart, as text. */
struct digits {
	char text[28];
};

static struct digits grouped(uint64_t number)
{
	struct digits result;
	char plain[24];
	int length = snprintf(plain, sizeof(plain), "%" PRIu64, number);
	int out = 0;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0) {
			result.text[out++] = ',';
		}
		result.text[out++] = plain[i];
	}
	result.text[out] = '\0';
	return result;
}

static void title(const char *text)
{
	fprintf(stderr, "%-13s", text);
}

/* One entry of a list under a title. */
static void entry(uint64_t count, const char *name, const char *text)
{
	fprintf(stderr, "  %12s  %-18s %s\n", grouped(count).text, name, text);
}

static void print_time(struct timestamp time)
{
	time_t seconds = (time_t)(time.ns / NS_PER_S);
	const struct tm *utc = gmtime(&seconds);
	char text[40] = "?";

	if (utc != NULL) {
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", utc);
	}
	fputs(text, stderr);
}

static void print_traffic(const struct replay_result *result)
{
	title("Replayed");
	fprintf(stderr, "%s packets, %s bytes from %u capture%s\n", grouped(result->packets).text,
		grouped(result->bytes).text, result->captures, result->captures == 1 ? "" : "s");
	if (result->packets > 0) {
		title("Recorded");
		print_time(result->first);
		fputs(" to ", stderr);
		print_time(result->last);
		fputs(" UTC\n", stderr);
	}
	if (result->early > 0) {
		title("");
		fprintf(stderr,
			"%s packets were stamped earlier than one before them and were scanned "
			"with\n"
			"%-13sits time: give captures in the order in which they were recorded\n",
			grouped(result->early).text, "");
	}
	uint64_t us = result->elapsed_ns / NS_PER_US + 1; /* never zero */

	title("Speed");
	fprintf(stderr, "%" PRIu64 ".%03" PRIu64 " s: %s packets/s, %s Mbit/s\n", us / 1000000,
		us / 1000 % 1000, grouped(result->packets * 1000000 / us).text,
		grouped(result->bytes * 8 / us).text);
}

static void print_set(const struct replay_result *result)
{
	title("Signatures");
	if (result->set == NULL) {
		fputs("none loaded: --signatures SET\n", stderr);
		return;
	}
	fprintf(stderr, "%s rules, %s values in %s (not signed)\n",
		grouped(set_rule_count(result->set)).text,
		grouped(set_value_count(result->set)).text, result->options->signatures);
	uint32_t expired = set_count_expired(result->set, result->first.ns / NS_PER_S);

	if (expired > 0) {
		title("");
		fprintf(stderr, "warning: %s had expired before the first packet\n",
			grouped(expired).text);
	}
}

static void print_sessions(const struct scanner_counters *counters)
{
	static const char *const names[APP_COUNT] = {
		[APP_UNKNOWN] = "unknown", [APP_SSH] = "ssh", [APP_DNS] = "dns",
		[APP_SMTP] = "smtp",	   [APP_TLS] = "tls", [APP_OTHER] = "other",
	};
	const char *separator = "";

	title("Flows");
	fputs(grouped(counters->flows).text, stderr);
	if (counters->flows_evicted > 0) {
		fprintf(stderr, ", of which %s were forgotten early to make room",
			grouped(counters->flows_evicted).text);
	}
	fputc('\n', stderr);
	title("Sessions");
	for (unsigned app = 0; app < APP_COUNT; app++) {
		if (counters->sessions[app] > 0) {
			fprintf(stderr, "%s%s %s", separator, names[app],
				grouped(counters->sessions[app]).text);
			separator = ", ";
		}
	}
	fputs(*separator == '\0' ? "none recognised\n" : "\n", stderr);
}

static void print_events(const struct replay_result *result)
{
	static const char *const names[EVENT_TYPE_COUNT] = {
		[EVENT_SSH] = "ssh",	     [EVENT_DNS] = "dns",	    [EVENT_FLOW] = "flow",
		[EVENT_ANOMALY] = "anomaly", [EVENT_ALERT] = "alert",	    [EVENT_SMTP] = "smtp",
		[EVENT_TLS] = "tls",	     [EVENT_FILEINFO] = "fileinfo",
	};
	uint64_t sum = 0;
	const char *separator = ": ";

	for (unsigned type = 0; type < EVENT_TYPE_COUNT; type++) {
		sum += result->tally->events[type];
	}
	title("Events");
	fputs(grouped(sum).text, stderr);
	for (unsigned type = 0; type < EVENT_TYPE_COUNT; type++) {
		if (result->tally->events[type] > 0) {
			fprintf(stderr, "%s%s %s", separator, names[type],
				grouped(result->tally->events[type]).text);
			separator = ", ";
		}
	}
	fputc('\n', stderr);
	if (result->lost_events > 0) {
		title("");
		fprintf(stderr, "ERROR: %s more were LOST: EVENT_RING_BYTES is too small\n",
			grouped(result->lost_events).text);
	}
}

static void print_alerts(const struct replay_result *result)
{
	const uint64_t *alerts = result->counters->alerts;
	struct replay_tally *tally = result->tally;
	uint64_t elsewhere = tally->alerts_elsewhere;

	title("Alerts");
	fprintf(stderr, "%s: %s critical, %s high, %s medium, %s low\n",
		grouped(tally->events[EVENT_ALERT]).text, grouped(alerts[1]).text,
		grouped(alerts[2]).text, grouped(alerts[3]).text, grouped(alerts[4]).text);
	replay_tally_sort(tally); /* a line each: how many, and the first one */
	for (unsigned i = 0; i < tally->signature_count; i++) {
		if (i < SIGNATURES_SHOWN) {
			const struct tally_signature *signature = &tally->signatures[i];

			fprintf(stderr, "  %12s  %.*s\n", grouped(signature->alerts).text,
				signature->length, signature->text);
		} else {
			elsewhere += tally->signatures[i].alerts;
		}
	}
	if (elsewhere > 0) {
		fprintf(stderr, "  %12s  of other signatures\n", grouped(elsewhere).text);
	}
}

/* Both ports together: a capture does not tell ports, so all is counted under the first. */
static struct scanner_port_counters sum_ports(const struct scanner_counters *counters)
{
	struct scanner_port_counters sum = counters->port[0];

	for (unsigned port = 1; port < SCANNER_PORTS; port++) {
		sum.rx += counters->port[port].rx;
		sum.rx_bytes += counters->port[port].rx_bytes;
		for (unsigned i = 0; i < FATE_COUNT; i++) {
			sum.fate[i] += counters->port[port].fate[i];
		}
		for (unsigned i = 0; i < SEEN_COUNT; i++) {
			sum.seen[i] += counters->port[port].seen[i];
		}
	}
	return sum;
}

static void print_seen(const struct scanner_port_counters *port, uint64_t unread)
{
	uint64_t uninspected = 0;

	for (unsigned seen = SEEN_UNINSPECTED_FIRST; seen < SEEN_COUNT; seen++) {
		uninspected += port->seen[seen];
	}
	title("Packets");
	fprintf(stderr, "%s inspected, %s finished, %s not IP, %s uninspected",
		grouped(port->seen[SEEN_INSPECTED]).text, grouped(port->seen[SEEN_FINISHED]).text,
		grouped(port->seen[SEEN_NOT_INSPECTABLE]).text, grouped(uninspected).text);
	if (uninspected > 0) {
		uint64_t per_mille = uninspected * 1000 / port->rx;

		fprintf(stderr, " (%" PRIu64 ".%" PRIu64 " %%)", per_mille / 10, per_mille % 10);
	}
	fputc('\n', stderr);
	if (unread > 0) {
		title("");
		fprintf(stderr,
			"of the inspected, %s are pieces of datagrams that never became whole\n",
			grouped(unread).text);
	}
	for (unsigned seen = SEEN_UNINSPECTED_FIRST; seen < SEEN_COUNT; seen++) {
		if (port->seen[seen] > 0) {
			entry(port->seen[seen], seen_name(seen), seen_text(seen));
		}
	}
}

static void print_fates(const struct replay_result *result,
			const struct scanner_port_counters *port)
{
	title("Forwarded");
	fprintf(stderr, "%s, dropped %s, resets sent %s%s\n",
		grouped(port->fate[FATE_FORWARDED]).text,
		grouped(port->rx - port->fate[FATE_FORWARDED]).text,
		grouped(result->counters->injected).text,
		result->options->enforce ? "" : " (monitor mode takes nothing)");
	for (unsigned fate = FATE_FORWARDED + 1; fate < FATE_COUNT; fate++) {
		if (port->fate[fate] > 0) {
			entry(port->fate[fate], fate_name(fate), fate_text(fate));
		}
	}
}

/* DESIGN's identities: every frame that came in has one fate and was seen in one way. */
static bool print_accounting(const struct replay_result *result,
			     const struct scanner_port_counters *port)
{
	uint64_t fates = 0;
	uint64_t seens = 0;

	for (unsigned fate = 0; fate < FATE_COUNT; fate++) {
		fates += port->fate[fate];
	}
	for (unsigned seen = 0; seen < SEEN_COUNT; seen++) {
		seens += port->seen[seen];
	}
	bool right = port->rx == result->packets && fates == port->rx && seens == port->rx;

	title("Accounting");
	fprintf(stderr, "%s: %s read, %s received, %s with a fate, %s seen\n",
		right ? "adds up" : "ERROR: DOES NOT ADD UP", grouped(result->packets).text,
		grouped(port->rx).text, grouped(fates).text, grouped(seens).text);
	return right;
}

bool replay_summary_print(const struct replay_result *result)
{
	struct scanner_port_counters port = sum_ports(result->counters);

	print_traffic(result);
	print_set(result);
	print_sessions(result->counters);
	print_events(result);
	print_alerts(result);
	print_seen(&port, result->counters->fragments_unread);
	print_fates(result, &port);
	return print_accounting(result, &port);
}
