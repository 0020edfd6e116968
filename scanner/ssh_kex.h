/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The KEXINIT message (RFC 4253 section 7.1): its name-lists, the HASSH that they
 * make, and what two of them agree on. Data core only; no state: every call works
 * on a payload kept in the pool. Called by ssh.c.
 *
 * HASSH (github.com/salesforce/hassh, and tshark's ssh.kex.hassh): the MD5 of
 * "kex;encryption;mac;compression", the raw name-lists of one's own sending
 * direction: client to server for the client's, server to client for the server's.
 * The core variant is ours: the same without the pseudo-algorithms ext-info-* and
 * kex-strict-*, which came with patch levels, so that it survives them.
 */
#ifndef SCANNER_SSH_KEX_H
#define SCANNER_SSH_KEX_H

#include "scanner/hash/md5.h"
#include "scanner/ssh_payload.h"

enum ssh_role { SSH_CLIENT, SSH_SERVER };

/* The name-lists in the order of the message. */
enum ssh_list {
	SSH_LIST_KEX,
	SSH_LIST_HOST_KEY,
	SSH_LIST_CIPHER_TO_SERVER,
	SSH_LIST_CIPHER_TO_CLIENT,
	SSH_LIST_MAC_TO_SERVER,
	SSH_LIST_MAC_TO_CLIENT,
	SSH_LIST_COMPRESSION_TO_SERVER,
	SSH_LIST_COMPRESSION_TO_CLIENT,
	SSH_LIST_LANGUAGE_TO_SERVER,
	SSH_LIST_LANGUAGE_TO_CLIENT,
	SSH_LIST_COUNT
};

#define SSH_COOKIE_LENGTH 16u

/* Where things stand in a KEXINIT. */
struct ssh_lists {
	struct ssh_range list[SSH_LIST_COUNT];
	bool guess_follows; /* first_kex_packet_follows */
};

/* False when the lists run beyond the payload. */
bool ssh_lists_read(const struct ssh_payload *payload, struct ssh_lists *lists);

/* A KEXINIT and what ssh_lists_read() found in it. */
struct ssh_kexinit {
	struct ssh_payload payload;
	const struct ssh_range *list;
	const uint8_t *together; /* all its bytes behind the cookie, or NULL */
};

/* Which role the pseudo-algorithms of the kex list claim: bit 1 << enum ssh_role. They are what
 * the sender says, so they can lie. */
unsigned ssh_kexinit_claims(const struct ssh_kexinit *kexinit);

/* The longest HASSH string that is shown; longer ones are hashed, but have no core variant. */
#define SSH_HASSH_STRING_MAX 4096

struct ssh_hassh {
	uint8_t hash[MD5_SIZE];
	uint8_t core[MD5_SIZE];
	bool has_core;
};

void ssh_hassh(const struct ssh_kexinit *kexinit, enum ssh_role role, struct ssh_hassh *hassh);

/* The length of the string that is hashed; 0 when it is longer than SSH_HASSH_STRING_MAX. */
size_t ssh_hassh_length(const struct ssh_kexinit *kexinit, enum ssh_role role);
/* Writes the string, which is not too long. */
void ssh_hassh_string(const struct ssh_kexinit *kexinit, enum ssh_role role, uint8_t *out);

/* A NUL-terminated algorithm name. */
struct ssh_algorithm {
	char name[65];
};

/* The first name of the client's list that the server's has too (RFC 4253 section 7.1). False when
 * there is none, or a list is longer than SSH_NEGOTIATE_MAX bytes. Names beyond the first
 * SSH_NEGOTIATE_NAMES of a list are not looked at, which bounds the work. */
#define SSH_NEGOTIATE_MAX 1024
#define SSH_NEGOTIATE_NAMES 32
bool ssh_kexinit_negotiate(const struct ssh_kexinit *client, const struct ssh_kexinit *server,
			   enum ssh_list list, struct ssh_algorithm *algorithm);

#endif
