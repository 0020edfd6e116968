/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decode() on any bytes, whole and cut by the capture: what it says is there lies
 * within the frame, and a frame that is cut is never read beyond its cut (the buffer
 * is exactly as long, and the address sanitizer watches it).
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct packet *packet, const uint8_t *frame, uint32_t length)
{
	const uint8_t *end = frame + length;

	assert(packet->seen < SEEN_COUNT);
	if (packet->seen != SEEN_INSPECTED && !packet->fragment) {
		return;
	}
	assert(packet->family == 4 || packet->family == 6);
	assert(packet->ip >= frame && packet->ip + (packet->family == 4 ? 20 : 40) <= end);
	assert(packet->l4 > packet->ip && packet->l4 <= end);
	assert(packet->l4_length <= (uint32_t)(end - packet->l4));
	if (packet->fragment) {
		return;
	}
	assert(packet->payload_offset <= packet->l4_length);
	if (packet->protocol == PROTOCOL_TCP || packet->protocol == PROTOCOL_UDP) {
		bool strict = decode_checksums_right(packet, false);

		/* what is right is so by any measure */
		assert(!strict || decode_checksums_right(packet, true));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t length = (uint32_t)size;
	uint32_t cut = size != 0 ? data[size - 1] % 128u : 0;
	struct packet packet;

	cut = cut < length ? cut : length;
	for (uint32_t missing = 0; missing <= cut; missing += cut != 0 ? cut : 1) {
		uint8_t *frame = malloc(length - missing + 1);

		if (frame == NULL) {
			abort();
		}
		/* at the end of its allocation: reading on is caught */
		memcpy(frame + 1, data, length - missing);
		decode(&packet, frame + 1, length - missing, length);
		check(&packet, frame + 1, length - missing);
		free(frame);
	}
	return 0;
}
