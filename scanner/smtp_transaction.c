/* SPDX-License-Identifier: BSD-2-Clause */
/* Transactions, their messages and the replies to come: see smtp_transaction.h. */
#include "scanner/smtp_transaction.h"

#include <string.h>

#include "scanner/behaviour.h"
#include "scanner/mail.h"
#include "scanner/smtp_match.h"

/* ---- replies to come -------------------------------------------------------- */

static bool run_fits(const struct smtp *smtp, enum smtp_expect expect)
{
	const struct smtp_run *last = &smtp->run[smtp->runs - (smtp->runs != 0)];

	return smtp->runs != 0 && last->expect == expect && !last->stale &&
	       last->count != UINT16_MAX;
}

bool smtp_can_expect(const struct smtp *smtp, enum smtp_expect expect)
{
	return smtp->runs < SMTP_RUNS || run_fits(smtp, expect);
}

void smtp_expect(struct smtp *smtp, enum smtp_expect kind)
{
	struct smtp_run *last = &smtp->run[smtp->runs - (smtp->runs != 0)];

	if (smtp->deaf) {
		return;
	}
	if (run_fits(smtp, kind)) {
		last->count++;
	} else if (smtp->runs < SMTP_RUNS) {
		smtp->run[smtp->runs++] = (struct smtp_run){ 1, (uint8_t)kind, false };
	} else { /* only when waiting was given up: the number of replies still is right */
		last->expect = SMTP_EXPECT_OTHER;
		last->count = (uint16_t)(last->count + (last->count != UINT16_MAX));
	}
}

/* The command that the client has just sent is to be answered before it is read on. */
void smtp_await(struct smtp *smtp, enum smtp_expect kind)
{
	smtp_expect(smtp, kind);
	smtp->waits_for = (uint8_t)kind;
	smtp->barrier = !smtp->deaf || kind == SMTP_EXPECT_DATA || kind == SMTP_EXPECT_AUTH ||
			kind == SMTP_EXPECT_STARTTLS;
}

bool smtp_is_expected(const struct smtp *smtp, enum smtp_expect kind)
{
	for (unsigned i = 0; i < smtp->runs; i++) {
		if (smtp->run[i].expect == kind) {
			return true;
		}
	}
	return false;
}

/* Takes off the run that the next reply belongs to. */
struct smtp_run smtp_next_run(struct smtp *smtp)
{
	struct smtp_run run = smtp->run[0];

	if (--smtp->run[0].count == 0) {
		smtp->runs--;
		memmove(smtp->run, smtp->run + 1, smtp->runs * sizeof(smtp->run[0]));
	}
	if (smtp->runs == 0) {
		smtp->barrier = false;
	}
	return run;
}

/* ---- transactions ----------------------------------------------------------- */

static void report(struct smtp *smtp, struct inspection *inspection)
{
	struct event *event = inspect_begin(inspection, EVENT_SMTP);

	smtp->reported = true;
	if (event != NULL) {
		smtp_describe(smtp, inspection, event);
		event_commit(inspection->events, event);
	}
}

/* Replies that are still to come belong to what was before. */
static void detach_replies(struct smtp *smtp)
{
	for (unsigned i = 0; i < smtp->runs; i++) {
		smtp->run[i].stale = true;
	}
}

void smtp_begin_transaction(struct smtp *smtp)
{
	if (!smtp->open) {
		smtp->open = true;
		smtp->data_code = 0;
		smtp->refused_code = 0;
		detach_replies(smtp);
	}
}

void smtp_end_transaction(struct smtp *smtp, struct inspection *inspection)
{
	if (!smtp->open) {
		return;
	}
	if (smtp->in_mail && !smtp->complete) {
		mail_end(smtp->mail, inspection, false);
	}
	report(smtp, inspection);
	smtp->transactions++;
	inspection->tx_id = smtp->transactions;
	if (smtp->in_mail) {
		mail_release(smtp->mail, inspection->pool);
	}
	smtp_envelope_clear(&smtp->envelope, inspection->pool);
	smtp->open = false;
	smtp->in_mail = false;
	smtp->complete = false;
	smtp->answered = false;
	smtp->size = 0;
	smtp->shapes = 0;
	smtp->data_code = 0;
	smtp->refused_code = 0;
	detach_replies(smtp);
}

static void begin_message(struct smtp *smtp, struct inspection *inspection)
{
	smtp_begin_transaction(smtp);
	if (!smtp->in_mail) {
		smtp->in_mail = true;
		smtp->agreed = true;
		if (!smtp->mail_ready) {
			smtp->mail_ready = true;
			mail_init(smtp->mail);
		}
		mail_begin(smtp->mail, inspection, smtp_from_client(smtp));
	}
}

/* All of the message was read. LMTP answers once for every recipient (RFC 2033 section 4.2). */
static void end_message(struct smtp *smtp, struct inspection *inspection)
{
	uint32_t replies = smtp->lmtp && smtp->envelope.accepted != 0 ? smtp->envelope.accepted : 1;

	smtp->mode = SMTP_MODE_COMMAND;
	smtp->complete = true;
	mail_end(smtp->mail, inspection, true);
	smtp_match_message(smtp, inspection);
	if (smtp->deaf) {
		smtp_end_transaction(smtp, inspection);
		return;
	}
	for (; replies != 0; replies--) {
		smtp_await(smtp, SMTP_EXPECT_END);
	}
}

/* ---- recognition ------------------------------------------------------------ */

void smtp_become_certain(struct smtp *smtp, struct inspection *inspection)
{
	if (smtp->certain) {
		return;
	}
	smtp->certain = true;
	inspection->app = APP_SMTP;
	if (inspection->behaviour != NULL) {
		behaviour_smtp(inspection, smtp_from_client(smtp));
	}
	/* without a handshake nobody knows who opened the connection */
	if (smtp_from_client(smtp) != TO_RESPONDER && inspection->handshake) {
		inspect_anomaly(inspection, ANOMALY_SMTP_REVERSE, 0);
	}
	if (smtp->greeted) {
		smtp_match_banner(smtp, inspection, NULL, 0);
	}
	if (smtp->mechanism_length != 0) {
		smtp_match_mechanism(smtp, inspection);
	}
}

void smtp_refuse(struct smtp *smtp, enum direction direction)
{
	smtp->side[direction].role = SMTP_ROLE_FOREIGN;
}

/* ---- messages --------------------------------------------------------------- */

size_t smtp_read_data(struct smtp *smtp, struct inspection *inspection, const uint8_t *bytes,
		      size_t length)
{
	size_t used = 0;

	while (used < length) {
		struct smtp_piece piece;

		used += smtp_data_next(&smtp->data, bytes + used, length - used, &piece);
		if (piece.length != 0) {
			smtp->size += piece.length;
			mail_feed(smtp->mail, inspection, piece.bytes, piece.length);
		}
		if (piece.lookalike) {
			inspect_anomaly(inspection, ANOMALY_SMTP_END_OF_DATA_LOOKALIKE, 0);
			smtp_match_shape(smtp, inspection, SHAPE_SMTP_END_OF_DATA_LOOKALIKE);
		}
		if (piece.end) {
			end_message(smtp, inspection);
			break;
		}
	}
	return used;
}

static void end_chunk(struct smtp *smtp, struct inspection *inspection)
{
	bool answered = smtp->chunk_answered;

	smtp->mode = SMTP_MODE_COMMAND;
	smtp->chunk_answered = false;
	if (!smtp->chunk_last) {
		if (!answered) {
			smtp_expect(smtp, SMTP_EXPECT_BDAT);
		}
		return;
	}
	if (answered) {
		smtp->complete = true;
		mail_end(smtp->mail, inspection, true);
		smtp_match_message(smtp, inspection);
		smtp_end_transaction(smtp, inspection);
	} else {
		end_message(smtp, inspection);
	}
}

void smtp_begin_chunk(struct smtp *smtp, struct inspection *inspection)
{
	begin_message(smtp, inspection);
	smtp->mode = SMTP_MODE_BDAT;
	if (smtp->chunk_left == 0) {
		end_chunk(smtp, inspection);
	}
}

size_t smtp_read_chunk(struct smtp *smtp, struct inspection *inspection, const uint8_t *bytes,
		       size_t length)
{
	size_t part = length < smtp->chunk_left ? length : (size_t)smtp->chunk_left;

	smtp->chunk_left -= part;
	smtp->size += part;
	mail_feed(smtp->mail, inspection, bytes, part);
	if (smtp->chunk_left == 0) {
		end_chunk(smtp, inspection);
	}
	return part;
}

void smtp_begin_data(struct smtp *smtp, struct inspection *inspection)
{
	smtp_become_certain(smtp, inspection);
	begin_message(smtp, inspection);
	smtp_data_begin(&smtp->data);
	smtp->mode = SMTP_MODE_DATA;
}

/* What the client pipelined behind STARTTLS a careless server runs as if it had come encrypted
 * (CVE-2011-0411). */
void smtp_upgrade(struct smtp *smtp, struct inspection *inspection)
{
	smtp->starttls = SMTP_STARTTLS_ACCEPTED;
	smtp->upgraded = true;
	smtp_report_rest(smtp, inspection);
}

void smtp_report_rest(struct smtp *smtp, struct inspection *inspection)
{
	if (!smtp->certain) {
		return;
	}
	smtp_end_transaction(smtp, inspection);
	if (!smtp->reported && smtp->greeting.length != 0) {
		report(smtp, inspection);
	}
}
