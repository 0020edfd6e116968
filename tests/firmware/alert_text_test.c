/* SPDX-License-Identifier: BSD-2-Clause */
/* Alert lines for people: golden ones, and that no byte off the wire reaches the terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/alert_text.h"
#include "tests/firmware/eve_events.h"

static struct record record;
static char out[512];

static void assert_text(const struct event *event, const char *expected)
{
	size_t length = alert_text(event, out, sizeof(out) - 1);

	out[length] = '\0';
	assert_string_equal(out, expected);
}

static struct event *alert_begin(const struct event_alert *alert, const char *message)
{
	struct event *event = record_begin(&record, EVENT_ALERT);

	record_alert(event, alert, message);
	return event;
}

static void alert_text_shape_seen_from_outside(void **state)
{
	const struct event_alert alert = {
		.sid = 2018264,
		.severity = 1,
		.field = FIELD_SSH_CLIENT_IDENT_SHAPE,
	};
	struct event *event = alert_begin(&alert, "Ebury backdoor login");

	(void)state;
	record_shape(event, ATTRIBUTE_SSH_CLIENT_IDENT_SHAPE, SHAPE_IDENT_EBURY_HEX);
	assert_text(event,
		    "2026-06-01 10:00:03 CRITICAL 10.77.0.5:22 <- 198.51.100.7:50000  "
		    "Ebury backdoor login [2018264]: SSH client ident shape ebury-hex; passed");
	record_shape(event, ATTRIBUTE_SSH_CLIENT_IDENT_SHAPE, SHAPE_IDENT_BARE_LF);
	assert_text(event,
		    "2026-06-01 10:00:03 CRITICAL 10.77.0.5:22 <- 198.51.100.7:50000  "
		    "Ebury backdoor login [2018264]: SSH client ident shape ebury-hex,bare-lf; "
		    "passed");
}

static void alert_text_of_what_is_not_the_port_s_protocol_tells_the_shape_alone(void **state)
{
	struct event_alert alert = { .sid = 5, .severity = 2, .field = FIELD_DNS_SHAPE };
	struct event *event = alert_begin(&alert, "");

	(void)state;
	record_shape(event, ATTRIBUTE_DNS_SHAPE, SHAPE_DNS_UDP53_NOT_DNS);
	assert_text(event, "2026-06-01 10:00:03 HIGH 10.77.0.5:22 <- 198.51.100.7:50000  "
			   "[5]: DNS shape udp53-not-dns; passed");
	alert.field = FIELD_SMTP_SHAPE;
	event = alert_begin(&alert, "");
	record_shape(event, ATTRIBUTE_SMTP_SHAPE, SHAPE_SMTP_CLIENT_FIRST_HTTP);
	assert_text(event, "2026-06-01 10:00:03 HIGH 10.77.0.5:22 <- 198.51.100.7:50000  "
			   "[5]: SMTP shape client-first-http; passed");
}

static void alert_text_query_of_an_inside_server(void **state)
{
	const struct event_alert alert = {
		.sid = 7,
		.severity = 2,
		.would = TAKEN_DROPPED,
		.field = FIELD_DNS_QUERY,
	};
	struct event *event = alert_begin(&alert, "Ebury domain");

	(void)state;
	record_dns_tuple(event);
	record_dns(event, 1, "x.pbarsec.com");
	assert_text(event, "2026-06-01 10:00:03 HIGH [2001:db8::53]:40000 -> [2001:db8:0:1::1]:53  "
			   "Ebury domain [7]: DNS query x.pbarsec.com; passed, would drop");
}

static void alert_text_mail_and_tls_show_what_the_field_held(void **state)
{
	struct event_alert alert = {
		.sid = 5,
		.severity = 3,
		.field = FIELD_SMTP_MAIL_FROM_LOCAL,
	};
	struct event *event = alert_begin(&alert, "");

	(void)state;
	record_text(event, ATTRIBUTE_SMTP_MAIL_FROM, "<www-data@web1.example>");
	assert_text(event, "2026-06-01 10:00:03 MEDIUM 10.77.0.5:22 <- 198.51.100.7:50000  "
			   "[5]: SMTP mail from local <www-data@web1.example>; passed");
	alert.field = FIELD_TLS_SNI;
	event = alert_begin(&alert, "");
	record_text(event, ATTRIBUTE_TLS_SNI, "c2.example");
	assert_text(event, "2026-06-01 10:00:03 MEDIUM 10.77.0.5:22 <- 198.51.100.7:50000  "
			   "[5]: TLS sni c2.example; passed");
}

static void alert_text_both_or_neither_inside_is_the_originator(void **state)
{
	const struct event_alert alert = { .sid = 9, .severity = 4, .field = FIELD_IP_DST };
	struct event *event = alert_begin(&alert, "");

	(void)state;
	event->inside = 0;
	assert_text(event, "2026-06-01 10:00:03 LOW 198.51.100.7:50000 -> 10.77.0.5:22  "
			   "[9]: IP dst; passed");
	event->inside = 3;
	event->tuple.source_port = event->tuple.destination_port = 0;
	assert_text(event,
		    "2026-06-01 10:00:03 LOW 198.51.100.7 -> 10.77.0.5  [9]: IP dst; passed");
}

static void alert_text_says_what_was_done_and_why_not_more(void **state)
{
	static const struct {
		struct event_alert alert;
		const char *outcome;
	} outcomes[] = {
		{ { .would = TAKEN_DROPPED, .taken = TAKEN_DROPPED, .enforcing = 1 }, "dropped" },
		{ { .would = TAKEN_REJECTED, .taken = TAKEN_REJECTED, .enforcing = 1 },
		  "rejected" },
		/* another signature did more */
		{ { .would = TAKEN_DROPPED, .taken = TAKEN_QUARANTINED, .enforcing = 1 },
		  "quarantined, asked to drop" },
		{ { .would = TAKEN_QUARANTINED,
		    .taken = TAKEN_QUARANTINED,
		    .enforcing = 1,
		    .quarantine_s = 3600 },
		  "quarantined for 1h" },
		{ { .would = TAKEN_QUARANTINED, .quarantine_s = 2592000 },
		  "passed, would quarantine for 30d" },
		{ { .would = TAKEN_QUARANTINED, .quarantine_s = 90 },
		  "passed, would quarantine for 90s" },
		{ { .would = TAKEN_DROPPED, .guard = GUARD_NOT_INSIDE, .quarantine_s = 60 },
		  "passed, would drop (no quarantine: not sent by an inside server)" },
		{ { .would = TAKEN_DROPPED, .guard = GUARD_HANDSHAKE, .quarantine_s = 60 },
		  "passed, would drop (no quarantine: no complete handshake)" },
		{ { .would = TAKEN_DROPPED,
		    .taken = TAKEN_DROPPED,
		    .guard = GUARD_FULL,
		    .enforcing = 1,
		    .quarantine_s = 60 },
		  "dropped (no quarantine: no place left)" },
		{ { .would = TAKEN_DROPPED, .guard = GUARD_NO_RESET },
		  "passed, would drop (no reset: not TCP)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		struct event_alert alert = outcomes[i].alert;
		char expected[256] = "2026-06-01 10:00:03 MEDIUM 10.77.0.5:22 <- "
				     "198.51.100.7:50000  m [3]: IP src; ";

		alert.sid = 3;
		alert.severity = 3;
		alert.field = FIELD_IP_SRC;
		assert_text(alert_begin(&alert, "m"), strcat(expected, outcomes[i].outcome));
	}
}

static void alert_text_bytes_off_the_wire_are_escaped(void **state)
{
	const struct event_alert alert = {
		.sid = 3,
		.severity = 3,
		.field = FIELD_SSH_SERVER_SOFTWARE,
	};
	struct event *event = alert_begin(&alert, "M\xc3\xb6we \x1b[2J\xc2\x9b\xff");

	(void)state;
	record_text(event, ATTRIBUTE_SSH_SERVER_SOFTWARE, "a\x1b[2J\n\xc3\xb6");
	assert_text(event, "2026-06-01 10:00:03 MEDIUM 10.77.0.5:22 <- 198.51.100.7:50000  "
			   "M\xc3\xb6we ?[2J?? [3]: SSH server software "
			   "a\\x1b[2J\\x0a\\xc3\\xb6; passed");
}

static void alert_text_small_buffer_is_not_overrun(void **state)
{
	const struct event_alert alert = { .sid = 3, .severity = 3, .field = FIELD_IP_SRC };
	const struct event *event = alert_begin(&alert, "a message");
	size_t whole = alert_text(event, out, sizeof(out));

	(void)state;
	for (size_t size = 0; size <= whole; size++) {
		char *small = test_malloc(size + 1);

		assert_true(alert_text(event, small, size) <= size);
		assert_memory_equal(small, out, alert_text(event, small, size));
		test_free(small);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alert_text_shape_seen_from_outside),
		cmocka_unit_test(
			alert_text_of_what_is_not_the_port_s_protocol_tells_the_shape_alone),
		cmocka_unit_test(alert_text_query_of_an_inside_server),
		cmocka_unit_test(alert_text_mail_and_tls_show_what_the_field_held),
		cmocka_unit_test(alert_text_both_or_neither_inside_is_the_originator),
		cmocka_unit_test(alert_text_says_what_was_done_and_why_not_more),
		cmocka_unit_test(alert_text_bytes_off_the_wire_are_escaped),
		cmocka_unit_test(alert_text_small_buffer_is_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
