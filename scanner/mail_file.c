/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attachments of mail_file.h. What needs no decoding is hashed where it lies; the rest
 * goes through a small buffer. What is not hashed is only counted.
 */
#include "scanner/mail_file.h"

#include <string.h>

#include "scanner/hex.h"
#include "scanner/mime.h"
#include "scanner/uninitialized.h"

#define STRIDE 1024u /* bytes decoded at once; whole blocks of the hash come of it */

void mail_file_open(struct mail_file *file, struct inspection *inspection, uint8_t encoding,
		    struct text *name)
{
	file->open = true;
	file->encoding = encoding;
	file->size = 0;
	file->line_end_length = 0;
	file->hashing = file->hashed < inspection->hash_budget;
	if (!file->hashing && inspection->hash_budget != 0) {
		inspect_anomaly(inspection, ANOMALY_MAIL_HASH_BUDGET, 0);
	}
	file->name = *name;
	*name = (struct text){ 0 };
	if (encoding == MIME_ENCODING_QUOTED_PRINTABLE) {
		file->decoder.quoted = (struct quoted_printable){ 0 };
	} else {
		file->decoder.base64 = (struct base64){ 0 };
	}
	sha256_init(&file->hash);
}

static void put(struct mail_file *file, struct inspection *inspection, const uint8_t *bytes,
		size_t length)
{
	file->size += length;
	if (!file->hashing) {
		return;
	}
	if (length > inspection->hash_budget - file->hashed) {
		file->hashing = false;
		file->hashed = inspection->hash_budget;
		inspect_anomaly(inspection, ANOMALY_MAIL_HASH_BUDGET, 0);
		return;
	}
	file->hashed += length;
	sha256_update(&file->hash, bytes, length);
}

static void put_base64(struct mail_file *file, struct inspection *inspection, const uint8_t *bytes,
		       size_t length)
{
	uint8_t decoded[BASE64_DECODED_MAX(STRIDE)] UNINITIALIZED;

	while (length != 0 && file->hashing) {
		size_t part = length < STRIDE ? length : STRIDE;

		put(file, inspection, decoded,
		    base64_decode(&file->decoder.base64, bytes, part, decoded));
		bytes += part;
		length -= part;
	}
	file->size += base64_skip(&file->decoder.base64, bytes, length);
}

static void put_quoted(struct mail_file *file, struct inspection *inspection, const uint8_t *bytes,
		       size_t length)
{
	uint8_t decoded[QUOTED_PRINTABLE_DECODED_MAX(STRIDE)] UNINITIALIZED;

	while (length != 0) {
		size_t part = length < STRIDE ? length : STRIDE;

		put(file, inspection, decoded,
		    quoted_printable_decode(&file->decoder.quoted, bytes, part, decoded));
		bytes += part;
		length -= part;
	}
}

static void decode(struct mail_file *file, struct inspection *inspection, const uint8_t *bytes,
		   size_t length)
{
	if (file->encoding == MIME_ENCODING_QUOTED_PRINTABLE) {
		put_quoted(file, inspection, bytes, length);
	} else {
		put(file, inspection, bytes, length);
	}
}

/* The line's end that waited is of the file after all. */
static void flush_line_end(struct mail_file *file, struct inspection *inspection)
{
	decode(file, inspection, file->line_end, file->line_end_length);
	file->line_end_length = 0;
}

/* The length of the line's end that `bytes` end with, a CR alone included. */
static size_t line_end_of(const uint8_t *bytes, size_t length)
{
	if (bytes[length - 1] == '\n') {
		return length > 1 && bytes[length - 2] == '\r' ? 2 : 1;
	}
	return bytes[length - 1] == '\r' ? 1 : 0;
}

void mail_file_feed(struct mail_file *file, struct inspection *inspection, const uint8_t *bytes,
		    size_t length)
{
	if (file->encoding == MIME_ENCODING_BASE64) {
		put_base64(file, inspection, bytes, length);
		return;
	}
	if (length != 0 && file->line_end_length == 1 && file->line_end[0] == '\r' &&
	    bytes[0] == '\n') {
		file->line_end[file->line_end_length++] = '\n';
		bytes++;
		length--;
	}
	if (length == 0) {
		return;
	}
	size_t waits = line_end_of(bytes, length);

	flush_line_end(file, inspection);
	decode(file, inspection, bytes, length - waits);
	memcpy(file->line_end, bytes + length - waits, waits);
	file->line_end_length = (uint8_t)waits;
}

static void match_hash(struct inspection *inspection, enum direction sender,
		       const uint8_t digest[static SHA256_SIZE])
{
	uint8_t hex[2 * SHA256_SIZE];

	if (!inspect_wants(inspection, FIELD_SMTP_ATTACHMENT_SHA256)) {
		return;
	}
	hex_write(hex, digest, SHA256_SIZE);
	inspect_value(inspection, FIELD_SMTP_ATTACHMENT_SHA256, sender, hex, sizeof(hex));
}

static void report(const struct mail_file *file, struct inspection *inspection,
		   const struct event_file *data)
{
	struct event *event = inspect_begin(inspection, EVENT_FILEINFO);

	if (event != NULL) {
		event_put(event, ATTRIBUTE_FILE, data, sizeof(*data));
		if (file->name.length != 0) {
			event_put_text(event, ATTRIBUTE_FILE_NAME, inspection->pool, &file->name);
		}
		event_commit(inspection->events, event);
	}
}

void mail_file_close(struct mail_file *file, struct inspection *inspection, enum file_state state,
		     bool line_end)
{
	if (!file->open) {
		return;
	}
	file->open = false;
	if (line_end) {
		flush_line_end(file, inspection);
	}
	if (file->encoding == MIME_ENCODING_QUOTED_PRINTABLE) {
		uint8_t rest[2];

		put(file, inspection, rest, quoted_printable_end(&file->decoder.quoted, rest));
	}
	struct event_file data = {
		.size = file->size,
		.state = (uint8_t)state,
		.hashed = file->hashing && state == FILE_STATE_CLOSED,
	};

	if (data.hashed) {
		sha256_final(&file->hash, data.sha256);
		match_hash(inspection, file->sender, data.sha256);
	}
	report(file, inspection, &data);
	text_clear(inspection->pool, &file->name);
}
