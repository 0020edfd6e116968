/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMTP: recognition, and which side's bytes are read when. See smtp.h for the whole and
 * for its parts.
 */
#include "scanner/smtp.h"

#include <string.h>

#include "scanner/mail.h"
#include "scanner/scan.h"
#include "scanner/smtp_command.h"
#include "scanner/smtp_dialogue.h"
#include "scanner/smtp_match.h"
#include "scanner/smtp_transaction.h"
#include "scanner/uninitialized.h"

#define SMTP_PORT 25
#define BEGIN_LENGTH 4 /* what a direction's first bytes are judged by */
#define REQUEST_MAX 1024u /* of what may be HTTP's first line */

/* What is left to read of the bytes at hand. */
struct chunk {
	enum direction direction;
	const uint8_t *bytes;
	size_t length;
};

static void advance(struct chunk *chunk, size_t length)
{
	chunk->bytes += length;
	chunk->length -= length;
}

static enum direction other(enum direction direction)
{
	return direction == TO_RESPONDER ? TO_ORIGINATOR : TO_RESPONDER;
}

void smtp_init(struct smtp *smtp, struct mail *mail)
{
	memset(smtp, 0, sizeof(*smtp));
	smtp->mail = mail;
	smtp->client = TO_RESPONDER;
}

static bool is_over(const struct smtp *smtp)
{
	return smtp->finished || smtp->upgraded || smtp->foreign;
}

/* ---- what a direction begins with ------------------------------------------- */

struct client_first {
	const struct smtp *smtp;
	uint8_t shape; /* enum shape */
};

/* Of what a client says that is no SMTP only the shape is told. */
static void describe_client_first(const void *state, const struct inspection *inspection,
				  struct event *event)
{
	const struct client_first *first = state;

	smtp_describe(first->smtp, inspection, event);
	event_put(event, ATTRIBUTE_SMTP_SHAPE, &first->shape, sizeof(first->shape));
}

/* On port 25 a client waits for the greeting, and then says SMTP. Shapes of bots that use the port
 * for something else. */
static void match_client_first(const struct smtp *smtp, struct inspection *inspection,
			       enum shape shape)
{
	const struct client_first first = { smtp, (uint8_t)shape };
	void (*describe)(const void *, const struct inspection *, struct event *) =
		inspection->describe;
	const void *state = inspection->state;

	if (smtp->certain) {
		return;
	}
	inspection->describe = describe_client_first;
	inspection->state = &first;
	inspect_shape(inspection, FIELD_SMTP_SHAPE, TO_RESPONDER, shape);
	inspection->describe = describe;
	inspection->state = state;
}

static bool is_client_first(const struct smtp *smtp, const struct inspection *inspection,
			    enum direction direction)
{
	return direction == TO_RESPONDER && inspection->tuple.destination_port == SMTP_PORT &&
	       smtp->side[direction].from_start &&
	       smtp->side[other(direction)].role != SMTP_ROLE_SERVER;
}

static bool is_http_method(const uint8_t begin[static BEGIN_LENGTH])
{
	static const char methods[][BEGIN_LENGTH + 1] = { "GET ", "POST", "HEAD", "PUT ", "DELE",
							  "OPTI", "CONN", "TRAC", "PATC" };

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (memcmp(begin, methods[i], BEGIN_LENGTH) == 0) {
			return true;
		}
	}
	return false;
}

static bool has_http_version(const uint8_t *line, size_t length)
{
	static const char version[] = " HTTP/";
	const size_t n = sizeof(version) - 1;

	for (size_t i = 0; i + n <= length; i++) {
		if (memcmp(line + i, version, n) == 0) {
			return true;
		}
	}
	return false;
}

/* It begins with what is no command. Mail servers answer that with an error and read on; whether
 * this one is a mail server is known when it was heard. */
static void set_disguised(struct smtp *smtp, enum direction direction)
{
	struct smtp_side *side = &smtp->side[direction];

	side->role = SMTP_ROLE_FOREIGN;
	if (direction == TO_RESPONDER && smtp->side[other(direction)].role == SMTP_ROLE_UNKNOWN) {
		side->role = SMTP_ROLE_CLIENT;
		smtp->client = (uint8_t)direction;
		smtp->disguised = true;
	}
}

static void end_request(struct smtp *smtp, struct inspection *inspection, enum direction direction,
			const uint8_t *line, size_t length)
{
	bool http = has_http_version(line, length);

	match_client_first(smtp, inspection,
			   http ? SHAPE_SMTP_CLIENT_FIRST_HTTP : SHAPE_SMTP_CLIENT_FIRST_OTHER);
	set_disguised(smtp, direction);
}

/* The first line of what may be HTTP, or as much of it as was sent. */
static void read_request(struct smtp *smtp, struct inspection *inspection, struct chunk *chunk)
{
	struct smtp_side *side = &smtp->side[chunk->direction];
	size_t room = REQUEST_MAX - side->line_length;
	size_t part = chunk->length < room ? chunk->length : room;
	struct smtp_line line UNINITIALIZED;

	if (smtp_side_line(side, inspection->pool, chunk->bytes, part, &line)) {
		end_request(smtp, inspection, chunk->direction, line.bytes, line.length);
		return; /* the line is still to be read */
	}
	advance(chunk, part);
	if (side->line_length == REQUEST_MAX) {
		uint8_t kept[REQUEST_MAX] UNINITIALIZED;
		size_t length = text_copy(inspection->pool, &side->line, 0, kept, sizeof(kept));

		end_request(smtp, inspection, chunk->direction, kept, length);
	}
}

static enum smtp_role role_of(const uint8_t begin[static BEGIN_LENGTH])
{
	bool ended = begin[3] == '\r' || begin[3] == '\n';
	bool more;

	if (smtp_reply_code(begin, ended ? 3 : BEGIN_LENGTH, &more) != 0) {
		return SMTP_ROLE_SERVER;
	}
	return smtp_command_begins(begin) ? SMTP_ROLE_CLIENT : SMTP_ROLE_FOREIGN;
}

/* Once a server greets, the other side is its client, whatever that begins with: servers answer
 * nonsense and read on. */
static enum smtp_role role_beside(const struct smtp *smtp, enum direction direction,
				  enum smtp_role role)
{
	switch ((enum smtp_role)smtp->side[other(direction)].role) {
	case SMTP_ROLE_SERVER:
		return SMTP_ROLE_CLIENT;
	case SMTP_ROLE_CLIENT:
		return smtp->certain || role == SMTP_ROLE_SERVER ? SMTP_ROLE_SERVER :
								   SMTP_ROLE_FOREIGN;
	case SMTP_ROLE_UNKNOWN:
	case SMTP_ROLE_REQUEST:
	case SMTP_ROLE_FOREIGN:
	default:
		return role;
	}
}

static void set_role(struct smtp *smtp, struct inspection *inspection, enum direction direction,
		     const uint8_t begin[static BEGIN_LENGTH])
{
	struct smtp_side *opposite = &smtp->side[other(direction)];
	enum smtp_role role = role_beside(smtp, direction, role_of(begin));

	if (role == SMTP_ROLE_CLIENT || role == SMTP_ROLE_SERVER) {
		smtp->client = (uint8_t)(role == SMTP_ROLE_CLIENT ? direction : other(direction));
		if (role == SMTP_ROLE_SERVER && opposite->role == SMTP_ROLE_REQUEST) {
			opposite->role = SMTP_ROLE_CLIENT;
		}
	} else if (is_client_first(smtp, inspection, direction) && is_http_method(begin)) {
		role = SMTP_ROLE_REQUEST;
	} else {
		if (is_client_first(smtp, inspection, direction)) {
			match_client_first(smtp, inspection, SHAPE_SMTP_CLIENT_FIRST_OTHER);
		}
		set_disguised(smtp, direction);
		return;
	}
	smtp->side[direction].role = (uint8_t)role;
}

/* Takes nothing when there is enough to judge by; else all that there is waits for more. */
static void read_begin(struct smtp *smtp, struct inspection *inspection, struct chunk *chunk)
{
	struct smtp_side *side = &smtp->side[chunk->direction];

	if (chunk->length >= BEGIN_LENGTH) {
		set_role(smtp, inspection, chunk->direction, chunk->bytes);
	} else if (smtp_side_hold(side, inspection->pool, chunk->bytes, chunk->length) != 0) {
		advance(chunk, chunk->length);
	} else {
		side->role = SMTP_ROLE_FOREIGN; /* no block is left */
	}
}

/* Not SMTP: one side says something else, and what the other said is no proof. */
static bool is_foreign(const struct smtp *smtp)
{
	for (enum direction i = TO_RESPONDER; i <= TO_ORIGINATOR; i++) {
		const struct smtp_side *opposite = &smtp->side[other(i)];

		if (smtp->side[i].role == SMTP_ROLE_FOREIGN &&
		    (opposite->role == SMTP_ROLE_FOREIGN || opposite->spoke || smtp->disguised)) {
			return true;
		}
	}
	return false;
}

/* How much a direction may say before it is certain. */
static uint32_t patience(const struct smtp *smtp, enum direction direction)
{
	bool silent = !smtp->side[other(direction)].spoke;

	return smtp->disguised && smtp->side[direction].from_start && silent ? SMTP_SILENT_MAX :
									       SMTP_FOREIGN_MAX;
}

/* ---- who waits, who is read ------------------------------------------------- */

/* The client for replies, the server for commands; before that is known, for a few bytes. */
static bool waits(const struct smtp *smtp, enum direction direction)
{
	const struct smtp_side *side = &smtp->side[direction];

	switch ((enum smtp_role)side->role) {
	case SMTP_ROLE_CLIENT:
		return smtp->barrier;
	case SMTP_ROLE_SERVER:
		return smtp->greeted && smtp->runs == 0 && !smtp->unsolicited && !smtp->deaf;
	case SMTP_ROLE_UNKNOWN:
		return side->held.length != 0 && side->held.length < BEGIN_LENGTH;
	case SMTP_ROLE_REQUEST:
	case SMTP_ROLE_FOREIGN:
	default:
		return false;
	}
}

static void read_line(struct smtp *smtp, struct inspection *inspection, struct chunk *chunk)
{
	struct smtp_side *side = &smtp->side[chunk->direction];
	bool client = side->role == SMTP_ROLE_CLIENT;
	struct smtp_line line UNINITIALIZED;

	side->secret = client && smtp->mode == SMTP_MODE_SECRET;
	if (!smtp_side_line(side, inspection->pool, chunk->bytes, chunk->length, &line)) {
		advance(chunk, chunk->length);
		return;
	}
	if (!client) {
		smtp_server_line(smtp, inspection, &line);
	} else if (!smtp_client_line(smtp, inspection, &line)) {
		return;
	}
	smtp_side_next(side, inspection->pool);
	side->spoke = true;
	advance(chunk, line.used);
}

/* Reads a line, or as much of a message as there is. */
static void read_step(struct smtp *smtp, struct inspection *inspection, struct chunk *chunk)
{
	enum smtp_role role = smtp->side[chunk->direction].role;

	if (role == SMTP_ROLE_UNKNOWN) {
		read_begin(smtp, inspection, chunk);
	} else if (role == SMTP_ROLE_REQUEST) {
		read_request(smtp, inspection, chunk);
	} else if (role == SMTP_ROLE_FOREIGN) {
		advance(chunk, chunk->length);
	} else if (role == SMTP_ROLE_CLIENT && smtp->mode == SMTP_MODE_DATA) {
		advance(chunk, smtp_read_data(smtp, inspection, chunk->bytes, chunk->length));
	} else if (role == SMTP_ROLE_CLIENT && smtp->mode == SMTP_MODE_BDAT) {
		advance(chunk, smtp_read_chunk(smtp, inspection, chunk->bytes, chunk->length));
	} else {
		read_line(smtp, inspection, chunk);
	}
	smtp->foreign = !smtp->certain && is_foreign(smtp);
}

/* Reads on until there is nothing left or it has to wait. Before it is certain that this is SMTP
 * only a step, as the other side's next line may say that it is not. */
static void read_side(struct smtp *smtp, struct inspection *inspection, struct chunk *chunk)
{
	bool whole = smtp->certain;

	while (chunk->length != 0 && !is_over(smtp) && !waits(smtp, chunk->direction)) {
		read_step(smtp, inspection, chunk);
		if (!whole) {
			return;
		}
	}
}

/* Reads of what is held as much as need not wait. True: something was. */
static bool read_held(struct smtp *smtp, struct inspection *inspection, enum direction direction)
{
	struct smtp_side *side = &smtp->side[direction];
	bool moved = false;

	while (side->held.length != 0 && !is_over(smtp) && !waits(smtp, direction)) {
		struct chunk chunk = { .direction = direction };
		bool whole = smtp->certain;
		size_t length;

		chunk.bytes = smtp_side_held(side, inspection->pool, &length);
		chunk.length = length;
		read_side(smtp, inspection, &chunk);
		moved = true;
		smtp_side_release(side, inspection->pool, length - chunk.length);
		if (!whole) {
			break;
		}
	}
	return moved;
}

static void read_all_held(struct smtp *smtp, struct inspection *inspection)
{
	while ((smtp->side[TO_RESPONDER].held.length != 0 &&
		read_held(smtp, inspection, TO_RESPONDER)) ||
	       (smtp->side[TO_ORIGINATOR].held.length != 0 &&
		read_held(smtp, inspection, TO_ORIGINATOR))) {
	}
}

/* What it waits for may come too late, or never. */
static void give_up(struct smtp *smtp, struct inspection *inspection, enum direction direction)
{
	struct smtp_side *side = &smtp->side[direction];

	if (side->role == SMTP_ROLE_CLIENT && smtp->barrier) {
		smtp_client_guess(smtp, inspection);
	} else if (side->role == SMTP_ROLE_SERVER) {
		smtp->unsolicited = true;
		read_held(smtp, inspection, direction);
		smtp->unsolicited = false;
	}
	read_all_held(smtp, inspection);
}

/* The server is not heard, or not any more. */
static void go_deaf(struct smtp *smtp)
{
	smtp->deaf = true;
	smtp->runs = 0;
}

/* A client that is heard alone does not wait: its next line says what it is. */
static bool can_guess(const struct smtp *smtp, const struct smtp_side *side,
		      const struct chunk *held)
{
	return smtp->deaf && side->role == SMTP_ROLE_CLIENT &&
	       scan_line_feed(held->bytes, held->length) != held->length;
}

/* Bytes that have to wait, or to queue up behind others that do. */
static void hold(struct smtp *smtp, struct inspection *inspection, struct chunk *chunk)
{
	struct smtp_side *side = &smtp->side[chunk->direction];
	size_t part = smtp_side_hold(side, inspection->pool, chunk->bytes, chunk->length);
	const struct chunk held = { chunk->direction, chunk->bytes, part };

	advance(chunk, part);
	if (part == 0 && side->role == SMTP_ROLE_UNKNOWN) {
		side->role = SMTP_ROLE_FOREIGN; /* no block is left */
	} else if (part == 0 && side->held.length == 0 && side->role == SMTP_ROLE_SERVER) {
		smtp->unsolicited = true; /* no block is left to hold it in */
		read_side(smtp, inspection, chunk);
		smtp->unsolicited = false;
	} else if (chunk->length != 0 || smtp_side_room(side) == 0) {
		if (smtp->side[other(chunk->direction)].seen == 0 &&
		    side->role == SMTP_ROLE_CLIENT) {
			go_deaf(smtp);
		}
		give_up(smtp, inspection, chunk->direction);
	} else if (can_guess(smtp, side, &held)) {
		give_up(smtp, inspection, chunk->direction);
	}
}

static void read_bytes(struct smtp *smtp, struct inspection *inspection, struct chunk *chunk)
{
	const struct smtp_side *side = &smtp->side[chunk->direction];

	while (chunk->length != 0 && !is_over(smtp)) {
		if (side->held.length != 0 || waits(smtp, chunk->direction)) {
			hold(smtp, inspection, chunk);
		} else {
			read_side(smtp, inspection, chunk);
		}
		read_all_held(smtp, inspection);
	}
}

/* ---- interface -------------------------------------------------------------- */

void smtp_abandon(struct smtp *smtp, struct pool *pool)
{
	for (unsigned i = 0; i < 2; i++) {
		smtp_side_clear(&smtp->side[i], pool);
	}
	if (smtp->in_mail) {
		mail_release(smtp->mail, pool);
		smtp->in_mail = false;
	}
	smtp_envelope_clear(&smtp->envelope, pool);
	text_clear(pool, &smtp->greeting);
	smtp->banner = smtp->helo = (struct smtp_span){ 0 };
	smtp->finished = true;
}

/* What the client pipelined behind STARTTLS a server drops, or runs as if it had come encrypted
 * (CVE-2011-0411). It is not TLS, so what begins that is what comes next. */
static void drop_injected(struct smtp *smtp, struct inspection *inspection, struct chunk *chunk)
{
	enum direction client = smtp_from_client(smtp);
	struct smtp_side *side = &smtp->side[client];
	uint8_t first = SMTP_TLS_HANDSHAKE;

	if (smtp_side_peek(side, inspection->pool, &first, 1) == 0 && chunk->length != 0 &&
	    chunk->direction == client) {
		first = chunk->bytes[0];
	}
	if (first != SMTP_TLS_HANDSHAKE) {
		inspect_anomaly(inspection, ANOMALY_SMTP_STARTTLS_INJECTION, 0);
		smtp_side_clear(side, inspection->pool);
		advance(chunk, chunk->direction == client ? chunk->length : 0);
	}
}

static void note_seen(struct smtp_side *side, size_t length)
{
	size_t unseen = UINT32_MAX - side->seen;

	side->seen += (uint32_t)(length < unseen ? length : unseen);
}

/* Reads all of the chunk, and while that is not certain, no more than may be read in doubt. */
static void read_patiently(struct smtp *smtp, struct inspection *inspection, struct chunk *chunk)
{
	struct smtp_side *side = &smtp->side[chunk->direction];

	if (smtp->certain) {
		note_seen(side, chunk->length);
		read_bytes(smtp, inspection, chunk);
		return;
	}
	while (chunk->length != 0 && !is_over(smtp)) {
		uint32_t limit = patience(smtp, chunk->direction);
		struct chunk part = *chunk;

		if (!smtp->certain && side->seen >= limit) {
			smtp->foreign = true;
			return;
		}
		if (!smtp->certain && part.length > limit - side->seen) {
			part.length = limit - side->seen;
		}
		size_t length = part.length;

		note_seen(side, length);
		read_bytes(smtp, inspection, &part);
		advance(chunk, length - part.length);
	}
}

enum progress smtp_feed(struct smtp *smtp, struct inspection *inspection, enum direction direction,
			const uint8_t *bytes, size_t length)
{
	struct chunk chunk = { direction, bytes, length };

	if (smtp->finished) {
		return smtp->certain ? PROGRESS_FINISHED : PROGRESS_NOT_MINE;
	}
	inspection->tx_id = smtp->transactions;
	read_patiently(smtp, inspection, &chunk);
	inspection->tx_id = 0;
	if (smtp->upgraded) {
		drop_injected(smtp, inspection, &chunk);
		smtp->unread = (uint32_t)chunk.length;
		return PROGRESS_UPGRADED;
	}
	if (smtp->foreign) {
		smtp_abandon(smtp, inspection->pool);
		return PROGRESS_NOT_MINE;
	}
	if (smtp->finished) {
		smtp_abandon(smtp, inspection->pool);
		return PROGRESS_FINISHED;
	}
	return PROGRESS_MORE;
}

size_t smtp_take_held(struct smtp *smtp, struct pool *pool, enum direction direction,
		      uint8_t out[static POOL_DATA_BYTES])
{
	struct smtp_side *side = &smtp->side[direction];
	size_t length = 0;

	if (side->held.length != 0) {
		const uint8_t *held = smtp_side_held(side, pool, &length);

		memcpy(out, held, length);
		smtp_side_release(side, pool, length);
	}
	return length;
}

/* Nothing more will be heard: what waits is read as it looks. */
static void read_out(struct smtp *smtp, struct inspection *inspection)
{
	go_deaf(smtp);
	do {
		give_up(smtp, inspection, (enum direction)smtp->client);
	} while (smtp->barrier && !is_over(smtp));
	read_all_held(smtp, inspection);
}

/* HTTP's first line may be all that came, without its end. */
static void end_begin(struct smtp *smtp, struct inspection *inspection)
{
	const struct smtp_side *side = &smtp->side[TO_RESPONDER];
	uint8_t kept[REQUEST_MAX] UNINITIALIZED;

	if (side->role == SMTP_ROLE_REQUEST) {
		size_t length = text_copy(inspection->pool, &side->line, 0, kept, sizeof(kept));

		end_request(smtp, inspection, TO_RESPONDER, kept, length);
	}
}

void smtp_settle(struct smtp *smtp, struct inspection *inspection)
{
	enum direction client = smtp_from_client(smtp), server = smtp_from_server(smtp);

	if (is_over(smtp)) {
		return;
	}
	inspection->tx_id = smtp->transactions;
	end_begin(smtp, inspection);
	if (smtp->side[client].held.length != 0) {
		if (smtp->side[server].seen == 0) {
			go_deaf(smtp);
		}
		/* what stands behind a message waits for its code as long as it takes */
		if (smtp->deaf || smtp->waits_for == SMTP_EXPECT_DATA ||
		    smtp->waits_for == SMTP_EXPECT_AUTH ||
		    smtp->waits_for == SMTP_EXPECT_STARTTLS ||
		    smtp->waits_for == SMTP_EXPECT_CHUNKING) {
			give_up(smtp, inspection, client);
		}
	}
	if (smtp->side[server].held.length != 0) {
		give_up(smtp, inspection, server);
	}
	inspection->tx_id = 0;
}

static void end(struct smtp *smtp, struct inspection *inspection)
{
	if (!is_over(smtp)) {
		inspection->tx_id = smtp->transactions;
		end_begin(smtp, inspection);
		read_out(smtp, inspection);
		smtp_report_rest(smtp, inspection);
		inspection->tx_id = 0;
	}
	smtp_abandon(smtp, inspection->pool);
}

void smtp_gap(struct smtp *smtp, struct inspection *inspection, enum direction direction)
{
	(void)direction;
	end(smtp, inspection);
}

void smtp_end(struct smtp *smtp, struct inspection *inspection)
{
	end(smtp, inspection);
}
