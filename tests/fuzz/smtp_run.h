/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run of the SMTP parser, with mail.c behind it, for smtp_fuzz.c and
 * smtp_split_fuzz.c: bodies of inspect.h's calls that write down what they are told,
 * apart for what each side said, for events and for anomalies. Included once a program.
 */
#ifndef TESTS_FUZZ_SMTP_RUN_H
#define TESTS_FUZZ_SMTP_RUN_H

#include <assert.h>
#include <string.h>

#include "scanner/mail.h"
#include "scanner/smtp.h"
#include "tests/fuzz/log.h"

#define BLOCKS 512u
#define HASH_BUDGET 4096u
#define INPUT_MAX 16384u

struct run {
	struct smtp smtp;
	struct mail mail;
	struct inspection inspection;
	struct pool pool;
	struct event_ring ring;
	enum progress progress;
	uint64_t anomalies;
	struct log said[2]; /* by sender */
	struct log events;
	_Alignas(8) uint8_t blocks[BLOCKS * POOL_BLOCK_BYTES];
	_Alignas(8) uint8_t ring_bytes[4 * EVENT_MAX_BYTES];
};

static struct run *now;
static const struct set every_field = { .fields = UINT64_MAX };

static void note_value(enum field field, enum direction sender, const uint8_t *value, size_t length)
{
	assert(now->smtp.certain && now->inspection.tx_id == now->smtp.transactions);
	log_value(&now->said[sender], 1, field, value, length);
}

void inspect_value(struct inspection *inspection, enum field field, enum direction sender,
		   const uint8_t *value, size_t length)
{
	assert(inspection == &now->inspection);
	note_value(field, sender, value, length);
}

void inspect_canonical(struct inspection *inspection, enum field field, enum direction sender,
		       const uint8_t *value, size_t length)
{
	assert(inspection == &now->inspection);
	note_value(field, sender, value, length);
}

void inspect_shape(struct inspection *inspection, enum field field, enum direction sender,
		   enum shape shape)
{
	assert(inspection == &now->inspection && shape_of(field, shape));
	log_call(&now->said[sender], 2, field, shape);
}

void inspect_anomaly(struct inspection *inspection, enum anomaly anomaly, uint32_t count)
{
	assert(inspection == &now->inspection && count == 0);
	now->anomalies |= 1ull << anomaly;
}

struct event *inspect_begin(struct inspection *inspection, enum event_type type)
{
	struct event *event = event_begin(inspection->events, type);

	if (event != NULL) {
		event->tx_id = inspection->tx_id;
	}
	return event;
}

static inline void note_events(void)
{
	const struct event *event;

	while ((event = event_peek(&now->ring)) != NULL) {
		assert(event->type == EVENT_SMTP || event->type == EVENT_FILEINFO);
		log_call(&now->events, event->type, (uint32_t)event->tx_id, event->truncated);
		log_attributes(&now->events, event);
		event_release(&now->ring, event);
	}
}

static inline void run_begin(struct run *run)
{
	now = run;
	run->progress = PROGRESS_MORE;
	run->anomalies = 0;
	run->said[0].length = run->said[1].length = run->events.length = 0;
	pool_init(&run->pool, run->blocks, BLOCKS);
	event_ring_init(&run->ring, run->ring_bytes, sizeof(run->ring_bytes));
	smtp_init(&run->smtp, &run->mail);
	smtp_from_start(&run->smtp, TO_RESPONDER);
	smtp_from_start(&run->smtp, TO_ORIGINATOR);
	run->inspection = (struct inspection){
		.pool = &run->pool,
		.events = &run->ring,
		.set = &every_field,
		.handshake = 1,
		.hash_budget = HASH_BUDGET,
		.describe = smtp_describe,
		.state = &run->smtp,
	};
}

static inline void run_feed(struct run *run, enum direction direction, const uint8_t *bytes,
			    size_t length)
{
	if (run->progress == PROGRESS_MORE && length != 0) {
		run->progress = smtp_feed(&run->smtp, &run->inspection, direction, bytes, length);
		assert(run->progress != PROGRESS_NOT_MINE || !run->smtp.certain);
		note_events();
	}
}

static inline void run_end(struct run *run)
{
	smtp_end(&run->smtp, &run->inspection);
	note_events();
	assert(run->pool.free_count == BLOCKS);
}

static inline void assert_same_run(const struct run *a, const struct run *b)
{
	assert_same_log(&a->events, &b->events);
	assert_same_log(&a->said[0], &b->said[0]);
	assert_same_log(&a->said[1], &b->said[1]);
	assert(a->anomalies == b->anomalies);
	assert(a->smtp.certain == b->smtp.certain);
}

#endif
