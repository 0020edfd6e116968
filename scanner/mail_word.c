/* SPDX-License-Identifier: BSD-2-Clause */
/* Encoded words and charsets: see mail_word.h. Used by mail_field.c and mime.c. */
#include "scanner/mail_word.h"

#include <string.h>

#include "scanner/base64.h"
#include "scanner/copy.h"
#include "scanner/letter.h"
#include "scanner/quoted_printable.h"
#include "scanner/scan.h"

static const struct {
	const char *name; /* lower case */
	enum mail_charset charset;
} charsets[] = {
	{ "utf-8", MAIL_CHARSET_UTF_8 },
	{ "utf8", MAIL_CHARSET_UTF_8 },
	{ "us-ascii", MAIL_CHARSET_UTF_8 },
	{ "ascii", MAIL_CHARSET_UTF_8 },
	{ "iso-8859-1", MAIL_CHARSET_ISO_8859_1 },
	{ "iso8859-1", MAIL_CHARSET_ISO_8859_1 },
	{ "iso_8859-1", MAIL_CHARSET_ISO_8859_1 },
	{ "latin1", MAIL_CHARSET_ISO_8859_1 },
	{ "iso-8859-15", MAIL_CHARSET_ISO_8859_15 },
	{ "iso8859-15", MAIL_CHARSET_ISO_8859_15 },
	{ "iso_8859-15", MAIL_CHARSET_ISO_8859_15 },
	{ "latin-9", MAIL_CHARSET_ISO_8859_15 },
	{ "windows-1252", MAIL_CHARSET_WINDOWS_1252 },
	{ "cp1252", MAIL_CHARSET_WINDOWS_1252 },
};

/* 0x80 to 0x9f of windows-1252; the five bytes without a letter stay control characters. */
static const uint16_t windows_1252[32] = {
	0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
	0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

enum mail_charset mail_charset(const uint8_t *name, size_t length)
{
	for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++) {
		const char *known = charsets[i].name;
		size_t at = 0;

		while (at < length && letter_lower_ascii(name[at]) == (uint8_t)known[at] &&
		       known[at] != '\0') {
			at++;
		}
		if (at == length && known[at] == '\0') {
			return charsets[i].charset;
		}
	}
	return MAIL_CHARSET_UNKNOWN;
}

void mail_text_put(struct mail_text *text, const uint8_t *bytes, size_t length)
{
	size_t room = text->full ? 0 : text->max - text->length;

	if (length > room) {
		text->full = true;
		length = room;
	}
	copy_short(text->bytes + text->length, bytes, length);
	text->length += length;
}

static uint32_t iso_8859_15(uint8_t byte)
{
	switch (byte) {
	case 0xa4:
		return 0x20ac;
	case 0xa6:
		return 0x0160;
	case 0xa8:
		return 0x0161;
	case 0xb4:
		return 0x017d;
	case 0xb8:
		return 0x017e;
	case 0xbc:
		return 0x0152;
	case 0xbd:
		return 0x0153;
	case 0xbe:
		return 0x0178;
	default:
		return byte;
	}
}

void mail_text_put_letter(struct mail_text *text, enum mail_charset charset, uint8_t byte)
{
	uint8_t bytes[LETTER_UTF8_MAX] = { byte };
	size_t length = 1;

	if (charset != MAIL_CHARSET_UTF_8 && byte >= 0x80) {
		uint32_t letter = byte;

		if (charset == MAIL_CHARSET_ISO_8859_15) {
			letter = iso_8859_15(byte);
		} else if (charset == MAIL_CHARSET_WINDOWS_1252 && byte < 0xa0) {
			letter = windows_1252[byte - 0x80];
		}
		length = letter_encode(letter, bytes);
	}
	/* A letter is put whole or not at all, and nothing behind one that found no room. */
	if (text->full || length > text->max - text->length) {
		text->full = true;
		return;
	}
	mail_text_put(text, bytes, length);
}

struct word {
	enum mail_charset charset;
	uint8_t encoding; /* 'b' or 'q' */
	const uint8_t *text; /* encoded */
	size_t text_length;
	size_t length; /* of the whole word */
	bool unended; /* "?=" does not follow: no word does */
};

/* The length up to the first "?=", or `length` when there is none. */
static size_t find_end(const uint8_t *in, size_t length)
{
	for (size_t at = 0; (at += scan_byte(in + at, length - at, '?')) + 1 < length; at++) {
		if (in[at + 1] == '=') {
			return at;
		}
	}
	return length;
}

/* Reads the word that `in` begins with, "=?charset*language?encoding?text?=". Looks for its end
 * last, and only until there is none: the time stays linear. */
static bool read_word(const uint8_t *in, size_t length, struct word *word)
{
	if (word->unended || length < 8 || in[0] != '=' || in[1] != '?') {
		return false;
	}
	size_t name_end = 2 + scan_byte(in + 2, length - 2, '?');
	size_t at = name_end + 3;

	if (at >= length || in[name_end + 2] != '?') {
		return false;
	}
	word->charset = mail_charset(in + 2, scan_byte(in + 2, name_end - 2, '*'));
	word->encoding = letter_lower_ascii(in[name_end + 1]);
	if (word->charset == MAIL_CHARSET_UNKNOWN ||
	    (word->encoding != 'b' && word->encoding != 'q')) {
		return false;
	}
	word->text = in + at;
	word->text_length = find_end(in + at, length - at);
	word->length = at + word->text_length + 2;
	word->unended = word->text_length == length - at;
	return !word->unended;
}

static void put_base64(struct mail_text *text, const struct word *word)
{
	struct base64 state = { 0 };
	uint8_t decoded[BASE64_DECODED_MAX(4)];

	for (size_t at = 0; at < word->text_length; at += 4) {
		size_t part = word->text_length - at < 4 ? word->text_length - at : 4;
		size_t length = base64_decode(&state, word->text + at, part, decoded);

		for (size_t i = 0; i < length; i++) {
			mail_text_put_letter(text, word->charset, decoded[i]);
		}
	}
}

static void put_q(struct mail_text *text, const struct word *word)
{
	for (size_t at = 0; at < word->text_length; at++) {
		uint8_t byte = word->text[at];

		if (byte == '_') {
			byte = ' ';
		} else if (byte == '=' && word->text_length - at > 2) {
			uint8_t high = quoted_printable_digit(word->text[at + 1]);
			uint8_t low = quoted_printable_digit(word->text[at + 2]);

			if (high != 0xff && low != 0xff) {
				byte = (uint8_t)(high << 4 | low);
				at += 2;
			}
		}
		mail_text_put_letter(text, word->charset, byte);
	}
}

static size_t count_spaces(const uint8_t *in, size_t length)
{
	size_t spaces = 0;

	while (spaces < length && (in[spaces] == ' ' || in[spaces] == '\t')) {
		spaces++;
	}
	return spaces;
}

void mail_word_decode(struct mail_text *text, const uint8_t *in, size_t length)
{
	struct word word = { .unended = false };

	while (length != 0) {
		size_t plain = scan_byte(in, length, '=');

		mail_text_put(text, in, plain);
		in += plain;
		length -= plain;
		if (!read_word(in, length, &word)) {
			plain = length != 0;
			mail_text_put(text, in, plain);
			in += plain;
			length -= plain;
			continue;
		}
		for (;;) {
			if (word.encoding == 'b') {
				put_base64(text, &word);
			} else {
				put_q(text, &word);
			}
			in += word.length;
			length -= word.length;
			size_t spaces = count_spaces(in, length);

			if (!read_word(in + spaces, length - spaces, &word)) {
				break;
			}
			in += spaces;
			length -= spaces;
		}
	}
}
