/* SPDX-License-Identifier: BSD-2-Clause */
/* Host key fingerprints against ssh-keygen's, for keys and certificates, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/ssh_hostkey.h"
#include "tests/scanner/ssh_keys.h"

#define BLOCKS 40u

static _Alignas(8) uint8_t memory[BLOCKS * POOL_BLOCK_BYTES];
static struct pool pool;
static struct text text;
static struct ssh_hostkey key;

static size_t decode(const char *base64, uint8_t *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	unsigned held = 0;
	size_t n = 0;

	for (; *base64 != '\0' && *base64 != '='; base64++) {
		bits = bits << 6 | (uint32_t)(strchr(digits, *base64) - digits);
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[n++] = (uint8_t)(bits >> held);
		}
	}
	return n;
}

/* Reads a reply's payload: the blob as a string, and something behind it. */
static bool read_blob(const uint8_t *blob, size_t length)
{
	const uint8_t prefix[4] = { 0, 0, (uint8_t)(length >> 8), (uint8_t)length };
	struct ssh_payload payload = { &pool, &text };

	pool_init(&pool, memory, BLOCKS);
	text = (struct text){ 0 };
	assert_true(text_append(&pool, &text, prefix, sizeof(prefix)));
	assert_true(text_append(&pool, &text, blob, length));
	assert_true(text_append(&pool, &text, (const uint8_t *)"\0\0\0\1f", 5));
	memset(&key, 0xee, sizeof(key));
	return ssh_hostkey_read(&payload, &key);
}

static void assert_key(const char *type, const char *fingerprint)
{
	assert_int_equal(key.type_length, strlen(type));
	assert_memory_equal(key.type, type, strlen(type));
	assert_int_equal(strlen(fingerprint), sizeof(key.fingerprint));
	assert_memory_equal(key.fingerprint, fingerprint, sizeof(key.fingerprint));
}

static void read_plain_key_gives_its_fingerprint(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(recorded_keys) / sizeof(recorded_keys[0]); i++) {
		uint8_t blob[1024];

		assert_true(read_blob(blob, decode(recorded_keys[i].key, blob)));
		assert_key(recorded_keys[i].type, recorded_keys[i].fingerprint);
	}
}

static void read_certificate_gives_the_certified_keys_fingerprint(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(recorded_keys) / sizeof(recorded_keys[0]); i++) {
		uint8_t blob[1024];

		assert_true(read_blob(blob, decode(recorded_keys[i].certificate, blob)));
		assert_key(recorded_keys[i].certificate_type, recorded_keys[i].fingerprint);
	}
}

/* Cut short it is hashed as it stands: still a key, but another one. */
static void read_cut_certificate_gives_another_fingerprint(void **state)
{
	uint8_t blob[1024];
	size_t length = decode(recorded_keys[0].certificate, blob);

	(void)state;
	for (size_t cut = 40; cut < 300; cut++) {
		assert_true(read_blob(blob, cut));
		assert_memory_not_equal(key.fingerprint, recorded_keys[0].fingerprint,
					sizeof(key.fingerprint));
	}
	assert_true(read_blob(blob, length));
}

static void read_unknown_type_hashes_the_blob(void **state)
{
	static const uint8_t blob[] = "\0\0\0\x1cssh-abc-cert-v01@openssh.com";

	(void)state;
	assert_true(read_blob(blob, sizeof(blob) - 1));
	/* printf '\0\0\0\x1cssh-abc…' | openssl dgst -sha256 -binary | base64 */
	assert_key("ssh-abc-cert-v01@openssh.com", "hkSWgqICH8eIJDZsKoD+J+sYo0pG7mxM6k6HEh5Z7dc");
}

static void read_key_of_many_blocks_hashes_all(void **state)
{
	static uint8_t blob[11 + 3000] = "\0\0\0\7ssh-abc";

	(void)state;
	for (size_t i = 0; i < 3000; i++) {
		blob[11 + i] = (uint8_t)(i % 251);
	}
	assert_true(read_blob(blob, sizeof(blob)));
	/* the same bytes by python3-hashlib */
	assert_key("ssh-abc", "qdHTO6B1GdM2v5lMok7mF3QG/sdKaFHHMVY2bGAN8iA");
}

static void read_what_is_no_key_is_false(void **state)
{
	static const struct {
		size_t length;
		const char *bytes;
	} rows[] = {
		{ 0, "" },
		{ 3, "\0\0\0" },
		{ 4, "\0\0\0\0" },
		{ 10, "\0\0\0\6ssh-ab" }, /* shorter than any type */
		{ 11, "\0\0\0\x8ssh-rsa" }, /* beyond the blob */
		{ 11, "\0\0\0\7ssh rsa" },
		{ 11, "\0\0\0\7ssh,rsa" },
		{ 11, "\0\0\0\7ssh-rs\xff" },
		{ 11, "\0\xff\xff\xff\xff\xff\xff\xc9\x0f\xda\xa2" }, /* a number, as for a group */
		{ 11, "\xff\xff\xff\xffssh-rsa" },
		{ 12, "\x04\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b" }, /* a point */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_false(read_blob((const uint8_t *)rows[i].bytes, rows[i].length));
	}
}

static void read_type_name_has_at_most_64_characters(void **state)
{
	uint8_t blob[69] = { 0, 0, 0, 64 };

	(void)state;
	memset(blob + 4, 'a', 65);
	assert_true(read_blob(blob, 68));
	blob[3] = 65;
	assert_false(read_blob(blob, 69));
}

static void read_blob_beyond_payload_is_false(void **state)
{
	struct ssh_payload payload = { &pool, &text };

	(void)state;
	pool_init(&pool, memory, BLOCKS);
	text = (struct text){ 0 };
	assert_true(text_append(&pool, &text, (const uint8_t *)"\0\0\0\x0c\0\0\0\7ssh-rsa", 15));
	assert_false(ssh_hostkey_read(&payload, &key));
	text_clear(&pool, &text);
	assert_false(ssh_hostkey_read(&payload, &key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_plain_key_gives_its_fingerprint),
		cmocka_unit_test(read_certificate_gives_the_certified_keys_fingerprint),
		cmocka_unit_test(read_cut_certificate_gives_another_fingerprint),
		cmocka_unit_test(read_unknown_type_hashes_the_blob),
		cmocka_unit_test(read_key_of_many_blocks_hashes_all),
		cmocka_unit_test(read_what_is_no_key_is_false),
		cmocka_unit_test(read_type_name_has_at_most_64_characters),
		cmocka_unit_test(read_blob_beyond_payload_is_false),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
