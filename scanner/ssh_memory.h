/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * KEXINITs and host keys seen before, with what was worked out of them. Nearly all
 * KEXINITs come from a few programs, and a server shows the same key at every login:
 * to compare takes a tenth of what it takes to read and hash.
 *
 * Known again is only what agrees in all its bytes (of a KEXINIT those behind the
 * cookie, which is random): what is remembered is never another's. Who floods with new
 * ones makes others be worked out again, as without a memory, and nothing else. Data
 * core only. Called by ssh.c and ssh_match.c.
 */
#ifndef SCANNER_SSH_MEMORY_H
#define SCANNER_SSH_MEMORY_H

#include "scanner/ssh_hostkey.h"
#include "scanner/ssh_kex.h"

#define SSH_MEMORY_SETS 16u
#define SSH_MEMORY_WAYS 8u /* places of a set, the oldest is taken for what is new */
#define SSH_MEMORY_PLACES (SSH_MEMORY_SETS * SSH_MEMORY_WAYS)
/* Longer ones are not remembered. OpenSSH's KEXINITs have 1,000 to 1,500 bytes, an RSA key of 4,096
 * bits has 535. */
#define SSH_MEMORY_KEXINIT_MAX 2048u
#define SSH_MEMORY_HOSTKEY_MAX 640u

struct ssh_places {
	uint64_t serials; /* given so far */
	uint8_t oldest[SSH_MEMORY_SETS];
	struct ssh_place {
		uint64_t serial; /* never given twice; 0: the place is free */
		uint64_t sum; /* a sum of the bytes: where it differs none need to be compared */
		uint32_t length;
	} place[SSH_MEMORY_PLACES];
};

struct ssh_known_kexinit {
	uint8_t bytes[SSH_MEMORY_KEXINIT_MAX]; /* behind the cookie */
	uint64_t serial;
	struct ssh_lists lists;
	uint8_t claims; /* ssh_kexinit_claims() */
	bool hashed[2]; /* by enum ssh_role: hassh is there */
	struct ssh_hassh hassh[2];
};

struct ssh_known_hostkey {
	uint8_t bytes[SSH_MEMORY_HOSTKEY_MAX];
	struct ssh_hostkey key;
};

/* All zero is an empty one. */
struct ssh_memory {
	struct ssh_places kexinits, hostkeys;
	struct ssh_known_kexinit kexinit[SSH_MEMORY_PLACES];
	struct ssh_known_hostkey hostkey[SSH_MEMORY_PLACES];
	uint8_t bytes[SSH_MEMORY_KEXINIT_MAX]; /* what is looked for, put together */
};

/* In all of these `memory` may be NULL: then nothing is remembered. */

/* What is known of a KEXINIT; a new one is read and remembered. NULL: it is not well formed, or too
 * long. Valid until the next call. */
const struct ssh_known_kexinit *ssh_memory_kexinit(struct ssh_memory *memory,
						   const struct ssh_payload *payload);
/* The same by its serial: NULL when it was forgotten meanwhile, or 0. */
struct ssh_known_kexinit *ssh_memory_again(struct ssh_memory *memory, uint64_t serial);
/* The same as ssh_hostkey_read(). */
bool ssh_memory_hostkey(struct ssh_memory *memory, const struct ssh_payload *payload,
			struct ssh_hostkey *key);

#endif
