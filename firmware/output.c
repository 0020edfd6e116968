/* SPDX-License-Identifier: BSD-2-Clause */
/* The buffer of output.h. */
#include "firmware/output.h"

#include <assert.h>
#include <string.h>

int output_open(struct output *output, const char *path)
{
	output->filled = 0;
	output->error = file_create(&output->file, path);
	return output->error;
}

int output_append(struct output *output, const char *path)
{
	output->filled = 0;
	output->error = file_append(&output->file, path);
	return output->error;
}

static void write_out(struct output *output, const void *bytes, size_t length)
{
	if (output->error == 0) {
		output->error = file_write(&output->file, bytes, length);
	}
}

void output_flush(struct output *output)
{
	write_out(output, output->buffer, output->filled);
	output->filled = 0;
}

uint8_t *output_room(struct output *output, size_t length)
{
	assert(length <= OUTPUT_BUFFER_BYTES);
	if (length > OUTPUT_BUFFER_BYTES - output->filled) {
		output_flush(output);
	}
	return output->buffer + output->filled;
}

void output_put(struct output *output, const void *bytes, size_t length)
{
	if (length > OUTPUT_BUFFER_BYTES) {
		output_flush(output);
		write_out(output, bytes, length);
		return;
	}
	memcpy(output_room(output, length), bytes, length);
	output_advance(output, length);
}

int output_close(struct output *output)
{
	output_flush(output);
	int error = file_close(&output->file);

	if (output->error == 0) {
		output->error = error;
	}
	return output->error;
}
