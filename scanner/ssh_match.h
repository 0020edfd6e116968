/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ssh.c has read, as values under the fields of its sender's role: matches
 * them against the signatures and describes them as an event's attributes.
 * Internal to ssh.c.
 */
#ifndef SCANNER_SSH_MATCH_H
#define SCANNER_SSH_MATCH_H

#include "scanner/ssh.h"

/* The role of what is sent in `direction`; the originator is the client until more is known. */
static inline enum ssh_role ssh_role_of(const struct ssh *ssh, enum direction direction)
{
	return direction == (enum direction)ssh->client ? SSH_CLIENT : SSH_SERVER;
}

static inline enum direction ssh_other(enum direction direction)
{
	return direction == TO_RESPONDER ? TO_ORIGINATOR : TO_RESPONDER;
}

/* The KEXINIT of a side, if one is kept. */
static inline bool ssh_has_kexinit(const struct ssh_side *side)
{
	return side->kexinit.length != 0;
}

static inline struct ssh_kexinit ssh_kexinit(const struct ssh_side *side,
					     const struct inspection *inspection)
{
	const struct ssh_known_kexinit *known =
		ssh_memory_again(inspection->ssh_memory, side->known);

	return (struct ssh_kexinit){ { inspection->pool, &side->kexinit },
				     side->lists.list,
				     known != NULL ? known->bytes : NULL };
}

/* The identification is complete and the roles are known. */
void ssh_match_ident(const struct ssh *ssh, struct inspection *inspection,
		     enum direction direction);
/* The KEXINIT is complete and the roles are known: computes the HASSH too. */
void ssh_match_kexinit(struct ssh *ssh, struct inspection *inspection, enum direction direction);
/* The host key is the one that counts. */
void ssh_match_hostkey(struct ssh *ssh, struct inspection *inspection);

#endif
