/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scanner as the data plane and replay see it: frames in, a verdict for
 * each, events into a ring. A pure library: no I/O, no clock, no malloc. The
 * caller computes the size, hands the memory in once, stamps every frame with
 * the time and moves or drops the frame as the verdict says; no byte of a frame
 * is ever changed. One core (the data core) makes every call here; only the
 * event ring's consumer side belongs to another.
 */
#ifndef SCANNER_SCANNER_H
#define SCANNER_SCANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scanner/behaviour_config.h"
#include "scanner/event.h"
#include "scanner/reason.h"
#include "scanner/set.h"
#include "scanner/timestamp.h"

#define SCANNER_BURST_MAX 32
#define SCANNER_INSIDE_MAX 32
#define SCANNER_PORTS 2
#define SCANNER_SALT_BYTES 64

/* Where a frame came in. PORT_ANY: not known (a capture); direction is then by inside nets alone,
 * and it counts under port 0. */
enum port_side { PORT_INSIDE = 0, PORT_OUTSIDE = 1, PORT_ANY = 2 };

struct frame {
	const uint8_t *data; /* Ethernet header first; only read, valid during the call */
	uint32_t length; /* bytes at data */
	uint32_t wire_length; /* bytes the frame had; more than length in a cut capture */
	struct timestamp time;
	uint8_t port; /* enum port_side */
	bool checksum_partial; /* its transport checksum is the pseudo header's sum, and may be */
};

struct verdict {
	uint8_t fate; /* enum fate: FATE_FORWARDED or why it is dropped */
	uint8_t seen; /* enum seen */
};

/* A prefix of the inside network; IPv4 as its four bytes first. */
struct scanner_prefix {
	uint8_t family; /* 4 or 6 */
	uint8_t bits;
	uint8_t address[16];
};

struct scanner_config {
	uint32_t flows_ipv4; /* entries, ≥ 64; 64 bytes each */
	uint32_t flows_ipv6; /* entries, ≥ 64; 96 bytes each */
	uint32_t flows_half_open; /* at most so many of each of both may be half-open */
	uint32_t flows_inspected; /* parse states, ≤ 65535 */
	uint32_t stream_blocks; /* POOL_BLOCK_BYTES each */
	uint32_t reorder_segments; /* out-of-order segments kept per direction */
	uint32_t reorder_bytes; /* how far ahead they may lie */
	uint32_t retain_bytes; /* unacknowledged bytes kept per direction */
	uint32_t event_ring_bytes; /* power of two */
	uint32_t quarantine_max; /* servers */
	uint32_t login_pairs; /* (server, peer) pairs watched for failed logins */
	uint32_t login_failures; /* threshold */
	uint32_t login_window_s;
	struct behaviour_config behaviour;
	uint64_t hash_budget; /* bytes of attachments hashed in one flow; 0: none */
	uint32_t timeout_half_open_s; /* these ≤ 2,000,000 */
	uint32_t timeout_closed_s;
	uint32_t timeout_established_s;
	uint32_t timeout_udp_s;
	bool accept_partial_checksum; /* captures: a checksum left to the NIC counts as right */
	uint32_t inside_count;
	struct scanner_prefix inside[SCANNER_INSIDE_MAX];
	uint8_t salt[SCANNER_SALT_BYTES]; /* real entropy: keys of the flow hash */
};

/* What may change while frames flow. The set must stay as it is until another was published. */
struct scanner_policy {
	const struct set *set; /* NULL: none loaded */
	bool enforcing;
	bool clock_trusted; /* false: no signature expires */
};

struct scanner_port_counters {
	uint64_t rx;
	uint64_t rx_bytes;
	uint64_t fate[FATE_COUNT]; /* sums to rx (nothing is held inside the scanner) */
	uint64_t seen[SEEN_COUNT]; /* sums to rx */
};

struct scanner_counters {
	struct scanner_port_counters port[SCANNER_PORTS];
	uint64_t injected; /* resets made here, in no other count */
	uint64_t flows; /* begun */
	uint64_t flows_evicted; /* ended early to make room */
	uint64_t rekeyed; /* times the flow hash got a new key because a chain was too long */
	uint64_t sessions[APP_COUNT]; /* flows by protocol, counted when certain */
	uint64_t alerts[5]; /* by severity 1…4 */
	uint64_t fragments_unread; /* seen as inspected, but their datagrams never became whole */
	uint64_t copied_bytes; /* inspection copies: retained and out-of-order bytes */
};

struct scanner_gauges {
	uint32_t flows_ipv4;
	uint32_t flows_ipv6;
	uint32_t half_open;
	uint32_t inspected;
	uint32_t blocks_free;
	uint32_t quarantined;
};

/* A frame made by the scanner (a reset): to be sent out of `port`, PORT_ANY in a capture. */
struct injection {
	uint8_t port;
	uint8_t length;
	struct timestamp time;
	uint8_t data[94]; /* Ethernet, two tags, IPv6, TCP */
};

/* One way of a flow that needs no scanner any more: who forwards its frames without one says later
 * how many those were. */
struct release {
	struct event_tuple tuple; /* as its frames have it, tags outside in */
	uint8_t port; /* enum port_side: where they come in */
	uint32_t flow; /* its place in the table of its family */
};

struct scanner;

/* Sizes are all fixed by the configuration; nothing else is ever used. 0: a value is out of
 * range. */
size_t scanner_size(const struct scanner_config *config);
/* `memory`: scanner_size() bytes, aligned to 64, kept until the end. */
struct scanner *scanner_init(void *memory, const struct scanner_config *config);
/* Takes effect with the next burst: bumps the generation, so that every flow is judged again on
 * its next frame (addresses, drops, quarantine). */
void scanner_publish(struct scanner *scanner, const struct scanner_policy *policy);

/* Judges `count` ≤ SCANNER_BURST_MAX frames in order. */
void scanner_burst(struct scanner *scanner, const struct frame *frames, struct verdict *verdicts,
		   unsigned count);
/* Frames to send, made by the last burst: at most two per frame. NULL when there is none left. */
const struct injection *scanner_take_injection(struct scanner *scanner);
/* Ends what timed out; bounded work per call. scanner_burst does it too, this is for idle times. */
void scanner_expire(struct scanner *scanner, struct timestamp now);
/* Ends up to 64 flows with their events; returns false once none is left. Drain the ring
 * between calls. */
bool scanner_flush(struct scanner *scanner);

/* Whether further frames like frame `at` of the last burst, neither with SYN, FIN or RST nor
 * wrapped in anything but tags, may be forwarded without the scanner: under this generation, and as
 * long as no flow of their tuple begins. `frames_min`: so many have gone the same way before. */
bool scanner_release(struct scanner *scanner, const struct frame *frame, unsigned at,
		     uint32_t frames_min, struct release *release);
/* Of the policy: another one is there when what was released has to be judged again. Never 0. */
uint32_t scanner_generation(const struct scanner *scanner);
/* The tuples of the flows that the last burst began, at most SCANNER_BURST_MAX; their number. */
unsigned scanner_begun(const struct scanner *scanner, const struct event_tuple **tuples);
/* So many more frames went the way that was released. False: its flow is not there any more. */
bool scanner_credit(struct scanner *scanner, const struct release *release, uint64_t frames,
		    uint64_t bytes);

struct event_ring *scanner_events(struct scanner *scanner);
const struct scanner_counters *scanner_counters(const struct scanner *scanner);
struct scanner_gauges scanner_gauges(const struct scanner *scanner);

#endif
