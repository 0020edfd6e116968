/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Identification lines: what they are split into, their shapes (those of Ebury's
 * logins, and the idents of the real world that must not look like one), the lines
 * before them, their bounds, every split.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/ssh_ident.h"

#define BLOCKS 8u

static _Alignas(8) uint8_t memory[BLOCKS * POOL_BLOCK_BYTES];
static struct pool pool;
static struct ssh_ident ident;

static void feed(const void *bytes, size_t length, size_t piece)
{
	const uint8_t *next = bytes;

	for (size_t at = 0; at < length && ident.state == SSH_IDENT_READING;) {
		size_t end = (at / piece + 1) * piece;

		at += ssh_ident_feed(&ident, &pool, next + at, (end < length ? end : length) - at);
	}
}

static void begin(void)
{
	pool_init(&pool, memory, BLOCKS);
	ident = (struct ssh_ident){ 0 };
}

static void read_line(const char *line)
{
	begin();
	feed(line, strlen(line), SIZE_MAX / 2);
}

static bool has_only(enum shape shape)
{
	return ident.shapes == 1u << shape;
}

/* The line's bytes from `at`; valid until the next call. */
static const char *part(size_t at, size_t length)
{
	static char text[SSH_IDENT_KEPT_MAX + 1];

	text[text_copy(&pool, &ident.line, at, (uint8_t *)text, length)] = '\0';
	return text;
}

static void split_plain_ident_gives_protocol_and_software(void **state)
{
	(void)state;
	read_line("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7\r\n");
	assert_int_equal(ident.state, SSH_IDENT_COMPLETE);
	assert_true(ident.version_2);
	assert_int_equal(ident.shapes, 0);
	assert_string_equal(part(0, ident.length), "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7");
	assert_string_equal(part(4, ident.protocol_length), "2.0");
	assert_string_equal(part(ident.software_at, ident.software_length), "OpenSSH_9.2p1");
}

static void split_odd_idents_gives_what_is_there(void **state)
{
	static const struct {
		const char *line, *protocol, *software;
		bool version_2;
	} rows[] = {
		{ "SSH-1.99-Cisco-1.25\r\n", "1.99", "Cisco-1.25", true },
		{ "SSH-1.5-1.2.27\r\n", "1.5", "1.2.27", false },
		{ "SSH-2.0-\r\n", "2.0", "", true },
		{ "SSH-2.0\r\n", "2.0", "", true },
		{ "SSH-\r\n", "", "", false },
		{ "SSH-2.0- leading space\r\n", "2.0", "", true },
		{ "SSH-2.9-x y z\r\n", "2.9", "x", true },
		{ "SSH-1.990-x\r\n", "1.990", "x", false },
		{ "SSH-2.0-a\rb\r\n", "2.0", "a\rb", true },
		{ "SSH-2.0-\xff\xfe\x80 c\r\n", "2.0", "\xff\xfe\x80", true },
		{ "SSH-12345678901234567890-x\r\n", "1234567890123456", "x", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		read_line(rows[i].line);
		assert_int_equal(ident.state, SSH_IDENT_COMPLETE);
		assert_int_equal(ident.version_2, rows[i].version_2);
		assert_string_equal(part(4, ident.protocol_length), rows[i].protocol);
		assert_string_equal(part(ident.software_at, ident.software_length),
				    rows[i].software);
		assert_int_equal(ident.length, strlen(rows[i].line) - 2);
	}
}

static void feed_nul_in_ident_keeps_it(void **state)
{
	static const uint8_t line[] = "SSH-2.0-a\0b\r\n";

	(void)state;
	begin();
	feed(line, sizeof(line) - 1, 100);
	assert_int_equal(ident.state, SSH_IDENT_COMPLETE);
	assert_int_equal(ident.length, 11);
	assert_int_equal(ident.software_length, 3);
}

static void feed_ebury_idents_gives_their_shape_and_prefix(void **state)
{
	static const struct {
		const char *line;
		enum shape shape;
		const char *prefix;
	} rows[] = {
		{ "SSH-2.0-b479ec723a2ba590d6c4a0bf40f4ba\r\n", SHAPE_IDENT_EBURY_HEX, "b479" },
		{ "SSH-2.0-0123456789abcdef012345\r\n", SHAPE_IDENT_EBURY_HEX, "0123" },
		{ "SSH-2.0-0123456789abcdef0123456789abcdef0123456789abcd\r\n",
		  SHAPE_IDENT_EBURY_HEX, "0123" },
		{ "SSH-2.0-01 23456789abcdef012345\r\n", SHAPE_IDENT_EBURY_HEX, "0123" },
		{ "SSH-2.0-XDbxdCP/G9Dcd1qDCE+t\r\n", SHAPE_IDENT_EBURY_BASE64, "XDbx" },
		{ "SSH-2.0-FcZpUkMuIY 2MfBBDvOJdFBTFUw==\r\n", SHAPE_IDENT_EBURY_BASE64, "FcZp" },
		{ "SSH-2.0-a B 1 defghijklmnopqrstu=\r\n", SHAPE_IDENT_EBURY_BASE64, "aB1d" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char prefix[SSH_EBURY_PREFIX + 1] = { 0 };

		read_line(rows[i].line);
		assert_true(has_only(rows[i].shape));
		assert_true(ssh_ident_is_secret(&ident));
		ssh_ident_prefix(&ident, &pool, (uint8_t *)prefix);
		assert_string_equal(prefix, rows[i].prefix);
	}
}

static const char *const near_misses[] = {
	/* one hexadecimal digit too few, one too many, an upper-case one, none */
	"0123456789abcdef01234",
	"0123456789abcdef0123456789abcdef0123456789abcde",
	"0123456789ABCDEF0123456",
	"g123456789abcdef0123456",
	/* base64 that is too short, lacks a class, or goes on behind '=' */
	"XDbxdCP/G9Dcd1qDCE+",
	"XDbxdCP/GaDcdaqDCE+t",
	"xdbxdcp/g9dcd1qdce+t",
	"XDBXDCP/G9DCD1QDCE+T",
	"XDbxdCP/G9Dcd1qDCE=t",
	"XDbxdCP/G9Dcd1qDCE+t===",
	"XDbxdCP/G9Dcd1qDCE+t_",
	/* what is out there */
	"OpenSSH_9.2p1 Debian-2+deb12u7",
	"OpenSSH_for_Windows_8.1",
	"dropbear_2022.83",
	"libssh2_1.10.0",
	"libssh_0.9.6",
	"Go",
	"paramiko_2.12.0",
	"Cisco-1.25",
	"ROSSSH",
	"PuTTY_Release_0.78",
	"PUTTY",
	"PuTTY_Local:_Feb__5_2013_18:26:54",
	"JSCH-0.1.54",
	"babeld-4d7c7d4",
	"AsyncSSH_2.10.1",
	"Twisted",
	"XXX",
	"HUAWEI-1.5",
	"CrushFTPSSHD",
	"mod_sftp",
	"AWS_SFTP_1.1",
	"WinSCP_release_5.21.7",
	"FileZilla_3.60.2",
	"SSHJ_0.31.0",
	"APACHE-SSHD-2.8.0",
	"RebexSSH 5.0.7892.0",
	"1.82 sshlib: WinSSHD 4.27",
	"GitLab-SSHD",
	"Sun_SSH_1.1.5",
	"ssh2js1.11.0",
	"phpseclib_3.0 (libsodium, openssl, gmp)",
	"Trilead SSH2Java_213",
	"Nmap-SSH2-Hostkey",
	"ZGrab ZGrab SSH Survey",
	"arista",
	"NetScreen",
	"lancom",
	"SSH",
	"",
};

static void feed_near_misses_gives_no_shape(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(near_misses) / sizeof(near_misses[0]); i++) {
		char line[128] = "SSH-2.0-";

		strcat(line, near_misses[i]);
		strcat(line, "\r\n");
		read_line(line);
		assert_int_equal(ident.state, SSH_IDENT_COMPLETE);
		if (ident.shapes != 0) {
			fail_msg("%s has shapes %x", line, ident.shapes);
		}
		assert_false(ssh_ident_is_secret(&ident));
	}
}

static void feed_ebury_software_of_other_version_gives_no_shape(void **state)
{
	(void)state;
	read_line("SSH-1.99-b479ec723a2ba590d6c4a0bf40f4ba\r\n");
	assert_int_equal(ident.shapes, 0);
	read_line("SSH-2.0_b479ec723a2ba590d6c4a0bf40f4ba\r\n");
	assert_int_equal(ident.shapes, 0);
}

static void feed_bare_lf_gives_its_shape(void **state)
{
	(void)state;
	read_line("SSH-2.0-x\n");
	assert_true(has_only(SHAPE_IDENT_BARE_LF));
	assert_int_equal(ident.length, 9);
	read_line("SSH-\n");
	assert_true(has_only(SHAPE_IDENT_BARE_LF));
	assert_int_equal(ident.length, 4);
	read_line("hello\r\nSSH-\n");
	assert_int_equal(ident.shapes,
			 1u << SHAPE_IDENT_BARE_LF | 1u << SHAPE_IDENT_PRE_IDENT_LINES);
}

/* A line of `length` bytes, CR LF included. */
static void read_long(size_t length)
{
	char *line = malloc(length);

	assert_non_null(line);
	memset(line, '.', length);
	memcpy(line, "SSH-2.0-", 8);
	memcpy(line + length - 2, "\r\n", 2);
	begin();
	feed(line, length, 1000);
	free(line);
}

static void feed_long_ident_gives_oversize_beyond_255(void **state)
{
	(void)state;
	read_long(255);
	assert_int_equal(ident.state, SSH_IDENT_COMPLETE);
	assert_int_equal(ident.shapes, 0);
	read_long(256);
	assert_true(has_only(SHAPE_IDENT_OVERSIZE));
	assert_int_equal(ident.length, 254);
	read_long(1026);
	assert_int_equal(ident.length, 1024);
	read_long(1027);
	assert_int_equal(ident.length, SSH_IDENT_KEPT_MAX);
	read_long(SSH_IDENT_LINE_MAX);
	assert_int_equal(ident.state, SSH_IDENT_COMPLETE);
	assert_int_equal(ident.length, SSH_IDENT_KEPT_MAX);
	read_long(SSH_IDENT_LINE_MAX + 1);
	assert_int_equal(ident.state, SSH_IDENT_FOREIGN);
}

static void feed_lines_before_ident_gives_shape_up_to_bounds(void **state)
{
	(void)state;
	for (unsigned lines = SSH_IDENT_LINES_MAX; lines <= SSH_IDENT_LINES_MAX + 1; lines++) {
		begin();
		for (unsigned i = 0; i < lines; i++) {
			feed(i % 2 != 0 ? "Welcome\r\n" : "\n", i % 2 != 0 ? 9 : 1, 100);
		}
		feed("SSH-2.0-x\r\n", 11, 100);
		if (lines <= SSH_IDENT_LINES_MAX) {
			assert_int_equal(ident.state, SSH_IDENT_COMPLETE);
			assert_true(has_only(SHAPE_IDENT_PRE_IDENT_LINES));
			assert_int_equal(ident.length, 9);
		} else {
			assert_int_equal(ident.state, SSH_IDENT_FOREIGN);
		}
	}
}

static void feed_long_line_before_ident_is_foreign_beyond_bound(void **state)
{
	static char line[SSH_IDENT_LINE_MAX + 1];

	(void)state;
	memset(line, 'a', sizeof(line));
	line[SSH_IDENT_LINE_MAX - 1] = '\n';
	begin();
	feed(line, SSH_IDENT_LINE_MAX, 777);
	assert_int_equal(ident.state, SSH_IDENT_READING);
	assert_int_equal(ident.lines, 1);
	line[SSH_IDENT_LINE_MAX - 1] = 'a';
	line[SSH_IDENT_LINE_MAX] = '\n';
	begin();
	feed(line, SSH_IDENT_LINE_MAX + 1, 777);
	assert_int_equal(ident.state, SSH_IDENT_FOREIGN);
}

static void feed_nul_before_ident_is_foreign(void **state)
{
	(void)state;
	begin();
	feed("a\0b\r\n", 5, 100);
	assert_int_equal(ident.state, SSH_IDENT_FOREIGN);
	assert_int_equal(ident.lines, 0);
}

static void feed_first_wrong_byte_stops_there(void **state)
{
	(void)state;
	begin();
	assert_int_equal(ssh_ident_feed(&ident, &pool, (const uint8_t *)"SSX-2.0-x\r\n", 11), 2);
	assert_true(ssh_ident_is_late(&ident));
	assert_false(ssh_ident_is_ssh(&ident));
	begin();
	assert_int_equal(ssh_ident_feed(&ident, &pool, (const uint8_t *)"SSH-2.0-x\r\n", 11), 4);
	assert_false(ssh_ident_is_late(&ident));
	assert_true(ssh_ident_is_ssh(&ident));
}

static void feed_any_split_gives_the_same(void **state)
{
	static const char *const inputs[] = {
		"SSH-2.0-FcZpUkMuIY 2MfBBDvOJdFBTFUw==\r\n",
		"220 hello\r\n\r\nSSX\nSS\nSSH-2.0-dropbear_2022.83 x\n",
		"SSH-\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		struct ssh_ident whole;
		char line[64];

		read_line(inputs[i]);
		whole = ident;
		strcpy(line, part(0, ident.length));
		for (size_t piece = 1; piece < strlen(inputs[i]); piece++) {
			begin();
			feed(inputs[i], strlen(inputs[i]), piece);
			assert_int_equal(ident.state, SSH_IDENT_COMPLETE);
			assert_int_equal(ident.shapes, whole.shapes);
			assert_int_equal(ident.software_length, whole.software_length);
			assert_int_equal(ident.length, whole.length);
			assert_string_equal(part(0, ident.length), line);
		}
	}
}

static void feed_empty_pool_completes_without_line(void **state)
{
	(void)state;
	begin();
	while (pool_take(&pool) != POOL_NONE) {
	}
	feed("SSH-2.0-x\r\n", 11, 3);
	assert_int_equal(ident.state, SSH_IDENT_COMPLETE);
	assert_int_equal(ident.length, 0);
	assert_true(ident.version_2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(split_plain_ident_gives_protocol_and_software),
		cmocka_unit_test(split_odd_idents_gives_what_is_there),
		cmocka_unit_test(feed_nul_in_ident_keeps_it),
		cmocka_unit_test(feed_ebury_idents_gives_their_shape_and_prefix),
		cmocka_unit_test(feed_near_misses_gives_no_shape),
		cmocka_unit_test(feed_ebury_software_of_other_version_gives_no_shape),
		cmocka_unit_test(feed_bare_lf_gives_its_shape),
		cmocka_unit_test(feed_long_ident_gives_oversize_beyond_255),
		cmocka_unit_test(feed_lines_before_ident_gives_shape_up_to_bounds),
		cmocka_unit_test(feed_long_line_before_ident_is_foreign_beyond_bound),
		cmocka_unit_test(feed_nul_before_ident_is_foreign),
		cmocka_unit_test(feed_first_wrong_byte_stops_there),
		cmocka_unit_test(feed_any_split_gives_the_same),
		cmocka_unit_test(feed_empty_pool_completes_without_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
