/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256 against published and generated vectors (FIPS 180-4's examples; others from
 * Python's hashlib), whole and in pieces, with every body this processor can run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/hash/sha256.h"
#include "tests/scanner/cpu_has.h"

static const struct {
	const char *in, *digest;
} published[] = {
	{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
};

/* Inputs of bytes (7 i + 3) mod 256, around the edges of blocks and padding. */
static const struct {
	size_t length;
	const char *digest;
} generated[] = {
	{ 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ 1, "084fed08b978af4d7d196a7446a86b58009e636b611db16211b65a9aadff29c5" },
	{ 3, "6ab0dba1f4f1dfbb37b4f9eeb092c09fca4900ad32bdcd147d8dde35d6c87c35" },
	{ 54, "160bbf14b458c877b7049e7cb5771dd653930f97d20bdd8ee795c16062906233" },
	{ 55, "e7313d333c272e639f790978283f9eb392e843d0f29b7016828bb1daa4aac70b" },
	{ 56, "4324d65f3c103567f5589c710bc08f8523f929a9272e3af36fc968e52abc6c27" },
	{ 57, "35df609437dcfea3279283ab79fd554e2bf78f8f7ae2de532d8ee300b09e8f73" },
	{ 63, "81c80242132f230c3bd41b3e63bbcff16107339549214a99614ff26664625055" },
	{ 64, "39e3d7b6b5d075d37d053ad89b24b41bef4f3c29760c84447cab3f3be1882241" },
	{ 65, "aacca6ff74fdbb296d165a45cecfa04e5127bc008770fbbdd48006f2d2fae95e" },
	{ 111, "67d9492e628fd376e0b2efec8ca2b99b123e202cf620deb270728df979b2f73e" },
	{ 112, "96b928cff8528dbb99602c709a65b846cb6467acb8b722f0d758e4dc27bfc508" },
	{ 119, "9ce7368e4daf32341631b492e80359dc9f594b48453cd0dd5bf0b19279cc177e" },
	{ 120, "7836b787757e95e58b3ca5aec90b1b004e8deba1e50e9675af9cabf1a13a04b5" },
	{ 127, "a8d23e75d936f303d248888d9b165ee543f4cbafcad3c9dd2a79bd84faa11d07" },
	{ 128, "d2742f1f4ac6bb7ca2b239ee18402ba8b3f9f8e652d2a72973c2b9ba11c08cf6" },
	{ 129, "307f8fc2c1622b92762e818d39a185d4d667ad49a4b07ceae1f4afa008a93ec4" },
	{ 183, "80e7b84a99c797730865825b4614ead40b157674e54de7f6b07361f10317b866" },
	{ 184, "9104901c5fb45016420078acb248323481f2389bc96f790fe692f5a81ca358fe" },
	{ 700, "54e4fb4f9ba1bb6d7ae442025ad12b8a2491217b2508d03a1aa09323cb5297cf" },
	{ 1000, "1e9bc38cbf860b9ec31918b065f9b52476c549a782e0e7990bed8ce3868d2371" },
};

static void assert_digest(const uint8_t digest[static SHA256_SIZE], const char *expected)
{
	char hex[2 * SHA256_SIZE + 1];

	for (size_t i = 0; i < SHA256_SIZE; i++) {
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	}
	assert_string_equal(hex, expected);
}

static void pattern(uint8_t *in, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		in[i] = (uint8_t)(7 * i + 3);
	}
}

static void sha256_published_inputs_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
		struct sha256 hash;
		uint8_t digest[SHA256_SIZE];

		sha256_init(&hash);
		sha256_update(&hash, published[i].in, strlen(published[i].in));
		sha256_final(&hash, digest);
		assert_digest(digest, published[i].digest);
	}
}

static void sha256_every_padding_matches(void **state)
{
	uint8_t in[1000];

	(void)state;
	pattern(in, sizeof(in));
	for (size_t i = 0; i < sizeof(generated) / sizeof(generated[0]); i++) {
		struct sha256 hash;
		uint8_t digest[SHA256_SIZE];

		sha256_init(&hash);
		sha256_update(&hash, in, generated[i].length);
		sha256_final(&hash, digest);
		assert_digest(digest, generated[i].digest);
	}
}

static void sha256_every_split_gives_same_digest(void **state)
{
	uint8_t in[200];
	uint8_t whole[SHA256_SIZE], pieces[SHA256_SIZE];
	struct sha256 hash;

	(void)state;
	pattern(in, sizeof(in));
	sha256_init(&hash);
	sha256_update(&hash, in, sizeof(in));
	sha256_final(&hash, whole);
	for (size_t first = 0; first <= sizeof(in); first++) {
		for (size_t second = first; second <= sizeof(in); second += 7) {
			sha256_init(&hash);
			sha256_update(&hash, in, first);
			sha256_update(&hash, in + first, second - first);
			sha256_update(&hash, in + second, sizeof(in) - second);
			sha256_final(&hash, pieces);
			assert_memory_equal(pieces, whole, SHA256_SIZE);
		}
	}
}

static void sha256_million_bytes_match(void **state)
{
	struct sha256 hash;
	uint8_t in[1000], digest[SHA256_SIZE];

	(void)state;
	memset(in, 'a', sizeof(in));
	sha256_init(&hash);
	for (size_t i = 0; i < 1000; i++) {
		sha256_update(&hash, in, sizeof(in));
	}
	sha256_final(&hash, digest);
	assert_digest(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static int use_portable(void **state)
{
	(void)state;
	sha256_select(false);
	return 0;
}

/* The processor's own body must be tested where it exists: elsewhere the cases say "skipped". */
static int use_cpu(void **state)
{
	(void)state;
	if (cpu_has_sha()) {
		sha256_select(true);
	}
	return 0;
}

#define CPU_TEST(function)                          \
	static void function##_on_cpu(void **state) \
	{                                           \
		if (!cpu_has_sha()) {               \
			skip();                     \
		}                                   \
		function(state);                    \
	}

CPU_TEST(sha256_published_inputs_match)
CPU_TEST(sha256_every_padding_matches)
CPU_TEST(sha256_every_split_gives_same_digest)
CPU_TEST(sha256_million_bytes_match)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sha256_published_inputs_match, use_portable),
		cmocka_unit_test_setup(sha256_every_padding_matches, use_portable),
		cmocka_unit_test_setup(sha256_every_split_gives_same_digest, use_portable),
		cmocka_unit_test_setup(sha256_million_bytes_match, use_portable),
		cmocka_unit_test_setup(sha256_published_inputs_match_on_cpu, use_cpu),
		cmocka_unit_test_setup(sha256_every_padding_matches_on_cpu, use_cpu),
		cmocka_unit_test_setup(sha256_every_split_gives_same_digest_on_cpu, use_cpu),
		cmocka_unit_test_setup(sha256_million_bytes_match_on_cpu, use_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
