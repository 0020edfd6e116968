/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcpdump's format: a header of 24 bytes, then for each packet a header of 16 and
 * the bytes (draft-ietf-opsawg-pcap). The magic number tells byte order and the
 * unit of time. snaplen is a hint that files get wrong, so it is not looked at.
 */
#include "firmware/capture_format.h"

#include <inttypes.h>
#include <string.h>

#define HEADER_BYTES 24
#define PACKET_HEADER_BYTES 16
#define NS_PER_US 1000u

enum { MICROSECONDS = 6, NANOSECONDS = 9 };

static const struct {
	uint8_t bytes[CAPTURE_MAGIC_BYTES];
	bool big_endian;
	uint8_t exponent;
} magics[] = {
	{ { 0xd4, 0xc3, 0xb2, 0xa1 }, false, MICROSECONDS },
	{ { 0xa1, 0xb2, 0xc3, 0xd4 }, true, MICROSECONDS },
	{ { 0x4d, 0x3c, 0xb2, 0xa1 }, false, NANOSECONDS },
	{ { 0xa1, 0xb2, 0x3c, 0x4d }, true, NANOSECONDS },
};

#define MAGIC_COUNT (sizeof(magics) / sizeof(magics[0]))

static size_t magic_index(const uint8_t *magic)
{
	size_t i = 0;

	while (i < MAGIC_COUNT && memcmp(magics[i].bytes, magic, CAPTURE_MAGIC_BYTES) != 0) {
		i++;
	}
	return i;
}

static bool begins(const uint8_t *magic)
{
	return magic_index(magic) < MAGIC_COUNT;
}

static void open_header(struct capture *capture)
{
	const uint8_t *header = capture_bytes(capture);
	size_t magic = magic_index(header);

	capture->big_endian = magics[magic].big_endian;
	capture->interfaces[0].exponent = magics[magic].exponent;
	capture->interface_count = 1;
	capture->next += HEADER_BYTES;

	uint16_t major = capture_u16(capture, header + 4);
	uint16_t minor = capture_u16(capture, header + 6);
	/* the upper half says how long a frame check sequence is; it lies behind the IP packet */
	uint16_t link_type = (uint16_t)capture_u32(capture, header + 20);

	if (major != 2 || minor != 4) {
		capture_stop(capture, CAPTURE_UNSUPPORTED, "is pcap version %u.%u: 2.4 is read",
			     major, minor);
	} else if (link_type != CAPTURE_LINK_ETHERNET) {
		capture_stop_link_type(capture, link_type);
	}
}

struct packet_header {
	uint32_t seconds, fraction, length, wire_length;
};

static inline struct packet_header read_packet_header(const uint8_t *at, bool big_endian)
{
	return (struct packet_header){
		.seconds = capture_load_u32(at, big_endian),
		.fraction = capture_load_u32(at + 4, big_endian),
		.length = capture_load_u32(at + 8, big_endian),
		.wire_length = capture_load_u32(at + 12, big_endian),
	};
}

/* Takes up to `count` packets that are there whole, in a byte order that is known when this is
 * compiled. */
static inline unsigned take_packets(struct capture *capture, struct frame *frames, unsigned count,
				    bool big_endian)
{
	const uint64_t unit_ns = capture->interfaces[0].exponent == MICROSECONDS ? NS_PER_US : 1;
	const uint8_t *end = capture->buffer + capture->filled;
	const uint8_t *at = capture_bytes(capture);
	unsigned taken = 0;

	for (; taken < count && end - at >= PACKET_HEADER_BYTES; taken++) {
		const struct packet_header header = read_packet_header(at, big_endian);
		uint32_t length = header.length;

		if (length > CAPTURE_FRAME_MAX || length > end - at - PACKET_HEADER_BYTES) {
			break;
		}
		frames[taken] = (struct frame){
			.data = at + PACKET_HEADER_BYTES,
			.length = length,
			.wire_length = header.wire_length < length ? length : header.wire_length,
			.time = { header.seconds * NS_PER_S + header.fraction * unit_ns },
			.port = PORT_ANY,
		};
		at += PACKET_HEADER_BYTES + length;
	}
	capture->next = (size_t)(at - capture->buffer);
	return taken;
}

/* No packet is there: what is missing, or that none can be there. */
static enum capture_step find_missing(struct capture *capture)
{
	if (!capture_have(capture, PACKET_HEADER_BYTES)) {
		return STEP_WANT;
	}
	uint32_t length = capture_u32(capture, capture_bytes(capture) + 8);

	if (length > CAPTURE_FRAME_MAX) {
		return capture_stop(capture, CAPTURE_DAMAGED,
				    "is damaged: the packet at byte %" PRIu64 " claims %" PRIu32
				    " bytes, more than %u; %" PRIu64 " packets were read",
				    capture_position(capture), length, CAPTURE_FRAME_MAX,
				    capture->packets);
	}
	capture->want = PACKET_HEADER_BYTES + length;
	return STEP_WANT;
}

static enum capture_step step(struct capture *capture, struct frame *frames, unsigned count,
			      unsigned *taken)
{
	*taken = capture->big_endian ? take_packets(capture, frames, count, true) :
				       take_packets(capture, frames, count, false);
	return *taken != 0 ? STEP_FRAME : find_missing(capture);
}

const struct capture_format capture_pcap = {
	.header_bytes = HEADER_BYTES,
	.begins = begins,
	.open = open_header,
	.step = step,
};
