/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS: one ClientHello at every split and in records of any size, what makes a flow
 * TLS for certain, what is recognised but not read, and bounds. The message itself:
 * tls_hello_test.c; fingerprints: tls_ja_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "scanner/tls.h"
#include "scanner/tls_hello.h"
#include "tests/scanner/said.h"
#include "tests/scanner/tls_build.h"

#define BLOCKS 64u
#define CLIENT TO_RESPONDER
#define SERVER TO_ORIGINATOR

static struct {
	struct tls tls;
	struct inspection inspection;
	struct pool pool;
	struct event_ring ring;
	enum progress progress;
	struct said seen; /* what was reported: a line a call, event or attribute */
	_Alignas(8) uint8_t blocks[BLOCKS * POOL_BLOCK_BYTES];
	_Alignas(8) uint8_t events[4 * EVENT_MAX_BYTES];
} stage;

static struct bytes hello, message, extra;

#define CHROME_ATTRIBUTES                                                       \
	"  sni Mail.Example.ORG\n  alpn h2\n  alpn http/1.1\n  ja3 " CHROME_JA3 \
	"\n  string " CHROME_JA3_STRING "\n  ja4 " CHROME_JA4 "\n"
#define CHROME_SEEN                                                     \
	"value 0 tls.sni Mail.Example.ORG\nvalue 0 tls.ja3 " CHROME_JA3 \
	"\nvalue 0 tls.ja4 " CHROME_JA4 "\nevent 4\n" CHROME_ATTRIBUTES
#define SERVER_HELLO "\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"
#define ALERT "\x15\x03\x01\x00\x02\x02\x28"

#define note(...) say(&stage.seen, __VA_ARGS__)

/* ---- the calls of inspect.h ------------------------------------------------ */

static void note_attributes(const struct event *event)
{
	static const char *const names[] = { "sni", "ja3", "string", "ja4", "alpn" };
	const struct event_attribute *attribute = NULL;

	while ((attribute = event_next_attribute(event, attribute)) != NULL) {
		assert_in_range(attribute->kind, ATTRIBUTE_TLS_SNI, ATTRIBUTE_TLS_ALPN);
		note("  %s %.*s\n", names[attribute->kind - ATTRIBUTE_TLS_SNI],
		     (int)attribute->length, (const char *)attribute->data);
	}
}

void inspect_value(struct inspection *inspection, enum field field, enum direction sender,
		   const uint8_t *value, size_t length)
{
	assert_ptr_equal(inspection, &stage.inspection);
	/* an alert for it says all that the event says */
	struct event *event = event_begin(&stage.ring, EVENT_ALERT);
	size_t before = stage.seen.length;

	inspection->describe(inspection->state, inspection, event);
	note_attributes(event);
	assert_true(stage.seen.length != before);
	stage.seen.length = before;
	note("value %d %s %.*s\n", sender, field_name(field), (int)length, (const char *)value);
}

void inspect_anomaly(struct inspection *inspection, enum anomaly anomaly, uint32_t count)
{
	assert_ptr_equal(inspection, &stage.inspection);
	assert_int_equal(count, 0);
	note("anomaly %s\n", anomaly_info(anomaly)->event);
}

struct event *inspect_begin(struct inspection *inspection, enum event_type type)
{
	struct event *event = event_begin(inspection->events, type);

	assert_int_equal(type, EVENT_TLS);
	assert_non_null(event);
	event->app = inspection->app;
	return event;
}

/* ---- playing --------------------------------------------------------------- */

static void stage_begin_upgraded(bool upgraded)
{
	stage.seen.length = 0;
	stage.seen.text[0] = '\0';
	stage.progress = PROGRESS_MORE;
	pool_init(&stage.pool, stage.blocks, BLOCKS);
	event_ring_init(&stage.ring, stage.events, sizeof(stage.events));
	tls_init(&stage.tls, upgraded);
	stage.inspection = (struct inspection){
		.pool = &stage.pool,
		.events = &stage.ring,
		.app = upgraded ? APP_SMTP : APP_UNKNOWN,
	};
}

static void stage_begin(void)
{
	stage_begin_upgraded(false);
}

static void note_events(void)
{
	const struct event *event;

	while ((event = event_peek(&stage.ring)) != NULL) {
		assert_int_equal(event->truncated, 0);
		note("event %d\n", event->app);
		note_attributes(event);
		event_release(&stage.ring, event);
	}
}

/* As the stream layer does: no more bytes once the parser wants none. */
static void play(enum direction direction, const void *bytes, size_t length)
{
	if (stage.progress != PROGRESS_MORE || length == 0) {
		return;
	}
	/* a copy of that size, so that a byte read beyond it is found */
	uint8_t *exact = test_malloc(length);

	memcpy(exact, bytes, length);
	stage.progress = tls_feed(&stage.tls, &stage.inspection, direction, exact, length);
	test_free(exact);
	note_events();
	assert_null(stage.inspection.describe);
	if (stage.progress != PROGRESS_MORE) {
		assert_int_equal(stage.pool.free_count, BLOCKS);
	}
}

#define PLAY(direction, text) play(direction, text, sizeof(text) - 1)

static void play_pieces(enum direction direction, const uint8_t *bytes, size_t length, size_t piece)
{
	for (size_t at = 0; at < length; at += piece) {
		play(direction, bytes + at, length - at < piece ? length - at : piece);
	}
}

static void play_split(enum direction direction, const struct bytes *bytes, size_t piece)
{
	play_pieces(direction, bytes->at, bytes->length, piece);
}

/* Ends the flow; nothing is left in the pool, and nothing more is said. */
static void stage_end(void)
{
	tls_end(&stage.tls, &stage.inspection);
	assert_null(event_peek(&stage.ring));
	assert_int_equal(stage.pool.free_count, BLOCKS);
}

static void assert_ended(enum progress progress, enum app app, const char *seen)
{
	assert_int_equal(stage.progress, progress);
	assert_int_equal(stage.inspection.app, app);
	assert_string_equal(stage.seen.text, seen);
	stage_end();
}

static void make_hello(const struct hello_plan *plan)
{
	hello.length = 0;
	add_hello(&hello, plan);
}

/* The usual one, in records of at most `size` bytes. */
static void make_records(size_t size)
{
	message.length = hello.length = 0;
	add_hello_message(&message, &plan_chrome);
	add_records(&hello, &message, size);
}

/* ---- one ClientHello ------------------------------------------------------- */

static void feed_hello_is_reported_at_once_and_ends_with_the_answer(void **state)
{
	(void)state;
	stage_begin();
	make_hello(&plan_chrome);
	play(CLIENT, hello.at, hello.length);
	assert_int_equal(stage.progress, PROGRESS_MORE);
	assert_string_equal(stage.seen.text, CHROME_SEEN);
	assert_int_equal(stage.inspection.app, APP_TLS);
	PLAY(SERVER, SERVER_HELLO);
	assert_ended(PROGRESS_ENCRYPTED, APP_TLS, CHROME_SEEN);
}

static void feed_hello_of_the_responder_is_the_clients_all_the_same(void **state)
{
	(void)state;
	stage_begin();
	make_hello(&plan_chrome);
	play(TO_ORIGINATOR, hello.at, hello.length);
	PLAY(TO_RESPONDER, SERVER_HELLO);
	assert_ended(PROGRESS_ENCRYPTED, APP_TLS,
		     "value 1 tls.sni Mail.Example.ORG\nvalue 1 tls.ja3 " CHROME_JA3
		     "\nvalue 1 tls.ja4 " CHROME_JA4 "\nevent 4\n" CHROME_ATTRIBUTES);
}

static void feed_hello_cut_anywhere_gives_the_same(void **state)
{
	(void)state;
	for (size_t size = 16384; size != 0; size = size > 500 ? 500 : size == 500 ? 7 : 0) {
		make_records(size);
		for (size_t cut = 0; cut <= hello.length; cut++) {
			stage_begin();
			play(CLIENT, hello.at, cut);
			play(CLIENT, hello.at + cut, hello.length - cut);
			PLAY(SERVER, SERVER_HELLO);
			assert_ended(PROGRESS_ENCRYPTED, APP_TLS, CHROME_SEEN);
		}
	}
}

static void feed_hello_in_pieces_and_records_of_any_size_gives_the_same(void **state)
{
	(void)state;
	for (size_t size = 1; size < 300; size += 1 + size / 4) {
		make_records(size);
		for (size_t piece = 1; piece < hello.length; piece += 1 + piece / 2) {
			stage_begin();
			play_split(CLIENT, &hello, piece);
			PLAY(SERVER, SERVER_HELLO);
			assert_ended(PROGRESS_ENCRYPTED, APP_TLS, CHROME_SEEN);
		}
	}
}

static void feed_answer_cut_anywhere_gives_the_same(void **state)
{
	(void)state;
	make_hello(&plan_chrome);
	for (size_t cut = 0; cut < sizeof(SERVER_HELLO); cut++) {
		stage_begin();
		play(CLIENT, hello.at, hello.length);
		play(SERVER, SERVER_HELLO, cut);
		assert_int_equal(stage.progress,
				 cut < TLS_HEAD_BYTES ? PROGRESS_MORE : PROGRESS_ENCRYPTED);
		play(SERVER, &SERVER_HELLO[cut], sizeof(SERVER_HELLO) - 1 - cut);
		assert_ended(PROGRESS_ENCRYPTED, APP_TLS, CHROME_SEEN);
	}
}

/* The streams of the two directions do not wait for each other. */
static void feed_answer_before_the_hello_is_whole_waits_for_it(void **state)
{
	(void)state;
	make_hello(&plan_chrome);
	for (size_t cut = 0; cut < hello.length; cut += 13) {
		stage_begin();
		play(CLIENT, hello.at, cut);
		PLAY(SERVER, SERVER_HELLO);
		PLAY(SERVER, "more of it");
		assert_int_equal(stage.progress, PROGRESS_MORE);
		play(CLIENT, hello.at + cut, hello.length - cut);
		assert_ended(PROGRESS_ENCRYPTED, APP_TLS, CHROME_SEEN);
	}
}

static void feed_bytes_behind_the_hello_are_not_read(void **state)
{
	(void)state;
	/* in the same record; as early data; a second hello */
	for (unsigned row = 0; row < 3; row++) {
		message.length = hello.length = 0;
		add_hello_message(&message, &plan_chrome);
		add_text(&message, row == 0 ? "trailing" : "");
		add_records(&hello, &message, 16384);
		add(&hello, "\x17\x03\x03\0\4data", row == 1 ? 9 : 0);
		if (row == 2) {
			add_hello(&hello, &plan_chrome);
		}
		for (size_t piece = 1; piece <= hello.length; piece += hello.length - 1) {
			stage_begin();
			play_split(CLIENT, &hello, piece);
			assert_int_equal(stage.progress, PROGRESS_MORE);
			PLAY(SERVER, SERVER_HELLO);
			assert_ended(PROGRESS_ENCRYPTED, APP_TLS, CHROME_SEEN);
		}
	}
}

/* Ended at any byte: nothing is said of half a hello, and nothing kept. */
static void end_within_the_hello_says_nothing(void **state)
{
	(void)state;
	make_records(100);
	for (size_t length = 0; length < hello.length; length++) {
		stage_begin();
		play(CLIENT, hello.at, length);
		assert_ended(PROGRESS_MORE, APP_UNKNOWN, "");
	}
}

static void feed_hello_without_a_name_has_none(void **state)
{
	const struct hello_plan plan = { .version = "0301",
					 .ciphers = "4,5,a,9,64,62,3,6,13,12,63" };

	(void)state;
	stage_begin();
	make_hello(&plan);
	play(CLIENT, hello.at, hello.length);
	PLAY(SERVER, ALERT);
	assert_ended(PROGRESS_ENCRYPTED, APP_TLS,
		     "value 0 tls.ja3 de350869b8c85de67a350c8d186f11e6\n"
		     "value 0 tls.ja4 t10i110000_3609b414f052_000000000000\nevent 4\n"
		     "  ja3 de350869b8c85de67a350c8d186f11e6\n"
		     "  string 769,4-5-10-9-100-98-3-6-19-18-99,,,\n"
		     "  ja4 t10i110000_3609b414f052_000000000000\n");
}

/* ---- detection ------------------------------------------------------------- */

struct piece {
	size_t length;
	const char *at;
};

static void detect_other_answers_take_it_back(void **state)
{
	static const struct piece answers[] = {
		{ 4, "220 " },
		{ 4, "SSH-" },
		{ 9, "HTTP/1.1 " },
		{ 2, "\x16\x10" },
		{ 6, "\x16\x03\x03\0\0\2" }, /* no record is empty */
		{ 6, "\x16\x03\x03\x40\1\2" }, /* or that long */
		{ 6, "\x16\x03\x03\0\x40\4" }, /* another message */
		{ 6, "\x16\x03\x03\0\x40\1" }, /* both are clients */
		{ 5, "\x15\x03\x03\0\3" },
		{ 6, "\x15\x03\x03\0\2\3" },
		{ 1, "\0" },
		{ 5, "\x80\x10\4\2\0" },
	};

	(void)state;
	make_hello(&plan_chrome);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		for (size_t piece = 1; piece <= 10; piece += 9) {
			stage_begin();
			play(CLIENT, hello.at, hello.length);
			play_pieces(SERVER, (const uint8_t *)answers[i].at, answers[i].length,
				    piece);
			assert_ended(PROGRESS_NOT_MINE, APP_UNKNOWN, CHROME_SEEN);
		}
	}
}

static void detect_other_beginnings_are_not_mine(void **state)
{
	static const struct piece beginnings[] = {
		{ 4, "EHLO" },
		{ 4, "GET " },
		{ 4, "SSH-" },
		{ 1, "\x17" },
		{ 2, "\x16\xfe" } /* DTLS */,
		{ 6, "\x16\x03\x01\1\0\0" },
		{ 6, "\x16\x03\x01\1\0\4" },
		{ 5, "\x80\x2e\1\4\0" },
		{ 5, "\x80\x2e\1\0\1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		stage_begin();
		play_pieces(CLIENT, (const uint8_t *)beginnings[i].at, beginnings[i].length, 1);
		assert_ended(PROGRESS_NOT_MINE, APP_UNKNOWN, "");
	}
	stage_begin();
	PLAY(CLIENT, SERVER_HELLO);
	PLAY(SERVER, SERVER_HELLO);
	assert_ended(PROGRESS_NOT_MINE, APP_UNKNOWN, "");
}

/* What stands in the first record's header as version is nobody's business (RFC 8446, 5.1). */
static void detect_any_version_of_the_first_record(void **state)
{
	(void)state;
	for (unsigned version = 0; version < 0x1000; version += 0xff) {
		stage_begin();
		make_hello(&plan_chrome);
		hello.at[1] = (uint8_t)(version >> 8);
		hello.at[2] = (uint8_t)version;
		play(CLIENT, hello.at, hello.length);
		PLAY(SERVER, SERVER_HELLO);
		assert_ended(PROGRESS_ENCRYPTED, APP_TLS, CHROME_SEEN);
	}
}

static void conclude_needs_one_side_whole_and_the_other_silent(void **state)
{
	(void)state;
	make_hello(&plan_chrome);
	stage_begin();
	assert_int_equal(tls_conclude(&stage.tls, &stage.inspection), PROGRESS_MORE);
	play(CLIENT, hello.at, hello.length - 1);
	assert_int_equal(tls_conclude(&stage.tls, &stage.inspection), PROGRESS_MORE);
	play(CLIENT, hello.at + hello.length - 1, 1);
	assert_int_equal(tls_conclude(&stage.tls, &stage.inspection), PROGRESS_ENCRYPTED);
	assert_ended(PROGRESS_MORE, APP_TLS, CHROME_SEEN);

	stage_begin();
	play(CLIENT, hello.at, hello.length);
	PLAY(SERVER, "\x16"); /* may still become something else */
	assert_int_equal(tls_conclude(&stage.tls, &stage.inspection), PROGRESS_MORE);
	stage_end();

	stage_begin();
	PLAY(SERVER, SERVER_HELLO);
	assert_int_equal(tls_conclude(&stage.tls, &stage.inspection), PROGRESS_ENCRYPTED);
	assert_ended(PROGRESS_MORE, APP_TLS, "");
}

/* ---- recognised, not read -------------------------------------------------- */

static void feed_ssl2_hello_is_recognised(void **state)
{
	(void)state;
	stage_begin();
	PLAY(CLIENT, "\x80\x2e\x01\x03\x01\0\x15\0\0\0\x10");
	assert_int_equal(stage.progress, PROGRESS_MORE);
	PLAY(SERVER, SERVER_HELLO);
	assert_ended(PROGRESS_ENCRYPTED, APP_TLS, "");
	stage_begin();
	PLAY(CLIENT, "\x80\x2e\x01\0\x02");
	PLAY(SERVER, "\x84\x0a\x04\0\x01\0\2");
	assert_ended(PROGRESS_ENCRYPTED, APP_TLS, "");
}

/* Whatever byte of the message's own lengths is wrong: it is reported once the server shows that it
 * was taken for TLS, and not before. */
static void feed_malformed_hello_is_an_anomaly_once_answered(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} rows[] = {
		{ 9, 2 }, /* client_version */
		{ 8, 9 }, /* message length: the record goes on */
		{ 43, 33 }, /* session id */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t piece = 1; piece < 1000; piece += 998) {
			make_hello(&plan_chrome);
			hello.at[rows[i].at] = rows[i].value;
			stage_begin();
			play_split(CLIENT, &hello, piece);
			assert_int_equal(stage.progress, PROGRESS_MORE);
			assert_string_equal(stage.seen.text, "");
			PLAY(SERVER, ALERT);
			assert_ended(PROGRESS_ENCRYPTED, APP_TLS, "anomaly tls-malformed\n");
			stage_begin();
			play_split(CLIENT, &hello, piece);
			PLAY(SERVER, "220 ");
			assert_ended(PROGRESS_NOT_MINE, APP_UNKNOWN, "");
		}
	}
}

static void feed_other_record_within_the_hello_is_malformed(void **state)
{
	static const char *const headers[] = { "\x14\x03\x03\0\1", "\x15\x03\x01\0\2",
					       "\x17\x03\x03\0\1", "\x16\x03\x03\x40\1" };

	(void)state;
	make_records(50);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		stage_begin();
		play(CLIENT, hello.at, 2 * 55);
		play(CLIENT, headers[i], 5);
		assert_int_equal(stage.pool.free_count, BLOCKS);
		play(CLIENT, hello.at + 2 * 55, hello.length - 2 * 55);
		PLAY(SERVER, SERVER_HELLO);
		assert_ended(PROGRESS_ENCRYPTED, APP_TLS, "anomaly tls-malformed\n");
	}
}

/* ---- bounds ---------------------------------------------------------------- */

/* A hello whose message has `length` bytes. */
static void make_padded(size_t length)
{
	struct hello_plan plan = plan_chrome;

	message.length = hello.length = 0;
	add_hello_message(&message, &plan);
	plan.padding = length - message.length;
	message.length = 0;
	add_hello_message(&message, &plan);
	assert_int_equal(message.length, length);
	add_records(&hello, &message, 4000);
}

static void feed_hello_up_to_the_bound_is_read(void **state)
{
	(void)state;
	make_padded(TLS_HELLO_MAX);
	stage_begin();
	play_split(CLIENT, &hello, 1460);
	PLAY(SERVER, SERVER_HELLO);
	assert_ended(PROGRESS_ENCRYPTED, APP_TLS, CHROME_SEEN);
}

static void feed_hello_beyond_the_bound_is_oversize(void **state)
{
	(void)state;
	make_padded(TLS_HELLO_MAX + 1);
	for (size_t piece = 1; piece < 100000; piece += 99998) {
		stage_begin();
		play_split(CLIENT, &hello, piece);
		assert_string_equal(stage.seen.text, "");
		PLAY(SERVER, SERVER_HELLO);
		assert_ended(PROGRESS_ENCRYPTED, APP_TLS, "anomaly tls-hello-oversize\n");
	}
}

static void feed_pool_empty_is_oversize(void **state)
{
	(void)state;
	make_records(100);
	stage_begin();
	while (pool_take(&stage.pool) != POOL_NONE) {
	}
	stage.progress = tls_feed(&stage.tls, &stage.inspection, CLIENT, hello.at, hello.length);
	assert_int_equal(stage.progress, PROGRESS_MORE);
	stage.progress = tls_feed(&stage.tls, &stage.inspection, SERVER,
				  (const uint8_t *)SERVER_HELLO, sizeof(SERVER_HELLO) - 1);
	assert_int_equal(stage.progress, PROGRESS_ENCRYPTED);
	assert_string_equal(stage.seen.text, "anomaly tls-hello-oversize\n");
}

static void feed_hello_whole_needs_no_pool(void **state)
{
	(void)state;
	make_hello(&plan_chrome);
	stage_begin();
	while (pool_take(&stage.pool) != POOL_NONE) {
	}
	stage.progress = tls_feed(&stage.tls, &stage.inspection, CLIENT, hello.at, hello.length);
	note_events();
	assert_string_equal(stage.seen.text, CHROME_SEEN);
}

static void feed_empty_records_are_overlooked_within_bounds(void **state)
{
	static const char empty[] = "\x16\x03\x01\0\0";

	(void)state;
	make_records(100);
	extra.length = 0;
	add(&extra, hello.at, 105);
	for (unsigned i = 0; i < 32; i++) {
		add(&extra, empty, 5);
	}
	add(&extra, hello.at + 105, hello.length - 105);
	stage_begin();
	play(CLIENT, extra.at, extra.length);
	PLAY(SERVER, SERVER_HELLO);
	assert_ended(PROGRESS_ENCRYPTED, APP_TLS, CHROME_SEEN);

	stage_begin();
	play(CLIENT, hello.at, 105);
	for (size_t sent = 105; sent <= TLS_RECORDS_MAX; sent += 5) {
		assert_int_not_equal(stage.pool.free_count, BLOCKS);
		play(CLIENT, empty, 5);
	}
	assert_int_equal(stage.pool.free_count, BLOCKS);
	PLAY(SERVER, SERVER_HELLO);
	assert_ended(PROGRESS_ENCRYPTED, APP_TLS, "anomaly tls-hello-oversize\n");
}

/* A list that does not fit: no fingerprints, as they would be wrong; the name is matched. */
static void feed_list_too_long_has_no_fingerprints(void **state)
{
	static char ciphers[(TLS_HELLO_CIPHERS_MAX + 1) * 5];
	struct hello_plan plan = { .version = "0303", .ciphers = ciphers, .extensions = "0" };

	(void)state;
	for (size_t i = 0; i <= TLS_HELLO_CIPHERS_MAX; i++) {
		memcpy(ciphers + i * 5, "c02b,", 5);
	}
	ciphers[sizeof(ciphers) - 1] = '\0';
	plan.name = "a.example";
	make_hello(&plan);
	stage_begin();
	play(CLIENT, hello.at, hello.length);
	PLAY(SERVER, SERVER_HELLO);
	assert_ended(PROGRESS_ENCRYPTED, APP_TLS,
		     "value 0 tls.sni a.example\nevent 4\n  sni a.example\n"
		     "anomaly tls-hello-oversize\n");
}

static void feed_name_too_long_is_shown_and_not_matched(void **state)
{
	static char name[TLS_HELLO_NAME_MAX + 2];
	struct hello_plan plan = plan_chrome;

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	plan.name = name;
	make_hello(&plan);
	stage_begin();
	play(CLIENT, hello.at, hello.length);
	PLAY(SERVER, SERVER_HELLO);
	assert_null(strstr(stage.seen.text, "tls.sni"));
	assert_non_null(strstr(stage.seen.text, "  sni aaa"));
	assert_non_null(strstr(stage.seen.text, "anomaly tls-hello-oversize\n"));
	stage_end();
}

/* ---- after STARTTLS -------------------------------------------------------- */

static void upgraded_hello_is_enough_and_app_stays(void **state)
{
	(void)state;
	make_hello(&plan_chrome);
	for (size_t piece = 1; piece <= hello.length; piece += hello.length - 1) {
		stage_begin_upgraded(true);
		play_split(CLIENT, &hello, piece);
		assert_int_equal(stage.progress, PROGRESS_ENCRYPTED);
		assert_int_equal(stage.inspection.app, APP_SMTP);
		assert_non_null(strstr(stage.seen.text, "\nevent 3\n" CHROME_ATTRIBUTES));
		stage_end();
	}
}

static void upgraded_anything_else_is_malformed(void **state)
{
	(void)state;
	stage_begin_upgraded(true);
	PLAY(CLIENT, "MAIL FROM:<a@b>\r\n");
	assert_ended(PROGRESS_ENCRYPTED, APP_SMTP, "anomaly tls-malformed\n");
	stage_begin_upgraded(true);
	PLAY(SERVER, "250 ok\r\n");
	assert_ended(PROGRESS_ENCRYPTED, APP_SMTP, "anomaly tls-malformed\n");
	stage_begin_upgraded(true);
	make_hello(&plan_chrome);
	hello.at[43] = 33;
	play(CLIENT, hello.at, hello.length);
	assert_ended(PROGRESS_ENCRYPTED, APP_SMTP, "anomaly tls-malformed\n");
	stage_begin_upgraded(true);
	PLAY(CLIENT, "\x80\x2e\x01\x03\x01");
	assert_ended(PROGRESS_ENCRYPTED, APP_SMTP, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(feed_hello_is_reported_at_once_and_ends_with_the_answer),
		cmocka_unit_test(feed_hello_of_the_responder_is_the_clients_all_the_same),
		cmocka_unit_test(feed_hello_cut_anywhere_gives_the_same),
		cmocka_unit_test(feed_hello_in_pieces_and_records_of_any_size_gives_the_same),
		cmocka_unit_test(feed_answer_cut_anywhere_gives_the_same),
		cmocka_unit_test(feed_answer_before_the_hello_is_whole_waits_for_it),
		cmocka_unit_test(feed_bytes_behind_the_hello_are_not_read),
		cmocka_unit_test(end_within_the_hello_says_nothing),
		cmocka_unit_test(feed_hello_without_a_name_has_none),
		cmocka_unit_test(detect_other_answers_take_it_back),
		cmocka_unit_test(detect_other_beginnings_are_not_mine),
		cmocka_unit_test(detect_any_version_of_the_first_record),
		cmocka_unit_test(conclude_needs_one_side_whole_and_the_other_silent),
		cmocka_unit_test(feed_ssl2_hello_is_recognised),
		cmocka_unit_test(feed_malformed_hello_is_an_anomaly_once_answered),
		cmocka_unit_test(feed_other_record_within_the_hello_is_malformed),
		cmocka_unit_test(feed_hello_up_to_the_bound_is_read),
		cmocka_unit_test(feed_hello_beyond_the_bound_is_oversize),
		cmocka_unit_test(feed_pool_empty_is_oversize),
		cmocka_unit_test(feed_hello_whole_needs_no_pool),
		cmocka_unit_test(feed_empty_records_are_overlooked_within_bounds),
		cmocka_unit_test(feed_list_too_long_has_no_fingerprints),
		cmocka_unit_test(feed_name_too_long_is_shown_and_not_matched),
		cmocka_unit_test(upgraded_hello_is_enough_and_app_stays),
		cmocka_unit_test(upgraded_anything_else_is_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
