/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-1 against published and generated vectors (FIPS 180-4's examples; others from
 * Python's hashlib), whole and in pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/hash/sha1.h"

static const struct {
	const char *in, *digest;
} published[] = {
	{ "", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
	{ "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	  "a49b2446a02c645bf419f995b67091253a04a259" },
};

/* Inputs of bytes (7 i + 3) mod 256, around the edges of blocks and padding. */
static const struct {
	size_t length;
	const char *digest;
} generated[] = {
	{ 0, "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
	{ 1, "9842926af7ca0a8cca12604f945414f07b01e13d" },
	{ 3, "4201de9f98cb0a9b8cf52398be7802b55d45266a" },
	{ 54, "0617d0e2db51b03d5d09c217b3fe0643ed6d152f" },
	{ 55, "ddf57317ef34bfee3b6df83d359098930eb278bc" },
	{ 56, "a0d492bb0fc889d0eca3bc137066ab6f4f74f369" },
	{ 57, "11a02dcf95859677a62e75024067c22b165d890f" },
	{ 63, "c55856749bef509bdfe6bfebfc7bf4e793e82132" },
	{ 64, "bede92be29c3874e1b54ddc77988d606fc857a8e" },
	{ 65, "b05a80522b053d6dc7e0a517d0e70212c7dad11f" },
	{ 111, "4a01b1272627e5be00f57bc3c3029c23a452e629" },
	{ 112, "54c08c2a0ed21de25e3d8606c3929454eb1d3f8b" },
	{ 119, "504e27376a6e0f0dba8295b85cb25dc4dfa17d23" },
	{ 120, "82134b02fb3f702491be9bed581eeab59334acb2" },
	{ 127, "34d5e582029e9b9b85b2febe31da3db7cdabaaea" },
	{ 128, "a09133e6730ffe899efb70204cb5646cd5dc24ee" },
	{ 129, "808aea332ce367541d37adae7f94e59c5c1a934e" },
	{ 183, "4efb0f6868187c46710adedf4854bf058f80884e" },
	{ 184, "8b065304a2f4298ac4c002c99aefff091e7404c3" },
	{ 700, "0faf07b67a77a6f81103e2aad981562c42a6bf4c" },
	{ 1000, "4231a8a50a10fa9758db8ec71fdef855b751048a" },
};

static void assert_digest(const uint8_t digest[static SHA1_SIZE], const char *expected)
{
	char hex[2 * SHA1_SIZE + 1];

	for (size_t i = 0; i < SHA1_SIZE; i++) {
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

static void sha1_published_inputs_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
		struct sha1 hash;
		uint8_t digest[SHA1_SIZE];

		sha1_init(&hash);
		sha1_update(&hash, published[i].in, strlen(published[i].in));
		sha1_final(&hash, digest);
		assert_digest(digest, published[i].digest);
	}
}

static void sha1_every_padding_matches(void **state)
{
	uint8_t in[1000];

	(void)state;
	pattern(in, sizeof(in));
	for (size_t i = 0; i < sizeof(generated) / sizeof(generated[0]); i++) {
		struct sha1 hash;
		uint8_t digest[SHA1_SIZE];

		sha1_init(&hash);
		sha1_update(&hash, in, generated[i].length);
		sha1_final(&hash, digest);
		assert_digest(digest, generated[i].digest);
	}
}

static void sha1_every_split_gives_same_digest(void **state)
{
	uint8_t in[200];
	uint8_t whole[SHA1_SIZE], pieces[SHA1_SIZE];
	struct sha1 hash;

	(void)state;
	pattern(in, sizeof(in));
	sha1_init(&hash);
	sha1_update(&hash, in, sizeof(in));
	sha1_final(&hash, whole);
	for (size_t first = 0; first <= sizeof(in); first++) {
		for (size_t second = first; second <= sizeof(in); second += 7) {
			sha1_init(&hash);
			sha1_update(&hash, in, first);
			sha1_update(&hash, in + first, second - first);
			sha1_update(&hash, in + second, sizeof(in) - second);
			sha1_final(&hash, pieces);
			assert_memory_equal(pieces, whole, SHA1_SIZE);
		}
	}
}

static void sha1_million_bytes_match(void **state)
{
	struct sha1 hash;
	uint8_t in[1000], digest[SHA1_SIZE];

	(void)state;
	memset(in, 'a', sizeof(in));
	sha1_init(&hash);
	for (size_t i = 0; i < 1000; i++) {
		sha1_update(&hash, in, sizeof(in));
	}
	sha1_final(&hash, digest);
	assert_digest(digest, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha1_published_inputs_match),
		cmocka_unit_test(sha1_every_padding_matches),
		cmocka_unit_test(sha1_every_split_gives_same_digest),
		cmocka_unit_test(sha1_million_bytes_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
