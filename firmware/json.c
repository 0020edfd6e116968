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

static void begin_value(struct json *json, const char *key)
{
	if (json->comma) {
		line_string(&json->line, ",");
	}
	if (key != NULL) {
		line_string(&json->line, "\"");
		line_string(&json->line, key);
		line_string(&json->line, "\":");
	}
	json->comma = true;
}

static void open_nested(struct json *json, const char *key, const char *bracket)
{
	begin_value(json, key);
	line_string(&json->line, bracket);
	json->comma = false;
}

static void close_nested(struct json *json, const char *bracket)
{
	line_string(&json->line, bracket);
	json->comma = true;
}

void json_object_begin(struct json *json, const char *key)
{
	open_nested(json, key, "{");
}

void json_object_end(struct json *json)
{
	close_nested(json, "}");
}

void json_array_begin(struct json *json, const char *key)
{
	open_nested(json, key, "[");
}

void json_array_end(struct json *json)
{
	close_nested(json, "]");
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

void json_piece(struct json *json, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	while (length != 0 && !json->line.full) {
		size_t taken = 0;

		while (taken < length && is_plain(at[taken])) {
			taken++;
		}
		if (taken != 0) {
			line_bytes(&json->line, at, taken);
		} else {
			taken = put_odd(&json->line, at, length);
		}
		at += taken;
		length -= taken;
	}
}

struct line *json_string_begin(struct json *json, const char *key)
{
	begin_value(json, key);
	line_string(&json->line, "\"");
	return &json->line;
}

void json_string_end(struct json *json)
{
	line_string(&json->line, "\"");
}

void json_text(struct json *json, const char *key, const void *bytes, size_t length)
{
	json_string_begin(json, key);
	json_piece(json, bytes, length);
	json_string_end(json);
}

void json_string(struct json *json, const char *key, const char *string)
{
	json_text(json, key, string, strlen(string));
}

void json_number(struct json *json, const char *key, uint64_t value)
{
	begin_value(json, key);
	line_decimal(&json->line, value, 1);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin_value(json, key);
	line_string(&json->line, value ? "true" : "false");
}
