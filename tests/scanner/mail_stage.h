/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plays messages to mail.c and writes down, as text, what it matches, reports and
 * describes. The calls of inspect.h are replaced. For the tests of mail.c, one
 * program each; every static function here is used by each of them.
 */
#ifndef TESTS_SCANNER_MAIL_STAGE_H
#define TESTS_SCANNER_MAIL_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/mail.h"
#include "tests/scanner/said.h"

#define BLOCKS 64u
#define FIELD_BIT(field) (1ull << (field))
#define WITHOUT_HEADERS (~FIELD_BIT(FIELD_SMTP_HEADER))

struct stage {
	struct mail mail;
	struct inspection inspection;
	struct set set;
	struct pool pool;
	struct event_ring ring;
	uint32_t blocks; /* of the pool */
	uint64_t budget;
	bool complete; /* the message ends */
	struct said seen;
	_Alignas(8) uint8_t memory[BLOCKS * POOL_BLOCK_BYTES];
	_Alignas(8) uint8_t events[4 * EVENT_MAX_BYTES];
};

static struct stage stage;

#define note(...) say(&stage.seen, __VA_ARGS__)

static void note_bytes(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		note(bytes[i] >= ' ' && bytes[i] != 0x7f ? "%c" : "{%02x}", bytes[i]);
	}
}

static void note_line(const char *what, const uint8_t *bytes, size_t length)
{
	note("%s ", what);
	note_bytes(bytes, length);
	note("\n");
}

static void note_file(const struct event *event)
{
	const struct event_attribute *name = event_find(event, ATTRIBUTE_FILE_NAME);
	const struct event_attribute *attribute = event_find(event, ATTRIBUTE_FILE);
	struct event_file file;

	assert_int_equal(event->type, EVENT_FILEINFO);
	assert_non_null(attribute);
	memcpy(&file, attribute->data, sizeof(file));
	note("file ");
	note_bytes(name != NULL ? name->data : NULL, name != NULL ? name->length : 0);
	note(" %u %s ", (unsigned)file.size,
	     file.state == FILE_STATE_CLOSED ? "closed" : "truncated");
	if (file.hashed) {
		note("%02x%02x%02x%02x\n", file.sha256[0], file.sha256[1], file.sha256[2],
		     file.sha256[3]);
	} else {
		note("-\n");
	}
}

static void drain(void)
{
	const struct event *event;

	while ((event = event_peek(&stage.ring)) != NULL) {
		note_file(event);
		event_release(&stage.ring, event);
	}
}

void inspect_value(struct inspection *inspection, enum field field, enum direction sender,
		   const uint8_t *value, size_t length)
{
	drain();
	assert_int_equal(sender, TO_ORIGINATOR);
	if (!inspect_wants(inspection, field)) {
		return;
	}
	uint8_t out[CANONICAL_MAX];
	int written = canonical(field, value, length, out);

	/* what mail.c gives is canonical already, but for white space and upper case */
	if (written >= 0) {
		note_line(field_name(field) + sizeof("smtp.") - 1, out, (size_t)written);
	} else {
		note("%s: %s\n", field_name(field) + sizeof("smtp.") - 1,
		     canonical_error_text(written));
	}
}

void inspect_shape(struct inspection *inspection, enum field field, enum direction sender,
		   enum shape shape)
{
	(void)inspection;
	drain();
	assert_int_equal(field, FIELD_SMTP_SHAPE);
	assert_int_equal(sender, TO_ORIGINATOR);
	note("shape %s\n", shape_name(shape));
}

void inspect_anomaly(struct inspection *inspection, enum anomaly anomaly, uint32_t count)
{
	(void)inspection;
	(void)count;
	drain();
	note("anomaly %s\n", anomaly_info(anomaly)->event);
}

struct event *inspect_begin(struct inspection *inspection, enum event_type type)
{
	return event_begin(inspection->events, type);
}

static void note_description(void)
{
	static const char *const names[] = { "From",	   "To",	 "Cc",	     "Date",
					     "Subject",	   "Message-ID", "X-Mailer", "Received",
					     "Attachment", "Order",	 "Shape" };
	struct event *event = event_begin(&stage.ring, EVENT_SMTP);
	const struct event_attribute *attribute = NULL;
	struct mail_facts facts;

	mail_describe(&stage.mail, &stage.inspection, event);
	while ((attribute = event_next_attribute(event, attribute)) != NULL) {
		if (attribute->kind == ATTRIBUTE_SMTP_SHAPE) {
			note("is %s\n", shape_name((enum shape)attribute->data[0]));
		} else {
			note_line(names[attribute->kind - ATTRIBUTE_MAIL_FROM], attribute->data,
				  attribute->length);
		}
	}
	if (event->truncated != 0) {
		note("truncated %u\n", event->truncated);
	}
	mail_facts(&stage.mail, &stage.inspection, &facts);
	note("%s%s", facts.list ? "list\n" : "", facts.auto_submitted ? "auto\n" : "");
	if (facts.subject_length != 0) {
		note_line("subject", facts.subject, facts.subject_length);
	}
	event_commit(&stage.ring, event);
	event_release(&stage.ring, event_peek(&stage.ring));
}

/* As cmocka setup. Tests change stage.set, .budget, .complete, .blocks afterwards. */
static int set_stage(void **state)
{
	(void)state;
	stage.set = (struct set){ .fields = WITHOUT_HEADERS };
	stage.budget = 1000000;
	stage.complete = true;
	stage.blocks = BLOCKS;
	mail_init(&stage.mail);
	return 0;
}

static void begin_message(void)
{
	stage.seen.length = 0;
	stage.seen.text[0] = '\0';
	pool_init(&stage.pool, stage.memory, stage.blocks);
	event_ring_init(&stage.ring, stage.events, sizeof(stage.events));
	stage.inspection = (struct inspection){
		.pool = &stage.pool,
		.events = &stage.ring,
		.set = &stage.set,
		.hash_budget = stage.budget,
	};
	mail_begin(&stage.mail, &stage.inspection, TO_ORIGINATOR);
}

static void end_message(void)
{
	mail_end(&stage.mail, &stage.inspection, stage.complete);
	drain();
	note_description();
	mail_release(&stage.mail, &stage.pool);
	mail_release(&stage.mail, &stage.pool);
	assert_int_equal(stage.pool.free_count, stage.blocks);
}

/* The message in two pieces, or from `first` on byte by byte. Each piece is a copy of its own, so
 * that a read outside is found. */
static const char *play(const uint8_t *bytes, size_t length, size_t first, bool bytewise)
{
	begin_message();
	for (size_t at = 0; at < length;) {
		size_t piece = at == 0 && first != 0 ? first : bytewise ? 1 : length - at;
		uint8_t *copy = test_malloc(piece);

		memcpy(copy, bytes + at, piece);
		mail_feed(&stage.mail, &stage.inspection, copy, piece);
		test_free(copy);
		at += piece;
	}
	end_message();
	return stage.seen.text;
}

/* Whole, byte by byte, and in two pieces at every place: the same, as expected. */
static void assert_seen(const char *message, size_t length, const char *expected)
{
	const uint8_t *bytes = (const uint8_t *)message;

	mail_init(&stage.mail);
	assert_string_equal(play(bytes, length, 0, false), expected);
	mail_init(&stage.mail);
	assert_string_equal(play(bytes, length, 0, true), expected);
	for (size_t first = 1; first < length; first++) {
		mail_init(&stage.mail);
		if (strcmp(play(bytes, length, first, false), expected) != 0) {
			fail_msg("split at %zu: %s", first, stage.seen.text);
		}
	}
}

#define ASSERT_SEEN(message, expected) assert_seen(message, sizeof(message) - 1, expected)

#endif
