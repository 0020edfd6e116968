/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a message's own header fields mean: see mail_field.h. Between mail.c, which
 * finds them, and mail_value.c, which keeps what the event shows; the fields of MIME
 * go on to mail_part.c.
 */
#include "scanner/mail_field.h"

#include <string.h>

#include "scanner/hash/words.h"
#include "scanner/letter.h"
#include "scanner/mail_part.h"
#include "scanner/mail_value.h"
#include "scanner/scan.h"
#include "scanner/uninitialized.h"

enum mail_field {
	FROM,
	TO,
	CC,
	DATE,
	SUBJECT,
	MESSAGE_ID,
	X_MAILER,
	RECEIVED,
	PHP_SCRIPT,
	LIST, /* List-Id, List-Unsubscribe */
	PRECEDENCE,
	AUTO_SUBMITTED,
	CONTENT_TYPE, /* from here on a part's, too */
	CONTENT_DISPOSITION,
	CONTENT_TRANSFER_ENCODING,
	UNKNOWN
};

struct field_view {
	const uint8_t *name;
	size_t name_length;
	struct mail_value value;
};

/* --- names ---------------------------------------------------------------------------- */

/* RFC 5322 section 3.6.8. */
static bool is_name_byte(uint8_t byte)
{
	return byte > ' ' && byte < 0x7f && byte != ':';
}

/* 0x80 for each of eight bytes that is none. A carry out of a byte's lower seven bits says that
 * they are at or above what was added up to 0x80. */
static inline uint64_t odd_name_bytes(uint64_t word)
{
	uint64_t low = word & WORDS_EACH(0x7f);
	uint64_t from_first = low + WORDS_EACH(0x80 - '!'), deleted = low + WORDS_EACH(1);
	uint64_t no_colon = (low ^ WORDS_EACH(':')) + WORDS_EACH(0x7f);

	return (~from_first | deleted | ~no_colon | word) & WORDS_EACH(0x80);
}

size_t mail_field_name(const uint8_t *line, size_t length)
{
	size_t name = 0;

	length = length < MAIL_FIELD_NAME_MAX ? length : MAIL_FIELD_NAME_MAX;
	while (length - name >= 8) {
		uint64_t odd = odd_name_bytes(load_le64(line + name));

		if (odd != 0) {
			name += (size_t)__builtin_ctzll(odd) / 8;
			break;
		}
		name += 8;
	}
	while (name < length && is_name_byte(line[name])) {
		name++;
	}
	size_t colon = name;

	while (colon < length && (line[colon] == ' ' || line[colon] == '\t')) {
		colon++;
	}
	return colon < length && line[colon] == ':' ? name : 0;
}

#define IS(word) (memcmp(lower, word, sizeof(word) - 1) == 0)

static enum mail_field known(const uint8_t *lower, size_t length)
{
	switch (length) {
	case 2:
		return IS("to") ? TO : IS("cc") ? CC : UNKNOWN;
	case 4:
		return IS("from") ? FROM : IS("date") ? DATE : UNKNOWN;
	case 7:
		return IS("subject") ? SUBJECT : IS("list-id") ? LIST : UNKNOWN;
	case 8:
		return IS("received") ? RECEIVED : IS("x-mailer") ? X_MAILER : UNKNOWN;
	case 10:
		return IS("message-id") ? MESSAGE_ID : IS("precedence") ? PRECEDENCE : UNKNOWN;
	case 12:
		return IS("content-type") ? CONTENT_TYPE : UNKNOWN;
	case 14:
		return IS("auto-submitted") ? AUTO_SUBMITTED : UNKNOWN;
	case 16:
		return IS("list-unsubscribe") ? LIST : UNKNOWN;
	case 19:
		return IS("content-disposition") ? CONTENT_DISPOSITION : UNKNOWN;
	case 24:
		return IS("x-php-originating-script") ? PHP_SCRIPT : UNKNOWN;
	case 25:
		return IS("content-transfer-encoding") ? CONTENT_TRANSFER_ENCODING : UNKNOWN;
	default:
		return UNKNOWN;
	}
}

/* --- what is matched ------------------------------------------------------------------ */

/* Under the name and the value in one; white space is left to canonical(). */
static void match_field(const struct mail *mail, struct inspection *inspection,
			const struct field_view *field)
{
	uint8_t value[MAIL_FIELD_MAX + 1] UNINITIALIZED;

	memcpy(value, field->name, field->name_length);
	value[field->name_length] = '\0';
	memcpy(value + field->name_length + 1, field->value.at, field->value.length);
	inspect_value(inspection, FIELD_SMTP_HEADER, mail->sender, value,
		      field->name_length + 1 + field->value.length);
}

/* `name`: ",name" in lower case. A run of "received" counts as one. */
static void note_order(struct mail *mail, struct inspection *inspection, const uint8_t *name,
		       size_t length)
{
	static const char received[] = ",received";
	bool again = mail->received_last;

	mail->received_last = length == sizeof(received) - 1 && memcmp(name, received, length) == 0;
	if (again && mail->received_last) {
		return;
	}
	if (mail->order.length == 0) {
		name++;
		length--;
	}
	mail->order_cut = mail->order_cut || mail->order.length + length > CANONICAL_MAX ||
			  !text_append(inspection->pool, &mail->order, name, length);
}

static bool contains(const struct field_view *field, const char *words)
{
	size_t length = strlen(words);

	for (size_t i = 0; i + length <= field->value.length; i++) {
		if (memcmp(field->value.at + i, words, length) == 0) {
			return true;
		}
	}
	return false;
}

static void match_shape(struct mail *mail, struct inspection *inspection, enum shape shape)
{
	mail->shapes = (uint8_t)(mail->shapes | 1u << (shape - SHAPE_SMTP_CLIENT_FIRST_HTTP));
	inspect_shape(inspection, FIELD_SMTP_SHAPE, mail->sender, shape);
}

/* PHP's mail.add_x_header: "UID:FILE", or "UID:FILE(LINE) : eval()'d code". */
static void match_php_script(struct mail *mail, struct inspection *inspection,
			     const struct field_view *field)
{
	size_t digits = 0;

	while (digits < field->value.length && letter_is_digit(field->value.at[digits])) {
		digits++;
	}
	if (digits != 0 && digits < field->value.length && field->value.at[digits] == ':') {
		if (digits == 1 && field->value.at[0] == '0') {
			match_shape(mail, inspection, SHAPE_SMTP_PHP_ROOT_SCRIPT);
		}
		if (digits + 1 < field->value.length && field->value.at[digits + 1] == '.') {
			match_shape(mail, inspection, SHAPE_SMTP_PHP_HIDDEN_SCRIPT);
		}
	}
	if (contains(field, "eval()'d code")) {
		match_shape(mail, inspection, SHAPE_SMTP_PHP_EVAL);
	}
}

/* The first word of a value, in any case. */
static bool begins_with_word(const struct field_view *field, const char *lower)
{
	size_t length = strlen(lower);

	if (field->value.length < length) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		if (letter_lower_ascii(field->value.at[i]) != (uint8_t)lower[i]) {
			return false;
		}
	}
	return field->value.length == length || field->value.at[length] <= ' ' ||
	       field->value.at[length] == ';' || field->value.at[length] == '(';
}

static void read_own(struct mail *mail, struct inspection *inspection,
		     const struct field_view *field, enum mail_field known)
{
	static const uint8_t kinds[] = {
		[FROM] = ATTRIBUTE_MAIL_FROM,
		[TO] = ATTRIBUTE_MAIL_TO,
		[CC] = ATTRIBUTE_MAIL_CC,
		[DATE] = ATTRIBUTE_MAIL_DATE,
		[SUBJECT] = ATTRIBUTE_MAIL_SUBJECT,
		[MESSAGE_ID] = ATTRIBUTE_MAIL_MESSAGE_ID,
		[X_MAILER] = ATTRIBUTE_MAIL_X_MAILER,
		[RECEIVED] = ATTRIBUTE_MAIL_RECEIVED,
	};
	bool again = (mail->fields >> known & 1) != 0;

	mail->fields = (uint16_t)(mail->fields | 1u << known);
	switch (known) {
	case TO:
	case CC:
		mail_value_keep_addresses(mail, inspection, kinds[known], field->value);
		break;
	case FROM:
	case DATE:
	case SUBJECT:
	case MESSAGE_ID:
	case X_MAILER:
		if (!again) {
			mail_value_keep(mail, inspection, kinds[known], field->value);
		}
		break;
	case RECEIVED:
		mail_value_keep(mail, inspection, kinds[known], field->value);
		break;
	case PHP_SCRIPT:
		match_php_script(mail, inspection, field);
		break;
	case LIST:
		mail->list = true;
		break;
	case PRECEDENCE:
		mail->list = mail->list || begins_with_word(field, "list") ||
			     begins_with_word(field, "bulk");
		break;
	case AUTO_SUBMITTED:
		mail->auto_submitted = mail->auto_submitted ||
				       (field->value.length != 0 && !begins_with_word(field, "no"));
		break;
	default:
		break;
	}
}

void mail_field_read(struct mail *mail, struct inspection *inspection, const uint8_t *field,
		     size_t length, bool cut)
{
	struct field_view view = { field, mail->name_length, { 0 } };
	uint8_t name[1 + MAIL_FIELD_NAME_MAX] UNINITIALIZED;
	size_t at = mail->name_length;

	name[0] = ',';
	letter_lower_all(name + 1, field, at);
	enum mail_field field_known = known(name + 1, at);

	while (field[at] != ':') {
		at++;
	}
	at++;
	view.value = mail_value_trimmed((struct mail_value){ field + at, length - at, cut });
	if (mail->top) {
		/* a comma is allowed in a name, but then the order reads as another one */
		mail->order_cut = mail->order_cut ||
				  (field_known == UNKNOWN &&
				   scan_byte(field, view.name_length, ',') != view.name_length);
		note_order(mail, inspection, name, 1 + view.name_length);
		if (!cut && inspect_wants(inspection, FIELD_SMTP_HEADER)) {
			match_field(mail, inspection, &view);
		}
		read_own(mail, inspection, &view, field_known);
	}
	switch (field_known) {
	case CONTENT_TYPE:
		mail_part_read_type(mail, inspection, view.value);
		break;
	case CONTENT_DISPOSITION:
		mail_part_read_disposition(mail, inspection, view.value);
		break;
	case CONTENT_TRANSFER_ENCODING:
		mail_part_read_encoding(mail, view.value);
		break;
	default:
		break;
	}
}

void mail_field_end(const struct mail *mail, struct inspection *inspection)
{
	uint8_t order[CANONICAL_MAX] UNINITIALIZED;

	if (mail->order_cut || mail->order.length == 0 ||
	    !inspect_wants(inspection, FIELD_SMTP_HEADER_ORDER)) {
		return;
	}
	inspect_value(inspection, FIELD_SMTP_HEADER_ORDER, mail->sender, order,
		      text_copy(inspection->pool, &mail->order, 0, order, sizeof(order)));
}
