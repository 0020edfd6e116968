/* SPDX-License-Identifier: BSD-2-Clause */
/* What servers do over time: every threshold from both sides, the ends of windows, mail hosts, who
 * is charged and who is not, and a table that is full. Error mails: behaviour_errors_test.c. */
#include "tests/scanner/behaviour_stage.h"

/* ---- one of each kind -------------------------------------------------- */

static void one_sender(uint32_t nth)
{
	mail_from(nth);
}

static void one_mail(uint32_t nth)
{
	(void)nth;
	mail_from(1);
}

static void one_recipient(uint32_t nth)
{
	rcpt_to(nth, 1);
}

static void one_domain(uint32_t nth)
{
	rcpt_to(1, nth);
}

static void one_mail_server(uint32_t nth)
{
	between(1, nth + 1);
	behaviour_smtp(&stage.inspection, TO_RESPONDER);
}

static void one_helo(uint32_t nth)
{
	const uint8_t name[] = { 'm', (uint8_t)('a' + nth), '.', 'a' };

	behaviour_smtp_helo(&stage.inspection, TO_RESPONDER, name, sizeof(name));
}

static void one_ssh_target(uint32_t nth)
{
	between(1, nth + 1);
	behaviour_ssh(&stage.inspection, TO_RESPONDER);
}

static void one_refusal(uint32_t nth)
{
	(void)nth;
	reply(BEHAVIOUR_RCPT, "450 4.7.1 try later");
}

static void one_unknown_user(uint32_t nth)
{
	(void)nth;
	reply(BEHAVIOUR_RCPT, "550 5.1.1 no such user");
}

static void one_blocklisted(uint32_t nth)
{
	(void)nth;
	reply(BEHAVIOUR_BANNER, "554 blocked by spamhaus");
}

static void one_mx_query(uint32_t nth)
{
	(void)nth;
	behaviour_dns_mx(&stage.inspection, TO_RESPONDER);
}

static const struct kind {
	enum anomaly anomaly;
	enum behaviour_kind kind;
	void (*one)(uint32_t nth);
	bool volume; /* a mail host may do more of it */
} kinds[] = {
	{ ANOMALY_SMTP_SENDERS, BEHAVIOUR_SENDERS, one_sender, true },
	{ ANOMALY_SMTP_RECIPIENTS, BEHAVIOUR_RECIPIENTS, one_recipient, true },
	{ ANOMALY_SMTP_DOMAINS, BEHAVIOUR_DOMAINS, one_domain, true },
	{ ANOMALY_SMTP_SERVERS, BEHAVIOUR_MAIL_SERVERS, one_mail_server, true },
	{ ANOMALY_SMTP_HELO_CHANGES, BEHAVIOUR_HELOS, one_helo, false },
	{ ANOMALY_SSH_OUTBOUND_TARGETS, BEHAVIOUR_SSH_TARGETS, one_ssh_target, false },
	{ ANOMALY_SSH_OUTBOUND_SCAN, BEHAVIOUR_SSH_SCAN, one_ssh_target, false },
	{ ANOMALY_SMTP_MAILS, BEHAVIOUR_MAILS, one_mail, true },
	{ ANOMALY_SMTP_REFUSALS, BEHAVIOUR_REFUSALS, one_refusal, false },
	{ ANOMALY_SMTP_UNKNOWN_USERS, BEHAVIOUR_UNKNOWN_USERS, one_unknown_user, false },
	{ ANOMALY_SMTP_BLOCKLISTED, BEHAVIOUR_BLOCKLISTED, one_blocklisted, false },
	{ ANOMALY_DNS_MX_QUERIES, BEHAVIOUR_MX_QUERIES, one_mx_query, false },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Begins anew, with a server that has its place. */
static void begin_known(void)
{
	begin();
	behaviour_smtp(&stage.inspection, TO_RESPONDER);
	(void)seen_at_all();
	memset(stage.seen, 0, sizeof(stage.seen));
}

static void some(const struct kind *kind, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++) {
		kind->one(i);
	}
}

/* ---- thresholds and windows -------------------------------------------------- */

static void count_up_to_the_threshold_reports_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		begin_known();
		some(&kinds[i], 0, rig_behaviour.limit[kinds[i].kind].more_than);
		assert_int_equal(seen(kinds[i].anomaly), 0);
	}
}

static void count_beyond_the_threshold_reports_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		const struct behaviour_limit *limit = &rig_behaviour.limit[kinds[i].kind];

		begin_known();
		some(&kinds[i], 0, limit->more_than);
		some(&kinds[i], limit->more_than, 1);
		assert_int_equal(seen(kinds[i].anomaly), 1);
		if (kinds[i].kind != BEHAVIOUR_SSH_SCAN) { /* the other one of SSH is older */
			assert_int_equal(stage.last.count, limit->more_than + 1);
			assert_int_equal(stage.last.window_s, limit->window_s);
		}
		at_ms(limit->window_s * 1000ull - 40);
		some(&kinds[i], limit->more_than + 1, 20);
		assert_int_equal(seen(kinds[i].anomaly), 1);
	}
}

static void count_of_the_same_again_reports_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		if ((unsigned)kinds[i].kind < BEHAVIOUR_DISTINCT_COUNT) {
			begin_known();
			for (unsigned n = 0; n < 1000; n++) {
				kinds[i].one(n & 1);
			}
			assert_int_equal(seen(kinds[i].anomaly), 0);
		}
	}
}

static void window_that_ends_forgets_what_it_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		const struct behaviour_limit *limit = &rig_behaviour.limit[kinds[i].kind];

		begin_known();
		if (limit->more_than == 0) {
			continue;
		}
		some(&kinds[i], 0, limit->more_than);
		at_ms(limit->window_s * 1000ull + 40); /* time is told in 17 ms */
		some(&kinds[i], limit->more_than, limit->more_than);
		assert_int_equal(seen(kinds[i].anomaly), 0);
		some(&kinds[i], 2 * limit->more_than, 1);
		assert_int_equal(seen(kinds[i].anomaly), 1);
	}
}

static void window_lasts_as_long_as_configured(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		const struct behaviour_limit *limit = &rig_behaviour.limit[kinds[i].kind];

		begin_known();
		some(&kinds[i], 0, limit->more_than);
		at_ms(limit->window_s * 1000ull - 40);
		some(&kinds[i], limit->more_than, 1);
		assert_int_equal(seen(kinds[i].anomaly), 1);
	}
}

/* A spam run through one connection is told again in every window. */
static void one_flow_reports_again_in_the_next_window(void **state)
{
	(void)state;
	begin_known();
	for (uint32_t second = 0; second < 1000; second++) {
		at(second);
		mail_from(1);
	}
	/* windows of 120 s, each begins with the first mail behind the one before */
	assert_int_equal(seen(ANOMALY_SMTP_MAILS), 9);
}

/* ---- mail hosts -------------------------------------------------- */

static void become_mail_host(uint32_t server, uint16_t port, enum behaviour_command to,
			     const char *line)
{
	inward(server, 200, port);
	reply(to, line);
	between(server, 1);
}

static void mail_host_may_do_more_of_what_is_volume(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		uint32_t more_than = rig_behaviour.limit[kinds[i].kind].more_than;

		begin_known();
		become_mail_host(1, 25, BEHAVIOUR_MAIL, "250 ok");
		some(&kinds[i], 0, more_than + 1);
		assert_int_equal(seen(kinds[i].anomaly), kinds[i].volume ? 0 : 1);
		some(&kinds[i], more_than + 1, 25 * more_than);
		assert_int_equal(seen(kinds[i].anomaly), 1);
	}
}

static void mail_host_with_factor_0_is_not_held_to_volume(void **state)
{
	struct behaviour_config config = rig_behaviour;

	(void)state;
	config.mail_host_factor = 0;
	begin_with(&config);
	become_mail_host(1, 25, BEHAVIOUR_MAIL, "250 ok");
	for (size_t i = 0; i < KINDS; i++) {
		if (kinds[i].volume) {
			some(&kinds[i], 0, 5000);
			assert_int_equal(seen(kinds[i].anomaly), 0);
		}
	}
}

static void mail_host_with_a_large_factor_is_held_to_what_can_be_estimated(void **state)
{
	struct behaviour_config config = rig_behaviour;

	(void)state;
	config.mail_host_factor = 1000;
	begin_with(&config);
	become_mail_host(1, 25, BEHAVIOUR_MAIL, "250 ok");
	some(&kinds[0], 0, 500);
	assert_int_equal(seen(ANOMALY_SMTP_SENDERS), 0);
	some(&kinds[0], 500, 500);
	assert_int_equal(seen(ANOMALY_SMTP_SENDERS), 1);
	assert_in_range(stage.last.count, 641, 650);
}

static void mail_host_is_who_takes_mail_on_a_port_for_it(void **state)
{
	static const struct {
		uint16_t port;
		enum behaviour_command to;
		const char *line;
		bool is;
	} cases[] = {
		{ 25, BEHAVIOUR_MAIL, "250 2.1.0 Ok", true },
		{ 465, BEHAVIOUR_MAIL, "250 2.1.0 Ok", true },
		{ 587, BEHAVIOUR_MAIL, "250 2.1.0 Ok", true },
		{ 587, BEHAVIOUR_OTHER, "220 2.0.0 Ready to start TLS", true },
		{ 2525, BEHAVIOUR_MAIL, "250 2.1.0 Ok", false },
		{ 25, BEHAVIOUR_MAIL, "530 5.7.0 Authentication required", false },
		{ 25, BEHAVIOUR_BANNER, "220 mail.example ESMTP", false },
		{ 25, BEHAVIOUR_OTHER, "250 HELP", false },
		{ 25, BEHAVIOUR_MAIL, "ok", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin();
		become_mail_host(1, cases[i].port, cases[i].to, cases[i].line);
		some(&kinds[0], 0, 11);
		assert_int_equal(seen(ANOMALY_SMTP_SENDERS), cases[i].is ? 0 : 1);
	}
}

static void mail_host_without_mail_for_long_is_none(void **state)
{
	(void)state;
	begin();
	become_mail_host(1, 25, BEHAVIOUR_MAIL, "250 ok");
	at(rig_behaviour.mail_host_s - 1);
	some(&kinds[0], 0, 11);
	assert_int_equal(seen(ANOMALY_SMTP_SENDERS), 0);
	at(rig_behaviour.mail_host_s + 301);
	some(&kinds[0], 0, 11);
	assert_int_equal(seen(ANOMALY_SMTP_SENDERS), 1);
}

static void mail_host_is_not_who_sends_to_one(void **state)
{
	(void)state;
	begin();
	stage.inspection.tuple.destination_port = 25;
	reply(BEHAVIOUR_MAIL, "250 ok");
	reply(BEHAVIOUR_OTHER, "220 go ahead");
	some(&kinds[0], 0, 11);
	assert_int_equal(seen(ANOMALY_SMTP_SENDERS), 1);
}

/* Both ends inside: one is charged for what it sends, the other becomes a mail host. */
static void mail_between_servers_is_the_clients(void **state)
{
	(void)state;
	begin();
	inward(2, 200, 25);
	stage.inspection.tuple.source[0] = 10;
	stage.inspection.inside = 3;
	reply(BEHAVIOUR_MAIL, "250 ok");
	some(&kinds[0], 0, 11);
	assert_int_equal(seen(ANOMALY_SMTP_SENDERS), 1);
	between(2, 1);
	some(&kinds[0], 0, 11);
	assert_int_equal(seen(ANOMALY_SMTP_SENDERS), 1);
}

/* ---- refusals -------------------------------------------------- */

static void refusals_below_the_percentage_are_normal(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 100; i++) {
		reply(BEHAVIOUR_RCPT, "250 ok");
		reply(BEHAVIOUR_RCPT, "450 later"); /* just half */
	}
	assert_int_equal(seen(ANOMALY_SMTP_REFUSALS), 0);
	reply(BEHAVIOUR_RCPT, "450 later");
	assert_int_equal(seen(ANOMALY_SMTP_REFUSALS), 1);
	assert_int_equal(stage.last.count, 101);
}

/* Wherever in the dialogue it is refused, all refused is all. */
static void refusals_at_any_step_count(void **state)
{
	static const enum behaviour_command steps[] = { BEHAVIOUR_BANNER, BEHAVIOUR_MAIL,
							BEHAVIOUR_RCPT, BEHAVIOUR_DATA };

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		begin();
		for (unsigned n = 0; n < 21; n++) {
			assert_int_equal(seen(ANOMALY_SMTP_REFUSALS), 0);
			for (unsigned step = 0; step < i; step++) {
				reply(steps[step], "250 ok");
			}
			reply(steps[i], "554 no");
		}
		assert_int_equal(seen(ANOMALY_SMTP_REFUSALS), 1);
	}
}

static void refusals_of_other_commands_do_not_count(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 100; i++) {
		reply(BEHAVIOUR_OTHER, "502 5.5.2 not implemented");
		reply(BEHAVIOUR_RCPT, "no code");
		reply(BEHAVIOUR_DATA, "354 go ahead");
	}
	assert_int_equal(seen_at_all(), 0);
}

static void topics_count_only_in_refusals_of_their_kind(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 20; i++) {
		reply(BEHAVIOUR_BANNER, "220 spamhaus.example, no such user here");
		reply(BEHAVIOUR_RCPT, "250 user unknown, will try");
		reply(BEHAVIOUR_RCPT, "450 4.1.1 user unknown");
		reply(BEHAVIOUR_MAIL, "550 sender domain does not exist");
	}
	assert_int_equal(seen(ANOMALY_SMTP_UNKNOWN_USERS), 0);
	assert_int_equal(seen(ANOMALY_SMTP_BLOCKLISTED), 0);
	reply(BEHAVIOUR_OTHER, "554 your HELO is on a blocklist");
	assert_int_equal(seen(ANOMALY_SMTP_BLOCKLISTED), 1);
}

/* ---- first times -------------------------------------------------- */

static void first_mail_and_ssh_are_told_once_a_server(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 3; i++) {
		for (uint32_t server = 1; server <= 3; server++) {
			between(server, 1);
			behaviour_smtp(&stage.inspection, TO_RESPONDER);
			assert_int_equal(seen(ANOMALY_SMTP_FIRST), i == 0 ? server : 3);
			behaviour_ssh(&stage.inspection, TO_RESPONDER);
			assert_int_equal(seen(ANOMALY_SSH_FIRST_OUTBOUND), i == 0 ? server : 3);
		}
		at(100000 * (i + 1ull));
	}
	assert_int_equal(stage.last.count, 0);
	assert_int_equal(stage.last.window_s, 0);
}

static void first_time_while_learning_is_no_news(void **state)
{
	struct behaviour_config config = rig_behaviour;

	(void)state;
	begin_with(&config);
	at(86399);
	behaviour_smtp(&stage.inspection, TO_RESPONDER);
	at(86400);
	behaviour_smtp(&stage.inspection, TO_RESPONDER);
	assert_int_equal(seen_at_all(), 0);
	behaviour_ssh(&stage.inspection, TO_RESPONDER);
	assert_int_equal(seen(ANOMALY_SSH_FIRST_OUTBOUND), 1);
	between(2, 1);
	behaviour_smtp(&stage.inspection, TO_RESPONDER);
	assert_int_equal(seen(ANOMALY_SMTP_FIRST), 1);
}

/* ---- who is charged -------------------------------------------------- */

static void all_kinds(void)
{
	for (size_t i = 0; i < KINDS; i++) {
		some(&kinds[i], 0, 100);
	}
}

static void calls_for_outside_ends_are_no_ops(void **state)
{
	(void)state;
	begin();
	stage.inside = 2; /* who is written to, not who writes */
	between(1, 1);
	all_kinds();
	stage.inside = 0;
	between(1, 1);
	all_kinds();
	assert_int_equal(seen_at_all(), 0);
}

static void calls_without_a_whole_handshake_are_no_ops(void **state)
{
	(void)state;
	begin();
	stage.inspection.handshake = 0;
	all_kinds();
	assert_int_equal(seen_at_all(), 0);
	stage.inspection.handshake = 1;
	stage.inspection.strayed = 1;
	all_kinds();
	assert_int_equal(seen_at_all(), 0);
}

static void calls_without_a_table_are_no_ops(void **state)
{
	(void)state;
	begin();
	stage.inspection.behaviour = NULL;
	all_kinds();
	assert_int_equal(seen_at_all(), 0);
}

static void roles_follow_the_protocol_not_who_connected(void **state)
{
	(void)state;
	begin();
	inward(1, 7, 40000);
	for (unsigned i = 0; i < 11; i++) {
		const uint8_t sender[] = { (uint8_t)('a' + i) };

		behaviour_smtp_mail(&stage.inspection, TO_ORIGINATOR, sender, 1);
		behaviour_smtp_mail(&stage.inspection, TO_RESPONDER, sender, 1);
	}
	assert_int_equal(seen(ANOMALY_SMTP_MAILS), 1);
	assert_int_equal(stage.last.count, 11);
}

static void servers_are_counted_apart(void **state)
{
	(void)state;
	begin();
	for (uint32_t i = 0; i < 10; i++) {
		for (uint32_t server = 1; server <= 20; server++) {
			between(server, 1);
			mail_from(i);
		}
		stage.inspection.tuple.family = 6; /* the same bytes, another address */
		mail_from(i);
	}
	assert_int_equal(seen_at_all(), 0);
	mail_from(10);
	assert_int_equal(seen(ANOMALY_SMTP_MAILS), 1);
	assert_int_equal(seen(ANOMALY_SMTP_SENDERS), 1);
}

static void mx_query_of_a_server_without_connections_takes_no_place(void **state)
{
	(void)state;
	begin();
	some(&kinds[KINDS - 1], 0, 100);
	assert_int_equal(seen_at_all(), 0);
	behaviour_ssh(&stage.inspection, TO_RESPONDER);
	stage.inspection.handshake = 0; /* as UDP has none */
	some(&kinds[KINDS - 1], 0, 30);
	assert_int_equal(seen(ANOMALY_DNS_MX_QUERIES), 0);
	some(&kinds[KINDS - 1], 0, 1);
	assert_int_equal(seen(ANOMALY_DNS_MX_QUERIES), 1);
}

/* ---- the table -------------------------------------------------- */

static void full_table_makes_the_longest_silent_leave(void **state)
{
	struct behaviour_config config = rig_behaviour;

	(void)state;
	config.servers = 8; /* one set */
	begin_with(&config);
	for (uint32_t server = 0; server < 8; server++) {
		at(server);
		between(server, 1);
		some(&kinds[0], 0, 10);
	}
	at(8);
	between(0, 1);
	one_helo(0); /* not silent any more */
	between(99, 1);
	some(&kinds[0], 0, 10); /* in place of 1 */
	at(9);
	for (uint32_t server = 0; server < 8; server++) {
		uint32_t before = seen(ANOMALY_SMTP_SENDERS);

		if (server != 1) {
			between(server, 1);
			mail_from(10);
			assert_int_equal(seen(ANOMALY_SMTP_SENDERS), before + 1);
		}
	}
	between(99, 1);
	mail_from(10);
	assert_int_equal(seen(ANOMALY_SMTP_SENDERS), 8);
	between(1, 1); /* counts from one, in place of another */
	some(&kinds[0], 0, 10);
	assert_int_equal(seen(ANOMALY_SMTP_SENDERS), 8);
	mail_from(10);
	assert_int_equal(seen(ANOMALY_SMTP_SENDERS), 9);
}

static void flood_of_made_up_servers_pushes_nobody_out(void **state)
{
	(void)state;
	begin();
	some(&kinds[0], 0, 10);
	stage.inspection.handshake = 0;
	for (uint32_t server = 2; server < 50000; server++) {
		between(server, 1);
		mail_from(1);
		behaviour_dns_mx(&stage.inspection, TO_RESPONDER);
	}
	stage.inspection.handshake = 1;
	between(1, 1);
	mail_from(10);
	assert_int_equal(seen(ANOMALY_SMTP_SENDERS), 1);
}

static void flood_of_servers_keeps_within_memory(void **state)
{
	(void)state;
	begin();
	for (uint32_t server = 0; server < 50000; server++) {
		at_ms(server);
		between(server, server);
		for (size_t i = 0; i < KINDS; i++) {
			uint32_t peer = stage.inspection.tuple.destination[3];

			kinds[i].one(server);
			between(server, peer);
		}
		(void)seen_at_all();
	}
}

static void size_is_what_the_manual_says(void **state)
{
	struct behaviour_config config = rig_behaviour;

	(void)state;
	config.servers = 4096;
	assert_in_range(behaviour_size(&config), 4096 * 600, 4096 * BEHAVIOUR_SERVER_BYTES);
}

static void size_of_values_out_of_range_is_0(void **state)
{
	struct behaviour_config bad[11];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bad[i] = rig_behaviour;
	}
	bad[0].servers = 0;
	bad[1].servers = (1u << 20) + 1;
	bad[2].mail_host_factor = 1001;
	bad[3].refusal_percent = 0;
	bad[4].refusal_percent = 101;
	bad[5].error_recipients = 0;
	bad[6].error_recipients = BEHAVIOUR_ERROR_RECIPIENTS_MAX + 1;
	bad[7].limit[BEHAVIOUR_MAILS].window_s = 0;
	bad[8].limit[BEHAVIOUR_MX_QUERIES].window_s = 604801;
	bad[9].limit[BEHAVIOUR_SENDERS].more_than = 641;
	bad[10].mail_host_s = 2592001;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(behaviour_size(&bad[i]), 0);
	}
	assert_int_not_equal(behaviour_size(&rig_behaviour), 0);
}

static void report_into_a_full_ring_is_lost_and_goes_on(void **state)
{
	(void)state;
	begin();
	for (uint32_t server = 0; server < 5000; server++) {
		stage.inspection.tuple.source[2] = (uint8_t)(server >> 8);
		stage.inspection.tuple.source[3] = (uint8_t)server;
		behaviour_ssh(&stage.inspection, TO_RESPONDER);
	}
	assert_int_not_equal(stage.ring.lost, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(count_up_to_the_threshold_reports_nothing),
		cmocka_unit_test(count_beyond_the_threshold_reports_once),
		cmocka_unit_test(count_of_the_same_again_reports_nothing),
		cmocka_unit_test(window_that_ends_forgets_what_it_counted),
		cmocka_unit_test(window_lasts_as_long_as_configured),
		cmocka_unit_test(one_flow_reports_again_in_the_next_window),
		cmocka_unit_test(mail_host_may_do_more_of_what_is_volume),
		cmocka_unit_test(mail_host_with_factor_0_is_not_held_to_volume),
		cmocka_unit_test(mail_host_with_a_large_factor_is_held_to_what_can_be_estimated),
		cmocka_unit_test(mail_host_is_who_takes_mail_on_a_port_for_it),
		cmocka_unit_test(mail_host_without_mail_for_long_is_none),
		cmocka_unit_test(mail_host_is_not_who_sends_to_one),
		cmocka_unit_test(mail_between_servers_is_the_clients),
		cmocka_unit_test(refusals_below_the_percentage_are_normal),
		cmocka_unit_test(refusals_at_any_step_count),
		cmocka_unit_test(refusals_of_other_commands_do_not_count),
		cmocka_unit_test(topics_count_only_in_refusals_of_their_kind),
		cmocka_unit_test(first_mail_and_ssh_are_told_once_a_server),
		cmocka_unit_test(first_time_while_learning_is_no_news),
		cmocka_unit_test(calls_for_outside_ends_are_no_ops),
		cmocka_unit_test(calls_without_a_whole_handshake_are_no_ops),
		cmocka_unit_test(calls_without_a_table_are_no_ops),
		cmocka_unit_test(roles_follow_the_protocol_not_who_connected),
		cmocka_unit_test(servers_are_counted_apart),
		cmocka_unit_test(mx_query_of_a_server_without_connections_takes_no_place),
		cmocka_unit_test(full_table_makes_the_longest_silent_leave),
		cmocka_unit_test(flood_of_made_up_servers_pushes_nobody_out),
		cmocka_unit_test(flood_of_servers_keeps_within_memory),
		cmocka_unit_test(size_is_what_the_manual_says),
		cmocka_unit_test(size_of_values_out_of_range_is_0),
		cmocka_unit_test(report_into_a_full_ring_is_lost_and_goes_on),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(stage.memory);
	return failed;
}
