/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mail reader on any bytes. The input is a byte that says how long the pieces are
 * and whether the message ends, then the message. It is played whole, in such pieces,
 * and byte by byte: what is matched, reported and described may not differ, and
 * nothing stays in the pool.
 */
#include <assert.h>
#include <string.h>

#include "scanner/mail.h"
#include "tests/fuzz/log.h"

#define BLOCKS 64u
#define HASH_BUDGET 4096u
#define INPUT_MAX 65536u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct mail mail;
	struct inspection inspection;
	struct pool pool;
	struct event_ring ring;
	struct log log;
	_Alignas(8) uint8_t blocks[BLOCKS * POOL_BLOCK_BYTES];
	_Alignas(8) uint8_t events[4 * EVENT_MAX_BYTES];
};

static struct run runs[3];
static struct run *now;
static const struct set every_field = { .fields = UINT64_MAX };

static void drain(void)
{
	const struct event *event;

	while ((event = event_peek(&now->ring)) != NULL) {
		log_call(&now->log, 4, event->type, event->truncated);
		log_attributes(&now->log, event);
		event_release(&now->ring, event);
	}
}

/* The calls of inspect.h write down what they are told. */
void inspect_value(struct inspection *inspection, enum field field, enum direction sender,
		   const uint8_t *value, size_t length)
{
	assert(inspection == &now->inspection && sender == TO_RESPONDER);
	drain();
	log_value(&now->log, 1, field, value, length);
}

void inspect_shape(struct inspection *inspection, enum field field, enum direction sender,
		   enum shape shape)
{
	assert(inspection == &now->inspection && sender == TO_RESPONDER && shape_of(field, shape));
	drain();
	log_call(&now->log, 2, field, shape);
}

void inspect_anomaly(struct inspection *inspection, enum anomaly anomaly, uint32_t count)
{
	assert(inspection == &now->inspection);
	drain();
	log_call(&now->log, 3, anomaly, count);
}

struct event *inspect_begin(struct inspection *inspection, enum event_type type)
{
	drain();
	return event_begin(inspection->events, type);
}

static void describe(struct run *run)
{
	struct event *event = event_begin(&run->ring, EVENT_SMTP);
	struct mail_facts facts;

	assert(event != NULL);
	mail_describe(&run->mail, &run->inspection, event);
	event_commit(&run->ring, event);
	drain();
	mail_facts(&run->mail, &run->inspection, &facts);
	log_value(&run->log, 6, (uint32_t)(facts.list << 1 | facts.auto_submitted),
		  (const uint8_t *)facts.subject, facts.subject_length);
}

static void play(struct run *run, const uint8_t *data, size_t size, size_t piece, bool complete)
{
	now = run;
	run->log.length = 0;
	pool_init(&run->pool, run->blocks, BLOCKS);
	event_ring_init(&run->ring, run->events, sizeof(run->events));
	run->inspection = (struct inspection){
		.pool = &run->pool,
		.events = &run->ring,
		.set = &every_field,
		.hash_budget = HASH_BUDGET,
	};
	mail_init(&run->mail);
	mail_begin(&run->mail, &run->inspection, TO_RESPONDER);
	for (size_t at = 0; at < size; at += piece) {
		mail_feed(&run->mail, &run->inspection, data + at,
			  size - at < piece ? size - at : piece);
	}
	mail_end(&run->mail, &run->inspection, complete);
	describe(run);
	mail_release(&run->mail, &run->pool);
	assert(run->pool.free_count == BLOCKS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > INPUT_MAX) {
		return 0;
	}
	const bool complete = (data[0] & 1) == 0;
	const size_t piece = 2u + data[0] / 2;

	play(&runs[0], data + 1, size - 1, SIZE_MAX / 2, complete);
	play(&runs[1], data + 1, size - 1, piece, complete);
	play(&runs[2], data + 1, size - 1, 1, complete);
	assert_same_log(&runs[0].log, &runs[1].log);
	assert_same_log(&runs[0].log, &runs[2].log);
	return 0;
}
