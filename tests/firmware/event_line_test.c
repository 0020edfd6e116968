/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of events for the serial line: alerts, anomalies, and nothing else; in any room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/alert_text.h"
#include "firmware/event_line.h"
#include "scanner/anomaly.h"
#include "tests/firmware/eve_events.h"

static struct record record;
static char out[EVENT_LINE_MAX + 1];

static const struct event *anomaly(enum anomaly kind, uint32_t count)
{
	struct event *event = record_begin(&record, EVENT_ANOMALY);
	const struct event_anomaly detail = { .anomaly = (uint16_t)kind, .count = count };

	event_put(event, ATTRIBUTE_ANOMALY, &detail, sizeof(detail));
	return event;
}

static void line_is(const struct event *event, const char *expected)
{
	size_t length = event_line(event, out, sizeof(out) - 1);

	out[length] = '\0';
	assert_string_equal(out, expected);
}

static void line_of_an_anomaly_says_who_what_and_how_often(void **state)
{
	char expected[512];

	(void)state;
	for (unsigned kind = 0; kind < ANOMALY_COUNT; kind++) {
		const struct anomaly_info *info = anomaly_info((enum anomaly)kind);

		strcpy(expected, "2026-06-01 10:00:03 anomaly 198.51.100.7:50000 -> "
				 "10.77.0.5:22  ");
		strcat(expected, info->event);
		strcat(expected, ": ");
		strcat(expected, info->text);
		line_is(anomaly((enum anomaly)kind, 0), expected);
		strcat(expected, " (4294967295)");
		line_is(anomaly((enum anomaly)kind, UINT32_MAX), expected);
	}
}

static void line_of_an_alert_is_alert_text_s(void **state)
{
	const struct event_alert alert = { .sid = 9, .severity = 4, .field = FIELD_IP_DST };
	struct event *event = record_begin(&record, EVENT_ALERT);
	char expected[EVENT_LINE_MAX];

	(void)state;
	record_alert(event, &alert, "a message");
	size_t length = alert_text(event, expected, sizeof(expected) - 1);

	assert_true(length > 20);
	expected[length] = '\0';
	line_is(event, expected);
}

static void line_of_any_other_event_is_none(void **state)
{
	(void)state;
	for (unsigned type = 0; type < EVENT_TYPE_COUNT; type++) {
		if (type != EVENT_ALERT && type != EVENT_ANOMALY) {
			line_is(record_begin(&record, (enum event_type)type), "");
		}
	}
	line_is(record_begin(&record, EVENT_ANOMALY), ""); /* without what it is */
}

static void line_in_any_room_stays_within_it(void **state)
{
	const struct event *event = anomaly(ANOMALY_COUNT - 1, 7);

	(void)state;
	for (size_t room = 0; room < 300; room++) {
		memset(out, 0x55, sizeof(out));
		assert_true(event_line(event, out, room) <= room);
		assert_int_equal(out[room], 0x55);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_of_an_anomaly_says_who_what_and_how_often),
		cmocka_unit_test(line_of_an_alert_is_alert_text_s),
		cmocka_unit_test(line_of_any_other_event_is_none),
		cmocka_unit_test(line_in_any_room_stays_within_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
