/* SPDX-License-Identifier: BSD-2-Clause */
/* JA3 and JA4, as tls_ja.h defines them. */
#include "scanner/tls_ja.h"

#include <string.h>

#include "scanner/hash/md5.h"
#include "scanner/hash/sha256.h"
#include "scanner/hex.h"
#include "scanner/uninitialized.h"

#define VALUE_DIGITS 5u /* of a list's value: "65535", or "c02b" and a comma */
#define JA4_HASH_DIGITS 12u

static_assert(4 * 1 + VALUE_DIGITS +
			      (VALUE_DIGITS + 1) *
				      (TLS_HELLO_CIPHERS_MAX + 2 * TLS_HELLO_LIST_MAX) +
			      4 * TLS_HELLO_FORMATS_MAX <=
		      TLS_JA3_STRING_MAX,
	      "the longest JA3 string has room");

/* ---- JA3 -------------------------------------------------- */

static uint8_t *put_decimal(uint8_t *out, uint32_t value)
{
	unsigned digits = value > 9999 ? 5 : value > 999 ? 4 : value > 99 ? 3 : value > 9 ? 2 : 1;

	for (unsigned at = digits; at-- != 0;) {
		out[at] = (uint8_t)('0' + value % 10);
		value /= 10;
	}
	return out + digits;
}

/* A comma, then the list. */
static uint8_t *put_list(uint8_t *out, const uint16_t *values, unsigned count)
{
	*out++ = ',';
	for (unsigned i = 0; i < count; i++) {
		if (i != 0) {
			*out++ = '-';
		}
		out = put_decimal(out, values[i]);
	}
	return out;
}

size_t tls_ja3_string(const struct tls_hello *hello, uint8_t out[static TLS_JA3_STRING_MAX])
{
	uint8_t *at = put_decimal(out, hello->version);

	at = put_list(at, hello->ciphers, hello->cipher_count);
	at = put_list(at, hello->extensions, hello->extension_count);
	at = put_list(at, hello->groups, hello->group_count);
	*at++ = ',';
	for (unsigned i = 0; i < hello->format_count; i++) {
		if (i != 0) {
			*at++ = '-';
		}
		at = put_decimal(at, hello->formats[i]);
	}
	return (size_t)(at - out);
}

void tls_ja3(const uint8_t *string, size_t length, uint8_t out[static TLS_JA3_LENGTH])
{
	uint8_t digest[MD5_SIZE];
	struct md5 hash;

	md5_init(&hash);
	md5_update(&hash, string, length);
	md5_final(&hash, digest);
	hex_write(out, digest, sizeof(digest));
}

/* ---- JA4 -------------------------------------------------- */

/* Shell's sort with Ciura's gaps: for the usual dozens as cheap as plain insertion, and for as many
 * as a hello may list not quadratic. */
static void sort(uint16_t *values, unsigned count)
{
	static const uint8_t gaps[] = { 132, 57, 23, 10, 4, 1 };

	for (unsigned g = 0; g < sizeof(gaps); g++) {
		unsigned gap = gaps[g];

		for (unsigned i = gap; i < count; i++) {
			uint16_t value = values[i];
			unsigned at = i;

			for (; at >= gap && values[at - gap] > value; at -= gap) {
				values[at] = values[at - gap];
			}
			values[at] = value;
		}
	}
}

/* "c02b,c02c": nothing for an empty list. */
static uint8_t *put_hex_list(uint8_t *out, const uint16_t *values, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const uint8_t bytes[2] = { (uint8_t)(values[i] >> 8), (uint8_t)values[i] };

		if (i != 0) {
			*out++ = ',';
		}
		hex_write(out, bytes, sizeof(bytes));
		out += 4;
	}
	return out;
}

/* '_' and the hash of a list's text; zeros for an empty one. */
static uint8_t *put_hash(uint8_t *out, const uint8_t *text, size_t length)
{
	uint8_t digest[SHA256_SIZE] = { 0 };
	struct sha256 hash;

	if (length != 0) {
		sha256_init(&hash);
		sha256_update(&hash, text, length);
		sha256_final(&hash, digest);
	}
	*out++ = '_';
	hex_write(out, digest, JA4_HASH_DIGITS / 2);
	return out + JA4_HASH_DIGITS;
}

static uint8_t *put_count(uint8_t *out, unsigned count)
{
	count = count < 99 ? count : 99;
	*out++ = (uint8_t)('0' + count / 10);
	*out++ = (uint8_t)('0' + count % 10);
	return out;
}

static const char *version_of(const struct tls_hello *hello)
{
	static const char names[][3] = { "s3", "10", "11", "12", "13" };
	uint16_t version = hello->highest != 0 ? hello->highest : hello->version;
	unsigned minor = version - 0x0300u;

	if (version == 0x0002) {
		return "s2";
	}
	return minor < sizeof(names) / sizeof(names[0]) ? names[minor] : "00";
}

static bool is_alphanumeric(uint8_t byte)
{
	return (uint8_t)(byte - '0') < 10 || (uint8_t)((byte | 0x20) - 'a') < 26;
}

static uint8_t *put_alpn(uint8_t *out, const struct tls_hello *hello)
{
	uint8_t first = '0', last = '0';

	if (hello->alpn_length != 0 && hello->alpn[0] != 0) {
		first = hello->alpn[1];
		last = hello->alpn[hello->alpn[0]];
		if (!is_alphanumeric(first) || !is_alphanumeric(last)) {
			uint8_t digits[4];

			hex_write(digits, &first, 1);
			hex_write(digits + 2, &last, 1);
			first = digits[0];
			last = digits[3];
		}
	}
	*out++ = first;
	*out++ = last;
	return out;
}

static uint8_t *put_ciphers(uint8_t *out, const struct tls_hello *hello)
{
	uint16_t sorted[TLS_HELLO_CIPHERS_MAX];
	uint8_t text[TLS_HELLO_CIPHERS_MAX * VALUE_DIGITS] UNINITIALIZED;

	memcpy(sorted, hello->ciphers, hello->cipher_count * sizeof(sorted[0]));
	sort(sorted, hello->cipher_count);
	return put_hash(out, text,
			(size_t)(put_hex_list(text, sorted, hello->cipher_count) - text));
}

static uint8_t *put_extensions(uint8_t *out, const struct tls_hello *hello)
{
	uint16_t sorted[TLS_HELLO_LIST_MAX];
	uint8_t text[2 * TLS_HELLO_LIST_MAX * VALUE_DIGITS] UNINITIALIZED;
	unsigned count = 0;

	for (unsigned i = 0; i < hello->extension_count; i++) {
		uint16_t type = hello->extensions[i];

		if (type != TLS_EXTENSION_SERVER_NAME && type != TLS_EXTENSION_ALPN) {
			sorted[count++] = type;
		}
	}
	sort(sorted, count);
	uint8_t *at = put_hex_list(text, sorted, count);

	if (hello->algorithm_count != 0) {
		*at++ = '_';
		at = put_hex_list(at, hello->algorithms, hello->algorithm_count);
	}
	return put_hash(out, text, (size_t)(at - text));
}

void tls_ja4(const struct tls_hello *hello, uint8_t out[static TLS_JA4_LENGTH])
{
	const char *version = version_of(hello);
	bool named = tls_hello_has(hello, TLS_EXTENSION_SERVER_NAME);
	uint8_t *at = out;

	*at++ = 't';
	*at++ = (uint8_t)version[0];
	*at++ = (uint8_t)version[1];
	*at++ = named ? 'd' : 'i';
	at = put_count(at, hello->cipher_count);
	at = put_count(at, hello->extension_count);
	at = put_alpn(at, hello);
	at = put_ciphers(at, hello);
	put_extensions(at, hello);
}
