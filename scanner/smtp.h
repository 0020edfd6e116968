/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMTP (RFC 5321, and 1870, 2920, 3030, 3207, 4954, 6531; LMTP, RFC 2033): recognises
 * it on any port, follows the dialogue of both directions, matches smtp.* and writes
 * one `smtp` event a transaction. Called by session.c with in-order bytes; the same
 * events for any split of them and any order of the two directions that TCP allows.
 */
#ifndef SCANNER_SMTP_H
#define SCANNER_SMTP_H

#include "scanner/inspect.h"

struct mail;
struct smtp;

/* `mail`: where a message is read, used only once smtp_is_certain(). */
void smtp_init(struct smtp *smtp, struct mail *mail);

/* The next in-order bytes of what is sent in `direction`. PROGRESS_NOT_MINE only while not
 * certain. PROGRESS_UPGRADED: STARTTLS was accepted; what comes now is TLS (smtp_take_held() gives
 * what the client sent before the reply). During each call inspection->describe is smtp_describe()
 * and inspection->state this parser; inspection->app becomes APP_SMTP when certain. */
enum progress smtp_feed(struct smtp *smtp, struct inspection *inspection, enum direction direction,
			const uint8_t *bytes, size_t length);
/* Bytes were lost: what is known is reported, and reading has ended. */
void smtp_gap(struct smtp *smtp, struct inspection *inspection, enum direction direction);
/* The connection was reset, or has been silent for seconds: what waits for a reply is decided by
 * what is likely. Reading goes on. */
void smtp_settle(struct smtp *smtp, struct inspection *inspection);
/* The flow ended or is evicted: the transaction is reported, all blocks are given back. */
void smtp_end(struct smtp *smtp, struct inspection *inspection);

/* For inspection->describe: the attributes of an smtp event, as far as they are known. */
void smtp_describe(const void *smtp, const struct inspection *inspection, struct event *event);

#endif
