/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SSH: detection, packets in clear, roles, the event. See ssh.h for the whole and
 * for its parts; values are matched and described by ssh_match.c.
 */
#include "scanner/ssh.h"

#include <string.h>

#include "scanner/behaviour.h"
#include "scanner/hash/words.h"
#include "scanner/login_failures.h"
#include "scanner/ssh_match.h"

/* Message numbers (RFC 4250 section 4.1). 1 to 4 may come at any time, 30 to 49 belong to the key
 * exchange method: what a method calls INIT or REPLY, ssh_hostkey.h tells apart. */
enum message {
	MESSAGE_DISCONNECT = 1,
	MESSAGE_DEBUG = 4,
	MESSAGE_KEXINIT = 20,
	MESSAGE_NEWKEYS = 21,
	MESSAGE_KEX_FIRST = 30, /* INIT; the old group exchange request; RSA: host key */
	MESSAGE_KEX_REPLY = 31, /* REPLY; the group of a group exchange */
	MESSAGE_KEX_GEX_REPLY = 33, /* REPLY of a group exchange; GSS: host key */
	MESSAGE_KEX_GEX_REQUEST = 34,
	MESSAGE_KEX_LAST = 49
};

#define PADDING_LENGTH_AT 4
#define MESSAGE_AT 5

/* What is left to read of the bytes of one call. */
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

void ssh_init(struct ssh *ssh)
{
	memset(ssh, 0, sizeof(*ssh));
	ssh->client = TO_RESPONDER;
}

/* ---- roles -------------------------------------------------- */

static void match_side(struct ssh *ssh, struct inspection *inspection, enum direction direction)
{
	if (ssh->side[direction].ident.state == SSH_IDENT_COMPLETE) {
		ssh_match_ident(ssh, inspection, direction);
	}
	ssh_match_kexinit(ssh, inspection, direction);
}

/* The roles are known, for the first time or otherwise than believed. */
static void set_client(struct ssh *ssh, struct inspection *inspection, enum direction client)
{
	if (ssh->client_known && ssh->client == client) {
		return;
	}
	ssh->client = (uint8_t)client;
	ssh->client_known = true;
	match_side(ssh, inspection, TO_RESPONDER);
	match_side(ssh, inspection, TO_ORIGINATOR);
}

/* The roles are known for good. */
static void prove_client(struct ssh *ssh, struct inspection *inspection, enum direction client)
{
	if (ssh->client_proven) {
		return;
	}
	ssh->client_proven = true;
	set_client(ssh, inspection, client);
	behaviour_ssh(inspection, client);
	/* Without a handshake nobody knows who opened the connection. */
	if (client != TO_RESPONDER && inspection->handshake) {
		inspect_anomaly(inspection, ANOMALY_SSH_REVERSE, 0);
	}
}

/* What a side's KEXINIT and lines before its ident hint at: 1 when the originator is the client, -1
 * when it is the server, 0 when they contradict each other or say nothing. */
static int hint(const struct ssh *ssh, enum direction direction)
{
	const struct ssh_side *side = &ssh->side[direction];
	unsigned claims = side->claims;

	if (ssh_ident_has_shape(&side->ident, SHAPE_IDENT_PRE_IDENT_LINES)) {
		claims |= 1u << SSH_SERVER;
	}
	if (claims == 1u << SSH_CLIENT) {
		return direction == TO_RESPONDER ? 1 : -1;
	}
	if (claims == 1u << SSH_SERVER) {
		return direction == TO_RESPONDER ? -1 : 1;
	}
	return 0;
}

/* A new hint: enough if it says what is usual. */
static void weigh_hints(struct ssh *ssh, struct inspection *inspection, enum direction direction)
{
	if (!ssh->client_known && hint(ssh, direction) > 0) {
		set_client(ssh, inspection, TO_RESPONDER);
	}
}

static enum direction likely_client(const struct ssh *ssh)
{
	int hints = hint(ssh, TO_RESPONDER) + hint(ssh, TO_ORIGINATOR);

	return hints < 0 ? TO_ORIGINATOR : TO_RESPONDER;
}

/* No proof will come any more. */
static void resolve_client(struct ssh *ssh, struct inspection *inspection)
{
	prove_client(ssh, inspection, likely_client(ssh));
}

/* ---- the event and the end -------------------------------------------------- */

static void report(struct ssh *ssh, struct inspection *inspection)
{
	const struct ssh_side *side = ssh->side;

	resolve_client(ssh, inspection);
	ssh_match_hostkey(ssh, inspection);
	if (!ssh->reported && (side[0].ident.length != 0 || side[1].ident.length != 0)) {
		struct event *event = inspect_begin(inspection, EVENT_SSH);

		if (event != NULL) {
			ssh_describe(ssh, inspection, event);
			event_commit(inspection->events, event);
		}
	}
	ssh->reported = true;
	for (int i = 0; i < 2; i++) {
		text_clear(inspection->pool, &ssh->side[i].kexinit);
	}
}

static void finish(struct ssh *ssh, struct inspection *inspection)
{
	for (int i = 0; i < 2; i++) {
		text_clear(inspection->pool, &ssh->side[i].ident.line);
		text_clear(inspection->pool, &ssh->side[i].message);
		text_clear(inspection->pool, &ssh->side[i].kexinit);
	}
	ssh->finished = true;
}

static enum progress report_and_finish(struct ssh *ssh, struct inspection *inspection)
{
	report(ssh, inspection);
	finish(ssh, inspection);
	return PROGRESS_FINISHED;
}

/* A rule of the protocol was broken: bytes from here on have no meaning. */
static enum progress violation(struct ssh *ssh, struct inspection *inspection)
{
	inspect_anomaly(inspection, ANOMALY_SSH_MALFORMED, 0);
	return report_and_finish(ssh, inspection);
}

static void count_failures(struct ssh *ssh, struct inspection *inspection)
{
	const struct event_tuple *tuple = &inspection->tuple;
	bool originated = ssh->client == TO_RESPONDER;
	struct login_pair pair = { .family = tuple->family };
	uint32_t failures = ssh_login_end(&ssh->login);
	uint32_t count;

	if (failures == 0 || inspection->logins == NULL) {
		return;
	}
	memcpy(pair.server, originated ? tuple->destination : tuple->source, sizeof(pair.server));
	memcpy(pair.peer, originated ? tuple->source : tuple->destination, sizeof(pair.peer));
	if (login_failures_add(inspection->logins, &pair, inspection->time, failures, &count)) {
		inspect_anomaly(inspection, ANOMALY_SSH_LOGIN_FAILURES, count);
	}
}

/* ---- packets in clear -------------------------------------------------- */

static enum progress read_kexinit(struct ssh *ssh, struct inspection *inspection,
				  enum direction direction)
{
	struct ssh_side *side = &ssh->side[direction];
	struct ssh_payload payload = { inspection->pool, &side->message };
	const struct ssh_known_kexinit *known =
		ssh_memory_kexinit(inspection->ssh_memory, &payload);

	if (known != NULL) {
		side->known = known->serial;
		side->lists = known->lists;
		side->claims = known->claims;
	} else if (ssh_lists_read(&payload, &side->lists)) {
		struct ssh_kexinit kexinit = { .payload = payload, .list = side->lists.list };

		side->claims = (uint8_t)ssh_kexinit_claims(&kexinit);
	} else {
		return violation(ssh, inspection);
	}
	side->kexinit = side->message;
	side->message = (struct text){ 0 };
	side->guessed = side->lists.guess_follows;
	if (ssh->client_known) {
		ssh_match_kexinit(ssh, inspection, direction);
	}
	weigh_hints(ssh, inspection, direction);
	return PROGRESS_MORE;
}

/* A message of the key exchange method: the host key, and the proof of the roles. */
static void read_kex_message(struct ssh *ssh, struct inspection *inspection,
			     enum direction direction)
{
	struct ssh_side *side = &ssh->side[direction];
	struct ssh_payload payload = { inspection->pool, &side->message };
	uint8_t message = side->header[MESSAGE_AT];
	bool proves = !side->guessed;
	struct ssh_hostkey hostkey;

	side->guessed = false;
	if (side->keep && ssh_memory_hostkey(inspection->ssh_memory, &payload, &hostkey)) {
		if (proves) {
			prove_client(ssh, inspection, ssh_other(direction));
		}
		if (!ssh->client_proven || ssh->client != direction) {
			ssh->hostkey = hostkey;
			ssh->hostkey_seen = true;
			ssh->hostkey_sender = (uint8_t)direction;
		}
	} else if (proves && (message == MESSAGE_KEX_FIRST || message == MESSAGE_KEX_GEX_REQUEST)) {
		prove_client(ssh, inspection, direction);
	}
}

/* What was negotiated for the server's direction decides what packet sizes tell. */
static void start_login(struct ssh *ssh, struct inspection *inspection)
{
	const struct ssh_side *client = &ssh->side[ssh->client];
	const struct ssh_side *server = &ssh->side[ssh_other(ssh->client)];
	struct ssh_kexinit wants = ssh_kexinit(client, inspection);
	struct ssh_kexinit offers = ssh_kexinit(server, inspection);
	struct ssh_algorithm cipher, mac, compression;

	if (inspection->logins == NULL || !ssh_has_kexinit(client) || !ssh_has_kexinit(server)) {
		return;
	}
	if (!ssh_kexinit_negotiate(&wants, &offers, SSH_LIST_MAC_TO_CLIENT, &mac)) {
		mac.name[0] = '\0'; /* none is needed beside an authenticating cipher */
	}
	if (ssh_kexinit_negotiate(&wants, &offers, SSH_LIST_CIPHER_TO_CLIENT, &cipher) &&
	    ssh_kexinit_negotiate(&wants, &offers, SSH_LIST_COMPRESSION_TO_CLIENT, &compression)) {
		ssh_login_start(&ssh->login, cipher.name, mac.name, compression.name);
	}
}

static enum progress read_newkeys(struct ssh *ssh, struct inspection *inspection,
				  enum direction direction)
{
	struct ssh_side *other = &ssh->side[ssh_other(direction)];

	ssh->side[direction].phase = SSH_PHASE_ENCRYPTED;
	resolve_client(ssh, inspection);
	if (direction != (enum direction)ssh->client) {
		ssh_match_hostkey(ssh, inspection);
	}
	if (other->phase != SSH_PHASE_ENCRYPTED) {
		if (other->seen == 0) { /* one-sided traffic */
			return report_and_finish(ssh, inspection);
		}
		start_login(ssh, inspection);
		return PROGRESS_MORE;
	}
	report(ssh, inspection);
	if (ssh->login.state != SSH_LOGIN_WATCHING) {
		finish(ssh, inspection);
		return PROGRESS_FINISHED;
	}
	return PROGRESS_MORE;
}

static enum progress end_packet(struct ssh *ssh, struct inspection *inspection,
				enum direction direction)
{
	struct ssh_side *side = &ssh->side[direction];
	uint8_t message = side->header[MESSAGE_AT];
	enum progress progress = PROGRESS_MORE;

	side->header_have = 0;
	if (message == MESSAGE_KEXINIT && side->keep) {
		progress = read_kexinit(ssh, inspection, direction);
	} else if (message == MESSAGE_NEWKEYS) {
		progress = read_newkeys(ssh, inspection, direction);
	} else if (message >= MESSAGE_KEX_FIRST) {
		read_kex_message(ssh, inspection, direction);
	}
	text_clear(inspection->pool, &side->message);
	return progress;
}

/* False when a side sends too much before there is an event. */
static bool count_packets(struct ssh_side *side, size_t length)
{
	if (length > SSH_PACKETS_MAX - side->packets) {
		return false;
	}
	side->packets += (uint32_t)length;
	return true;
}

/* True when the message is to be kept: the first KEXINIT and what may hold a host key. */
static bool is_kept(struct ssh_side *side, struct inspection *inspection)
{
	switch (side->header[MESSAGE_AT]) {
	case MESSAGE_KEXINIT:
		if (side->kexinit_seen) {
			return false;
		}
		side->kexinit_seen = true;
		if (side->payload_left > SSH_PAYLOAD_MAX) {
			inspect_anomaly(inspection, ANOMALY_SSH_KEXINIT_OVERSIZE, 0);
			return false;
		}
		return true;
	case MESSAGE_KEX_FIRST:
	case MESSAGE_KEX_REPLY:
	case MESSAGE_KEX_GEX_REPLY:
		return true;
	default:
		return false;
	}
}

/* The header is there: length, padding length, message number. False when it breaks a rule. The
 * padding may be shorter than RFC 4253 asks for, and a packet of any size: peers differ in what
 * they accept, and what they accept has to be read here. */
static bool begin_packet(struct ssh_side *side, struct inspection *inspection)
{
	const uint8_t *header = side->header;
	uint32_t length = load_be32(header);
	uint8_t message = header[MESSAGE_AT];

	if (length > SSH_PACKET_MAX || length < 2u + header[PADDING_LENGTH_AT]) {
		return false;
	}
	side->padding_left = header[PADDING_LENGTH_AT];
	side->payload_left = length - 2 - side->padding_left;
	side->keep = is_kept(side, inspection);
	return count_packets(side, 4 + length) &&
	       ((message >= MESSAGE_DISCONNECT && message <= MESSAGE_DEBUG) ||
		message == MESSAGE_KEXINIT || message == MESSAGE_NEWKEYS ||
		(message >= MESSAGE_KEX_FIRST && message <= MESSAGE_KEX_LAST));
}

/* Completes the header; false when bytes of it are missing still. */
static bool read_header(struct ssh_side *side, struct chunk *chunk)
{
	size_t missing = sizeof(side->header) - side->header_have;
	size_t part = chunk->length < missing ? chunk->length : missing;

	memcpy(side->header + side->header_have, chunk->bytes, part);
	side->header_have = (uint8_t)(side->header_have + part);
	advance(chunk, part);
	return part == missing;
}

static void read_payload(struct ssh_side *side, struct inspection *inspection, struct chunk *chunk)
{
	size_t part = chunk->length < side->payload_left ? chunk->length : side->payload_left;
	size_t room = SSH_PAYLOAD_MAX - side->message.length;

	side->payload_left -= (uint32_t)part;
	if (side->keep && part != 0 &&
	    !text_append(inspection->pool, &side->message, chunk->bytes,
			 part < room ? part : room)) {
		text_clear(inspection->pool, &side->message);
		side->keep = false;
	}
	advance(chunk, part);
}

static void read_padding(struct ssh_side *side, struct chunk *chunk)
{
	size_t part = chunk->length < side->padding_left ? chunk->length : side->padding_left;

	side->padding_left = (uint8_t)(side->padding_left - part);
	advance(chunk, part);
}

/* Reads up to the end of one packet. */
static enum progress read_packet(struct ssh *ssh, struct inspection *inspection,
				 struct chunk *chunk)
{
	struct ssh_side *side = &ssh->side[chunk->direction];

	if (side->header_have < sizeof(side->header)) {
		if (!read_header(side, chunk)) {
			return PROGRESS_MORE;
		}
		if (!begin_packet(side, inspection)) {
			return violation(ssh, inspection);
		}
	}
	read_payload(side, inspection, chunk);
	read_padding(side, chunk);
	return side->payload_left == 0 && side->padding_left == 0 ?
		       end_packet(ssh, inspection, chunk->direction) :
		       PROGRESS_MORE;
}

/* ---- identification -------------------------------------------------- */

/* A direction's identification is complete. */
static enum progress end_ident(struct ssh *ssh, struct inspection *inspection,
			       enum direction direction)
{
	struct ssh_side *side = &ssh->side[direction];
	struct ssh_side *other = &ssh->side[ssh_other(direction)];

	side->phase = side->ident.version_2 ? SSH_PHASE_PACKETS : SSH_PHASE_SKIPPED;
	if (ssh_ident_has_shape(&side->ident, SHAPE_IDENT_OVERSIZE)) {
		inspect_anomaly(inspection, ANOMALY_SSH_IDENT_OVERSIZE, 0);
	}
	if (ssh_ident_has_shape(&side->ident, SHAPE_IDENT_PRE_IDENT_LINES)) {
		inspect_anomaly(inspection, ANOMALY_SSH_PRE_IDENT_LINES, 0);
	}
	if (ssh->client_known) {
		ssh_match_ident(ssh, inspection, direction);
	}
	weigh_hints(ssh, inspection, direction);
	if (other->ident.state == SSH_IDENT_FOREIGN) {
		return violation(ssh, inspection);
	}
	if (other->ident.state == SSH_IDENT_COMPLETE &&
	    (side->phase == SSH_PHASE_SKIPPED || other->phase == SSH_PHASE_SKIPPED)) {
		return report_and_finish(ssh, inspection);
	}
	return PROGRESS_MORE;
}

static enum progress not_mine(struct ssh *ssh, struct inspection *inspection)
{
	finish(ssh, inspection);
	return PROGRESS_NOT_MINE;
}

/* Is it SSH? Asked after every step of either identification. */
static enum progress judge(struct ssh *ssh, struct inspection *inspection, enum direction direction)
{
	const struct ssh_side *side = &ssh->side[direction];
	const struct ssh_side *other = &ssh->side[ssh_other(direction)];

	if (ssh_ident_is_ssh(&side->ident) && !ssh->certain) {
		ssh->certain = true;
		inspection->app = APP_SSH;
	}
	if (ssh->certain) {
		return side->ident.state == SSH_IDENT_FOREIGN &&
				       (other->ident.state == SSH_IDENT_COMPLETE ||
					ssh_ident_is_ssh(&side->ident)) ?
			       violation(ssh, inspection) :
			       PROGRESS_MORE;
	}
	if ((ssh_ident_is_late(&side->ident) && ssh_ident_is_late(&other->ident)) ||
	    (side->ident.state == SSH_IDENT_FOREIGN && side->seen >= SSH_FOREIGN_MAX)) {
		return not_mine(ssh, inspection);
	}
	return PROGRESS_MORE;
}

/* Reads until something new is known. */
static enum progress read_ident(struct ssh *ssh, struct inspection *inspection, struct chunk *chunk)
{
	struct ssh_side *side = &ssh->side[chunk->direction];
	enum progress progress;

	if (side->ident.state == SSH_IDENT_FOREIGN) {
		bool bounded = count_packets(side, chunk->length);

		advance(chunk, chunk->length);
		return bounded || !ssh->certain ? judge(ssh, inspection, chunk->direction) :
						  violation(ssh, inspection);
	}
	advance(chunk, ssh_ident_feed(&side->ident, inspection->pool, chunk->bytes, chunk->length));
	progress = judge(ssh, inspection, chunk->direction);
	if (progress == PROGRESS_MORE && side->ident.state == SSH_IDENT_COMPLETE) {
		progress = end_ident(ssh, inspection, chunk->direction);
	}
	return progress;
}

/* ---- encrypted -------------------------------------------------- */

static enum progress read_encrypted(struct ssh *ssh, struct inspection *inspection,
				    struct chunk *chunk)
{
	size_t length = chunk->length;

	if (ssh->login.state == SSH_LOGIN_WATCHING) {
		if (chunk->direction == (enum direction)ssh->client) {
			ssh_login_client(&ssh->login, length);
		} else {
			ssh_login_server(&ssh->login, chunk->bytes, length);
		}
	}
	advance(chunk, length);
	if (!ssh->reported) { /* the other side's NEWKEYS is still to come */
		return count_packets(&ssh->side[chunk->direction], length) ?
			       PROGRESS_MORE :
			       violation(ssh, inspection);
	}
	if (ssh->login.state == SSH_LOGIN_WATCHING) {
		return PROGRESS_MORE;
	}
	count_failures(ssh, inspection);
	finish(ssh, inspection);
	return PROGRESS_FINISHED;
}

/* Version 1, while the other side's identification is still to come. */
static enum progress skip(struct ssh *ssh, struct inspection *inspection, struct chunk *chunk)
{
	bool bounded = count_packets(&ssh->side[chunk->direction], chunk->length);

	advance(chunk, chunk->length);
	return bounded ? PROGRESS_MORE : report_and_finish(ssh, inspection);
}

/* ---- interface -------------------------------------------------- */

enum progress ssh_feed(struct ssh *ssh, struct inspection *inspection, enum direction direction,
		       const uint8_t *bytes, size_t length)
{
	struct ssh_side *side = &ssh->side[direction];
	struct chunk chunk = { direction, bytes, length };
	enum progress progress = PROGRESS_MORE;
	size_t unseen = SSH_PACKETS_MAX - side->seen;

	if (ssh->finished) {
		return ssh->certain ? PROGRESS_FINISHED : PROGRESS_NOT_MINE;
	}
	side->seen += (uint32_t)(length < unseen ? length : unseen);
	while (chunk.length != 0 && progress == PROGRESS_MORE) {
		switch ((enum ssh_phase)side->phase) {
		case SSH_PHASE_IDENT:
			progress = read_ident(ssh, inspection, &chunk);
			break;
		case SSH_PHASE_PACKETS:
			progress = read_packet(ssh, inspection, &chunk);
			break;
		case SSH_PHASE_ENCRYPTED:
			progress = read_encrypted(ssh, inspection, &chunk);
			break;
		case SSH_PHASE_SKIPPED:
			progress = skip(ssh, inspection, &chunk);
			break;
		}
	}
	return progress;
}

void ssh_gap(struct ssh *ssh, struct inspection *inspection, enum direction direction)
{
	(void)direction;
	if (ssh->finished) {
		return;
	}
	if (ssh->certain) {
		report(ssh, inspection);
	}
	finish(ssh, inspection);
}

void ssh_settle(struct ssh *ssh, struct inspection *inspection)
{
	if (ssh->certain && !ssh->finished && !ssh->client_known) {
		set_client(ssh, inspection, likely_client(ssh));
	}
}

void ssh_end(struct ssh *ssh, struct inspection *inspection)
{
	if (ssh->finished) {
		return;
	}
	if (ssh->certain) {
		report(ssh, inspection);
		count_failures(ssh, inspection);
	}
	finish(ssh, inspection);
}
