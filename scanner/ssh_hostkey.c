/* SPDX-License-Identifier: BSD-2-Clause */
/* Host key fingerprints, those of certified keys included: see ssh_hostkey.h. */
#include "scanner/ssh_hostkey.h"

#include <string.h>

#include "scanner/hash/sha256.h"

#define TYPE_LENGTH_MIN 7 /* "ssh-rsa", "ssh-dss" */
#define CERTIFICATE_SUFFIX "-cert-v01@openssh.com"
#define CERTIFICATE_SUFFIX_LENGTH (sizeof(CERTIFICATE_SUFFIX) - 1)
#define VENDOR_SUFFIX "@openssh.com"
#define VENDOR_SUFFIX_LENGTH (sizeof(VENDOR_SUFFIX) - 1)

/* How many strings make up the public key of a certified key, after the nonce. */
struct certified {
	const char *type; /* of the plain key, without VENDOR_SUFFIX */
	uint8_t strings;
	bool vendor;
};

static const struct certified certified_types[] = {
	{ "ecdsa-sha2-nistp256", 2, false }, { "ecdsa-sha2-nistp384", 2, false },
	{ "ecdsa-sha2-nistp521", 2, false }, { "sk-ecdsa-sha2-nistp256", 3, true },
	{ "sk-ssh-ed25519", 2, true },	     { "ssh-dss", 4, false },
	{ "ssh-ed25519", 1, false },	     { "ssh-rsa", 2, false },
};

static bool is_type_name(const uint8_t *name, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++) {
		if (name[i] <= ' ' || name[i] > '~' || name[i] == ',') {
			return false;
		}
	}
	return true;
}

/* The row of a certificate's type, NULL for a plain key and for types not known. */
static const struct certified *find_certified(const struct ssh_hostkey *key)
{
	if (key->type_length <= CERTIFICATE_SUFFIX_LENGTH) {
		return NULL;
	}
	size_t length = key->type_length - CERTIFICATE_SUFFIX_LENGTH;

	if (memcmp(key->type + length, CERTIFICATE_SUFFIX, CERTIFICATE_SUFFIX_LENGTH) != 0) {
		return NULL;
	}
	for (size_t i = 0; i < sizeof(certified_types) / sizeof(certified_types[0]); i++) {
		const struct certified *row = &certified_types[i];

		if (strlen(row->type) == length && memcmp(row->type, key->type, length) == 0) {
			return row;
		}
	}
	return NULL;
}

static void hash_range(struct sha256 *hash, const struct ssh_payload *payload,
		       struct ssh_range range)
{
	const uint8_t *bytes;
	uint16_t length;

	while ((length = ssh_payload_piece(payload, &range, &bytes)) != 0) {
		sha256_update(hash, bytes, length);
	}
}

/* Hashes the plain key inside a certificate: its type, then the strings after the nonce as they
 * stand. False, and nothing hashed, when they are not all there. */
static bool hash_certified(struct sha256 *hash, const struct ssh_payload *payload,
			   struct ssh_range rest, const struct certified *row)
{
	uint16_t end = (uint16_t)(rest.at + rest.length);
	uint16_t at = rest.at;
	struct ssh_range string;

	if (!ssh_payload_string(payload, end, &at, &string)) { /* the nonce */
		return false;
	}
	rest.at = at;
	for (uint8_t i = 0; i < row->strings; i++) {
		if (!ssh_payload_string(payload, end, &at, &string)) {
			return false;
		}
	}
	rest.length = (uint16_t)(at - rest.at);

	size_t length = strlen(row->type);
	uint8_t prefix[4] = { 0, 0, 0,
			      (uint8_t)(length + (row->vendor ? VENDOR_SUFFIX_LENGTH : 0)) };

	sha256_update(hash, prefix, sizeof(prefix));
	sha256_update(hash, row->type, length);
	if (row->vendor) {
		sha256_update(hash, VENDOR_SUFFIX, VENDOR_SUFFIX_LENGTH);
	}
	hash_range(hash, payload, rest);
	return true;
}

static void encode_base64(const uint8_t digest[static SHA256_SIZE],
			  uint8_t out[static SSH_FINGERPRINT_LENGTH])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	unsigned held = 0;
	size_t n = 0;

	for (size_t i = 0; i < SHA256_SIZE; i++) {
		bits = bits << 8 | digest[i];
		for (held += 8; held >= 6; held -= 6) {
			out[n++] = (uint8_t)digits[bits >> (held - 6) & 63];
		}
	}
	out[n] = (uint8_t)digits[bits << (6 - held) & 63];
}

bool ssh_hostkey_read(const struct ssh_payload *payload, struct ssh_hostkey *key)
{
	uint16_t end = (uint16_t)payload->text->length;
	uint16_t at = 0;
	struct ssh_range blob, type;

	if (!ssh_payload_string(payload, end, &at, &blob)) {
		return false;
	}
	end = at;
	at = blob.at;
	if (!ssh_payload_string(payload, end, &at, &type) || type.length < TYPE_LENGTH_MIN ||
	    type.length > SSH_NAME_MAX) {
		return false;
	}
	ssh_payload_copy(payload, type, key->type);
	key->type_length = (uint8_t)type.length;
	if (!is_type_name(key->type, type.length)) {
		return false;
	}

	const struct certified *row = find_certified(key);
	struct ssh_range rest = { at, (uint16_t)(end - at) };
	struct sha256 hash;
	uint8_t digest[SHA256_SIZE];

	sha256_init(&hash);
	if (row == NULL || !hash_certified(&hash, payload, rest, row)) {
		hash_range(&hash, payload, blob);
	}
	sha256_final(&hash, digest);
	encode_base64(digest, key->fingerprint);
	return true;
}
