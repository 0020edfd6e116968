/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a mail server's refusal speaks of, by the words that mail servers use. In
 * upper or lower case, '-' and '_' as spaces; words only where one begins ("marble"
 * is no RBL). Time linear in the line. Any core may call; no state.
 */
#ifndef SCANNER_BEHAVIOUR_REPLY_H
#define SCANNER_BEHAVIOUR_REPLY_H

#include <stddef.h>
#include <stdint.h>

#define REPLY_LINE_MAX 512u /* RFC 5321 section 4.5.3.1.5; what is behind it is not read */

enum reply_topic {
	REPLY_BLOCKLISTED = 1, /* the sender is on a block list or has a bad name */
	REPLY_UNKNOWN_USER = 2 /* the recipient does not exist */
};

/* The code in front, 200 to 599, or 0. */
unsigned reply_code(const uint8_t *line, size_t length);
/* Bits of enum reply_topic. */
unsigned reply_topics(const uint8_t *line, size_t length);

#endif
