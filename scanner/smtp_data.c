/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of DATA: see smtp_data.h. Every dot behind a CR, an LF or a NUL is looked
 * at; what stands before it and what follows decide.
 */
#include "scanner/smtp_data.h"

#include "scanner/scan.h"

enum dot {
	DOT_NONE,
	DOT_FIRST, /* behind CRLF: taken out; the next byte decides */
	DOT_CR, /* and a CR, which is held back */
	DOT_ODD /* behind another line end: an ordinary byte, but maybe a look-alike */
};

void smtp_data_begin(struct smtp_data *data)
{
	*data = (struct smtp_data){ .before = { '\r', '\n' }, .dot = DOT_NONE };
}

static void note_before(struct smtp_data *data, const uint8_t *bytes, size_t length)
{
	if (length >= 2) {
		data->before[0] = bytes[length - 2];
		data->before[1] = bytes[length - 1];
	} else if (length == 1) {
		data->before[0] = data->before[1];
		data->before[1] = bytes[0];
	}
}

static bool is_line_end(uint8_t byte)
{
	return byte == '\r' || byte == '\n';
}

/* A dot behind `before`. A NUL counts only behind a line end: some servers drop it. */
static enum dot dot_behind(const uint8_t before[static 2])
{
	if (before[1] == '\n' && before[0] == '\r') {
		return DOT_FIRST;
	}
	return is_line_end(before[1]) || is_line_end(before[0]) ? DOT_ODD : DOT_NONE;
}

/* Up to and with the next dot that may mean something. */
static size_t next_dot(struct smtp_data *data, const uint8_t *bytes, size_t length,
		       struct smtp_piece *piece)
{
	size_t at = scan_behind_line_end(bytes, length, '.', data->before[1]);

	piece->bytes = bytes;
	piece->length = at;
	note_before(data, bytes, at);
	if (at == length) {
		return length;
	}
	data->dot = (uint8_t)dot_behind(data->before);
	if (data->dot != DOT_FIRST) {
		piece->length++;
	}
	note_before(data, bytes + at, 1);
	return at + 1;
}

size_t smtp_data_next(struct smtp_data *data, const uint8_t *bytes, size_t length,
		      struct smtp_piece *piece)
{
	static const uint8_t cr[] = { '\r' };
	enum dot dot = data->dot;

	*piece = (struct smtp_piece){ .bytes = bytes };
	switch (dot) {
	case DOT_NONE:
		break;
	case DOT_FIRST:
		if (bytes[0] == '\r') {
			data->dot = DOT_CR;
			return 1;
		}
		data->dot = DOT_NONE;
		piece->lookalike = bytes[0] == '\n';
		return 0;
	case DOT_CR:
		data->dot = DOT_NONE;
		if (bytes[0] == '\n') {
			piece->end = true;
			return 1;
		}
		note_before(data, cr, 1);
		*piece = (struct smtp_piece){ .bytes = cr, .length = 1, .lookalike = true };
		return 0;
	case DOT_ODD:
		data->dot = DOT_NONE;
		piece->lookalike = is_line_end(bytes[0]);
		return 0;
	}
	return next_dot(data, bytes, length, piece);
}
