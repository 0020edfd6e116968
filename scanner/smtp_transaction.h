/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state that both sides of an SMTP dialogue work on: which replies are still to
 * come, the transaction, the message in it. Internal to smtp.c; called by
 * smtp_client.c and smtp_server.c.
 */
#ifndef SCANNER_SMTP_TRANSACTION_H
#define SCANNER_SMTP_TRANSACTION_H

#include "scanner/smtp.h"

#define SMTP_TLS_HANDSHAKE 0x16 /* the first byte of a ClientHello's record */

/* A command was sent that is answered once. */
void smtp_expect(struct smtp *smtp, enum smtp_expect kind);
/* The same, and the client's bytes wait for the answer. */
void smtp_await(struct smtp *smtp, enum smtp_expect kind);
/* Whether such a reply is still to come, and whether one more can be. */
bool smtp_is_expected(const struct smtp *smtp, enum smtp_expect kind);
bool smtp_can_expect(const struct smtp *smtp, enum smtp_expect kind);
/* A reply came: takes off the run that it belongs to; `count` is with it. There is one. */
struct smtp_run smtp_next_run(struct smtp *smtp);

/* It is SMTP: matches what was read so far. */
void smtp_become_certain(struct smtp *smtp, struct inspection *inspection);
/* What that side says is not SMTP. */
void smtp_refuse(struct smtp *smtp, enum direction direction);

/* There is a transaction from here on, if there was none. */
void smtp_begin_transaction(struct smtp *smtp);
/* Reports it, if there is one, as far as it came. */
void smtp_end_transaction(struct smtp *smtp, struct inspection *inspection);
/* STARTTLS was accepted. */
void smtp_upgrade(struct smtp *smtp, struct inspection *inspection);
/* Nothing more is read: reports what was not reported yet. */
void smtp_report_rest(struct smtp *smtp, struct inspection *inspection);

/* DATA was accepted; BDAT (chunk_left, chunk_last) was said. */
void smtp_begin_data(struct smtp *smtp, struct inspection *inspection);
void smtp_begin_chunk(struct smtp *smtp, struct inspection *inspection);
/* The client's bytes of either; how many of them belong to the message and its end. */
size_t smtp_read_data(struct smtp *smtp, struct inspection *inspection, const uint8_t *bytes,
		      size_t length);
size_t smtp_read_chunk(struct smtp *smtp, struct inspection *inspection, const uint8_t *bytes,
		       size_t length);

#endif
