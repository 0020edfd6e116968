/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fingerprints of a ClientHello: JA3 (Salesforce, 2017) and JA4 (FoxIO, technical
 * details of JA4, 2023; for TLS over TCP). Any core may call; no state. Used by tls.c.
 *
 *   JA3   MD5 of "version,ciphers,extensions,groups,point formats", numbers in decimal,
 *         lists joined by '-' in the order sent
 *   JA4   "t", version, "d" or "i" (with server_name or not), counts of ciphers and
 *         extensions, first and last character of the first ALPN; '_' and 12 hex digits
 *         of the SHA-256 of the sorted ciphers; '_' and the same of the sorted extensions
 *         without server_name and ALPN, '_' and the signature algorithms as sent
 */
#ifndef SCANNER_TLS_JA_H
#define SCANNER_TLS_JA_H

#include "scanner/tls_hello.h"

#define TLS_JA3_LENGTH 32
#define TLS_JA4_LENGTH 36
#define TLS_JA3_STRING_MAX 4096

/* Writes the string that JA3 is the hash of; returns its length. The hello must not have
 * overflowed; the same for the others. */
size_t tls_ja3_string(const struct tls_hello *hello, uint8_t out[static TLS_JA3_STRING_MAX]);
/* Its MD5 in lower-case hexadecimal. */
void tls_ja3(const uint8_t *string, size_t length, uint8_t out[static TLS_JA3_LENGTH]);
void tls_ja4(const struct tls_hello *hello, uint8_t out[static TLS_JA4_LENGTH]);

#endif
