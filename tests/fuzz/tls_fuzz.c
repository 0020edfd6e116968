/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TLS parser on any bytes. The input is a byte whose lowest bit says that it
 * follows STARTTLS, then records: a byte whose lowest bit is the direction, a length (two
 * bytes, little-endian), the bytes. It is played record by record, byte by byte and in
 * pieces that the input chooses: what is matched, reported and answered may not differ,
 * nothing stays in the pool, and fingerprints have their canonical form. And what
 * stands in the input is read as a ClientHello from one piece and from blocks alike.
 */
#include <assert.h>
#include <string.h>

#include "scanner/canonical.h"
#include "scanner/tls.h"
#include "scanner/tls_hello.h"
#include "tests/fuzz/log.h"

#define BLOCKS 128u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct tls tls;
	struct inspection inspection;
	struct pool pool;
	struct event_ring ring;
	enum progress progress;
	struct log log;
	_Alignas(8) uint8_t blocks[BLOCKS * POOL_BLOCK_BYTES];
	_Alignas(8) uint8_t events[4 * EVENT_MAX_BYTES];
};

static struct run runs[3];
static struct run *now;
static const struct set every_field = { .fields = UINT64_MAX };

/* The calls of inspect.h write down what they are told. */
void inspect_value(struct inspection *inspection, enum field field, enum direction sender,
		   const uint8_t *value, size_t length)
{
	uint8_t out[CANONICAL_MAX];

	assert(inspection == &now->inspection && length != 0 && length <= TLS_HELLO_NAME_MAX);
	assert(field == FIELD_TLS_SNI || canonical(field, value, length, out) == (int)length);
	log_value(&now->log, 1, (uint32_t)field << 1 | (uint32_t)sender, value, length);
}

void inspect_anomaly(struct inspection *inspection, enum anomaly anomaly, uint32_t count)
{
	assert(inspection == &now->inspection && count == 0);
	log_call(&now->log, 2, anomaly, inspection->app);
}

struct event *inspect_begin(struct inspection *inspection, enum event_type type)
{
	assert(type == EVENT_TLS && inspection->app != APP_UNKNOWN);
	return event_begin(inspection->events, type);
}

static void begin(struct run *run, bool upgraded)
{
	now = run;
	run->log.length = 0;
	run->progress = PROGRESS_MORE;
	pool_init(&run->pool, run->blocks, BLOCKS);
	event_ring_init(&run->ring, run->events, sizeof(run->events));
	tls_init(&run->tls, upgraded);
	run->inspection = (struct inspection){
		.pool = &run->pool,
		.events = &run->ring,
		.set = &every_field,
		.app = upgraded ? APP_SMTP : APP_UNKNOWN,
	};
}

static void end(struct run *run, bool upgraded)
{
	const struct event *event;
	unsigned count = 0;

	if (run->progress == PROGRESS_MORE) {
		run->progress = tls_conclude(&run->tls, &run->inspection);
	}
	log_call(&run->log, 4, run->progress, run->inspection.app);
	assert(run->progress == PROGRESS_MORE || run->pool.free_count == BLOCKS);
	assert(run->progress != PROGRESS_NOT_MINE ||
	       (!upgraded && run->inspection.app == APP_UNKNOWN));
	assert(run->progress != PROGRESS_ENCRYPTED ||
	       run->inspection.app == (upgraded ? APP_SMTP : APP_TLS));
	tls_end(&run->tls, &run->inspection);
	while ((event = event_peek(&run->ring)) != NULL) {
		assert(count++ == 0 && event->truncated == 0);
		log_attributes(&run->log, event);
		event_release(&run->ring, event);
	}
	assert(run->pool.free_count == BLOCKS);
}

/* `piece` 0: the input's own bytes say how long the next one is. */
static void play(struct run *run, const uint8_t *data, size_t size, size_t piece)
{
	bool upgraded = (data[0] & 1) != 0;

	begin(run, upgraded);
	data++;
	size--;
	while (size >= 3 && run->progress == PROGRESS_MORE) {
		enum direction direction = (data[0] & 1) != 0 ? TO_ORIGINATOR : TO_RESPONDER;
		size_t length = (size_t)data[1] | (size_t)data[2] << 8;

		data += 3;
		size -= 3;
		length = length < size ? length : size;
		for (size_t at = 0; at < length && run->progress == PROGRESS_MORE;) {
			size_t part = piece != 0 ? piece : data[at] % 40 + 1u;

			part = length - at < part ? length - at : part;
			run->progress =
				tls_feed(&run->tls, &run->inspection, direction, data + at, part);
			at += part;
		}
		data += length;
		size -= length;
	}
	end(run, upgraded);
}

static void read_body(const uint8_t *data, size_t size)
{
	static struct tls_hello hello[2];
	struct pool *pool = &runs[0].pool;
	struct text text = { 0 };

	if (size > TLS_HELLO_MAX) {
		return;
	}
	memset(hello, 0, sizeof(hello));
	bool appended = text_append(pool, &text, data, size);
	bool whole = tls_hello_read(&hello[0], tls_cursor_bytes(data, size));
	bool pieces = tls_hello_read(&hello[1], tls_cursor_text(pool, &text));

	assert(appended && whole == pieces);
	assert(!whole || memcmp(&hello[0], &hello[1], sizeof(hello[0])) == 0);
	text_clear(pool, &text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0) {
		return 0;
	}
	play(&runs[0], data, size, SIZE_MAX / 2);
	play(&runs[1], data, size, 1);
	play(&runs[2], data, size, 0);
	assert_same_log(&runs[0].log, &runs[1].log);
	assert_same_log(&runs[0].log, &runs[2].log);
	read_body(data, size);
	return 0;
}
