/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fields that signatures name and the shapes some of them take. One list for
 * the appliance and for the signature compiler; docs/signatures.md says what each
 * field holds, canonical.h how a value is written.
 *
 * The numbers of enum field are part of the signature set's format (they separate
 * the fields' hashes and index its field table): append, never reorder, and raise
 * SET_VERSION with every change.
 */
#ifndef SCANNER_FIELD_H
#define SCANNER_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field {
	FIELD_IP_SRC,
	FIELD_IP_DST,
	FIELD_SSH_CLIENT_IDENT,
	FIELD_SSH_CLIENT_SOFTWARE,
	FIELD_SSH_CLIENT_HASSH,
	FIELD_SSH_CLIENT_HASSH_CORE,
	FIELD_SSH_CLIENT_IDENT_SHAPE,
	FIELD_SSH_SERVER_IDENT,
	FIELD_SSH_SERVER_SOFTWARE,
	FIELD_SSH_SERVER_HASSH,
	FIELD_SSH_SERVER_HASSH_CORE,
	FIELD_SSH_SERVER_IDENT_SHAPE,
	FIELD_SSH_HOSTKEY_SHA256,
	FIELD_SMTP_HELO,
	FIELD_SMTP_HELO_SHAPE,
	FIELD_SMTP_MAIL_FROM,
	FIELD_SMTP_MAIL_FROM_DOMAIN,
	FIELD_SMTP_MAIL_FROM_LOCAL,
	FIELD_SMTP_RCPT_TO,
	FIELD_SMTP_RCPT_TO_DOMAIN,
	FIELD_SMTP_AUTH_MECHANISM,
	FIELD_SMTP_BANNER,
	FIELD_SMTP_HEADER, /* value: NAME '\0' VALUE; written smtp.header.NAME VALUE */
	FIELD_SMTP_HEADER_ORDER,
	FIELD_SMTP_BOUNDARY_SHAPE,
	FIELD_SMTP_ATTACHMENT_NAME,
	FIELD_SMTP_ATTACHMENT_SHA256,
	FIELD_SMTP_SHAPE,
	FIELD_DNS_QUERY,
	FIELD_DNS_SHAPE,
	FIELD_TLS_SNI,
	FIELD_TLS_JA3,
	FIELD_TLS_JA4,
	FIELD_COUNT
};

/* How values of a field are matched. */
enum field_kind {
	FIELD_KIND_EXACT,
	FIELD_KIND_DOMAIN, /* a name and everything under it */
	FIELD_KIND_ADDRESS, /* ip.src, ip.dst: address, prefix or address and port */
	FIELD_KIND_SHAPE /* one of the names of enum shape that belong to the field */
};

/* Structural classes. Their names are what is hashed; these numbers stand in no format. */
enum shape {
	SHAPE_IDENT_EBURY_HEX,
	SHAPE_IDENT_EBURY_BASE64,
	SHAPE_IDENT_OVERSIZE,
	SHAPE_IDENT_PRE_IDENT_LINES,
	SHAPE_IDENT_BARE_LF,
	SHAPE_HELO_NO_DOT,
	SHAPE_HELO_BARE_ADDRESS,
	SHAPE_HELO_ADDRESS_LITERAL,
	SHAPE_HELO_LOCALHOST,
	SHAPE_HELO_LOCAL_SUFFIX,
	SHAPE_SMTP_CLIENT_FIRST_HTTP,
	SHAPE_SMTP_CLIENT_FIRST_OTHER,
	SHAPE_SMTP_PHP_ROOT_SCRIPT,
	SHAPE_SMTP_PHP_HIDDEN_SCRIPT,
	SHAPE_SMTP_PHP_EVAL,
	SHAPE_SMTP_WEB_USER_SENDER,
	SHAPE_SMTP_END_OF_DATA_LOOKALIKE,
	SHAPE_DNS_EBURY_EXFIL,
	SHAPE_DNS_UDP53_NOT_DNS,
	SHAPE_COUNT
};

/* "ssh.client.ident"; "smtp.header" without a header's name. */
const char *field_name(enum field field);
enum field_kind field_kind(enum field field);

/* "ebury-hex": also the canonical value that a shape field is matched with. */
const char *shape_name(enum shape shape);
/* True when `shape` is one of the values `field` can take; false for fields that take none. */
bool shape_of(enum field field, enum shape shape);

#endif
