/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands and replies of SMTP as lines: see smtp_command.h. */
#include "scanner/smtp_command.h"

#include "scanner/letter.h"
#include "scanner/plain.h"
#include "scanner/scan.h"

/* Four letters of any case as one number. */
#define WORD(a, b, c, d) \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
#define LOWER_CASE 0x20202020u /* no byte but a letter becomes a lower-case letter by it */

#define STARTTLS_REST "ttls"

struct cursor {
	const uint8_t *at;
	size_t left;
};

static void advance(struct cursor *cursor, size_t count)
{
	cursor->at += count;
	cursor->left -= count;
}

static void skip_blanks(struct cursor *cursor)
{
	while (cursor->left != 0 && letter_is_blank(*cursor->at)) {
		advance(cursor, 1);
	}
}

static void trim_end(struct cursor *cursor)
{
	while (cursor->left != 0 && letter_is_blank(cursor->at[cursor->left - 1])) {
		cursor->left--;
	}
}

static uint32_t lower_word(const uint8_t *bytes)
{
	return WORD(bytes[0], bytes[1], bytes[2], bytes[3]) | LOWER_CASE;
}

/* Skips `word`, of lower-case letters, in any case; false when something else stands there. */
static bool skip_word(struct cursor *cursor, const char *word, size_t length)
{
	if (cursor->left < length) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		if (letter_lower_ascii(cursor->at[i]) != (uint8_t)word[i]) {
			return false;
		}
	}
	advance(cursor, length);
	return true;
}

static enum smtp_verb verb_of(uint32_t word)
{
	switch (word) {
	case WORD('e', 'h', 'l', 'o'):
	case WORD('h', 'e', 'l', 'o'):
		return SMTP_VERB_EHLO;
	case WORD('l', 'h', 'l', 'o'):
		return SMTP_VERB_LHLO;
	case WORD('m', 'a', 'i', 'l'):
		return SMTP_VERB_MAIL;
	case WORD('r', 'c', 'p', 't'):
		return SMTP_VERB_RCPT;
	case WORD('d', 'a', 't', 'a'):
		return SMTP_VERB_DATA;
	case WORD('b', 'd', 'a', 't'):
		return SMTP_VERB_BDAT;
	case WORD('r', 's', 'e', 't'):
		return SMTP_VERB_RSET;
	case WORD('q', 'u', 'i', 't'):
		return SMTP_VERB_QUIT;
	case WORD('a', 'u', 't', 'h'):
		return SMTP_VERB_AUTH;
	case WORD('s', 't', 'a', 'r'):
		return SMTP_VERB_STARTTLS;
	case WORD('n', 'o', 'o', 'p'):
	case WORD('h', 'e', 'l', 'p'):
	case WORD('v', 'r', 'f', 'y'):
	case WORD('e', 'x', 'p', 'n'):
	case WORD('e', 't', 'r', 'n'):
		return SMTP_VERB_OTHER;
	default:
		return SMTP_VERB_UNKNOWN;
	}
}

bool smtp_command_begins(const uint8_t bytes[static 4])
{
	return verb_of(lower_word(bytes)) != SMTP_VERB_UNKNOWN;
}

/* The length of a word; blanks within quotes belong to it. Up to and with `end`, if that is not a
 * blank. */
static size_t quoted_length(const struct cursor *cursor, uint8_t end)
{
	bool quote = false;
	size_t i;

	for (i = 0; i < cursor->left; i++) {
		uint8_t byte = cursor->at[i];

		if (byte == '\\' && quote) {
			i++;
		} else if (byte == '"') {
			quote = !quote;
		} else if (!quote && (end != ' ' ? byte == end : letter_is_blank(byte))) {
			return end != ' ' ? i + 1 : i;
		}
	}
	return cursor->left;
}

static size_t bracketed_length(const struct cursor *cursor)
{
	size_t closing = scan_byte(cursor->at, cursor->left, '>');

	if (closing < cursor->left && plain_all(cursor->at, closing)) { /* nothing is quoted */
		return closing + 1;
	}
	size_t length = quoted_length(cursor, '>');

	/* not closed: then it ends as a word does */
	return cursor->at[length - 1] == '>' ? length : quoted_length(cursor, ' ');
}

static size_t find(const struct cursor *cursor, uint8_t byte)
{
	size_t i = 0;

	while (i < cursor->left && cursor->at[i] != byte) {
		i++;
	}
	return i;
}

/* "<a@b> SIZE=1", "a@b", and as some servers take it, "Name <a@b>". */
static void read_path(struct smtp_command *command, struct cursor cursor)
{
	struct cursor word = cursor;
	size_t bracket;

	if (cursor.left == 0) {
		return;
	}
	if (cursor.at[0] == '<') {
		command->length = bracketed_length(&cursor);
	} else {
		word.left = quoted_length(&cursor, ' ');
		bracket = find(&cursor, '<');
		if (bracket < cursor.left && find(&word, '@') == word.left) {
			advance(&cursor, bracket);
			command->length = bracketed_length(&cursor);
		} else {
			command->length = word.left;
		}
	}
	command->argument = cursor.at;
}

/* "FROM:" or "TO:", with blanks around the colon. */
static void read_mailbox(struct smtp_command *command, struct cursor cursor, const char *word,
			 size_t length)
{
	bool named = skip_word(&cursor, word, length);

	skip_blanks(&cursor);
	if (named && cursor.left != 0 && *cursor.at == ':') {
		advance(&cursor, 1);
		skip_blanks(&cursor);
		read_path(command, cursor);
	}
	if (command->length == 0) {
		command->verb = SMTP_VERB_UNKNOWN;
	}
}

static size_t blank_at(const struct cursor *cursor)
{
	size_t i = 0;

	while (i < cursor->left && !letter_is_blank(cursor->at[i])) {
		i++;
	}
	return i;
}

/* RFC 3030 section 2: "BDAT 1000", "BDAT 0 LAST". What no server can count is not a number. */
static void read_chunk(struct smtp_command *command, struct cursor cursor)
{
	uint64_t chunk = 0;
	size_t digits = 0;

	while (digits < cursor.left && letter_is_digit(cursor.at[digits])) {
		unsigned digit = (unsigned)cursor.at[digits] - '0';

		if (chunk > ((uint64_t)INT64_MAX - digit) / 10) {
			return;
		}
		chunk = 10 * chunk + digit;
		digits++;
	}
	advance(&cursor, digits);
	if (digits == 0 || (cursor.left != 0 && !letter_is_blank(*cursor.at))) {
		return;
	}
	skip_blanks(&cursor);
	command->chunk = chunk;
	command->last = skip_word(&cursor, "last", 4);
	command->valid = cursor.left == 0;
}

struct smtp_command smtp_command(const uint8_t *line, size_t length)
{
	struct smtp_command command = { .verb = SMTP_VERB_UNKNOWN };
	struct cursor cursor = { line, length };

	skip_blanks(&cursor);
	trim_end(&cursor);
	if (cursor.left < 4) {
		return command;
	}
	command.verb = verb_of(lower_word(cursor.at));
	advance(&cursor, 4);
	if (command.verb == SMTP_VERB_STARTTLS &&
	    !skip_word(&cursor, STARTTLS_REST, sizeof(STARTTLS_REST) - 1)) {
		command.verb = SMTP_VERB_UNKNOWN;
	}
	if (cursor.left != 0 && !letter_is_blank(*cursor.at)) {
		command.verb = SMTP_VERB_UNKNOWN;
	}
	skip_blanks(&cursor);
	switch (command.verb) {
	case SMTP_VERB_MAIL:
		read_mailbox(&command, cursor, "from", 4);
		break;
	case SMTP_VERB_RCPT:
		read_mailbox(&command, cursor, "to", 2);
		break;
	case SMTP_VERB_BDAT:
		read_chunk(&command, cursor);
		break;
	case SMTP_VERB_AUTH:
		command.argument = cursor.at;
		command.length = blank_at(&cursor);
		break;
	default:
		command.argument = cursor.at;
		command.length = cursor.left;
		break;
	}
	return command;
}

unsigned smtp_reply_code(const uint8_t *line, size_t length, bool *more)
{
	*more = false;
	if (length < 3 || line[0] < '2' || line[0] > '5' || !letter_is_digit(line[1]) ||
	    !letter_is_digit(line[2])) {
		return 0;
	}
	if (length > 3 && line[3] != ' ' && line[3] != '-') {
		return 0;
	}
	*more = length > 3 && line[3] == '-';
	return 100u * (line[0] - '0') + 10u * (line[1] - '0') + (line[2] - '0');
}
