/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of a few places each, found by a sum of the bytes: see ssh_memory.h. */
#include "scanner/ssh_memory.h"

#include <string.h>

#include "scanner/hash/words.h"

/* A polynomial of all words, the last of which may overlap the one before. No protection against
 * who makes two that agree: it only has to spread what comes by itself. */
static uint64_t sum_of(const uint8_t *bytes, uint32_t length)
{
	const uint64_t factor = 0x9e3779b97f4a7c15u;
	uint64_t sum = length;
	uint32_t at = 0;

	for (; at + 32 <= length; at += 32) {
		sum = sum * factor + load_le64(bytes + at);
		sum = sum * factor + load_le64(bytes + at + 8);
		sum = sum * factor + load_le64(bytes + at + 16);
		sum = sum * factor + load_le64(bytes + at + 24);
	}
	for (; at + 8 <= length; at += 8) {
		sum = sum * factor + load_le64(bytes + at);
	}
	if (length >= 8) {
		sum = sum * factor + load_le64(bytes + length - 8);
	}
	return sum * factor;
}

/* Not 0 when any of 32 bytes differ. */
static inline uint64_t differ_32(const uint8_t *one, const uint8_t *other)
{
	return (load_le64(one) ^ load_le64(other)) | (load_le64(one + 8) ^ load_le64(other + 8)) |
	       (load_le64(one + 16) ^ load_le64(other + 16)) |
	       (load_le64(one + 24) ^ load_le64(other + 24));
}

/* To the end in any case: where sums agree, nearly always all does. */
static bool are_equal(const uint8_t *one, const uint8_t *other, uint32_t length)
{
	uint64_t differ = 0;

	if (length < 32) {
		return memcmp(one, other, length) == 0;
	}
	for (uint32_t at = 0; at < length - 32; at += 32) {
		differ |= differ_32(one + at, other + at);
	}
	return (differ | differ_32(one + length - 32, other + length - 32)) == 0;
}

/* What is looked for, and what is kept: `stride` bytes from one place to the next. */
struct search {
	const uint8_t *bytes;
	uint32_t length;
	uint64_t sum;
	const uint8_t *kept;
	size_t stride;
};

/* The place of what is looked for; or, `*found` being false, that of the oldest of its set. */
static uint32_t find(const struct ssh_places *places, const struct search *search, bool *found)
{
	/* the uppermost bits, which all below had a part in */
	uint32_t set = (uint32_t)((search->sum >> 32) * SSH_MEMORY_SETS >> 32);
	uint32_t first = set * SSH_MEMORY_WAYS;

	for (uint32_t at = first; at < first + SSH_MEMORY_WAYS; at++) {
		const struct ssh_place *place = &places->place[at];

		if (place->serial != 0 && place->sum == search->sum &&
		    place->length == search->length &&
		    are_equal(search->kept + at * search->stride, search->bytes, search->length)) {
			*found = true;
			return at;
		}
	}
	*found = false;
	return first + places->oldest[set];
}

/* A place from find() now holds what was looked for. Returns its serial. */
static uint64_t take(struct ssh_places *places, const struct search *search, uint32_t at)
{
	uint8_t *oldest = &places->oldest[at / SSH_MEMORY_WAYS];

	*oldest = (uint8_t)((at + 1) % SSH_MEMORY_WAYS);
	places->place[at] = (struct ssh_place){
		.serial = ++places->serials * SSH_MEMORY_PLACES + at,
		.sum = search->sum,
		.length = search->length,
	};
	return places->place[at].serial;
}

const struct ssh_known_kexinit *ssh_memory_kexinit(struct ssh_memory *memory,
						   const struct ssh_payload *payload)
{
	struct ssh_lists lists;
	bool found;

	if (memory == NULL || payload->text->length < SSH_COOKIE_LENGTH ||
	    payload->text->length - SSH_COOKIE_LENGTH > SSH_MEMORY_KEXINIT_MAX) {
		return NULL;
	}
	uint32_t length = payload->text->length - SSH_COOKIE_LENGTH;

	text_copy(payload->pool, payload->text, SSH_COOKIE_LENGTH, memory->bytes, length);
	const struct search search = {
		.bytes = memory->bytes,
		.length = length,
		.sum = sum_of(memory->bytes, length),
		.kept = memory->kexinit[0].bytes,
		.stride = sizeof(memory->kexinit[0]),
	};
	uint32_t at = find(&memory->kexinits, &search, &found);
	struct ssh_known_kexinit *known = &memory->kexinit[at];

	if (!found) {
		if (!ssh_lists_read(payload, &lists)) {
			return NULL;
		}
		const struct ssh_kexinit kexinit = { .payload = *payload, .list = lists.list };

		known->serial = take(&memory->kexinits, &search, at);
		known->lists = lists;
		known->claims = (uint8_t)ssh_kexinit_claims(&kexinit);
		known->hashed[SSH_CLIENT] = false;
		known->hashed[SSH_SERVER] = false;
		memcpy(known->bytes, memory->bytes, length);
	}
	return known;
}

struct ssh_known_kexinit *ssh_memory_again(struct ssh_memory *memory, uint64_t serial)
{
	if (memory == NULL || serial == 0) {
		return NULL;
	}
	struct ssh_known_kexinit *known = &memory->kexinit[serial % SSH_MEMORY_PLACES];

	return known->serial == serial ? known : NULL;
}

bool ssh_memory_hostkey(struct ssh_memory *memory, const struct ssh_payload *payload,
			struct ssh_hostkey *key)
{
	struct ssh_range blob;
	uint16_t at = 0;
	bool found;

	if (memory == NULL ||
	    !ssh_payload_string(payload, (uint16_t)payload->text->length, &at, &blob) ||
	    blob.length > SSH_MEMORY_HOSTKEY_MAX) {
		return ssh_hostkey_read(payload, key);
	}
	ssh_payload_copy(payload, blob, memory->bytes);
	const struct search search = {
		.bytes = memory->bytes,
		.length = blob.length,
		.sum = sum_of(memory->bytes, blob.length),
		.kept = memory->hostkey[0].bytes,
		.stride = sizeof(memory->hostkey[0]),
	};
	uint32_t place = find(&memory->hostkeys, &search, &found);
	struct ssh_known_hostkey *known = &memory->hostkey[place];

	if (!found) {
		if (!ssh_hostkey_read(payload, key)) {
			return false;
		}
		take(&memory->hostkeys, &search, place);
		known->key = *key;
		memcpy(known->bytes, memory->bytes, blob.length);
	}
	*key = known->key;
	return true;
}
