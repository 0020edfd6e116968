/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One SMTP command line taken apart (RFC 5321 section 4.1), as leniently as mail
 * servers do: any case, blanks before the command and around the colon, paths with
 * or without brackets, quotes and source routes in them. Pure; called by smtp.c
 * with whole lines.
 */
#ifndef SCANNER_SMTP_COMMAND_H
#define SCANNER_SMTP_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum smtp_verb {
	SMTP_VERB_UNKNOWN,
	SMTP_VERB_EHLO, /* HELO, too */
	SMTP_VERB_LHLO, /* LMTP's */
	SMTP_VERB_MAIL, /* with FROM and a path, the argument, as written; so RCPT with TO */
	SMTP_VERB_RCPT,
	SMTP_VERB_DATA,
	SMTP_VERB_BDAT,
	SMTP_VERB_RSET,
	SMTP_VERB_QUIT,
	SMTP_VERB_AUTH, /* argument: the mechanism, nothing of what follows it */
	SMTP_VERB_STARTTLS,
	SMTP_VERB_OTHER /* NOOP, HELP, VRFY …: without effect here */
};

struct smtp_command {
	enum smtp_verb verb;
	const uint8_t *argument; /* without blanks at its ends */
	size_t length;
	uint64_t chunk; /* of BDAT: its octets */
	bool last; /* of BDAT */
	bool valid; /* of BDAT: it is a number, and nothing else stands there */
};

/* `line`: without its end. */
struct smtp_command smtp_command(const uint8_t *line, size_t length);

/* Whether a direction that begins with these four bytes may be a client's. */
bool smtp_command_begins(const uint8_t bytes[static 4]);

/* The three digits of a reply (RFC 5321 section 4.2), 0 when it is none. `more`: further lines of
 * the same reply follow. */
unsigned smtp_reply_code(const uint8_t *line, size_t length, bool *more);

#endif
