/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a match to what is done: alert, drop and reject in both modes, what a new
 * policy does to flows that are there, and that each alert says what became of its
 * frame. Sets are compiled from signature lines.
 */
#include "tests/scanner/policy_stage.h"

/* --- the four actions --- */

static void alert_either_mode_allowed(void **state)
{
	(void)state;
	for (unsigned enforcing = 0; enforcing < 2; enforcing++) {
		struct connection connection = outbound(21, (uint8_t)(1 + enforcing), 53);

		rig_publish(&rig, "1 high alert dns.query bad.example msg=\"a bad one\"\n",
			    enforcing != 0);
		rig_handshake(&rig, &connection);
		assert_int_equal(ask_one(&connection, "www.bad.example").fate, FATE_FORWARDED);
		const struct note *note = rig_alert(&rig, 1, enforcing);

		assert_non_null(note);
		assert_int_equal(note->alert.taken, TAKEN_ALLOWED);
		assert_int_equal(note->alert.would, TAKEN_ALLOWED);
		assert_int_equal(note->alert.enforcing, enforcing);
		assert_int_equal(note->alert.severity, 2);
		assert_int_equal(note->alert.field, FIELD_DNS_QUERY);
		assert_int_equal(note->app, APP_DNS);
		assert_int_equal(note->inside, 1);
		assert_string_equal(note->message, "a bad one");
	}
	assert_int_equal(scanner_counters(rig.scanner)->alerts[2], 2);
}

static void drop_monitoring_said_not_done(void **state)
{
	struct connection connection = outbound(21, 1, 53);

	(void)state;
	rig_publish(&rig, "1 high drop dns.query bad.example\n", false);
	rig_handshake(&rig, &connection);
	assert_int_equal(ask_one(&connection, "bad.example").fate, FATE_FORWARDED);
	assert_alert(1, TAKEN_ALLOWED, TAKEN_DROPPED, GUARD_NONE);
	assert_int_equal(ask_one(&connection, "good.example").fate, FATE_FORWARDED);
}

static void drop_enforcing_frame_and_rest_of_flow(void **state)
{
	struct connection connection = outbound(21, 1, 53), other = outbound(21, 2, 53);

	(void)state;
	rig_publish(&rig, "1 high drop dns.query bad.example\n", true);
	rig_handshake(&rig, &connection);
	assert_int_equal(ask_one(&connection, "good.example").fate, FATE_FORWARDED);
	assert_int_equal(ask_one(&connection, "bad.example").fate, FATE_SIGNATURE_DROP);
	assert_alert(1, TAKEN_DROPPED, TAKEN_DROPPED, GUARD_NONE);
	assert_int_equal(ask_one(&connection, "good.example").fate, FATE_SIGNATURE_DROP);
	assert_int_equal(rig_send(&rig, &connection, TO_ORIGINATOR, TCP_ACK, "x").fate,
			 FATE_SIGNATURE_DROP);
	assert_int_equal(rig_send(&rig, &connection, TO_ORIGINATOR, TCP_RST, NULL).fate,
			 FATE_SIGNATURE_DROP);
	assert_int_equal(rig.injection_count, 0);
	rig_handshake(&rig, &other);
	assert_int_equal(ask_one(&other, "good.example").fate, FATE_FORWARDED);
	assert_int_equal(alerts(), 1);
}

static void drop_datagram_and_rest_of_flow(void **state)
{
	(void)state;
	rig_publish(&rig, "1 high drop dns.query bad.example\n", true);
	assert_int_equal(ask_udp(21, "good.example").fate, FATE_FORWARDED);
	assert_int_equal(ask_udp(21, "bad.example").fate, FATE_SIGNATURE_DROP);
	assert_int_equal(ask_udp(21, "good.example").fate, FATE_SIGNATURE_DROP);
	assert_int_equal(ask_udp(22, "good.example").fate, FATE_FORWARDED);
}

static void drop_fragments_last_piece_dropped_for_good(void **state)
{
	static uint8_t datagram[MESSAGE_MAX];
	uint8_t bytes[MESSAGE_MAX];
	uint32_t length = write_query(bytes, "bad.example");
	const struct ends ends = { .family = 4,
				   .source = { 10, 0, 0, 21 },
				   .destination = { 198, 51, 100, 53 } };
	struct piece piece = { .datagram = datagram, .id = 5, .protocol = PROTOCOL_UDP };

	(void)state;
	rig_publish(&rig, "1 high drop dns.query bad.example\n", true);
	wire_begin(&wire, bytes + 2, length - 2);
	wire_udp(&wire, 5353, 53);
	wire_checksum(&wire, &ends, PROTOCOL_UDP);
	length = wire_length(&wire);
	memcpy(datagram, wire_data(&wire), length);
	piece.length = 16;
	piece.more = true;
	wire_fragment(&wire, &ends, &piece);
	assert_int_equal(rig_wire(&rig, &wire, PORT_INSIDE).fate, FATE_FORWARDED);
	for (unsigned i = 0; i < 3; i++) { /* sent again and again */
		piece.offset = 16;
		piece.length = length - 16;
		piece.more = false;
		wire_fragment(&wire, &ends, &piece);
		assert_int_equal(rig_wire(&rig, &wire, PORT_INSIDE).fate,
				 i == 0 ? FATE_SIGNATURE_DROP : FATE_FRAGMENT_OVERLAP);
	}
	assert_alert(1, TAKEN_DROPPED, TAKEN_DROPPED, GUARD_NONE);
}

static void reject_enforcing_both_ends_reset_once(void **state)
{
	struct connection connection = outbound(21, 1, 53);

	(void)state;
	rig_publish(&rig, "1 high reject dns.query bad.example\n", true);
	rig_handshake(&rig, &connection);
	assert_int_equal(ask_one(&connection, "bad.example").fate, FATE_SIGNATURE_REJECT);
	assert_alert(1, TAKEN_REJECTED, TAKEN_REJECTED, GUARD_NONE);
	assert_int_equal(rig.injection_count, 2);
	assert_int_equal(scanner_counters(rig.scanner)->injected, 2);
	assert_int_equal(ask_one(&connection, "bad.example").fate, FATE_SIGNATURE_REJECT);
	assert_int_equal(rig.injection_count, 2);
}

static void reject_monitoring_nothing_injected(void **state)
{
	struct connection connection = outbound(21, 1, 53);

	(void)state;
	rig_publish(&rig, "1 high reject dns.query bad.example\n", false);
	rig_handshake(&rig, &connection);
	assert_int_equal(ask_one(&connection, "bad.example").fate, FATE_FORWARDED);
	assert_alert(1, TAKEN_ALLOWED, TAKEN_REJECTED, GUARD_NONE);
	assert_int_equal(rig.injection_count, 0);
}

static void reject_datagram_dropped(void **state)
{
	(void)state;
	rig_publish(&rig, "1 high reject dns.query bad.example\n", true);
	assert_int_equal(ask_udp(21, "bad.example").fate, FATE_SIGNATURE_DROP);
	assert_alert(1, TAKEN_DROPPED, TAKEN_DROPPED, GUARD_NO_RESET);
	assert_int_equal(rig.injection_count, 0);
}

/* --- from=, expires --- */

static void from_other_side_not_matched(void **state)
{
	struct connection out = outbound(21, 1, 53), in = inbound(2, 21, 53);

	(void)state;
	rig_publish(&rig,
		    "1 high alert dns.query bad.example from=inside\n"
		    "2 high alert dns.query bad.example from=outside\n",
		    true);
	rig_handshake(&rig, &out);
	ask_one(&out, "bad.example");
	assert_int_equal(alerts(), 1);
	assert_non_null(rig_alert(&rig, 1, 0));
	rig_handshake(&rig, &in);
	ask_one(&in, "bad.example");
	assert_int_equal(alerts(), 2);
	assert_non_null(rig_alert(&rig, 2, 0));
}

static void expires_last_day_still_valid(void **state)
{
	static const struct {
		uint64_t time_s;
		bool trusted, matched;
	} cases[] = {
		{ 1782863999, true, true }, /* 2026-06-30 23:59:59 */
		{ 1782864000, true, false },
		{ 1782864000, false, true },
	};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		teardown(state);
		setup(state);
		rig.now.ns = cases[i].time_s * NS_PER_S;
		rig_publish(&rig, "1 high drop dns.query bad.example expires=2026-06-30\n", true);
		const struct scanner_policy policy = { .set = &rig.set,
						       .enforcing = true,
						       .clock_trusted = cases[i].trusted };

		scanner_publish(rig.scanner, &policy);
		assert_int_equal(ask_udp(21, "bad.example").fate,
				 cases[i].matched ? FATE_SIGNATURE_DROP : FATE_FORWARDED);
		assert_int_equal(alerts(), cases[i].matched);
	}
}

/* --- which alerts there are, and what they say --- */

static void alerts_once_per_transaction_and_revision(void **state)
{
	struct connection connection = outbound(21, 1, 53);

	(void)state;
	rig_publish(&rig, "1 high alert dns.query bad.example rev=2\n", true);
	rig_handshake(&rig, &connection);
	ask(&connection, TO_RESPONDER,
	    (const char *const[]){ "bad.example", "bad.example", "good.example", NULL });
	assert_int_equal(alerts(), 2); /* two transactions */
	assert_int_equal(rig_alert(&rig, 1, 0)->tx_id, 0);
	assert_int_equal(rig_alert(&rig, 1, 1)->tx_id, 1);
	assert_int_equal(rig_alert(&rig, 1, 1)->alert.revision, 2);
	/* addresses are judged anew under each policy, and not reported anew */
	struct connection listed_one = outbound(21, 3, 80);

	for (unsigned i = 0; i < 3; i++) {
		rig_publish(&rig, "4 high alert ip.dst 198.51.100.3\n", true);
		rig_send(&rig, &listed_one, TO_RESPONDER, i == 0 ? TCP_SYN : TCP_ACK, NULL);
	}
	assert_non_null(rig_alert(&rig, 4, 0));
	assert_null(rig_alert(&rig, 4, 1));
	rig_publish(&rig, "4 high alert ip.dst 198.51.100.3 rev=9\n", true);
	rig_send(&rig, &listed_one, TO_RESPONDER, TCP_ACK, NULL);
	assert_non_null(rig_alert(&rig, 4, 1));
}

static void alerts_all_matches_strongest_acts(void **state)
{
	struct connection connection = outbound(21, 1, 53);

	(void)state;
	rig_publish(&rig,
		    "1 low alert dns.query a.www.bad.example\n"
		    "2 high reject dns.query www.bad.example\n"
		    "3 high drop dns.query bad.example\n"
		    "4 low alert dns.query bad.example\n",
		    true);
	rig_handshake(&rig, &connection);
	assert_int_equal(ask_one(&connection, "a.www.bad.example").fate, FATE_SIGNATURE_REJECT);
	assert_int_equal(alerts(), 4);
	for (uint32_t sid = 1; sid <= 4; sid++) {
		assert_int_equal(rig_alert(&rig, sid, 0)->alert.taken, TAKEN_REJECTED);
	}
	assert_int_equal(rig_alert(&rig, 1, 0)->alert.would, TAKEN_ALLOWED);
	assert_int_equal(rig_alert(&rig, 3, 0)->alert.would, TAKEN_DROPPED);
}

/* What a frame's first match says is known only after its last. */
static void alerts_earlier_in_dropped_frame_say_so(void **state)
{
	struct connection connection = outbound(21, 1, 53);

	(void)state;
	rig_publish(&rig,
		    "1 low alert dns.query first.example\n"
		    "2 high drop dns.query second.example\n",
		    true);
	rig_handshake(&rig, &connection);
	ask(&connection, TO_RESPONDER,
	    (const char *const[]){ "first.example", "second.example", NULL });
	assert_int_equal(rig.last.fate, FATE_SIGNATURE_DROP);
	assert_alert(1, TAKEN_DROPPED, TAKEN_ALLOWED, GUARD_NONE);
	assert_alert(2, TAKEN_DROPPED, TAKEN_DROPPED, GUARD_NONE);
}

static void alerts_more_than_remembered_say_so(void **state)
{
	static uint8_t bytes[60 * MESSAGE_MAX];
	struct connection connection = outbound(21, 1, 53);
	struct odd odd = { .direction = TO_RESPONDER, .flags = TCP_ACK, .bytes = bytes };

	(void)state;
	rig_publish(&rig,
		    "1 low alert dns.query first.example\n"
		    "2 high drop dns.query second.example\n",
		    true);
	rig_handshake(&rig, &connection);
	odd.length += write_query(bytes + odd.length, "second.example");
	for (unsigned i = 0; i < 100; i++) {
		odd.length += write_query(bytes + odd.length, "first.example");
	}
	assert_int_equal(rig_odd(&rig, &connection, &odd).fate, FATE_SIGNATURE_DROP);
	assert_int_equal(alerts(), 101);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(rig_alert(&rig, 1, i)->alert.taken, TAKEN_DROPPED);
	}
}

/* --- a new policy and flows that are there --- */

static void publish_drop_reaches_finished_flow(void **state)
{
	struct connection connection = outbound(21, 3, 443);
	char noise[1001];

	(void)state;
	memset(noise, '?', 1000);
	noise[1000] = '\0';
	rig_publish(&rig, NULL, true);
	rig_handshake(&rig, &connection);
	for (unsigned i = 0; i < 20; i++) {
		rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, noise);
		rig_send(&rig, &connection, TO_ORIGINATOR, TCP_ACK, noise);
	}
	assert_int_equal(rig.last.seen, SEEN_FINISHED);
	rig_publish(&rig, "1 high drop ip.dst 198.51.100.3\n", true);
	assert_int_equal(rig_send(&rig, &connection, TO_ORIGINATOR, TCP_ACK, "x").fate,
			 FATE_SIGNATURE_DROP);
	assert_alert(1, TAKEN_DROPPED, TAKEN_DROPPED, GUARD_NONE);
	assert_int_equal(rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, "x").fate,
			 FATE_SIGNATURE_DROP);
	rig_publish(&rig, "1 high drop ip.dst 198.51.100.3\n", false);
	assert_int_equal(rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, "x").fate,
			 FATE_FORWARDED);
	rig_publish(&rig, "1 high drop ip.dst 198.51.100.3\n", true);
	assert_int_equal(rig_send(&rig, &connection, TO_RESPONDER, TCP_ACK, "x").fate,
			 FATE_SIGNATURE_DROP);
	assert_int_equal(alerts(), 1);
}

static void publish_monitoring_lifts_quarantine(void **state)
{
	(void)state;
	rig_publish(&rig, quarantine_bad, true);
	put_in_quarantine(21);
	assert_int_equal(ssh_of(21), FATE_QUARANTINE);
	rig_publish(&rig, quarantine_bad, false);
	assert_int_equal(ssh_of(21), FATE_FORWARDED);
	rig_publish(&rig, quarantine_bad, true);
	assert_int_equal(ssh_of(21), FATE_QUARANTINE);
}

/* However many alerts a frame gives rise to, all are told what became of it. */
static void drop_after_many_alerts_all_told(void **state)
{
	struct connection connection = outbound(5, 1, 53);
	uint8_t bytes[200 * 40];
	struct odd odd = { .direction = TO_RESPONDER, .flags = TCP_ACK, .bytes = bytes };

	(void)state;
	rig_publish(&rig,
		    "6 low alert dns.query good.example\n"
		    "5 high drop dns.query bad.example\n",
		    true);
	rig_handshake(&rig, &connection);
	for (unsigned i = 0; i < 150; i++) {
		odd.length += write_query(bytes + odd.length, "good.example");
	}
	odd.length += write_query(bytes + odd.length, "bad.example");
	assert_int_equal(rig_odd(&rig, &connection, &odd).fate, FATE_SIGNATURE_DROP);
	assert_int_equal(alerts(), 151);
	for (unsigned i = 0; i < 150; i++) {
		assert_int_equal(rig_alert(&rig, 6, i)->alert.taken, TAKEN_DROPPED);
		assert_int_equal(rig_alert(&rig, 6, i)->tx_id, i);
	}
}

/* In one UDP flow, which counts its queries in 16 bits. */
static void alert_65536_queries_later_reported_again(void **state)
{
	(void)state;
	rig_publish(&rig, "5 high alert dns.query bad.example\n", false);
	ask_udp(5, "bad.example");
	for (uint32_t i = 1; i < 65536; i++) {
		ask_udp(5, "good.example");
	}
	rig.note_count = 0;
	ask_udp(5, "bad.example");
	ask_udp(5, "bad.example");
	assert_int_equal(alerts(), 3);
	assert_true(rig_alert(&rig, 5, 0)->tx_id >= 65536);
	assert_true(rig_alert(&rig, 5, 1)->tx_id > rig_alert(&rig, 5, 0)->tx_id);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(alert_either_mode_allowed),
		CASE(drop_monitoring_said_not_done),
		CASE(drop_enforcing_frame_and_rest_of_flow),
		CASE(drop_datagram_and_rest_of_flow),
		CASE(drop_fragments_last_piece_dropped_for_good),
		CASE(reject_enforcing_both_ends_reset_once),
		CASE(reject_monitoring_nothing_injected),
		CASE(reject_datagram_dropped),
		CASE(from_other_side_not_matched),
		CASE(expires_last_day_still_valid),
		CASE(alerts_once_per_transaction_and_revision),
		CASE(alerts_all_matches_strongest_acts),
		CASE(alerts_earlier_in_dropped_frame_say_so),
		CASE(alerts_more_than_remembered_say_so),
		CASE(publish_drop_reaches_finished_flow),
		CASE(publish_monitoring_lifts_quarantine),
		CASE(drop_after_many_alerts_all_told),
		CASE(alert_65536_queries_later_reported_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
