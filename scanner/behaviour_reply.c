/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of behaviour_reply.h, tried where a word begins. */
#include "scanner/behaviour_reply.h"

#include <stdbool.h>

/* `whole`: nothing of a word may follow; else "blacklist" covers "blacklisted". */
struct phrase {
	const char *text;
	uint8_t length;
	bool whole;
	uint8_t topic;
};

#define WHOLE(text) text, sizeof(text) - 1, true
#define BEGIN(text) text, sizeof(text) - 1, false

static const struct phrase with_five[] = {
	{ WHOLE("5.1.1"), REPLY_UNKNOWN_USER },
};
static const struct phrase with_a[] = {
	{ BEGIN("account does not exist"), REPLY_UNKNOWN_USER },
	{ BEGIN("address does not exist"), REPLY_UNKNOWN_USER },
	{ BEGIN("address unknown"), REPLY_UNKNOWN_USER },
};
static const struct phrase with_b[] = {
	{ BEGIN("barracuda"), REPLY_BLOCKLISTED }, { BEGIN("black list"), REPLY_BLOCKLISTED },
	{ BEGIN("blacklist"), REPLY_BLOCKLISTED }, { BEGIN("block list"), REPLY_BLOCKLISTED },
	{ BEGIN("blocklist"), REPLY_BLOCKLISTED },
};
static const struct phrase with_d[] = {
	{ BEGIN("deny list"), REPLY_BLOCKLISTED },
	{ BEGIN("denylist"), REPLY_BLOCKLISTED },
	{ BEGIN("dnsbl"), REPLY_BLOCKLISTED },
	{ BEGIN("does not exist"), REPLY_UNKNOWN_USER },
	{ BEGIN("doesn't exist"), REPLY_UNKNOWN_USER },
};
static const struct phrase with_i[] = {
	{ BEGIN("invalid mailbox"), REPLY_UNKNOWN_USER },
	{ BEGIN("invalid recipient"), REPLY_UNKNOWN_USER },
};
static const struct phrase with_m[] = {
	{ BEGIN("mailbox not found"), REPLY_UNKNOWN_USER },
	{ BEGIN("mailbox unknown"), REPLY_UNKNOWN_USER },
};
static const struct phrase with_n[] = {
	{ BEGIN("no mailbox"), REPLY_UNKNOWN_USER },
	{ BEGIN("no such mailbox"), REPLY_UNKNOWN_USER },
	{ BEGIN("no such recipient"), REPLY_UNKNOWN_USER },
	{ BEGIN("no such user"), REPLY_UNKNOWN_USER },
};
static const struct phrase with_r[] = {
	{ WHOLE("rbl"), REPLY_BLOCKLISTED },
	{ BEGIN("recipient not found"), REPLY_UNKNOWN_USER },
	{ BEGIN("recipient unknown"), REPLY_UNKNOWN_USER },
	{ BEGIN("reputation"), REPLY_BLOCKLISTED },
};
static const struct phrase with_s[] = {
	{ BEGIN("senderscore"), REPLY_BLOCKLISTED },
	{ BEGIN("sorbs"), REPLY_BLOCKLISTED },
	{ BEGIN("spamcop"), REPLY_BLOCKLISTED },
	{ BEGIN("spamhaus"), REPLY_BLOCKLISTED },
};
static const struct phrase with_u[] = {
	{ BEGIN("uceprotect"), REPLY_BLOCKLISTED },
	{ BEGIN("unknown mailbox"), REPLY_UNKNOWN_USER },
	{ BEGIN("unknown recipient"), REPLY_UNKNOWN_USER },
	{ BEGIN("unknown user"), REPLY_UNKNOWN_USER },
	{ BEGIN("user not found"), REPLY_UNKNOWN_USER },
	{ BEGIN("user unknown"), REPLY_UNKNOWN_USER },
};

#define FIRST(letter, list) [letter - '0'] = { list, sizeof(list) / sizeof((list)[0]) }
static const struct {
	const struct phrase *phrases;
	uint8_t count;
} by_first['z' - '0' + 1] = {
	FIRST('5', with_five), FIRST('a', with_a), FIRST('b', with_b), FIRST('d', with_d),
	FIRST('i', with_i),    FIRST('m', with_m), FIRST('n', with_n), FIRST('r', with_r),
	FIRST('s', with_s),    FIRST('u', with_u),
};

static bool is_word(uint8_t byte)
{
	return (uint8_t)((byte | 0x20) - 'a') < 26 || (uint8_t)(byte - '0') < 10 || byte >= 0x80;
}

/* Is `byte` what a phrase has here? */
static bool is_like(uint8_t byte, char expected)
{
	if (expected == ' ') {
		return byte == ' ' || byte == '-' || byte == '_' || byte == '\t';
	}
	return byte == (uint8_t)expected ||
	       ((byte ^ 0x20) == (uint8_t)expected && expected >= 'a' && expected <= 'z');
}

static bool begins_with(const uint8_t *bytes, size_t length, const struct phrase *phrase)
{
	if (phrase->length > length) {
		return false;
	}
	for (size_t i = 1; i < phrase->length; i++) { /* the first one is known */
		if (!is_like(bytes[i], phrase->text[i])) {
			return false;
		}
	}
	return !phrase->whole || phrase->length == length || !is_word(bytes[phrase->length]);
}

/* Of a word that begins here. */
static unsigned topics_here(const uint8_t *bytes, size_t length)
{
	uint8_t letter = bytes[0] >= 'A' && bytes[0] <= 'Z' ? bytes[0] | 0x20 : bytes[0];
	unsigned first = (uint8_t)(letter - '0');
	unsigned topics = 0;

	if (first >= sizeof(by_first) / sizeof(by_first[0])) {
		return 0;
	}
	for (unsigned i = 0; i < by_first[first].count; i++) {
		const struct phrase *phrase = &by_first[first].phrases[i];

		if (begins_with(bytes, length, phrase)) {
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
	unsigned topics = 0;
	bool before = false; /* within a word */

	length = length < REPLY_LINE_MAX ? length : REPLY_LINE_MAX;
	for (size_t i = 0; i < length; i++) {
		bool within = is_word(line[i]);

		if (within && !before) {
			topics |= topics_here(line + i, length - i);
		}
		before = within;
	}
	return topics;
}
