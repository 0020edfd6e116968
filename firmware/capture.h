/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capture files as a source of frames: pcap (both byte orders, microseconds and
 * nanoseconds; tcpdump's format) and pcapng (capture_pcapng.h), from a file, a
 * pipe or standard input, always through one buffer: a capture may be larger
 * than memory, and a file that shrinks while it is read is no more than a
 * truncated one. Frames are handed out where they lie in that buffer.
 *
 * A capture is hostile: every length is checked, memory is bounded by struct
 * capture, and whatever is wrong ends the capture with a status and a sentence
 * that names the place. What was read before stays good. Ethernet only.
 *
 * The replay program's alone; management core.
 */
#ifndef FIRMWARE_CAPTURE_H
#define FIRMWARE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal/file.h"
#include "scanner/scanner.h"

/* The largest frame, as in tcpdump and Wireshark. */
#define CAPTURE_FRAME_MAX 262144u
/* Holds the largest record (a pcapng block of the largest frame and 64 KiB of options) with room
 * to read ahead; about what stays in a second-level cache. */
#define CAPTURE_BUFFER_BYTES (512u * 1024u)
#define CAPTURE_ERROR_BYTES 256
#define CAPTURE_INTERFACES_MAX 256

enum capture_status {
	CAPTURE_READING,
	CAPTURE_END, /* everything was read */
	CAPTURE_TRUNCATED, /* ends in the middle of a packet or block */
	CAPTURE_DAMAGED, /* lengths that cannot be: no way to find the next packet */
	CAPTURE_UNSUPPORTED, /* a capture, but of a kind that is not read here */
	CAPTURE_NOT_A_CAPTURE,
	CAPTURE_UNREADABLE /* the system's error */
};

/* One interface of a pcapng section; a pcap file has exactly one. */
struct capture_interface {
	uint16_t link_type;
	bool binary; /* ticks of 2^-exponent seconds, else of 10^-exponent */
	uint8_t exponent;
	uint32_t snap_length; /* 0: none */
	int64_t offset_s; /* seconds to add to every time */
};

struct capture_format;

struct capture {
	enum capture_status status;
	char error[CAPTURE_ERROR_BYTES]; /* why, when status is none of the first two; one line
					    without the file's name */
	uint64_t packets; /* handed out so far */
	struct file_identity identity;

	/* the rest is capture.c's and capture_pcapng.c's own */
	struct file file;
	const struct capture_format *format;
	struct timestamp last; /* of the packet before; a packet without a time gets it */
	bool big_endian;
	bool at_end; /* of the file; the buffer may still hold some */
	bool idle; /* and it was said */
	size_t want; /* contiguous bytes that the format needs to go on */
	uint64_t skip; /* bytes to pass over before it goes on */
	uint64_t offset; /* of buffer[0] in the file */
	size_t next; /* first unread byte in buffer */
	size_t filled;
	uint16_t interface_count;
	struct capture_interface interfaces[CAPTURE_INTERFACES_MAX];
	_Alignas(64) uint8_t buffer[CAPTURE_BUFFER_BYTES];
};

/* Opens `path` ("-": standard input) and reads its header. False: see status and error; closed
 * already. `capture` need not be initialised. */
bool capture_open(struct capture *capture, const char *path);

/* Up to `count` next frames, with port PORT_ANY, valid until the next call. Fewer than asked when
 * the buffer is used up, which depends on nothing but the capture's bytes; and when a pipe has been
 * idle for a while. 0 at the end: see status; or with status CAPTURE_READING once before the next
 * call waits for an idle pipe. */
unsigned capture_burst(struct capture *capture, struct frame *frames, unsigned count);

/* Bytes of the file that were used up. */
uint64_t capture_position(const struct capture *capture);

void capture_close(struct capture *capture);

#endif
