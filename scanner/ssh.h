/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SSH (RFC 4253): recognises it on any port, reads what is in clear (both
 * identifications, both KEXINITs, the host key), matches ssh.* and writes one `ssh`
 * event a flow. Then watches packet sizes until the login succeeded. Called by the
 * stream layer with in-order bytes; the same events for any split of them.
 *
 *   ssh_ident.c    identification lines and their shapes
 *   ssh_kex.c      KEXINIT, HASSH, negotiation
 *   ssh_memory.c   KEXINITs seen before
 *   ssh_hostkey.c  the host key's fingerprint
 *   ssh_login.c    logins, by packet sizes
 *
 * Recognised as soon as one direction begins with "SSH-", or greets with other lines
 * and then sends a line that does. Not SSH: both directions begin with something
 * else; or one cannot be SSH (ssh_ident.h) and the other stays silent for
 * SSH_FOREIGN_MAX bytes.
 *
 * Who is the client? Values are matched under ssh.client or ssh.server by role, not by
 * who opened the connection. The messages of the key exchange prove it: only a server
 * can send a host key, only a client sends the first message without one. Before
 * that, pseudo-algorithms in the KEXINIT (ext-info-c, kex-strict-s …) and lines before
 * the identification hint at it. Hints can be forged, so they are believed at once only
 * if they say that the originator is the client. Should the proof then contradict, all
 * is matched again under the right roles. Without proof, when the flow ends or falls
 * silent, breaks a rule or begins to encrypt, the hints decide, and without hints the
 * originator is the client. A packet that follows a KEXINIT with
 * first_kex_packet_follows proves nothing: the peer may ignore it (RFC 4253 section 7).
 *
 * The event is written when both directions have sent NEWKEYS (or one has, and the
 * other was never seen), when a rule is broken (anomaly ssh-malformed), bytes are
 * lost, or the flow ends; never without an identification line.
 *
 * Kept in the pool: idents (a block, at most three) to the end, KEXINITs up to the event, a host
 * key's message while it is read; of each message SSH_PAYLOAD_MAX bytes (a larger
 * KEXINIT has no HASSH). Data core only.
 */
#ifndef SCANNER_SSH_H
#define SCANNER_SSH_H

#include "scanner/inspect.h"
#include "scanner/ssh_hostkey.h"
#include "scanner/ssh_ident.h"
#include "scanner/ssh_kex.h"
#include "scanner/ssh_login.h"
#include "scanner/ssh_memory.h"

#define SSH_PACKET_MAX 35000u /* packet_length, RFC 4253 section 6.1 */
#define SSH_PACKETS_MAX 262144u /* bytes of packets a direction may send before the event */
#define SSH_FOREIGN_MAX 8192u

enum ssh_phase {
	SSH_PHASE_IDENT,
	SSH_PHASE_PACKETS,
	SSH_PHASE_ENCRYPTED,
	SSH_PHASE_SKIPPED /* version 1 */
};

/* What one side sends. */
struct ssh_side {
	struct ssh_ident ident;
	struct text message; /* of the packet being read, if it is of interest */
	struct text kexinit; /* the first, kept up to the event */
	struct ssh_lists lists; /* in it */
	struct ssh_hassh hassh; /* valid with has_hassh */
	uint64_t known; /* by this serial its KEXINIT is remembered; 0: it is not */
	uint32_t seen; /* bytes; saturates at SSH_PACKETS_MAX */
	uint32_t packets; /* bytes of packets before the event */
	uint32_t payload_left; /* of the packet being read */
	uint8_t padding_left;
	uint8_t header[6]; /* length, padding length, message number */
	uint8_t header_have;
	uint8_t phase; /* enum ssh_phase */
	uint8_t claims; /* bit per enum ssh_role: what it says it is */
	bool keep; /* the packet's payload goes to `message` */
	bool kexinit_seen;
	bool guessed; /* its next key exchange packet may be one to be ignored */
	bool has_hassh;
};

struct ssh {
	struct ssh_side side[2]; /* by enum direction: the sender's */
	struct ssh_login login;
	struct ssh_hostkey hostkey; /* the last before NEWKEYS */
	uint8_t hostkey_sender; /* enum direction */
	bool hostkey_seen;
	bool hostkey_matched;
	bool certain;
	bool client_known;
	bool client_proven; /* or decided for good */
	uint8_t client; /* enum direction of what the client sends */
	bool reported; /* the event was written */
	bool finished;
};

static_assert(sizeof(struct ssh) <= 1126, "every inspected flow has room for it");

void ssh_init(struct ssh *ssh);

/* The next in-order bytes of what is sent in `direction`. PROGRESS_NOT_MINE only while not
 * certain. PROGRESS_FINISHED: nothing more to learn; all blocks are given back, further calls do
 * nothing. During each call inspection->describe is ssh_describe() and inspection->state this
 * parser; inspection->app becomes APP_SSH when certain. */
enum progress ssh_feed(struct ssh *ssh, struct inspection *inspection, enum direction direction,
		       const uint8_t *bytes, size_t length);
/* Bytes were lost: the event is written with what is known, and the parser has finished. */
void ssh_gap(struct ssh *ssh, struct inspection *inspection, enum direction direction);
/* The connection was reset, or has been silent for seconds: what waits for proof of the roles is
 * matched by what is likely. Reading goes on, and proof to the contrary still counts. */
void ssh_settle(struct ssh *ssh, struct inspection *inspection);
/* The flow ended or is evicted. The same, and failed logins are counted. Also gives back what a
 * parser holds that was not certain. */
void ssh_end(struct ssh *ssh, struct inspection *inspection);

static inline bool ssh_is_certain(const struct ssh *ssh)
{
	return ssh->certain;
}

/* Both sides say that it is. Of one alone it may be a disguise, which the other overlooks. */
static inline bool ssh_is_agreed(const struct ssh *ssh)
{
	return ssh_ident_is_ssh(&ssh->side[0].ident) && ssh_ident_is_ssh(&ssh->side[1].ident);
}

/* For inspection->describe: the attributes of an ssh event, as far as they are known. */
void ssh_describe(const void *ssh, const struct inspection *inspection, struct event *event);

#endif
