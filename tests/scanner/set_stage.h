/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of signature sets open: one compiled set, with signatures of many kinds. Included
 * by one program each.
 */
#ifndef TESTS_SCANNER_SET_STAGE_H
#define TESTS_SCANNER_SET_STAGE_H

#include <stdio.h>
#include <stdlib.h>

#include "tests/tools/compile_text.h"

static const char signatures[] =
	"10 critical quarantine=2h ip.dst 192.0.2.1 msg=\"address\" ref=\"a report\" class=c rev=3\n"
	"11 high drop ip.dst 192.0.2.1:25/tcp\n"
	"12 medium reject ip.dst 192.0.2.1:25 expires=2027-06-30 from=inside\n"
	"13 low alert ip.dst 192.0.2.0/24\n"
	"14 low alert ip.dst 192.0.0.0/16\n"
	"15 low alert ip.src 2001:db8::/33\n"
	"16 low alert ip.src [2001:db8::1]:53/udp\n"
	"20 high drop dns.query evil.example msg=\"domain\"\n"
	"21 high alert dns.query a.b.evil.example\n"
	"20 high drop dns.query b.evil.example msg=\"domain\"\n"
	"22 high alert tls.sni evil.example\n"
	"30 low alert smtp.rcpt_to u@evil.example\n"
	"31 low alert smtp.rcpt_to u@evil.example\n"
	"32 low alert smtp.header.x-mailer \"The Bat!\" from=outside\n"
	"33 low alert ssh.client.ident.shape ebury-hex\n"
	"34 low alert smtp.shape php-eval\n";

static struct blob compiled;

static int compile_signatures(void **state)
{
	(void)state;
	compiled = compile_text(signatures, sizeof(signatures) - 1, false, stderr);
	return compiled.bytes == NULL;
}

static int free_signatures(void **state)
{
	(void)state;
	free(compiled.bytes);
	return 0;
}

#endif
