/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON (RFC 8259) written into a bounded line. The caller opens and closes what it
 * nests; commas are the writer's. A key is NULL inside an array and for the
 * outermost value. Keys are plain ASCII constants and not escaped.
 *
 * Texts are any bytes and always come out as valid UTF-8 from which they can be
 * had back: control characters (C0, DEL, C1) as \u00HH; bytes that are no UTF-8 as
 * the four characters \xHH; so that nobody takes a text's own \xHH for such a
 * byte, its backslash is written \x5c.
 */
#ifndef FIRMWARE_JSON_H
#define FIRMWARE_JSON_H

#include "firmware/line.h"

struct json {
	struct line line;
	bool comma; /* a value stands before */
};

void json_init(struct json *json, char *out, size_t size);

void json_object_begin(struct json *json, const char *key);
void json_object_end(struct json *json);
void json_array_begin(struct json *json, const char *key);
void json_array_end(struct json *json);

void json_text(struct json *json, const char *key, const void *bytes, size_t length);
void json_string(struct json *json, const char *key, const char *string);
void json_number(struct json *json, const char *key, uint64_t value);
void json_bool(struct json *json, const char *key, bool value);

/* A string put together from pieces: nothing else may be written between begin and end. */
struct line *json_string_begin(struct json *json, const char *key);
/* Escapes a piece of the string. */
void json_piece(struct json *json, const void *bytes, size_t length);
void json_string_end(struct json *json);

#endif
