/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EVE lines: golden ones, in eve_golden.jsonl (tests/system/test_eve_schema.py holds
 * the same file against Suricata's schema), every size of buffer, the fullest
 * record, and any bytes in every text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/eve.h"
#include "scanner/anomaly.h"
#include "scanner/reason.h"
#include "tests/firmware/eve_events.h"

#define GOLDEN "tests/firmware/eve_golden.jsonl"

static const struct eve_options plain = { .interface = NULL };
static const struct eve_options named = { .interface = "data0", .host = "rack7" };

static struct record record;
static char out[EVE_LINE_MAX + 1];

/* --- the events of the golden lines ---------------------------------------------------- */

static void ssh_whole(struct event *event)
{
	event->app = APP_SSH;
	record_text(event, ATTRIBUTE_SSH_CLIENT_PROTOCOL, "2.0");
	record_text(event, ATTRIBUTE_SSH_CLIENT_SOFTWARE, "OpenSSH_9.2p1");
	record_text(event, ATTRIBUTE_SSH_CLIENT_HASSH, "51cba57125523ce4b9db67714a90bf6e");
	record_text(event, ATTRIBUTE_SSH_CLIENT_HASSH_STRING, "curve25519-sha256;a;b;none,zlib");
	record_text(event, ATTRIBUTE_SSH_CLIENT_HASSH_CORE, "f555226df1963d1d3c09daf865abdc9a");
	record_text(event, ATTRIBUTE_SSH_SERVER_PROTOCOL, "2.0");
	record_text(event, ATTRIBUTE_SSH_SERVER_SOFTWARE, "dropbear");
	record_shape(event, ATTRIBUTE_SSH_SERVER_IDENT_SHAPE, SHAPE_IDENT_BARE_LF);
	record_shape(event, ATTRIBUTE_SSH_SERVER_IDENT_SHAPE, SHAPE_IDENT_PRE_IDENT_LINES);
	record_text(event, ATTRIBUTE_SSH_HOSTKEY_SHA256,
		    "nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8");
	record_text(event, ATTRIBUTE_SSH_HOSTKEY_TYPE, "ssh-ed25519");
}

static void ssh_ebury(struct event *event)
{
	event->app = APP_SSH;
	record_shape(event, ATTRIBUTE_SSH_SERVER_IDENT_SHAPE, SHAPE_IDENT_EBURY_BASE64);
	record_text(event, ATTRIBUTE_SSH_SERVER_IDENT_PREFIX, "FcZp");
	record_text(event, ATTRIBUTE_SSH_CLIENT_PROTOCOL, "2.0");
	record_shape(event, ATTRIBUTE_SSH_CLIENT_IDENT_SHAPE, SHAPE_IDENT_EBURY_HEX);
	record_text(event, ATTRIBUTE_SSH_CLIENT_IDENT_PREFIX, "b479");
}

static void record_recipient(struct event *event, uint16_t code, const char *path)
{
	struct {
		struct event_smtp_rcpt head;
		char path[64];
	} recipient = { { code }, "" };

	strcpy(recipient.path, path);
	event_put(event, ATTRIBUTE_SMTP_RCPT_TO, &recipient, sizeof(recipient.head) + strlen(path));
}

static void smtp_mail(struct event *event)
{
	const struct event_smtp smtp = {
		.data_code = 250, .starttls = SMTP_STARTTLS_REFUSED, .complete = 1, .size = 4711
	};

	event->app = APP_SMTP;
	event->tx_id = 2;
	record_text(event, ATTRIBUTE_SMTP_BANNER, "mx.example ESMTP");
	record_text(event, ATTRIBUTE_SMTP_HELO, "ylmf-pc");
	record_shape(event, ATTRIBUTE_SMTP_HELO_SHAPE, SHAPE_HELO_NO_DOT);
	record_text(event, ATTRIBUTE_SMTP_AUTH_MECHANISM, "PLAIN");
	record_text(event, ATTRIBUTE_SMTP_MAIL_FROM, "<www-data@web.example>");
	record_recipient(event, 250, "<a@b.example>");
	record_recipient(event, 0, "<\"c d\"@e.example>");
	event_put(event, ATTRIBUTE_SMTP, &smtp, sizeof(smtp));
	record_shape(event, ATTRIBUTE_SMTP_SHAPE, SHAPE_SMTP_WEB_USER_SENDER);
	record_text(event, ATTRIBUTE_MAIL_FROM, "Caf\xc3\xa9 <c@d.example>");
	record_text(event, ATTRIBUTE_MAIL_TO, "a@b.example");
	record_text(event, ATTRIBUTE_MAIL_CC, "e@f.example");
	record_text(event, ATTRIBUTE_MAIL_TO, "g@h.example");
	record_text(event, ATTRIBUTE_MAIL_DATE, "Mon, 01 Jun 2026 10:00:00 +0000");
	record_text(event, ATTRIBUTE_MAIL_SUBJECT, "hello");
	record_text(event, ATTRIBUTE_MAIL_MESSAGE_ID, "<1@web.example>");
	record_text(event, ATTRIBUTE_MAIL_X_MAILER, "mailer 1");
	record_text(event, ATTRIBUTE_MAIL_RECEIVED, "from x by y");
	record_text(event, ATTRIBUTE_MAIL_ATTACHMENT, "invoice.pdf");
	record_text(event, ATTRIBUTE_MAIL_HEADER_ORDER, "from,to,cc,to");
	record_text(event, ATTRIBUTE_MAIL_BOUNDARY_SHAPE, "9A1a3");
}

static void smtp_session(struct event *event)
{
	const struct event_smtp smtp = { .refused_code = 554 };

	event->app = APP_SMTP;
	record_text(event, ATTRIBUTE_SMTP_BANNER, "mx.example");
	event_put(event, ATTRIBUTE_SMTP, &smtp, sizeof(smtp));
}

static void alert_of_mail(struct event *event)
{
	const struct event_smtp smtp = { .size = 10 };
	const struct event_alert alert = {
		.sid = 3,
		.revision = 1,
		.severity = 2,
		.field = FIELD_SMTP_RCPT_TO,
	};

	event->app = APP_SMTP;
	event->tx_id = 1;
	record_alert(event, &alert, "drop box");
	record_recipient(event, 550, "<a@b.example>");
	record_recipient(event, 250, "<c@d.example>");
	record_recipient(event, 0, "<e@f.example>");
	event_put(event, ATTRIBUTE_SMTP, &smtp, sizeof(smtp));
}

static void dns_query(struct event *event)
{
	record_dns_tuple(event);
	event->tx_id = 3;
	record_dns(event, 15, "a\\046b.example");
}

static void dns_ebury(struct event *event)
{
	record_dns_tuple(event);
	event->tuple.vlan[1] = VLAN_NONE;
	record_dns(event, 1, "<redacted:10>.198.51.100.7");
	record_shape(event, ATTRIBUTE_DNS_SHAPE, SHAPE_DNS_EBURY_EXFIL);
}

static void dns_type_unknown(struct event *event)
{
	record_dns_tuple(event);
	event->direction = TO_ORIGINATOR;
	record_dns(event, 65280, ".");
}

static void tls_whole(struct event *event)
{
	event->app = APP_TLS;
	event->tuple.destination_port = 465;
	record_text(event, ATTRIBUTE_TLS_SNI, "Mail.Example.ORG");
	record_text(event, ATTRIBUTE_TLS_ALPN, "h2");
	record_text(event, ATTRIBUTE_TLS_ALPN, "http/1.1");
	record_text(event, ATTRIBUTE_TLS_JA3, "de350869b8c85de67a350c8d186f11e6");
	record_text(event, ATTRIBUTE_TLS_JA3_STRING, "769,4-5-10-9-100-98-3-6-19-18-99,,,");
	record_text(event, ATTRIBUTE_TLS_JA4, "t10d110000_3609b414f052_000000000000");
}

/* After STARTTLS, and a name that is none. */
static void tls_upgraded(struct event *event)
{
	event->app = APP_SMTP;
	record_text(event, ATTRIBUTE_TLS_SNI, "a\\b \xff\"\n\x1b");
}

static void tls_nothing_known(struct event *event)
{
	event->app = APP_TLS;
}

static void alert_of_tls(struct event *event)
{
	const struct event_alert alert = {
		.sid = 1000005,
		.revision = 1,
		.severity = 2,
		.would = TAKEN_ALLOWED,
		.field = FIELD_TLS_JA4,
	};

	tls_whole(event);
	record_alert(event, &alert, "known bad client");
}

static void file_hashed(struct event *event)
{
	struct event_file file = {
		.size = 5000000000,
		.state = FILE_STATE_CLOSED,
		.hashed = 1,
		.sha256 = { 0xa5, [31] = 0x0f },
	};

	event->app = APP_SMTP;
	event->tx_id = 2;
	event_put(event, ATTRIBUTE_FILE, &file, sizeof(file));
	record_text(event, ATTRIBUTE_FILE_NAME, "a \"b\" \xe2\x82\xac\xff.exe");
}

static void file_truncated(struct event *event)
{
	struct event_file file = { .size = 7, .state = FILE_STATE_TRUNCATED };

	event->app = APP_SMTP;
	event->direction = TO_ORIGINATOR;
	event_put(event, ATTRIBUTE_FILE, &file, sizeof(file));
}

static void flow_ended(struct event *event)
{
	const struct event_flow flow = {
		.packets = { 12, 10 },
		.bytes = { 1800, 5000000000 },
		.start = { EXAMPLE_TIME_NS - 90 * NS_PER_S - 1 },
		.end = { EXAMPLE_TIME_NS },
		.state = FLOW_STATE_ESTABLISHED,
		.reason = FLOW_REASON_TIMEOUT,
		.alerted = 1,
		.seen = SEEN_ENCRYPTED,
	};

	event->app = APP_SSH;
	event_put(event, ATTRIBUTE_FLOW, &flow, sizeof(flow));
}

static void flow_icmp(struct event *event)
{
	const struct event_flow flow = {
		.packets = { 1, 0 },
		.bytes = { 98, 0 },
		.start = { EXAMPLE_TIME_NS },
		.end = { EXAMPLE_TIME_NS - 1 }, /* a clock that was set back */
		.state = FLOW_STATE_NEW,
		.reason = FLOW_REASON_SHUTDOWN,
		.seen = SEEN_FINISHED,
	};

	event->tuple.protocol = 1;
	event->tuple.source_port = event->tuple.destination_port = 0;
	event_put(event, ATTRIBUTE_FLOW, &flow, sizeof(flow));
}

static void flow_gre(struct event *event)
{
	const struct event_flow flow = { .state = FLOW_STATE_CLOSED, .reason = FLOW_REASON_FORCED };

	event->tuple.protocol = 47;
	event->app = APP_OTHER;
	event_put(event, ATTRIBUTE_FLOW, &flow, sizeof(flow));
}

static void anomaly_of_stream(struct event *event)
{
	const struct event_anomaly anomaly = { .anomaly = ANOMALY_STREAM_CONFLICT };

	event->tuple.protocol = 253;
	event_put(event, ATTRIBUTE_ANOMALY, &anomaly, sizeof(anomaly));
}

static void anomaly_counted(struct event *event)
{
	const struct event_anomaly anomaly = { .anomaly = ANOMALY_SSH_LOGIN_FAILURES, .count = 31 };

	event->app = APP_SSH;
	event_put(event, ATTRIBUTE_ANOMALY, &anomaly, sizeof(anomaly));
}

static void alert_monitor(struct event *event)
{
	const struct event_alert alert = {
		.sid = 2018264,
		.revision = 2,
		.severity = 1,
		.taken = TAKEN_ALLOWED,
		.would = TAKEN_DROPPED,
		.guard = GUARD_NOT_INSIDE,
		.field = FIELD_SSH_CLIENT_IDENT_SHAPE,
		.quarantine_s = 3600,
	};

	event->app = APP_SSH;
	record_alert(event, &alert, "Ebury \"backdoor\" login");
	record_text(event, ATTRIBUTE_ALERT_REFERENCE, "https://example.org/ebury?a=b&c");
	record_text(event, ATTRIBUTE_ALERT_CLASS, "trojan-activity");
	record_text(event, ATTRIBUTE_SSH_CLIENT_PROTOCOL, "2.0");
	record_shape(event, ATTRIBUTE_SSH_CLIENT_IDENT_SHAPE, SHAPE_IDENT_BARE_LF);
	record_shape(event, ATTRIBUTE_SSH_CLIENT_IDENT_SHAPE, SHAPE_IDENT_EBURY_BASE64);
	record_text(event, ATTRIBUTE_SSH_CLIENT_IDENT_PREFIX, "XDbx");
	record_text(event, ATTRIBUTE_SSH_HOSTKEY_SHA256,
		    "nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8");
}

static void alert_enforced(struct event *event)
{
	const struct event_alert alert = {
		.sid = 2147483647,
		.revision = 1,
		.severity = 4,
		.taken = TAKEN_QUARANTINED,
		.would = TAKEN_QUARANTINED,
		.field = FIELD_DNS_QUERY,
		.enforcing = 1,
		.quarantine_s = 2592000,
	};

	record_dns_tuple(event);
	event->tx_id = 7;
	record_alert(event, &alert, "");
	record_dns(event, 1, "x.pbarsec.com");
}

static void alert_of_address(struct event *event)
{
	const struct event_alert alert = {
		.sid = 1,
		.revision = 1,
		.severity = 2,
		.would = TAKEN_REJECTED,
		.field = FIELD_IP_DST,
	};

	record_alert(event, &alert, "Blaumeise \xc3\xbc\xf0\x9f\x90\xa6 \xff\x1b[2J");
	event->truncated = 2;
}

static const struct {
	const char *name;
	enum event_type type;
	void (*fill)(struct event *event);
	const struct eve_options *options;
} cases[] = {
	{ "ssh", EVENT_SSH, ssh_whole, &named },
	{ "ssh, Ebury", EVENT_SSH, ssh_ebury, &plain },
	{ "dns", EVENT_DNS, dns_query, &plain },
	{ "dns, Ebury", EVENT_DNS, dns_ebury, &plain },
	{ "dns, unknown type", EVENT_DNS, dns_type_unknown, &plain },
	{ "tls", EVENT_TLS, tls_whole, &plain },
	{ "tls, after STARTTLS", EVENT_TLS, tls_upgraded, &plain },
	{ "tls, nothing known", EVENT_TLS, tls_nothing_known, &plain },
	{ "fileinfo", EVENT_FILEINFO, file_hashed, &plain },
	{ "fileinfo, truncated", EVENT_FILEINFO, file_truncated, &plain },
	{ "flow", EVENT_FLOW, flow_ended, &named },
	{ "flow, ICMP", EVENT_FLOW, flow_icmp, &plain },
	{ "flow, GRE", EVENT_FLOW, flow_gre, &plain },
	{ "anomaly, stream", EVENT_ANOMALY, anomaly_of_stream, &plain },
	{ "anomaly, counted", EVENT_ANOMALY, anomaly_counted, &plain },
	{ "alert, monitor", EVENT_ALERT, alert_monitor, &plain },
	{ "alert, enforced", EVENT_ALERT, alert_enforced, &plain },
	{ "alert, tls", EVENT_ALERT, alert_of_tls, &plain },
	{ "alert, address", EVENT_ALERT, alert_of_address, &plain },
	{ "smtp", EVENT_SMTP, smtp_mail, &named },
	{ "smtp, no mail", EVENT_SMTP, smtp_session, &plain },
	{ "alert, mail", EVENT_ALERT, alert_of_mail, &plain },
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

static const struct event *case_event(size_t i)
{
	struct event *event = record_begin(&record, cases[i].type);

	cases[i].fill(event);
	return event;
}

static void eve_encode_golden_lines_agree(void **state)
{
	static char line[8192];
	FILE *golden = fopen(GOLDEN, "r");

	(void)state;
	if (golden == NULL) {
		fail_msg("no %s: tests run in the root of the tree", GOLDEN);
	}
	for (size_t i = 0; i < CASES; i++) {
		size_t length = eve_encode(case_event(i), cases[i].options, out, EVE_LINE_MAX);

		out[length] = '\0';
		if (fgets(line, sizeof(line), golden) == NULL || strcmp(line, out) != 0) {
			fail_msg("%s: got\n%s", cases[i].name, out);
		}
	}
	assert_null(fgets(line, sizeof(line), golden));
	fclose(golden);
}

static void eve_encode_buffer_too_small_gives_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		const struct event *event = case_event(i);
		size_t length = eve_encode(event, cases[i].options, out, EVE_LINE_MAX);

		for (size_t size = 0; size <= length; size++) {
			/* a copy of that size, so that a byte behind it is found */
			char *small = test_malloc(size + 1);

			small[size] = '#';
			assert_int_equal(eve_encode(event, cases[i].options, small, size),
					 size == length ? length : 0);
			assert_int_equal(small[size], '#');
			test_free(small);
		}
	}
}

static void eve_encode_no_flow_leaves_its_keys_out(void **state)
{
	struct event *event = record_begin(&record, EVENT_ANOMALY);

	(void)state;
	event->flow_id = 0;
	event->tuple = (struct event_tuple){ .family = 0 };
	anomaly_counted(event);
	out[eve_encode(event, &plain, out, EVE_LINE_MAX)] = '\0';
	assert_null(strstr(out, "flow_id"));
	assert_null(strstr(out, "src_ip"));
	assert_null(strstr(out, "community_id"));
	assert_non_null(strstr(out, "\"event\":\"ssh-login-failures\""));
}

static void eve_encode_anomaly_of_a_window_tells_both_figures(void **state)
{
	const struct event_anomaly anomaly = { .anomaly = ANOMALY_SMTP_MAILS,
					       .count = 11,
					       .window_s = 120 };
	struct event *event = record_begin(&record, EVENT_ANOMALY);

	(void)state;
	event_put(event, ATTRIBUTE_ANOMALY, &anomaly, sizeof(anomaly));
	out[eve_encode(event, &plain, out, EVE_LINE_MAX)] = '\0';
	assert_non_null(strstr(out, "\"flowvars\":[{\"portreeve_count\":\"11\"},"
				    "{\"portreeve_window_s\":\"120\"}]"));
	assert_non_null(strstr(out, "\"event\":\"smtp-mails\""));
}

static void eve_encode_fullest_record_fits(void **state)
{
	static const struct eve_options longest = { .interface = NULL };
	static uint8_t worst[EVENT_MAX_BYTES];

	(void)state;
	memset(worst, 1, sizeof(worst)); /* becomes \u0001, six times as long */
	for (size_t length = 0; length < 16000; length = length < 40 ? length + 1 : length * 2) {
		struct event *event = record_begin(&record, EVENT_ALERT);

		alert_monitor(event);
		while (event->truncated == 0) {
			event_put(event, ATTRIBUTE_ALERT_REFERENCE, worst, length);
		}
		assert_int_not_equal(eve_encode(event, &longest, out, EVE_LINE_MAX), 0);

		event = record_begin(&record, EVENT_SSH);
		ssh_ebury(event);
		event_put(event, ATTRIBUTE_SSH_SERVER_SOFTWARE, worst, length);
		while (event->truncated == 0) {
			record_shape(event, ATTRIBUTE_SSH_CLIENT_IDENT_SHAPE,
				     SHAPE_IDENT_PRE_IDENT_LINES);
		}
		assert_int_not_equal(eve_encode(event, &longest, out, EVE_LINE_MAX), 0);
	}
}

/* Nothing of a text that is not plain gets out: no line end, no control character, no byte that
 * is not UTF-8, and as many quotes as the same event with a harmless text has. */
static void eve_encode_any_bytes_stay_in_their_string(void **state)
{
	static const uint8_t special[] = { '"', '\\', '\n', '\r' };
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		uint8_t bytes[64];
		struct event *event = record_begin(&record, EVENT_SSH);
		size_t quotes = 0, length;

		for (size_t i = 0; i < sizeof(bytes); i++) {
			random = random * 1664525 + 1013904223;
			bytes[i] = (uint8_t)(random >> 24);
			if (bytes[i] < 64) {
				bytes[i] = special[bytes[i] & 3];
			}
		}
		event_put(event, ATTRIBUTE_SSH_CLIENT_SOFTWARE, bytes, sizeof(bytes));
		length = eve_encode(event, &plain, out, EVE_LINE_MAX);
		assert_int_equal(out[length - 1], '\n');
		for (size_t i = 0; i + 1 < length; i++) {
			assert_true((uint8_t)out[i] >= 0x20 && out[i] != 0x7f);
			if (out[i] == '\\') {
				i++;
			} else {
				quotes += out[i] == '"';
			}
		}
		event = record_begin(&record, EVENT_SSH);
		record_text(event, ATTRIBUTE_SSH_CLIENT_SOFTWARE, "x");
		length = eve_encode(event, &plain, out, EVE_LINE_MAX);
		for (size_t i = 0; i < length; i++) {
			quotes -= out[i] == '"';
		}
		assert_int_equal(quotes, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eve_encode_golden_lines_agree),
		cmocka_unit_test(eve_encode_buffer_too_small_gives_nothing),
		cmocka_unit_test(eve_encode_no_flow_leaves_its_keys_out),
		cmocka_unit_test(eve_encode_anomaly_of_a_window_tells_both_figures),
		cmocka_unit_test(eve_encode_fullest_record_fits),
		cmocka_unit_test(eve_encode_any_bytes_stay_in_their_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
