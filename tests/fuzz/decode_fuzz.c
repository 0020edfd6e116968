/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decoder on one frame of any bytes: what it finds lies in the frame, whole or
 * cut by the capture, and nothing is read beyond (the buffer is exactly as long, and
 * the address sanitizer watches it); and what glance.h takes for plain is just what
 * decode() takes it for.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/glance.h"

#define FLOWS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct flow_table tables[2];

static void make_tables(void)
{
	static const uint8_t salt[32] = "salt of the tables";
	static _Alignas(64) uint8_t memory[2][FLOWS * 96 + FLOWS * 8];

	if (tables[0].count == 0) {
		for (uint8_t i = 0; i < 2; i++) {
			assert(flow_table_size(FLOWS, i == 0 ? 4 : 6) <= sizeof(memory[i]));
			flow_table_init(&tables[i], memory[i], FLOWS, i == 0 ? 4 : 6, salt);
		}
	}
}

static void check_inside(const struct packet *packet, const uint8_t *frame, uint32_t length)
{
	const uint8_t *end = frame + length;

	assert(packet->seen < SEEN_COUNT && packet->outer_length <= length);
	assert(packet->fragment == (packet->seen == SEEN_FRAGMENT));
	if (packet->seen != SEEN_INSPECTED && !packet->fragment) {
		return;
	}
	assert(packet->family == 4 || packet->family == 6);
	assert(packet->ip >= frame && packet->ip + (packet->family == 4 ? 20 : 40) <= packet->l4);
	assert(packet->l4 <= end && packet->l4_length <= (size_t)(end - packet->l4));
	assert(packet->payload_offset <= packet->l4_length);
	if (packet->seen == SEEN_INSPECTED &&
	    (packet->protocol == PROTOCOL_TCP || packet->protocol == PROTOCOL_UDP)) {
		decode_checksums_right(packet, false);
		decode_checksums_right(packet, true);
	}
	decode_header_right(packet, false);
}

static void check_glance(const uint8_t *frame, uint32_t length)
{
	struct flow_lookup lookup, expected;
	struct packet packet;
	uint8_t family = glance(tables, &lookup, frame, length);

	if (family == 0) {
		return;
	}
	decode(&packet, frame, length, length);
	assert(packet.seen == SEEN_INSPECTED && packet.family == family);
	assert(!packet.tunnelled && !packet.fragment && packet.outer_length == 14);
	assert((packet.tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) == 0);
	flow_lookup_prepare(&tables[family == 6], &packet, &expected);
	assert(lookup.from_high == expected.from_high && lookup.head == expected.head);
	assert(memcmp(&lookup.key, &expected.key,
		      family == 4 ? sizeof(struct flow_key4) : sizeof(struct flow_key6)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t length = (uint32_t)size;
	struct packet packet;

	make_tables();
	decode(&packet, data, length, length);
	check_inside(&packet, data, length);
	decode(&packet, data, length, length + 100);
	check_inside(&packet, data, length);
	check_glance(data, length);
	return 0;
}
