/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DNS parser: messages over UDP and TCP, on port 53 and off it, names of any
 * bytes, Ebury's shapes, every split of a stream, and what is none. The calls of
 * inspect.h are replaced by ones that write down what they were given.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/dns.h"

#define RING_BYTES (4 * EVENT_MAX_BYTES)

/* What was reported, as text: one line a call or event. */
static char seen[65536];
static size_t seen_length;

static struct event_ring ring;
static _Alignas(8) uint8_t ring_memory[RING_BYTES];
static struct inspection inspection;
static struct dns_stream stream;
static const struct set set = { .fields = UINT64_MAX };

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int n = vsnprintf(seen + seen_length, sizeof(seen) - seen_length, format, arguments);
	va_end(arguments);
	assert_true(n >= 0 && (size_t)n < sizeof(seen) - seen_length);
	seen_length += (size_t)n;
}

static void note_described(const struct event *event)
{
	const struct event_attribute *query = event_find(event, ATTRIBUTE_DNS_QUERY);
	const struct event_attribute *name = event_find(event, ATTRIBUTE_DNS_NAME);
	const struct event_attribute *shape = event_find(event, ATTRIBUTE_DNS_SHAPE);
	struct event_dns dns;

	if (query == NULL && name == NULL) {
		assert_non_null(shape);
		note(" %s\n", shape_name(shape->data[0]));
		return;
	}
	assert_non_null(query);
	assert_non_null(name);
	assert_int_equal(query->length, sizeof(dns));
	memcpy(&dns, query->data, sizeof(dns));
	note(" %04x %04x %u %u %.*s%s%s\n", dns.id, dns.flags, dns.type, dns.class,
	     (int)name->length, (const char *)name->data, shape != NULL ? " shape " : "",
	     shape != NULL ? (shape->data[0] == SHAPE_DNS_EBURY_EXFIL ? "exfil" : "wrong") : "");
}

/* --- the calls of inspect.h ----------------------------------------------------------- */

/* As for an alert: the parser's own description at the moment of a match. */
static void note_alert(struct inspection *given)
{
	if (given->describe == NULL) {
		note("  alert\n");
		return;
	}
	struct event *event = event_begin(given->events, EVENT_ALERT);

	assert_non_null(event);
	given->describe(given->state, given, event);
	note("  alert");
	note_described(event);
}

void inspect_value(struct inspection *given, enum field field, enum direction sender,
		   const uint8_t *value, size_t length)
{
	assert_int_equal(field, FIELD_DNS_QUERY);
	note("value %d tx %u ", sender, (unsigned)given->tx_id);
	for (size_t i = 0; i < length; i++) {
		note(value[i] > 0x20 && value[i] < 0x7f ? "%c" : "{%02x}", value[i]);
	}
	note("\n");
	note_alert(given);
}

void inspect_shape(struct inspection *given, enum field field, enum direction sender,
		   enum shape shape)
{
	assert_int_equal(field, FIELD_DNS_SHAPE);
	assert_true(shape == SHAPE_DNS_EBURY_EXFIL || shape == SHAPE_DNS_UDP53_NOT_DNS);
	note("shape %d tx %u %s\n", sender, (unsigned)given->tx_id,
	     shape == SHAPE_DNS_EBURY_EXFIL ? "exfil" : "not-dns");
	note_alert(given);
}

void inspect_anomaly(struct inspection *given, enum anomaly anomaly, uint32_t count)
{
	(void)given;
	assert_int_equal(anomaly, ANOMALY_DNS_MALFORMED);
	assert_int_equal(count, 0);
	note("malformed\n");
}

struct event *inspect_begin(struct inspection *given, enum event_type type)
{
	struct event *event = event_begin(given->events, type);

	if (event != NULL) {
		event->app = given->app;
		event->tx_id = given->tx_id;
	}
	return event;
}

static void drain(void)
{
	const struct event *event;

	while ((event = event_peek(&ring)) != NULL) {
		assert_int_equal(event->type, EVENT_DNS);
		assert_int_equal(event->app, APP_DNS);
		note("event tx %u", (unsigned)event->tx_id);
		note_described(event);
		event_release(&ring, event);
	}
}

static int setup(void **state)
{
	(void)state;
	seen_length = 0;
	seen[0] = '\0';
	event_ring_init(&ring, ring_memory, sizeof(ring_memory));
	inspection = (struct inspection){ .events = &ring, .set = &set };
	inspection.tuple.protocol = 6;
	inspection.tuple.source_port = 40000;
	inspection.tuple.destination_port = 53;
	return 0;
}

/* The events alone, without the matches. */
static void without_set(void)
{
	inspection.set = NULL;
}

static void assert_seen(const char *expected)
{
	drain();
	assert_string_equal(seen, expected);
	assert_null(inspection.describe);
	assert_null(inspection.state);
	setup(NULL);
}

/* --- messages ------------------------------------------------------------------------- */

#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1
#define QUERY_HEADER "\x12\x34\x01\x00\x00\x01\0\0\0\0\0\0"
#define WWW "\3www\7example\3com\0"
#define TYPE_A_IN "\0\1\0\1"
#define OPT "\0\0\x29\x04\xd0\0\0\0\0\0\0"
#define QUERY QUERY_HEADER WWW TYPE_A_IN
#define RESPONSE \
	"\x12\x34\x81\x80\0\1\0\1\0\0\0\0" WWW TYPE_A_IN "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\1\2\3"
#define QUERY_EVENT " 1234 0100 1 1 www.example.com\n"
#define QUERY_SEEN "value 0 tx 0 www.example.com\n  alert" QUERY_EVENT "event tx 0" QUERY_EVENT

#define A16 "aaaaaaaaaaaaaaaa"

struct bytes {
	uint8_t data[66000];
	size_t length;
};

static void add(struct bytes *bytes, const void *data, size_t length)
{
	assert_true(length <= sizeof(bytes->data) - bytes->length);
	memcpy(bytes->data + bytes->length, data, length);
	bytes->length += length;
}

/* A message behind its length, as over TCP. */
static void add_message(struct bytes *bytes, const void *data, size_t length)
{
	const uint8_t prefix[2] = { (uint8_t)(length >> 8), (uint8_t)length };

	add(bytes, prefix, sizeof(prefix));
	add(bytes, data, length);
}

static bool datagram_53(const uint8_t *payload, size_t length)
{
	return dns_datagram(&inspection, TO_RESPONDER, true, payload, length);
}

static bool datagram_other(const uint8_t *payload, size_t length)
{
	return dns_datagram(&inspection, TO_RESPONDER, false, payload, length);
}

static void dns_datagram_query_is_matched_and_reported(void **state)
{
	(void)state;
	assert_true(datagram_53(BYTES(QUERY)));
	assert_int_equal(inspection.tx_id, 1);
	assert_int_equal(inspection.app, APP_DNS);
	assert_seen(QUERY_SEEN);
	assert_true(datagram_other(BYTES(QUERY)));
	assert_seen(QUERY_SEEN);
}

static void dns_datagram_queries_count_transactions(void **state)
{
	(void)state;
	without_set();
	assert_true(datagram_53(BYTES(QUERY)));
	assert_true(datagram_53(BYTES(RESPONSE)));
	assert_true(datagram_53(BYTES(QUERY)));
	assert_seen("event tx 0" QUERY_EVENT "event tx 1" QUERY_EVENT);
}

static void dns_datagram_response_is_known_and_not_reported(void **state)
{
	(void)state;
	assert_true(datagram_53(BYTES(RESPONSE)));
	assert_int_equal(inspection.app, APP_DNS);
	assert_int_equal(inspection.tx_id, 0);
	assert_seen("");
	assert_true(datagram_other(BYTES(RESPONSE)));
	assert_seen("");
}

static void dns_datagram_forms_seen_in_the_wild_parse(void **state)
{
	(void)state;
	without_set();
	/* EDNS; a root query; IXFR with its SOA; NOTIFY; UPDATE with a prerequisite */
	assert_true(datagram_other(BYTES("\x12\x34\x01\x20\0\1\0\0\0\0\0\1" WWW TYPE_A_IN OPT)));
	assert_true(datagram_other(BYTES(QUERY_HEADER "\0\0\2\0\1")));
	assert_true(datagram_other(BYTES("\0\1\0\0\0\1\0\0\0\1\0\0\1a\0\0\xfb\0\1"
					 "\xc0\x0c\0\6\0\1\0\0\0\0\0\x16"
					 "\0\0\1\2\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")));
	assert_true(datagram_other(BYTES("\0\2\x24\0\0\1\0\0\0\0\0\0\1a\0\0\6\0\1")));
	assert_true(datagram_other(BYTES("\0\3\x28\0\0\1\0\1\0\0\0\0\1a\0\0\6\0\1"
					 "\xc0\x0c\0\xff\0\xff\0\0\0\0\0\0")));
	assert_seen("event tx 0 1234 0120 1 1 www.example.com\n"
		    "event tx 1 1234 0100 2 1 .\n"
		    "event tx 2 0001 0000 251 1 a\n"
		    "event tx 3 0002 2400 6 1 a\n"
		    "event tx 4 0003 2800 6 1 a\n");
	/* an error without the question, a cookie without one, a truncated answer */
	assert_true(datagram_53(BYTES("\0\4\x80\1\0\0\0\0\0\0\0\0")));
	assert_true(datagram_53(BYTES("\0\5\1\0\0\0\0\0\0\0\0\1" OPT)));
	assert_true(datagram_53(BYTES("\0\6\x82\0\0\1\0\x0c\0\0\0\0" WWW TYPE_A_IN)));
	assert_true(datagram_53(BYTES("\0\6\x82\0\0\1\0\2\0\0\0\0" WWW TYPE_A_IN "\xc0\x0c\0\1")));
	assert_seen("");
}

static void dns_datagram_trailing_bytes_only_on_port_53(void **state)
{
	(void)state;
	without_set();
	assert_true(datagram_53(BYTES(QUERY "x")));
	assert_seen("event tx 0" QUERY_EVENT);
	assert_false(datagram_other(BYTES(QUERY "x")));
	assert_seen("");
	assert_false(datagram_53(BYTES("\0\5\1\0\0\0\0\0\0\0\0\0x")));
	assert_seen("shape 0 tx 0 not-dns\n  alert udp53-not-dns\nmalformed\n");
}

static void dns_datagram_questions_up_to_four(void **state)
{
	static const char head[] = "\0\1\0\0\0\2\0\0\0\0\0\0";
	struct bytes message = { .length = 0 };

	(void)state;
	without_set();
	add(&message, head, sizeof(head) - 1);
	add(&message, BYTES("\1a\0\0\1\0\1"));
	add(&message, BYTES("\1b\0\0\1\0\1"));
	assert_true(datagram_53(message.data, message.length));
	assert_int_equal(inspection.tx_id, 1);
	assert_seen("event tx 0 0001 0000 1 1 a\nevent tx 0 0001 0000 1 1 b\n");
	assert_false(datagram_other(message.data, message.length));
	assert_seen("");
	for (int i = 3; i <= 5; i++) {
		add(&message, BYTES("\1b\0\0\1\0\1"));
		message.data[5] = (uint8_t)i;
		without_set();
		assert_int_equal(datagram_53(message.data, message.length), i <= 4);
		setup(NULL);
	}
}

static void dns_datagram_bytes_of_names_are_escaped(void **state)
{
	(void)state;
	assert_true(datagram_53(BYTES(QUERY_HEADER "\6a.b\\c \3\x00\xff\xc3\0" TYPE_A_IN)));
	assert_seen("value 0 tx 0 a\\046b\\c{20}.{00}{ff}{c3}\n"
		    "  alert 1234 0100 1 1 a\\046b\\092c\\032.\\000\\255\\195\n"
		    "event tx 0 1234 0100 1 1 a\\046b\\092c\\032.\\000\\255\\195\n");
	/* off port 53 nobody sends such names */
	assert_false(datagram_other(BYTES(QUERY_HEADER "\3a\x80z\0" TYPE_A_IN)));
	assert_seen("");
}

/* A query whose name is 255 bytes long and `last` bytes longer than that. */
static void add_longest(struct bytes *message, uint8_t last)
{
	const uint8_t labels[] = { 63, 63, 63, (uint8_t)(61 + last) };

	add(message, BYTES(QUERY_HEADER));
	for (size_t i = 0; i < sizeof(labels); i++) {
		const uint8_t label[64] = { labels[i] };

		add(message, label, 1u + labels[i]);
	}
	add(message, BYTES("\0" TYPE_A_IN));
}

static void dns_datagram_longest_name_is_written_whole(void **state)
{
	struct bytes message = { .length = 0 }, longer = { .length = 0 };
	char expected[DNS_TEXT_MAX + 64] = "event tx 0 1234 0100 1 1 ";

	(void)state;
	without_set();
	add_longest(&message, 0);
	assert_int_equal(message.length, DNS_HEADER_BYTES + DNS_NAME_MAX + 4);
	for (int i = 0; i < 250; i++) {
		strcat(expected, i == 63 || i == 126 || i == 189 ? ".\\000" : "\\000");
	}
	strcat(expected, "\n");
	assert_true(datagram_53(message.data, message.length));
	assert_seen(expected);
	add_longest(&longer, 1);
	assert_false(datagram_53(longer.data, longer.length));
}

static void dns_stream_feed_longest_name_is_the_longest(void **state)
{
	struct bytes message = { .length = 0 }, longer = { .length = 0 }, bytes = { .length = 0 };

	(void)state;
	without_set();
	add_longest(&message, 0);
	add_message(&bytes, message.data, message.length);
	dns_stream_init(&stream);
	dns_stream_feed(&stream, &inspection, TO_RESPONDER, bytes.data, bytes.length);
	assert_true(dns_stream_is_certain(&stream));
	drain();
	assert_int_equal(seen_length, sizeof("event tx 0 1234 0100 1 1 \n") - 1 + DNS_TEXT_MAX);

	bytes.length = 0;
	add_longest(&longer, 1);
	add_message(&bytes, longer.data, longer.length);
	dns_stream_init(&stream);
	assert_int_equal(dns_stream_feed(&stream, &inspection, TO_RESPONDER, bytes.data,
					 bytes.length),
			 PROGRESS_NOT_MINE);
}

static void dns_datagram_not_dns_is_a_shape_on_port_53_alone(void **state)
{
	static const struct bytes_of {
		const char *name;
		const uint8_t *data;
		size_t length;
	} not_dns[] = {
		{ "nothing", BYTES("") },
		{ "a header cut", BYTES("\x12\x34\1\0\0\1\0\0\0\0\0") },
		{ "text", BYTES("POST / HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n") },
		{ "opcode 3", BYTES("\0\1\x18\0\0\1\0\0\0\0\0\0" WWW TYPE_A_IN) },
		{ "opcode 7", BYTES("\0\1\x38\0\0\1\0\0\0\0\0\0" WWW TYPE_A_IN) },
		{ "65535 questions", BYTES("\0\1\0\0\xff\xff\0\0\0\0\0\0" WWW TYPE_A_IN) },
		{ "a question missing", BYTES(QUERY_HEADER) },
		{ "a name cut", BYTES(QUERY_HEADER "\3www\7exam") },
		{ "type and class cut", BYTES(QUERY_HEADER WWW "\0\1\0") },
		{ "a pointer in a question", BYTES(QUERY_HEADER "\xc0\x0c" TYPE_A_IN) },
		{ "a label of 64", BYTES(QUERY_HEADER "\x40" A16 A16 A16 A16 "\0" TYPE_A_IN) },
		{ "a record missing", BYTES("\0\1\0\0\0\1\0\0\0\0\0\1" WWW TYPE_A_IN) },
		{ "a record cut",
		  BYTES("\0\1\x80\0\0\1\0\1\0\0\0\0\0\0\1\0\1\0\0\1\0\1\0\0\0\0\0\5abcd") },
		{ "a pointer to itself",
		  BYTES("\0\1\x80\0\0\1\0\1\0\0\0\0\0\0\1\0\1\xc0\x11\0\1\0\1\0\0\0\0\0\0") },
		{ "a pointer into the header",
		  BYTES("\0\1\x80\0\0\1\0\1\0\0\0\0\0\0\1\0\1\xc0\x04\0\1\0\1\0\0\0\0\0\0") },
		{ "a pointer cut",
		  BYTES("\0\1\x80\0\0\1\0\1\0\0\0\0\0\0\1\0\1\1a\1a\1a\1a\1a\xc0") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(not_dns) / sizeof(not_dns[0]); i++) {
		/* a copy of its own size, so that a read behind it is found */
		uint8_t *copy = test_malloc(not_dns[i].length + 1);

		memcpy(copy + 1, not_dns[i].data, not_dns[i].length);
		if (datagram_53(copy + 1, not_dns[i].length) ||
		    datagram_other(copy + 1, not_dns[i].length)) {
			fail_msg("%s is taken for DNS", not_dns[i].name);
		}
		test_free(copy);
		assert_int_equal(inspection.app, APP_UNKNOWN);
		assert_seen("shape 0 tx 0 not-dns\n  alert udp53-not-dns\nmalformed\n");
	}
}

static void dns_datagram_off_port_53_is_strict(void **state)
{
	static const struct bytes_of {
		const uint8_t *data;
		size_t length;
	} odd[] = {
		{ BYTES("\0\1\1\x40\0\1\0\0\0\0\0\0" WWW TYPE_A_IN) }, /* reserved bit */
		{ BYTES("\0\1\2\0\0\1\0\0\0\0\0\0" WWW TYPE_A_IN) }, /* a truncated query */
		{ BYTES("\0\1\0\5\0\1\0\0\0\0\0\0" WWW TYPE_A_IN) }, /* with a response code */
		{ BYTES(QUERY_HEADER WWW "\0\0\0\1") }, /* type 0 */
		{ BYTES(QUERY_HEADER WWW "\x13\x37\0\1") },
		{ BYTES(QUERY_HEADER WWW "\0\1\0\0") }, /* class 0 */
		{ BYTES(QUERY_HEADER WWW "\0\1\x80\1") }, /* mDNS, unicast answer wanted */
		{ BYTES("\0\4\x80\1\0\0\0\0\0\0\0\0") }, /* no question */
		{ BYTES("\0\1\0\0\0\1\0\0\0\0\0\4" WWW TYPE_A_IN OPT OPT OPT OPT) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		assert_false(datagram_other(odd[i].data, odd[i].length));
		assert_seen("");
		assert_true(datagram_53(odd[i].data, odd[i].length));
		setup(NULL);
	}
}

/* --- Ebury ---------------------------------------------------------------------------- */

#define EBURY_HEADER "\x12\x0b\1\0\0\1\0\0\0\0\0\0"
#define EBURY_NAME(hex) \
	hex "\3"        \
	    "198\2"     \
	    "51\3"      \
	    "100\1"     \
	    "7\0"
#define EBURY_HEX \
	"\x0a"    \
	"0a1b2c3d4e"
#define EBURY_TEXT "<redacted:10>.198.51.100.7"

static void dns_datagram_ebury_is_a_shape_without_its_secret(void **state)
{
	(void)state;
	assert_true(datagram_53(BYTES(EBURY_HEADER EBURY_NAME(EBURY_HEX) TYPE_A_IN)));
	assert_seen("value 0 tx 0 0a1b2c3d4e.198.51.100.7\n"
		    "  alert 120b 0100 1 1 " EBURY_TEXT " shape exfil\n"
		    "shape 0 tx 0 exfil\n"
		    "  alert 120b 0100 1 1 " EBURY_TEXT " shape exfil\n"
		    "event tx 0 120b 0100 1 1 " EBURY_TEXT " shape exfil\n");
	/* behind it anything may follow, the type may be any, six digits are enough */
	without_set();
	assert_true(datagram_53(BYTES(EBURY_HEADER EBURY_NAME("\6"
							      "abcdef") "\0\x10\0\1odd")));
	assert_seen("shape 0 tx 0 exfil\n"
		    "  alert 120b 0100 16 1 <redacted:6>.198.51.100.7 shape exfil\n"
		    "event tx 0 120b 0100 16 1 <redacted:6>.198.51.100.7 shape exfil\n");
}

static const struct {
	const uint8_t *data;
	size_t length;
	const char *event;
} near[] = {
	{ BYTES(EBURY_HEADER EBURY_NAME("\5"
					"abcde") TYPE_A_IN),
	  "abcde.198.51.100.7" },
	{ BYTES(EBURY_HEADER EBURY_NAME("\6"
					"abcdeF") TYPE_A_IN),
	  "abcdeF.198.51.100.7" },
	{ BYTES(EBURY_HEADER EBURY_NAME("\6"
					"abcdeg") TYPE_A_IN),
	  "abcdeg.198.51.100.7" },
	{ BYTES(EBURY_HEADER "\6"
			     "abcdef\0" TYPE_A_IN),
	  "abcdef" },
	{ BYTES(EBURY_HEADER "\6"
			     "abcdef\1"
			     "1\1"
			     "2\1"
			     "3\0" TYPE_A_IN),
	  "abcdef.1.2.3" },
	{ BYTES(EBURY_HEADER "\6"
			     "abcdef\1"
			     "1\1"
			     "2\1"
			     "3\1"
			     "4\1"
			     "5\0" TYPE_A_IN),
	  "abcdef.1.2.3.4.5" },
	{ BYTES(EBURY_HEADER "\6"
			     "abcdef\1"
			     "1\1"
			     "2\1"
			     "3\3"
			     "256\0" TYPE_A_IN),
	  "abcdef.1.2.3.256" },
	{ BYTES(EBURY_HEADER "\6"
			     "abcdef\1"
			     "1\1"
			     "2\1"
			     "3\4"
			     "0001\0" TYPE_A_IN),
	  "abcdef.1.2.3.0001" },
	/* these might still be a password: no shape, but redacted */
	{ BYTES(EBURY_HEADER EBURY_NAME(EBURY_HEX) "\0\1\0\3"), EBURY_TEXT },
	{ BYTES("\x12\x0c\1\0\0\1\0\0\0\0\0\0" EBURY_NAME(EBURY_HEX) TYPE_A_IN), EBURY_TEXT },
	{ BYTES("\x12\x0b\0\0\0\1\0\0\0\0\0\0" EBURY_NAME(EBURY_HEX) TYPE_A_IN), EBURY_TEXT },
	{ BYTES("\x12\x0b\1\0\0\1\0\0\0\0\0\1" EBURY_NAME(EBURY_HEX) TYPE_A_IN OPT), EBURY_TEXT },
};

static void dns_datagram_near_ebury_is_no_shape(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		without_set();
		assert_true(datagram_53(near[i].data, near[i].length));
		drain();
		assert_null(strstr(seen, "shape"));
		assert_non_null(strstr(seen, near[i].event));
		assert_null(strstr(seen, "0a1b2c3d4e"));
		setup(NULL);
	}
	/* nor is it one off port 53 */
	without_set();
	assert_true(datagram_other(BYTES(EBURY_HEADER EBURY_NAME(EBURY_HEX) TYPE_A_IN)));
	assert_seen("event tx 0 120b 0100 1 1 " EBURY_TEXT "\n");
}

/* --- TCP ------------------------------------------------------------------------------ */

static enum progress feed(enum direction sender, const uint8_t *bytes, size_t length)
{
	return dns_stream_feed(&stream, &inspection, sender, bytes, length);
}

static void dns_stream_feed_any_split_gives_the_same(void **state)
{
	static const char expected[] = "event tx 0" QUERY_EVENT "event tx 1 0007 0000 1 1 a\n"
				       "event tx 1 0007 0000 28 1 b\nevent tx 2" QUERY_EVENT;
	struct bytes bytes = { .length = 0 };

	(void)state;
	add_message(&bytes, BYTES(QUERY));
	add_message(&bytes, BYTES("\0\7\0\0\0\2\0\0\0\0\0\1\1a\0\0\1\0\1\1b\0\0\x1c\0\1" OPT));
	add_message(&bytes, BYTES(QUERY));
	for (size_t first = 0; first <= bytes.length; first++) {
		for (size_t second = first; second <= bytes.length; second++) {
			without_set();
			dns_stream_init(&stream);
			assert_int_equal(feed(TO_RESPONDER, bytes.data, first), PROGRESS_MORE);
			assert_int_equal(feed(TO_RESPONDER, bytes.data + first, second - first),
					 PROGRESS_MORE);
			assert_int_equal(feed(TO_RESPONDER, bytes.data + second,
					      bytes.length - second),
					 PROGRESS_MORE);
			assert_true(dns_stream_is_certain(&stream));
			assert_int_equal(inspection.tx_id, 3);
			assert_seen(expected);
		}
	}
}

static void dns_stream_feed_directions_are_apart(void **state)
{
	struct bytes there = { .length = 0 }, back = { .length = 0 };

	(void)state;
	add_message(&there, BYTES(QUERY));
	add_message(&back, BYTES(RESPONSE));
	dns_stream_init(&stream);
	for (size_t i = 0; i < there.length || i < back.length; i++) {
		if (i < there.length) {
			feed(TO_RESPONDER, there.data + i, 1);
		}
		if (i < back.length) {
			assert_int_equal(feed(TO_ORIGINATOR, back.data + i, 1), PROGRESS_MORE);
		}
	}
	assert_seen(QUERY_SEEN);
}

static void dns_stream_feed_response_alone_is_enough(void **state)
{
	struct bytes bytes = { .length = 0 };

	(void)state;
	add_message(&bytes, BYTES(RESPONSE));
	inspection.tuple.destination_port = 5300;
	dns_stream_init(&stream);
	assert_int_equal(feed(TO_ORIGINATOR, bytes.data, bytes.length), PROGRESS_MORE);
	assert_true(dns_stream_is_certain(&stream));
	assert_int_equal(inspection.app, APP_DNS);
	assert_seen("");
}

static void dns_stream_feed_longest_message_is_skipped_to_its_end(void **state)
{
	static const char head[] = "\0\1\x80\0\0\1\0\1\0\0\0\0" WWW TYPE_A_IN
				   "\xc0\x0c\0\x10\0\1\0\0\0\0\xff\xff";
	static struct bytes message, bytes;

	(void)state;
	add(&message, head, sizeof(head) - 1);
	memset(message.data + message.length, 0xff, 65535 - message.length);
	message.length = 65535;
	add_message(&bytes, message.data, message.length);
	add_message(&bytes, BYTES(QUERY));
	dns_stream_init(&stream);
	assert_int_equal(feed(TO_RESPONDER, bytes.data, bytes.length), PROGRESS_MORE);
	assert_seen(QUERY_SEEN);
}

static void dns_stream_feed_not_dns_is_refused_at_the_first_telling_byte(void **state)
{
	static const struct {
		const uint8_t *data;
		size_t length; /* refused with its last byte */
		uint16_t port;
	} others[] = {
		{ BYTES("SSH-2."), 5300 }, /* opcode */
		{ BYTES("SSH-2.0-OpenSS"), 53 },
		{ BYTES("GET / HTTP/1.1"), 53 }, /* counts */
		{ BYTES("220 ma"), 5300 },
		{ BYTES("\x16\3\1\2\0\1\0\1\xfc\3\3\xaa\xbb\xcc"), 53 }, /* TLS */
		{ BYTES("\0\x0b"), 53 }, /* shorter than a header */
		{ BYTES("\0\x1d" QUERY_HEADER "\x40"), 53 }, /* a label of 64 */
		{ BYTES("\0\x1d" QUERY_HEADER "\1\x80"), 5300 },
		{ BYTES("\0\x11" QUERY_HEADER "\3www\7"), 53 }, /* message ends in the name */
		{ BYTES("\0\x16" QUERY_HEADER "\3www\0\0\1\0\1"), 5300 }, /* ends late */
		{ BYTES("\0\x11" QUERY_HEADER "\0\0\0\0\1"), 5300 }, /* type 0 */
		{ BYTES("\0\x0c\0\1\0\0\0\0\0\0\0\0\0\0"), 5300 }, /* no question */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		size_t at = 0;

		inspection.tuple.destination_port = others[i].port;
		dns_stream_init(&stream);
		while (at < others[i].length &&
		       feed(TO_RESPONDER, others[i].data + at, 1) == PROGRESS_MORE) {
			at++;
		}
		assert_int_equal(at, others[i].length - 1);
		assert_false(dns_stream_is_certain(&stream));
		assert_int_equal(seen_length, 0);
		setup(NULL);
	}
}

static void dns_stream_feed_malformed_message_is_skipped_once_certain(void **state)
{
	struct bytes bytes = { .length = 0 };

	(void)state;
	without_set();
	add_message(&bytes, BYTES(QUERY));
	add_message(&bytes, BYTES("\0\1\x18\0\0\1\0\0\0\0\0\0" WWW TYPE_A_IN));
	add_message(&bytes, BYTES("short"));
	add_message(&bytes, BYTES(""));
	add_message(&bytes, BYTES(QUERY_HEADER "\xc0\x0c" TYPE_A_IN));
	/* two questions announced, the second one missing: the first one counts */
	add_message(&bytes, BYTES("\0\7\0\0\0\2\0\0\0\0\0\0\6"
				  "abcdeg\0\0\1\0\1"));
	add_message(&bytes, BYTES(QUERY));
	dns_stream_init(&stream);
	assert_int_equal(feed(TO_RESPONDER, bytes.data, bytes.length), PROGRESS_MORE);
	assert_int_equal(inspection.tx_id, 3);
	assert_seen("malformed\nmalformed\nmalformed\nmalformed\nmalformed\n"
		    "event tx 0" QUERY_EVENT "event tx 1 0007 0000 1 1 abcdeg\n"
		    "event tx 2" QUERY_EVENT);
}

static void dns_stream_feed_on_port_53_hides_nothing_behind_odd_queries(void **state)
{
	struct bytes bytes = { .length = 0 };

	(void)state;
	without_set();
	add_message(&bytes, BYTES("\0\5\1\0\0\0\0\0\0\0\0\1" OPT)); /* a cookie, no question */
	add_message(&bytes, BYTES("\x12\x34\1\x40\0\1\0\0\0\0\0\0\1\xff\0\xf0\0\0\1"));
	dns_stream_init(&stream);
	assert_int_equal(feed(TO_RESPONDER, bytes.data, bytes.length), PROGRESS_MORE);
	assert_seen("event tx 0 1234 0140 61440 1 \\255\n");
}

static void dns_stream_end_within_a_message_is_an_anomaly(void **state)
{
	struct bytes bytes = { .length = 0 };

	(void)state;
	add_message(&bytes, BYTES(RESPONSE));
	add_message(&bytes, BYTES(RESPONSE));
	for (size_t cut = 0; cut <= bytes.length; cut++) {
		bool whole = cut == bytes.length || cut == bytes.length / 2;
		bool certain = cut >= sizeof(RESPONSE) - 1 - 16 + 2;

		dns_stream_init(&stream);
		assert_int_equal(feed(TO_ORIGINATOR, bytes.data, cut), PROGRESS_MORE);
		dns_stream_end(&stream, &inspection, TO_ORIGINATOR);
		assert_seen(whole || !certain ? "" : "malformed\n");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup(name, setup)
		CASE(dns_datagram_query_is_matched_and_reported),
		CASE(dns_datagram_queries_count_transactions),
		CASE(dns_datagram_response_is_known_and_not_reported),
		CASE(dns_datagram_forms_seen_in_the_wild_parse),
		CASE(dns_datagram_trailing_bytes_only_on_port_53),
		CASE(dns_datagram_questions_up_to_four),
		CASE(dns_datagram_bytes_of_names_are_escaped),
		CASE(dns_datagram_longest_name_is_written_whole),
		CASE(dns_datagram_not_dns_is_a_shape_on_port_53_alone),
		CASE(dns_datagram_off_port_53_is_strict),
		CASE(dns_datagram_ebury_is_a_shape_without_its_secret),
		CASE(dns_datagram_near_ebury_is_no_shape),
		CASE(dns_stream_feed_any_split_gives_the_same),
		CASE(dns_stream_feed_longest_name_is_the_longest),
		CASE(dns_stream_feed_directions_are_apart),
		CASE(dns_stream_feed_response_alone_is_enough),
		CASE(dns_stream_feed_longest_message_is_skipped_to_its_end),
		CASE(dns_stream_feed_not_dns_is_refused_at_the_first_telling_byte),
		CASE(dns_stream_feed_malformed_message_is_skipped_once_certain),
		CASE(dns_stream_feed_on_port_53_hides_nothing_behind_odd_queries),
		CASE(dns_stream_end_within_a_message_is_an_anomaly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
