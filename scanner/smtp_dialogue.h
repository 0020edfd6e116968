/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the lines of an SMTP dialogue mean: smtp_client.c has the commands, smtp_server.c
 * the replies. Both work on the transaction (smtp_transaction.h). Internal to smtp.c,
 * which finds the lines.
 */
#ifndef SCANNER_SMTP_DIALOGUE_H
#define SCANNER_SMTP_DIALOGUE_H

#include "scanner/smtp.h"

/* A line of the client, outside messages. False: it has to wait, and nothing was done. */
bool smtp_client_line(struct smtp *smtp, struct inspection *inspection,
		      const struct smtp_line *line);
/* The client waits no longer: what its next bytes are is guessed by those that are held. */
void smtp_client_guess(struct smtp *smtp, struct inspection *inspection);

/* A line of the server. */
void smtp_server_line(struct smtp *smtp, struct inspection *inspection,
		      const struct smtp_line *line);

#endif
