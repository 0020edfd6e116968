/* SPDX-License-Identifier: BSD-2-Clause */
/* The console's line: what keys do to it, and what is printed above it. Serial line and commands
 * are the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/console.h"
#include "firmware/console_command.h"
#include "hal/serial.h"
#include "tests/firmware/eve_events.h"

static struct console console;
static struct dataplane_shared shared;
static struct dataplane plane = { .shared = &shared };
static char said[4096], commanded[256];
static const char *typed;
static bool receives;

void serial_write(const void *bytes, size_t length)
{
	assert_true(receives); /* from the prompt on */
	assert_true(strlen(said) + length < sizeof(said));
	strncat(said, bytes, length);
}

size_t serial_read(void *out, size_t length)
{
	size_t count = strlen(typed);

	receives = true;
	if (count > length) {
		count = length;
	}
	memcpy(out, typed, count);
	typed += count;
	return count;
}

void console_command(struct console *at, const char *line)
{
	assert_ptr_equal(at, &console);
	strcat(strcat(commanded, line), ";");
}

static int start(void **state)
{
	(void)state;
	memset(&console, 0, sizeof(console));
	said[0] = commanded[0] = '\0';
	typed = "";
	receives = false;
	console_start(&console, &plane, NULL);
	assert_string_equal(said, "portreeve> ");
	said[0] = '\0';
	return 0;
}

static void console_start_keeps_what_was_typed_before(void **state)
{
	(void)state;
	memset(&console, 0, sizeof(console));
	typed = "hel";
	console_start(&console, &plane, NULL);
	typed = "p\r";
	console_poll(&console);
	assert_string_equal(commanded, "help;");
	assert_string_equal(said, "portreeve> help\r\nportreeve> ");
}

/* The commands that some keys lead to. */
static const char *commands_of(const char *keys)
{
	commanded[0] = '\0';
	for (typed = keys; *typed != '\0';) {
		console_poll(&console);
	}
	return commanded;
}

static void console_poll_lines_end_with_cr_lf_or_both(void **state)
{
	(void)state;
	assert_string_equal(commands_of("a\rb\nc\r\nd\r\re\n\n"), "a;b;c;d;;e;;");
}

static void console_poll_keys_edit_the_line(void **state)
{
	(void)state;
	assert_string_equal(commands_of("\x7f\bhelq\x7fp\r"), "help;");
	assert_string_equal(commands_of("nonsense\x15help\r"), "help;");
	assert_string_equal(said, "helq\b \bp\r\nportreeve> " /* nothing to erase at first */
				  "nonsense\b \b\b \b\b \b\b \b\b \b\b \b\b \b\b \bhelp\r\n"
				  "portreeve> ");
}

static void console_poll_ctrl_c_begins_anew(void **state)
{
	(void)state;
	assert_string_equal(commands_of("reboot\x03help\r"), "help;");
	assert_string_equal(said, "reboot^C\r\nportreeve> help\r\nportreeve> ");
}

static void console_poll_keys_that_mean_nothing_leave_the_line_alone(void **state)
{
	(void)state;
	/* arrows, home in two dialects, delete, F5, Alt-x */
	assert_string_equal(commands_of("he\x1b[A\x1b[D\x1bOHl\x1b[3~\x1b[15~p\x1bx\r"), "help;");
	assert_string_equal(said, "help\r\nportreeve> ");
	/* ESC as a key does not take the end of the line with it, nor half a sequence */
	assert_string_equal(commands_of("help\x1b\rhelp\x1b[\rx\x1b\x1b[Ay\r"), "help;help;xy;");
	said[0] = '\0';
	assert_string_equal(commands_of("a\tb\x80\xff\r"), "ab;");
	assert_string_equal(said, "a\ab\a\a\r\nportreeve> ");
}

static void console_poll_line_has_room_in_one_row(void **state)
{
	char keys[201], expected[201];

	(void)state;
	memset(keys, 'x', sizeof(keys));
	memset(expected, 'x', sizeof(expected));
	keys[199] = '\r';
	keys[200] = '\0';
	strcpy(expected + CONSOLE_LINE_MAX - 1, ";");
	assert_string_equal(commands_of(keys), expected);
	assert_true(strlen("portreeve> ") + CONSOLE_LINE_MAX - 1 < 80);
}

static void console_print_goes_above_what_is_typed(void **state)
{
	(void)state;
	commands_of("show por");
	said[0] = '\0';
	console_print(&console, "who  what", 9);
	assert_string_equal(said, "\r\x1b[Kwho  what\r\nportreeve> show por");
	assert_string_equal(commands_of("ts\r"), "show ports;");
}

static void console_print_long_text_in_rows_eve_in_one(void **state)
{
	static const char text[] = "2026-06-01 10:00:00 HIGH 10.77.0.21:41014 -> 203.0.113.53:53  "
				   "Ebury domain [1000004]: DNS query x; passed";
	char expected[256] = "\r\x1b[K";

	(void)state;
	console_print(&console, text, sizeof(text) - 1);
	assert_string_equal(
		said, "\r\x1b[K2026-06-01 10:00:00 HIGH 10.77.0.21:41014 -> 203.0.113.53:53\r\n"
		      "  Ebury domain [1000004]: DNS query x; passed\r\nportreeve> ");
	said[0] = '\0';
	console.eve = true;
	console_print(&console, text, sizeof(text) - 1);
	assert_string_equal(said, strcat(strcat(expected, text), "\r\nportreeve> "));
}

static void console_count_keeps_the_latest_alerts(void **state)
{
	static struct record record;
	struct event *event = record_begin(&record, EVENT_ALERT);
	const struct event_alert alert = { .sid = 9, .severity = 1 };

	(void)state;
	record_alert(event, &alert, "m");
	for (unsigned i = 0; i < CONSOLE_ALERTS + 1; i++) {
		event->tuple.source_port = (uint16_t)i;
		console_count(&console, event);
	}
	assert_int_equal(console.alerts, CONSOLE_ALERTS + 1);
	assert_int_equal(console.events[EVENT_ALERT], CONSOLE_ALERTS + 1);
	assert_non_null(strstr(console.alert[1], "198.51.100.7:1 "));
	assert_non_null(strstr(console.alert[0], "198.51.100.7:8 "));
	assert_int_equal(console.servers.server[0].alerts[1], CONSOLE_ALERTS + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(console_start_keeps_what_was_typed_before, start),
		cmocka_unit_test_setup(console_poll_lines_end_with_cr_lf_or_both, start),
		cmocka_unit_test_setup(console_poll_keys_edit_the_line, start),
		cmocka_unit_test_setup(console_poll_ctrl_c_begins_anew, start),
		cmocka_unit_test_setup(console_poll_keys_that_mean_nothing_leave_the_line_alone,
				       start),
		cmocka_unit_test_setup(console_poll_line_has_room_in_one_row, start),
		cmocka_unit_test_setup(console_print_goes_above_what_is_typed, start),
		cmocka_unit_test_setup(console_print_long_text_in_rows_eve_in_one, start),
		cmocka_unit_test_setup(console_count_keeps_the_latest_alerts, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
