/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a fuzz target's run writes down, to be compared with another run's: every call,
 * value and event that the parser gave rise to, in bytes. `log->length = 0` begins anew.
 */
#ifndef TESTS_FUZZ_LOG_H
#define TESTS_FUZZ_LOG_H

#include <assert.h>
#include <string.h>

#include "scanner/event.h"

#define LOG_BYTES 4194304u

struct log {
	size_t length;
	uint8_t bytes[LOG_BYTES];
};

static inline void log_bytes(struct log *log, const void *bytes, size_t length)
{
	assert(length <= LOG_BYTES - log->length);
	memcpy(log->bytes + log->length, bytes, length);
	log->length += length;
}

static inline void log_call(struct log *log, uint32_t what, uint32_t detail, size_t length)
{
	const uint32_t call[] = { what, detail, (uint32_t)length };

	log_bytes(log, call, sizeof(call));
}

/* `what` the call was, of which field, and the value. */
static inline void log_value(struct log *log, uint32_t what, uint32_t field, const uint8_t *value,
			     size_t length)
{
	log_call(log, what, field, length);
	log_bytes(log, value, length);
}

static inline void log_attributes(struct log *log, const struct event *event)
{
	const struct event_attribute *attribute = NULL;

	while ((attribute = event_next_attribute(event, attribute)) != NULL) {
		log_value(log, 0, attribute->kind, attribute->data, attribute->length);
	}
}

static inline void assert_same_log(const struct log *a, const struct log *b)
{
	assert(a->length == b->length);
	assert(memcmp(a->bytes, b->bytes, a->length) == 0);
}

#endif
