/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions of session.h: lists by index, and the choice between the protocol
 * parsers. Until one is certain all that are possible read the same bytes: no
 * port and no first byte decides, only content does.
 */
#include "scanner/session.h"

#include <assert.h>
#include <string.h>

#include "scanner/uninitialized.h"

static void list_append(struct session_store *store, struct session *session,
			enum session_list list)
{
	uint16_t index = session_index(store, session);

	session->list = (uint8_t)list;
	session->previous = store->list[list].newest;
	session->next = SESSION_NONE;
	if (session->previous != SESSION_NONE) {
		store->sessions[session->previous].next = index;
	} else {
		store->list[list].oldest = index;
	}
	store->list[list].newest = index;
	store->list[list].count++;
}

static void list_remove(struct session_store *store, struct session *session)
{
	enum session_list list = session->list;

	if (session->previous != SESSION_NONE) {
		store->sessions[session->previous].next = session->next;
	} else {
		store->list[list].oldest = session->next;
	}
	if (session->next != SESSION_NONE) {
		store->sessions[session->next].previous = session->previous;
	} else {
		store->list[list].newest = session->previous;
	}
	store->list[list].count--;
}

void session_store_init(struct session_store *store, void *memory, uint32_t count)
{
	store->sessions = memory;
	store->count = count;
	store->unproven_max = count / 4 != 0 ? count / 4 : 1;
	for (unsigned list = 0; list < SESSION_LISTS; list++) {
		store->list[list].oldest = SESSION_NONE;
		store->list[list].newest = SESSION_NONE;
		store->list[list].count = 0;
	}
	for (uint32_t i = 0; i < count; i++) {
		list_append(store, &store->sessions[i], SESSIONS_FREE);
	}
}

void session_move(struct session_store *store, struct session *session, enum session_list list)
{
	list_remove(store, session);
	list_append(store, session, list);
}

struct session *session_oldest(const struct session_store *store, enum session_list list)
{
	uint16_t index = store->list[list].oldest;

	return index != SESSION_NONE ? &store->sessions[index] : NULL;
}

static void begin(struct session *session)
{
	memset(session->stream, 0, sizeof(session->stream));
	session->settled = false;
	session->candidates = CANDIDATE_SSH | CANDIDATE_DNS | CANDIDATE_TLS | CANDIDATE_SMTP;
	ssh_init(&session->ssh);
	dns_stream_init(&session->dns);
	smtp_init(&session->smtp, &session->mail);
	tls_init(&session->tls, false);
}

struct session *session_take(struct session_store *store, enum session_list list)
{
	struct session *session = session_oldest(store, SESSIONS_FREE);

	if (session == NULL) {
		return NULL;
	}
	session_move(store, session, list);
	session->handshake = (struct handshake){ 0 };
	session->tx_id = 0;
	session->cut_sid = 0;
	begin(session);
	return session;
}

/* One protocol is certain: the others stop. */
static void choose(struct session *session, struct inspection *inspection, enum candidate candidate,
		   enum app app)
{
	if ((session->candidates & ~(unsigned)candidate & CANDIDATE_TLS) != 0) {
		tls_end(&session->tls, inspection); /* it may hold half a ClientHello */
	}
	if ((session->candidates & ~(unsigned)candidate & CANDIDATE_SMTP) != 0) {
		smtp_abandon(&session->smtp, inspection->pool); /* or a line, or a greeting */
	}
	session->candidates = (uint8_t)candidate;
	inspection->app = (uint8_t)app;
}

/* A parser's answer while others are possible, too. That it is not its protocol takes it out; and
 * so does the end of what only one side spoke, which the other may have overlooked. */
static enum progress withdraw(struct session *session, const struct inspection *inspection,
			      enum candidate candidate, enum progress progress)
{
	bool alone = session->candidates == candidate;

	if (progress != PROGRESS_NOT_MINE && (progress != PROGRESS_FINISHED || alone)) {
		return progress;
	}
	session->candidates &= (uint8_t)~candidate;
	if (session->candidates != 0) {
		return PROGRESS_MORE;
	}
	return inspection->app == APP_UNKNOWN ? PROGRESS_NOT_MINE : PROGRESS_FINISHED;
}

static enum progress feed_ssh(struct session *session, struct inspection *inspection,
			      enum direction direction, const uint8_t *bytes, size_t length)
{
	inspection->describe = ssh_describe;
	inspection->state = &session->ssh;
	enum progress progress = ssh_feed(&session->ssh, inspection, direction, bytes, length);

	if (ssh_is_agreed(&session->ssh)) {
		choose(session, inspection, CANDIDATE_SSH, APP_SSH);
	} else if (progress == PROGRESS_NOT_MINE) {
		ssh_end(&session->ssh, inspection);
	}
	inspection->describe = NULL;
	return withdraw(session, inspection, CANDIDATE_SSH, progress);
}

static enum progress feed_dns(struct session *session, struct inspection *inspection,
			      enum direction direction, const uint8_t *bytes, size_t length)
{
	inspection->tx_id = session->tx_id;
	enum progress progress =
		dns_stream_feed(&session->dns, inspection, direction, bytes, length);

	session->tx_id = inspection->tx_id;
	inspection->tx_id = 0;
	if (dns_stream_is_agreed(&session->dns)) {
		choose(session, inspection, CANDIDATE_DNS, APP_DNS);
	}
	return withdraw(session, inspection, CANDIDATE_DNS, progress);
}

/* STARTTLS was accepted. What was sent ahead of that reply, and behind it in these same bytes, is
 * TLS already. */
static enum progress upgrade(struct session *session, struct inspection *inspection,
			     enum direction direction, const uint8_t *bytes, size_t length)
{
	size_t unread = session->smtp.unread;
	enum progress progress = PROGRESS_MORE;
	uint8_t held[POOL_DATA_BYTES] UNINITIALIZED;
	size_t part;

	tls_init(&session->tls, true);
	session->candidates = CANDIDATE_TLS;
	for (enum direction of = TO_RESPONDER; of <= TO_ORIGINATOR; of++) {
		while (progress == PROGRESS_MORE &&
		       (part = smtp_take_held(&session->smtp, inspection->pool, of, held)) != 0) {
			progress = tls_feed(&session->tls, inspection, of, held, part);
		}
	}
	smtp_end(&session->smtp, inspection);
	if (progress == PROGRESS_MORE && unread != 0) {
		progress = tls_feed(&session->tls, inspection, direction, bytes + (length - unread),
				    unread);
	}
	return progress;
}

/* Mail is read in the memory of the others as soon as they are out. What SSH knows by then may come
 * to its end only after that: it is put aside in `ssh`. The others keep all they know in
 * themselves. */
static void begin_smtp(struct session *session, struct inspection *inspection, struct ssh *ssh)
{
	ssh->certain = false;
	if ((session->candidates & CANDIDATE_SSH) != 0 && ssh_is_certain(&session->ssh)) {
		*ssh = session->ssh;
	}
	inspection->describe = smtp_describe;
	inspection->state = &session->smtp;
}

static void end_smtp(struct session *session, struct inspection *inspection, struct ssh *ssh)
{
	if (smtp_is_agreed(&session->smtp) && session->candidates != CANDIDATE_SMTP) {
		if (ssh_is_certain(ssh)) { /* it was a disguise */
			inspection->describe = ssh_describe;
			inspection->state = ssh;
			ssh_end(ssh, inspection);
		}
		choose(session, inspection, CANDIDATE_SMTP, APP_SMTP);
	}
	inspection->describe = NULL;
}

/* Fed first. */
static enum progress feed_smtp(struct session *session, struct inspection *inspection,
			       enum direction direction, const uint8_t *bytes, size_t length)
{
	struct ssh ssh UNINITIALIZED;

	if (session->stream[direction].synchronized) {
		smtp_from_start(&session->smtp, direction);
	}
	begin_smtp(session, inspection, &ssh);
	enum progress progress = smtp_feed(&session->smtp, inspection, direction, bytes, length);

	end_smtp(session, inspection, &ssh);
	if (progress == PROGRESS_UPGRADED) {
		progress = upgrade(session, inspection, direction, bytes, length);
	}
	return withdraw(session, inspection, CANDIDATE_SMTP, progress);
}

/* Fed last: once the others have given up, half of what makes a flow TLS is enough. */
static enum progress feed_tls(struct session *session, struct inspection *inspection,
			      enum direction direction, const uint8_t *bytes, size_t length)
{
	enum progress progress = tls_feed(&session->tls, inspection, direction, bytes, length);

	if (progress == PROGRESS_MORE && session->candidates == CANDIDATE_TLS) {
		progress = tls_conclude(&session->tls, inspection);
	}
	return withdraw(session, inspection, CANDIDATE_TLS, progress);
}

enum progress session_feed(struct session *session, struct inspection *inspection,
			   enum direction direction, const uint8_t *bytes, size_t length)
{
	enum progress progress = PROGRESS_NOT_MINE;

	session->settled = false;
	if ((session->candidates & CANDIDATE_SMTP) != 0) {
		progress = feed_smtp(session, inspection, direction, bytes, length);
		if (smtp_is_agreed(&session->smtp)) {
			return progress;
		}
	}
	if ((session->candidates & CANDIDATE_SSH) != 0) {
		progress = feed_ssh(session, inspection, direction, bytes, length);
	}
	if ((session->candidates & CANDIDATE_DNS) != 0) {
		progress = feed_dns(session, inspection, direction, bytes, length);
	}
	if ((session->candidates & CANDIDATE_TLS) != 0) {
		progress = feed_tls(session, inspection, direction, bytes, length);
	}
	return progress;
}

void session_gap(struct session *session, struct inspection *inspection, enum direction direction)
{
	struct ssh ssh UNINITIALIZED;

	if ((session->candidates & CANDIDATE_SSH) != 0) {
		inspection->describe = ssh_describe;
		inspection->state = &session->ssh;
		ssh_gap(&session->ssh, inspection, direction);
		inspection->describe = NULL;
	}
	if ((session->candidates & CANDIDATE_SMTP) != 0) {
		begin_smtp(session, inspection, &ssh);
		smtp_gap(&session->smtp, inspection, direction);
		end_smtp(session, inspection, &ssh);
	}
}

void session_settle(struct session *session, struct inspection *inspection)
{
	struct ssh ssh UNINITIALIZED;

	session->settled = true;
	if ((session->candidates & CANDIDATE_SSH) != 0) {
		inspection->describe = ssh_describe;
		inspection->state = &session->ssh;
		ssh_settle(&session->ssh, inspection);
		inspection->describe = NULL;
	}
	if ((session->candidates & CANDIDATE_SMTP) != 0) {
		begin_smtp(session, inspection, &ssh);
		smtp_settle(&session->smtp, inspection);
		end_smtp(session, inspection, &ssh);
	}
}

void session_end(struct session *session, struct inspection *inspection)
{
	struct ssh ssh UNINITIALIZED;

	if ((session->candidates & CANDIDATE_SSH) != 0) {
		inspection->describe = ssh_describe;
		inspection->state = &session->ssh;
		ssh_end(&session->ssh, inspection);
		inspection->describe = NULL;
	}
	if ((session->candidates & CANDIDATE_SMTP) != 0) {
		begin_smtp(session, inspection, &ssh);
		smtp_end(&session->smtp, inspection);
		end_smtp(session, inspection, &ssh);
	}
	if ((session->candidates & CANDIDATE_TLS) != 0) {
		tls_end(&session->tls, inspection);
	}
	for (enum direction direction = TO_RESPONDER; direction <= TO_ORIGINATOR; direction++) {
		struct stream *stream = &session->stream[direction];

		/* half a message is worth a word only where the sender ended it there */
		if ((session->candidates & CANDIDATE_DNS) != 0 && stream->fin) {
			dns_stream_end(&session->dns, inspection, direction);
		}
		stream_release(stream, inspection->pool);
	}
	session->candidates = 0;
}

void session_restart(struct session *session, struct inspection *inspection)
{
	session_end(session, inspection);
	begin(session);
}
