/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mime.h: a field is read once from left to right; of each parameter that matters the
 * places of its pieces are kept, and put together at the end, in the order of their
 * numbers (RFC 2231 section 3).
 */
#include "scanner/mime.h"

#include <string.h>

#include "scanner/letter.h"
#include "scanner/mail_word.h"
#include "scanner/plain.h"
#include "scanner/quoted_printable.h"
#include "scanner/uninitialized.h"

/* Pieces of one parameter that are looked at; the first ones by number. */
#define PIECES_MAX 32

struct span {
	const uint8_t *at;
	size_t length;
};

static void skip(struct span *in, size_t count)
{
	in->at += count;
	in->length -= count;
}

/* Passes a comment, which may hold others; `in` begins with its "(". */
static void skip_comment(struct span *in)
{
	size_t depth = 0;

	while (in->length != 0) {
		uint8_t byte = in->at[0];

		skip(in, byte == '\\' && in->length > 1 ? 2 : 1);
		if (byte == '(') {
			depth++;
		} else if (byte == ')' && --depth == 0) {
			return;
		}
	}
}

static void skip_spaces(struct span *in)
{
	while (in->length != 0 && (letter_is_space(in->at[0]) || in->at[0] == '(')) {
		if (in->at[0] == '(') {
			skip_comment(in);
		} else {
			skip(in, 1);
		}
	}
}

static bool ends_token(uint8_t byte)
{
	/* letters stand behind all of them */
	return byte <= '=' &&
	       (letter_is_space(byte) || byte == ';' || byte == '=' || byte == '"' || byte == '(');
}

static struct span take_token(struct span *in)
{
	struct span token = { in->at, 0 };

	while (token.length < in->length && !ends_token(token.at[token.length])) {
		token.length++;
	}
	skip(in, token.length);
	return token;
}

static bool is_word(struct span span, const char *lower)
{
	size_t i = 0;

	while (i < span.length && lower[i] != '\0' &&
	       letter_lower_ascii(span.at[i]) == (uint8_t)lower[i]) {
		i++;
	}
	return i == span.length && lower[i] == '\0';
}

/* --- one parameter -------------------------------------------------------------------- */

struct piece {
	struct span value; /* without its quotes */
	uint8_t number;
	bool quoted; /* backslashes stand before what they quote */
	bool extended; /* percent signs, and of the first piece a charset */
};

struct parameter {
	const char *name;
	struct piece plain; /* NAME=… */
	bool has_plain;
	uint8_t count;
	struct piece pieces[PIECES_MAX]; /* NAME*=…, NAME*0=…, NAME*1*=… */
};

static void begin_parameter(struct parameter *parameter, const char *name)
{
	parameter->name = name;
	parameter->has_plain = false;
	parameter->count = 0;
}

/* Behind the first '*' of a parameter's name: a number, '*', or both. False: neither. */
static bool read_number(struct span in, struct piece *piece)
{
	unsigned number = 0;

	piece->extended = in.length == 0;
	while (in.length != 0 && letter_is_digit(in.at[0]) && number < PIECES_MAX) {
		number = number * 10 + (unsigned)(in.at[0] - '0');
		skip(&in, 1);
	}
	if (in.length == 1 && in.at[0] == '*') {
		piece->extended = true;
		in.length = 0;
	}
	piece->number = (uint8_t)number;
	return in.length == 0 && number < PIECES_MAX;
}

/* Keeps a piece if it belongs to the parameter. The first one of each kind and number counts. */
static void keep(struct parameter *parameter, struct span name, struct piece piece)
{
	size_t length = strlen(parameter->name);

	if (name.length < length || !is_word((struct span){ name.at, length }, parameter->name)) {
		return;
	}
	if (name.length == length) {
		if (!parameter->has_plain) {
			parameter->plain = piece;
			parameter->has_plain = true;
		}
	} else if (name.at[length] == '*' && parameter->count < PIECES_MAX) {
		skip(&name, length + 1);
		if (read_number(name, &piece)) {
			parameter->pieces[parameter->count++] = piece;
		}
	}
}

static const struct piece *find_piece(const struct parameter *parameter, unsigned number)
{
	for (unsigned i = 0; i < parameter->count; i++) {
		if (parameter->pieces[i].number == number) {
			return &parameter->pieces[i];
		}
	}
	return NULL;
}

static bool begins_comment(struct span in)
{
	return in.length > 1 && letter_is_space(in.at[0]) && in.at[1] == '(';
}

/* The value behind "=". A quoted one ends at its quote, or where the field does; one without quotes
 * at the ';', and before white space and a comment. */
static struct piece take_value(struct span *in)
{
	struct piece piece = { { in->at, 0 }, 0, false, false };

	if (in->length == 0 || in->at[0] != '"') {
		while (in->length != 0 && in->at[0] != ';' && !begins_comment(*in)) {
			skip(in, 1);
		}
		piece.value.length = (size_t)(in->at - piece.value.at);
		while (piece.value.length != 0 &&
		       letter_is_space(piece.value.at[piece.value.length - 1])) {
			piece.value.length--;
		}
		return piece;
	}
	skip(in, 1);
	piece.quoted = true;
	piece.value.at = in->at;
	while (in->length != 0 && in->at[0] != '"') {
		skip(in, in->at[0] == '\\' && in->length > 1 ? 2 : 1);
	}
	piece.value.length = (size_t)(in->at - piece.value.at);
	return piece;
}

/* Reads "; NAME=VALUE" as often as it stands there, and gives each to both; `other` may be NULL. */
static void read_parameters(struct span in, struct parameter *one, struct parameter *other)
{
	while (in.length != 0) {
		skip_spaces(&in);
		struct span name = take_token(&in);

		skip_spaces(&in);
		if (in.length != 0 && in.at[0] == '=') {
			skip(&in, 1);
			skip_spaces(&in);
			struct piece piece = take_value(&in);

			keep(one, name, piece);
			if (other != NULL) {
				keep(other, name, piece);
			}
		}
		skip_spaces(&in);
		/* what else stands before the next ';' means nothing */
		const uint8_t *next = in.length != 0 ? memchr(in.at, ';', in.length) : NULL;

		skip(&in, next != NULL ? (size_t)(next - in.at) + 1 : in.length);
	}
}

/* --- a parameter's value -------------------------------------------------------------- */

/* Without line ends and the backslashes of quoted pairs. */
static void put_plain(struct mail_text *text, const struct piece *piece)
{
	struct span in = piece->value;

	if (plain_all(in.at, in.length)) {
		mail_text_put(text, in.at, in.length);
		return;
	}
	while (in.length != 0) {
		if (piece->quoted && in.at[0] == '\\' && in.length > 1) {
			skip(&in, 1);
		}
		if (in.at[0] != '\r' && in.at[0] != '\n') {
			mail_text_put(text, in.at, 1);
		}
		skip(&in, 1);
	}
}

/* "charset'language'" in front of the first piece: passed. */
static enum mail_charset take_charset(struct span *in)
{
	const uint8_t *first = in->length != 0 ? memchr(in->at, '\'', in->length) : NULL;
	size_t length = first != NULL ? (size_t)(first - in->at) : 0;
	const uint8_t *second = first != NULL ? memchr(first + 1, '\'', in->length - length - 1) :
						NULL;

	if (second == NULL) {
		return MAIL_CHARSET_UTF_8;
	}
	enum mail_charset charset = mail_charset(in->at, length);

	skip(in, (size_t)(second - in->at) + 1);
	/* bytes of an unknown one stay as they are */
	return charset == MAIL_CHARSET_UNKNOWN ? MAIL_CHARSET_UTF_8 : charset;
}

static void put_extended(struct mail_text *text, struct span in, enum mail_charset charset)
{
	while (in.length != 0) {
		uint8_t byte = in.at[0];

		if (byte == '%' && in.length > 2) {
			uint8_t high = quoted_printable_digit(in.at[1]);
			uint8_t low = quoted_printable_digit(in.at[2]);

			if (high != 0xff && low != 0xff) {
				byte = (uint8_t)(high << 4 | low);
				skip(&in, 2);
			}
		}
		mail_text_put_letter(text, charset, byte);
		skip(&in, 1);
	}
}

/* The pieces from number 0 on, as far as none is missing; without one the plain value, whose
 * encoded words are decoded when `words`. */
static void put_parameter(struct mail_text *text, const struct parameter *parameter, bool words)
{
	enum mail_charset charset = MAIL_CHARSET_UTF_8;
	const struct piece *piece = find_piece(parameter, 0);

	if (piece == NULL && parameter->has_plain) {
		uint8_t bytes[2 * MIME_NAME_MAX] UNINITIALIZED;
		struct mail_text plain = { bytes, 0, sizeof(bytes), false };

		put_plain(words ? &plain : text, &parameter->plain);
		mail_word_decode(text, bytes, plain.length);
		text->full = text->full || plain.full;
	}
	for (unsigned number = 0; piece != NULL; piece = find_piece(parameter, ++number)) {
		struct span value = piece->value;

		if (!piece->extended) {
			put_plain(text, piece);
			continue;
		}
		if (number == 0) {
			charset = take_charset(&value);
		}
		put_extended(text, value, charset);
	}
}

static void write_name(struct mime_name *name, const struct parameter *parameter)
{
	struct mail_text text = { name->bytes, 0, sizeof(name->bytes), false };

	put_parameter(&text, parameter, true);
	name->length = (uint16_t)text.length;
}

static void write_boundary(struct mime_boundary *boundary, const struct parameter *parameter)
{
	struct mail_text text = { boundary->bytes, 0, sizeof(boundary->bytes), false };

	put_parameter(&text, parameter, false);
	/* RFC 2046: it does not end with white space */
	while (text.length != 0 && letter_is_space(text.bytes[text.length - 1])) {
		text.length--;
	}
	boundary->length = text.full ? 0 : (uint8_t)text.length;
	boundary->too_long = text.full;
}

/* --- fields --------------------------------------------------------------------------- */

static enum mime_type type_of(struct span type)
{
	static const char multipart[] = "multipart/";
	const size_t prefix = sizeof(multipart) - 1;

	if (is_word(type, "message/rfc822") || is_word(type, "message/global")) {
		return MIME_TYPE_MESSAGE;
	}
	if (type.length < prefix || !is_word((struct span){ type.at, prefix }, multipart)) {
		return MIME_TYPE_OTHER;
	}
	skip(&type, prefix);
	return is_word(type, "digest") ? MIME_TYPE_DIGEST :
	       is_word(type, "report") ? MIME_TYPE_REPORT :
					 MIME_TYPE_MULTIPART;
}

enum mime_type mime_content_type(const uint8_t *value, size_t length,
				 struct mime_boundary *boundary, struct mime_name *name)
{
	struct span in = { value, length };
	struct parameter names UNINITIALIZED, boundaries UNINITIALIZED;

	begin_parameter(&names, "name");
	begin_parameter(&boundaries, "boundary");
	skip_spaces(&in);
	enum mime_type type = type_of(take_token(&in));

	read_parameters(in, &names, &boundaries);
	write_name(name, &names);
	write_boundary(boundary, &boundaries);
	return type;
}

bool mime_content_disposition(const uint8_t *value, size_t length, struct mime_name *filename)
{
	struct span in = { value, length };
	struct parameter names UNINITIALIZED;

	begin_parameter(&names, "filename");
	skip_spaces(&in);
	struct span disposition = take_token(&in);

	read_parameters(in, &names, NULL);
	write_name(filename, &names);
	return is_word(disposition, "attachment");
}

enum mime_encoding mime_content_transfer_encoding(const uint8_t *value, size_t length)
{
	struct span in = { value, length };

	skip_spaces(&in);
	struct span encoding = take_token(&in);

	return is_word(encoding, "base64")	     ? MIME_ENCODING_BASE64 :
	       is_word(encoding, "quoted-printable") ? MIME_ENCODING_QUOTED_PRINTABLE :
						       MIME_ENCODING_IDENTITY;
}
