/* SPDX-License-Identifier: BSD-2-Clause */
/* Values kept, and asked for (mail.h): see mail_value.h. */
#include "scanner/mail_value.h"

#include <string.h>

#include "scanner/letter.h"
#include "scanner/mail_word.h"
#include "scanner/scan.h"
#include "scanner/uninitialized.h"

#define RECORD_HEAD 3u

struct mail_value mail_value_trimmed(struct mail_value value)
{
	while (value.length != 0 && letter_is_space(value.at[0])) {
		value.at++;
		value.length--;
	}
	while (value.length != 0 && letter_is_space(value.at[value.length - 1])) {
		value.length--;
	}
	return value;
}

/* A value with the head it is kept with in front. */
struct record {
	struct mail_text value; /* in the bytes behind the head */
	uint8_t bytes[RECORD_HEAD + CANONICAL_MAX];
};

static void record_keep(struct record *record, struct mail *mail, struct inspection *inspection,
			enum event_attribute_kind kind)
{
	size_t length = record->value.length;

	if (record->value.full) {
		mail_value_truncated(mail);
	}
	if (length == 0) {
		return;
	}
	record->bytes[0] = (uint8_t)(kind - ATTRIBUTE_MAIL_FROM);
	record->bytes[1] = (uint8_t)length;
	record->bytes[2] = (uint8_t)(length >> 8);
	if (mail->values.length + RECORD_HEAD + length > MAIL_VALUES_MAX ||
	    !text_append(inspection->pool, &mail->values, record->bytes, RECORD_HEAD + length)) {
		mail_value_truncated(mail);
	}
}

/* RFC 5322 section 2.2.3: line ends go, the white space behind them stays. */
static void unfold(struct mail_text *text, const uint8_t *in, size_t length)
{
	while (length != 0) {
		size_t line = scan_line_feed(in, length);
		size_t taken = line < length ? line + 1 : line;

		if (line < length && line != 0 && in[line - 1] == '\r') {
			line--;
		}
		mail_text_put(text, in, line);
		in += taken;
		length -= taken;
	}
}

void mail_value_keep(struct mail *mail, struct inspection *inspection,
		     enum event_attribute_kind kind, struct mail_value value)
{
	struct record record UNINITIALIZED;

	record.value = (struct mail_text){ record.bytes + RECORD_HEAD, 0, CANONICAL_MAX, false };
	unfold(&record.value, value.at, value.length);
	record.value.full = record.value.full || value.cut;
	record_keep(&record, mail, inspection, kind);
}

/* The length up to the comma that ends an address: not one in quotes, comments or brackets. */
static size_t address_end(const uint8_t *in, size_t length)
{
	bool quoted = false, bracket = false;
	size_t comments = 0, i = 0;

	for (; i < length; i++) {
		switch (in[i]) {
		case '\\':
			i += quoted || comments != 0;
			break;
		case '"':
			quoted = comments == 0 ? !quoted : quoted;
			break;
		case '(':
			comments += !quoted;
			break;
		case ')':
			comments -= !quoted && comments != 0;
			break;
		case '<':
			bracket = bracket || (!quoted && comments == 0);
			break;
		case '>':
			bracket = bracket && (quoted || comments != 0);
			break;
		case ',':
			if (!quoted && comments == 0 && !bracket) {
				return i;
			}
			break;
		default:
			break;
		}
	}
	return length;
}

void mail_value_keep_addresses(struct mail *mail, struct inspection *inspection,
			       enum event_attribute_kind kind, struct mail_value value)
{
	while (value.length != 0) {
		size_t end = address_end(value.at, value.length);
		size_t taken = end < value.length ? end + 1 : end;
		bool last = taken == value.length;

		mail_value_keep(mail, inspection, kind,
				mail_value_trimmed(
					(struct mail_value){ value.at, end, last && value.cut }));
		value.at += taken;
		value.length -= taken;
	}
}

/* --- asked for ------------------------------------------------------------------------ */

struct reader {
	const struct text *values;
	const struct pool *pool;
	size_t at, length; /* of the record's value; 0, 0 before the first one */
};

/* Goes on to the next record: its kind, or 0 when there is none left. */
static unsigned next_record(struct reader *reader)
{
	uint8_t head[RECORD_HEAD];

	reader->at += reader->length;
	if (text_copy(reader->pool, reader->values, reader->at, head, sizeof(head)) <
	    sizeof(head)) {
		return 0;
	}
	reader->at += RECORD_HEAD;
	reader->length = (size_t)head[1] | (size_t)head[2] << 8;
	return (unsigned)ATTRIBUTE_MAIL_FROM + head[0];
}

/* Its value; returns the length. */
static size_t read_value(const struct reader *reader, uint8_t out[static CANONICAL_MAX])
{
	return text_copy(reader->pool, reader->values, reader->at, out, reader->length);
}

/* Fields of which RFC 2047 allows words to be encoded. */
static bool has_words(unsigned kind)
{
	return kind == ATTRIBUTE_MAIL_FROM || kind == ATTRIBUTE_MAIL_TO ||
	       kind == ATTRIBUTE_MAIL_CC || kind == ATTRIBUTE_MAIL_SUBJECT ||
	       kind == ATTRIBUTE_MAIL_X_MAILER;
}

void mail_describe(const struct mail *mail, const struct inspection *inspection,
		   struct event *event)
{
	struct reader reader = { &mail->values, inspection->pool, 0, 0 };
	uint8_t value[CANONICAL_MAX] UNINITIALIZED;
	unsigned kind;

	while ((kind = next_record(&reader)) != 0) {
		size_t length = read_value(&reader, value);

		if (has_words(kind) && scan_byte(value, length, '=') != length) {
			/* ISO-8859 letters take two bytes, some of windows-1252 three */
			uint8_t bytes[3 * CANONICAL_MAX] UNINITIALIZED;
			struct mail_text decoded = { bytes, 0, sizeof(bytes), false };

			mail_word_decode(&decoded, value, length);
			event_put(event, kind, bytes, decoded.length);
		} else {
			event_put(event, kind, value, length);
		}
	}
	if (mail->headers_seen && !mail->order_cut && mail->order.length != 0) {
		event_put_text(event, ATTRIBUTE_MAIL_HEADER_ORDER, inspection->pool, &mail->order);
	}
	for (uint8_t shape = SHAPE_SMTP_PHP_ROOT_SCRIPT; shape <= SHAPE_SMTP_PHP_EVAL; shape++) {
		if ((mail->shapes >> (shape - SHAPE_SMTP_CLIENT_FIRST_HTTP) & 1) != 0) {
			event_put(event, ATTRIBUTE_SMTP_SHAPE, &shape, sizeof(shape));
		}
	}
	event->truncated = (uint8_t)(event->truncated > UINT8_MAX - mail->truncated ?
					     UINT8_MAX :
					     event->truncated + mail->truncated);
}

void mail_facts(const struct mail *mail, const struct inspection *inspection,
		struct mail_facts *facts)
{
	static const char name[] = "subject"; /* and the '\0' behind it */
	struct reader reader = { &mail->values, inspection->pool, 0, 0 };
	uint8_t value[sizeof(name) + CANONICAL_MAX] UNINITIALIZED;
	unsigned kind;

	facts->list = mail->list;
	facts->auto_submitted = mail->auto_submitted;
	facts->subject_length = 0;
	memcpy(value, name, sizeof(name));
	while ((kind = next_record(&reader)) != 0) {
		if (kind == ATTRIBUTE_MAIL_SUBJECT) {
			size_t length = read_value(&reader, value + sizeof(name));
			int written = canonical(FIELD_SMTP_HEADER, value, sizeof(name) + length,
						facts->subject);

			if (written > (int)sizeof(name)) {
				facts->subject_length = (size_t)written - sizeof(name);
				memmove(facts->subject, facts->subject + sizeof(name),
					facts->subject_length);
			}
			return;
		}
	}
}
