/* SPDX-License-Identifier: BSD-2-Clause */
/* The pcap writer of capture_write.h; capture_pcap.c reads the same. */
#include "firmware/capture_write.h"

#include "firmware/capture.h"

#include <assert.h>

#define HEADER_BYTES 24
#define PACKET_HEADER_BYTES 16

/* magic for nanoseconds, version 2.4, no zone, no accuracy, snap length, Ethernet */
static const uint8_t header[HEADER_BYTES] = {
	0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0,
};
static_assert(CAPTURE_FRAME_MAX == 4u << 16, "the snap length in the header");

void capture_write_header(struct output *output)
{
	output_put(output, header, sizeof(header));
}

static void set_u32(uint8_t *at, uint64_t value)
{
	value = value > UINT32_MAX ? UINT32_MAX : value; /* seconds after 2106 */
	for (unsigned i = 0; i < 4; i++) {
		at[i] = (uint8_t)(value >> 8 * i);
	}
}

void capture_write_frame(struct output *output, const struct frame *frame)
{
	uint8_t packet[PACKET_HEADER_BYTES];

	set_u32(packet, frame->time.ns / NS_PER_S);
	set_u32(packet + 4, frame->time.ns % NS_PER_S);
	set_u32(packet + 8, frame->length);
	set_u32(packet + 12, frame->wire_length);
	output_put(output, packet, sizeof(packet));
	output_put(output, frame->data, frame->length);
}
