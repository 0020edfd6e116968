/* SPDX-License-Identifier: BSD-2-Clause */
/* Sender and recipients in a text: see smtp_envelope.h. */
#include "scanner/smtp_envelope.h"

/* Before each path. */
struct record {
	uint16_t code;
	uint16_t length;
};

static_assert(sizeof(struct record) == 4, "a record's size is counted in the bound");

static bool append(struct smtp_envelope *envelope, struct pool *pool, const uint8_t *path,
		   size_t length)
{
	const struct record record = { .code = 0, .length = (uint16_t)length };
	size_t room = SMTP_ENVELOPE_MAX - envelope->text.length;
	struct text *text = &envelope->text;

	if (sizeof(record) + length > room) {
		return false;
	}
	/* both or nothing: one block more than the path needs is enough for the record, too */
	if ((length + sizeof(record)) / POOL_DATA_BYTES + 1 > pool->free_count) {
		return false;
	}
	return text_append(pool, text, (const uint8_t *)&record, sizeof(record)) &&
	       text_append(pool, text, path, length);
}

void smtp_envelope_sender(struct smtp_envelope *envelope, struct pool *pool, const uint8_t *path,
			  size_t length)
{
	if (envelope->text.length == 0 && append(envelope, pool, path, length)) {
		envelope->has_sender = true;
		envelope->answered = envelope->text.length;
	} else {
		envelope->left_out++;
	}
}

void smtp_envelope_recipient(struct smtp_envelope *envelope, struct pool *pool, const uint8_t *path,
			     size_t length)
{
	/* none behind one that was left out: codes are told by their order */
	if (envelope->left_out != 0 || !append(envelope, pool, path, length)) {
		envelope->left_out++;
	}
}

void smtp_envelope_answer(struct smtp_envelope *envelope, struct pool *pool, unsigned code)
{
	struct record record;

	envelope->accepted += code / 100 == 2;
	if (envelope->answered == envelope->text.length) {
		return;
	}
	text_copy(pool, &envelope->text, envelope->answered, (uint8_t *)&record, sizeof(record));
	record.code = (uint16_t)code;
	text_overwrite(pool, &envelope->text, envelope->answered, (const uint8_t *)&record,
		       sizeof(record));
	envelope->answered += (uint32_t)sizeof(record) + record.length;
}

bool smtp_envelope_next(const struct smtp_envelope *envelope, const struct pool *pool, uint32_t *at,
			struct smtp_path *path)
{
	struct record record;

	if (*at == envelope->text.length) {
		return false;
	}
	text_copy(pool, &envelope->text, *at, (uint8_t *)&record, sizeof(record));
	path->code = record.code;
	path->length = record.length;
	text_copy(pool, &envelope->text, *at + sizeof(record), path->bytes, record.length);
	*at += (uint32_t)sizeof(record) + record.length;
	return true;
}

void smtp_envelope_clear(struct smtp_envelope *envelope, struct pool *pool)
{
	text_clear(pool, &envelope->text);
	*envelope = (struct smtp_envelope){ 0 };
}
