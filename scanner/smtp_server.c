/* SPDX-License-Identifier: BSD-2-Clause */
/* What the server says: see smtp_dialogue.h. */
#include "scanner/smtp_dialogue.h"

#include <string.h>

#include "scanner/behaviour.h"
#include "scanner/letter.h"
#include "scanner/scan.h"
#include "scanner/smtp_command.h"
#include "scanner/smtp_match.h"
#include "scanner/smtp_transaction.h"

/* ---- replies ---------------------------------------------------------------- */

static void note_refusal(struct smtp *smtp, const struct smtp_run *run, unsigned code)
{
	if (code >= 400 && !run->stale) {
		smtp->refused_code = (uint16_t)code;
		if (run->expect != SMTP_EXPECT_MAIL) {
			smtp->data_code = (uint16_t)code;
		}
	}
}

static void on_end_reply(struct smtp *smtp, struct inspection *inspection,
			 const struct smtp_run *run, unsigned code)
{
	if (run->stale) {
		return;
	}
	if (!smtp->answered || code > smtp->data_code) { /* of LMTP's the worst */
		smtp->data_code = (uint16_t)code;
	}
	smtp->answered = true;
	if (run->count == 1) {
		smtp_end_transaction(smtp, inspection);
	}
}

/* The server said at once whether it knows BDAT. */
static void on_chunking(struct smtp *smtp, struct inspection *inspection,
			const struct smtp_run *run, unsigned code)
{
	if (code == 500 || code == 502) {
		note_refusal(smtp, run, code);
		return;
	}
	smtp_begin_transaction(smtp);
	if (smtp->chunk_last) {
		smtp->data_code = (uint16_t)code;
	} else {
		note_refusal(smtp, run, code);
	}
	smtp->chunk_answered = true;
	smtp_begin_chunk(smtp, inspection);
}

static void on_data_reply(struct smtp *smtp, struct inspection *inspection,
			  const struct smtp_run *run, unsigned code)
{
	if (run->expect == SMTP_EXPECT_DATA && code / 100 == 3) {
		smtp_begin_data(smtp, inspection);
	} else if (code / 100 != 3) {
		note_refusal(smtp, run, code);
		if (!run->stale && smtp->mode == SMTP_MODE_DATA) { /* guessed wrong */
			smtp->mode = SMTP_MODE_COMMAND;
		}
	}
}

static void on_reply(struct smtp *smtp, struct inspection *inspection, unsigned code)
{
	struct smtp_run run = smtp_next_run(smtp);

	switch ((enum smtp_expect)run.expect) {
	case SMTP_EXPECT_MAIL:
	case SMTP_EXPECT_BDAT:
		note_refusal(smtp, &run, code);
		break;
	case SMTP_EXPECT_RCPT:
		if (!run.stale) {
			smtp_envelope_answer(&smtp->envelope, inspection->pool, code);
		}
		break;
	case SMTP_EXPECT_DATA:
	case SMTP_EXPECT_GUESSED_DATA:
		on_data_reply(smtp, inspection, &run, code);
		break;
	case SMTP_EXPECT_CHUNKING:
		on_chunking(smtp, inspection, &run, code);
		break;
	case SMTP_EXPECT_END:
		on_end_reply(smtp, inspection, &run, code);
		break;
	case SMTP_EXPECT_AUTH:
		smtp->mode = code == 334 ? SMTP_MODE_SECRET : SMTP_MODE_COMMAND;
		break;
	case SMTP_EXPECT_STARTTLS:
		if (code == 220) {
			smtp_upgrade(smtp, inspection);
		} else {
			smtp->starttls = SMTP_STARTTLS_REFUSED;
		}
		break;
	case SMTP_EXPECT_QUIT:
		if (code / 100 == 2) {
			smtp_report_rest(smtp, inspection);
			smtp->finished = true;
		}
		break;
	case SMTP_EXPECT_OTHER:
	case SMTP_EXPECT_HELO:
		break;
	}
}

static bool is_server_alone(const struct smtp *smtp)
{
	return smtp->side[smtp->client].seen == 0;
}

/* A reply to a command that was not seen. A server that is heard alone still tells by its 354 that
 * there was a message, and then what became of it. */
static void on_unsolicited(struct smtp *smtp, struct inspection *inspection, unsigned code)
{
	if (!smtp->certain && code == 250) {
		smtp_become_certain(smtp, inspection);
	} else if (is_server_alone(smtp) && smtp->open) {
		smtp->data_code = (uint16_t)code;
		smtp->complete = true;
		smtp_end_transaction(smtp, inspection);
	} else if (is_server_alone(smtp) && code == 354) {
		smtp_begin_transaction(smtp);
	}
}

static bool is_word(const uint8_t *text, const char *lower, size_t length)
{
	size_t same = 0;

	while (same < length && letter_lower_ascii(text[same]) == (uint8_t)lower[same]) {
		same++;
	}
	return same == length;
}

static bool has_word(const uint8_t *text, size_t length, const char *lower)
{
	size_t n = strlen(lower);

	for (size_t at = 0; at + n <= length;) {
		size_t end = at + scan_byte(text + at, length - at, ' ');

		if (end - at == n && is_word(text + at, lower, n)) {
			return true;
		}
		at = end + 1;
	}
	return false;
}

/* The text of a reply's line, behind code and mark. */
static void reply_text(const struct smtp_line *line, const uint8_t **text, size_t *length)
{
	size_t mark = line->length < 4 ? line->length : 4;

	*text = line->bytes + mark;
	*length = line->length - mark;
}

/* RFC 5321 section 3.1. Of FTP's greetings none is a 554, and none names SMTP. */
static void on_greeting_line(struct smtp *smtp, struct inspection *inspection,
			     const struct smtp_line *line, unsigned code)
{
	const uint8_t *text;
	size_t length;

	if (smtp->reply_code != 0) {
		return;
	}
	reply_text(line, &text, &length);
	smtp->banner_code = (uint16_t)code;
	smtp_keep_greeting(smtp, inspection->pool, false, text, length);
	if (code == 554 || has_word(text, length, "esmtp") || has_word(text, length, "smtp") ||
	    has_word(text, length, "lmtp")) {
		smtp_become_certain(smtp, inspection);
	}
}

static void on_helo_line(struct smtp *smtp, const struct smtp_line *line, unsigned code, bool more)
{
	const uint8_t *text;
	size_t length;

	reply_text(line, &text, &length);
	if (smtp->reply_code == 0) { /* what an earlier EHLO was offered does not count any more */
		smtp->chunking = SMTP_CHUNKING_UNKNOWN;
	}
	if (code / 100 != 2) {
		return;
	}
	if (has_word(text, length, "chunking")) {
		smtp->chunking = SMTP_CHUNKING_OFFERED;
	} else if (!more && smtp->chunking == SMTP_CHUNKING_UNKNOWN) {
		smtp->chunking = SMTP_CHUNKING_MISSING;
	}
}

static enum behaviour_command behaviour_of(const struct smtp *smtp)
{
	switch (smtp->runs != 0 ? smtp->run[0].expect : SMTP_EXPECT_OTHER) {
	case SMTP_EXPECT_MAIL:
		return BEHAVIOUR_MAIL;
	case SMTP_EXPECT_RCPT:
		return BEHAVIOUR_RCPT;
	case SMTP_EXPECT_DATA:
	case SMTP_EXPECT_GUESSED_DATA:
	case SMTP_EXPECT_BDAT:
	case SMTP_EXPECT_CHUNKING:
	case SMTP_EXPECT_END:
		return BEHAVIOUR_DATA;
	default:
		return BEHAVIOUR_OTHER;
	}
}

static void on_foreign_line(struct smtp *smtp, struct inspection *inspection)
{
	if (!smtp->certain) {
		smtp_refuse(smtp, smtp_from_server(smtp));
		return;
	}
	inspect_anomaly(inspection, ANOMALY_SMTP_MALFORMED, 0);
	if (!smtp->greeted &&
	    smtp->side[smtp_from_server(smtp)].from_start) { /* it never spoke SMTP */
		smtp_report_rest(smtp, inspection);
		smtp->finished = true;
	}
}

/* The codes of RFC 5321 section 4.2.3 and its extensions; those of FTP's logins and transfers are
 * others. */
static bool is_smtp_code(unsigned code)
{
	return code == 211 || code == 214 || code == 220 || code == 221 || code == 235 ||
	       code / 10 == 25 || code == 334 || code == 354 || code >= 400;
}

void smtp_server_line(struct smtp *smtp, struct inspection *inspection,
		      const struct smtp_line *line)
{
	bool more;
	unsigned code = smtp_reply_code(line->bytes, line->length, &more);

	if (code == 0) {
		on_foreign_line(smtp, inspection);
		return;
	}
	if (!smtp->greeted && !smtp->side[smtp_from_server(smtp)].from_start && code != 220) {
		smtp->greeted = true; /* before it could be seen */
	}
	if (!smtp->greeted) {
		on_greeting_line(smtp, inspection, line, code);
	} else if (smtp->runs != 0 && smtp->run[0].expect == SMTP_EXPECT_HELO) {
		on_helo_line(smtp, line, code, more);
	}
	smtp->reply_code = (uint16_t)(more ? code : 0);
	if (more) {
		return;
	}
	if (!smtp->certain && !is_smtp_code(code)) {
		smtp_refuse(smtp, smtp_from_server(smtp));
		return;
	}
	if (!smtp->greeted) {
		smtp->greeted = true;
		if (code >= 400 && !smtp->open) {
			smtp->refused_code = (uint16_t)code;
		}
		if (smtp->certain) {
			smtp_match_banner(smtp, inspection, line->bytes, line->length);
		}
		return;
	}
	if (smtp->certain && inspection->behaviour != NULL) {
		behaviour_smtp_reply(
			inspection, smtp_from_client(smtp), behaviour_of(smtp), line->bytes,
			line->length < SMTP_BANNER_MAX ? line->length : SMTP_BANNER_MAX);
	}
	if (smtp->runs != 0) {
		on_reply(smtp, inspection, code);
	} else {
		on_unsolicited(smtp, inspection, code);
	}
}
