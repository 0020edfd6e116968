/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MD5 against published and generated vectors (RFC 1321 appendix A.5; others from
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

#include "scanner/hash/md5.h"

static const struct {
	const char *in, *digest;
} published[] = {
	{ "", "d41d8cd98f00b204e9800998ecf8427e" },
	{ "a", "0cc175b9c0f1b6a831c399e269772661" },
	{ "abc", "900150983cd24fb0d6963f7d28e17f72" },
	{ "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
	{ "abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b" },
	{ "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
	  "d174ab98d277d9f5a5611c2c9f419d9f" },
	{ "1234567890123456789012345678901234567890"
	  "1234567890123456789012345678901234567890",
	  "57edf4a22be3c955ac49da2e2107b67a" },
};

/* Inputs of bytes (7 i + 3) mod 256, around the edges of blocks and padding. */
static const struct {
	size_t length;
	const char *digest;
} generated[] = {
	{ 0, "d41d8cd98f00b204e9800998ecf8427e" },    { 1, "8666683506aacd900bbd5a74ac4edf68" },
	{ 3, "c9aee4810523ef8658121b8d492c6b41" },    { 54, "eb5acae65a800805a13648f23dea0327" },
	{ 55, "52c0e574e1198de5fe3f8f11440dcb1b" },   { 56, "46c9907fc908ee68b1e7b8e71286a518" },
	{ 57, "1c805dd236c35cab25fcb1bc73802c51" },   { 63, "a62f6d59e837867693f042f5b8f5a236" },
	{ 64, "7160b8fb5e9e4023d549c3971fbaeead" },   { 65, "70bd662e7aefbda85a0f7244167b7897" },
	{ 111, "13f00cb15f0c3fe588d1c17cde14b38f" },  { 112, "5fe6a9f76b541ec645559589da9a088a" },
	{ 119, "e84905d4214f4d1ca56c2cdcc152b143" },  { 120, "e3eb5a6c8669ea01a8c185b8abc8a5dc" },
	{ 127, "acce2474d6cc8302120d09c818d17ef7" },  { 128, "10b2da1a82f16d99a81a7203fe9f02cb" },
	{ 129, "03fefbbcebe2959cf2270241aafe0250" },  { 183, "790cd20cda6fb6439d0acdd937a6d7a4" },
	{ 184, "bf0e7b86f1889fdfc697ed1bb8994e20" },  { 700, "4b19ae3591d328678ed117338d756808" },
	{ 1000, "10046f077f2082ac19676b8079f1cb1a" },
};

static void assert_digest(const uint8_t digest[static MD5_SIZE], const char *expected)
{
	char hex[2 * MD5_SIZE + 1];

	for (size_t i = 0; i < MD5_SIZE; i++) {
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

static void md5_published_inputs_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
		struct md5 hash;
		uint8_t digest[MD5_SIZE];

		md5_init(&hash);
		md5_update(&hash, published[i].in, strlen(published[i].in));
		md5_final(&hash, digest);
		assert_digest(digest, published[i].digest);
	}
}

static void md5_every_padding_matches(void **state)
{
	uint8_t in[1000];

	(void)state;
	pattern(in, sizeof(in));
	for (size_t i = 0; i < sizeof(generated) / sizeof(generated[0]); i++) {
		struct md5 hash;
		uint8_t digest[MD5_SIZE];

		md5_init(&hash);
		md5_update(&hash, in, generated[i].length);
		md5_final(&hash, digest);
		assert_digest(digest, generated[i].digest);
	}
}

static void md5_every_split_gives_same_digest(void **state)
{
	uint8_t in[200];
	uint8_t whole[MD5_SIZE], pieces[MD5_SIZE];
	struct md5 hash;

	(void)state;
	pattern(in, sizeof(in));
	md5_init(&hash);
	md5_update(&hash, in, sizeof(in));
	md5_final(&hash, whole);
	for (size_t first = 0; first <= sizeof(in); first++) {
		for (size_t second = first; second <= sizeof(in); second += 7) {
			md5_init(&hash);
			md5_update(&hash, in, first);
			md5_update(&hash, in + first, second - first);
			md5_update(&hash, in + second, sizeof(in) - second);
			md5_final(&hash, pieces);
			assert_memory_equal(pieces, whole, MD5_SIZE);
		}
	}
}

static void md5_million_bytes_match(void **state)
{
	struct md5 hash;
	uint8_t in[1000], digest[MD5_SIZE];

	(void)state;
	memset(in, 'a', sizeof(in));
	md5_init(&hash);
	for (size_t i = 0; i < 1000; i++) {
		md5_update(&hash, in, sizeof(in));
	}
	md5_final(&hash, digest);
	assert_digest(digest, "7707d6ae4e027c70eea2a935c2296f21");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(md5_published_inputs_match),
		cmocka_unit_test(md5_every_padding_matches),
		cmocka_unit_test(md5_every_split_gives_same_digest),
		cmocka_unit_test(md5_million_bytes_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
