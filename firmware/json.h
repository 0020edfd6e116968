/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON (RFC 8259) written into a bounded line. The caller opens and closes what it
 * nests; commas are the writer's. A key is NULL inside an array and for the
 * outermost value. Keys are plain ASCII and not escaped; of a constant the length
 * is known when it is compiled, which is why the calls stand here.
 *
 * Texts are any bytes and always come out as valid UTF-8 from which they can be
 * had back: control characters (C0, DEL, C1) as \u00HH; bytes that are no UTF-8 as
 * the four characters \xHH; so that nobody takes a text's own \xHH for such a
 * byte, its backslash is written \x5c.
 */
#ifndef FIRMWARE_JSON_H
#define FIRMWARE_JSON_H

#include "firmware/line.h"
#include "scanner/copy.h"

/* What takes keys, nearly always constants. */
#define JSON_INLINE static inline __attribute__((always_inline))

struct json {
	struct line line;
	bool comma; /* a value stands before */
};

/* A word of a table, `{ JSON_WORD("word") }`: plain ASCII, and its length, known when it is compiled.
 * No text: none. */
struct json_word {
	const char *text;
	size_t length;
};
#define JSON_WORD(string) string, sizeof(string) - 1

void json_init(struct json *json, char *out, size_t size);

/* What stands before a value: a comma, the key, and with `opening` the value's first character.
 * For the calls below, and for strings of which the pieces are written one by one. */
JSON_INLINE void json_key_word(struct json *json, struct json_word key, const char *opening)
{
	size_t more = strlen(opening);
	char *at = line_room(&json->line,
			     json->comma + (key.text != NULL ? key.length + 3 : 0) + more);

	if (at != NULL) {
		if (json->comma) {
			*at++ = ',';
		}
		if (key.text != NULL) {
			*at++ = '"';
			copy_short(at, key.text, key.length);
			at += key.length;
			*at++ = '"';
			*at++ = ':';
		}
		memcpy(at, opening, more);
	}
	json->comma = true;
}

JSON_INLINE void json_key(struct json *json, const char *key, const char *opening)
{
	const struct json_word word = { key, key != NULL ? strlen(key) : 0 };

	json_key_word(json, word, opening);
}

static inline void json_close(struct json *json, char bracket)
{
	line_char(&json->line, bracket);
	json->comma = true;
}

JSON_INLINE void json_object_begin(struct json *json, const char *key)
{
	json_key(json, key, "{");
	json->comma = false;
}

static inline void json_object_end(struct json *json)
{
	json_close(json, '}');
}

JSON_INLINE void json_array_begin(struct json *json, const char *key)
{
	json_key(json, key, "[");
	json->comma = false;
}

static inline void json_array_end(struct json *json)
{
	json_close(json, ']');
}

/* A string put together from pieces: nothing else may be written between begin and end. */
JSON_INLINE struct line *json_string_begin(struct json *json, const char *key)
{
	json_key(json, key, "\"");
	return &json->line;
}

/* Escapes a piece of the string. */
void json_piece(struct json *json, const void *bytes, size_t length);

static inline void json_string_end(struct json *json)
{
	line_char(&json->line, '"');
}

/* What follows a string's first quote. */
void json_text_rest(struct json *json, const void *bytes, size_t length);

JSON_INLINE void json_text(struct json *json, const char *key, const void *bytes, size_t length)
{
	json_key(json, key, "\"");
	json_text_rest(json, bytes, length);
}

JSON_INLINE void json_string(struct json *json, const char *key, const char *string)
{
	json_text(json, key, string, strlen(string));
}

/* A word as value: nothing in it is to be escaped. */
JSON_INLINE void json_put_word(struct json *json, const char *key, struct json_word word)
{
	char *at;

	json_key(json, key, "\"");
	at = line_room(&json->line, word.length + 1);
	if (at != NULL) {
		copy_short(at, word.text, word.length);
		at[word.length] = '"';
	}
}

JSON_INLINE void json_number(struct json *json, const char *key, uint64_t value)
{
	json_key(json, key, "");
	line_decimal(&json->line, value, 1);
}

JSON_INLINE void json_bool(struct json *json, const char *key, bool value)
{
	json_key(json, key, "");
	line_string(&json->line, value ? "true" : "false");
}

#endif
