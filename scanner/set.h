/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signature set: one blob, used in place, that says for a canonical value
 * which rules name it. Built by tools/sig, laid out as set_format.h describes,
 * asked by inspect.c (and scanner.c for addresses when a flow starts).
 *
 * The blob is hostile until set_open() has accepted it: its digest only tells
 * accidents apart from intact sets (authenticity is the signed package's affair),
 * so every offset, count, list and index is checked once, in time linear in the
 * size, and lookups then need no further checks. After that the view and the blob
 * are immutable: any core may ask at the same time. The blob belongs to the caller
 * and must stay, aligned to SET_ALIGNMENT, as long as a view of it is used.
 */
#ifndef SCANNER_SET_H
#define SCANNER_SET_H

#include "scanner/field.h"
#include "scanner/hash/siphash.h"

#define SET_ALIGNMENT 64
#define SET_KEY_SIZE 16
#define SET_DIGEST_SIZE 32
/* The most rules one lookup reports; the compiler refuses sets in which a value has more. */
#define SET_MATCH_MAX 64
#define SET_DOMAIN_FIELDS 5

enum set_error {
	SET_OK,
	SET_ERROR_ALIGNMENT,
	SET_ERROR_SHORT,
	SET_ERROR_MAGIC,
	SET_ERROR_VERSION,
	SET_ERROR_SIZE,
	SET_ERROR_DIGEST,
	SET_ERROR_FLAGS,
	SET_ERROR_LAYOUT,
	SET_ERROR_FIELDS,
	SET_ERROR_BUCKETS,
	SET_ERROR_PREFIXES,
	SET_ERROR_RULES,
	SET_ERROR_TEXTS,
	SET_ERROR_KEY_MISSING,
	SET_ERROR_KEY_WRONG,
	SET_ERROR_COUNT
};

/* A view of an opened set, to be held by value. Filled by set_open(), read through the functions
 * below. */
struct set {
	const uint8_t *blob;
	uint64_t fields; /* bit per enum field that has values */
	struct siphash_key key;
	const uint8_t *filter;
	const uint8_t *buckets;
	const uint8_t *lists;
	const uint8_t *prefixes;
	const uint8_t *rules;
	const uint8_t *text_index;
	const uint8_t *texts;
	uint32_t filter_words;
	uint32_t bucket_count;
	uint32_t rule_count;
	struct {
		uint16_t first, count;
	} prefix_range[2][2]; /* by field (src, dst) and family (4, 6) */
	uint64_t labels[SET_DOMAIN_FIELDS]; /* bit n: a value of n labels; in order of enum field */
};

/* Checks `blob` and makes `set` a view of it. `key` is the 16 bytes of a set compiled with
 * --key-outside, else NULL (a key that is given and inside must agree). On an error `set` is
 * all zero, which is a valid view of a set without signatures. */
enum set_error set_open(struct set *set, const void *blob, size_t size,
			const uint8_t key[SET_KEY_SIZE]);
/* One clause for a log line: "the set's digest does not match its content". */
const char *set_error_text(enum set_error error);

/* True when the set has any value for `field`. */
static inline bool set_has(const struct set *set, enum field field)
{
	return (set->fields >> field & 1) != 0;
}

/* The rules that name the canonical value (canonical.h; not of address fields), each once, for
 * domains also those that name a parent, longest name first. Returns their number. */
size_t set_match(const struct set *set, enum field field, const uint8_t *canonical_value,
		 size_t length, uint32_t rules[static SET_MATCH_MAX]);

struct set_address {
	uint8_t family; /* 4 or 6 */
	uint8_t protocol; /* IPPROTO_… */
	uint16_t port; /* host order; 0 where the protocol has none */
	uint8_t bytes[16]; /* network order; IPv4 in the first four */
};

/* The same for ip.src and ip.dst: exact address and port, then prefixes, longest first. */
size_t set_match_address(const struct set *set, enum field field, const struct set_address *address,
			 uint32_t rules[static SET_MATCH_MAX]);

enum set_action { SET_ACTION_ALERT, SET_ACTION_DROP, SET_ACTION_REJECT, SET_ACTION_QUARANTINE };
enum set_from { SET_FROM_ANY, SET_FROM_INSIDE, SET_FROM_OUTSIDE };

/* A rule as its signature lines had it. Texts stay in the blob, UTF-8 without control
 * characters, terminated with '\0' besides their length; absent ones are "". */
struct set_rule {
	uint32_t sid; /* 1 to 2^31-1 */
	uint32_t rev;
	uint8_t severity; /* 1 critical, 2 high, 3 medium, 4 low */
	uint8_t action; /* enum set_action */
	uint8_t from; /* enum set_from */
	uint32_t quarantine_s; /* 0 unless the action is quarantine */
	uint32_t expires_day; /* days since 1970, the last valid day; 0: never */
	const char *message, *reference, *class_name;
	uint16_t message_length, reference_length, class_length;
};

/* `rule` < set_rule_count(). */
void set_rule(const struct set *set, uint32_t rule, struct set_rule *out);
uint32_t set_rule_count(const struct set *set);
/* Values over all fields. */
uint64_t set_value_count(const struct set *set);
uint32_t set_field_value_count(const struct set *set, enum field field);
/* Bytes of prefilter and buckets, which lookups touch. */
uint64_t set_lookup_bytes(const struct set *set);
/* SHA-256 over the blob without its digest field: names this very set. NULL for the zero view. */
const uint8_t *set_digest(const struct set *set);
/* False when the set was compiled with --key-outside. */
bool set_key_inside(const struct set *set);

bool set_rule_expired(const struct set_rule *rule, uint64_t unix_seconds);
/* Rules past their last valid day. Walks all of them: for the management core, at load. */
uint32_t set_count_expired(const struct set *set, uint64_t unix_seconds);

#endif
