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

/* Whether sixteen bytes are plain; the processor may have one operation for all of them. */
static bool are_plain(uint64_t low, uint64_t high)
{
	int8_t __attribute__((vector_size(16))) bytes;
	uint64_t words[2] = { low, high };

	memcpy(&bytes, words, sizeof(bytes));
	/* as signed numbers, what lies above 0x7f lies below zero */
	bytes = (bytes < 0x20) | (bytes == '"') | (bytes == '\\') | (bytes == 0x7f);
	memcpy(words, &bytes, sizeof(words));
	return (words[0] | words[1]) == 0;
}

static uint64_t load_64(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static uint64_t load_32(const uint8_t *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* Whether a whole text is plain. Its last words may overlap those before. */
static bool is_all_plain(const uint8_t *at, size_t length)
{
	const uint8_t *end = at + length;

	if (length >= 16) {
		for (; end - at > 16; at += 16) {
			if (!are_plain(load_64(at), load_64(at + 8))) {
				return false;
			}
		}
		return are_plain(load_64(end - 16), load_64(end - 8));
	}
	if (length >= 8) {
		return are_plain(load_64(at), load_64(end - 8));
	}
	if (length >= 4) {
		uint64_t word = load_32(at) | load_32(end - 4) << 32;

		return are_plain(word, word);
	}
	for (; at < end; at++) {
		if (!is_plain(*at)) {
			return false;
		}
	}
	return true;
}

/* How many bytes at the start are plain. */
static size_t plain_length(const uint8_t *at, size_t length)
{
	size_t plain = 0;

	while (length - plain >= 16 && are_plain(load_64(at + plain), load_64(at + plain + 8))) {
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

void json_text_value(struct json *json, const void *bytes, size_t length)
{
	line_char(&json->line, '"');
	json_piece(json, bytes, length);
	line_char(&json->line, '"');
}
