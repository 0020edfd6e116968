/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A policy that is published while connections are under way: the mode may change
 * with bytes in flight, rules may come and go for flows that they cut.
 */
#include "tests/scanner/policy_stage.h"

#define MESSAGE_BYTES 60000u

static struct connection connection;
static uint8_t message[MESSAGE_BYTES]; /* one DNS message, of which only the beginning is read */

static void open_message(const struct scanner_config *config)
{
	rig_open(&rig, config);
	for (uint32_t i = write_query(message, "good.example"); i < MESSAGE_BYTES; i++) {
		message[i] = (uint8_t)(i * 7 + i / 256);
	}
	message[0] = (uint8_t)((MESSAGE_BYTES - 2) >> 8);
	message[1] = (uint8_t)(MESSAGE_BYTES - 2);
	connection = outbound(5, 1, 53);
	rig_handshake(&rig, &connection);
}

static int setup_message(void **state)
{
	(void)state;
	open_message(NULL);
	return 0;
}

/* Keeps less than the message in either mode. */
static int setup_narrow(void **state)
{
	struct scanner_config config = rig_config();

	(void)state;
	config.reorder_bytes = 4096;
	config.retain_bytes = 2000;
	open_message(&config);
	return 0;
}

static struct verdict send_bytes(uint32_t offset, uint32_t length, const uint8_t *bytes)
{
	const struct odd odd = {
		.direction = TO_RESPONDER,
		.flags = TCP_ACK,
		.offset = (int32_t)offset,
		.bytes = bytes,
		.length = length,
	};

	return rig_odd(&rig, &connection, &odd);
}

static enum fate send_at(uint32_t offset)
{
	return send_bytes(offset, 1000, message + offset).fate;
}

static void send_range(uint32_t from, uint32_t to)
{
	for (; from < to; from += 1000) {
		assert_int_equal(send_at(from), FATE_FORWARDED);
	}
}

static enum fate send_other_bytes(uint32_t offset, uint32_t same)
{
	uint8_t bytes[1000];

	memcpy(bytes, message + offset, sizeof(bytes));
	bytes[same] ^= 1;
	return send_bytes(offset, sizeof(bytes), bytes).fate;
}

static void acknowledge(uint32_t offset)
{
	const struct odd odd = {
		.direction = TO_ORIGINATOR,
		.flags = TCP_ACK,
		.acknowledge = (int32_t)offset,
	};

	assert_int_equal(rig_odd(&rig, &connection, &odd).fate, FATE_FORWARDED);
}

/* --- from monitor to enforce --- */

static void enforcing_begins_in_flight_sent_again_passes(void **state)
{
	(void)state;
	send_range(0, 20000);
	rig_publish(&rig, NULL, true);
	send_range(0, 20000);
	assert_int_equal(rig.anomalies[ANOMALY_STREAM_UNVERIFIED], 1);
	acknowledge(20000);
	send_range(20000, 30000);
	assert_int_equal(rig_seen(&rig, SEEN_INSPECTED), rig.rx[0] + rig.rx[1]);
}

static void enforcing_begins_what_was_kept_conflict_dropped(void **state)
{
	(void)state;
	send_range(0, 20000);
	rig_publish(&rig, NULL, true);
	assert_int_equal(send_other_bytes(0, 999), FATE_STREAM_CONFLICT);
	assert_int_equal(send_at(0), FATE_FORWARDED);
	assert_int_equal(rig.anomalies[ANOMALY_STREAM_UNVERIFIED], 0);
}

static void enforcing_begins_new_bytes_first_value_holds(void **state)
{
	(void)state;
	send_range(0, 20000);
	rig_publish(&rig, NULL, true);
	send_range(20000, 22000);
	assert_int_equal(send_other_bytes(20000, 0), FATE_STREAM_CONFLICT);
	assert_int_equal(send_other_bytes(19500, 500), FATE_STREAM_CONFLICT);
	assert_int_equal(send_other_bytes(21000, 999), FATE_STREAM_CONFLICT);
	assert_int_equal(send_at(19500), FATE_FORWARDED);
	assert_int_equal(send_at(21000), FATE_FORWARDED);
}

static void enforcing_begins_more_in_flight_than_kept_goes_on(void **state)
{
	(void)state;
	send_range(0, 20000);
	rig_publish(&rig, NULL, true);
	assert_int_equal(send_at(20000), FATE_STREAM_RETAIN);
	send_range(0, 20000);
	acknowledge(20000);
	send_range(20000, 24000);
	assert_int_equal(send_other_bytes(20000, 0), FATE_STREAM_CONFLICT);
}

/* What lay behind a hole, too far ahead to be kept, will not be sent again. */
static void enforcing_begins_behind_hole_ends_as_gap(void **state)
{
	(void)state;
	send_range(0, 1000);
	send_range(2000, 12000);
	rig_publish(&rig, NULL, true);
	send_range(1000, 2000);
	acknowledge(12000);
	send_range(12000, 20000);
	assert_int_equal(rig.last.seen, SEEN_STREAM_GAP);
	assert_int_equal(rig.anomalies[ANOMALY_STREAM_GAP], 1);
}

static void enforcing_begins_again_in_flight_passes(void **state)
{
	(void)state;
	rig_publish(&rig, NULL, true);
	send_range(0, 1000);
	rig_publish(&rig, NULL, false);
	send_range(1000, 20000);
	rig_publish(&rig, NULL, true);
	send_range(0, 20000);
}

/* Enforcing concerns a flow from when both its sides were heard. */
static void enforcing_one_side_heard_in_flight_passes(void **state)
{
	(void)state;
	rig_publish(&rig, NULL, true);
	connection = outbound(6, 1, 53);
	send_range(0, 20000);
	rig_send(&rig, &connection, TO_ORIGINATOR, TCP_ACK, "\xff");
	send_range(0, 20000);
	assert_int_equal(send_at(20000), FATE_FORWARDED);
	assert_int_equal(send_other_bytes(20000, 0), FATE_STREAM_CONFLICT);
}

/* --- rules that come and go --- */

static const char drop_bad[] = "5 critical drop dns.query bad.example\n";

static enum fate asked(const char *name)
{
	return ask_one(&connection, name).fate;
}

/* The connection is cut with its second query, which the sender goes on repeating. */
static void cut_by_content(void)
{
	rig_publish(&rig, drop_bad, true);
	connection = outbound(5, 1, 53);
	rig_handshake(&rig, &connection);
	assert_int_equal(asked("good.example"), FATE_FORWARDED);
	const struct connection before = connection;

	assert_int_equal(asked("bad.example"), FATE_SIGNATURE_DROP);
	connection = before;
	assert_int_equal(asked("bad.example"), FATE_SIGNATURE_DROP);
	connection = before;
}

static void content_rule_gone_flow_goes_on(void **state)
{
	(void)state;
	cut_by_content();
	rig_publish(&rig, "6 critical drop dns.query worse.example\n", true);
	assert_int_equal(asked("bad.example"), FATE_FORWARDED);
	assert_int_equal(asked("good.example"), FATE_FORWARDED);
	assert_int_equal(rig.last.seen, SEEN_INSPECTED);
	assert_int_equal(rig.events[EVENT_DNS], 3);
	assert_int_equal(asked("worse.example"), FATE_SIGNATURE_DROP);
}

static void content_rule_alerts_only_now_flow_goes_on(void **state)
{
	(void)state;
	cut_by_content();
	rig_publish(&rig, "5 critical alert dns.query bad.example\n", true);
	assert_int_equal(asked("bad.example"), FATE_FORWARDED);
}

static void content_rule_expired_meanwhile_flow_goes_on(void **state)
{
	(void)state;
	cut_by_content();
	rig_publish(&rig, "5 critical drop dns.query bad.example expires=2025-12-31\n", true);
	assert_int_equal(asked("bad.example"), FATE_FORWARDED);
}

static void content_rule_still_there_flow_stays_cut(void **state)
{
	(void)state;
	cut_by_content();
	rig_publish(&rig,
		    "4 critical drop dns.query a.example\n"
		    "5 critical drop dns.query bad.example\n"
		    "6 critical drop dns.query b.example\n"
		    "9 critical drop dns.query c.example\n",
		    true);
	assert_int_equal(asked("bad.example"), FATE_SIGNATURE_DROP);
	assert_int_equal(asked("good.example"), FATE_SIGNATURE_DROP);
	assert_int_equal(alerts(), 1);
}

/* Which signature it was is forgotten with the session, that it was the content is not. */
static void content_rule_gone_session_gone_flow_stays_cut(void **state)
{
	struct connection others[16];

	(void)state;
	cut_by_content();
	const struct connection bad = connection;

	rig.now.ns += 61 * NS_PER_S;
	for (uint8_t i = 0; i < 16; i++) {
		others[i] = outbound(6, (uint8_t)(10 + i), 53);
		rig_handshake(&rig, &others[i]);
		ask_one(&others[i], "good.example");
	}
	connection = bad;
	rig_publish(&rig, NULL, true);
	assert_int_equal(asked("bad.example"), FATE_SIGNATURE_DROP);
	rig_publish(&rig, NULL, false);
	assert_int_equal(asked("bad.example"), FATE_FORWARDED);
}

static void content_datagrams_published_again_each_judged(void **state)
{
	(void)state;
	rig_publish(&rig, drop_bad, true);
	assert_int_equal(ask_udp(5, "bad.example").fate, FATE_SIGNATURE_DROP);
	assert_int_equal(ask_udp(5, "good.example").fate, FATE_SIGNATURE_DROP);
	rig_publish(&rig, drop_bad, true);
	assert_int_equal(ask_udp(5, "good.example").fate, FATE_FORWARDED);
	assert_int_equal(ask_udp(5, "bad.example").fate, FATE_SIGNATURE_DROP);
	assert_int_equal(ask_udp(5, "good.example").fate, FATE_SIGNATURE_DROP);
}

/* That every flow is judged again for a quarantine lifts nothing. */
static void content_quarantine_begins_flows_stay_cut(void **state)
{
	static const char both[] = "4 critical quarantine dns.query worse.example\n"
				   "5 critical drop dns.query bad.example\n";

	(void)state;
	rig_publish(&rig, both, true);
	assert_int_equal(ask_udp(5, "bad.example").fate, FATE_SIGNATURE_DROP);
	connection = outbound(6, 1, 53);
	rig_handshake(&rig, &connection);
	asked("worse.example");
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 1);
	assert_int_equal(ask_udp(5, "good.example").fate, FATE_SIGNATURE_DROP);
}

static void address_rule_gone_flow_goes_on(void **state)
{
	(void)state;
	rig_publish(&rig, "7 high drop ip.dst 198.51.100.1\n", true);
	connection = outbound(5, 1, 53);
	rig_handshake(&rig, &connection);
	assert_int_equal(rig.last.fate, FATE_SIGNATURE_DROP);
	rig_publish(&rig, "7 high drop ip.dst 198.51.100.0/24\n", true);
	assert_int_equal(asked("good.example"), FATE_SIGNATURE_DROP);
	assert_int_equal(alerts(), 1);
	rig_publish(&rig, NULL, true);
	assert_int_equal(asked("good.example"), FATE_FORWARDED);
}

int main(void)
{
#define case_message(name) cmocka_unit_test_setup_teardown(name, setup_message, teardown)
#define case_narrow(name) cmocka_unit_test_setup_teardown(name, setup_narrow, teardown)
#define case_of(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		case_message(enforcing_begins_in_flight_sent_again_passes),
		case_message(enforcing_begins_what_was_kept_conflict_dropped),
		case_message(enforcing_begins_new_bytes_first_value_holds),
		case_narrow(enforcing_begins_more_in_flight_than_kept_goes_on),
		case_narrow(enforcing_begins_behind_hole_ends_as_gap),
		case_message(enforcing_begins_again_in_flight_passes),
		case_message(enforcing_one_side_heard_in_flight_passes),
		case_of(content_rule_gone_flow_goes_on),
		case_of(content_rule_alerts_only_now_flow_goes_on),
		case_of(content_rule_expired_meanwhile_flow_goes_on),
		case_of(content_rule_still_there_flow_stays_cut),
		case_of(content_rule_gone_session_gone_flow_stays_cut),
		case_of(content_datagrams_published_again_each_judged),
		case_of(content_quarantine_begins_flows_stay_cut),
		case_of(address_rule_gone_flow_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
