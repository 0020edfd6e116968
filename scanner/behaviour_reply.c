/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of behaviour_reply.h, tried where a word begins. */
#include "scanner/behaviour_reply.h"

#include <stdbool.h>
#include <string.h>

/* By first letter. `whole`: nothing of a word may follow; else "blacklist" covers "blacklisted". */
static const struct phrase {
	const char *text;
	bool whole;
	uint8_t topic;
} phrases[] = {
	{ "5.1.1", true, REPLY_UNKNOWN_USER },
	{ "account does not exist", false, REPLY_UNKNOWN_USER },
	{ "address does not exist", false, REPLY_UNKNOWN_USER },
	{ "address unknown", false, REPLY_UNKNOWN_USER },
	{ "barracuda", false, REPLY_BLOCKLISTED },
	{ "black list", false, REPLY_BLOCKLISTED },
	{ "blacklist", false, REPLY_BLOCKLISTED },
	{ "block list", false, REPLY_BLOCKLISTED },
	{ "blocklist", false, REPLY_BLOCKLISTED },
	{ "deny list", false, REPLY_BLOCKLISTED },
	{ "denylist", false, REPLY_BLOCKLISTED },
	{ "dnsbl", false, REPLY_BLOCKLISTED },
	{ "does not exist", false, REPLY_UNKNOWN_USER },
	{ "doesn't exist", false, REPLY_UNKNOWN_USER },
	{ "invalid mailbox", false, REPLY_UNKNOWN_USER },
	{ "invalid recipient", false, REPLY_UNKNOWN_USER },
	{ "mailbox not found", false, REPLY_UNKNOWN_USER },
	{ "mailbox unknown", false, REPLY_UNKNOWN_USER },
	{ "no mailbox", false, REPLY_UNKNOWN_USER },
	{ "no such mailbox", false, REPLY_UNKNOWN_USER },
	{ "no such recipient", false, REPLY_UNKNOWN_USER },
	{ "no such user", false, REPLY_UNKNOWN_USER },
	{ "rbl", true, REPLY_BLOCKLISTED },
	{ "recipient not found", false, REPLY_UNKNOWN_USER },
	{ "recipient unknown", false, REPLY_UNKNOWN_USER },
	{ "reputation", false, REPLY_BLOCKLISTED },
	{ "senderscore", false, REPLY_BLOCKLISTED },
	{ "sorbs", false, REPLY_BLOCKLISTED },
	{ "spamcop", false, REPLY_BLOCKLISTED },
	{ "spamhaus", false, REPLY_BLOCKLISTED },
	{ "uceprotect", false, REPLY_BLOCKLISTED },
	{ "unknown mailbox", false, REPLY_UNKNOWN_USER },
	{ "unknown recipient", false, REPLY_UNKNOWN_USER },
	{ "unknown user", false, REPLY_UNKNOWN_USER },
	{ "user not found", false, REPLY_UNKNOWN_USER },
	{ "user unknown", false, REPLY_UNKNOWN_USER },
};

static bool is_word(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte >= 0x80;
}

static uint8_t folded(uint8_t byte)
{
	if (byte >= 'A' && byte <= 'Z') {
		return (uint8_t)(byte + 'a' - 'A');
	}
	return byte == '-' || byte == '_' || byte == '\t' ? ' ' : byte;
}

/* `text` begins a word and ends in a NUL. */
static unsigned topics_here(const char *text)
{
	unsigned topics = 0;

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		const struct phrase *phrase = &phrases[i];

		if (phrase->text[0] < text[0]) {
			continue;
		}
		if (phrase->text[0] > text[0]) {
			break;
		}
		size_t length = strlen(phrase->text);

		if (strncmp(phrase->text, text, length) == 0 &&
		    !(phrase->whole && is_word((uint8_t)text[length]))) {
			topics |= phrase->topic;
		}
	}
	return topics;
}

unsigned reply_code(const uint8_t *line, size_t length)
{
	if (length < 3 || line[0] < '2' || line[0] > '5' || line[1] < '0' || line[1] > '9' ||
	    line[2] < '0' || line[2] > '9') {
		return 0;
	}
	return (line[0] - '0') * 100u + (line[1] - '0') * 10u + (line[2] - '0');
}

unsigned reply_topics(const uint8_t *line, size_t length)
{
	char text[REPLY_LINE_MAX + 1];
	unsigned topics = 0;
	bool before = false; /* within a word */

	length = length < REPLY_LINE_MAX ? length : REPLY_LINE_MAX;
	for (size_t i = 0; i < length; i++) {
		text[i] = (char)folded(line[i]);
	}
	text[length] = '\0';
	for (size_t i = 0; i < length; i++) {
		bool within = is_word((uint8_t)text[i]);

		if (within && !before) {
			topics |= topics_here(text + i);
		}
		before = within;
	}
	return topics;
}
