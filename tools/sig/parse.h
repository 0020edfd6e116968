/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line of a signature file to one signature:
 *
 *   SID SEVERITY ACTION FIELD VALUE [msg=] [ref=] [class=] [rev=] [from=] [expires=]
 *
 * docs/signatures.md is the language's reference.
 */
#ifndef TOOLS_SIG_PARSE_H
#define TOOLS_SIG_PARSE_H

#include "scanner/set.h"
#include "scanner/set_format.h"
#include "tools/sig/value.h"

/* What all lines of a SID have in common. */
struct rule {
	uint32_t sid, rev;
	uint32_t quarantine_s, expires_day; /* 0: none, never */
	uint8_t severity, action, from; /* as in struct set_rule */
	uint8_t message[SET_TEXT_MAX + 1]; /* terminated; "" when absent, the next two too */
	uint8_t reference[SET_TEXT_MAX + 1];
	uint8_t class_name[SET_TEXT_MAX + 1];
};

struct signature {
	struct rule rule;
	struct value value;
};

enum parse_result { PARSE_NOTHING /* empty or comment */, PARSE_SIGNATURE, PARSE_ERROR };

/* Errors are reported. `line` as lex_read() left it. */
enum parse_result parse_line(struct lex_line *line, struct signature *signature,
			     const struct place *place, struct report *report);

/* The names of severities 1 to 4, of enum set_action, of enum set_from. */
const char *parse_severity_name(uint8_t severity);
const char *parse_action_name(uint8_t action);
const char *parse_from_name(uint8_t from);

/* Year, month and day of a day counted from 1970. */
struct parse_date {
	uint32_t year, month, day;
};
struct parse_date parse_date_of(uint32_t day);

#endif
