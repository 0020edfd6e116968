/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host key in a key exchange reply: the fingerprint that OpenSSH shows. For a
 * certificate that is the fingerprint of the key it certifies (PROTOCOL.certkeys
 * of OpenSSH), so that a server keeps its fingerprint when it is certified.
 * Data core only; no state. Called by ssh.c.
 */
#ifndef SCANNER_SSH_HOSTKEY_H
#define SCANNER_SSH_HOSTKEY_H

#include "scanner/ssh_payload.h"

#define SSH_FINGERPRINT_LENGTH 43 /* SHA-256 in base64 without padding */
/* RFC 4251 section 6: names have at most 64 characters. */
#define SSH_NAME_MAX 64

struct ssh_hostkey {
	uint8_t fingerprint[SSH_FINGERPRINT_LENGTH];
	uint8_t type_length;
	uint8_t type[SSH_NAME_MAX]; /* as sent: a certificate's type for a certificate */
};

/* True when the payload begins with a string that holds a key: it starts with the name of a key
 * type and lies in the payload whole. Nothing else that stands first in a key exchange message
 * does: a number has no leading zeros, and a point or a ciphertext would have to hit a length and
 * a name by chance. */
bool ssh_hostkey_read(const struct ssh_payload *payload, struct ssh_hostkey *key);

#endif
