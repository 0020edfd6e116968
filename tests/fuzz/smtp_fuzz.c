/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SMTP parser on any bytes. The input is a list of records: a byte whose lowest bit
 * is the direction and whose next one says that silence follows, a length (two bytes,
 * little-endian), the bytes. It is played record by record and once more byte by byte:
 * what is matched, reported and written may not differ, nothing stays in the pool. A
 * third time there are few blocks: then only nothing may break.
 */
#include "tests/fuzz/smtp_run.h"

#define FEW_BLOCKS 3u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct run runs[2];

static void play(struct run *run, const uint8_t *data, size_t size, size_t piece)
{
	while (size >= 3) {
		uint8_t head = data[0];
		enum direction direction = (head & 1) != 0 ? TO_ORIGINATOR : TO_RESPONDER;
		size_t length = (size_t)data[1] | (size_t)data[2] << 8;

		data += 3;
		size -= 3;
		length = length < size ? length : size;
		for (size_t at = 0; at < length; at += piece) {
			run_feed(run, direction, data + at,
				 length - at < piece ? length - at : piece);
		}
		if ((head & 2) != 0) {
			smtp_settle(&run->smtp, &run->inspection);
			note_events();
		}
		data += length;
		size -= length;
	}
	run_end(run);
}

static void play_with_few_blocks(const uint8_t *data, size_t size)
{
	uint32_t taken[BLOCKS - FEW_BLOCKS];

	run_begin(&runs[0]);
	for (unsigned i = 0; i < BLOCKS - FEW_BLOCKS; i++) {
		taken[i] = pool_take(&runs[0].pool);
	}
	/* given back before the end counts them, and after the bytes were read */
	while (size >= 3) {
		size_t length = data[1] < size - 3 ? data[1] : size - 3;

		run_feed(&runs[0], (data[0] & 1) != 0 ? TO_ORIGINATOR : TO_RESPONDER, data + 3,
			 length);
		data += 3 + length;
		size -= 3 + length;
	}
	for (unsigned i = 0; i < BLOCKS - FEW_BLOCKS; i++) {
		pool_give(&runs[0].pool, taken[i]);
	}
	run_end(&runs[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size = size < INPUT_MAX ? size : INPUT_MAX;
	run_begin(&runs[0]);
	play(&runs[0], data, size, SIZE_MAX / 2);
	run_begin(&runs[1]);
	play(&runs[1], data, size, 1);
	assert_same_run(&runs[0], &runs[1]);
	play_with_few_blocks(data, size);
	return 0;
}
