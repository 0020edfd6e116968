/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests/bench/live_speed.py loads a bridge with: one flow of UDP in frames of 60 bytes, as
 * many as the interface takes, for a time. Whoever they reach has neither their address nor a route
 * to it, and drops them unanswered.
 *
 *   flood INTERFACE DESTINATION-MAC MILLISECONDS
 *
 * Says "flooding" on standard error once it has begun, prints "frames N" at the end: those that the
 * interface took. Ends with 1 when there is no such interface, or no frame could be sent.
 */
#define _GNU_SOURCE

#include <inttypes.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH 64
#define FRAME_BYTES 60
#define MAC_BYTES 6
#define PACKET_LEVEL 263 /* SOL_PACKET */
#define NS_IN_MS 1000000ull
#define NS_IN_S 1000000000ull
#define QDISC_BYPASS 20 /* PACKET_QDISC_BYPASS */

/* 198.51.100.10:4000 to 10.77.0.99:4001, no UDP checksum; the first six bytes are filled in. */
static uint8_t frame[FRAME_BYTES] = {
	0,    0,    0,	  0,	0,  0,	0x02, 0x00, 0x5e, 0x33, 0x64, 0x0a,
	0x08, 0x00, /* Ethernet */
	0x45, 0,    0,	  46,	0,  0,	0x40, 0x00, 64,	  17,	0,    0, /* IPv4 */
	198,  51,   100,  10,	10, 77, 0,    99, /* from, to */
	0x0f, 0xa0, 0x0f, 0xa1, 0,  26, 0,    0, /* UDP */
};

static _Noreturn void fail(const char *why)
{
	perror(why);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_IN_S + (uint64_t)now.tv_nsec;
}

static void seal(void)
{
	uint32_t sum = 0;

	for (unsigned i = 14; i < 34; i += 2) {
		sum += (uint32_t)frame[i] << 8 | frame[i + 1];
	}
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~(sum + (sum >> 16)) & 0xffff;
	frame[24] = (uint8_t)(sum >> 8);
	frame[25] = (uint8_t)sum;
}

static int open_on(const char *interface)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	const int on = 1;
	int sink = socket(AF_PACKET, SOCK_RAW, 0);

	if (sink < 0 || address.sll_ifindex == 0 ||
	    setsockopt(sink, PACKET_LEVEL, QDISC_BYPASS, &on, sizeof(on)) != 0 ||
	    bind(sink, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		fail(interface);
	}
	return sink;
}

static uint64_t flood(int sink, uint64_t end_ns)
{
	static struct mmsghdr messages[BATCH];
	struct iovec vector = { .iov_base = frame, .iov_len = sizeof(frame) };
	uint64_t sent = 0;

	for (unsigned i = 0; i < BATCH; i++) {
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &vector, .msg_iovlen = 1 };
	}
	while (now_ns() < end_ns) {
		int taken = sendmmsg(sink, messages, BATCH, 0);

		sent += taken > 0 ? (uint64_t)taken : 0; /* else its queue is full: again */
	}
	return sent;
}

int main(int count, char **arguments)
{
	if (count != 4 ||
	    sscanf(arguments[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &frame[0], &frame[1], &frame[2],
		   &frame[3], &frame[4], &frame[5]) != MAC_BYTES) {
		fprintf(stderr, "usage: flood INTERFACE DESTINATION-MAC MILLISECONDS\n");
		return 2;
	}
	int sink = open_on(arguments[1]);

	seal();
	fprintf(stderr, "flooding\n");
	uint64_t sent = flood(sink, now_ns() + strtoull(arguments[3], NULL, 10) * NS_IN_MS);

	printf("frames %" PRIu64 "\n", sent);
	return sent != 0 ? 0 : 1;
}
