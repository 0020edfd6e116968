/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The identification line of one SSH direction (RFC 4253 section 4.2) and the
 * lines that a server may send before it. As lenient as OpenSSH's client: a bare
 * LF ends a line, lines have up to 8192 bytes, up to 1024 may come first. The line
 * itself may hold any byte; a NUL in a line before it says that this is not SSH.
 * Data core only. Called by ssh.c.
 */
#ifndef SCANNER_SSH_IDENT_H
#define SCANNER_SSH_IDENT_H

#include "scanner/field.h"
#include "scanner/pool.h"

#define SSH_IDENT_LINE_MAX 8192 /* with CR LF */
#define SSH_IDENT_LINES_MAX 1024 /* before the identification */
#define SSH_IDENT_RFC_MAX 255 /* with CR LF; longer is SHAPE_IDENT_OVERSIZE */
/* What is kept of a line; a longer one has no canonical form (canonical.h) and matches nothing. */
#define SSH_IDENT_KEPT_MAX 1025
#define SSH_EBURY_PREFIX 4

enum ssh_ident_state {
	SSH_IDENT_READING,
	SSH_IDENT_COMPLETE, /* the line was read; what follows are packets */
	SSH_IDENT_FOREIGN /* this direction cannot be SSH: a bound was exceeded, or a NUL */
};

struct ssh_ident {
	struct text line; /* the first SSH_IDENT_KEPT_MAX bytes; its CR may stand there too */
	uint16_t length; /* of what counts in `line`, once complete */
	uint16_t line_length; /* of the current line so far, with CR LF */
	uint16_t lines; /* whole lines before the current one */
	uint16_t software_at; /* in `line`; behind "SSH-2.0-" */
	uint16_t software_length; /* without comments */
	uint8_t protocol_length; /* at 4 in `line`: "2.0" */
	uint8_t matched; /* how much of "SSH-" the current line begins with */
	uint8_t state; /* enum ssh_ident_state */
	uint8_t shapes; /* bit per enum shape, once complete */
	uint8_t last; /* the byte before */
	bool ordinary; /* the current line does not begin with "SSH-" */
	bool version_2; /* once complete: it speaks the packets of version 2 ("2.…" or "1.99") */
};

/* Reads the next bytes of the direction while the state is SSH_IDENT_READING and returns how many.
 * Stops early whenever something new is known: the first line does not begin with "SSH-" (its first
 * wrong byte is then the next to feed), a line begins with "SSH-", or the state changed. When the
 * pool is empty the line is lost: complete, but of length 0. */
size_t ssh_ident_feed(struct ssh_ident *ident, struct pool *pool, const uint8_t *bytes,
		      size_t length);

/* The direction begins with something else than "SSH-": it may be a server's greeting. */
static inline bool ssh_ident_is_late(const struct ssh_ident *ident)
{
	return ident->lines != 0 || ident->ordinary;
}

/* The line, or a line, begins with "SSH-". */
static inline bool ssh_ident_is_ssh(const struct ssh_ident *ident)
{
	return ident->matched == 4;
}

static inline bool ssh_ident_has_shape(const struct ssh_ident *ident, enum shape shape)
{
	return (ident->shapes >> shape & 1) != 0;
}

/* The ident is a secret, a password that is enciphered with a key long public: it is matched, but
 * never shown. */
static inline bool ssh_ident_is_secret(const struct ssh_ident *ident)
{
	return ssh_ident_has_shape(ident, SHAPE_IDENT_EBURY_HEX) ||
	       ssh_ident_has_shape(ident, SHAPE_IDENT_EBURY_BASE64);
}

/* The kept bytes of the line, `length` of them: where they lie in the pool, or put together in
 * `scratch` if they lie in several blocks. */
const uint8_t *ssh_ident_line(const struct ssh_ident *ident, const struct pool *pool,
			      uint8_t scratch[static SSH_IDENT_KEPT_MAX]);

/* Of a secret ident: what is shown, the first characters behind "SSH-2.0-" without spaces. */
void ssh_ident_prefix(const struct ssh_ident *ident, const struct pool *pool,
		      uint8_t prefix[static SSH_EBURY_PREFIX]);

#endif
