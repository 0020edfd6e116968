/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMTP (RFC 5321, and 1870, 2920, 3030, 3207, 4954, 6531; LMTP, RFC 2033): recognises
 * it on any port, follows the dialogue of both directions, matches smtp.* and writes
 * one `smtp` event a transaction. Called by session.c with in-order bytes; the same
 * events for any split of them and any order of the two directions that TCP allows.
 *
 *   smtp_side.c         lines, and bytes that wait
 *   smtp_client.c       commands (smtp_command.c takes their lines apart)
 *   smtp_server.c       replies
 *   smtp_transaction.c  what both work on, and the message
 *   smtp_data.c         the end of DATA, and what looks like it
 *   smtp_envelope.c     sender, recipients and their codes
 *   smtp_match.c        values matched, the event's attributes
 *
 * Recognised by what is said: a client by EHLO, HELO, LHLO, MAIL or RCPT, a server by
 * a greeting that names SMTP, or by greeting with 220 and then replying as SMTP does.
 * FTP, which greets with 220 as well, is not: its server replies with other codes.
 * Who says the commands is the client, whoever opened the connection. A client may begin with
 * anything else: a mail server answers that with an error and reads on. So once there is a
 * greeting, and ahead of it, all lines of the other side are commands, nonsense among them; but
 * only a client's command makes sure that nothing else is possible (smtp_is_agreed()).
 *
 * The n-th reply answers the n-th command; so the result does not depend on how the
 * directions interleave. Where a reply decides what the client's next bytes are (DATA,
 * AUTH, STARTTLS, the end of a message) or which transaction they belong to, those bytes
 * are held until it is there, and replies ahead of their command likewise. What is held
 * is bounded. Beyond the bound, or when a direction is never seen, what the bytes look
 * like decides (anomaly smtp-unsynchronized when both were seen).
 *
 * A command line may end with a bare LF, and CRs before it do not count: so read Postfix,
 * Exim, Sendmail and OpenSMTPD. The end of DATA is <CRLF>.<CRLF> and nothing else.
 *
 * A transaction begins with MAIL (or RCPT or a message without it) and ends with the reply
 * to the end of its message; with RSET, EHLO, another MAIL, QUIT or STARTTLS; or with the
 * session. A session without any writes one event, if a name or a greeting was said.
 *
 * Of AUTH the mechanism is kept, nothing else. Kept in the pool, per flow: of a line whose
 * end is still to come SMTP_LINE_MAX bytes, of bytes that wait SMTP_HELD_MAX, of greeting and
 * name SMTP_GREETING_MAX, of sender and recipients SMTP_ENVELOPE_MAX: at most 33 blocks, usually
 * two. What does not fit is counted as `truncated` in the event.
 *
 * Data core only.
 */
#ifndef SCANNER_SMTP_H
#define SCANNER_SMTP_H

#include "scanner/inspect.h"
#include "scanner/smtp_data.h"
#include "scanner/smtp_envelope.h"
#include "scanner/smtp_side.h"

#define SMTP_FOREIGN_MAX 8192u /* bytes of a direction before it is certain to be SMTP */
#define SMTP_SILENT_MAX 65536u /* the same while the other says nothing */
#define SMTP_BANNER_MAX 512u /* kept of a greeting; RFC 5321 section 4.5.3.1.5 */
#define SMTP_HELO_MAX 1024u
#define SMTP_GREETING_MAX (SMTP_BANNER_MAX + SMTP_HELO_MAX)
#define SMTP_MECHANISM_MAX 20u /* RFC 4422 section 3.1 */
#define SMTP_RUNS 8u

struct mail;

/* What a reply that is still to come will answer. */
enum smtp_expect {
	SMTP_EXPECT_OTHER,
	SMTP_EXPECT_HELO,
	SMTP_EXPECT_MAIL,
	SMTP_EXPECT_RCPT,
	SMTP_EXPECT_DATA,
	SMTP_EXPECT_GUESSED_DATA, /* its acceptance was guessed */
	SMTP_EXPECT_BDAT,
	SMTP_EXPECT_CHUNKING, /* BDAT to a server that did not offer it */
	SMTP_EXPECT_END, /* of the message; LMTP: one a recipient */
	SMTP_EXPECT_AUTH,
	SMTP_EXPECT_STARTTLS,
	SMTP_EXPECT_QUIT
};

/* Commands of one kind in a row whose replies are still to come. */
struct smtp_run {
	uint16_t count;
	uint8_t expect; /* enum smtp_expect */
	bool stale; /* of a transaction that was reported already */
};

/* What the client's next bytes are. */
enum smtp_mode { SMTP_MODE_COMMAND, SMTP_MODE_SECRET, SMTP_MODE_DATA, SMTP_MODE_BDAT };

enum smtp_chunking { SMTP_CHUNKING_UNKNOWN, SMTP_CHUNKING_OFFERED, SMTP_CHUNKING_MISSING };

/* A text within another. */
struct smtp_span {
	uint16_t at;
	uint16_t length;
};

struct smtp {
	struct mail *mail;
	struct smtp_side side[2]; /* by enum direction: the sender's */
	struct smtp_envelope envelope;
	struct text greeting; /* the server's greeting and the client's name */
	struct smtp_span banner, helo; /* in it */
	struct smtp_run run[SMTP_RUNS]; /* replies to come, next one first */
	uint64_t size; /* bytes of the message so far */
	uint64_t chunk_left; /* of BDAT */
	uint64_t transactions; /* reported */
	uint32_t unread; /* bytes at the end of the last call's that are not SMTP any more */
	uint16_t data_code, refused_code; /* see struct event_smtp */
	uint16_t banner_code;
	uint16_t reply_code; /* of the reply being read; 0: its first line is still to come */
	struct smtp_data data;
	uint8_t mechanism[SMTP_MECHANISM_MAX];
	uint8_t mechanism_length;
	uint8_t shapes; /* of the transaction: bit per enum shape from SHAPE_SMTP_… on */
	uint8_t helo_shape; /* enum shape, SHAPE_COUNT: none; valid while `helo` is not empty */
	uint8_t runs;
	uint8_t waits_for; /* enum smtp_expect: with `barrier`, what for */
	uint8_t mode; /* enum smtp_mode */
	uint8_t chunking; /* enum smtp_chunking */
	uint8_t client; /* enum direction of what the client sends, once a side has a role */
	uint8_t starttls; /* enum smtp_starttls */
	bool barrier; /* the client's bytes wait */
	bool passes; /* waiting was given up for the next command */
	bool unsolicited; /* replies do not wait for commands */
	bool deaf; /* nothing waits for replies any more */
	bool certain;
	bool agreed; /* the client spoke SMTP, too */
	bool disguised; /* the client began with something else, ahead of the greeting */
	bool mail_ready; /* mail_init() was called */
	bool foreign; /* another protocol for certain */
	bool greeted; /* the greeting was read, or went by unseen */
	bool lmtp;
	bool open; /* a transaction */
	bool in_mail; /* and mail_begin() was called for it */
	bool complete; /* and the message ended */
	bool answered; /* and there was a reply to that */
	bool chunk_last; /* of BDAT */
	bool chunk_answered; /* already, before it was read */
	bool truncated; /* a text of the session is not whole */
	bool reported; /* an event was written */
	bool upgraded;
	bool finished;
};

static_assert(sizeof(struct smtp) <= 320, "every inspected flow has room for it");

/* `mail`: where a message is read, used only once smtp_is_agreed(). */
void smtp_init(struct smtp *smtp, struct mail *mail);

/* Before its first bytes: the direction begins with the connection's first byte. */
static inline void smtp_from_start(struct smtp *smtp, enum direction direction)
{
	smtp->side[direction].from_start = true;
}

/* The next in-order bytes of what is sent in `direction`. PROGRESS_NOT_MINE only while not
 * certain. PROGRESS_UPGRADED: STARTTLS was accepted; what comes now is TLS, beginning with what
 * smtp_take_held() gives of each direction, then the last `unread` bytes of this call; smtp_end()
 * is still to be called. PROGRESS_FINISHED: all blocks are given back. During each call
 * inspection->describe is smtp_describe() and inspection->state this parser; inspection->app
 * becomes APP_SMTP when certain, inspection->tx_id the number of the transaction. */
enum progress smtp_feed(struct smtp *smtp, struct inspection *inspection, enum direction direction,
			const uint8_t *bytes, size_t length);
/* After PROGRESS_UPGRADED: the next of the bytes that were sent before the reply to STARTTLS was
 * there; 0: no more. */
size_t smtp_take_held(struct smtp *smtp, struct pool *pool, enum direction direction,
		      uint8_t out[static POOL_DATA_BYTES]);
/* Bytes were lost: what is known is reported, and reading has ended. */
void smtp_gap(struct smtp *smtp, struct inspection *inspection, enum direction direction);
/* The connection was reset, or has been silent for seconds: what waits for a reply is decided by
 * what is likely. Reading goes on. */
void smtp_settle(struct smtp *smtp, struct inspection *inspection);
/* The flow ended or is evicted: the transaction is reported, all blocks are given back. */
void smtp_end(struct smtp *smtp, struct inspection *inspection);

/* It is another protocol: all blocks are given back, nothing is reported. */
void smtp_abandon(struct smtp *smtp, struct pool *pool);

static inline bool smtp_is_certain(const struct smtp *smtp)
{
	return smtp->certain;
}

/* Certain, and no other protocol: a greeting that names SMTP may also stand ahead of an SSH
 * server's identification. */
static inline bool smtp_is_agreed(const struct smtp *smtp)
{
	return smtp->agreed;
}

/* For inspection->describe: the attributes of an smtp event, as far as they are known. */
void smtp_describe(const void *smtp, const struct inspection *inspection, struct event *event);

#endif
