/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How TCP connections begin, in every order that is possible, and SYNs that lie: none
 * has the scanner read anything but what the receiver takes.
 */
#include "tests/scanner/tcp_stage.h"

/* --- opening --- */

static void open_plain_read(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		connection_init(&connection, family, 1, 21, 40000);
		client(TCP_SYN, NULL);
		assert_class(FLOW_HALF_OPEN);
		server(TCP_SYN | TCP_ACK, NULL);
		assert_class(FLOW_HALF_OPEN);
		client(TCP_ACK, NULL);
		assert_class(FLOW_INSPECTED);
		talk();
		assert_int_equal(rig.last.seen, SEEN_INSPECTED);
		assert_int_equal(rig_flow(&rig, &connection)->flags & FLOW_HANDSHAKE,
				 FLOW_HANDSHAKE);
		rig_audit(&rig);
	}
	assert_no_anomaly();
	rig_flush(&rig);
	assert_non_null(rig_alert(&rig, 1, 1));
	assert_int_equal(rig.events[EVENT_SSH], 2);
	assert_int_equal(rig.events[EVENT_FLOW], 2);
	assert_int_equal(rig_note(&rig, EVENT_SSH, 0)->app, APP_SSH);
	assert_int_equal(rig_note(&rig, EVENT_ALERT, 0)->inside, 2);
}

static void open_tagged_and_untagged_kept_apart(void **state)
{
	struct connection tagged = connection;

	(void)state;
	tagged.vlan = 7;
	rig_handshake(&rig, &connection);
	rig_handshake(&rig, &tagged);
	client(TCP_ACK, "SSH-2.0-b479ec723a2b");
	rig_send(&rig, &tagged, TO_RESPONDER, TCP_ACK, "SSH-2.0-OpenSSH_9.9");
	client(TCP_ACK, "a590d6c4a0bf40f4ba\r\n");
	assert_read();
	assert_no_anomaly();
}

static void open_payload_with_last_ack_read(void **state)
{
	(void)state;
	client(TCP_SYN, NULL);
	server(TCP_SYN | TCP_ACK, NULL);
	client(TCP_ACK, HOSTILE);
	assert_class(FLOW_INSPECTED);
	assert_read();
}

static void open_syn_ack_first_roles_known(void **state)
{
	(void)state;
	connection.next[TO_RESPONDER]++; /* its SYN went by unseen */
	server(TCP_SYN | TCP_ACK, NULL);
	client(TCP_ACK, NULL);
	assert_class(FLOW_INSPECTED);
	/* even when the first bytes come out of order */
	lie(TO_RESPONDER, TCP_ACK, 10, &HOSTILE[10]);
	client(TCP_ACK, "SSH-2.0-b4");
	assert_int_equal(rig_flow(&rig, &connection)->flags & FLOW_HANDSHAKE, FLOW_HANDSHAKE);
	assert_read();
	const struct note *note = rig_alert(&rig, 1, 0);

	assert_int_equal(note->tuple.source_port, 40000);
	assert_int_equal(note->tuple.destination_port, 22);
	assert_int_equal(note->inside, 2);
}

static void open_simultaneous_read(void **state)
{
	(void)state;
	client(TCP_SYN, NULL);
	server(TCP_SYN, NULL);
	assert_anomaly(ANOMALY_STREAM_SPLIT_HANDSHAKE, 1);
	lie(TO_RESPONDER, TCP_SYN | TCP_ACK, -1, NULL);
	lie(TO_ORIGINATOR, TCP_SYN | TCP_ACK, -1, NULL);
	client(TCP_ACK, NULL);
	talk();
	assert_class(FLOW_INSPECTED);
	assert_read();
}

static void open_split_read(void **state)
{
	(void)state;
	client(TCP_SYN, NULL);
	server(TCP_SYN, NULL);
	lie(TO_RESPONDER, TCP_SYN | TCP_ACK, -1, NULL);
	server(TCP_ACK, NULL);
	talk();
	assert_class(FLOW_INSPECTED);
	assert_read();
	assert_anomaly(ANOMALY_STREAM_SPLIT_HANDSHAKE, 1);
}

static void open_midstream_from_its_beginning_read(void **state)
{
	(void)state;
	client(TCP_ACK, HOSTILE);
	assert_class(FLOW_HALF_OPEN);
	server(TCP_ACK, SERVER);
	assert_class(FLOW_INSPECTED);
	assert_int_equal(rig_flow(&rig, &connection)->flags & FLOW_HANDSHAKE, 0);
	assert_read();
}

static void open_one_side_only_read(void **state)
{
	(void)state;
	client(TCP_SYN, NULL);
	client(TCP_ACK, NULL);
	client(TCP_ACK, "SSH-2.0-b479ec723a2ba5");
	client(TCP_ACK, "90d6c4a0bf40f4ba\r\n");
	assert_class(FLOW_HALF_OPEN);
	assert_read();
}

static void midstream_unreadable_counted(void **state)
{
	char noise[1400];

	(void)state;
	memset(noise, 'x', sizeof(noise) - 1);
	noise[sizeof(noise) - 1] = '\0';
	for (unsigned i = 0; i < 20; i++) {
		client(TCP_ACK, noise);
		server(TCP_ACK, noise);
	}
	assert_int_equal(rig.last.seen, SEEN_MIDSTREAM);
	rig_audit(&rig);
	/* the same with its beginning: read, found to be something else, finished */
	connection_init(&connection, 4, 2, 21, 40000);
	rig_handshake(&rig, &connection);
	for (unsigned i = 0; i < 20; i++) {
		client(TCP_ACK, noise);
		server(TCP_ACK, noise);
	}
	assert_int_equal(rig.last.seen, SEEN_FINISHED);
	assert_class(FLOW_FINISHED);
}

/* --- SYNs that lie --- */

static void syn_twice_answered_one_counts(void **state)
{
	(void)state;
	client(TCP_SYN, NULL);
	lie(TO_RESPONDER, TCP_SYN, 5000, NULL);
	server(TCP_SYN | TCP_ACK, NULL);
	client(TCP_ACK, NULL);
	talk();
	assert_read();
}

static void syn_again_before_last_ack_ignored(void **state)
{
	(void)state;
	client(TCP_SYN, NULL);
	server(TCP_SYN | TCP_ACK, NULL);
	lie(TO_RESPONDER, TCP_SYN, 5000, NULL);
	client(TCP_ACK, NULL);
	talk();
	assert_class(FLOW_INSPECTED);
	assert_read();
}

static void syn_again_when_established_ignored(void **state)
{
	(void)state;
	rig_handshake(&rig, &connection);
	lie(TO_RESPONDER, TCP_SYN, 5000, NULL);
	lie(TO_RESPONDER, TCP_SYN, -1, NULL);
	client(TCP_ACK, "SSH-2.0-b479ec723a2ba5");
	lie(TO_RESPONDER, TCP_SYN, 70000, NULL);
	client(TCP_ACK, "90d6c4a0bf40f4ba\r\n");
	assert_read();
	assert_int_equal(scanner_counters(rig.scanner)->flows, 1);
}

/* A SYN that nobody answered, then a connection that is seen from its middle on. */
static void syn_unanswered_data_elsewhere_read(void **state)
{
	(void)state;
	lie(TO_RESPONDER, TCP_SYN, 777777777, NULL);
	server(TCP_ACK, SERVER);
	client(TCP_ACK, HOSTILE);
	assert_read();
}

static void syn_unanswered_enforcing_nothing_dropped(void **state)
{
	(void)state;
	lie(TO_RESPONDER, TCP_SYN, 777777777, NULL);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(server(TCP_ACK, "hello").fate, FATE_FORWARDED);
		assert_int_equal(client(TCP_ACK, "hello").fate, FATE_FORWARDED);
	}
}

static void syn_data_not_taken_repeated_read(void **state)
{
	(void)state;
	const struct odd odd = {
		.direction = TO_RESPONDER,
		.flags = TCP_SYN,
		.bytes = DECOY,
		.length = sizeof(DECOY) - 1,
	};

	rig_odd(&rig, &connection, &odd);
	connection.next[TO_RESPONDER]++;
	assert_anomaly(ANOMALY_STREAM_DATA_ON_SYN, 1);
	server(TCP_SYN | TCP_ACK, NULL); /* acknowledges the SYN only */
	client(TCP_ACK, NULL);
	talk();
	assert_read();
	assert_anomaly(ANOMALY_STREAM_CONFLICT, 0);
}

static void syn_data_taken_read(void **state)
{
	(void)state;
	client(TCP_SYN, "SSH-2.0-b479ec723a2ba5");
	server(TCP_SYN | TCP_ACK, NULL); /* of all of it */
	client(TCP_ACK, NULL);
	server(TCP_ACK, SERVER);
	client(TCP_ACK, "90d6c4a0bf40f4ba\r\n");
	assert_read();
	assert_anomaly(ANOMALY_STREAM_DATA_ON_SYN, 1);
}

static void syn_data_taken_then_other_conflicts(void **state)
{
	(void)state;
	client(TCP_SYN, "SSH-2.0-b479ec723a2ba5");
	server(TCP_SYN | TCP_ACK, NULL);
	client(TCP_ACK, NULL);
	client(TCP_ACK, "90d6c4a0bf40f4ba\r\n");
	lie(TO_RESPONDER, TCP_ACK, -40, "SSH");
	assert_anomaly(ANOMALY_STREAM_CONFLICT, 0); /* acknowledged: nobody takes it */
	lie(TO_RESPONDER, TCP_ACK, -10, "SSH");
	assert_anomaly(ANOMALY_STREAM_CONFLICT, 1);
	assert_read();
}

/* Who never saw the answer cannot acknowledge it. */
static void ack_guessed_proves_nothing(void **state)
{
	(void)state;
	client(TCP_SYN, NULL);
	server(TCP_SYN | TCP_ACK, NULL);
	const struct odd guess = { .direction = TO_RESPONDER,
				   .flags = TCP_ACK,
				   .acknowledge = 1 << 30 };

	rig_odd(&rig, &connection, &guess);
	assert_class(FLOW_HALF_OPEN);
	client(TCP_ACK, NULL);
	assert_class(FLOW_INSPECTED);
}

/* The one that was answered came first; the data on the other is nobody's. */
static void syn_data_on_another_than_answered_not_read(void **state)
{
	const struct odd other = {
		.direction = TO_RESPONDER,
		.flags = TCP_SYN,
		.offset = 5000,
		.bytes = DECOY,
		.length = sizeof(DECOY) - 1,
	};

	(void)state;
	client(TCP_SYN, NULL);
	rig_odd(&rig, &connection, &other);
	server(TCP_SYN | TCP_ACK, NULL);
	client(TCP_ACK, NULL);
	talk();
	assert_read();
	assert_anomaly(ANOMALY_STREAM_CONFLICT, 0);
}

/* And the other way round. */
static void syn_data_then_syn_without_answered_read(void **state)
{
	const struct odd other = {
		.direction = TO_RESPONDER,
		.flags = TCP_SYN,
		.offset = -5000,
		.bytes = DECOY,
		.length = sizeof(DECOY) - 1,
	};

	(void)state;
	rig_odd(&rig, &connection, &other);
	client(TCP_SYN, NULL);
	server(TCP_SYN | TCP_ACK, NULL);
	client(TCP_ACK, NULL);
	talk();
	assert_read();
	assert_anomaly(ANOMALY_STREAM_CONFLICT, 0);
}

/* Bytes between SYN and answer: their receiver did not take them. */
static void data_before_answer_not_taken_repeated_read(void **state)
{
	(void)state;
	client(TCP_SYN, NULL);
	lie(TO_RESPONDER, TCP_ACK, 0, DECOY);
	server(TCP_SYN | TCP_ACK, NULL);
	client(TCP_ACK, NULL);
	talk();
	assert_read();
	assert_anomaly(ANOMALY_STREAM_CONFLICT, 0);
}

/* --- refused --- */

static struct verdict refuse(int32_t acknowledge)
{
	const struct odd reset = {
		.direction = TO_ORIGINATOR,
		.flags = TCP_RST | TCP_ACK,
		.acknowledge = acknowledge,
	};

	return rig_odd(&rig, &connection, &reset);
}

static void assert_refused_over(void)
{
	rig.now.ns += NS_PER_S / 2;
	rig_expire(&rig);
	assert_int_equal(rig.events[EVENT_FLOW], 0); /* its frames may be repeated */
	rig.now.ns += NS_PER_S;
	rig_expire(&rig);
	assert_int_equal(rig.events[EVENT_FLOW], 1);
	assert_int_equal(rig_note(&rig, EVENT_FLOW, 0)->flow.state, FLOW_STATE_CLOSED);
}

static void syn_refused_soon_closed(void **state)
{
	(void)state;
	client(TCP_SYN, NULL);
	refuse(0);
	refuse(0);
	assert_class(FLOW_HALF_OPEN); /* under the bound for these */
	assert_refused_over();
	assert_int_equal(rig_note(&rig, EVENT_FLOW, 0)->flow.packets[TO_ORIGINATOR], 2);
}

static void syn_with_data_refused_soon_closed(void **state)
{
	(void)state;
	client(TCP_SYN, "SSH-");
	refuse(-4);
	assert_refused_over();
}

static void syn_refused_tried_again_two_flows(void **state)
{
	(void)state;
	client(TCP_SYN, NULL);
	refuse(0);
	lie(TO_RESPONDER, TCP_SYN, -1, NULL); /* the same SYN, repeated */
	assert_int_equal(rig.events[EVENT_FLOW], 0);
	refuse(0);
	client(TCP_SYN, NULL); /* another one */
	assert_int_equal(rig.events[EVENT_FLOW], 1);
	assert_int_equal(rig_note(&rig, EVENT_FLOW, 0)->flow.state, FLOW_STATE_CLOSED);
	rig_flush(&rig);
	assert_int_equal(rig.events[EVENT_FLOW], 2);
	assert_int_equal(rig_note(&rig, EVENT_FLOW, 1)->flow.state, FLOW_STATE_NEW);
	assert_true(rig_note(&rig, EVENT_FLOW, 0)->flow_id !=
		    rig_note(&rig, EVENT_FLOW, 1)->flow_id);
}

/* Resets that do not answer the SYN, or once it was answered. */
static void syn_refused_lying_flow_stays(void **state)
{
	(void)state;
	client(TCP_SYN, NULL);
	refuse(1);
	refuse(-1);
	lie(TO_ORIGINATOR, TCP_RST, 0, NULL);
	lie(TO_RESPONDER, TCP_RST | TCP_ACK, 0, NULL);
	server(TCP_SYN | TCP_ACK, NULL);
	refuse(0);
	client(TCP_ACK, NULL);
	assert_class(FLOW_INSPECTED);
	talk();
	assert_read();
	assert_int_equal(rig_note(&rig, EVENT_FLOW, 0)->flow.state, FLOW_STATE_ESTABLISHED);
}

/* Whoever made the reset up, what goes on behind it is read. */
static void syn_refused_and_answered_read(void **state)
{
	(void)state;
	client(TCP_SYN, NULL);
	refuse(0);
	server(TCP_SYN | TCP_ACK, NULL);
	rig.now.ns += 2 * NS_PER_S;
	rig_expire(&rig);
	client(TCP_ACK, NULL);
	assert_class(FLOW_INSPECTED);
	talk();
	assert_read();
	assert_int_equal(scanner_counters(rig.scanner)->flows, 1);
}

int main(void)
{
#define MONITORING(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define ENFORCING(name) cmocka_unit_test_setup_teardown(name, setup_enforcing, teardown)
	const struct CMUnitTest tests[] = {
		MONITORING(open_plain_read),
		MONITORING(open_tagged_and_untagged_kept_apart),
		MONITORING(open_payload_with_last_ack_read),
		MONITORING(open_syn_ack_first_roles_known),
		MONITORING(open_simultaneous_read),
		MONITORING(open_split_read),
		MONITORING(open_midstream_from_its_beginning_read),
		MONITORING(open_one_side_only_read),
		MONITORING(midstream_unreadable_counted),
		MONITORING(syn_twice_answered_one_counts),
		MONITORING(syn_again_before_last_ack_ignored),
		MONITORING(syn_again_when_established_ignored),
		MONITORING(syn_unanswered_data_elsewhere_read),
		ENFORCING(syn_unanswered_enforcing_nothing_dropped),
		MONITORING(syn_data_not_taken_repeated_read),
		MONITORING(syn_data_taken_read),
		MONITORING(syn_data_taken_then_other_conflicts),
		MONITORING(ack_guessed_proves_nothing),
		MONITORING(syn_data_on_another_than_answered_not_read),
		MONITORING(syn_data_then_syn_without_answered_read),
		MONITORING(data_before_answer_not_taken_repeated_read),
		MONITORING(syn_refused_soon_closed),
		MONITORING(syn_with_data_refused_soon_closed),
		MONITORING(syn_refused_tried_again_two_flows),
		MONITORING(syn_refused_lying_flow_stays),
		MONITORING(syn_refused_and_answered_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
