/* SPDX-License-Identifier: BSD-2-Clause */
/* The JSON writer: nesting and commas, what becomes of every byte, and that all can be had back. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/json.h"
#include "scanner/letter.h"

static char out[4096];

static const char *finished(struct json *json)
{
	assert_false(json->line.full);
	*json->line.at = '\0';
	return out;
}

static void json_nesting_puts_commas_between_values(void **state)
{
	struct json json;

	(void)state;
	json_init(&json, out, sizeof(out) - 1);
	json_object_begin(&json, NULL);
	json_array_begin(&json, "empty");
	json_array_end(&json);
	json_object_begin(&json, "none");
	json_object_end(&json);
	json_array_begin(&json, "a");
	json_number(&json, NULL, 0);
	json_number(&json, NULL, UINT64_MAX);
	json_object_begin(&json, NULL);
	json_bool(&json, "t", true);
	json_bool(&json, "f", false);
	json_object_end(&json);
	json_string(&json, NULL, "");
	json_array_end(&json);
	json_string(&json, "s", "x");
	json_object_end(&json);
	assert_string_equal(finished(&json),
			    "{\"empty\":[],\"none\":{},\"a\":[0,18446744073709551615,"
			    "{\"t\":true,\"f\":false},\"\"],\"s\":\"x\"}");
}

static void json_text_escapes_what_is_not_plain(void **state)
{
	static const struct {
		const char *in;
		size_t length;
		const char *json;
	} texts[] = {
#define TEXT(in, json) { in, sizeof(in) - 1, "\"" json "\"" }
		TEXT("", ""),
		TEXT("plain / text ~", "plain / text ~"),
		TEXT("a\"b\\c", "a\\\"b\\\\c"),
		TEXT("\0\1\t\n\r\x1f\x7f", "\\u0000\\u0001\\u0009\\u000a\\u000d\\u001f\\u007f"),
		/* UTF-8 stays, C1 controls do not */
		TEXT("\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\xa6",
		     "\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\xa6"),
		TEXT("\xc2\x80\xc2\x9f\xc2\xa0", "\\u0080\\u009f\xc2\xa0"),
		TEXT("\xef\xbf\xbe\xef\xbf\xbf", "\xef\xbf\xbe\xef\xbf\xbf"),
		/* bytes that are none: lone, overlong, surrogate, beyond the last, cut */
		TEXT("\xff", "\\\\xff"),
		TEXT("\x80z", "\\\\x80z"),
		TEXT("\xc0\x80", "\\\\xc0\\\\x80"),
		TEXT("\xed\xa0\x80", "\\\\xed\\\\xa0\\\\x80"),
		TEXT("\xf4\x90\x80\x80", "\\\\xf4\\\\x90\\\\x80\\\\x80"),
		TEXT("\xe2\x82", "\\\\xe2\\\\x82"),
		/* a text that looks like such a byte is told apart */
		TEXT("\\xff", "\\\\x5cxff"),
		TEXT("\\xAb", "\\\\x5cxAb"),
		TEXT("\\x5c", "\\\\x5cx5c"),
		TEXT("\\\\xff", "\\\\\\\\x5cxff"),
		TEXT("\\xf", "\\\\xf"),
		TEXT("\\xfg", "\\\\xfg"),
		TEXT("\\x4\xff", "\\\\x4\\\\xff"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct json json;

		json_init(&json, out, sizeof(out) - 1);
		json_text(&json, NULL, texts[i].in, texts[i].length);
		assert_string_equal(finished(&json), texts[i].json);
	}
}

/* The string that a JSON text without surrogate escapes stands for. */
static size_t unescape_json(const char *json, uint8_t *string)
{
	size_t n = 0;

	assert_int_equal(*json, '"');
	for (json++; *json != '"'; json++) {
		assert_int_not_equal(*json, '\0');
		if (*json != '\\') {
			string[n++] = (uint8_t)*json;
		} else if (*++json == 'u') {
			const char digits[5] = { json[1], json[2], json[3], json[4] };

			n += letter_encode((uint32_t)strtoul(digits, NULL, 16), string + n);
			json += 4;
		} else {
			assert_true(*json == '"' || *json == '\\');
			string[n++] = (uint8_t)*json;
		}
	}
	return n;
}

/* Bytes written \xHH. */
static size_t unescape_bytes(uint8_t *string, size_t length)
{
	size_t n = 0;

	for (size_t at = 0; at < length; at++) {
		if (string[at] == '\\' && at + 3 < length && string[at + 1] == 'x' &&
		    isxdigit(string[at + 2]) && isxdigit(string[at + 3])) {
			const char digits[3] = { (char)string[at + 2], (char)string[at + 3] };

			string[n++] = (uint8_t)strtoul(digits, NULL, 16);
			at += 3;
			continue;
		}
		string[n++] = string[at];
	}
	return n;
}

static void json_text_any_bytes_can_be_had_back(void **state)
{
	static const char alphabet[] = "\\\\\\xxx5cCfF0\"\n\xc3\xbc\xff\x80\xc2\xe2\x82\xac";
	uint32_t random = 7;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		uint8_t in[24], string[sizeof(out)];
		struct json json;
		size_t length = (size_t)round % (sizeof(in) + 1);

		for (size_t i = 0; i < length; i++) {
			random = random * 1664525 + 1013904223;
			in[i] = round % 2 ?
					(uint8_t)(random >> 24) :
					(uint8_t)alphabet[(random >> 16) % (sizeof(alphabet) - 1)];
		}
		json_init(&json, out, sizeof(out) - 1);
		json_text(&json, NULL, in, length);
		size_t n = unescape_json(finished(&json), string);

		assert_int_equal(unescape_bytes(string, n), length);
		assert_memory_equal(string, in, length);
	}
}

static void json_text_odd_byte_is_found_wherever_it_stands(void **state)
{
	static const uint8_t odd[] = { 0, 0x1f, '"', '\\', 0x7f, 0x80, 0xff };
	uint8_t in[70], string[sizeof(out)];

	(void)state;
	for (size_t length = 1; length <= sizeof(in); length++) {
		for (size_t i = 0; i < length * sizeof(odd); i++) {
			struct json json;

			for (size_t at = 0; at < length; at++) {
				in[at] = (uint8_t)(at % 2 == 0 ? ' ' : 'a' + at % 26);
			}
			in[i / sizeof(odd)] = odd[i % sizeof(odd)];
			json_init(&json, out, sizeof(out) - 1);
			json_text(&json, NULL, in, length);
			assert_true(line_length(&json.line) > length + 2);
			size_t n = unescape_json(finished(&json), string);

			assert_int_equal(unescape_bytes(string, n), length);
			assert_memory_equal(string, in, length);
		}
	}
}

static void json_pieces_make_one_string(void **state)
{
	struct json json;

	(void)state;
	json_init(&json, out, sizeof(out) - 1);
	json_array_begin(&json, NULL);
	line_string(json_string_begin(&json, NULL), "<");
	json_piece(&json, "a\"\n", 3);
	line_string(&json.line, ">");
	json_string_end(&json);
	json_string(&json, NULL, "next");
	json_array_end(&json);
	assert_string_equal(finished(&json), "[\"<a\\\"\\u000a>\",\"next\"]");
}

static void json_full_stays_full(void **state)
{
	struct json json;

	(void)state;
	json_init(&json, out, 4);
	json_string(&json, NULL, "abcdef");
	json_number(&json, NULL, 1);
	assert_true(json.line.full);
	assert_true(line_length(&json.line) <= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_nesting_puts_commas_between_values),
		cmocka_unit_test(json_text_escapes_what_is_not_plain),
		cmocka_unit_test(json_text_any_bytes_can_be_had_back),
		cmocka_unit_test(json_text_odd_byte_is_found_wherever_it_stands),
		cmocka_unit_test(json_pieces_make_one_string),
		cmocka_unit_test(json_full_stays_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
