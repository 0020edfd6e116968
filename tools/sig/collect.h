/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All signatures of a compilation: rules by SID, values hashed under the set's key.
 * compile.c fills it, build.c makes the set of it, verify.c asks the set for all of
 * it once more.
 */
#ifndef TOOLS_SIG_COLLECT_H
#define TOOLS_SIG_COLLECT_H

#include "scanner/hash/siphash.h"
#include "tools/sig/intern.h"
#include "tools/sig/parse.h"
#include "tools/sig/report.h"

struct collected_rule {
	uint32_t sid, rev, quarantine_s, expires_day;
	uint32_t text; /* its number among texts: message '\0' reference '\0' class '\0' */
	uint8_t severity, action, from;
	uint32_t number; /* in the order of first appearance */
	struct place place;
};

struct collected_value {
	struct siphash_128 hash;
	size_t at; /* in `bytes` */
	const char *file;
	uint32_t line;
	uint32_t rule;
	uint16_t length;
	uint8_t field;
};

struct collection {
	struct siphash_key key;
	struct collected_rule *rules; /* after collect_sort(): ascending by SID */
	size_t rule_count, rule_capacity;
	struct collected_value *values; /* after collect_sort(): by hash and rule, no pair twice */
	size_t value_count, value_capacity;
	uint8_t *bytes; /* the canonical values, one after the other */
	size_t bytes_used, bytes_capacity;
	struct intern sids, texts;
};

void collect_init(struct collection *collection, const struct siphash_key *key);
/* `place` is the line; file names must outlive the collection. A SID that disagrees with its
 * earlier lines is reported. */
void collect_add(struct collection *collection, const struct signature *signature,
		 const struct place *place, struct report *report);
/* Brings rules and values into an order that does not depend on that of the lines, and drops
 * repeated lines with a warning. */
void collect_sort(struct collection *collection, struct report *report);
void collect_free(struct collection *collection);

static inline const uint8_t *collected_bytes(const struct collection *collection,
					     const struct collected_value *value)
{
	return collection->bytes + value->at;
}

#endif
