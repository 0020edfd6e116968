/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reader of mail.h: header blocks line by line, in place where a field lies in one
 * piece; bodies by mail_part.c. What a field is worth is mail_field.c's affair.
 */
#include "scanner/mail.h"

#include <string.h>

#include "scanner/letter.h"
#include "scanner/mail_field.h"
#include "scanner/mail_part.h"
#include "scanner/mail_value.h"
#include "scanner/scan.h"
#include "scanner/uninitialized.h"

static const uint8_t nothing[1];

enum mail_place {
	PLACE_HEADER,
	PLACE_BODY,
	PLACE_REST /* nothing more matters */
};

void mail_init(struct mail *mail)
{
	*mail = (struct mail){ .place = PLACE_REST };
}

void mail_begin(struct mail *mail, const struct inspection *inspection, enum direction sender)
{
	(void)inspection;
	memset(mail, 0, offsetof(struct mail, levels));
	mail->sender = (uint8_t)sender;
	mail->top = true;
	mail->place = PLACE_HEADER;
	mail->file.open = false;
	mail->file.sender = (uint8_t)sender;
	mail->file.name = (struct text){ 0 };
}

void mail_release(struct mail *mail, struct pool *pool)
{
	mail->place = PLACE_REST;
	mail->file.open = false;
	mail->headers_seen = false;
	text_clear(pool, &mail->gathered);
	text_clear(pool, &mail->values);
	text_clear(pool, &mail->order);
	text_clear(pool, &mail->part.name);
	text_clear(pool, &mail->file.name);
}

/* --- header blocks -------------------------------------------------------------------- */

static void begin_block(struct mail *mail, struct inspection *inspection, bool in_multipart)
{
	mail->place = PLACE_HEADER;
	mail_part_begin(mail, inspection, in_multipart);
}

/* What mail_part.c says comes next; `in_multipart`: should it be a header block. */
static void go_on(struct mail *mail, struct inspection *inspection, enum mail_body body,
		  bool in_multipart)
{
	if (body == MAIL_BODY_MESSAGE) {
		begin_block(mail, inspection, in_multipart);
	} else {
		mail->place = body == MAIL_BODY_READ ? PLACE_BODY : PLACE_REST;
	}
}

/* The field at hand is done with. */
static void drop_field(struct mail *mail, struct pool *pool)
{
	if (mail->gathered.length != 0) {
		text_clear(pool, &mail->gathered);
	}
	mail->gathered_length = 0;
	mail->is_field = false;
	mail->lost = false;
	mail->line_ended = false;
}

static void end_block(struct mail *mail, struct inspection *inspection)
{
	drop_field(mail, inspection->pool);
	if (mail->top) {
		mail->headers_seen = true;
		mail_field_end(mail, inspection);
	}
	mail->top = false;
	go_on(mail, inspection, mail_part_body(mail, inspection), false);
}

static void gather(struct mail *mail, struct pool *pool, const uint8_t *bytes, size_t length)
{
	size_t room = MAIL_FIELD_MAX - mail->gathered.length;

	mail->gathered_length += (uint32_t)length;
	if (!mail->lost &&
	    !text_append(pool, &mail->gathered, bytes, length < room ? length : room)) {
		mail->lost = true;
	}
}

/* A field is complete: what is gathered, and `bytes`, which may be all of it. */
static void end_field(struct mail *mail, struct inspection *inspection, const uint8_t *bytes,
		      size_t length)
{
	if (mail->gathered_length == 0) {
		bool cut = length > MAIL_FIELD_MAX;

		if (mail->name_length != 0) {
			mail_field_read(mail, inspection, bytes, cut ? MAIL_FIELD_MAX : length,
					cut);
		}
		mail->is_field = false;
		return;
	}
	gather(mail, inspection->pool, bytes, length);
	if (mail->lost) {
		mail_value_truncated(mail);
		mail->order_cut = true;
	} else if (mail->name_length != 0) {
		uint8_t field[MAIL_FIELD_MAX] UNINITIALIZED;

		text_copy(inspection->pool, &mail->gathered, 0, field, mail->gathered.length);
		mail_field_read(mail, inspection, field, mail->gathered.length,
				mail->gathered_length > MAIL_FIELD_MAX);
	}
	drop_field(mail, inspection->pool);
}

enum line {
	LINE_FIELD, /* the first line of one, or what is passed like one */
	LINE_EMPTY, /* ends the block */
	LINE_BODY /* no header field: the block has ended before it */
};

/* What the line is that begins a field: what is gathered, and `bytes`; with its end unless it is
 * longer than a name may be or the message's last. */
static enum line first_line(struct mail *mail, const struct pool *pool, const uint8_t *bytes,
			    size_t length)
{
	uint8_t joined[MAIL_FIELD_NAME_MAX] UNINITIALIZED;
	const uint8_t *line = bytes;
	size_t all = mail->gathered_length + length;

	if (mail->lost) {
		return LINE_FIELD;
	}
	if (mail->gathered_length != 0) {
		size_t at = text_copy(pool, &mail->gathered, 0, joined, sizeof(joined));
		size_t part = sizeof(joined) - at < length ? sizeof(joined) - at : length;

		memcpy(joined + at, bytes, part);
		line = joined;
	}
	if (line[0] == '\n' || (line[0] == '\r' && all > 1 && line[1] == '\n')) {
		return LINE_EMPTY;
	}
	if (all <= MAIL_FIELD_NAME_MAX && mail_part_is_delimiter(mail, line, all)) {
		return LINE_BODY;
	}
	mail->name_length = (uint8_t)mail_field_name(line, all);
	if (mail->name_length != 0) {
		return LINE_FIELD;
	}
	/* a mailbox has such a line before the first field */
	return mail->top && mail->order.length == 0 && all > 5 && memcmp(line, "From ", 5) == 0 ?
		       LINE_FIELD :
		       LINE_BODY;
}

static void feed(struct mail *mail, struct inspection *inspection, const uint8_t *bytes,
		 size_t length);

/* The block has ended; what is gathered of a line is not of it. */
static void end_block_before_line(struct mail *mail, struct inspection *inspection)
{
	uint8_t line[MAIL_FIELD_NAME_MAX] UNINITIALIZED;
	size_t length =
		text_copy(inspection->pool, &mail->gathered, 0, line, mail->gathered.length);

	end_block(mail, inspection);
	feed(mail, inspection, line, length);
}

/* The rest of a piece, which ends within a field. A first line is kept to decide on it. */
static size_t keep_field(struct mail *mail, struct inspection *inspection, const uint8_t *bytes,
			 size_t length)
{
	if (!mail->is_field) {
		size_t room = MAIL_FIELD_NAME_MAX - mail->gathered_length;

		length = length < room ? length : room;
		gather(mail, inspection->pool, bytes, length);
		if (mail->gathered_length == MAIL_FIELD_NAME_MAX) {
			if (first_line(mail, inspection->pool, nothing, 0) == LINE_BODY) {
				end_block_before_line(mail, inspection);
			} else {
				mail->is_field = true;
			}
		}
		return length;
	}
	gather(mail, inspection->pool, bytes, length);
	return length;
}

static size_t feed_header(struct mail *mail, struct inspection *inspection, const uint8_t *bytes,
			  size_t length)
{
	size_t start = 0, at = 0; /* of the field, of its line at hand */

	if (mail->line_ended && !letter_is_blank(bytes[0])) {
		end_field(mail, inspection, nothing, 0);
	}
	mail->line_ended = false;
	while ((at += scan_line_feed(bytes + at, length - at)) < length) {
		at++;
		enum line line = mail->is_field ? LINE_FIELD :
						  first_line(mail, inspection->pool, bytes + start,
							     at - start);

		if (line == LINE_EMPTY) {
			end_block(mail, inspection);
			return at;
		}
		if (line == LINE_BODY) {
			end_block_before_line(mail, inspection);
			return start;
		}
		mail->is_field = true;
		mail->line_ended = at == length;
		if (at < length && !letter_is_blank(bytes[at])) {
			end_field(mail, inspection, bytes + start, at - start);
			start = at;
		}
	}
	return start + keep_field(mail, inspection, bytes + start, length - start);
}

/* The message ends within a header block. */
static void end_header(struct mail *mail, struct inspection *inspection, bool complete)
{
	while (mail->place == PLACE_HEADER) {
		if (complete && mail->gathered_length != 0 && !mail->is_field) {
			if (first_line(mail, inspection->pool, nothing, 0) == LINE_BODY) {
				end_block_before_line(mail, inspection);
				continue;
			}
			mail->is_field = true;
		}
		if (mail->is_field && (complete || mail->line_ended)) {
			end_field(mail, inspection, nothing, 0);
		}
		if (!complete) {
			drop_field(mail, inspection->pool);
			break;
		}
		end_block(mail, inspection);
	}
}

/* --- messages ------------------------------------------------------------------------- */

static size_t skip_line(struct mail *mail, const uint8_t *bytes, size_t length)
{
	size_t feed = scan_line_feed(bytes, length);

	mail->line_goes_on = feed == length;
	return feed + !mail->line_goes_on;
}

static void feed(struct mail *mail, struct inspection *inspection, const uint8_t *bytes,
		 size_t length)
{
	while (length != 0 && mail->place != PLACE_REST) {
		size_t taken;

		if (mail->line_goes_on) {
			taken = skip_line(mail, bytes, length);
		} else if (mail->place == PLACE_HEADER) {
			taken = feed_header(mail, inspection, bytes, length);
		} else {
			go_on(mail, inspection,
			      mail_part_feed(mail, inspection, bytes, length, &taken), true);
		}
		bytes += taken;
		length -= taken;
	}
}

void mail_feed(struct mail *mail, struct inspection *inspection, const uint8_t *bytes,
	       size_t length)
{
	feed(mail, inspection, bytes, length);
}

void mail_end(struct mail *mail, struct inspection *inspection, bool complete)
{
	if (mail->place == PLACE_HEADER) {
		end_header(mail, inspection, complete);
	}
	if (mail->place == PLACE_BODY) {
		mail_part_end(mail, inspection, complete);
	}
	mail->place = PLACE_REST;
}
