/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells from the sizes of the first encrypted packets how SSH logins went, after
 * the observation behind Zeek's analyzer: user authentication (RFC 4252) is strictly
 * request and reply, and SERVICE_ACCEPT, SUCCESS and FAILURE have known or repeating
 * sizes. Nothing is decrypted. Data core only; called by ssh.c from the first
 * NEWKEYS on.
 *
 * The server's bytes are grouped into turns: those between two sends of the client.
 *   before the client's first bytes   EXT_INFO: ignored
 *   first turn                        SERVICE_ACCEPT, whose size follows from cipher and
 *                                     MAC; anything else and nothing is concluded
 *   each later turn                   a reply. Size of SUCCESS: logged in, and all
 *                                     failures of this flow are forgiven (an agent that
 *                                     tries its keys one after another). The first other
 *                                     reply gives the size F of FAILURE; F again is a
 *                                     failed attempt.
 * The first failure is never counted: most clients begin with the method "none" to
 * learn which methods there are. So a client that does not, and gives up after one
 * try, is not seen. A banner or EXT_INFO in front of the first failure makes F too
 * large; the first smaller reply corrects it. With compression from the start
 * ("zlib") or algorithms that are not listed, nothing is concluded.
 *
 * AES-GCM and -etm MACs leave the length of packets clear: sizes are exact then, and a
 * turn's reply is its last packet. Otherwise a turn's bytes count as one reply, and its
 * first chunk is looked at for SUCCESS. (CBC and CTR with a plain MAC, ChaCha20-Poly1305:
 * how the stream was cut into segments can then matter.)
 */
#ifndef SCANNER_SSH_LOGIN_H
#define SCANNER_SSH_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where it gives up. A server lets far fewer attempts pass; far more bytes only come after a
 * login. */
#define SSH_LOGIN_TURNS_MAX 40
#define SSH_LOGIN_BYTES_MAX 65536u

enum ssh_login_state {
	SSH_LOGIN_OFF, /* nothing can be concluded */
	SSH_LOGIN_WATCHING,
	SSH_LOGIN_SUCCEEDED,
	SSH_LOGIN_GAVE_UP /* too many replies; the failures count */
};

struct ssh_login {
	uint8_t state; /* enum ssh_login_state */
	bool lengths_clear;
	uint8_t tag; /* bytes of MAC behind a packet */
	uint8_t header_have;
	uint8_t header[4]; /* of the server packet being read */
	uint32_t packet_size; /* of it, all included */
	uint32_t packet_left;
	uint16_t accept; /* size of SERVICE_ACCEPT on the wire */
	uint16_t success; /* of SUCCESS */
	uint16_t turn; /* 0: before the client's first bytes, 1: SERVICE_ACCEPT … */
	uint16_t failures;
	bool failure_sure; /* `failure` was seen twice */
	uint32_t failure; /* size of FAILURE; 0: not known */
	uint32_t turn_bytes; /* sent by the server in this turn */
	uint32_t turn_first; /* size of its first packet or chunk */
	uint32_t turn_last; /* size of its last packet */
	uint32_t bytes; /* both directions */
};

/* Names of what was negotiated for the server's direction. All zero is SSH_LOGIN_OFF. */
void ssh_login_start(struct ssh_login *login, const char *cipher, const char *mac,
		     const char *compression);
/* Encrypted bytes of each direction, in order. Afterwards look at `state`. */
void ssh_login_server(struct ssh_login *login, const uint8_t *bytes, size_t length);
void ssh_login_client(struct ssh_login *login, size_t length);
/* The flow ended, or `state` left SSH_LOGIN_WATCHING: how many attempts failed. */
unsigned ssh_login_end(struct ssh_login *login);

#endif
