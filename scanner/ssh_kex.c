/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * KEXINIT: lists, HASSH, negotiation. See ssh_kex.h. A payload may be scattered
 * over blocks; what needs names is first copied together, up to the bounds given
 * there.
 */
#include "scanner/ssh_kex.h"

#include <string.h>

#include "scanner/hash/words.h"
#include "scanner/uninitialized.h"

#define HASSH_LISTS 4

struct name {
	const uint8_t *bytes;
	size_t length;
};

/* How many bytes stand before the first comma, or all. Names are short: a word at a time. */
static size_t length_of_name(struct name list)
{
	const uint64_t ones = 0x0101010101010101u;
	size_t at = 0;

	for (; list.length - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
		uint64_t word = load_le64(list.bytes + at) ^ ',' * ones;
		uint64_t zeroes = (word - ones) & ~word & 0x80 * ones; /* the lowest bit is right */

		if (zeroes != 0) {
			return at + (size_t)__builtin_ctzll(zeroes) / 8;
		}
	}
	while (at < list.length && list.bytes[at] != ',') {
		at++;
	}
	return at;
}

/* Takes the next name of a comma-separated list; `rest` moves behind its comma. */
static struct name next_name(struct name *rest)
{
	size_t length = length_of_name(*rest);
	struct name name = { rest->bytes, length };
	size_t skip = length + (length < rest->length);

	rest->bytes += skip;
	rest->length -= skip;
	return name;
}

static bool starts_with(struct name name, const char *prefix)
{
	size_t length = strlen(prefix);

	return name.length >= length && memcmp(name.bytes, prefix, length) == 0;
}

/* RFC 8308 section 2.1; OpenSSH's PROTOCOL, section 1.10. */
static bool is_pseudo_algorithm(struct name name)
{
	return starts_with(name, "ext-info-") || starts_with(name, "kex-strict-");
}

static void copy_list(const struct ssh_kexinit *kexinit, struct ssh_range list, uint8_t *out)
{
	if (kexinit->together != NULL) {
		memcpy(out, kexinit->together + (list.at - SSH_COOKIE_LENGTH), list.length);
	} else {
		ssh_payload_copy(&kexinit->payload, list, out);
	}
}

bool ssh_lists_read(const struct ssh_payload *payload, struct ssh_lists *lists)
{
	uint16_t end = (uint16_t)payload->text->length;
	uint16_t at = SSH_COOKIE_LENGTH;
	uint8_t guess;

	if (end < SSH_COOKIE_LENGTH) {
		return false;
	}
	for (int i = 0; i < SSH_LIST_COUNT; i++) {
		if (!ssh_payload_string(payload, end, &at, &lists->list[i])) {
			return false;
		}
	}
	if (text_copy(payload->pool, payload->text, at, &guess, 1) != 1) {
		return false;
	}
	lists->guess_follows = guess != 0;
	return true;
}

unsigned ssh_kexinit_claims(const struct ssh_kexinit *kexinit)
{
	struct ssh_range list = kexinit->list[SSH_LIST_KEX];
	uint8_t copy[SSH_HASSH_STRING_MAX] UNINITIALIZED;
	unsigned claims = 0;

	if (list.length > sizeof(copy)) {
		return 0;
	}
	copy_list(kexinit, list, copy);
	for (struct name rest = { copy, list.length }; rest.length != 0;) {
		struct name name = next_name(&rest);

		if (starts_with(name, "ext-info-c") || starts_with(name, "kex-strict-c-")) {
			claims |= 1u << SSH_CLIENT;
		} else if (starts_with(name, "ext-info-s") || starts_with(name, "kex-strict-s-")) {
			claims |= 1u << SSH_SERVER;
		}
	}
	return claims;
}

/* The lists that a role's HASSH is made of. */
static void hassh_lists(const struct ssh_kexinit *kexinit, enum ssh_role role,
			struct ssh_range lists[static HASSH_LISTS])
{
	int to_client = role == SSH_SERVER;

	lists[0] = kexinit->list[SSH_LIST_KEX];
	lists[1] = kexinit->list[SSH_LIST_CIPHER_TO_SERVER + to_client];
	lists[2] = kexinit->list[SSH_LIST_MAC_TO_SERVER + to_client];
	lists[3] = kexinit->list[SSH_LIST_COMPRESSION_TO_SERVER + to_client];
}

size_t ssh_hassh_length(const struct ssh_kexinit *kexinit, enum ssh_role role)
{
	struct ssh_range lists[HASSH_LISTS];
	size_t length = HASSH_LISTS - 1; /* what stands between them */

	hassh_lists(kexinit, role, lists);
	for (int i = 0; i < HASSH_LISTS; i++) {
		length += lists[i].length;
	}
	return length <= SSH_HASSH_STRING_MAX ? length : 0;
}

void ssh_hassh_string(const struct ssh_kexinit *kexinit, enum ssh_role role, uint8_t *out)
{
	struct ssh_range lists[HASSH_LISTS];

	hassh_lists(kexinit, role, lists);
	for (int i = 0; i < HASSH_LISTS; i++) {
		if (i != 0) {
			*out++ = ';';
		}
		copy_list(kexinit, lists[i], out);
		out += lists[i].length;
	}
}

/* MD5 of a HASSH string that is too long to be put together. */
static void hash_scattered(const struct ssh_kexinit *kexinit, enum ssh_role role,
			   uint8_t digest[static MD5_SIZE])
{
	struct ssh_range lists[HASSH_LISTS];
	struct md5 hash;

	hassh_lists(kexinit, role, lists);
	md5_init(&hash);
	for (int i = 0; i < HASSH_LISTS; i++) {
		const uint8_t *bytes;
		uint16_t length;

		if (i != 0) {
			md5_update(&hash, ";", 1);
		}
		while ((length = ssh_payload_piece(&kexinit->payload, &lists[i], &bytes)) != 0) {
			md5_update(&hash, bytes, length);
		}
	}
	md5_final(&hash, digest);
}

/* How many bytes at the start of a kex list stand before its first pseudo-algorithm and the comma
 * in front of that; all of them when there is none. */
static size_t core_prefix(struct name list)
{
	const uint8_t *start = list.bytes;
	size_t length = list.length;

	while (list.length != 0) {
		struct name name = next_name(&list);

		if (is_pseudo_algorithm(name)) {
			return (size_t)(name.bytes - start) - (name.bytes != start);
		}
	}
	return length;
}

/* The rest of a kex list without pseudo-algorithms; `first` says that nothing stands before it. */
static void hash_core_names(struct md5 *hash, struct name rest, bool first)
{
	while (rest.length != 0) {
		struct name name = next_name(&rest);

		if (name.length == 0 || is_pseudo_algorithm(name)) {
			continue;
		}
		if (!first) {
			md5_update(hash, ",", 1);
		}
		md5_update(hash, name.bytes, name.length);
		first = false;
	}
}

void ssh_hassh(const struct ssh_kexinit *kexinit, enum ssh_role role, struct ssh_hassh *hassh)
{
	uint8_t string[SSH_HASSH_STRING_MAX] UNINITIALIZED;
	size_t length = ssh_hassh_length(kexinit, role);
	size_t kex_length = kexinit->list[SSH_LIST_KEX].length;

	hassh->has_core = length != 0;
	if (length == 0) {
		hash_scattered(kexinit, role, hassh->hash);
		return;
	}
	ssh_hassh_string(kexinit, role, string);
	/* Both hashes begin alike: the shared part is hashed once. */
	size_t shared = core_prefix((struct name){ string, kex_length });
	struct md5 hash, core;

	md5_init(&hash);
	md5_update(&hash, string, shared);
	core = hash;
	md5_update(&hash, string + shared, length - shared);
	md5_final(&hash, hassh->hash);
	if (shared == kex_length) {
		memcpy(hassh->core, hassh->hash, MD5_SIZE);
		return;
	}
	hash_core_names(&core, (struct name){ string + shared, kex_length - shared }, shared == 0);
	md5_update(&core, string + kex_length, length - kex_length);
	md5_final(&core, hassh->core);
}

static bool are_equal(struct name one, struct name other)
{
	size_t length = one.length;

	if (length != other.length) {
		return false;
	}
	if (length < 8 || length > 16) {
		return memcmp(one.bytes, other.bytes, length) == 0;
	}
	return load_le64(one.bytes) == load_le64(other.bytes) &&
	       load_le64(one.bytes + length - 8) == load_le64(other.bytes + length - 8);
}

/* True when one of the first SSH_NEGOTIATE_NAMES names of `list` is `wanted`. */
static bool contains(struct name list, struct name wanted)
{
	for (int i = 0; i < SSH_NEGOTIATE_NAMES && list.length != 0; i++) {
		struct name name = next_name(&list);

		if (are_equal(name, wanted)) {
			return true;
		}
	}
	return false;
}

static bool choose(struct name wanted, struct name offered, struct ssh_algorithm *algorithm)
{
	for (int i = 0; i < SSH_NEGOTIATE_NAMES && wanted.length != 0; i++) {
		struct name name = next_name(&wanted);

		if (name.length < sizeof(algorithm->name) && contains(offered, name)) {
			memcpy(algorithm->name, name.bytes, name.length);
			algorithm->name[name.length] = '\0';
			return true;
		}
	}
	return false;
}

static bool choose_scattered(const struct ssh_kexinit *client, const struct ssh_kexinit *server,
			     enum ssh_list list, struct ssh_algorithm *algorithm)
{
	uint8_t wanted[SSH_NEGOTIATE_MAX], offered[SSH_NEGOTIATE_MAX];

	copy_list(client, client->list[list], wanted);
	copy_list(server, server->list[list], offered);
	return choose((struct name){ wanted, client->list[list].length },
		      (struct name){ offered, server->list[list].length }, algorithm);
}

static struct name list_together(const struct ssh_kexinit *kexinit, enum ssh_list list)
{
	return (struct name){ kexinit->together + (kexinit->list[list].at - SSH_COOKIE_LENGTH),
			      kexinit->list[list].length };
}

bool ssh_kexinit_negotiate(const struct ssh_kexinit *client, const struct ssh_kexinit *server,
			   enum ssh_list list, struct ssh_algorithm *algorithm)
{
	if (client->list[list].length > SSH_NEGOTIATE_MAX ||
	    server->list[list].length > SSH_NEGOTIATE_MAX) {
		return false;
	}
	if (client->together == NULL || server->together == NULL) {
		return choose_scattered(client, server, list, algorithm);
	}
	return choose(list_together(client, list), list_together(server, list), algorithm);
}
