/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names and kinds of fields, names of shapes; see field.h.
 */
#include "scanner/field.h"

static const struct {
	const char *name;
	enum field_kind kind;
} fields[FIELD_COUNT] = {
	[FIELD_IP_SRC] = { "ip.src", FIELD_KIND_ADDRESS },
	[FIELD_IP_DST] = { "ip.dst", FIELD_KIND_ADDRESS },
	[FIELD_SSH_CLIENT_IDENT] = { "ssh.client.ident", FIELD_KIND_EXACT },
	[FIELD_SSH_CLIENT_SOFTWARE] = { "ssh.client.software", FIELD_KIND_EXACT },
	[FIELD_SSH_CLIENT_HASSH] = { "ssh.client.hassh", FIELD_KIND_EXACT },
	[FIELD_SSH_CLIENT_HASSH_CORE] = { "ssh.client.hassh.core", FIELD_KIND_EXACT },
	[FIELD_SSH_CLIENT_IDENT_SHAPE] = { "ssh.client.ident.shape", FIELD_KIND_SHAPE },
	[FIELD_SSH_SERVER_IDENT] = { "ssh.server.ident", FIELD_KIND_EXACT },
	[FIELD_SSH_SERVER_SOFTWARE] = { "ssh.server.software", FIELD_KIND_EXACT },
	[FIELD_SSH_SERVER_HASSH] = { "ssh.server.hassh", FIELD_KIND_EXACT },
	[FIELD_SSH_SERVER_HASSH_CORE] = { "ssh.server.hassh.core", FIELD_KIND_EXACT },
	[FIELD_SSH_SERVER_IDENT_SHAPE] = { "ssh.server.ident.shape", FIELD_KIND_SHAPE },
	[FIELD_SSH_HOSTKEY_SHA256] = { "ssh.hostkey.sha256", FIELD_KIND_EXACT },
	[FIELD_SMTP_HELO] = { "smtp.helo", FIELD_KIND_DOMAIN },
	[FIELD_SMTP_HELO_SHAPE] = { "smtp.helo.shape", FIELD_KIND_SHAPE },
	[FIELD_SMTP_MAIL_FROM] = { "smtp.mail_from", FIELD_KIND_EXACT },
	[FIELD_SMTP_MAIL_FROM_DOMAIN] = { "smtp.mail_from.domain", FIELD_KIND_DOMAIN },
	[FIELD_SMTP_MAIL_FROM_LOCAL] = { "smtp.mail_from.local", FIELD_KIND_EXACT },
	[FIELD_SMTP_RCPT_TO] = { "smtp.rcpt_to", FIELD_KIND_EXACT },
	[FIELD_SMTP_RCPT_TO_DOMAIN] = { "smtp.rcpt_to.domain", FIELD_KIND_DOMAIN },
	[FIELD_SMTP_AUTH_MECHANISM] = { "smtp.auth.mechanism", FIELD_KIND_EXACT },
	[FIELD_SMTP_BANNER] = { "smtp.banner", FIELD_KIND_EXACT },
	[FIELD_SMTP_HEADER] = { "smtp.header", FIELD_KIND_EXACT },
	[FIELD_SMTP_HEADER_ORDER] = { "smtp.header.order", FIELD_KIND_EXACT },
	[FIELD_SMTP_BOUNDARY_SHAPE] = { "smtp.boundary.shape", FIELD_KIND_EXACT },
	[FIELD_SMTP_ATTACHMENT_NAME] = { "smtp.attachment.name", FIELD_KIND_EXACT },
	[FIELD_SMTP_ATTACHMENT_SHA256] = { "smtp.attachment.sha256", FIELD_KIND_EXACT },
	[FIELD_SMTP_SHAPE] = { "smtp.shape", FIELD_KIND_SHAPE },
	[FIELD_DNS_QUERY] = { "dns.query", FIELD_KIND_DOMAIN },
	[FIELD_DNS_SHAPE] = { "dns.shape", FIELD_KIND_SHAPE },
	[FIELD_TLS_SNI] = { "tls.sni", FIELD_KIND_DOMAIN },
	[FIELD_TLS_JA3] = { "tls.ja3", FIELD_KIND_EXACT },
	[FIELD_TLS_JA4] = { "tls.ja4", FIELD_KIND_EXACT },
};

static const char *const shape_names[SHAPE_COUNT] = {
	[SHAPE_IDENT_EBURY_HEX] = "ebury-hex",
	[SHAPE_IDENT_EBURY_BASE64] = "ebury-base64",
	[SHAPE_IDENT_OVERSIZE] = "oversize",
	[SHAPE_IDENT_PRE_IDENT_LINES] = "pre-ident-lines",
	[SHAPE_IDENT_BARE_LF] = "bare-lf",
	[SHAPE_HELO_NO_DOT] = "no-dot",
	[SHAPE_HELO_BARE_ADDRESS] = "bare-address",
	[SHAPE_HELO_ADDRESS_LITERAL] = "address-literal",
	[SHAPE_HELO_LOCALHOST] = "localhost",
	[SHAPE_HELO_LOCAL_SUFFIX] = "local-suffix",
	[SHAPE_SMTP_CLIENT_FIRST_HTTP] = "client-first-http",
	[SHAPE_SMTP_CLIENT_FIRST_OTHER] = "client-first-other",
	[SHAPE_SMTP_PHP_ROOT_SCRIPT] = "php-root-script",
	[SHAPE_SMTP_PHP_HIDDEN_SCRIPT] = "php-hidden-script",
	[SHAPE_SMTP_PHP_EVAL] = "php-eval",
	[SHAPE_SMTP_WEB_USER_SENDER] = "web-user-sender",
	[SHAPE_SMTP_END_OF_DATA_LOOKALIKE] = "end-of-data-lookalike",
	[SHAPE_DNS_EBURY_EXFIL] = "ebury-exfil",
	[SHAPE_DNS_UDP53_NOT_DNS] = "udp53-not-dns",
};

const char *field_name(enum field field)
{
	return fields[field].name;
}

enum field_kind field_kind(enum field field)
{
	return fields[field].kind;
}

const char *shape_name(enum shape shape)
{
	return shape_names[shape];
}

static bool within(enum shape shape, enum shape first, enum shape last)
{
	return shape >= first && shape <= last;
}

bool shape_of(enum field field, enum shape shape)
{
	switch (field) {
	case FIELD_SSH_CLIENT_IDENT_SHAPE:
	case FIELD_SSH_SERVER_IDENT_SHAPE:
		return within(shape, SHAPE_IDENT_EBURY_HEX, SHAPE_IDENT_BARE_LF);
	case FIELD_SMTP_HELO_SHAPE:
		return within(shape, SHAPE_HELO_NO_DOT, SHAPE_HELO_LOCAL_SUFFIX);
	case FIELD_SMTP_SHAPE:
		return within(shape, SHAPE_SMTP_CLIENT_FIRST_HTTP,
			      SHAPE_SMTP_END_OF_DATA_LOOKALIKE);
	case FIELD_DNS_SHAPE:
		return within(shape, SHAPE_DNS_EBURY_EXFIL, SHAPE_DNS_UDP53_NOT_DNS);
	default:
		return false;
	}
}
