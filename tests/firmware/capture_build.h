/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the tests of firmware/capture*.c: capture files built byte by byte in either
 * byte order, a hal file that is memory read in pieces of a chosen size, and what
 * was read from it. Included by one test program each.
 */
#ifndef TESTS_FIRMWARE_CAPTURE_BUILD_H
#define TESTS_FIRMWARE_CAPTURE_BUILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "firmware/capture.h"

#define FILE_MAX (4u << 20)
#define ETHERNET 1u
#define SECTION 0x0a0d0d0au

enum { OPTIONS_NONE, MICROSECONDS = 6, NANOSECONDS = 9 };

/* ---- the hal's file, as memory ---- */

static uint8_t content[FILE_MAX];
static size_t content_length;
static size_t content_read;
static size_t piece_max;
static bool idle; /* a pipe whose writer is slow: each read has to wait */
static int open_error;
static size_t error_at; /* reading past it fails with EIO; 0: never */

int file_open(struct file *file, const char *path)
{
	(void)path;
	content_read = 0;
	file->descriptor = 3;
	file->identity = (struct file_identity){ .regular = true, .size_bytes = content_length };
	return open_error;
}

ptrdiff_t file_read(const struct file *file, void *out, size_t length)
{
	size_t rest = content_length - content_read;
	size_t piece = length < piece_max ? length : piece_max;

	assert_int_equal(file->descriptor, 3);
	assert_true(length > 0);
	piece = piece < rest ? piece : rest;
	if (error_at != 0 && content_read + piece > error_at) {
		return -EIO;
	}
	memcpy(out, content + content_read, piece);
	content_read += piece;
	return (ptrdiff_t)piece;
}

bool file_ready(const struct file *file, unsigned timeout_ms)
{
	(void)file;
	(void)timeout_ms;
	return !idle;
}

int file_close(struct file *file)
{
	assert_int_equal(file->descriptor, 3);
	file->descriptor = -1;
	return 0;
}

/* ---- files, built ---- */

static bool big_endian; /* of the file that is built */

static inline void put(const void *bytes, size_t length)
{
	assert_true(length <= FILE_MAX - content_length);
	memcpy(content + content_length, bytes, length);
	content_length += length;
}

static inline void put_u16(uint32_t value)
{
	uint8_t low = (uint8_t)value;
	uint8_t high = (uint8_t)(value >> 8);

	put(big_endian ? &high : &low, 1);
	put(big_endian ? &low : &high, 1);
}

static inline void put_u32(uint32_t value)
{
	put_u16(big_endian ? value >> 16 : value & 0xffff);
	put_u16(big_endian ? value & 0xffff : value >> 16);
}

static inline void put_u64_parts(uint64_t value)
{
	put_u32((uint32_t)(big_endian ? value >> 32 : value));
	put_u32((uint32_t)(big_endian ? value : value >> 32));
}

/* The bytes of packet `number`: its own pattern. */
static inline void put_data(unsigned number, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++) {
		uint8_t byte = (uint8_t)(number * 31 + i);

		put(&byte, 1);
	}
}

static inline void put_padding(void)
{
	put("\0\0\0", (4 - content_length % 4) % 4);
}

static inline void put_pcap_header(uint32_t magic, uint32_t link_type)
{
	put_u32(magic);
	put_u16(2);
	put_u16(4);
	put_u32(0);
	put_u32(0);
	put_u32(96); /* a snap length that lies */
	put_u32(link_type);
}

static inline void put_pcap_packet(unsigned number, uint32_t seconds, uint32_t fraction,
				   uint32_t length)
{
	put_u32(seconds);
	put_u32(fraction);
	put_u32(length);
	put_u32(length);
	put_data(number, length);
}

/* Blocks: begin, body, end. */
static inline size_t begin_block(uint32_t type)
{
	size_t at = content_length;

	put_u32(type);
	put_u32(0);
	return at;
}

static inline void set_u32(size_t at, uint32_t value)
{
	size_t end = content_length;

	content_length = at;
	put_u32(value);
	content_length = end;
}

static inline void end_block(size_t at)
{
	put_padding();
	uint32_t length = (uint32_t)(content_length - at + 4);

	set_u32(at + 4, length);
	put_u32(length);
}

static inline void put_section(void)
{
	size_t block = begin_block(SECTION);

	put_u32(0x1a2b3c4d);
	put_u16(1);
	put_u16(0);
	put_u64_parts(UINT64_MAX);
	put_u16(4); /* shb_userappl */
	put_u16(5);
	put("tests\0\0\0", 8);
	put_u32(0);
	end_block(block);
}

static inline size_t begin_interface(uint32_t link_type, uint32_t snap_length)
{
	size_t block = begin_block(1);

	put_u16(link_type);
	put_u16(0);
	put_u32(snap_length);
	return block;
}

static inline void put_option_u8(uint32_t code, uint8_t value)
{
	put_u16(code);
	put_u16(1);
	put(&value, 1);
	put("\0\0\0", 3);
}

static inline void put_interface(uint32_t link_type)
{
	end_block(begin_interface(link_type, 0));
}

static inline void put_interface_resolution(uint8_t resolution)
{
	size_t block = begin_interface(ETHERNET, 0);

	put_u16(2); /* if_name */
	put_u16(3);
	put("eth\0", 4);
	put_option_u8(9, resolution);
	put_u32(0);
	end_block(block);
}

static inline void put_enhanced(unsigned number, uint32_t interface, uint64_t ticks,
				uint32_t length)
{
	size_t block = begin_block(6);

	put_u32(interface);
	put_u32((uint32_t)(ticks >> 32));
	put_u32((uint32_t)ticks);
	put_u32(length);
	put_u32(length);
	put_data(number, length);
	end_block(block);
}

static inline void put_simple(unsigned number, uint32_t wire_length, uint32_t length)
{
	size_t block = begin_block(3);

	put_u32(wire_length);
	put_data(number, length);
	end_block(block);
}

static inline int start(void **state)
{
	(void)state;
	content_length = 0;
	piece_max = SIZE_MAX;
	idle = false;
	open_error = 0;
	error_at = 0;
	big_endian = false;
	return 0;
}

/* ---- reading ---- */

static struct capture capture;
static struct frame frames[SCANNER_BURST_MAX];

/* Copies of what was read, as frames are valid for one burst only. */
static struct {
	uint64_t time_ns;
	uint32_t length;
	uint32_t wire_length;
	uint32_t sum;
} seen[4096];
static size_t seen_count;
static uint32_t burst_sum; /* of how long the bursts were */
static unsigned pauses; /* of an idle pipe */

static inline uint32_t sum_of(const uint8_t *data, uint32_t length)
{
	uint32_t sum = length;

	for (uint32_t i = 0; i < length; i++) {
		sum = sum * 31 + data[i];
	}
	return sum;
}

static inline enum capture_status read_all_bursts(unsigned burst)
{
	seen_count = 0;
	if (!capture_open(&capture, "x")) {
		return capture.status;
	}
	burst_sum = 0;
	pauses = 0;
	while (capture.status == CAPTURE_READING) {
		unsigned count = capture_burst(&capture, frames, burst);

		burst_sum = burst_sum * 33 + count;
		pauses += count == 0 && capture.status == CAPTURE_READING;
		for (unsigned i = 0; i < count; i++, seen_count++) {
			const struct frame *frame = &frames[i];

			assert_int_equal(frame->port, PORT_ANY);
			assert_true(seen_count < 4096);
			seen[seen_count].time_ns = frame->time.ns;
			seen[seen_count].length = frame->length;
			seen[seen_count].wire_length = frame->wire_length;
			seen[seen_count].sum = sum_of(frame->data, frame->length);
		}
	}
	assert_int_equal(capture.packets, seen_count);
	assert_int_not_equal(capture.status, CAPTURE_READING);
	capture_close(&capture);
	return capture.status;
}

static inline enum capture_status read_all(void)
{
	return read_all_bursts(SCANNER_BURST_MAX);
}

static inline void assert_frame(size_t index, unsigned number, uint64_t time_ns, uint32_t length)
{
	uint32_t sum = length;

	for (uint32_t i = 0; i < length; i++) {
		sum = sum * 31 + (uint8_t)(number * 31 + i);
	}
	assert_true(index < seen_count);
	assert_int_equal(seen[index].time_ns, time_ns);
	assert_int_equal(seen[index].length, length);
	assert_int_equal(seen[index].sum, sum);
}

static inline void assert_error_has(const char *part)
{
	if (strstr(capture.error, part) == NULL) {
		fail_msg("\"%s\" does not say \"%s\"", capture.error, part);
	}
}

#endif
