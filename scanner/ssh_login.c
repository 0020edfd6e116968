/* SPDX-License-Identifier: BSD-2-Clause */
/* How logins went, by the sizes of packets: see ssh_login.h. */
#include "scanner/ssh_login.h"

#include <string.h>

#include "scanner/hash/words.h"

#define ACCEPT_PAYLOAD 17 /* message, "ssh-userauth" as a string */
#define SUCCESS_PAYLOAD 1
#define PADDING_MIN 4
#define LENGTH_BYTES 4
#define PACKET_MAX 262144u /* OpenSSH's */

/* `tag` ≠ 0: authenticated encryption. The block aligns packets; with authenticated encryption, and
 * with -etm MACs, the length field is not part of what is aligned. */
struct cipher {
	const char *name;
	uint8_t block;
	uint8_t tag;
	bool length_clear;
};

static const struct cipher ciphers[] = {
	{ "3des-cbc", 8, 0, false },
	{ "3des-ctr", 8, 0, false },
	{ "aes128-cbc", 16, 0, false },
	{ "aes128-ctr", 16, 0, false },
	{ "aes128-gcm@openssh.com", 16, 16, true },
	{ "aes192-cbc", 16, 0, false },
	{ "aes192-ctr", 16, 0, false },
	{ "aes256-cbc", 16, 0, false },
	{ "aes256-ctr", 16, 0, false },
	{ "aes256-gcm@openssh.com", 16, 16, true },
	{ "blowfish-cbc", 8, 0, false },
	{ "chacha20-poly1305@openssh.com", 8, 16, false },
};

struct mac {
	const char *name;
	uint8_t length;
	bool etm;
};

static const struct mac macs[] = {
	{ "hmac-md5", 16, false },
	{ "hmac-md5-96", 12, false },
	{ "hmac-md5-etm@openssh.com", 16, true },
	{ "hmac-sha1", 20, false },
	{ "hmac-sha1-96", 12, false },
	{ "hmac-sha1-etm@openssh.com", 20, true },
	{ "hmac-sha2-256", 32, false },
	{ "hmac-sha2-256-etm@openssh.com", 32, true },
	{ "hmac-sha2-512", 64, false },
	{ "hmac-sha2-512-etm@openssh.com", 64, true },
	{ "umac-128-etm@openssh.com", 16, true },
	{ "umac-128@openssh.com", 16, false },
	{ "umac-64-etm@openssh.com", 8, true },
	{ "umac-64@openssh.com", 8, false },
};

static const struct cipher *find_cipher(const char *name)
{
	for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
		if (strcmp(ciphers[i].name, name) == 0) {
			return &ciphers[i];
		}
	}
	return NULL;
}

static const struct mac *find_mac(const char *name)
{
	for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
		if (strcmp(macs[i].name, name) == 0) {
			return &macs[i];
		}
	}
	return NULL;
}

/* A packet's size with the least padding (RFC 4253 section 6), which all servers use. */
static uint16_t wire_size(unsigned payload, unsigned block, bool length_aligned, unsigned tag)
{
	unsigned aligned = 1 + payload + PADDING_MIN + (length_aligned ? LENGTH_BYTES : 0);

	aligned = (aligned + block - 1) / block * block;
	return (uint16_t)(aligned + (length_aligned ? 0 : LENGTH_BYTES) + tag);
}

void ssh_login_start(struct ssh_login *login, const char *cipher_name, const char *mac_name,
		     const char *compression)
{
	const struct cipher *cipher = find_cipher(cipher_name);
	bool length_aligned = false;

	memset(login, 0, sizeof(*login));
	if (cipher == NULL ||
	    (strcmp(compression, "none") != 0 && strcmp(compression, "zlib@openssh.com") != 0)) {
		return;
	}
	login->tag = cipher->tag;
	login->lengths_clear = cipher->length_clear;
	if (cipher->tag == 0) {
		const struct mac *mac = find_mac(mac_name);

		if (mac == NULL) {
			return;
		}
		login->tag = mac->length;
		login->lengths_clear = mac->etm;
		length_aligned = !mac->etm;
	}
	login->accept = wire_size(ACCEPT_PAYLOAD, cipher->block, length_aligned, login->tag);
	login->success = wire_size(SUCCESS_PAYLOAD, cipher->block, length_aligned, login->tag);
	login->state = SSH_LOGIN_WATCHING;
}

static void judge_reply(struct ssh_login *login, uint32_t size)
{
	if (size == 0) { /* only a part of a packet */
		return;
	}
	/* What a server sends right behind SUCCESS comes in a chunk of its own. */
	if (size == login->success ||
	    (login->turn_first == login->success && size != login->failure)) {
		login->state = SSH_LOGIN_SUCCEEDED;
	} else if (login->failure == 0) {
		login->failure = size;
	} else if (size == login->failure || (size < login->failure && !login->failure_sure)) {
		login->failure = size;
		login->failure_sure = true;
		login->failures++;
	}
}

/* The server's turn is over: the client speaks, or the flow ended. */
static void end_turn(struct ssh_login *login)
{
	uint32_t size = login->lengths_clear ? login->turn_last : login->turn_bytes;

	if (login->turn == 1) {
		/* A client that does not wait for SERVICE_ACCEPT gets its first reply with it. */
		uint32_t accept = login->lengths_clear ? login->turn_first : login->accept;
		bool more = login->turn_bytes > accept;

		if (accept != login->accept || login->turn_bytes < accept) {
			login->state = SSH_LOGIN_OFF;
		} else if (more) {
			judge_reply(login, login->lengths_clear ? size : size - accept);
		}
	} else if (login->turn > 1) {
		judge_reply(login, size);
	}
	login->turn_bytes = 0;
	login->turn_first = 0;
	login->turn_last = 0;
	if (login->turn < SSH_LOGIN_TURNS_MAX) {
		login->turn++;
	} else if (login->state == SSH_LOGIN_WATCHING) {
		login->state = SSH_LOGIN_GAVE_UP;
	}
}

static void count_bytes(struct ssh_login *login, size_t length)
{
	if (length > SSH_LOGIN_BYTES_MAX - login->bytes) {
		/* so much is only sent by those who got in */
		login->state = SSH_LOGIN_SUCCEEDED;
		return;
	}
	login->bytes += (uint32_t)length;
}

static void end_packet(struct ssh_login *login, uint32_t size)
{
	if (login->turn_first == 0) {
		login->turn_first = size;
	}
	login->turn_last = size;
	if (login->turn > 1 && size == login->success) {
		login->state = SSH_LOGIN_SUCCEEDED;
	}
}

/* Walks packets whose length is clear. */
static void read_packets(struct ssh_login *login, const uint8_t *bytes, size_t length)
{
	while (length != 0 && login->state == SSH_LOGIN_WATCHING) {
		if (login->header_have < LENGTH_BYTES) {
			login->header[login->header_have++] = *bytes++;
			length--;
			if (login->header_have < LENGTH_BYTES) {
				continue;
			}
			uint32_t size = load_be32(login->header);

			if (size == 0 || size > PACKET_MAX) {
				login->state = SSH_LOGIN_OFF;
				return;
			}
			login->packet_left = size + login->tag;
			login->packet_size = LENGTH_BYTES + login->packet_left;
		}
		size_t part = length < login->packet_left ? length : login->packet_left;

		bytes += part;
		length -= part;
		login->packet_left -= (uint32_t)part;
		if (login->packet_left == 0) {
			login->header_have = 0;
			end_packet(login, login->packet_size);
		}
	}
}

void ssh_login_server(struct ssh_login *login, const uint8_t *bytes, size_t length)
{
	count_bytes(login, length);
	if (login->state != SSH_LOGIN_WATCHING) {
		return;
	}
	login->turn_bytes += (uint32_t)length;
	if (login->lengths_clear) {
		read_packets(login, bytes, length);
	} else if (login->turn_first == 0) {
		login->turn_first = (uint32_t)length;
	}
}

void ssh_login_client(struct ssh_login *login, size_t length)
{
	count_bytes(login, length);
	if (login->state != SSH_LOGIN_WATCHING) {
		return;
	}
	if (login->turn == 0 || login->turn_bytes != 0) {
		end_turn(login);
	}
}

unsigned ssh_login_end(struct ssh_login *login)
{
	if (login->state == SSH_LOGIN_WATCHING && login->turn_bytes != 0) {
		end_turn(login);
	}
	return login->state == SSH_LOGIN_WATCHING || login->state == SSH_LOGIN_GAVE_UP ?
		       login->failures :
		       0;
}
