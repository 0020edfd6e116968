/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MIME parts: see mail_part.h. Of a multipart's body only the places behind a line's
 * end where a '-' stands are looked at; what lies between goes to the attachment that
 * is open, if one is.
 */
#include "scanner/mail_part.h"

#include <string.h>

#include "scanner/letter.h"
#include "scanner/scan.h"
#include "scanner/uninitialized.h"

/* --- header fields -------------------------------------------------------------------- */

void mail_part_begin(struct mail *mail, struct inspection *inspection, bool in_multipart)
{
	text_clear(inspection->pool, &mail->part.name);
	mail->part = (struct mail_part){ 0 };
	if (in_multipart && mail->levels[mail->depth - 1].digest) {
		mail->part.type = MIME_TYPE_MESSAGE;
	}
}

static void take_name(struct mail *mail, struct inspection *inspection,
		      const struct mime_name *name)
{
	struct mail_part *part = &mail->part;

	if (name->length == 0) {
		return;
	}
	/* a name that finds no room still makes an attachment */
	part->named = true;
	text_clear(inspection->pool, &part->name);
	if (!text_append(inspection->pool, &part->name, name->bytes, name->length)) {
		mail_value_truncated(mail);
	}
}

/* Where the bytes of boundaries end that are in use. */
static size_t boundaries_end(const struct mail *mail)
{
	if (mail->depth == 0) {
		return 0;
	}
	return (size_t)mail->levels[mail->depth - 1].at + mail->levels[mail->depth - 1].length;
}

static void take_boundary(struct mail *mail, struct inspection *inspection,
			  const struct mime_boundary *boundary)
{
	size_t at = boundaries_end(mail);
	uint8_t shape[CANONICAL_MAX] UNINITIALIZED;

	if (boundary->too_long || mail->depth == MAIL_DEPTH_MAX ||
	    boundary->length > MAIL_BOUNDARIES_MAX - at) {
		mail->part.too_deep = true;
		return;
	}
	memcpy(mail->boundaries + at, boundary->bytes, boundary->length);
	mail->part.boundary_length = boundary->length;
	int length = canonical_boundary_shape(boundary->bytes, boundary->length, shape);

	if (length > 0) {
		mail_value_keep(mail, inspection, ATTRIBUTE_MAIL_BOUNDARY_SHAPE,
				(struct mail_value){ shape, (size_t)length, false });
		inspect_value(inspection, FIELD_SMTP_BOUNDARY_SHAPE, mail->sender, shape,
			      (size_t)length);
	}
}

void mail_part_read_type(struct mail *mail, struct inspection *inspection, struct mail_value value)
{
	struct mail_part *part = &mail->part;
	struct mime_boundary boundary UNINITIALIZED;
	struct mime_name name UNINITIALIZED;

	if (part->has_type) {
		return;
	}
	part->has_type = true;
	part->type = (uint8_t)mime_content_type(value.at, value.length, &boundary, &name);
	if (!part->named) {
		take_name(mail, inspection, &name);
	}
	if (part->type == MIME_TYPE_MULTIPART || part->type == MIME_TYPE_DIGEST ||
	    part->type == MIME_TYPE_REPORT) {
		mail->auto_submitted = mail->auto_submitted ||
				       (mail->top && part->type == MIME_TYPE_REPORT);
		take_boundary(mail, inspection, &boundary);
	}
}

void mail_part_read_disposition(struct mail *mail, struct inspection *inspection,
				struct mail_value value)
{
	struct mail_part *part = &mail->part;
	struct mime_name name UNINITIALIZED;

	if (part->has_disposition) {
		return;
	}
	part->has_disposition = true;
	part->attachment = mime_content_disposition(value.at, value.length, &name);
	take_name(mail, inspection, &name); /* outweighs Content-Type's */
}

void mail_part_read_encoding(struct mail *mail, struct mail_value value)
{
	struct mail_part *part = &mail->part;

	if (!part->has_encoding) {
		part->has_encoding = true;
		part->encoding = (uint8_t)mime_content_transfer_encoding(value.at, value.length);
	}
}

/* --- the body's first byte ------------------------------------------------------------ */

static void match_name(struct mail *mail, struct inspection *inspection)
{
	uint8_t name[MIME_NAME_MAX] UNINITIALIZED;
	size_t length = text_copy(inspection->pool, &mail->part.name, 0, name, sizeof(name));

	if (length != 0) {
		mail_value_keep(mail, inspection, ATTRIBUTE_MAIL_ATTACHMENT,
				(struct mail_value){ name, length, false });
		inspect_value(inspection, FIELD_SMTP_ATTACHMENT_NAME, mail->sender, name, length);
	}
}

enum mail_body mail_part_body(struct mail *mail, struct inspection *inspection)
{
	struct mail_part *part = &mail->part;

	mail->previous = '\n';
	if (part->too_deep) {
		inspect_anomaly(inspection, ANOMALY_MAIL_NESTING, 0);
	} else if (part->boundary_length != 0) {
		mail->levels[mail->depth] = (struct mail_level){
			.at = (uint16_t)boundaries_end(mail),
			.length = part->boundary_length,
			.digest = part->type == MIME_TYPE_DIGEST,
		};
		mail->depth++;
		return MAIL_BODY_READ;
	}
	if (part->named || part->attachment) {
		match_name(mail, inspection);
	}
	if (part->type == MIME_TYPE_MESSAGE && part->encoding == MIME_ENCODING_IDENTITY) {
		return MAIL_BODY_MESSAGE;
	}
	if (part->named || part->attachment) {
		mail_file_open(&mail->file, inspection, part->encoding, &part->name);
	}
	return mail->file.open || mail->depth != 0 ? MAIL_BODY_READ : MAIL_BODY_SKIP;
}

/* --- delimiters ----------------------------------------------------------------------- */

struct delimiter {
	enum { DELIMITER_NONE, DELIMITER_PERHAPS /* more bytes may make it one */, DELIMITER } is;
	uint8_t level;
	bool closing;
	bool line_goes_on; /* with white space: up to its end */
	size_t length; /* of the line as far as it was read */
};

/* What stands behind a boundary at `at`: "--" perhaps, white space, the line's end. */
static void read_tail(struct delimiter *delimiter, const uint8_t *line, size_t length, size_t at)
{
	delimiter->is = DELIMITER;
	delimiter->closing = length - at >= 2 && line[at] == '-' && line[at + 1] == '-';
	at += delimiter->closing ? 2 : 0;
	while (at < length && at < MAIL_HELD_MAX && letter_is_blank(line[at])) {
		at++;
	}
	delimiter->length = at;
	if (at == MAIL_HELD_MAX) {
		delimiter->line_goes_on = true;
	} else if (at == length || (line[at] == '\r' && at + 1 == length) ||
		   (line[at] == '-' && at + 1 == length && !delimiter->closing &&
		    !letter_is_blank(line[at - 1]))) {
		delimiter->is = DELIMITER_PERHAPS;
	} else if (line[at] == '\n') {
		delimiter->length = at + 1;
	} else if (line[at] == '\r' && line[at + 1] == '\n') {
		delimiter->length = at + 2;
	} else {
		delimiter->is = DELIMITER_NONE;
	}
}

/* Whether a line, or its first `length` bytes, delimits a part; the innermost one that it may. */
static struct delimiter read_delimiter(const struct mail *mail, const uint8_t *line, size_t length)
{
	struct delimiter delimiter = { .is = DELIMITER_NONE };

	for (unsigned level = mail->depth; level-- > 0 && delimiter.is == DELIMITER_NONE;) {
		const uint8_t *boundary = mail->boundaries + mail->levels[level].at;
		size_t whole = 2u + mail->levels[level].length;
		size_t known = length < whole ? length : whole;

		if ((known > 0 && line[0] != '-') || (known > 1 && line[1] != '-') ||
		    (known > 2 && memcmp(line + 2, boundary, known - 2) != 0)) {
			continue;
		}
		delimiter = (struct delimiter){ .is = DELIMITER_PERHAPS, .level = (uint8_t)level };
		if (length >= whole) {
			read_tail(&delimiter, line, length, whole);
		}
	}
	return delimiter;
}

bool mail_part_is_delimiter(const struct mail *mail, const uint8_t *line, size_t length)
{
	return length != 0 && line[0] == '-' && read_delimiter(mail, line, length).is == DELIMITER;
}

/* A part ends. Multiparts inside the one that the delimiter belongs to end with it. */
static enum mail_body pass_delimiter(struct mail *mail, struct inspection *inspection,
				     const struct delimiter *delimiter)
{
	mail_file_close(&mail->file, inspection, FILE_STATE_CLOSED, false);
	mail->previous = '\n';
	mail->line_goes_on = delimiter->line_goes_on;
	mail->depth = (uint8_t)(delimiter->level + !delimiter->closing);
	if (!delimiter->closing) {
		return MAIL_BODY_MESSAGE;
	}
	return mail->depth != 0 ? MAIL_BODY_READ : MAIL_BODY_SKIP;
}

/* --- the body ------------------------------------------------------------------------- */

static void pass_content(struct mail *mail, struct inspection *inspection, const uint8_t *bytes,
			 size_t length)
{
	if (length == 0) {
		return;
	}
	mail->previous = bytes[length - 1];
	if (mail->file.open) {
		mail_file_feed(&mail->file, inspection, bytes, length);
	}
}

/* A line that is held goes on with `bytes`. */
static enum mail_body feed_held(struct mail *mail, struct inspection *inspection,
				const uint8_t *bytes, size_t length, size_t *taken)
{
	size_t room = MAIL_HELD_MAX + 1 - mail->held_length;
	size_t held = mail->held_length;

	length = length < room ? length : room;
	size_t part = scan_line_feed(bytes, length);

	part += part < length;
	memcpy(mail->held + held, bytes, part);
	*taken = part;
	struct delimiter delimiter = read_delimiter(mail, mail->held, held + part);

	if (delimiter.is == DELIMITER_PERHAPS) {
		mail->held_length = (uint8_t)(held + part);
		return MAIL_BODY_READ;
	}
	mail->held_length = 0;
	if (delimiter.is == DELIMITER) {
		return pass_delimiter(mail, inspection, &delimiter);
	}
	pass_content(mail, inspection, mail->held, held + part);
	return MAIL_BODY_READ;
}

enum mail_body mail_part_feed(struct mail *mail, struct inspection *inspection,
			      const uint8_t *bytes, size_t length, size_t *taken)
{
	size_t at = 0;

	if (mail->held_length != 0) {
		return feed_held(mail, inspection, bytes, length, taken);
	}
	*taken = length;
	while (mail->depth != 0 && at < length) {
		at += scan_behind_line_end(bytes + at, length - at, '-',
					   at != 0 ? bytes[at - 1] : mail->previous);
		if (at == length || (at != 0 ? bytes[at - 1] : mail->previous) != '\n') {
			at += at < length;
			continue;
		}
		struct delimiter delimiter = read_delimiter(mail, bytes + at, length - at);

		if (delimiter.is == DELIMITER) {
			pass_content(mail, inspection, bytes, at);
			*taken = at + delimiter.length;
			return pass_delimiter(mail, inspection, &delimiter);
		}
		if (delimiter.is == DELIMITER_PERHAPS) {
			pass_content(mail, inspection, bytes, at);
			mail->held_length = (uint8_t)(length - at);
			memcpy(mail->held, bytes + at, mail->held_length);
			return MAIL_BODY_READ;
		}
		at++;
	}
	pass_content(mail, inspection, bytes, length);
	return MAIL_BODY_READ;
}

void mail_part_end(struct mail *mail, struct inspection *inspection, bool complete)
{
	if (mail->held_length != 0) {
		/* the last line, which needs no end */
		size_t length = mail->held_length;
		struct delimiter delimiter;

		mail->held[length] = '\n';
		delimiter = read_delimiter(mail, mail->held, length + 1);
		mail->held_length = 0;
		if (complete && delimiter.is == DELIMITER) {
			pass_delimiter(mail, inspection, &delimiter);
		} else {
			pass_content(mail, inspection, mail->held, length);
		}
	}
	mail_file_close(&mail->file, inspection,
			complete ? FILE_STATE_CLOSED : FILE_STATE_TRUNCATED, mail->depth == 0);
}
