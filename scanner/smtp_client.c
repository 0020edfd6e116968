/* SPDX-License-Identifier: BSD-2-Clause */
/* What the client says: see smtp_dialogue.h. */
#include "scanner/smtp_dialogue.h"

#include <string.h>

#include "scanner/scan.h"
#include "scanner/smtp_command.h"
#include "scanner/smtp_match.h"
#include "scanner/smtp_transaction.h"
#include "scanner/uninitialized.h"

/* ---- commands --------------------------------------------------------------- */

static bool ends_transaction(enum smtp_verb verb)
{
	return verb == SMTP_VERB_EHLO || verb == SMTP_VERB_LHLO || verb == SMTP_VERB_MAIL ||
	       verb == SMTP_VERB_RSET || verb == SMTP_VERB_QUIT;
}

/* What the reply to a chunk will answer. */
static enum smtp_expect answer_to_chunk(const struct smtp *smtp, const struct smtp_command *command)
{
	if (!command->valid) {
		return SMTP_EXPECT_BDAT;
	}
	if (smtp->chunking == SMTP_CHUNKING_MISSING && !smtp->deaf) {
		return SMTP_EXPECT_CHUNKING;
	}
	return command->last ? SMTP_EXPECT_END : SMTP_EXPECT_BDAT;
}

static enum smtp_expect answer_to(const struct smtp *smtp, const struct smtp_command *command)
{
	switch (command->verb) {
	case SMTP_VERB_EHLO:
	case SMTP_VERB_LHLO:
		return SMTP_EXPECT_HELO;
	case SMTP_VERB_MAIL:
		return SMTP_EXPECT_MAIL;
	case SMTP_VERB_RCPT:
		return SMTP_EXPECT_RCPT;
	case SMTP_VERB_DATA:
		return SMTP_EXPECT_DATA;
	case SMTP_VERB_BDAT:
		return answer_to_chunk(smtp, command);
	case SMTP_VERB_QUIT:
		return SMTP_EXPECT_QUIT;
	case SMTP_VERB_AUTH:
		return SMTP_EXPECT_AUTH;
	case SMTP_VERB_STARTTLS:
		return SMTP_EXPECT_STARTTLS;
	case SMTP_VERB_UNKNOWN:
	case SMTP_VERB_RSET:
	case SMTP_VERB_OTHER:
	default:
		return SMTP_EXPECT_OTHER;
	}
}

/* Before a transaction ends its recipients' codes are to be there; whether a server knows BDAT is
 * said in its reply to EHLO; and how many replies LMTP gives, in those to RCPT. */
static bool has_to_wait(const struct smtp *smtp, const struct smtp_command *command)
{
	if (smtp->runs == 0 || smtp->passes) {
		return false;
	}
	return (smtp->open && ends_transaction(command->verb)) ||
	       (command->verb == SMTP_VERB_BDAT &&
		(smtp->lmtp || smtp_is_expected(smtp, SMTP_EXPECT_HELO))) ||
	       !smtp_can_expect(smtp, answer_to(smtp, command));
}

static void on_helo(struct smtp *smtp, struct inspection *inspection,
		    const struct smtp_command *command)
{
	smtp_end_transaction(smtp, inspection);
	smtp->lmtp = command->verb == SMTP_VERB_LHLO;
	if (smtp_keep_greeting(smtp, inspection->pool, true, command->argument, command->length)) {
		smtp_match_helo(smtp, inspection);
	}
}

static void on_mail(struct smtp *smtp, struct inspection *inspection,
		    const struct smtp_command *command)
{
	smtp_end_transaction(smtp, inspection);
	smtp_begin_transaction(smtp);
	smtp_envelope_sender(&smtp->envelope, inspection->pool, command->argument, command->length);
	smtp_match_sender(smtp, inspection, command->argument, command->length);
}

static void on_recipient(struct smtp *smtp, struct inspection *inspection,
			 const struct smtp_command *command)
{
	smtp_begin_transaction(smtp);
	smtp_envelope_recipient(&smtp->envelope, inspection->pool, command->argument,
				command->length);
	smtp_match_recipient(smtp, inspection, command->argument, command->length);
}

static void on_auth(struct smtp *smtp, struct inspection *inspection,
		    const struct smtp_command *command)
{
	size_t length = command->length;

	if (length != 0 && length <= SMTP_MECHANISM_MAX) {
		for (size_t i = 0; i < length; i++) {
			uint8_t byte = command->argument[i];

			smtp->mechanism[i] = (uint8_t)(byte - 'a') < 26 ? byte & 0xdfu : byte;
		}
		smtp->mechanism_length = (uint8_t)length;
		if (smtp->certain) {
			smtp_match_mechanism(smtp, inspection);
		}
	}
	smtp_await(smtp, SMTP_EXPECT_AUTH);
}

/* RFC 3030. A server that did not offer it may know it or not: its reply says so, at once or
 * behind the chunk. */
static void on_bdat(struct smtp *smtp, struct inspection *inspection,
		    const struct smtp_command *command)
{
	if (!command->valid) {
		inspect_anomaly(inspection, ANOMALY_SMTP_BDAT_MALFORMED, 0);
		smtp_expect(smtp, SMTP_EXPECT_BDAT);
		return;
	}
	smtp_become_certain(smtp, inspection);
	smtp->chunk_left = command->chunk;
	smtp->chunk_last = command->last;
	if (answer_to_chunk(smtp, command) == SMTP_EXPECT_CHUNKING) {
		smtp_await(smtp, SMTP_EXPECT_CHUNKING);
	} else {
		smtp_begin_chunk(smtp, inspection);
	}
}

static void execute(struct smtp *smtp, struct inspection *inspection,
		    const struct smtp_command *command)
{
	switch (command->verb) {
	case SMTP_VERB_EHLO:
	case SMTP_VERB_LHLO:
		on_helo(smtp, inspection, command);
		break;
	case SMTP_VERB_MAIL:
		on_mail(smtp, inspection, command);
		break;
	case SMTP_VERB_RCPT:
		on_recipient(smtp, inspection, command);
		break;
	case SMTP_VERB_BDAT:
		on_bdat(smtp, inspection, command);
		return;
	case SMTP_VERB_AUTH:
		on_auth(smtp, inspection, command);
		return;
	case SMTP_VERB_QUIT:
		smtp_end_transaction(smtp, inspection);
		smtp_await(smtp, SMTP_EXPECT_QUIT);
		return;
	case SMTP_VERB_DATA:
	case SMTP_VERB_STARTTLS:
		smtp_await(smtp, answer_to(smtp, command));
		return;
	case SMTP_VERB_RSET:
		smtp_end_transaction(smtp, inspection);
		break;
	case SMTP_VERB_UNKNOWN:
	case SMTP_VERB_OTHER:
		break;
	}
	smtp_expect(smtp, answer_to(smtp, command));
}

static void note_oddities(struct inspection *inspection, const struct smtp_line *line,
			  enum smtp_verb verb)
{
	if (line->oversize) {
		inspect_anomaly(inspection, ANOMALY_SMTP_LINE_OVERSIZE, 0);
	}
	if (line->bare) {
		inspect_anomaly(inspection, ANOMALY_SMTP_BARE_LINE_FEED, 0);
	}
	/* of AUTH not all is kept */
	if (verb != SMTP_VERB_AUTH && scan_byte(line->bytes, line->length, '\0') != line->length) {
		inspect_anomaly(inspection, ANOMALY_SMTP_NUL, 0);
	}
}

bool smtp_client_line(struct smtp *smtp, struct inspection *inspection,
		      const struct smtp_line *line)
{
	if (smtp->mode == SMTP_MODE_SECRET) {
		smtp->mode = SMTP_MODE_COMMAND;
		smtp_await(smtp, SMTP_EXPECT_AUTH);
		return true;
	}
	struct smtp_command command = smtp_command(line->bytes, line->length);

	if (command.verb == SMTP_VERB_EHLO || command.verb == SMTP_VERB_LHLO ||
	    command.verb == SMTP_VERB_MAIL || command.verb == SMTP_VERB_RCPT) {
		smtp_become_certain(smtp, inspection);
	}
	if (has_to_wait(smtp, &command)) {
		smtp->barrier = true;
		smtp->waits_for = SMTP_EXPECT_OTHER;
		return false;
	}
	smtp->passes = false;
	smtp->agreed = smtp->agreed || (smtp->certain && command.verb != SMTP_VERB_UNKNOWN);
	if (smtp->certain) {
		note_oddities(inspection, line, command.verb);
	}
	smtp->truncated |= line->lost;
	execute(smtp, inspection, &command);
	return true;
}

/* ---- guesses and the end ---------------------------------------------------- */

/* Whether what waits begins with a command's line: then DATA or AUTH was refused. */
static bool holds_command(const struct smtp *smtp, const struct pool *pool)
{
	uint8_t bytes[SMTP_LINE_MAX] UNINITIALIZED;
	size_t length = smtp_side_peek(&smtp->side[smtp->client], pool, bytes, sizeof(bytes));
	const uint8_t *end = memchr(bytes, '\n', length);

	if (end == NULL) {
		return false;
	}
	length = (size_t)(end - bytes);
	while (length != 0 && bytes[length - 1] == '\r') {
		length--;
	}
	return smtp_command(bytes, length).verb != SMTP_VERB_UNKNOWN;
}

/* The reply that was waited for is still to come, but decides nothing any more. */
static void lower_expectation(struct smtp *smtp, enum smtp_expect to)
{
	struct smtp_run *last = &smtp->run[smtp->runs - (smtp->runs != 0)];

	if (smtp->runs != 0) {
		last->expect = (uint8_t)to;
		last->stale = false; /* it began what is open now, if anything is */
	}
}

void smtp_client_guess(struct smtp *smtp, struct inspection *inspection)
{
	const struct pool *pool = inspection->pool;
	bool waiting = smtp->side[smtp->client].held.length != 0;
	uint8_t first = 0;

	if (!smtp->deaf) {
		inspect_anomaly(inspection, ANOMALY_SMTP_UNSYNCHRONIZED, 0);
	}
	smtp->barrier = false;
	switch ((enum smtp_expect)smtp->waits_for) {
	case SMTP_EXPECT_DATA:
		if (waiting && !holds_command(smtp, pool)) {
			smtp_begin_data(smtp, inspection);
		}
		lower_expectation(smtp, SMTP_EXPECT_GUESSED_DATA);
		break;
	case SMTP_EXPECT_AUTH:
		lower_expectation(smtp, SMTP_EXPECT_OTHER);
		smtp->mode = holds_command(smtp, pool) ? SMTP_MODE_COMMAND : SMTP_MODE_SECRET;
		break;
	case SMTP_EXPECT_CHUNKING:
		lower_expectation(smtp, SMTP_EXPECT_BDAT);
		smtp->chunk_answered = true;
		smtp_begin_chunk(smtp, inspection);
		break;
	case SMTP_EXPECT_STARTTLS:
		lower_expectation(smtp, SMTP_EXPECT_OTHER);
		smtp_side_peek(&smtp->side[smtp->client], pool, &first, 1);
		if (first == SMTP_TLS_HANDSHAKE) {
			smtp_upgrade(smtp, inspection);
		}
		break;
	case SMTP_EXPECT_END:
		smtp_end_transaction(smtp, inspection);
		break;
	default:
		smtp->passes = true;
		break;
	}
}
