/* SPDX-License-Identifier: BSD-2-Clause */
/* The writer of json.h. */
#include "firmware/json.h"

#include <string.h>

#include "scanner/letter.h"

void json_init(struct json *json, char *out, size_t size)
{
	line_init(&json->line, out, size);
	json->comma = false;
}

static bool is_hex(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
	       (byte >= 'A' && byte <= 'F');
}

static void put_escaped(struct line *line, const char *prefix, uint8_t byte)
{
	static const char digits[] = "0123456789abcdef";
	const char text[2] = { digits[byte >> 4], digits[byte & 15] };

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
		bool mistaken = length >= 4 && at[1] == 'x' && is_hex(at[2]) && is_hex(at[3]);

		line_string(line, mistaken ? "\\\\x5c" : "\\\\");
	} else if (letter < 0x20 || (letter >= 0x7f && letter < 0xa0)) {
		put_escaped(line, "\\u00", (uint8_t)letter);
	} else {
		line_bytes(line, at, taken);
	}
	return taken;
}

static bool is_plain(uint8_t byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* Whether sixteen bytes in either of two places are plain; the processor may have one operation for
 * all of a place. */
static inline bool are_plain(const void *one, const void *other)
{
	int8_t __attribute__((vector_size(16))) a, b;
	uint64_t odd[2];

	memcpy(&a, one, sizeof(a));
	memcpy(&b, other, sizeof(b));
	/* as signed numbers, what lies above 0x7f lies below zero */
	a = (a < 0x20) | (a == '"') | (a == '\\') | (a == 0x7f);
	b = (b < 0x20) | (b == '"') | (b == '\\') | (b == 0x7f);
	a |= b;
	memcpy(odd, &a, sizeof(odd));
	return (odd[0] | odd[1]) == 0;
}

/* Up to sixteen bytes, those in the middle perhaps twice. */
static bool is_short_plain(const uint8_t *at, size_t length)
{
	uint8_t both[16];

	if (length >= 8) {
		memcpy(both, at, 8);
		memcpy(both + 8, at + length - 8, 8);
		return are_plain(both, both);
	}
	if (length >= 4) {
		memcpy(both, at, 4);
		memcpy(both + 4, at + length - 4, 4);
		memcpy(both + 8, both, 8);
		return are_plain(both, both);
	}
	for (size_t i = 0; i < length; i++) {
		if (!is_plain(at[i])) {
			return false;
		}
	}
	return true;
}

static bool is_all_plain(const uint8_t *at, size_t length)
{
	const uint8_t *end = at + length;

	if (length < 16) {
		return is_short_plain(at, length);
	}
	for (; end - at > 32; at += 32) {
		if (!are_plain(at, at + 16)) {
			return false;
		}
	}
	return are_plain(end - at > 16 ? at : end - 16, end - 16);
}

/* How many bytes at the start are plain. */
static size_t plain_length(const uint8_t *at, size_t length)
{
	size_t plain = 0;

	while (length - plain >= 16 && are_plain(at + plain, at + plain)) {
		plain += 16;
	}
	while (plain < length && is_plain(at[plain])) {
		plain++;
	}
	return plain;
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
	if (is_all_plain(bytes, length)) { /* as nearly all are */
		line_bytes(&json->line, bytes, length);
	} else {
		put_pieces(&json->line, bytes, length);
	}
}

void json_text_rest(struct json *json, const void *bytes, size_t length)
{
	char *at = is_all_plain(bytes, length) ? line_room(&json->line, length + 1) : NULL;

	if (at != NULL) {
		line_copy(at, bytes, length);
		at[length] = '"';
		return;
	}
	json_piece(json, bytes, length);
	line_char(&json->line, '"');
}
