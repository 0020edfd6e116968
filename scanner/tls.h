/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS (RFC 8446, RFC 5246): the ClientHello, on any port and after STARTTLS, also when
 * it comes in several records and segments. Matches tls.sni, tls.ja3 and tls.ja4,
 * writes one `tls` event, and then there is nothing left to read: the rest of the
 * flow is encrypted. Called by session.c with in-order bytes of both directions.
 */
#ifndef SCANNER_TLS_H
#define SCANNER_TLS_H

#include "scanner/inspect.h"

struct tls;

/* `upgraded`: it follows STARTTLS, so it is TLS or nothing. */
void tls_init(struct tls *tls, bool upgraded);
/* The next in-order bytes of what is sent in `direction`. PROGRESS_NOT_MINE only while not certain.
 * PROGRESS_ENCRYPTED once the ClientHello was read, or cannot be read: all blocks are given back.
 * inspection->app becomes APP_TLS when certain, unless it follows STARTTLS. */
enum progress tls_feed(struct tls *tls, struct inspection *inspection, enum direction direction,
		       const uint8_t *bytes, size_t length);
/* Bytes were lost, or the flow ended: what is known is reported, all blocks are given back. */
void tls_end(struct tls *tls, struct inspection *inspection);

/* For inspection->describe. */
void tls_describe(const void *tls, const struct inspection *inspection, struct event *event);

#endif
