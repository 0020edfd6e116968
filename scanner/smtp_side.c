/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines and waiting bytes of one side: see smtp_side.h. */
#include "scanner/smtp_side.h"

#include <string.h>

#include "scanner/scan.h"

/* How far a line is that begins as "AUTH MECHANISM secret" does. */
enum auth_part { PART_VERB, PART_GAP, PART_MECHANISM, PART_SECRET };

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

/* The bytes of AUTH's line that may be kept. */
static size_t before_secret(struct smtp_side *side, const uint8_t *bytes, size_t length)
{
	size_t i = 0;

	while (i < length && side->words != PART_SECRET) {
		bool blank = is_blank(bytes[i]);

		if (blank ? side->words != PART_GAP : side->words == PART_GAP) {
			side->words++;
		}
		i++;
	}
	return i;
}

/* Keeps a part of a line that has not ended yet. */
static void keep(struct smtp_side *side, struct pool *pool, const uint8_t *bytes, size_t length)
{
	uint8_t first = bytes[0];
	size_t room = SMTP_LINE_MAX - side->line.length;
	size_t unseen = UINT32_MAX - side->line_length;
	size_t part = length;

	if (side->line.length != 0) {
		text_copy(pool, &side->line, 0, &first, 1);
	}
	if (side->role == SMTP_ROLE_CLIENT && (first == 'A' || first == 'a' || is_blank(first))) {
		part = before_secret(side, bytes, length);
	}
	part = part < room ? part : room;
	side->last = bytes[length - 1];
	side->line_length += (uint32_t)(length < unseen ? length : unseen);
	if (!side->secret && !side->lost && part != 0 &&
	    !text_append(pool, &side->line, bytes, part)) {
		text_clear(pool, &side->line);
		side->lost = true;
	}
}

bool smtp_side_line(struct smtp_side *side, struct pool *pool, const uint8_t *bytes, size_t length,
		    struct smtp_line *line)
{
	size_t at = scan_line_feed(bytes, length);

	if (at == length) {
		keep(side, pool, bytes, length);
		return false;
	}
	uint8_t last = at != 0 ? bytes[at - 1] : side->last;

	line->used = at + 1;
	line->bare = last != '\r';
	line->lost = side->lost;
	if (side->line_length == 0) {
		line->bytes = bytes;
		line->length = at;
	} else {
		size_t room = SMTP_LINE_MAX - side->line.length;
		size_t rest = side->secret || side->lost ? 0 : at;
		size_t kept = text_copy(pool, &side->line, 0, line->buffer, SMTP_LINE_MAX);

		rest = rest < room ? rest : room;
		memcpy(line->buffer + kept, bytes, rest);
		line->bytes = line->buffer;
		line->length = kept + rest;
	}
	line->oversize = line->length > SMTP_LINE_MAX || side->line_length + at > SMTP_LINE_MAX;
	line->length = line->length < SMTP_LINE_MAX ? line->length : SMTP_LINE_MAX;
	while (line->length != 0 && line->bytes[line->length - 1] == '\r') {
		line->length--;
	}
	return true;
}

void smtp_side_next(struct smtp_side *side, struct pool *pool)
{
	text_clear(pool, &side->line);
	side->line_length = 0;
	side->last = 0;
	side->words = 0;
	side->secret = false;
	side->lost = false;
}

size_t smtp_side_hold(struct smtp_side *side, struct pool *pool, const uint8_t *bytes,
		      size_t length)
{
	size_t room = SMTP_HELD_MAX - side->held.length;
	size_t part = length < room ? length : room;

	return part != 0 && text_append(pool, &side->held, bytes, part) ? part : 0;
}

const uint8_t *smtp_side_held(const struct smtp_side *side, const struct pool *pool, size_t *length)
{
	const struct block *block = pool_block(pool, side->held.first);

	*length = block->length - side->held_at;
	return block->data + side->held_at;
}

void smtp_side_release(struct smtp_side *side, struct pool *pool, size_t length)
{
	uint32_t index = side->held.first;

	side->held.length -= (uint32_t)length;
	side->held_at = (uint16_t)(side->held_at + length);
	if (side->held_at == pool_block(pool, index)->length) {
		side->held.first = pool_block(pool, index)->next;
		side->held.last = side->held.first != POOL_NONE ? side->held.last : POOL_NONE;
		side->held_at = 0;
		pool_give(pool, index);
	}
}

size_t smtp_side_peek(const struct smtp_side *side, const struct pool *pool, uint8_t *out,
		      size_t length)
{
	return text_copy(pool, &side->held, side->held_at, out,
			 length < side->held.length ? length : side->held.length);
}

void smtp_side_clear(struct smtp_side *side, struct pool *pool)
{
	smtp_side_next(side, pool);
	text_clear(pool, &side->held);
	side->held_at = 0;
}
