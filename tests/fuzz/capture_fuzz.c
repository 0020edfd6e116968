/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a capture file. The input's first byte is how many bytes a read
 * gives, the rest is the file. Beyond what the sanitizers see: frames lie in the
 * part of the buffer that was filled, the end comes, and nothing ends without a
 * reason.
 */
#include <assert.h>
#include <string.h>

#include "firmware/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *content;
static size_t content_rest;
static size_t piece_max;
static struct capture capture;

int file_open(struct file *file, const char *path)
{
	(void)path;
	*file = (struct file){ .descriptor = 3 };
	return 0;
}

ptrdiff_t file_read(const struct file *file, void *out, size_t length)
{
	size_t piece = length < piece_max ? length : piece_max;

	(void)file;
	piece = piece < content_rest ? piece : content_rest;
	memcpy(out, content, piece);
	content += piece;
	content_rest -= piece;
	return (ptrdiff_t)piece;
}

bool file_ready(const struct file *file, unsigned timeout_ms)
{
	(void)file;
	(void)timeout_ms;
	return true;
}

int file_close(struct file *file)
{
	file->descriptor = -1;
	return 0;
}

static void check_frame(const struct frame *frame)
{
	const uint8_t *end = capture.buffer + capture.filled;

	assert(frame->length <= CAPTURE_FRAME_MAX && frame->length <= frame->wire_length);
	assert(frame->data >= capture.buffer && frame->data <= end);
	assert(frame->length <= (size_t)(end - frame->data));
	assert(frame->time.ns <= INT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame frames[SCANNER_BURST_MAX];
	unsigned count;
	uint64_t packets = 0;

	if (size == 0) {
		return 0;
	}
	piece_max = data[0] == 0 ? SIZE_MAX : data[0];
	content = data + 1;
	content_rest = size - 1;
	if (capture_open(&capture, "x")) {
		while ((count = capture_burst(&capture, frames, SCANNER_BURST_MAX)) > 0) {
			for (unsigned i = 0; i < count; i++) {
				check_frame(&frames[i]);
			}
			packets += count;
		}
		capture_close(&capture);
		assert(packets == capture.packets);
		assert(capture_position(&capture) <= size - 1);
	}
	assert(capture.status != CAPTURE_READING);
	assert((capture.status == CAPTURE_END) == (capture.error[0] == '\0'));
	return 0;
}
