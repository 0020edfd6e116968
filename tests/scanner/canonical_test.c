/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Canonical forms: tables of what goes in and what must come out, field by field,
 * and what every form has in common (bounds, idempotence). Punycode vectors: RFC
 * 3492 section 7.1, lower-cased.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/canonical.h"
#include "scanner/letter.h"
#include "scanner/punycode.h"

struct form {
	enum field field;
	const char *in, *out; /* out NULL: `error` */
	int error;
};

static void check(const struct form *forms, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct form *form = &forms[i];
		uint8_t out[CANONICAL_MAX];
		int length =
			canonical(form->field, (const uint8_t *)form->in, strlen(form->in), out);

		if (form->out == NULL ? length != form->error :
					length != (int)strlen(form->out) ||
						memcmp(out, form->out, (size_t)length) != 0) {
			fail_msg("%s '%s': got %d '%.*s'", field_name(form->field), form->in,
				 length, length > 0 ? length : 0, (const char *)out);
		}
	}
}

#define CHECK(forms) check(forms, sizeof(forms) / sizeof((forms)[0]))

static void canonical_domain_is_lower_case_a_labels(void **state)
{
	static const struct form forms[] = {
		{ FIELD_DNS_QUERY, "Qimpj6KKofzf.BIZ", "qimpj6kkofzf.biz", 0 },
		{ FIELD_DNS_QUERY, "qimpj6kkofzf.biz.", "qimpj6kkofzf.biz", 0 },
		{ FIELD_DNS_QUERY, "a..b.", "a..b", 0 },
		{ FIELD_DNS_QUERY, ".", NULL, CANONICAL_EMPTY },
		{ FIELD_DNS_QUERY, "", NULL, CANONICAL_EMPTY },
		{ FIELD_TLS_SNI,
		  "B\xc3\xbc"
		  "cher.Example",
		  "xn--bcher-kva.example", 0 },
		{ FIELD_TLS_SNI,
		  "B\xc3\x9c"
		  "CHER.example",
		  "xn--bcher-kva.example", 0 },
		{ FIELD_TLS_SNI, "XN--BCHER-KVA.example", "xn--bcher-kva.example", 0 },
		{ FIELD_TLS_SNI,
		  "\xd0\x9f\xd0\xa0\xd0\x98\xd0\x9c\xd0\x95\xd0\xa0.\xd1\x80\xd1\x84",
		  "xn--e1afmkfd.xn--p1ai", 0 },
		/* What has no A-label stays, so that its parent still matches: not UTF-8, upper
		 * case of another script, a combining mark, control characters. */
		{ FIELD_DNS_QUERY, "A\xff.evil.Biz", "a\xff.evil.biz", 0 },
		{ FIELD_DNS_QUERY, "\xe2\xb0\x80.evil.biz", "\xe2\xb0\x80.evil.biz", 0 },
		{ FIELD_DNS_QUERY, "u\xcc\x88.evil.biz", "u\xcc\x88.evil.biz", 0 },
		{ FIELD_DNS_QUERY, "\x01\x7f *.evil.biz", "\x01\x7f *.evil.biz", 0 },
		{ FIELD_SMTP_HELO, "ylmf-PC\r\n", "ylmf-pc", 0 },
		{ FIELD_SMTP_HELO, "[IPv6:2001:DB8::1]", "[ipv6:2001:db8::1]", 0 },
		{ FIELD_SMTP_MAIL_FROM_DOMAIN, "EXAMPLE.com", "example.com", 0 },
		{ FIELD_SMTP_RCPT_TO_DOMAIN, "EXAMPLE.com.", "example.com", 0 },
	};

	(void)state;
	CHECK(forms);
}

static void canonical_domain_length_is_bounded(void **state)
{
	uint8_t in[2000], out[CANONICAL_MAX];

	(void)state;
	memset(in, 'a', sizeof(in));
	assert_int_equal(canonical(FIELD_DNS_QUERY, in, 255, out), 255);
	assert_int_equal(canonical(FIELD_DNS_QUERY, in, 256, out), CANONICAL_TOO_LONG);
	assert_int_equal(canonical(FIELD_DNS_QUERY, in, sizeof(in), out), CANONICAL_TOO_LONG);
}

static void canonical_mail_loses_brackets_route_and_quotes(void **state)
{
	static const struct form forms[] = {
		{ FIELD_SMTP_RCPT_TO, "<TestRambo2@GMail.com>", "testrambo2@gmail.com", 0 },
		{ FIELD_SMTP_RCPT_TO, " testrambo2@gmail.com. ", "testrambo2@gmail.com", 0 },
		{ FIELD_SMTP_RCPT_TO, "<@a.example,@b.example:u@c.example>", "u@c.example", 0 },
		{ FIELD_SMTP_RCPT_TO, "<\"John \\\"Q\\\" Doe\"@x.example>",
		  "john \"q\" doe@x.example", 0 },
		{ FIELD_SMTP_RCPT_TO, "\"plain\"@x.example", "plain@x.example", 0 },
		{ FIELD_SMTP_RCPT_TO, "\"a@b\"@x.example", "a@b@x.example", 0 },
		{ FIELD_SMTP_RCPT_TO, "postmaster", "postmaster", 0 },
		{ FIELD_SMTP_RCPT_TO, "u@[192.0.2.1]", "u@[192.0.2.1]", 0 },
		{ FIELD_SMTP_RCPT_TO,
		  "M\xc3\x9cller@B\xc3\xbc"
		  "cher.example",
		  "m\xc3\xbcller@xn--bcher-kva.example", 0 },
		{ FIELD_SMTP_MAIL_FROM, "<>", "", 0 },
		{ FIELD_SMTP_MAIL_FROM, "", "", 0 },
		{ FIELD_SMTP_MAIL_FROM, "<u@x.example", NULL, CANONICAL_MAIL },
		{ FIELD_SMTP_MAIL_FROM, "<", NULL, CANONICAL_MAIL },
		{ FIELD_SMTP_MAIL_FROM, "@x.example", NULL, CANONICAL_MAIL },
		{ FIELD_SMTP_MAIL_FROM, "u@", NULL, CANONICAL_MAIL },
		{ FIELD_SMTP_MAIL_FROM, "<@a,@b>", NULL, CANONICAL_MAIL },
		{ FIELD_SMTP_MAIL_FROM, "\"open@x.example", NULL, CANONICAL_MAIL },
		{ FIELD_SMTP_MAIL_FROM, "\"a\"b@x.example", NULL, CANONICAL_MAIL },
		{ FIELD_SMTP_MAIL_FROM, "\"end\\", NULL, CANONICAL_MAIL },
		{ FIELD_SMTP_MAIL_FROM, "\"\"@x.example", NULL, CANONICAL_EMPTY },
		/* Not u@x.example, which it would read as without its quotes. */
		{ FIELD_SMTP_MAIL_FROM, "\"u@x.example\"", NULL, CANONICAL_MAIL },
		{ FIELD_SMTP_MAIL_FROM, "u\x01@x.example", NULL, CANONICAL_BYTE },
		{ FIELD_SMTP_MAIL_FROM_LOCAL, "WWW-data", "www-data", 0 },
		{ FIELD_SMTP_MAIL_FROM_LOCAL, "\"www-data\"", "www-data", 0 },
		{ FIELD_SMTP_MAIL_FROM_LOCAL, "", NULL, CANONICAL_EMPTY },
	};

	(void)state;
	CHECK(forms);
}

static void canonical_mail_local_splits_at_last_at(void **state)
{
	(void)state;
	assert_int_equal(canonical_mail_local((const uint8_t *)"a@b@x.example", 13), 3);
	assert_int_equal(canonical_mail_local((const uint8_t *)"postmaster", 10), 10);
	assert_int_equal(canonical_mail_local((const uint8_t *)"", 0), 0);
}

static void canonical_digest_is_lower_case_of_its_length(void **state)
{
	static const struct form forms[] = {
		{ FIELD_SSH_CLIENT_HASSH, "51CBA57125523ce4b9db67714a90bf6e",
		  "51cba57125523ce4b9db67714a90bf6e", 0 },
		{ FIELD_SSH_SERVER_HASSH_CORE, "51cba57125523ce4b9db67714a90bf6", NULL,
		  CANONICAL_HEX },
		{ FIELD_TLS_JA3, "51cba57125523ce4b9db67714a90bf6g", NULL, CANONICAL_HEX },
		{ FIELD_TLS_JA3, "51cba57125523ce4b9db67714a90bf6e0", NULL, CANONICAL_HEX },
		{ FIELD_SMTP_ATTACHMENT_SHA256,
		  "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 0 },
		{ FIELD_TLS_JA4, "T13D1516H2_8daaf6152771_E5627EFA2AB1",
		  "t13d1516h2_8daaf6152771_e5627efa2ab1", 0 },
		{ FIELD_TLS_JA4, "t13d1516h2-8daaf6152771_e5627efa2ab1", NULL, CANONICAL_JA4 },
		{ FIELD_TLS_JA4, "t13d1516h2_8daaf615277g_e5627efa2ab1", NULL, CANONICAL_JA4 },
		{ FIELD_TLS_JA4, "t13d1516h2_8daaf6152771_e5627efa2ab", NULL, CANONICAL_JA4 },
	};

	(void)state;
	CHECK(forms);
}

static void canonical_hostkey_is_43_base64_characters(void **state)
{
	static const char key[] = "nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8";
	static const struct form forms[] = {
		{ FIELD_SSH_HOSTKEY_SHA256, "nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8", key, 0 },
		{ FIELD_SSH_HOSTKEY_SHA256, "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
		  key, 0 },
		{ FIELD_SSH_HOSTKEY_SHA256, "nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8=", key,
		  0 },
		{ FIELD_SSH_HOSTKEY_SHA256, "SHA256:", NULL, CANONICAL_BASE64 },
		{ FIELD_SSH_HOSTKEY_SHA256, "nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY", NULL,
		  CANONICAL_BASE64 },
		{ FIELD_SSH_HOSTKEY_SHA256, "nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5S-8", NULL,
		  CANONICAL_BASE64 },
		/* 43 characters that no 32 bytes encode to */
		{ FIELD_SSH_HOSTKEY_SHA256, "nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY9", NULL,
		  CANONICAL_BASE64 },
	};

	(void)state;
	CHECK(forms);
}

static void canonical_ident_keeps_bytes_but_line_end(void **state)
{
	static const struct form forms[] = {
		{ FIELD_SSH_CLIENT_IDENT, "SSH-2.0-PUTTY\r\n", "SSH-2.0-PUTTY", 0 },
		{ FIELD_SSH_CLIENT_IDENT, "SSH-2.0-PUTTY ", "SSH-2.0-PUTTY ", 0 },
		{ FIELD_SSH_SERVER_IDENT, "\r\n", NULL, CANONICAL_EMPTY },
		{ FIELD_SSH_SERVER_SOFTWARE, "OpenSSH_9.2p1", "OpenSSH_9.2p1", 0 },
	};
	uint8_t in[CANONICAL_MAX + 1], out[CANONICAL_MAX];

	(void)state;
	CHECK(forms);
	memset(in, 'x', sizeof(in));
	assert_int_equal(canonical(FIELD_SSH_CLIENT_IDENT, in, CANONICAL_MAX, out), CANONICAL_MAX);
	assert_int_equal(canonical(FIELD_SSH_CLIENT_IDENT, in, CANONICAL_MAX + 1, out),
			 CANONICAL_TOO_LONG);
}

static void canonical_smtp_texts_are_trimmed_and_cased(void **state)
{
	static const struct form forms[] = {
		{ FIELD_SMTP_AUTH_MECHANISM, "cram-md5", "CRAM-MD5", 0 },
		{ FIELD_SMTP_AUTH_MECHANISM, "PLAIN ", "PLAIN", 0 },
		{ FIELD_SMTP_AUTH_MECHANISM, "PLAIN AGE=", NULL, CANONICAL_BYTE },
		{ FIELD_SMTP_AUTH_MECHANISM, "ABCDEFGHIJKLMNOPQRSTU", NULL, CANONICAL_TOO_LONG },
		{ FIELD_SMTP_BANNER, "220 mx.example ESMTP Postfix\r\n", "mx.example ESMTP Postfix",
		  0 },
		{ FIELD_SMTP_BANNER, "220-mx.example", "mx.example", 0 },
		{ FIELD_SMTP_BANNER, "2200 things", "2200 things", 0 },
		{ FIELD_SMTP_BANNER, "220", NULL, CANONICAL_EMPTY },
		{ FIELD_SMTP_ATTACHMENT_NAME, " Invoice.PDF.EXE ", "invoice.pdf.exe", 0 },
		{ FIELD_SMTP_ATTACHMENT_NAME, "\xd0\xa1\xd0\xa7\xd0\x81\xd0\xa2.\xff",
		  "\xd1\x81\xd1\x87\xd1\x91\xd1\x82.\xff", 0 },
		{ FIELD_SMTP_HEADER_ORDER, "Received,Received, RECEIVED,From,To,Received",
		  "received,from,to,received", 0 },
		{ FIELD_SMTP_HEADER_ORDER, "from,,to", NULL, CANONICAL_HEADER },
		{ FIELD_SMTP_HEADER_ORDER, "", NULL, CANONICAL_HEADER },
		{ FIELD_SMTP_HEADER_ORDER, "from,x y", NULL, CANONICAL_HEADER },
		{ FIELD_SMTP_BOUNDARY_SHAPE, "----=_a8A1_91", "----=_a8A1_91", 0 },
		{ FIELD_SMTP_BOUNDARY_SHAPE, "----=_NextPart", NULL, CANONICAL_BOUNDARY },
		{ FIELD_SMTP_BOUNDARY_SHAPE, "a", NULL, CANONICAL_BOUNDARY },
		{ FIELD_SMTP_BOUNDARY_SHAPE, "a2a3", NULL, CANONICAL_BOUNDARY },
		{ FIELD_SMTP_BOUNDARY_SHAPE, "a190a1", NULL, CANONICAL_BOUNDARY },
		{ FIELD_SMTP_BOUNDARY_SHAPE, "a0", NULL, CANONICAL_BOUNDARY },
		{ FIELD_SMTP_BOUNDARY_SHAPE, "_7", NULL, CANONICAL_BOUNDARY },
		{ FIELD_SMTP_BOUNDARY_SHAPE, "", NULL, CANONICAL_EMPTY },
	};

	(void)state;
	CHECK(forms);
}

static void canonical_header_folding_collapses(void **state)
{
	static const uint8_t in[] = "X-Mailer\0  The\r\n\t Bat!  (v3.99)  3\r\n";
	static const uint8_t expected[] = "x-mailer\0The Bat! (v3.99) 3";
	uint8_t out[CANONICAL_MAX];
	int length = canonical(FIELD_SMTP_HEADER, in, sizeof(in) - 1, out);

	(void)state;
	assert_int_equal(length, sizeof(expected) - 1);
	assert_memory_equal(out, expected, sizeof(expected) - 1);
	assert_int_equal(canonical(FIELD_SMTP_HEADER, (const uint8_t *)"x\0", 2, out), 2);
	assert_int_equal(canonical(FIELD_SMTP_HEADER, (const uint8_t *)"x", 1, out),
			 CANONICAL_HEADER);
	assert_int_equal(canonical(FIELD_SMTP_HEADER, (const uint8_t *)"\0x", 2, out),
			 CANONICAL_HEADER);
	assert_int_equal(canonical(FIELD_SMTP_HEADER, (const uint8_t *)"a:\0x", 4, out),
			 CANONICAL_HEADER);
}

static void canonical_boundary_shape_counts_runs(void **state)
{
	static const struct {
		const char *in, *out;
	} shapes[] = {
		{ "----=_NextPart_000_0012_01C8", "----=_A1a3A1a3_93_94_92A191" },
		{ "b1_0123456789ABCDEF", "a191_910A6" },
		{ "===============8349==", "===============94==" },
		{ "5A7E", "91A191A1" },
	};
	uint8_t out[CANONICAL_MAX], raw[CANONICAL_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		int length = canonical_boundary_shape((const uint8_t *)shapes[i].in,
						      strlen(shapes[i].in), out);

		assert_int_equal(length, strlen(shapes[i].out));
		assert_memory_equal(out, shapes[i].out, (size_t)length);
		/* What the appliance computes the compiler accepts. */
		assert_int_equal(canonical(FIELD_SMTP_BOUNDARY_SHAPE, out, (size_t)length, raw),
				 length);
	}
	for (size_t i = 0; i < sizeof(raw); i++) {
		raw[i] = i % 2 ? 'a' : 'A';
	}
	assert_int_equal(canonical_boundary_shape(raw, 512, out), 1024);
	assert_int_equal(canonical_boundary_shape(raw, 513, out), CANONICAL_TOO_LONG);
	assert_int_equal(canonical_boundary_shape(raw, 0, out), CANONICAL_EMPTY);
}

static void canonical_shape_belongs_to_its_field(void **state)
{
	uint8_t out[CANONICAL_MAX];

	(void)state;
	for (int field = 0; field < FIELD_COUNT; field++) {
		size_t accepted = 0;

		for (int shape = 0; shape < SHAPE_COUNT; shape++) {
			const char *name = shape_name((enum shape)shape);
			bool fits = shape_of((enum field)field, (enum shape)shape);
			int length;

			accepted += fits;
			if (field_kind((enum field)field) != FIELD_KIND_SHAPE) {
				assert_false(fits);
				continue;
			}
			length = canonical((enum field)field, (const uint8_t *)name, strlen(name),
					   out);
			assert_int_equal(length, fits ? (int)strlen(name) : CANONICAL_SHAPE);
		}
		assert_int_equal(accepted > 0, field_kind((enum field)field) == FIELD_KIND_SHAPE);
	}
}

static void canonical_address_text_becomes_bytes(void **state)
{
	/* family, prefix length, protocol, port, address */
	static const struct {
		const char *in, *hex;
	} forms[] = {
		{ "135.181.148.230", "042000000087b594e6" },
		{ "10.0.0.0/8", "04080000000a000000" },
		{ "94.75.207.3:35247", "04200089af5e4bcf03" },
		{ "194.54.81.162:53/udp", "0420110035c23651a2" },
		{ "194.54.81.162:80/tcp", "0420060050c23651a2" },
		{ "2001:DB8::/32", "062000000020010db8000000000000000000000000" },
		{ "[2001:db8::1]:22/tcp", "068006001620010db8000000000000000000000001" },
		{ "::ffff:192.0.2.1", "068000000000000000000000000000ffffc0000201" },
		{ "::", "068000000000000000000000000000000000000000" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		uint8_t out[CANONICAL_MAX];
		char text[2 * CANONICAL_ADDRESS_MAX + 1] = "";
		int length = canonical(FIELD_IP_DST, (const uint8_t *)forms[i].in,
				       strlen(forms[i].in), out);

		for (int j = 0; j < length; j++) {
			snprintf(text + 2 * j, 3, "%02x", out[j]);
		}
		assert_string_equal(text, forms[i].hex);
	}
}

static void canonical_address_malformed_is_refused(void **state)
{
	static const struct form forms[] = {
		{ FIELD_IP_DST, "", NULL, CANONICAL_EMPTY },
		{ FIELD_IP_DST, "1.2.3", NULL, CANONICAL_ADDRESS },
		{ FIELD_IP_DST, "1.2.3.4.5", NULL, CANONICAL_ADDRESS },
		{ FIELD_IP_DST, "1.2.3.256", NULL, CANONICAL_ADDRESS },
		{ FIELD_IP_DST, "01.2.3.4", NULL, CANONICAL_ADDRESS },
		{ FIELD_IP_DST, "example.com", NULL, CANONICAL_ADDRESS },
		{ FIELD_IP_DST, "1:2:3:4:5:6:7", NULL, CANONICAL_ADDRESS },
		{ FIELD_IP_DST, "1:2:3:4:5:6:7:8:9", NULL, CANONICAL_ADDRESS },
		{ FIELD_IP_DST, "1::2::3", NULL, CANONICAL_ADDRESS },
		{ FIELD_IP_DST, "1.2.3.4::", NULL, CANONICAL_ADDRESS },
		{ FIELD_IP_DST, "12345::", NULL, CANONICAL_ADDRESS },
		{ FIELD_IP_DST, "[::1", NULL, CANONICAL_ADDRESS },
		{ FIELD_IP_DST, "[1.2.3.4]:5", NULL, CANONICAL_ADDRESS },
		{ FIELD_IP_DST, "10.0.0.0/33", NULL, CANONICAL_PREFIX },
		{ FIELD_IP_DST, "0.0.0.0/0", NULL, CANONICAL_PREFIX },
		{ FIELD_IP_DST, "10.0.0.0/", NULL, CANONICAL_PREFIX },
		{ FIELD_IP_DST, "::/129", NULL, CANONICAL_PREFIX },
		{ FIELD_IP_DST, "10.0.0.1/8", NULL, CANONICAL_HOST_BITS },
		{ FIELD_IP_DST, "2001:db8::1/64", NULL, CANONICAL_HOST_BITS },
		{ FIELD_IP_DST, "1.2.3.4:0", NULL, CANONICAL_PORT },
		{ FIELD_IP_DST, "1.2.3.4:65536", NULL, CANONICAL_PORT },
		{ FIELD_IP_DST, "1.2.3.4:25/sctp", NULL, CANONICAL_PORT },
		{ FIELD_IP_DST, "1.2.3.4:", NULL, CANONICAL_PORT },
		{ FIELD_IP_DST, "[::1]", NULL, CANONICAL_PORT },
	};

	(void)state;
	CHECK(forms);
}

static void punycode_rfc_samples_match(void **state)
{
	static const struct {
		const char *in, *out;
	} samples[] = {
		/* (A) Arabic, (B) Chinese, (D) Czech, (I) Russian, (L) and (P) Japanese */
		{ "\xd9\x84\xd9\x8a\xd9\x87\xd9\x85\xd8\xa7\xd8\xa8\xd8\xaa\xd9\x83\xd9\x84\xd9\x85"
		  "\xd9\x88\xd8\xb4\xd8\xb9\xd8\xb1\xd8\xa8\xd9\x8a\xd8\x9f",
		  "xn--egbpdaj6bu4bxfgehfvwxn" },
		{ "\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9\x88\xe4\xb8\x8d\xe8\xaf\xb4"
		  "\xe4\xb8\xad\xe6\x96\x87",
		  "xn--ihqwcrb4cv8a8dqg056pqjye" },
		{ "Pro\xc4\x8dprost\xc4\x9bnemluv\xc3\xad\xc4\x8d"
		  "esky",
		  "xn--proprostnemluvesky-uyb24dma41a" },
		{ "\xd0\xbf\xd0\xbe\xd1\x87\xd0\xb5\xd0\xbc\xd1\x83\xd0\xb6\xd0\xb5\xd0\xbe\xd0\xbd\xd0\xb8"
		  "\xd0\xbd\xd0\xb5\xd0\xb3\xd0\xbe\xd0\xb2\xd0\xbe\xd1\x80\xd1\x8f\xd1\x82"
		  "\xd0\xbf\xd0\xbe"
		  "\xd1\x80\xd1\x83\xd1\x81\xd1\x81\xd0\xba\xd0\xb8",
		  "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l" },
		{ "3\xe5\xb9\xb4"
		  "b\xe7\xb5\x84\xe9\x87\x91\xe5\x85\xab\xe5\x85\x88\xe7\x94\x9f",
		  "xn--3b-ww4c5e180e575a65lsy2b" },
		{ "maji\xe3\x81\xa7koi\xe3\x81\x99\xe3\x82\x8b"
		  "5\xe7\xa7\x92\xe5\x89\x8d",
		  "xn--majikoi5-783gue6qz075azm5e" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		uint8_t out[CANONICAL_MAX];
		int length = canonical(FIELD_DNS_QUERY, (const uint8_t *)samples[i].in,
				       strlen(samples[i].in), out);

		assert_int_equal(length, strlen(samples[i].out));
		assert_memory_equal(out, samples[i].out, (size_t)length);
	}
}

static void punycode_label_too_long_is_refused(void **state)
{
	uint32_t letters[PUNYCODE_LABEL_MAX + 1];
	uint8_t out[PUNYCODE_LABEL_MAX];

	(void)state;
	for (size_t i = 0; i < PUNYCODE_LABEL_MAX + 1; i++) {
		letters[i] = 0x4e00 + 97 * (uint32_t)i;
	}
	assert_int_equal(punycode_label(letters, 0, out), 0);
	assert_true(punycode_label(letters, 10, out) > 0);
	assert_int_equal(punycode_label(letters, 60, out), 0);
	assert_int_equal(punycode_label(letters, PUNYCODE_LABEL_MAX + 1, out), 0);
}

static void letter_decode_malformed_is_refused(void **state)
{
	static const char *const malformed[] = {
		"\x80",
		"\xc0\x80",
		"\xc1\xbf",
		"\xc3",
		"\xe0\x80\x80",
		"\xed\xa0\x80",
		"\xf0\x80\x80\x80",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xe4\xb8",
		"\xc3(",
		"\xff",
	};
	uint32_t letter;

	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		assert_int_equal(letter_decode((const uint8_t *)malformed[i], strlen(malformed[i]),
					       &letter),
				 0);
	}
	assert_int_equal(letter_decode((const uint8_t *)"", 0, &letter), 0);
}

static void letter_every_character_survives_encoding(void **state)
{
	(void)state;
	for (uint32_t letter = 0; letter <= 0x10ffff; letter++) {
		uint8_t bytes[LETTER_UTF8_MAX];
		uint32_t back = 0;
		size_t length;

		if (letter >= 0xd800 && letter <= 0xdfff) {
			continue;
		}
		length = letter_encode(letter, bytes);
		assert_int_equal(letter_decode(bytes, length, &back), length);
		assert_int_equal(back, letter);
		/* Lower case stays as long and is lower case already. */
		assert_int_equal(letter_encode(letter_lower(letter), bytes), length);
		assert_int_equal(letter_lower(letter_lower(letter)), letter_lower(letter));
	}
}

/* Whatever comes in: bounded, an error with a text, and a fixed point but for the fields whose
 * notation is not their form (quotes of mail addresses, the text of addresses, banners). */
static void canonical_random_bytes_give_bounded_fixed_points(void **state)
{
	static const char alphabet[] = "aZ09@<>\"\\.:,-_= \t\r\n\xc3\xbc\xd0\x9f\xff/[]";
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 60000; round++) {
		uint8_t in[1100], out[CANONICAL_MAX], again[CANONICAL_MAX];
		enum field field = (enum field)(round % FIELD_COUNT);
		size_t length;
		int got;

		random = random * 1664525 + 1013904223;
		length = round % 50 == 0 ? random >> 16 & 1023 : random >> 16 & 31;
		for (size_t i = 0; i < length; i++) {
			random = random * 1664525 + 1013904223;
			in[i] = (uint8_t)alphabet[(random >> 16) % sizeof(alphabet)];
		}
		got = canonical(field, in, length, out);
		if (got < 0) {
			assert_true(got >= CANONICAL_ERROR_MIN);
			assert_true(strlen(canonical_error_text(got)) > 0);
			continue;
		}
		assert_true(got <= CANONICAL_MAX);
		if (field_kind(field) == FIELD_KIND_ADDRESS || field == FIELD_SMTP_MAIL_FROM ||
		    field == FIELD_SMTP_RCPT_TO || field == FIELD_SMTP_MAIL_FROM_LOCAL ||
		    field == FIELD_SMTP_BANNER || field_kind(field) == FIELD_KIND_DOMAIN) {
			continue;
		}
		assert_int_equal(canonical(field, out, (size_t)got, again), got);
		assert_memory_equal(again, out, (size_t)got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical_domain_is_lower_case_a_labels),
		cmocka_unit_test(canonical_domain_length_is_bounded),
		cmocka_unit_test(canonical_mail_loses_brackets_route_and_quotes),
		cmocka_unit_test(canonical_mail_local_splits_at_last_at),
		cmocka_unit_test(canonical_digest_is_lower_case_of_its_length),
		cmocka_unit_test(canonical_hostkey_is_43_base64_characters),
		cmocka_unit_test(canonical_ident_keeps_bytes_but_line_end),
		cmocka_unit_test(canonical_smtp_texts_are_trimmed_and_cased),
		cmocka_unit_test(canonical_header_folding_collapses),
		cmocka_unit_test(canonical_boundary_shape_counts_runs),
		cmocka_unit_test(canonical_shape_belongs_to_its_field),
		cmocka_unit_test(canonical_address_text_becomes_bytes),
		cmocka_unit_test(canonical_address_malformed_is_refused),
		cmocka_unit_test(punycode_rfc_samples_match),
		cmocka_unit_test(punycode_label_too_long_is_refused),
		cmocka_unit_test(letter_decode_malformed_is_refused),
		cmocka_unit_test(letter_every_character_survives_encoding),
		cmocka_unit_test(canonical_random_bytes_give_bounded_fixed_points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
