/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SSH parser on any bytes. The input is a list of records: a byte whose lowest
 * bit is the direction, a length (two bytes, little-endian), the bytes. It is played
 * record by record without a memory of KEXINITs, then byte by byte with one, then with
 * one that knows them all: what is matched, reported and written may not differ (but
 * for the login failures, which count segments where a cipher hides lengths), nothing
 * stays in the pool, no secret ident is shown.
 */
#include <assert.h>
#include <string.h>

#include "scanner/login_failures.h"
#include "scanner/ssh.h"
#include "tests/fuzz/log.h"

#define BLOCKS 128u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct ssh ssh;
	struct inspection inspection;
	struct pool pool;
	struct event_ring ring;
	enum progress progress;
	struct log log;
	_Alignas(8) uint8_t blocks[BLOCKS * POOL_BLOCK_BYTES];
	_Alignas(8) uint8_t events[4 * EVENT_MAX_BYTES];
	_Alignas(8) uint8_t logins[8192];
};

static struct run runs[2];
static struct ssh_memory memory;
static struct run *now;
static const struct set every_field = { .fields = UINT64_MAX };

/* The calls of inspect.h write down what they are told. */
void inspect_value(struct inspection *inspection, enum field field, enum direction sender,
		   const uint8_t *value, size_t length)
{
	assert(inspection == &now->inspection && now->ssh.certain && length <= SSH_IDENT_KEPT_MAX);
	log_value(&now->log, 1, (uint32_t)field << 1 | (uint32_t)sender, value, length);
}

void inspect_shape(struct inspection *inspection, enum field field, enum direction sender,
		   enum shape shape)
{
	assert(inspection == &now->inspection && shape_of(field, shape));
	log_call(&now->log, 2, (uint32_t)field << 1 | (uint32_t)sender, shape);
}

void inspect_anomaly(struct inspection *inspection, enum anomaly anomaly, uint32_t count)
{
	assert(inspection == &now->inspection);
	if (anomaly != ANOMALY_SSH_LOGIN_FAILURES) {
		log_call(&now->log, 3, anomaly, count);
	}
}

struct event *inspect_begin(struct inspection *inspection, enum event_type type)
{
	return event_begin(inspection->events, type);
}

static void check_event(const struct event *event)
{
	assert(event->type == EVENT_SSH && event->truncated == 0);
	assert(event_find(event, ATTRIBUTE_SSH_CLIENT_IDENT_PREFIX) == NULL ||
	       event_find(event, ATTRIBUTE_SSH_CLIENT_SOFTWARE) == NULL);
	assert(event_find(event, ATTRIBUTE_SSH_SERVER_IDENT_PREFIX) == NULL ||
	       event_find(event, ATTRIBUTE_SSH_SERVER_SOFTWARE) == NULL);
	log_call(&now->log, 4, 0, event->size);
	log_attributes(&now->log, event);
}

static void begin(struct run *run)
{
	const struct login_failures_config logins = { .pairs = 8, .threshold = 1, .window_s = 60 };

	now = run;
	run->log.length = 0;
	run->progress = PROGRESS_MORE;
	pool_init(&run->pool, run->blocks, BLOCKS);
	event_ring_init(&run->ring, run->events, sizeof(run->events));
	ssh_init(&run->ssh);
	assert(login_failures_size(logins.pairs) <= sizeof(run->logins));
	run->inspection = (struct inspection){
		.pool = &run->pool,
		.events = &run->ring,
		.set = &every_field,
		.logins = login_failures_init(run->logins, &logins),
		.ssh_memory = run == &runs[0] ? NULL : &memory,
		.handshake = 1,
		.describe = ssh_describe,
		.state = &run->ssh,
	};
}

static void end(struct run *run)
{
	const struct event *event;
	unsigned count = 0;

	ssh_end(&run->ssh, &run->inspection);
	while ((event = event_peek(&run->ring)) != NULL) {
		assert(count++ == 0 && run->ssh.certain);
		check_event(event);
		event_release(&run->ring, event);
	}
	assert(run->pool.free_count == BLOCKS);
	assert((run->progress != PROGRESS_NOT_MINE || !run->ssh.certain) &&
	       (run->progress != PROGRESS_FINISHED || run->ssh.certain));
}

static void play(struct run *run, const uint8_t *data, size_t size, size_t piece)
{
	begin(run);
	while (size >= 3 && run->progress == PROGRESS_MORE) {
		enum direction direction = (data[0] & 1) != 0 ? TO_ORIGINATOR : TO_RESPONDER;
		size_t length = (size_t)data[1] | (size_t)data[2] << 8;

		data += 3;
		size -= 3;
		length = length < size ? length : size;
		for (size_t at = 0; at < length && run->progress == PROGRESS_MORE; at += piece) {
			run->progress = ssh_feed(&run->ssh, &run->inspection, direction, data + at,
						 length - at < piece ? length - at : piece);
		}
		data += length;
		size -= length;
	}
	end(run);
}

/* As good as all zero, and sooner done. */
static void forget(void)
{
	memset(&memory.kexinits, 0, sizeof(memory.kexinits));
	memset(&memory.hostkeys, 0, sizeof(memory.hostkeys));
}

static void compare_runs(void)
{
	assert_same_log(&runs[0].log, &runs[1].log);
	assert(runs[0].ssh.certain == runs[1].ssh.certain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	forget();
	play(&runs[0], data, size, SIZE_MAX / 2);
	play(&runs[1], data, size, 1);
	compare_runs();
	play(&runs[1], data, size, SIZE_MAX / 2);
	compare_runs();
	return 0;
}
