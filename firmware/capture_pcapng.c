/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wireshark's format (draft-ietf-opsawg-pcapng): blocks of a type, a length, a
 * body and the length again. Sections may follow one another, each with its own
 * byte order and interfaces. Blocks that hold no packets are passed over.
 */
#include "firmware/capture_format.h"

#include <inttypes.h>
#include <string.h>

#define BLOCK_BYTES_MIN 12 /* type, length, length */
#define BLOCK_BYTES_MAX (CAPTURE_FRAME_MAX + 65536u + 64u) /* of blocks that are read */
#define ORDER_MAGIC_AT 8
#define OPTION_HEADER_BYTES 4
#define SECTION_BYTES_MIN 28
#define INTERFACE_BYTES_MIN 20
#define INTERFACE_OPTIONS_AT 16
#define PACKET_DATA_AT 28
#define SIMPLE_DATA_AT 12
#define TRAILER_BYTES 4

/* Later times than this (the year 2262) become this, so that a sum of times never overflows. */
#define TIME_MAX_NS ((uint64_t)INT64_MAX)
#define EXPONENT_DECIMAL_MAX 19
#define EXPONENT_BINARY_MAX 63
/* Nanoseconds need 30 bits, so that fractions of up to 34 can be multiplied in 64. */
#define FRACTION_BITS_MAX 34

enum block_type {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2, /* obsolete */
	BLOCK_SIMPLE = 3,
	BLOCK_ENHANCED = 6,
	BLOCK_SECTION = 0x0a0d0d0a /* the same in either byte order */
};

enum option { OPTION_END = 0, OPTION_IF_TSRESOL = 9, OPTION_IF_TSOFFSET = 14 };

static const uint8_t section_magic[CAPTURE_MAGIC_BYTES] = { 0x0a, 0x0d, 0x0d, 0x0a };
static const uint8_t order_magic_big[4] = { 0x1a, 0x2b, 0x3c, 0x4d };
static const uint8_t order_magic_little[4] = { 0x4d, 0x3c, 0x2b, 0x1a };

static enum capture_step damaged(struct capture *capture, const char *what)
{
	return capture_stop(capture, CAPTURE_DAMAGED,
			    "is damaged: the block at byte %" PRIu64 " %s; %" PRIu64
			    " packets were read",
			    capture_position(capture), what, capture->packets);
}

static bool begins(const uint8_t *magic)
{
	return memcmp(magic, section_magic, sizeof(section_magic)) == 0;
}

static bool set_byte_order(struct capture *capture)
{
	const uint8_t *magic = capture_bytes(capture) + ORDER_MAGIC_AT;

	capture->big_endian = memcmp(magic, order_magic_big, sizeof(order_magic_big)) == 0;
	return capture->big_endian ||
	       memcmp(magic, order_magic_little, sizeof(order_magic_little)) == 0;
}

/* The first section header is read by step() like the others. */
static void open_header(struct capture *capture)
{
	if (!set_byte_order(capture)) {
		capture_stop(capture, CAPTURE_NOT_A_CAPTURE,
			     "is not a capture file (begins like pcapng, without its byte order)");
	}
}

static uint64_t power_of_10(unsigned exponent)
{
	uint64_t power = 1;

	while (exponent-- > 0) {
		power *= 10;
	}
	return power;
}

static uint64_t seconds_to_ns(uint64_t seconds)
{
	return seconds > TIME_MAX_NS / NS_PER_S ? TIME_MAX_NS : seconds * NS_PER_S;
}

static uint64_t binary_ticks_to_ns(uint64_t ticks, unsigned bits)
{
	uint64_t fraction = bits == 0 ? 0 : ticks << (64 - bits) >> (64 - bits);
	uint64_t seconds = ticks >> bits;

	if (bits > FRACTION_BITS_MAX) {
		fraction >>= bits - FRACTION_BITS_MAX;
		bits = FRACTION_BITS_MAX;
	}
	return seconds_to_ns(seconds) + (fraction * NS_PER_S >> bits);
}

static uint64_t decimal_ticks_to_ns(uint64_t ticks, unsigned digits)
{
	if (digits > 9) {
		return ticks / power_of_10(digits - 9);
	}
	uint64_t unit_ns = power_of_10(9 - digits);

	return ticks > TIME_MAX_NS / unit_ns ? TIME_MAX_NS : ticks * unit_ns;
}

static struct timestamp time_of(const struct capture_interface *interface, uint64_t ticks)
{
	uint64_t ns = interface->binary ? binary_ticks_to_ns(ticks, interface->exponent) :
					  decimal_ticks_to_ns(ticks, interface->exponent);

	ns = ns > TIME_MAX_NS ? TIME_MAX_NS : ns;
	if (interface->offset_s >= 0) {
		uint64_t offset_ns = seconds_to_ns((uint64_t)interface->offset_s);

		ns = offset_ns > TIME_MAX_NS - ns ? TIME_MAX_NS : ns + offset_ns;
	} else {
		uint64_t offset_ns = seconds_to_ns(0 - (uint64_t)interface->offset_s);

		ns = offset_ns > ns ? 0 : ns - offset_ns;
	}
	return (struct timestamp){ .ns = ns };
}

static enum capture_step read_section(struct capture *capture, const uint8_t *block,
				      uint32_t length)
{
	if (length < SECTION_BYTES_MIN) {
		return damaged(capture, "is too short for a section header");
	}
	uint16_t major = capture_u16(capture, block + 12);

	if (major != 1) {
		return capture_stop(capture, CAPTURE_UNSUPPORTED, "is pcapng version %u: 1 is read",
				    major);
	}
	capture->interface_count = 0;
	return STEP_ON;
}

static int64_t signed_64(const struct capture *capture, const uint8_t *at)
{
	uint64_t first = capture_u32(capture, at);
	uint64_t second = capture_u32(capture, at + 4);

	return (int64_t)(capture->big_endian ? first << 32 | second : second << 32 | first);
}

static enum capture_step read_resolution(struct capture *capture, uint8_t resolution,
					 struct capture_interface *interface)
{
	interface->binary = resolution >= 0x80;
	interface->exponent = resolution & 0x7f;
	if (interface->exponent >
	    (interface->binary ? EXPONENT_BINARY_MAX : EXPONENT_DECIMAL_MAX)) {
		return capture_stop(capture, CAPTURE_UNSUPPORTED,
				    "has times in units of %u^-%u seconds",
				    interface->binary ? 2 : 10, interface->exponent);
	}
	return STEP_ON;
}

/* Options of an interface: those that say what its times mean. */
static enum capture_step read_options(struct capture *capture, const uint8_t *at,
				      const uint8_t *end, struct capture_interface *interface)
{
	enum capture_step result = STEP_ON;

	while (result == STEP_ON && end - at >= OPTION_HEADER_BYTES) {
		uint16_t code = capture_u16(capture, at);
		uint16_t length = capture_u16(capture, at + 2);

		at += OPTION_HEADER_BYTES;
		if (code == OPTION_END) {
			break;
		}
		if (length > end - at) {
			return damaged(capture, "has an option that runs over its end");
		}
		if (code == OPTION_IF_TSRESOL && length == 1) {
			result = read_resolution(capture, at[0], interface);
		} else if (code == OPTION_IF_TSOFFSET && length == 8) {
			interface->offset_s = signed_64(capture, at);
		}
		/* the block's length is a multiple of 4, so the padding lies within it */
		at += (length + 3u) & ~3u;
	}
	return result;
}

static enum capture_step read_interface(struct capture *capture, const uint8_t *block,
					uint32_t length)
{
	if (length < INTERFACE_BYTES_MIN) {
		return damaged(capture, "is too short for an interface description");
	}
	if (capture->interface_count == CAPTURE_INTERFACES_MAX) {
		return capture_stop(capture, CAPTURE_UNSUPPORTED,
				    "has more than %u interfaces in a section",
				    CAPTURE_INTERFACES_MAX);
	}
	struct capture_interface *interface = &capture->interfaces[capture->interface_count++];

	*interface = (struct capture_interface){
		.link_type = capture_u16(capture, block + 8),
		.snap_length = capture_u32(capture, block + 12),
		.exponent = 6, /* microseconds unless an option says otherwise */
	};
	return read_options(capture, block + INTERFACE_OPTIONS_AT, block + length - TRAILER_BYTES,
			    interface);
}

/* Checks what the three kinds of packet blocks have in common; the data may go up to `end`. */
static enum capture_step fill_frame(struct capture *capture, uint32_t interface,
				    struct frame *frame, const uint8_t *end)
{
	if (interface >= capture->interface_count) {
		return damaged(capture, "holds a packet of an interface that was not described");
	}
	if (capture->interfaces[interface].link_type != CAPTURE_LINK_ETHERNET) {
		return capture_stop_link_type(capture, capture->interfaces[interface].link_type);
	}
	if (frame->length > CAPTURE_FRAME_MAX || frame->length > end - frame->data) {
		return damaged(capture, "claims a longer packet than it holds");
	}
	if (frame->wire_length < frame->length) {
		frame->wire_length = frame->length;
	}
	return STEP_FRAME;
}

static enum capture_step read_packet(struct capture *capture, const uint8_t *block, uint32_t length,
				     struct frame *frame)
{
	if (length < PACKET_DATA_AT + TRAILER_BYTES) {
		return damaged(capture, "is too short for a packet");
	}
	bool enhanced = capture_u32(capture, block) == BLOCK_ENHANCED;
	uint32_t interface = enhanced ? capture_u32(capture, block + 8) :
					capture_u16(capture, block + 8);
	uint64_t ticks = (uint64_t)capture_u32(capture, block + 12) << 32 |
			 capture_u32(capture, block + 16);

	frame->length = capture_u32(capture, block + 20);
	frame->wire_length = capture_u32(capture, block + 24);
	frame->data = block + PACKET_DATA_AT;
	enum capture_step result =
		fill_frame(capture, interface, frame, block + length - TRAILER_BYTES);

	if (result == STEP_FRAME) {
		frame->time = time_of(&capture->interfaces[interface], ticks);
	}
	return result;
}

/* A simple packet has no time and no length of its own: min(wire length, the snap length). */
static enum capture_step read_simple(struct capture *capture, const uint8_t *block, uint32_t length,
				     struct frame *frame)
{
	if (length < SIMPLE_DATA_AT + TRAILER_BYTES) {
		return damaged(capture, "is too short for a packet");
	}
	uint32_t snap_length = capture->interface_count > 0 ? capture->interfaces[0].snap_length :
							      0;

	frame->wire_length = capture_u32(capture, block + 8);
	frame->length = frame->wire_length;
	if (snap_length != 0 && snap_length < frame->length) {
		frame->length = snap_length;
	}
	frame->data = block + SIMPLE_DATA_AT;
	frame->time = capture->last;
	return fill_frame(capture, 0, frame, block + length - TRAILER_BYTES);
}

static enum capture_step read_block(struct capture *capture, const uint8_t *block, uint32_t length,
				    struct frame *frame)
{
	switch (capture_u32(capture, block)) {
	case BLOCK_SECTION:
		return read_section(capture, block, length);
	case BLOCK_INTERFACE:
		return read_interface(capture, block, length);
	case BLOCK_ENHANCED:
	case BLOCK_PACKET:
		return read_packet(capture, block, length, frame);
	case BLOCK_SIMPLE:
		return read_simple(capture, block, length, frame);
	default:
		return STEP_ON;
	}
}

static bool is_read(uint32_t type)
{
	return type == BLOCK_SECTION || type == BLOCK_INTERFACE || type == BLOCK_ENHANCED ||
	       type == BLOCK_PACKET || type == BLOCK_SIMPLE;
}

static enum capture_step step(struct capture *capture, struct frame *frames, unsigned count,
			      unsigned *taken)
{
	(void)count; /* a block holds one packet */
	if (!capture_have(capture, BLOCK_BYTES_MIN)) {
		return STEP_WANT;
	}
	const uint8_t *block = capture_bytes(capture);

	if (begins(block) && !set_byte_order(capture)) {
		return damaged(capture, "begins a section without its byte order");
	}
	uint32_t length = capture_u32(capture, block + 4);

	if (length < BLOCK_BYTES_MIN || length % 4 != 0) {
		return damaged(capture, "has a length that no block can have");
	}
	if (length > BLOCK_BYTES_MAX) {
		if (is_read(capture_u32(capture, block))) {
			return damaged(capture, "is larger than any block of its type");
		}
		capture->skip = length;
		return STEP_ON;
	}
	if (!capture_have(capture, length)) {
		return STEP_WANT;
	}
	if (capture_u32(capture, block + length - TRAILER_BYTES) != length) {
		return damaged(capture, "has another length at its end than at its start");
	}
	enum capture_step result = read_block(capture, block, length, frames);

	if (result != STEP_STOP) {
		capture->next += length;
	}
	if (result == STEP_FRAME) {
		frames->port = PORT_ANY;
		capture->last = frames->time;
		*taken = 1;
	}
	return result;
}

const struct capture_format capture_pcapng = {
	.header_bytes = BLOCK_BYTES_MIN,
	.begins = begins,
	.open = open_header,
	.step = step,
};
