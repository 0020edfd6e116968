/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An alert as one line for a person: on the console and in replay's summary.
 *
 *   2026-06-01 10:00:03 CRITICAL 10.77.0.5:22 <- 198.51.100.7:50000  Ebury backdoor login
 *   [2018264]: SSH client ident shape ebury-hex; passed
 *
 * (in one line): second in UTC, severity, the inside server, who connected to whom,
 * the peer; behind two spaces the signature's message and SID, what matched, what was
 * done with the frame. "passed, would drop": in monitor mode; "quarantined, asked to
 * drop": another signature on the same frame did more. Everything but the message,
 * which is the operator's, is printable ASCII: bytes off the wire cannot steer a
 * terminal.
 */
#ifndef FIRMWARE_ALERT_TEXT_H
#define FIRMWARE_ALERT_TEXT_H

#include <stddef.h>

#include "scanner/event.h"

/* Writes the line of an event of type EVENT_ALERT, without an end of line and not terminated;
 * what does not fit is left out. Returns the length. 512 bytes hold all but the longest. */
size_t alert_text(const struct event *event, char *out, size_t size);

#endif
