/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Canonical forms, one function a kind of value; see canonical.h. Called by
 * inspect.c between the protocol parsers and set.c, and by the signature compiler.
 */
#include "scanner/canonical.h"

#include <string.h>

#include "scanner/address.h"
#include "scanner/copy.h"
#include "scanner/hash/words.h"
#include "scanner/letter.h"
#include "scanner/plain.h"
#include "scanner/punycode.h"
#include "scanner/uninitialized.h"

/* RFC 1035 section 2.3.4 allows 255 on the wire, of which a dotted text has 253. */
#define DOMAIN_MAX 255

struct span {
	const uint8_t *at;
	size_t length;
};

struct writer {
	uint8_t *out;
	size_t length, max;
	bool full; /* sticky: something found no room */
};

static inline void put(struct writer *writer, uint8_t byte)
{
	if (writer->length == writer->max) {
		writer->full = true;
		return;
	}
	writer->out[writer->length++] = byte;
}

static void put_bytes(struct writer *writer, const uint8_t *bytes, size_t length)
{
	if (writer->full || length > writer->max - writer->length) {
		writer->full = true;
		return;
	}
	copy_short(writer->out + writer->length, bytes, length);
	writer->length += length;
}

static int written(const struct writer *writer)
{
	return writer->full ? CANONICAL_TOO_LONG : (int)writer->length;
}

static int written_some(const struct writer *writer)
{
	return writer->length == 0 && !writer->full ? CANONICAL_EMPTY : written(writer);
}

static struct span trim(struct span in)
{
	while (in.length > 0 && letter_is_space(in.at[0])) {
		in.at++;
		in.length--;
	}
	while (in.length > 0 && letter_is_space(in.at[in.length - 1])) {
		in.length--;
	}
	return in;
}

/* The position of `byte`, or the length. */
static size_t find(struct span in, char byte)
{
	const uint8_t *at = in.length > 0 ? memchr(in.at, byte, in.length) : NULL;

	return at == NULL ? in.length : (size_t)(at - in.at);
}

static struct span skip(struct span in, size_t count)
{
	return (struct span){ in.at + count, in.length - count };
}

static int ident(struct span in, struct writer *out)
{
	while (in.length > 0 && (in.at[in.length - 1] == '\n' || in.at[in.length - 1] == '\r')) {
		in.length--;
	}
	put_bytes(out, in.at, in.length);
	return written_some(out);
}

static int hex(struct span in, size_t digits, struct writer *out)
{
	if (in.length != digits) {
		return CANONICAL_HEX;
	}
	for (size_t i = 0; i < digits; i++) {
		uint8_t lower = letter_lower_ascii(in.at[i]);

		if (!letter_is_hex(lower)) {
			return CANONICAL_HEX;
		}
		put(out, lower);
	}
	return (int)digits;
}

/* "t13d1516h2_8daaf6152771_e5627efa2ab1" (FoxIO, JA4 technical details). */
static int ja4(struct span in, struct writer *out)
{
	if (in.length != 36) {
		return CANONICAL_JA4;
	}
	for (size_t i = 0; i < 36; i++) {
		uint8_t lower = letter_lower_ascii(in.at[i]);
		bool fits = i == 10 || i == 23 ? lower == '_' :
			    i > 10	       ? letter_is_hex(lower) :
						 lower > ' ' && lower < 0x7f && lower != '_';

		if (!fits) {
			return CANONICAL_JA4;
		}
		put(out, lower);
	}
	return 36;
}

static int base64_value(uint8_t byte)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = byte != 0 ? strchr(alphabet, byte) : NULL;

	return at == NULL ? -1 : (int)(at - alphabet);
}

static int hostkey(struct span in, struct writer *out)
{
	if (in.length > 7 && memcmp(in.at, "SHA256:", 7) == 0) {
		in = skip(in, 7);
	}
	if (in.length == 44 && in.at[43] == '=') {
		in.length--;
	}
	if (in.length != 43) {
		return CANONICAL_BASE64;
	}
	for (size_t i = 0; i < 43; i++) {
		if (base64_value(in.at[i]) < 0) {
			return CANONICAL_BASE64;
		}
	}
	/* 32 bytes leave two bits over in the last character. */
	if ((base64_value(in.at[42]) & 3) != 0) {
		return CANONICAL_BASE64;
	}
	put_bytes(out, in.at, 43);
	return 43;
}

/* ASCII in lower case, as nearly all is. False: something else is in it, and nothing was put. */
static bool put_ascii_lower(struct writer *out, struct span in)
{
	if (in.length > out->max - out->length ||
	    !letter_lower_all(out->out + out->length, in.at, in.length)) {
		return false;
	}
	out->length += in.length;
	return true;
}

/* Lower case where it is UTF-8; other bytes stay. */
static void put_lower(struct writer *out, struct span in)
{
	if (put_ascii_lower(out, in)) {
		return;
	}
	while (in.length > 0) {
		uint8_t bytes[LETTER_UTF8_MAX];
		uint32_t letter;
		size_t used = letter_decode(in.at, in.length, &letter);

		if (used == 0) {
			put(out, in.at[0]);
			used = 1;
		} else {
			put_bytes(out, bytes, letter_encode(letter_lower(letter), bytes));
		}
		in = skip(in, used);
	}
}

/* A label with bytes beyond ASCII as its A-label; false when it has none. */
static bool put_a_label(struct writer *out, struct span in)
{
	uint32_t letters[PUNYCODE_LABEL_MAX];
	uint8_t label[PUNYCODE_LABEL_MAX];
	size_t count = 0;

	while (in.length > 0) {
		uint32_t letter;
		size_t used = letter_decode(in.at, in.length, &letter);

		if (used == 0 || count == PUNYCODE_LABEL_MAX) {
			return false;
		}
		letter = letter_lower(letter);
		if (letter_unmapped(letter)) {
			return false;
		}
		letters[count++] = letter;
		in = skip(in, used);
	}
	count = punycode_label(letters, count, label);
	put_bytes(out, label, count);
	return count > 0;
}

static void put_label(struct writer *out, struct span in)
{
	bool ascii = true;

	for (size_t i = 0; i < in.length; i++) {
		ascii = ascii && in.at[i] < 0x80;
	}
	if (!ascii && put_a_label(out, in)) {
		return;
	}
	for (size_t i = 0; i < in.length; i++) {
		put(out, letter_lower_ascii(in.at[i]));
	}
}

static int domain(struct span in, struct writer *out)
{
	if (out->max - out->length > DOMAIN_MAX) {
		out->max = out->length + DOMAIN_MAX;
	}
	if (in.length > 0 && in.at[in.length - 1] == '.') {
		in.length--;
	}
	if (in.length == 0) {
		return CANONICAL_EMPTY;
	}
	if (put_ascii_lower(out, in)) {
		return written(out);
	}
	while (!out->full) {
		size_t dot = find(in, '.');

		put_label(out, (struct span){ in.at, dot });
		if (dot == in.length) {
			break;
		}
		put(out, '.');
		in = skip(in, dot + 1);
	}
	return written(out);
}

static bool has_control(struct span in)
{
	for (size_t i = 0; i < in.length; i++) {
		if (in.at[i] < 0x20 || in.at[i] == 0x7f) {
			return true;
		}
	}
	return false;
}

/* RFC 5321 section 4.1.2: the quoted form of a local part means its content. Returns the bytes
 * of `in` up to behind the closing quote. */
static int quoted(struct span in, struct writer *out)
{
	for (size_t i = 1; i < in.length; i++) {
		if (in.at[i] == '"') {
			return (int)i + 1;
		}
		if (in.at[i] == '\\') {
			i++;
		}
		if (i < in.length) {
			put(out, in.at[i]);
		}
	}
	return CANONICAL_MAIL;
}

/* `in` may not be empty. */
static int local_part(struct span in, struct writer *out)
{
	uint8_t content[CANONICAL_MAX] UNINITIALIZED;
	struct writer plain = { content, 0, CANONICAL_MAX, false };
	int end;

	if (in.at[0] != '"') {
		put_lower(out, in);
		return written_some(out);
	}
	end = quoted(in, &plain);
	if (end < 0 || (size_t)end != in.length) {
		return CANONICAL_MAIL;
	}
	put_lower(out, (struct span){ content, plain.length });
	out->full = out->full || plain.full;
	return written_some(out);
}

/* Where the local part ends: at the last '@' outside quotes, or the whole length. */
static size_t local_end(struct span in)
{
	size_t end = in.length;
	bool quote = false;

	for (size_t i = 0; i < in.length; i++) {
		if (in.at[i] == '\\' && quote) {
			i++;
		} else if (in.at[i] == '"') {
			quote = !quote;
		} else if (in.at[i] == '@' && !quote) {
			end = i;
		}
	}
	return end;
}

/* The position of the last `byte`, or the length. */
static size_t find_last(struct span in, uint8_t byte)
{
	for (size_t at = in.length; at > 0; at--) {
		if (in.at[at - 1] == byte) {
			return at - 1;
		}
	}
	return in.length;
}

/* Brackets and a source route (RFC 5321 appendix C) off: "<@a,@b:user@host>". */
static int mailbox(struct span *in)
{
	if (in->length > 0 && in->at[0] == '<') {
		if (in->at[in->length - 1] != '>') {
			return CANONICAL_MAIL;
		}
		*in = trim((struct span){ in->at + 1, in->length - 2 });
	}
	if (in->length > 0 && in->at[0] == '@') {
		size_t colon = find(*in, ':');

		if (colon == in->length) {
			return CANONICAL_MAIL;
		}
		*in = trim(skip(*in, colon + 1));
	}
	return 0;
}

static int mail(struct span in, struct writer *out)
{
	int error = mailbox(&in);
	bool plain = plain_all(in.at, in.length);
	size_t end = plain ? find_last(in, '@') : local_end(in);

	if (error != 0 || in.length == 0) {
		return error; /* 0: the null sender */
	}
	if (!plain && has_control(in)) {
		return CANONICAL_BYTE;
	}
	if (end == 0) {
		return CANONICAL_MAIL;
	}
	error = local_part((struct span){ in.at, end }, out);
	if (error < 0) {
		return error;
	}
	if (end == in.length) {
		/* Without a domain an '@' out of quotes would read as one with a domain. */
		return memchr(out->out, '@', out->length) != NULL ? CANONICAL_MAIL : written(out);
	}
	put(out, '@');
	error = domain(skip(in, end + 1), out);
	return error == CANONICAL_EMPTY ? CANONICAL_MAIL : error;
}

static int mail_local(struct span in, struct writer *out)
{
	if (in.length == 0) {
		return CANONICAL_EMPTY;
	}
	return has_control(in) ? CANONICAL_BYTE : local_part(in, out);
}

size_t canonical_mail_local(const uint8_t *address, size_t length)
{
	return find_last((struct span){ address, length }, '@');
}

/* RFC 4422 section 3.1: 1 to 20 upper-case letters, digits, hyphens, underscores. */
static int mechanism(struct span in, struct writer *out)
{
	for (size_t i = 0; i < in.length; i++) {
		uint8_t byte = in.at[i];

		if ((uint8_t)(byte - 'a') < 26) {
			byte = (uint8_t)(byte - 'a' + 'A');
		}
		if ((uint8_t)(byte - 'A') >= 26 && (uint8_t)(byte - '0') >= 10 && byte != '-' &&
		    byte != '_') {
			return CANONICAL_BYTE;
		}
		put(out, byte);
	}
	return out->length > 20 ? CANONICAL_TOO_LONG : written_some(out);
}

static int banner(struct span in, struct writer *out)
{
	if (in.length >= 3 && memcmp(in.at, "220", 3) == 0 &&
	    (in.length == 3 || in.at[3] == ' ' || in.at[3] == '-')) {
		in = trim(skip(in, in.length == 3 ? 3 : 4));
	}
	put_bytes(out, in.at, in.length);
	return written_some(out);
}

/* RFC 5322 section 3.6.8: printable ASCII but the colon. */
static bool put_header_name(struct writer *out, struct span in)
{
	for (size_t i = 0; i < in.length; i++) {
		if (in.at[i] <= ' ' || in.at[i] >= 0x7f || in.at[i] == ':' || in.at[i] == ',') {
			return false;
		}
		put(out, letter_lower_ascii(in.at[i]));
	}
	return in.length > 0;
}

static int header(struct span in, struct writer *out)
{
	size_t end = find(in, '\0');

	if (end == in.length || !put_header_name(out, trim((struct span){ in.at, end }))) {
		return CANONICAL_HEADER;
	}
	put(out, '\0');
	in = trim(skip(in, end + 1));
	for (size_t i = 0; i < in.length; i++) {
		if (!letter_is_space(in.at[i])) {
			put(out, in.at[i]);
		} else if (!letter_is_space(in.at[i - 1])) {
			put(out, ' ');
		}
	}
	return written(out);
}

static int header_order(struct span in, struct writer *out)
{
	static const char repeated[] = "received";
	size_t before = 0, before_length = 0; /* the name written last */

	for (;;) {
		size_t comma = find(in, ','), start = out->length;

		if (start > 0) {
			put(out, ',');
			start++;
		}
		if (!put_header_name(out, trim((struct span){ in.at, comma }))) {
			return CANONICAL_HEADER;
		}
		if (out->full) {
			return CANONICAL_TOO_LONG;
		}
		if (out->length - start == sizeof(repeated) - 1 &&
		    memcmp(out->out + start, repeated, sizeof(repeated) - 1) == 0 &&
		    before_length == sizeof(repeated) - 1 &&
		    memcmp(out->out + before, repeated, sizeof(repeated) - 1) == 0) {
			out->length = start - 1;
		} else {
			before = start;
			before_length = out->length - start;
		}
		if (comma == in.length) {
			return written(out);
		}
		in = skip(in, comma + 1);
	}
}

/* 'A', 'a', '9' for the runs a boundary's shape is made of, 0 for other bytes. */
static uint8_t run_class(uint8_t byte)
{
	return (uint8_t)(byte - 'a') < 26 ? 'a' :
	       (uint8_t)(byte - 'A') < 26 ? 'A' :
	       (uint8_t)(byte - '0') < 10 ? '9' :
					    0;
}

static void put_decimal(struct writer *out, size_t value)
{
	uint8_t digits[20];
	size_t count = 0;

	do {
		digits[count++] = (uint8_t)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	while (count > 0) {
		put(out, digits[--count]);
	}
}

int canonical_boundary_shape(const uint8_t *in, size_t length, uint8_t out[static CANONICAL_MAX])
{
	struct writer writer = { out, 0, CANONICAL_MAX, false };
	size_t i = 0;

	while (i < length && !writer.full) {
		uint8_t class = run_class(in[i]);
		size_t start = i;

		if (class == 0) {
			put(&writer, in[i++]);
			continue;
		}
		while (i < length && run_class(in[i]) == class) {
			i++;
		}
		put(&writer, class);
		put_decimal(&writer, i - start);
	}
	return written_some(&writer);
}

/* "A191": 191 upper-case letters, or one and then a digit. What follows may stand behind either. */
static bool may_hold_digit_run(const uint8_t *digits, size_t count)
{
	for (size_t i = 1; i + 1 < count; i++) {
		if (digits[i] == '9' && digits[i + 1] != '0') {
			return true;
		}
	}
	return false;
}

/* A shape as canonical_boundary_shape() writes it; a boundary itself is a mistake. */
static int boundary_shape(struct span in, struct writer *out)
{
	uint8_t before = 0;

	put_bytes(out, in.at, in.length);
	while (in.length > 0) {
		uint8_t class = run_class(in.at[0]);
		size_t digits = 0;

		if (class != 0) {
			while (1 + digits < in.length && run_class(in.at[1 + digits]) == '9') {
				digits++;
			}
			if (in.at[0] != class || class == before || digits == 0 ||
			    in.at[1] == '0') {
				return CANONICAL_BOUNDARY;
			}
		}
		before = may_hold_digit_run(in.at + 1, digits) ? '9' : class;
		in = skip(in, 1 + digits);
	}
	return written_some(out);
}

static int shape(enum field field, struct span in, struct writer *out)
{
	for (int i = 0; i < SHAPE_COUNT; i++) {
		const char *name = shape_name((enum shape)i);

		if (shape_of(field, (enum shape)i) && strlen(name) == in.length &&
		    memcmp(name, in.at, in.length) == 0) {
			put_bytes(out, in.at, in.length);
			return written(out);
		}
	}
	return CANONICAL_SHAPE;
}

size_t canonical_address(const struct canonical_prefix *prefix,
			 uint8_t out[static CANONICAL_ADDRESS_MAX])
{
	size_t size = prefix->family == 4 ? 4 : 16;
	unsigned int left = prefix->length;

	out[0] = prefix->family;
	out[1] = prefix->length;
	out[2] = prefix->protocol;
	out[3] = (uint8_t)(prefix->port >> 8);
	out[4] = (uint8_t)prefix->port;
	for (size_t i = 0; i < size; i++) {
		unsigned int kept = left < 8 ? left : 8;

		out[5 + i] = (uint8_t)(prefix->bytes[i] & 0xff00 >> kept);
		left -= kept;
	}
	return 5 + size;
}

static int address(struct span in, struct writer *out)
{
	struct canonical_prefix prefix;
	int error = in.length == 0 ? CANONICAL_EMPTY : address_read(in.at, in.length, &prefix);

	return error != 0 ? error : (int)canonical_address(&prefix, out->out);
}

int canonical(enum field f, const uint8_t *in, size_t length, uint8_t out[static CANONICAL_MAX])
{
	struct writer writer = { out, 0, CANONICAL_MAX, false };
	struct span all = { in, length }, trimmed = trim(all);

	switch (f) {
	case FIELD_IP_SRC:
	case FIELD_IP_DST:
		return address(trimmed, &writer);
	case FIELD_SSH_CLIENT_IDENT:
	case FIELD_SSH_CLIENT_SOFTWARE:
	case FIELD_SSH_SERVER_IDENT:
	case FIELD_SSH_SERVER_SOFTWARE:
		return ident(all, &writer);
	case FIELD_SSH_CLIENT_HASSH:
	case FIELD_SSH_CLIENT_HASSH_CORE:
	case FIELD_SSH_SERVER_HASSH:
	case FIELD_SSH_SERVER_HASSH_CORE:
	case FIELD_TLS_JA3:
		return hex(trimmed, 32, &writer);
	case FIELD_SMTP_ATTACHMENT_SHA256:
		return hex(trimmed, 64, &writer);
	case FIELD_SSH_HOSTKEY_SHA256:
		return hostkey(trimmed, &writer);
	case FIELD_SMTP_HELO:
	case FIELD_SMTP_MAIL_FROM_DOMAIN:
	case FIELD_SMTP_RCPT_TO_DOMAIN:
	case FIELD_DNS_QUERY:
	case FIELD_TLS_SNI:
		return domain(trimmed, &writer);
	case FIELD_SMTP_MAIL_FROM:
	case FIELD_SMTP_RCPT_TO:
		return mail(trimmed, &writer);
	case FIELD_SMTP_MAIL_FROM_LOCAL:
		return mail_local(trimmed, &writer);
	case FIELD_SMTP_AUTH_MECHANISM:
		return mechanism(trimmed, &writer);
	case FIELD_SMTP_BANNER:
		return banner(trimmed, &writer);
	case FIELD_SMTP_HEADER:
		return header(all, &writer);
	case FIELD_SMTP_HEADER_ORDER:
		return header_order(trimmed, &writer);
	case FIELD_SMTP_BOUNDARY_SHAPE:
		return boundary_shape(all, &writer);
	case FIELD_SMTP_ATTACHMENT_NAME:
		put_lower(&writer, trimmed);
		return written_some(&writer);
	case FIELD_SSH_CLIENT_IDENT_SHAPE:
	case FIELD_SSH_SERVER_IDENT_SHAPE:
	case FIELD_SMTP_HELO_SHAPE:
	case FIELD_SMTP_SHAPE:
	case FIELD_DNS_SHAPE:
		return shape(f, trimmed, &writer);
	case FIELD_TLS_JA4:
		return ja4(trimmed, &writer);
	case FIELD_COUNT:
		break;
	}
	return CANONICAL_BYTE;
}

const char *canonical_error_text(int error)
{
	static const char *const texts[] = {
		[-CANONICAL_EMPTY] = "empty value",
		[-CANONICAL_TOO_LONG] = "value too long",
		[-CANONICAL_BYTE] = "a character that this field cannot hold",
		[-CANONICAL_HEX] = "not a hexadecimal digest of this field's length",
		[-CANONICAL_BASE64] = "not a SHA-256 fingerprint",
		[-CANONICAL_JA4] = "not a JA4 fingerprint",
		[-CANONICAL_MAIL] = "not a mail address",
		[-CANONICAL_HEADER] = "not a header name",
		[-CANONICAL_BOUNDARY] = "not the shape of a boundary",
		[-CANONICAL_SHAPE] = "unknown shape",
		[-CANONICAL_ADDRESS] = "not an IP address",
		[-CANONICAL_PREFIX] = "prefix length out of range",
		[-CANONICAL_HOST_BITS] = "address bits are set beyond the prefix length",
		[-CANONICAL_PORT] = "not a port",
	};

	return error < 0 && error >= CANONICAL_ERROR_MIN ? texts[-error] : "no error";
}
