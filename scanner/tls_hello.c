/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ClientHello of tls_hello.h. A part of known length is read by narrowing a
 * cursor to it: reading beyond its end gives zeros and marks it as failed, so that
 * only the outcome has to be looked at.
 */
#include "scanner/tls_hello.h"

#include <string.h>

#include "scanner/hash/words.h"

#define RANDOM_BYTES 32u
#define SESSION_ID_MAX 32u
#define NAME_TYPE_HOST 0

struct tls_cursor tls_cursor_bytes(const uint8_t *bytes, size_t length)
{
	return (struct tls_cursor){
		.left = (uint32_t)length,
		.here = (uint32_t)length,
		.at = bytes,
	};
}

struct tls_cursor tls_cursor_text(const struct pool *pool, const struct text *text)
{
	return (struct tls_cursor){ .pool = pool, .next = text->first, .left = text->length };
}

/* Within this piece. */
static inline void advance(struct tls_cursor *cursor, uint32_t length)
{
	cursor->at += length;
	cursor->here -= length;
	cursor->left -= length;
}

/* Makes sure that there is a byte here; `left` is not 0. */
static void next_piece(struct tls_cursor *cursor)
{
	while (cursor->here == 0) {
		const struct block *block = pool_block(cursor->pool, cursor->next);

		cursor->next = block->next;
		cursor->at = block->data;
		cursor->here = block->length < cursor->left ? block->length : cursor->left;
	}
}

/* The next `length` bytes, or as many as there are, to `out`, or nowhere if that is NULL. */
static uint32_t take(struct tls_cursor *cursor, uint8_t *out, uint32_t length)
{
	uint32_t want = length < cursor->left ? length : cursor->left;

	for (uint32_t done = 0; done < want;) {
		next_piece(cursor);

		uint32_t part = cursor->here < want - done ? cursor->here : want - done;

		if (out != NULL) {
			memcpy(out + done, cursor->at, part);
		}
		advance(cursor, part);
		done += part;
	}
	return want;
}

void tls_cursor_skip(struct tls_cursor *cursor, uint32_t length)
{
	if (length <= cursor->here) {
		advance(cursor, length);
	} else {
		take(cursor, NULL, length);
	}
}

static bool take8(struct tls_cursor *cursor, uint8_t *value)
{
	if (cursor->here == 0) {
		return take(cursor, value, 1) == 1;
	}
	*value = *cursor->at;
	advance(cursor, 1);
	return true;
}

static bool take16(struct tls_cursor *cursor, uint16_t *value)
{
	uint8_t bytes[2];

	if (cursor->here >= 2) {
		*value = load_be16(cursor->at);
		advance(cursor, 2);
		return true;
	}
	if (take(cursor, bytes, 2) != 2) {
		return false;
	}
	*value = load_be16(bytes);
	return true;
}

/* The next `length` bytes as a cursor of their own; the outer one moves behind them. False when
 * there are not as many. */
static bool take_part(struct tls_cursor *cursor, uint32_t length, struct tls_cursor *part)
{
	if (length > cursor->left) {
		return false;
	}
	*part = *cursor;
	part->left = length;
	part->here = part->here < length ? part->here : length;
	tls_cursor_skip(cursor, length);
	return true;
}

static bool take_vector8(struct tls_cursor *cursor, struct tls_cursor *part)
{
	uint8_t length;

	return take8(cursor, &length) && take_part(cursor, length, part);
}

static bool take_vector16(struct tls_cursor *cursor, struct tls_cursor *part)
{
	uint16_t length;

	return take16(cursor, &length) && take_part(cursor, length, part);
}

/* RFC 8701 section 2: 0x0a0a, 0x1a1a … 0xfafa. */
static bool is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

struct list {
	uint16_t *values;
	uint16_t *count;
	uint16_t max;
};

static void add(struct tls_hello *hello, struct list list, uint16_t value)
{
	if (is_grease(value)) {
		return;
	}
	if (*list.count == list.max) {
		hello->overflow = true;
		return;
	}
	list.values[(*list.count)++] = value;
}

static void read_list(struct tls_hello *hello, struct list list, struct tls_cursor *part)
{
	uint16_t value;

	while (take16(part, &value)) {
		add(hello, list, value);
	}
}

static struct list ciphers_of(struct tls_hello *hello)
{
	return (struct list){ hello->ciphers, &hello->cipher_count, TLS_HELLO_CIPHERS_MAX };
}

static struct list extensions_of(struct tls_hello *hello)
{
	return (struct list){ hello->extensions, &hello->extension_count, TLS_HELLO_LIST_MAX };
}

static struct list groups_of(struct tls_hello *hello)
{
	return (struct list){ hello->groups, &hello->group_count, TLS_HELLO_LIST_MAX };
}

static struct list algorithms_of(struct tls_hello *hello)
{
	return (struct list){ hello->algorithms, &hello->algorithm_count, TLS_HELLO_LIST_MAX };
}

/* ---- extensions -------------------------------------------------- */

/* RFC 6066 section 3: the first name of type host_name. */
static void read_server_name(struct tls_hello *hello, struct tls_cursor *data)
{
	struct tls_cursor names, name;
	uint8_t type;

	if (!take_vector16(data, &names)) {
		return;
	}
	while (hello->name_length == 0 && take8(&names, &type) && take_vector16(&names, &name)) {
		if (type == NAME_TYPE_HOST) {
			hello->name_cut = name.left > TLS_HELLO_NAME_MAX;
			hello->name_length = (uint16_t)take(&name, hello->name, TLS_HELLO_NAME_MAX);
		}
	}
}

/* RFC 7301 section 3.1. */
static void read_alpn(struct tls_hello *hello, struct tls_cursor *data)
{
	struct tls_cursor names, name;

	if (hello->alpn_length != 0 || !take_vector16(data, &names)) {
		return;
	}
	while (take_vector8(&names, &name) &&
	       hello->alpn_length + 1u + name.left <= TLS_HELLO_ALPN_MAX) {
		hello->alpn[hello->alpn_length] = (uint8_t)name.left;
		hello->alpn_length = (uint16_t)(hello->alpn_length + 1u + name.left);
		take(&name, hello->alpn + hello->alpn_length - name.left, name.left);
	}
}

/* RFC 8422 section 5.1.2. */
static void read_formats(struct tls_hello *hello, struct tls_cursor *data)
{
	struct tls_cursor formats;

	if (!take_vector8(data, &formats)) {
		return;
	}
	hello->format_count = (uint16_t)take(&formats, hello->formats, TLS_HELLO_FORMATS_MAX);
	hello->overflow |= formats.left != 0;
}

/* RFC 8446 section 4.2.1. */
static void read_versions(struct tls_hello *hello, struct tls_cursor *data)
{
	struct tls_cursor versions;
	uint16_t version;

	if (!take_vector8(data, &versions)) {
		return;
	}
	while (take16(&versions, &version)) {
		if (!is_grease(version) && version > hello->highest) {
			hello->highest = version;
		}
	}
}

static void read_extension(struct tls_hello *hello, uint16_t type, struct tls_cursor *data)
{
	struct tls_cursor part;

	switch (type) {
	case TLS_EXTENSION_SERVER_NAME:
		read_server_name(hello, data);
		break;
	case TLS_EXTENSION_GROUPS:
		if (take_vector16(data, &part)) {
			read_list(hello, groups_of(hello), &part);
		}
		break;
	case TLS_EXTENSION_POINT_FORMATS:
		read_formats(hello, data);
		break;
	case TLS_EXTENSION_SIGNATURE_ALGORITHMS:
		if (take_vector16(data, &part)) {
			read_list(hello, algorithms_of(hello), &part);
		}
		break;
	case TLS_EXTENSION_ALPN:
		read_alpn(hello, data);
		break;
	case TLS_EXTENSION_SUPPORTED_VERSIONS:
		read_versions(hello, data);
		break;
	default:
		break;
	}
}

/* Everything behind the compression methods; there may be nothing. */
static bool read_extensions(struct tls_hello *hello, struct tls_cursor *body)
{
	struct tls_cursor extensions, data;
	uint16_t type;

	if (body->left == 0) {
		return true;
	}
	if (!take_vector16(body, &extensions) || body->left != 0) {
		return false;
	}
	while (extensions.left != 0) {
		if (!take16(&extensions, &type) || !take_vector16(&extensions, &data)) {
			return false;
		}
		add(hello, extensions_of(hello), type);
		read_extension(hello, type, &data);
	}
	return true;
}

bool tls_hello_read(struct tls_hello *hello, struct tls_cursor body)
{
	struct tls_cursor part;

	/* the lists are valid up to their counts */
	memset(hello, 0, offsetof(struct tls_hello, formats));
	if (!take16(&body, &hello->version) || hello->version >> 8 != TLS_VERSION_1_0 >> 8 ||
	    !take_part(&body, RANDOM_BYTES, &part)) {
		return false;
	}
	if (!take_vector8(&body, &part) || part.left > SESSION_ID_MAX) {
		return false;
	}
	if (!take_vector16(&body, &part) || part.left == 0 || part.left % 2 != 0) {
		return false;
	}
	read_list(hello, ciphers_of(hello), &part);
	if (!take_vector8(&body, &part) || part.left == 0) { /* compression methods */
		return false;
	}
	return read_extensions(hello, &body);
}

bool tls_hello_has(const struct tls_hello *hello, enum tls_extension type)
{
	for (unsigned i = 0; i < hello->extension_count; i++) {
		if (hello->extensions[i] == type) {
			return true;
		}
	}
	return false;
}
