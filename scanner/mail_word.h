/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Encoded words of header fields (RFC 2047; with the language of RFC 2231 section 5)
 * and the charsets that words and parameters come in, to UTF-8: UTF-8, US-ASCII,
 * ISO-8859-1, ISO-8859-15, windows-1252. Any core may call; no state.
 */
#ifndef SCANNER_MAIL_WORD_H
#define SCANNER_MAIL_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mail_charset {
	MAIL_CHARSET_UTF_8, /* and US-ASCII: bytes stay, also those that are neither */
	MAIL_CHARSET_ISO_8859_1,
	MAIL_CHARSET_ISO_8859_15,
	MAIL_CHARSET_WINDOWS_1252,
	MAIL_CHARSET_UNKNOWN
};

/* By its registered name or a common alias, of any case. */
enum mail_charset mail_charset(const uint8_t *name, size_t length);

/* A bounded text under construction. */
struct mail_text {
	uint8_t *bytes;
	size_t length, max;
	bool full; /* sticky: something found no room and was left out */
};

void mail_text_put(struct mail_text *text, const uint8_t *bytes, size_t length);
/* One byte of a charset as UTF-8; not of MAIL_CHARSET_UNKNOWN. */
void mail_text_put_letter(struct mail_text *text, enum mail_charset charset, uint8_t byte);

/* Appends `in` with its encoded words decoded. White space between two words that are decoded is
 * left out; a word of an unknown charset or encoding stays as it is. */
void mail_word_decode(struct mail_text *text, const uint8_t *in, size_t length);

#endif
