/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests/bench/bench.py measures of the scanner alone: under callgrind with
 * --toggle-collect='measured*' only the scanner's work on the frames in question
 * is counted; set-up, captures and event readers are not. The scanner has the
 * shipped configuration, but a fixed salt, so that two runs count the same.
 *
 *   finished 4|6 FLOWS FRAMES  frames of flows that need no more inspection
 *   hash 4|6 FRAMES            the flow hash of decoded packets
 *   capture FILE               a capture, all of it
 *   flood FRAMES               made-up flows; resident memory before and after
 *   sizes                      bytes of flows and of a million of them
 *
 * Prints lines of "name value". Ends with 1 when the frames did not take the way that is to be
 * measured.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "firmware/capture.h"
#include "firmware/scanner_config.h"
#include "hal/cpu.h"
#include "hal/file.h"
#include "scanner/flow_lookup.h"
#include "scanner/hash/sha256.h"
#include "scanner/scan.h"
#include "scanner/scanner.h"
#include "tests/scanner/frames.h"

#define SLOT_BYTES 192u /* a prepared frame's place */
#define PAYLOAD_BYTES 64u
#define START_NS 1780308000000000000u /* 2026-06-01 */
#define FRAME_INTERVAL_NS 1000u /* a million frames a second */

static struct timestamp now = { START_NS };

static _Noreturn void fail(const char *why)
{
	fprintf(stderr, "scanner_bench: %s\n", why);
	exit(1);
}

static void print(const char *name, uint64_t value)
{
	printf("%s %" PRIu64 "\n", name, value);
}

static void *allocate(size_t bytes)
{
	void *memory = aligned_alloc(64, (bytes + 63) & ~(size_t)63);

	if (memory == NULL) {
		fail("no memory");
	}
	memset(memory, 0, bytes); /* resident from here on */
	return memory;
}

static void configure(struct scanner_config *config)
{
	const struct cpu_features cpu = cpu_features_detect();

	sha256_select(cpu.sha256);
	scan_select(cpu.avx2);
	if (scanner_config_build(config) != 0) {
		fail("no entropy");
	}
	scanner_config_private_inside(config);
	memset(config->salt, 0x5a, sizeof(config->salt));
}

static struct scanner *create(const struct scanner_config *config)
{
	size_t bytes = scanner_size(config);

	if (bytes == 0) {
		fail("scanner_size() refuses the configuration");
	}
	return scanner_init(allocate(bytes), config);
}

static uint32_t drain(struct scanner *scanner)
{
	const struct event *event;
	uint32_t count = 0;

	while ((event = event_peek(scanner_events(scanner))) != NULL) {
		event_release(scanner_events(scanner), event);
		count++;
	}
	return count;
}

static __attribute__((noinline)) void measured(struct scanner *scanner, const struct frame *frames,
					       struct verdict *verdicts, unsigned count)
{
	scanner_burst(scanner, frames, verdicts, count);
}

static struct frame frame_of(const uint8_t *data, uint32_t length)
{
	now.ns += FRAME_INTERVAL_NS;
	return (struct frame){
		.data = data, .length = length, .wire_length = length, .time = now, .port = PORT_ANY
	};
}

static void scan_one(struct scanner *scanner, struct wire *wire)
{
	struct frame frame = frame_of(wire_data(wire), wire_length(wire));
	struct verdict verdict;

	scanner_burst(scanner, &frame, &verdict, 1);
	drain(scanner);
}

/* Flow `number`: a client of its own, one of 250 servers. */
static struct connection flow_of(uint8_t family, uint32_t number)
{
	struct connection flow;

	connection_init(&flow, family, number, (uint8_t)(1 + number % 250),
			(uint16_t)(1024 + number * 7 % 60000));
	return flow;
}

/* ---- finished ---- */

/* Takes a flow from its SYN to where its content turned out to be of no interest, and leaves its
 * next segment at `slot`: returns its length. */
static uint32_t finish_flow(struct scanner *scanner, uint8_t family, uint32_t number, uint8_t *slot)
{
	static const char text[] = "\x17\x03\x03 the beginning of something that nobody here reads";
	static struct wire wire;
	static const struct {
		enum direction direction;
		uint8_t flags;
		const char *text;
	} steps[] = {
		{ TO_RESPONDER, TCP_SYN, NULL },  { TO_ORIGINATOR, TCP_SYN | TCP_ACK, NULL },
		{ TO_RESPONDER, TCP_ACK, NULL },  { TO_RESPONDER, TCP_ACK, text },
		{ TO_ORIGINATOR, TCP_ACK, text },
	};
	struct connection flow = flow_of(family, number);

	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		connection_send(&flow, &wire, steps[i].direction, steps[i].flags, steps[i].text);
		scan_one(scanner, &wire);
	}
	connection_send(&flow, &wire, number % 2 == 0 ? TO_RESPONDER : TO_ORIGINATOR, TCP_ACK,
			text);
	memcpy(slot, wire_data(&wire), wire_length(&wire));
	return wire_length(&wire);
}

static void bench_finished(uint8_t family, uint32_t flows, uint64_t count)
{
	struct scanner_config config;
	struct frame frames[SCANNER_BURST_MAX];
	struct verdict verdicts[SCANNER_BURST_MAX];
	uint32_t length = 0;
	uint64_t bytes = 0;
	uint64_t random = 1;

	configure(&config);
	struct scanner *scanner = create(&config);
	uint8_t *slots = allocate((size_t)flows * SLOT_BYTES);

	for (uint32_t flow = 0; flow < flows; flow++) {
		length = finish_flow(scanner, family, flow, slots + (size_t)flow * SLOT_BYTES);
	}
	const struct scanner_port_counters *port = &scanner_counters(scanner)->port[0];
	uint64_t finished = port->seen[SEEN_FINISHED];

	for (uint64_t done = 0; done < count; done += SCANNER_BURST_MAX) {
		for (unsigned i = 0; i < SCANNER_BURST_MAX; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			size_t flow = (size_t)((random >> 32) * flows >> 32);

			frames[i] = frame_of(slots + flow * SLOT_BYTES, length);
			bytes += length;
		}
		measured(scanner, frames, verdicts, SCANNER_BURST_MAX);
	}
	count = (count + SCANNER_BURST_MAX - 1) / SCANNER_BURST_MAX * SCANNER_BURST_MAX;
	if (port->seen[SEEN_FINISHED] - finished != count) {
		fail("not all frames were of finished flows");
	}
	print("packets", count);
	print("bytes", bytes);
}

/* ---- hash ---- */

static __attribute__((noinline)) void
measured_hash4(const struct flow_hash_key *key, const struct flow_lookup *lookups, uint64_t *hashes)
{
	for (unsigned i = 0; i < SCANNER_BURST_MAX; i++) {
		hashes[i] = flow_hash4(key, &lookups[i].key.v4);
	}
}

static __attribute__((noinline)) void
measured_hash6(const struct flow_hash_key *key, const struct flow_lookup *lookups, uint64_t *hashes)
{
	for (unsigned i = 0; i < SCANNER_BURST_MAX; i++) {
		hashes[i] = flow_hash6(key, &lookups[i].key.v6);
	}
}

static void bench_hash(uint8_t family, uint64_t count)
{
	static const uint8_t salt[32] = { 1, 2, 3 };
	static struct wire wire;
	struct flow_lookup lookups[SCANNER_BURST_MAX];
	uint64_t hashes[SCANNER_BURST_MAX];
	struct flow_table table;
	uint64_t done;

	flow_table_init(&table, allocate(flow_table_size(4096, family)), 4096, family, salt);
	for (unsigned i = 0; i < SCANNER_BURST_MAX; i++) {
		struct connection flow = flow_of(family, i);
		struct packet packet;

		connection_send(&flow, &wire, i % 2 == 0 ? TO_RESPONDER : TO_ORIGINATOR, TCP_ACK,
				NULL);
		decode(&packet, wire_data(&wire), wire_length(&wire), wire_length(&wire));
		flow_lookup_prepare(&table, &packet, &lookups[i]);
	}
	for (done = 0; done < count; done += SCANNER_BURST_MAX) {
		(family == 4 ? measured_hash4 : measured_hash6)(&table.key, lookups, hashes);
	}
	for (unsigned i = 0; i < SCANNER_BURST_MAX; i++) {
		if (flow_head(&table, hashes[i]) != lookups[i].head) {
			fail("not the hash that the table uses");
		}
	}
	print("packets", done);
}

/* ---- capture ---- */

static void bench_capture(const char *path)
{
	static struct capture capture;
	struct scanner_config config;
	struct frame frames[SCANNER_BURST_MAX];
	struct verdict verdicts[SCANNER_BURST_MAX];
	struct file_identity identity;
	uint64_t events = 0;
	unsigned count;

	if (file_identify(path, &identity) != 0 || !identity.regular) {
		fail("no such capture");
	}
	configure(&config);
	config.accept_partial_checksum = true;
	struct scanner *scanner = create(&config);

	if (!capture_open(&capture, path)) {
		fail(capture.error);
	}
	while ((count = capture_burst(&capture, frames, SCANNER_BURST_MAX)) != 0) {
		measured(scanner, frames, verdicts, count);
		events += drain(scanner);
	}
	if (capture.status != CAPTURE_END) {
		fail(capture.error);
	}
	const struct scanner_counters *counters = scanner_counters(scanner);

	print("packets", counters->port[0].rx);
	print("bytes", counters->port[0].rx_bytes);
	print("inspected", counters->port[0].seen[SEEN_INSPECTED]);
	print("finished", counters->port[0].seen[SEEN_FINISHED]);
	print("flows", counters->flows);
	print("ssh_sessions", counters->sessions[APP_SSH]);
	print("events", events);
	capture_close(&capture);
}

/* ---- flood ---- */

static uint64_t resident_bytes(void)
{
	unsigned long long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file == NULL || fscanf(file, "%*u %llu", &pages) != 1) {
		fail("no /proc/self/statm");
	}
	fclose(file);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Flow `number` as an attacker would make it up: an opening, or data from nowhere. */
static void flood_one(struct scanner *scanner, uint32_t number)
{
	static struct wire wire;
	struct connection flow = flow_of(number % 2 == 0 ? 4 : 6, number);

	if (number / 2 % 2 == 0) {
		connection_send(&flow, &wire, TO_RESPONDER, TCP_SYN, NULL);
	} else {
		connection_send(&flow, &wire, TO_RESPONDER, TCP_ACK, "SSH-2.0-flood\r\n");
	}
	scan_one(scanner, &wire);
}

static void bench_flood(uint32_t count)
{
	struct scanner_config config;

	configure(&config);
	struct scanner *scanner = create(&config);

	for (uint32_t i = 0; i < 64; i++) { /* then code and stack are resident, too */
		flood_one(scanner, i);
	}
	uint64_t before = resident_bytes();

	for (uint32_t i = 64; i < count; i++) {
		flood_one(scanner, i);
	}
	print("before", before);
	print("after", resident_bytes());
	print("packets", scanner_counters(scanner)->port[0].rx);
	print("bytes", scanner_counters(scanner)->port[0].rx_bytes);
	print("flows", scanner_counters(scanner)->flows);
}

/* ---- sizes ---- */

static void bench_sizes(void)
{
	struct scanner_config config;

	configure(&config);
	config.flows_ipv4 = 1000000;
	config.flows_ipv6 = 64;
	config.flows_half_open = 32768;
	config.flows_inspected = 8192;
	config.stream_blocks = 16384;
	config.event_ring_bytes = 1u << 20;
	config.login_pairs = 4096;
	config.quarantine_max = 64;
	print("flow_ipv4", sizeof(struct flow4));
	print("flow_ipv6", sizeof(struct flow6));
	print("million", scanner_size(&config));
}

static int usage(void)
{
	fputs("usage: scanner_bench finished 4|6 FLOWS FRAMES | hash 4|6 FRAMES | capture FILE | "
	      "flood FRAMES | sizes\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	uint8_t family = argc > 2 && argv[2][0] == '6' ? 6 : 4;

	if (strcmp(mode, "finished") == 0 && argc == 5) {
		bench_finished(family, (uint32_t)strtoul(argv[3], NULL, 10),
			       strtoull(argv[4], NULL, 10));
	} else if (strcmp(mode, "hash") == 0 && argc == 4) {
		bench_hash(family, strtoull(argv[3], NULL, 10));
	} else if (strcmp(mode, "capture") == 0 && argc == 3) {
		bench_capture(argv[2]);
	} else if (strcmp(mode, "flood") == 0 && argc == 3) {
		bench_flood((uint32_t)strtoul(argv[2], NULL, 10));
	} else if (strcmp(mode, "sizes") == 0 && argc == 2) {
		bench_sizes();
	} else {
		return usage();
	}
	return 0;
}
