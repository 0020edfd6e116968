/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One mail message (RFC 5322, RFC 2045–2049, RFC 2231) as smtp.c hands it over: the
 * header block, then the MIME parts. Matches smtp.header.NAME, smtp.header.order,
 * smtp.boundary.shape, smtp.attachment.* and the shapes that headers show (php-*),
 * writes one `fileinfo` event a named or attached part, and describes itself for the
 * `smtp` event. The message itself is never kept: header fields of interest and
 * names in bounded texts, of bodies only a running hash.
 *
 * A line ends with LF, with a CR before it or without. The same results at any split
 * of the bytes. Data core only.
 */
#ifndef SCANNER_MAIL_H
#define SCANNER_MAIL_H

#include <assert.h>

#include "scanner/canonical.h"
#include "scanner/inspect.h"
#include "scanner/mail_file.h"
#include "scanner/mime.h"

/* Of a header field so many bytes are looked at, folding included; a longer one is cut. */
#define MAIL_FIELD_MAX 4096u
/* A field's colon stands within so many bytes, or the line is none and the body begins. */
#define MAIL_FIELD_NAME_MAX 256u
/* Of all values for the event, together; of one CANONICAL_MAX. */
#define MAIL_VALUES_MAX 8192u
/* Multiparts within each other that are read; their boundaries fit MAIL_BOUNDARIES_MAX bytes. */
#define MAIL_DEPTH_MAX 8u
#define MAIL_BOUNDARIES_MAX 480u
/* A line that begins like a boundary and is not complete; it is taken for one when it is longer,
 * which needs white space behind the boundary. */
#define MAIL_HELD_MAX 240u

struct mail_level {
	uint16_t at; /* in mail.boundaries */
	uint8_t length;
	bool digest;
};

/* What a part's header fields said. */
struct mail_part {
	uint8_t type; /* enum mime_type */
	uint8_t encoding; /* enum mime_encoding */
	bool has_type, has_encoding; /* the first field of a name counts */
	bool has_disposition;
	bool attachment;
	bool named; /* `name` may have found no room */
	bool too_deep; /* a multipart beyond the bounds */
	uint8_t boundary_length; /* 0: none; its bytes stand behind those of the levels */
	struct text name; /* moves to the file once that is open */
};

struct mail {
	uint8_t sender; /* enum direction */
	uint8_t place; /* enum mail_place in mail.c */
	bool top; /* the header block is the message's own */
	bool headers_seen; /* the message's own header block is complete */
	bool line_goes_on; /* nothing counts up to the next line */

	/* The header field at hand. What of it came in earlier pieces is gathered. */
	struct text gathered;
	uint32_t gathered_length; /* also when it is more than is kept */
	bool is_field; /* its first line has been read */
	uint8_t name_length; /* 0: it has no name and means nothing */
	bool line_ended; /* what is gathered ends with a line */
	bool lost; /* no block was free for it */

	/* What is kept of the message's own fields: mail_field.c. */
	struct text values;
	struct text order;
	uint16_t fields; /* bit per enum mail_field: seen */
	bool received_last; /* the last name in `order` is "received" */
	bool order_cut; /* it has no canonical form */
	bool list, auto_submitted; /* see struct mail_facts */
	uint8_t shapes; /* bit per enum shape from SHAPE_SMTP_CLIENT_FIRST_HTTP on */
	uint8_t truncated; /* values that found no room (saturates) */

	/* MIME. */
	struct mail_part part;
	uint8_t depth; /* multiparts that are open */
	uint8_t previous; /* byte of the body */
	uint8_t held_length;

	/* Not cleared by mail_begin(). */
	struct mail_level levels[MAIL_DEPTH_MAX];
	uint8_t boundaries[MAIL_BOUNDARIES_MAX];
	uint8_t held[MAIL_HELD_MAX + 2]; /* and the line's end */
	struct mail_file file;
};

static_assert(sizeof(struct mail) <= 1600, "it shares a session's space with other parsers");

/* What behaviour.h wants to know of a message. */
struct mail_facts {
	bool list; /* List-Id, List-Unsubscribe, or Precedence: list or bulk */
	bool auto_submitted; /* Auto-Submitted other than no, or multipart/report */
	size_t subject_length; /* 0: none, or it has no canonical form */
	uint8_t subject[CANONICAL_MAX]; /* the canonical value of Subject, without its name */
};

/* Once a flow, before anything else. */
void mail_init(struct mail *mail);
/* A new message, sent in direction `sender`. What an earlier one kept must have been released. */
void mail_begin(struct mail *mail, const struct inspection *inspection, enum direction sender);
/* The next bytes of the message, in any pieces, stuffed dots removed; CRLF as sent. */
void mail_feed(struct mail *mail, struct inspection *inspection, const uint8_t *bytes,
	       size_t length);
/* No more bytes come; `complete`: because the message ended. Matches and reports what is left. */
void mail_end(struct mail *mail, struct inspection *inspection, bool complete);
/* Whenever the header block is complete, until mail_release(). */
void mail_facts(const struct mail *mail, const struct inspection *inspection,
		struct mail_facts *facts);
/* Attributes ATTRIBUTE_MAIL_… of what is known so far. */
void mail_describe(const struct mail *mail, const struct inspection *inspection,
		   struct event *event);
/* Gives all blocks back; allowed at any time after mail_begin(), also twice. */
void mail_release(struct mail *mail, struct pool *pool);

#endif
