/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words to a signature; see parse.h.
 */
#include "tools/sig/parse.h"

#include <string.h>

#include "scanner/letter.h"

/* The word at hand: what is read, where it stands, how to complain. */
struct reader {
	const char *text;
	size_t length;
	struct place at;
	struct report *report;
};

static const char *const severity_names[] = { "critical", "high", "medium", "low" };
static const char *const action_names[] = { "alert", "drop", "reject", "quarantine" };
static const char *const from_names[] = { "any", "inside", "outside" };

const char *parse_severity_name(uint8_t severity)
{
	return severity_names[severity - 1];
}

const char *parse_action_name(uint8_t action)
{
	return action_names[action];
}

const char *parse_from_name(uint8_t from)
{
	return from_names[from];
}

static bool expected(const struct reader *r, const char *what, const char *expectation)
{
	report_error(r->report, &r->at, "%s %s, expected %s", what,
		     report_quote(r->text, r->length).text, expectation);
	return false;
}

static bool equals(const struct reader *r, const char *name)
{
	return strlen(name) == r->length && memcmp(name, r->text, r->length) == 0;
}

/* The position among names, or -1. */
static int choose(const struct reader *r, const char *const *names, int count)
{
	for (int i = 0; i < count; i++) {
		if (equals(r, names[i])) {
			return i;
		}
	}
	return -1;
}

/* Decimal digits without a leading zero, from 1 to `max`; 0 when it is none. */
static uint32_t number(const char *text, size_t length, uint32_t max)
{
	uint64_t value = 0;

	if (length == 0 || text[0] == '0') {
		return 0;
	}
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9') {
			return 0;
		}
		value = value * 10 + (uint64_t)(text[i] - '0');
		if (value > max) {
			return 0;
		}
	}
	return (uint32_t)value;
}

static bool read_sid(const struct reader *r, struct rule *rule)
{
	rule->sid = number(r->text, r->length, SET_SID_MAX);
	return rule->sid > 0 || expected(r, "SID", "a number from 1 to 2147483647");
}

static bool read_severity(const struct reader *r, struct rule *rule)
{
	int found = choose(r, severity_names, 4);

	rule->severity = (uint8_t)(found + 1);
	return found >= 0 || expected(r, "severity", "critical, high, medium or low");
}

static bool read_duration(const struct reader *r, uint32_t *seconds)
{
	static const struct {
		char unit;
		uint32_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && r->length > 0; i++) {
		if (r->text[r->length - 1] == units[i].unit) {
			*seconds = units[i].seconds * number(r->text, r->length - 1,
							     SET_QUARANTINE_MAX / units[i].seconds);
			return *seconds > 0 ||
			       expected(r, "duration", "a number and s, m, h or d, up to 30d");
		}
	}
	return expected(r, "duration", "a number and s, m, h or d, up to 30d");
}

static bool read_action(const struct reader *r, struct rule *rule)
{
	static const char with_duration[] = "quarantine=";
	const size_t prefix = sizeof(with_duration) - 1;
	int found = choose(r, action_names, 4);

	if (r->length >= prefix && memcmp(r->text, with_duration, prefix) == 0) {
		struct reader duration = { r->text + prefix, r->length - prefix, r->at, r->report };

		duration.at.column += (uint32_t)prefix;
		rule->action = SET_ACTION_QUARANTINE;
		return read_duration(&duration, &rule->quarantine_s);
	}
	if (found < 0) {
		return expected(r, "action", "alert, drop, reject or quarantine[=DURATION]");
	}
	rule->action = (uint8_t)found;
	rule->quarantine_s = found == SET_ACTION_QUARANTINE ? 3600 : 0;
	return true;
}

static bool read_text(const struct reader *r, uint8_t out[static SET_TEXT_MAX + 1])
{
	const uint8_t *text = (const uint8_t *)r->text;

	if (r->length > SET_TEXT_MAX) {
		return expected(r, "text too long", "at most 255 bytes");
	}
	for (size_t at = 0; at < r->length;) {
		uint32_t letter = 0;
		size_t used = letter_decode(text + at, r->length - at, &letter);

		if (used == 0 || letter < 0x20 || (letter >= 0x7f && letter < 0xa0)) {
			return expected(r, "text", "UTF-8 without control characters");
		}
		at += used;
	}
	memcpy(out, text, r->length);
	return true;
}

static bool read_rev(const struct reader *r, struct rule *rule)
{
	rule->rev = number(r->text, r->length, SET_SID_MAX);
	return rule->rev > 0 || expected(r, "rev", "a number from 1 to 2147483647");
}

static bool read_from(const struct reader *r, struct rule *rule)
{
	int found = choose(r, from_names, 3);

	rule->from = (uint8_t)found;
	return found > 0 || expected(r, "from", "inside or outside");
}

static uint32_t days_in_month(uint32_t year, uint32_t month)
{
	static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

static uint32_t days_in_year(uint32_t year)
{
	return 337 + days_in_month(year, 2);
}

struct parse_date parse_date_of(uint32_t day)
{
	struct parse_date date = { 1970, 1, day };

	for (; date.year < 10000 && date.day >= days_in_year(date.year); date.year++) {
		date.day -= days_in_year(date.year);
	}
	for (; date.month < 12 && date.day >= days_in_month(date.year, date.month); date.month++) {
		date.day -= days_in_month(date.year, date.month);
	}
	date.day++;
	return date;
}

/* Two or four decimal digits; UINT32_MAX when it is something else. */
static uint32_t digits(const char *text, size_t count)
{
	uint32_t value = 0;

	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9') {
			return UINT32_MAX;
		}
		value = value * 10 + (uint32_t)(text[i] - '0');
	}
	return value;
}

static bool read_expires(const struct reader *r, struct rule *rule)
{
	uint32_t year, month, day, days = 0;

	if (r->length != 10 || r->text[4] != '-' || r->text[7] != '-') {
		return expected(r, "date", "YYYY-MM-DD");
	}
	year = digits(r->text, 4);
	month = digits(r->text + 5, 2);
	day = digits(r->text + 8, 2);
	if (year < 2000 || year > 9999 || month < 1 || month > 12 || day < 1 ||
	    day > days_in_month(year, month)) {
		return expected(r, "date", "a day from 2000-01-01 on");
	}
	for (uint32_t y = 1970; y < year; y++) {
		days += days_in_year(y);
	}
	for (uint32_t m = 1; m < month; m++) {
		days += days_in_month(year, m);
	}
	rule->expires_day = days + day - 1;
	return true;
}

static const char *const option_names[] = { "msg", "ref", "class", "rev", "from", "expires" };
enum { OPTION_COUNT = 6 };

static bool read_option_value(int option, const struct reader *r, struct rule *rule)
{
	switch (option) {
	case 0:
		return read_text(r, rule->message);
	case 1:
		return read_text(r, rule->reference);
	case 2:
		return read_text(r, rule->class_name);
	case 3:
		return read_rev(r, rule);
	case 4:
		return read_from(r, rule);
	default:
		return read_expires(r, rule);
	}
}

static bool read_option(const struct lex_word *word, struct reader *r, unsigned int *seen,
			struct rule *rule)
{
	const char *equal = memchr(word->text, '=', word->length);
	size_t name = equal != NULL ? (size_t)(equal - word->text) : word->length;
	int option;

	*r = (struct reader){ word->text, name, r->at, r->report };
	r->at.column = word->column;
	option = choose(r, option_names, OPTION_COUNT);
	if (equal == NULL || option < 0 || (word->quote != LEX_BARE && word->quote != name + 1)) {
		r->length = word->length;
		return expected(r, "option", "msg=, ref=, class=, rev=, from= or expires=");
	}
	if ((*seen >> option & 1) != 0) {
		return expected(r, "a second", "each option once");
	}
	*seen |= 1u << option;
	r->text += name + 1;
	r->length = word->length - name - 1;
	r->at.column += (uint32_t)name + 1;
	return read_option_value(option, r, rule);
}

/* The five words that every signature begins with may be quoted as a whole only. */
static bool check_words(const struct lex_line *line, struct reader *r)
{
	static const char *const missing[] = {
		"a SID",
		"critical, high, medium or low",
		"alert, drop, reject or quarantine[=DURATION]",
		"a field",
		"a value",
	};

	for (size_t i = 0; i < 5; i++) {
		if (i == line->count) {
			r->at.column = line->end_column;
			report_error(r->report, &r->at, "the line ends, expected %s", missing[i]);
			return false;
		}
		if (line->words[i].quote != LEX_BARE && line->words[i].quote != 0) {
			r->at.column = line->words[i].column;
			report_error(r->report, &r->at,
				     "quotes inside a word, expected the whole word in quotes");
			return false;
		}
	}
	return true;
}

static void aim(struct reader *r, const struct lex_word *word)
{
	r->text = word->text;
	r->length = word->length;
	r->at.column = word->column;
}

enum parse_result parse_line(struct lex_line *line, struct signature *signature,
			     const struct place *place, struct report *report)
{
	struct rule *rule = &signature->rule;
	struct reader r = { NULL, 0, *place, report };
	unsigned int seen = 0;

	if (!lex_split(line, place, report)) {
		return PARSE_ERROR;
	}
	if (line->count == 0) {
		return PARSE_NOTHING;
	}
	memset(rule, 0, sizeof(*rule));
	rule->rev = 1;
	if (!check_words(line, &r)) {
		return PARSE_ERROR;
	}
	aim(&r, &line->words[0]);
	if (!read_sid(&r, rule)) {
		return PARSE_ERROR;
	}
	aim(&r, &line->words[1]);
	if (!read_severity(&r, rule)) {
		return PARSE_ERROR;
	}
	aim(&r, &line->words[2]);
	if (!read_action(&r, rule) ||
	    !value_read(&signature->value, &line->words[3], place, report)) {
		return PARSE_ERROR;
	}
	for (size_t i = 5; i < line->count; i++) {
		if (!read_option(&line->words[i], &r, &seen, rule)) {
			return PARSE_ERROR;
		}
	}
	return PARSE_SIGNATURE;
}
