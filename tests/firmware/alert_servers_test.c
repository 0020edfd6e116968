/* SPDX-License-Identifier: BSD-2-Clause */
/* Which servers alerts are about: by side, apart by address, bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/alert_servers.h"
#include "tests/firmware/eve_events.h"

static struct record record;
static struct alert_servers servers;

static struct event *alert(uint8_t severity)
{
	const struct event_alert what = { .sid = 1, .severity = severity };
	struct event *event = record_begin(&record, EVENT_ALERT);

	record_alert(event, &what, "m");
	return event;
}

static int forget(void **state)
{
	(void)state;
	memset(&servers, 0, sizeof(servers));
	return 0;
}

static void alert_servers_count_since_when_and_how_many(void **state)
{
	struct event *event = alert(1);
	const struct alert_server *server = &servers.server[0];

	(void)state;
	alert_servers_count(&servers, event);
	event = alert(4);
	event->time.ns += 5 * NS_PER_S;
	alert_servers_count(&servers, event);
	assert_int_equal(servers.count, 1);
	assert_int_equal(server->family, 4);
	assert_memory_equal(server->address, ((uint8_t[]){ 10, 77, 0, 5 }), 4);
	assert_int_equal(server->first.ns, EXAMPLE_TIME_NS);
	assert_int_equal(server->latest.ns, EXAMPLE_TIME_NS + 5 * NS_PER_S);
	assert_memory_equal(server->alerts, ((uint64_t[]){ 0, 1, 0, 0, 1 }),
			    sizeof(server->alerts));
	assert_int_equal(servers.elsewhere, 0);
}

static void alert_servers_count_the_inside_end_else_the_originator(void **state)
{
	static const struct {
		uint8_t inside;
		uint8_t first_byte;
	} sides[] = { { 0, 198 }, { 1, 198 }, { 2, 10 }, { 3, 198 } };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct event *event = alert(2);

		event->inside = sides[i].inside;
		assert_int_equal(alert_server_address(event)[0], sides[i].first_byte);
		alert_servers_count(&servers, event);
	}
	assert_int_equal(servers.count, 2);
	assert_int_equal(servers.server[0].alerts[2], 3);
	assert_int_equal(servers.server[1].alerts[2], 1);
}

static void alert_servers_count_families_apart(void **state)
{
	struct event *event = alert(3);

	(void)state;
	alert_servers_count(&servers, event);
	event->tuple.family = 6; /* begins with the same bytes */
	alert_servers_count(&servers, event);
	event->tuple.destination[15] = 1;
	alert_servers_count(&servers, event);
	assert_int_equal(servers.count, 3);
}

static void alert_servers_count_full_counts_the_others_together(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ALERT_SERVERS_MAX + 10; i++) {
		struct event *event = alert(3);

		event->tuple.destination[3] = (uint8_t)i;
		alert_servers_count(&servers, event);
	}
	assert_int_equal(servers.count, ALERT_SERVERS_MAX);
	assert_int_equal(servers.elsewhere, 10);
	alert_servers_count(&servers, alert(1));
	assert_int_equal(servers.server[5].alerts[1], 1);
	assert_int_equal(servers.elsewhere, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(alert_servers_count_since_when_and_how_many, forget),
		cmocka_unit_test_setup(alert_servers_count_the_inside_end_else_the_originator,
				       forget),
		cmocka_unit_test_setup(alert_servers_count_families_apart, forget),
		cmocka_unit_test_setup(alert_servers_count_full_counts_the_others_together, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
