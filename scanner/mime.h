/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The header fields of MIME: Content-Type, Content-Disposition (RFC 2045, 2046, 2183)
 * with parameters in all their forms (quoted, comments, RFC 2231 pieces, charsets and
 * percent signs, and encoded words, which no RFC allows here and many programs send),
 * Content-Transfer-Encoding. Any core may call; no state. Values are unfolded or not.
 */
#ifndef SCANNER_MIME_H
#define SCANNER_MIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As far as they matter for reading on. */
enum mime_type {
	MIME_TYPE_OTHER,
	MIME_TYPE_MULTIPART,
	MIME_TYPE_DIGEST, /* multipart/digest: its parts are messages unless they say otherwise */
	MIME_TYPE_REPORT, /* multipart/report */
	MIME_TYPE_MESSAGE /* message/rfc822, message/global */
};

enum mime_encoding {
	MIME_ENCODING_IDENTITY, /* 7bit, 8bit, binary, and any that is not known */
	MIME_ENCODING_BASE64,
	MIME_ENCODING_QUOTED_PRINTABLE
};

/* RFC 2046 section 5.1.1 allows 70; longer ones are read as long as they fit. */
#define MIME_BOUNDARY_MAX 200
#define MIME_NAME_MAX 510

struct mime_boundary {
	uint8_t length; /* 0: none */
	bool too_long;
	uint8_t bytes[MIME_BOUNDARY_MAX];
};

/* In UTF-8 where its charset is known, else as sent; cut when it is longer. */
struct mime_name {
	uint16_t length; /* 0: none */
	uint8_t bytes[MIME_NAME_MAX];
};

enum mime_type mime_content_type(const uint8_t *value, size_t length,
				 struct mime_boundary *boundary, struct mime_name *name);
/* True: "attachment". */
bool mime_content_disposition(const uint8_t *value, size_t length, struct mime_name *filename);
enum mime_encoding mime_content_transfer_encoding(const uint8_t *value, size_t length);

#endif
