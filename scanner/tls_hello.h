/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole ClientHello (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2) taken apart
 * into what is matched and what JA3 and JA4 are made of. Read where it lies, in one
 * piece or in pool blocks. Any core may call; no state. Used by tls.c.
 *
 * The lengths of the message's own parts must add up, or it is no ClientHello. What
 * stands inside an extension is read as far as it makes sense; the rest of that
 * extension is skipped.
 *
 * GREASE values (RFC 8701) are left out of every list: neither fingerprint has them.
 */
#ifndef SCANNER_TLS_HELLO_H
#define SCANNER_TLS_HELLO_H

#include "scanner/pool.h"

#define TLS_HELLO_CIPHERS_MAX 384
#define TLS_HELLO_LIST_MAX 128 /* extensions, groups, signature algorithms */
#define TLS_HELLO_FORMATS_MAX 32
#define TLS_HELLO_NAME_MAX 255
#define TLS_HELLO_ALPN_MAX 256

#define TLS_VERSION_1_0 0x0301
#define TLS_VERSION_1_3 0x0304

/* Extension types (IANA). */
enum tls_extension {
	TLS_EXTENSION_SERVER_NAME = 0,
	TLS_EXTENSION_GROUPS = 10,
	TLS_EXTENSION_POINT_FORMATS = 11,
	TLS_EXTENSION_SIGNATURE_ALGORITHMS = 13,
	TLS_EXTENSION_ALPN = 16,
	TLS_EXTENSION_SUPPORTED_VERSIONS = 43
};

/* In the order sent, in host order. */
struct tls_hello {
	uint16_t version; /* client_version */
	uint16_t highest; /* of supported_versions; 0 without that extension */
	uint16_t cipher_count;
	uint16_t extension_count;
	uint16_t group_count;
	uint16_t algorithm_count;
	uint16_t format_count;
	uint16_t name_length; /* of the first host name; 0: none */
	uint16_t alpn_length;
	bool name_cut; /* it is longer than what is kept */
	bool overflow; /* a list is longer than there is room: the fingerprints would be wrong */
	uint8_t formats[TLS_HELLO_FORMATS_MAX];
	uint8_t name[TLS_HELLO_NAME_MAX];
	uint8_t alpn[TLS_HELLO_ALPN_MAX]; /* whole names, a length byte before each */
	uint16_t ciphers[TLS_HELLO_CIPHERS_MAX];
	uint16_t extensions[TLS_HELLO_LIST_MAX];
	uint16_t groups[TLS_HELLO_LIST_MAX];
	uint16_t algorithms[TLS_HELLO_LIST_MAX];
};

/* The bytes of a message that are still to be read. */
struct tls_cursor {
	const struct pool *pool;
	uint32_t next; /* block behind this piece; unused in the last one */
	uint32_t left; /* bytes in all */
	uint32_t here; /* of them in this piece; never more than `left` */
	const uint8_t *at;
};

struct tls_cursor tls_cursor_bytes(const uint8_t *bytes, size_t length);
/* `text` must not change while the cursor is used. */
struct tls_cursor tls_cursor_text(const struct pool *pool, const struct text *text);

void tls_cursor_skip(struct tls_cursor *cursor, uint32_t length);

/* Reads the body of a ClientHello: what follows its type and length. False when it is none;
 * `hello` is then undefined. */
bool tls_hello_read(struct tls_hello *hello, struct tls_cursor body);

/* True when the hello has an extension of this type. */
bool tls_hello_has(const struct tls_hello *hello, enum tls_extension type);

#endif
