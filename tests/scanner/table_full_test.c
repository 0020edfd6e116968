/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A flow table full of flows in use: what finds no room in it passes unread, but not
 * past the addresses of the set, nor out of quarantine.
 */
#include "tests/scanner/policy_stage.h"

#define LISTED 77

/* Established connections of server 9 with clients that nothing else uses. */
static void fill_table(void)
{
	for (uint32_t i = 0; scanner_gauges(rig.scanner).flows_ipv4 < rig.config.flows_ipv4; i++) {
		struct connection connection;

		connection_init(&connection, 4, 256 + i, 9, 40000);
		connection.destination_port = 80;
		rig_handshake(&rig, &connection);
	}
}

static struct verdict send_syn(struct connection *connection)
{
	return rig_send(&rig, connection, TO_RESPONDER, TCP_SYN, NULL);
}

static void assert_verdict(struct verdict verdict, enum fate fate)
{
	assert_int_equal(verdict.seen, SEEN_FLOW_TABLE_FULL);
	assert_int_equal(verdict.fate, fate);
}

static void address_listed_every_packet_dropped(void **state)
{
	struct connection listed = outbound(5, LISTED, 443), other = outbound(5, 78, 443);

	(void)state;
	rig_publish(&rig, "7 high drop ip.dst 198.51.100.77\n", true);
	fill_table();
	assert_verdict(send_syn(&listed), FATE_SIGNATURE_DROP);
	assert_verdict(send_syn(&listed), FATE_SIGNATURE_DROP);
	assert_verdict(rig_send(&rig, &listed, TO_ORIGINATOR, TCP_SYN | TCP_ACK, NULL),
		       FATE_SIGNATURE_DROP);
	assert_verdict(rig_send(&rig, &listed, TO_RESPONDER, TCP_ACK, "x"), FATE_SIGNATURE_DROP);
	assert_verdict(send_syn(&other), FATE_FORWARDED);
	assert_int_equal(alerts(), 1);
	assert_alert(7, TAKEN_DROPPED, TAKEN_DROPPED, GUARD_NONE);
	const struct note *note = rig_alert(&rig, 7, 0);

	assert_int_equal(note->tuple.destination_port, 443);
	assert_int_equal(note->inside, 1);
}

static void address_listed_monitor_reported(void **state)
{
	struct connection listed = outbound(5, LISTED, 443);

	(void)state;
	rig_publish(&rig, "7 high drop ip.dst 198.51.100.77:443/tcp\n", false);
	fill_table();
	assert_verdict(send_syn(&listed), FATE_FORWARDED);
	assert_alert(7, TAKEN_ALLOWED, TAKEN_DROPPED, GUARD_NONE);
}

static void address_to_reject_both_ends_reset(void **state)
{
	struct connection listed = outbound(5, LISTED, 443);

	(void)state;
	rig_publish(&rig, "7 high reject ip.dst 198.51.100.77\n", true);
	fill_table();
	assert_verdict(send_syn(&listed), FATE_SIGNATURE_REJECT);
	assert_int_equal(rig.injection_count, 2);
	/* a reset is not answered */
	assert_verdict(rig_send(&rig, &listed, TO_RESPONDER, TCP_RST, NULL), FATE_SIGNATURE_REJECT);
	assert_int_equal(rig.injection_count, 2);
}

static void address_to_quarantine_acts_as_drop(void **state)
{
	struct connection listed = outbound(5, LISTED, 443);

	(void)state;
	rig_publish(&rig, "7 high quarantine ip.dst 198.51.100.77\n", true);
	fill_table();
	assert_verdict(send_syn(&listed), FATE_SIGNATURE_DROP);
	assert_alert(7, TAKEN_DROPPED, TAKEN_DROPPED, GUARD_HANDSHAKE);
	assert_int_equal(scanner_gauges(rig.scanner).quarantined, 0);
}

static void server_in_quarantine_stays_in(void **state)
{
	struct connection web = outbound(5, 3, 80), mail = outbound(5, 3, 25);
	struct connection neighbour = outbound(6, 3, 25);

	(void)state;
	rig_publish(&rig, quarantine_bad, true);
	put_in_quarantine(5);
	fill_table();
	assert_int_equal(ssh_of(5), FATE_QUARANTINE);
	assert_verdict(rig.last, FATE_QUARANTINE);
	assert_verdict(send_syn(&mail), FATE_QUARANTINE);
	assert_verdict(send_syn(&web), FATE_FORWARDED);
	assert_verdict(send_syn(&neighbour), FATE_FORWARDED);
}

int main(void)
{
#define case_of(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		case_of(address_listed_every_packet_dropped),
		case_of(address_listed_monitor_reported),
		case_of(address_to_reject_both_ends_reset),
		case_of(address_to_quarantine_acts_as_drop),
		case_of(server_in_quarantine_stays_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
