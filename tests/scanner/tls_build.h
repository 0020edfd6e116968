/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ClientHellos built by hand, for the tests of scanner/tls*.c and of what chooses
 * between parsers. Lists are written as fingerprints write them: "1301,c02b".
 */
#ifndef TESTS_SCANNER_TLS_BUILD_H
#define TESTS_SCANNER_TLS_BUILD_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX 131072u

struct bytes {
	size_t length;
	uint8_t at[BYTES_MAX];
};

/* What NULL stands for is left out, with its extension's data, not with its extension. */
struct hello_plan {
	const char *version; /* "0303" */
	const char *ciphers;
	const char *extensions; /* types; those below get their data, others two bytes */
	const char *name; /* 0000 */
	const char *groups; /* 000a */
	const char *formats; /* 000b: "00,01" */
	const char *algorithms; /* 000d */
	const char *alpn; /* 0010: names, each behind its length in one byte, in all < 256 */
	const char *versions; /* 002b */
	size_t padding; /* 0015: so many zeroes */
};

/* Chrome's, as the description of JA4 has it, with GREASE and what JA4 does not look at. */
static const struct hello_plan plan_chrome = {
	.version = "0303",
	.ciphers =
		"9a9a,1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035",
	.extensions = "3a3a,001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,"
		      "000a,fafa,0015",
	.name = "Mail.Example.ORG",
	.groups = "dada,001d,0017,0018",
	.formats = "00",
	.algorithms = "0403,0804,0401,0503,0805,0501,0806,0601",
	.alpn = "\x02h2\x08http/1.1",
	.versions = "5a5a,0304,0303",
};
#define CHROME_JA3_STRING                                                                   \
	"771,4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156-157-47-53," \
	"27-0-51-16-17513-23-45-13-5-35-18-43-65281-11-10-21,29-23-24,0"
#define CHROME_JA3 "c000e2caf3a25423f9de6c8a4b12a975" /* printf STRING | md5sum */
#define CHROME_JA4 "t13d1516h2_8daaf6152771_e5627efa2ab1"

static inline void add(struct bytes *out, const void *bytes, size_t length)
{
	assert(length <= sizeof(out->at) - out->length);
	memcpy(out->at + out->length, bytes, length);
	out->length += length;
}

static inline void add_text(struct bytes *out, const char *text)
{
	add(out, text, strlen(text));
}

/* Big-endian, `width` bytes. */
static inline void add_number(struct bytes *out, size_t value, unsigned width)
{
	for (unsigned i = width; i-- != 0;) {
		const uint8_t byte = (uint8_t)(value >> 8 * i);

		add(out, &byte, 1);
	}
}

/* A part of variable length begins: its length goes where the answer says. */
static inline size_t open_part(struct bytes *out, unsigned width)
{
	add_number(out, 0, width);
	return out->length;
}

static inline void close_part(struct bytes *out, size_t start, unsigned width)
{
	size_t end = out->length;

	out->length = start - width;
	add_number(out, end - start, width);
	out->length = end;
}

/* "c02b,1301" as numbers of `width` bytes each. */
static inline void add_list(struct bytes *out, const char *list, unsigned width)
{
	while (*list != '\0') {
		char *end;

		add_number(out, strtoul(list, &end, 16), width);
		list = *end == ',' ? end + 1 : end;
	}
}

static inline void add_counted_list(struct bytes *out, const char *list, unsigned width,
				    unsigned length_width)
{
	size_t start = open_part(out, length_width);

	add_list(out, list, width);
	close_part(out, start, length_width);
}

static inline void add_name(struct bytes *out, uint8_t type, const char *name)
{
	add_number(out, type, 1);
	add_number(out, strlen(name), 2);
	add_text(out, name);
}

static inline void add_extension(struct bytes *out, const struct hello_plan *plan, size_t type)
{
	static const uint8_t zeroes[BYTES_MAX];

	add_number(out, type, 2);

	size_t data = open_part(out, 2);

	if (type == 0x00 && plan->name != NULL) {
		size_t names = open_part(out, 2);

		add_name(out, 0, plan->name);
		close_part(out, names, 2);
	} else if (type == 0x0a && plan->groups != NULL) {
		add_counted_list(out, plan->groups, 2, 2);
	} else if (type == 0x0b && plan->formats != NULL) {
		add_counted_list(out, plan->formats, 1, 1);
	} else if (type == 0x0d && plan->algorithms != NULL) {
		add_counted_list(out, plan->algorithms, 2, 2);
	} else if (type == 0x10 && plan->alpn != NULL) {
		add_number(out, strlen(plan->alpn), 2);
		add_text(out, plan->alpn);
	} else if (type == 0x2b && plan->versions != NULL) {
		add_counted_list(out, plan->versions, 2, 1);
	} else if (type == 0x15) {
		add(out, zeroes, plan->padding);
	} else {
		add_number(out, 0x0102, 2);
	}
	close_part(out, data, 2);
}

/* What stands behind the message's type and length. */
static inline void add_hello_body(struct bytes *out, const struct hello_plan *plan)
{
	static const uint8_t some[32] = { 0x5a, 0, 0xff, [31] = 1 };

	add_list(out, plan->version, 2);
	add(out, some, sizeof(some)); /* random */
	add_number(out, sizeof(some), 1);
	add(out, some, sizeof(some)); /* session id */
	add_counted_list(out, plan->ciphers, 2, 2);
	add_number(out, 1, 1); /* compression: one method, none */
	add_number(out, 0, 1);
	if (plan->extensions == NULL) {
		return;
	}
	size_t extensions = open_part(out, 2);

	for (const char *at = plan->extensions; *at != '\0';) {
		char *end;

		add_extension(out, plan, strtoul(at, &end, 16));
		at = *end == ',' ? end + 1 : end;
	}
	close_part(out, extensions, 2);
}

/* The message with its type and length. */
static inline void add_hello_message(struct bytes *out, const struct hello_plan *plan)
{
	add_number(out, 1, 1);

	size_t start = open_part(out, 3);

	add_hello_body(out, plan);
	close_part(out, start, 3);
}

/* Bytes as handshake records of at most `size` each. */
static inline void add_records(struct bytes *out, const struct bytes *message, size_t size)
{
	for (size_t at = 0; at < message->length;) {
		size_t left = message->length - at;
		size_t part = left < size ? left : size;

		add(out, "\x16\x03\x01", 3);
		add_number(out, part, 2);
		add(out, message->at + at, part);
		at += part;
	}
}

/* A whole ClientHello as it is sent. */
static inline void add_hello(struct bytes *out, const struct hello_plan *plan)
{
	static struct bytes message;

	message.length = 0;
	add_hello_message(&message, plan);
	add_records(out, &message, 16384);
}

#endif
