/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Identification lines and their shapes: see ssh_ident.h. The shapes of Ebury's
 * backdoor logins are those that public analyses give: a client that does not name
 * its software but sends an enciphered password.
 */
#include "scanner/ssh_ident.h"

#include <string.h>

#include "scanner/uninitialized.h"

#define MAGIC "SSH-"
#define MAGIC_LENGTH 4
#define VERSION_2 "SSH-2.0-"
#define VERSION_2_LENGTH 8
#define PROTOCOL_MAX 16 /* what is shown of a protoversion */

static_assert(SHAPE_IDENT_BARE_LF < 8, "the shapes of an ident fit its bits");

static void add_shape(struct ssh_ident *ident, enum shape shape)
{
	ident->shapes = (uint8_t)(ident->shapes | 1u << shape);
}

/* Character counts of what follows "SSH-2.0-", spaces left out. */
struct composition {
	size_t hex; /* 0-9 a-f */
	size_t base64;
	size_t equals; /* behind those */
	bool digit, upper, lower;
};

/* False when the character is none of base64, or stands behind a '='. */
static bool count_character(struct composition *c, uint8_t byte)
{
	bool digit = byte >= '0' && byte <= '9';
	bool upper = byte >= 'A' && byte <= 'Z';
	bool lower = byte >= 'a' && byte <= 'z';

	c->hex += digit || (byte >= 'a' && byte <= 'f');
	c->digit |= digit;
	c->upper |= upper;
	c->lower |= lower;
	if (byte == '=') {
		c->equals++;
		return true;
	}
	c->base64++;
	return c->equals == 0 && (digit || upper || lower || byte == '+' || byte == '/');
}

static void find_ebury(struct ssh_ident *ident, const uint8_t *line, size_t length)
{
	struct composition c = { 0 };

	if (length < VERSION_2_LENGTH || memcmp(line, VERSION_2, VERSION_2_LENGTH) != 0) {
		return;
	}
	for (size_t i = VERSION_2_LENGTH; i < length; i++) {
		if (line[i] != ' ' && !count_character(&c, line[i])) {
			return;
		}
	}
	if (c.hex == c.base64 && c.equals == 0 && c.hex >= 22 && c.hex <= 46) {
		add_shape(ident, SHAPE_IDENT_EBURY_HEX);
	}
	if (c.base64 >= 20 && c.equals <= 2 && c.digit && c.upper && c.lower) {
		add_shape(ident, SHAPE_IDENT_EBURY_BASE64);
	}
}

/* Finds "SSH-protoversion-softwareversion SP comments" in the line. */
static void split(struct ssh_ident *ident, const uint8_t *line, size_t length)
{
	const uint8_t *version = line + MAGIC_LENGTH;
	const uint8_t *dash = memchr(version, '-', length - MAGIC_LENGTH);
	size_t version_length = dash != NULL ? (size_t)(dash - version) : length - MAGIC_LENGTH;

	ident->version_2 = (version_length >= 2 && memcmp(version, "2.", 2) == 0) ||
			   (version_length == 4 && memcmp(version, "1.99", 4) == 0);
	ident->protocol_length =
		(uint8_t)(version_length < PROTOCOL_MAX ? version_length : PROTOCOL_MAX);
	if (dash != NULL) {
		const uint8_t *software = dash + 1;
		size_t rest = length - (size_t)(software - line);
		const uint8_t *space = memchr(software, ' ', rest);

		ident->software_at = (uint16_t)(software - line);
		ident->software_length =
			(uint16_t)(space != NULL ? (size_t)(space - software) : rest);
	}
}

const uint8_t *ssh_ident_line(const struct ssh_ident *ident, const struct pool *pool,
			      uint8_t scratch[static SSH_IDENT_KEPT_MAX])
{
	if (ident->line.first == ident->line.last && ident->line.first != POOL_NONE) {
		return pool_block(pool, ident->line.first)->data;
	}
	text_copy(pool, &ident->line, 0, scratch, SSH_IDENT_KEPT_MAX);
	return scratch;
}

/* The LF of the identification was read. `crlf`: a CR stood before it. */
static void complete(struct ssh_ident *ident, const struct pool *pool, bool crlf)
{
	uint8_t scratch[SSH_IDENT_KEPT_MAX] UNINITIALIZED;
	const uint8_t *line = ssh_ident_line(ident, pool, scratch);
	size_t length = ident->line.length;
	size_t sent = ident->line_length - 1u - crlf;

	ident->state = SSH_IDENT_COMPLETE;
	if (!crlf) {
		add_shape(ident, SHAPE_IDENT_BARE_LF);
	}
	if (ident->line_length > SSH_IDENT_RFC_MAX) {
		add_shape(ident, SHAPE_IDENT_OVERSIZE);
	}
	if (ident->lines != 0) {
		add_shape(ident, SHAPE_IDENT_PRE_IDENT_LINES);
	}
	if (length == 0) { /* lost; packets follow most likely */
		ident->version_2 = true;
		return;
	}
	length = sent < length ? sent : length;
	ident->length = (uint16_t)length;
	split(ident, line, length);
	find_ebury(ident, line, length);
}

/* Compares with "SSH-" at the start of a line; returns how many bytes agreed. */
static size_t match_magic(struct ssh_ident *ident, const uint8_t *bytes, size_t length)
{
	size_t used = 0;

	while (used < length && ident->matched < MAGIC_LENGTH &&
	       bytes[used] == (uint8_t)MAGIC[ident->matched]) {
		ident->matched++;
		used++;
	}
	ident->ordinary = used < length && ident->matched < MAGIC_LENGTH;
	ident->line_length = (uint16_t)(ident->line_length + used);
	return used;
}

/* Keeps a part of the identification, without its LF. */
static void keep(struct ssh_ident *ident, struct pool *pool, const uint8_t *bytes, size_t length)
{
	size_t room = SSH_IDENT_KEPT_MAX - ident->line.length;
	bool lost = ident->line.length == 0;

	if (!lost && !text_append(pool, &ident->line, bytes, length < room ? length : room)) {
		text_clear(pool, &ident->line);
	}
}

/* The LF of the current line was read. */
static void end_line(struct ssh_ident *ident, const struct pool *pool, uint8_t before)
{
	if (ident->matched == MAGIC_LENGTH) {
		complete(ident, pool, before == '\r');
		return;
	}
	ident->lines++;
	ident->line_length = 0;
	ident->matched = 0;
	ident->last = 0;
	ident->ordinary = false;
	if (ident->lines > SSH_IDENT_LINES_MAX) {
		ident->state = SSH_IDENT_FOREIGN;
	}
}

/* Reads on in a line of which it is known whether it begins with "SSH-". */
static size_t read_line(struct ssh_ident *ident, struct pool *pool, const uint8_t *bytes,
			size_t length)
{
	size_t room = SSH_IDENT_LINE_MAX - ident->line_length;
	size_t within = length < room ? length : room;
	const uint8_t *lf = memchr(bytes, '\n', within);
	size_t part = lf != NULL ? (size_t)(lf - bytes) : within;

	if (ident->matched == MAGIC_LENGTH) {
		keep(ident, pool, bytes, part);
	} else if (memchr(bytes, '\0', part) != NULL) {
		ident->state = SSH_IDENT_FOREIGN;
		return part;
	}
	uint8_t before = part != 0 ? bytes[part - 1] : ident->last;

	ident->last = before;
	ident->line_length = (uint16_t)(ident->line_length + part + (lf != NULL));
	if (lf != NULL) {
		end_line(ident, pool, before);
	} else if (ident->line_length == SSH_IDENT_LINE_MAX) {
		ident->state = SSH_IDENT_FOREIGN;
	}
	return part + (lf != NULL);
}

size_t ssh_ident_feed(struct ssh_ident *ident, struct pool *pool, const uint8_t *bytes,
		      size_t length)
{
	size_t used = 0;

	while (used < length && ident->state == SSH_IDENT_READING) {
		if (ident->matched < MAGIC_LENGTH && !ident->ordinary) {
			used += match_magic(ident, bytes + used, length - used);
			if (ident->matched == MAGIC_LENGTH) {
				(void)text_append(pool, &ident->line, (const uint8_t *)MAGIC,
						  MAGIC_LENGTH);
				return used;
			}
			if (ident->ordinary && ident->lines == 0) {
				return used;
			}
			continue;
		}
		used += read_line(ident, pool, bytes + used, length - used);
	}
	return used;
}

void ssh_ident_prefix(const struct ssh_ident *ident, const struct pool *pool,
		      uint8_t prefix[static SSH_EBURY_PREFIX])
{
	uint8_t line[SSH_IDENT_KEPT_MAX] UNINITIALIZED;
	size_t length = text_copy(pool, &ident->line, 0, line, ident->length);
	size_t n = 0;

	for (size_t i = VERSION_2_LENGTH; i < length && n < SSH_EBURY_PREFIX; i++) {
		if (line[i] != ' ') {
			prefix[n++] = line[i];
		}
	}
}
