/* SPDX-License-Identifier: BSD-2-Clause */
/* The writer of json.h. */
#include "firmware/json.h"

#include <string.h>

#include "scanner/copy.h"
#include "scanner/hex.h"
#include "scanner/letter.h"
#include "scanner/plain.h"

void json_init(struct json *json, char *out, size_t size)
{
	line_init(&json->line, out, size);
	json->comma = false;
}

static void put_escaped(struct line *line, const char *prefix, uint8_t byte)
{
	uint8_t text[2];

	hex_write(text, &byte, 1);
	line_string(line, prefix);
	line_bytes(line, text, sizeof(text));
}

/* One character that is not plain ASCII, or one byte. Returns how many bytes it took. */
static size_t put_odd(struct line *line, const uint8_t *at, size_t length)
{
	uint32_t letter;
	size_t taken = letter_decode(at, length, &letter);

	if (taken == 0) {
		put_escaped(line, "\\\\x", *at);
		return 1;
	}
	if (letter == '"') {
		line_string(line, "\\\"");
	} else if (letter == '\\') {
		bool mistaken = length >= 4 && at[1] == 'x' && letter_is_hex(at[2]) &&
				letter_is_hex(at[3]);

		line_string(line, mistaken ? "\\\\x5c" : "\\\\");
	} else if (letter < 0x20 || (letter >= 0x7f && letter < 0xa0)) {
		put_escaped(line, "\\u00", (uint8_t)letter);
	} else {
		line_bytes(line, at, taken);
	}
	return taken;
}

static void put_pieces(struct line *line, const uint8_t *at, size_t length)
{
	while (length != 0 && !line->full) {
		size_t taken = plain_length(at, length);

		if (taken != 0) {
			line_bytes(line, at, taken);
		} else {
			taken = put_odd(line, at, length);
		}
		at += taken;
		length -= taken;
	}
}

void json_piece(struct json *json, const void *bytes, size_t length)
{
	if (plain_all(bytes, length)) { /* as nearly all are */
		line_bytes(&json->line, bytes, length);
	} else {
		put_pieces(&json->line, bytes, length);
	}
}

void json_text_rest(struct json *json, const void *bytes, size_t length)
{
	char *at = plain_all(bytes, length) ? line_room(&json->line, length + 1) : NULL;

	if (at != NULL) {
		copy_short(at, bytes, length);
		at[length] = '"';
		return;
	}
	json_piece(json, bytes, length);
	line_char(&json->line, '"');
}
