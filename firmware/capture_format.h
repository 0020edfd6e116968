/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between capture.c, which owns file and buffer, and the formats (capture_pcap.c,
 * capture_pcapng.c). A format looks at the bytes that are there and says what it
 * needs; it never reads from the file itself.
 */
#ifndef FIRMWARE_CAPTURE_FORMAT_H
#define FIRMWARE_CAPTURE_FORMAT_H

#include "firmware/capture.h"

#define CAPTURE_LINK_ETHERNET 1
#define CAPTURE_MAGIC_BYTES 4

enum capture_step {
	STEP_FRAME, /* frames were taken */
	STEP_ON, /* something else was read or is to be skipped: call again */
	STEP_WANT, /* capture->want bytes are needed at the reading position */
	STEP_STOP /* capture_stop() was called */
};

struct capture_format {
	size_t header_bytes; /* of the file, there when `open` is called */
	/* Whether a file that begins with these CAPTURE_MAGIC_BYTES is of this format. */
	bool (*begins)(const uint8_t *magic);
	/* Reads the file header; capture_stop() when it does not like it. */
	void (*open)(struct capture *capture);
	/* Takes up to `count` ≥ 1 frames and says how many in `*taken`, which is 0 before. */
	enum capture_step (*step)(struct capture *capture, struct frame *frames, unsigned count,
				  unsigned *taken);
};

extern const struct capture_format capture_pcap;
extern const struct capture_format capture_pcapng;

/* Ends the capture with a status and a sentence. Always STEP_STOP. */
enum capture_step capture_stop(struct capture *capture, enum capture_status status,
			       const char *sentence, ...) __attribute__((format(printf, 3, 4)));
/* The same for a link type other than Ethernet. */
enum capture_step capture_stop_link_type(struct capture *capture, uint16_t link_type);

/* Whether `length` ≤ CAPTURE_BUFFER_BYTES bytes lie at the reading position; if not, return
 * STEP_WANT. */
static inline bool capture_have(struct capture *capture, size_t length)
{
	if (capture->filled - capture->next >= length) {
		return true;
	}
	capture->want = length;
	return false;
}

static inline const uint8_t *capture_bytes(const struct capture *capture)
{
	return capture->buffer + capture->next;
}

/* Integers in the file's byte order. */
static inline uint16_t capture_u16(const struct capture *capture, const uint8_t *at)
{
	return (uint16_t)(capture->big_endian ? at[0] << 8 | at[1] : at[1] << 8 | at[0]);
}

static inline uint32_t capture_load_u32(const uint8_t *at, bool big_endian)
{
	uint32_t value = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
			 (uint32_t)at[3] << 24;

	return big_endian ? __builtin_bswap32(value) : value;
}

static inline uint32_t capture_u32(const struct capture *capture, const uint8_t *at)
{
	return capture_load_u32(at, capture->big_endian);
}

#endif
