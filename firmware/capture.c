/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * File, buffer and errors of capture.h. The formats say how many bytes they need
 * next; here they are brought in, and what a file is that has none of our formats
 * is told in words.
 */
#include "firmware/capture_format.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_BYTES 16
#define IDLE_MS 100

static const struct capture_format *const formats[] = { &capture_pcap, &capture_pcapng };

/* What else people hand over: known by its first bytes. */
static const struct {
	const char *begins;
	uint8_t length;
	const char *sentence;
} strangers[] = {
	{ "\x1f\x8b", 2, "is compressed with gzip: pipe it through 'gzip -dc FILE' into '-'" },
	{ "\x28\xb5\x2f\xfd", 4,
	  "is compressed with zstd: pipe it through 'zstd -dc FILE' into '-'" },
	{ "\xfd\x37zXZ", 5, "is compressed with xz: pipe it through 'xz -dc FILE' into '-'" },
	{ "BZh", 3, "is compressed with bzip2: pipe it through 'bzip2 -dc FILE' into '-'" },
	{ "\x04\x22\x4d\x18", 4,
	  "is compressed with lz4: pipe it through 'lz4 -dc FILE' into '-'" },
	{ "PK\x03\x04", 4, "is a zip archive: unpack it first" },
	{ "snoop\0\0", 7, "is a snoop capture: 'editcap -F pcap' converts it" },
	{ "\x34\xcd\xb2\xa1", 4,
	  "is a capture in Kuznetzov's format: 'editcap -F pcap' converts it" },
	{ "\xa1\xb2\xcd\x34", 4,
	  "is a capture in Kuznetzov's format: 'editcap -F pcap' converts it" },
};

static const struct {
	uint16_t type;
	const char *name;
} link_types[] = {
	{ 0, "BSD loopback" }, { 9, "PPP" },	     { 12, "raw IP" },
	{ 14, "raw IP" },      { 101, "raw IP" },    { 105, "IEEE 802.11" },
	{ 108, "loopback" },   { 113, "Linux SLL" }, { 127, "IEEE 802.11 radiotap" },
	{ 220, "Linux USB" },  { 228, "raw IPv4" },  { 229, "raw IPv6" },
	{ 276, "Linux SLL2" },
};

enum capture_step capture_stop(struct capture *capture, enum capture_status status,
			       const char *sentence, ...)
{
	va_list arguments;

	va_start(arguments, sentence);
	vsnprintf(capture->error, sizeof(capture->error), sentence, arguments);
	va_end(arguments);
	capture->status = status;
	return STEP_STOP;
}

enum capture_step capture_stop_link_type(struct capture *capture, uint16_t link_type)
{
	const char *name = "unknown";

	for (size_t i = 0; i < sizeof(link_types) / sizeof(link_types[0]); i++) {
		if (link_types[i].type == link_type) {
			name = link_types[i].name;
		}
	}
	return capture_stop(
		capture, CAPTURE_UNSUPPORTED,
		"holds packets of link type %u (%s): only Ethernet (1) can be replayed; "
		"record on one Ethernet interface, not with '-i any'",
		link_type, name);
}

static void stop_unreadable(struct capture *capture, ptrdiff_t error)
{
	capture_stop(capture, CAPTURE_UNREADABLE, "cannot be read: %s", strerror((int)-error));
}

static void stop_at_end(struct capture *capture)
{
	size_t rest = capture->filled - capture->next;

	if (rest == 0 && capture->skip == 0) {
		capture->status = CAPTURE_END;
		return;
	}
	uint64_t missing = capture->skip > 0 ? capture->skip : capture->want - rest;

	capture_stop(capture, CAPTURE_TRUNCATED,
		     "is cut off: it ends at byte %" PRIu64 " where at least %" PRIu64
		     " more should follow; %" PRIu64 " packets were read",
		     capture->offset + capture->filled, missing, capture->packets);
}

/* Whether the bytes wanted find room behind those that are there. */
static bool fits(const struct capture *capture)
{
	return capture->want <= CAPTURE_BUFFER_BYTES - capture->next;
}

/* Makes room at the buffer's end. Frames handed out before are no longer valid. */
static void move_to_front(struct capture *capture)
{
	size_t rest = capture->filled - capture->next;

	memmove(capture->buffer, capture->buffer + capture->next, rest);
	capture->offset += capture->next;
	capture->next = 0;
	capture->filled = rest;
}

/* Brings `want` bytes to the reading position or ends the capture. */
static void refill(struct capture *capture)
{
	if (!fits(capture)) {
		move_to_front(capture);
	}
	while (capture->filled - capture->next < capture->want && !capture->at_end) {
		ptrdiff_t got = file_read(&capture->file, capture->buffer + capture->filled,
					  CAPTURE_BUFFER_BYTES - capture->filled);

		if (got < 0) {
			stop_unreadable(capture, got);
			return;
		}
		capture->at_end = got == 0;
		capture->filled += (size_t)got;
	}
	if (capture->filled - capture->next < capture->want) {
		stop_at_end(capture);
	}
}

/* Whether a burst of `taken` frames has to end before the next bytes can be had. */
static bool must_pause(struct capture *capture, unsigned taken)
{
	if (taken > 0 && !fits(capture)) {
		return true;
	}
	if (capture->idle || file_ready(&capture->file, IDLE_MS)) {
		capture->idle = false;
		return false;
	}
	capture->idle = taken == 0;
	return true;
}

static void pass_over(struct capture *capture)
{
	size_t rest = capture->filled - capture->next;
	size_t step = capture->skip < rest ? (size_t)capture->skip : rest;

	capture->next += step;
	capture->skip -= step;
}

/* The first bytes as a person can tell by them what the file is: text as text, else hexadecimal. */
static void stop_not_a_capture(struct capture *capture)
{
	const uint8_t *bytes = capture_bytes(capture);
	size_t length = capture->filled < SHOWN_BYTES ? capture->filled : SHOWN_BYTES;
	char shown[SHOWN_BYTES * 3 + 1] = "";
	size_t text = 0;

	while (text < length && bytes[text] >= ' ' && bytes[text] < 0x7f) {
		text++;
	}
	if (text >= 4) {
		capture_stop(capture, CAPTURE_NOT_A_CAPTURE,
			     "is not a capture file (begins with \"%.*s\")", (int)text,
			     (const char *)bytes);
		return;
	}
	for (size_t i = 0; i < length; i++) {
		snprintf(shown + 3 * i, sizeof(shown) - 3 * i, " %02x", bytes[i]);
	}
	capture_stop(capture, CAPTURE_NOT_A_CAPTURE, "is not a capture file (begins with%s)",
		     shown);
}

static void stop_stranger(struct capture *capture)
{
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		if (capture->filled >= strangers[i].length &&
		    memcmp(capture->buffer, strangers[i].begins, strangers[i].length) == 0) {
			capture_stop(capture, CAPTURE_NOT_A_CAPTURE, "%s", strangers[i].sentence);
			return;
		}
	}
	if (capture->filled == 0) {
		capture_stop(capture, CAPTURE_NOT_A_CAPTURE,
			     "is empty: not even a capture's header");
		return;
	}
	stop_not_a_capture(capture);
}

static const struct capture_format *format_of(const uint8_t *magic)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i]->begins(magic)) {
			return formats[i];
		}
	}
	return NULL;
}

static void read_header(struct capture *capture)
{
	capture->want = CAPTURE_MAGIC_BYTES;
	refill(capture);
	if (capture->status == CAPTURE_UNREADABLE) {
		return;
	}
	if (capture->status == CAPTURE_READING) {
		capture->format = format_of(capture->buffer);
	}
	if (capture->format == NULL) {
		stop_stranger(capture);
		return;
	}
	if (!capture_have(capture, capture->format->header_bytes)) {
		refill(capture);
	}
	if (capture->status == CAPTURE_READING) {
		capture->format->open(capture);
	}
}

bool capture_open(struct capture *capture, const char *path)
{
	memset(capture, 0, offsetof(struct capture, buffer));
	int error = file_open(&capture->file, path);

	if (error != 0) {
		capture->file.descriptor = -1;
		stop_unreadable(capture, error);
		return false;
	}
	capture->identity = capture->file.identity;
	read_header(capture);
	if (capture->status != CAPTURE_READING) {
		capture_close(capture);
		return false;
	}
	return true;
}

unsigned capture_burst(struct capture *capture, struct frame *frames, unsigned count)
{
	unsigned taken = 0;

	while (taken < count && capture->status == CAPTURE_READING) {
		enum capture_step step = STEP_WANT;
		unsigned more = 0;

		if (capture->skip == 0) {
			step = capture->format->step(capture, &frames[taken], count - taken, &more);
		} else {
			pass_over(capture);
			capture->want = 1;
		}
		if (step == STEP_FRAME) {
			capture->packets += more;
			taken += more;
		} else if (step == STEP_WANT && capture->filled - capture->next < capture->want) {
			if (must_pause(capture, taken)) {
				break;
			}
			refill(capture);
		}
	}
	return taken;
}

uint64_t capture_position(const struct capture *capture)
{
	return capture->offset + capture->next;
}

void capture_close(struct capture *capture)
{
	if (capture->file.descriptor >= 0) {
		file_close(&capture->file);
	}
}
