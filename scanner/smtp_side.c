/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines and waiting bytes of one side: see smtp_side.h. */
#include "scanner/smtp_side.h"

#include <string.h>

#include "scanner/letter.h"
#include "scanner/scan.h"

/* How far a line is that may be "AUTH MECHANISM secret": below PART_GAP, letters of AUTH. */
enum auth_part { PART_GAP = 5, PART_MECHANISM, PART_SECRET, PART_OTHER };

static uint8_t next_part(uint8_t part, uint8_t byte)
{
	static const char verb[] = "auth";
	const uint8_t letters = sizeof(verb) - 1;
	bool blank = letter_is_blank(byte);

	if (part == 0 && blank) {
		return 0;
	}
	if (part < letters) {
		return letter_lower_ascii(byte) == (uint8_t)verb[part] ? (uint8_t)(part + 1) :
									 PART_OTHER;
	}
	if (part == letters) {
		return blank ? PART_GAP : PART_OTHER;
	}
	return blank ? (part == PART_GAP ? PART_GAP : PART_SECRET) : PART_MECHANISM;
}

/* The bytes of a client's line that may be kept. */
static size_t before_secret(struct smtp_side *side, const uint8_t *bytes, size_t length)
{
	size_t i = 0;

	while (i < length && side->auth_part < PART_SECRET) {
		side->auth_part = next_part(side->auth_part, bytes[i]);
		i++;
	}
	return side->auth_part == PART_OTHER ? length : i;
}

/* Keeps a part of a line that has not ended yet. */
static void keep(struct smtp_side *side, struct pool *pool, const uint8_t *bytes, size_t length)
{
	size_t room = SMTP_LINE_MAX - side->line.length;
	size_t unseen = UINT32_MAX - side->line_length;
	size_t part = side->role == SMTP_ROLE_CLIENT ? before_secret(side, bytes, length) : length;

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
		bool cut = side->secret || side->lost || side->auth_part == PART_SECRET;
		size_t rest = cut ? 0 : at;
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
	side->auth_part = 0;
	side->secret = false;
	side->lost = false;
}

size_t smtp_side_room(const struct smtp_side *side)
{
	size_t waiting = (size_t)side->held.length + side->line_length;

	return waiting < SMTP_HELD_MAX ? SMTP_HELD_MAX - waiting : 0;
}

size_t smtp_side_hold(struct smtp_side *side, struct pool *pool, const uint8_t *bytes,
		      size_t length)
{
	size_t room = smtp_side_room(side);
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
