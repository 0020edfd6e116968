/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Byte strings numbered; see intern.h.
 */
#include "tools/sig/intern.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/hash/siphash.h"
#include "tools/sig/memory.h"

/* Not secret: who writes a signature file slows down nobody but himself. */
static size_t hash(const void *string, size_t length)
{
	static const struct siphash_key key = { { 0x706f727472656576, 0x65207369676e7300 } };

	return (size_t)siphash(&key, string, length);
}

const uint8_t *intern_string(const struct intern *intern, uint32_t number, size_t *length)
{
	size_t start = number == 0 ? 0 : intern->ends[number - 1];

	*length = intern->ends[number] - start;
	return intern->bytes + start;
}

/* The slot that holds the string, or the empty one where it belongs. */
static uint32_t *slot(const struct intern *intern, const void *string, size_t length)
{
	size_t at = hash(string, length);

	for (;; at++) {
		uint32_t *found = &intern->slots[at & (intern->slot_count - 1)];
		size_t other_length;
		const uint8_t *other;

		if (*found == 0) {
			return found;
		}
		other = intern_string(intern, *found - 1, &other_length);
		if (other_length == length && memcmp(other, string, length) == 0) {
			return found;
		}
	}
}

static void double_slots(struct intern *intern)
{
	free(intern->slots);
	intern->slot_count = intern->slot_count == 0 ? 256 : 2 * intern->slot_count;
	intern->slots = memory_zeroed(intern->slot_count, sizeof(*intern->slots));
	for (size_t i = 0; i < intern->count; i++) {
		size_t length;
		const uint8_t *string = intern_string(intern, (uint32_t)i, &length);

		*slot(intern, string, length) = (uint32_t)i + 1;
	}
}

uint32_t intern(struct intern *intern, const void *string, size_t length)
{
	uint32_t *found;

	if (2 * intern->count >= intern->slot_count) {
		double_slots(intern);
	}
	found = slot(intern, string, length);
	if (*found != 0) {
		return *found - 1;
	}
	while (intern->bytes_capacity - intern->bytes_used < length) {
		intern->bytes = memory_grow(intern->bytes, intern->bytes_capacity,
					    &intern->bytes_capacity, 1);
	}
	if (length > 0) {
		memcpy(intern->bytes + intern->bytes_used, string, length);
	}
	intern->bytes_used += length;
	intern->ends = memory_grow(intern->ends, intern->count, &intern->ends_capacity,
				   sizeof(*intern->ends));
	intern->ends[intern->count++] = intern->bytes_used;
	*found = (uint32_t)intern->count;
	return *found - 1;
}

void intern_free(struct intern *intern)
{
	free(intern->bytes);
	free(intern->ends);
	free(intern->slots);
	memset(intern, 0, sizeof(*intern));
}
