/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looking values up in an opened signature set; see set.h and, for the bytes,
 * set_format.h. A miss costs a hash and one word of the filter; two buckets are
 * read on a hit and on one miss in about fifty; rules and texts only for an alert.
 */
#include "scanner/set.h"

#include <string.h>

#include "scanner/canonical.h"
#include "scanner/hash/words.h"
#include "scanner/set_format.h"

struct matches {
	uint32_t *rules;
	size_t count;
};

static void add(struct matches *matches, uint32_t rule)
{
	for (size_t i = 0; i < matches->count; i++) {
		if (matches->rules[i] == rule) {
			return;
		}
	}
	if (matches->count < SET_MATCH_MAX) {
		matches->rules[matches->count++] = rule;
	}
}

static void add_reference(const struct set *set, uint32_t reference, struct matches *matches)
{
	const uint8_t *list;
	uint32_t count;

	if ((reference & SET_REFERENCE_LIST) == 0) {
		add(matches, reference);
		return;
	}
	list = set->lists + 4 * (size_t)(reference & ~SET_REFERENCE_LIST);
	count = load_le32_at(list);
	for (uint32_t i = 1; i <= count; i++) {
		add(matches, load_le32_at(list + 4 * (size_t)i));
	}
}

static inline uint32_t find_in_bucket(const uint8_t *bucket, const struct siphash_128 *hash)
{
	for (size_t i = 0; i < SET_BUCKET_ENTRIES; i++) {
		const uint8_t *entry = bucket + i * SET_ENTRY_SIZE;

		if (load_le64_at(entry) == hash->word[0] &&
		    load_le32_at(entry + 8) == (uint32_t)hash->word[1]) {
			return load_le32_at(entry + SET_ENTRY_REFERENCE);
		}
	}
	return SET_REFERENCE_EMPTY;
}

static void find(const struct set *set, enum field field, const uint8_t *value, size_t length,
		 struct matches *matches)
{
	struct siphash_128 hash = siphash_128_suffix(&set->key, value, length, (uint8_t)field);
	uint32_t word = set_filter_index(&hash, set->filter_words);
	uint64_t bits = set_filter_bits(&hash);
	uint32_t bucket, reference;

	if ((load_le64_at(set->filter + 8 * (size_t)word) & bits) != bits) {
		return;
	}
	bucket = set_first_bucket(&hash, set->bucket_count);
	reference = find_in_bucket(set->buckets + SET_BUCKET_SIZE * (size_t)bucket, &hash);
	if (reference == SET_REFERENCE_EMPTY) {
		bucket = set_second_bucket(&hash, set->bucket_count);
		reference = find_in_bucket(set->buckets + SET_BUCKET_SIZE * (size_t)bucket, &hash);
	}
	if (reference != SET_REFERENCE_EMPTY) {
		add_reference(set, reference, matches);
	}
}

/* The name and those of its parents that have as many labels as any value of the field. */
static void find_domain(const struct set *set, enum field field, const uint8_t *name, size_t length,
			struct matches *matches)
{
	uint64_t wanted = set->labels[set_label_slot(field)];
	size_t starts[SET_LABELS_MAX], count = 0;
	unsigned int labels = 1;

	for (size_t at = length; labels <= SET_LABELS_MAX; at--) {
		if (at > 0 && name[at - 1] != '.') {
			continue;
		}
		if ((wanted >> labels & 1) != 0) {
			starts[count++] = at;
		}
		if (at == 0) {
			break;
		}
		labels++;
	}
	while (count > 0) {
		size_t start = starts[--count];

		find(set, field, name + start, length - start, matches);
	}
}

size_t set_match(const struct set *set, enum field field, const uint8_t *canonical_value,
		 size_t length, uint32_t rules[static SET_MATCH_MAX])
{
	struct matches matches = { rules, 0 };

	if (!set_has(set, field)) {
		return 0;
	}
	if (set_label_slot(field) >= 0) {
		find_domain(set, field, canonical_value, length, &matches);
	} else {
		find(set, field, canonical_value, length, &matches);
	}
	return matches.count;
}

size_t set_match_address(const struct set *set, enum field field, const struct set_address *address,
			 uint32_t rules[static SET_MATCH_MAX])
{
	struct matches matches = { rules, 0 };
	struct canonical_prefix prefix = { .family = address->family };
	uint8_t value[CANONICAL_ADDRESS_MAX];
	const uint8_t *at;
	size_t count;

	if (!set_has(set, field)) {
		return 0;
	}
	memcpy(prefix.bytes, address->bytes, sizeof(prefix.bytes));
	count = set->prefix_range[field][address->family == 6].count;
	at = set->prefixes +
	     SET_PREFIX_SIZE * (size_t)set->prefix_range[field][address->family == 6].first;
	for (; count > 0; count--, at += SET_PREFIX_SIZE) {
		uint8_t selector = at[3];

		if (selector > SET_PORT_ANY_PROTOCOL && selector != address->protocol) {
			continue;
		}
		prefix.length = at[2];
		prefix.protocol = selector > SET_PORT_ANY_PROTOCOL ? selector : 0;
		prefix.port = selector == SET_PORT_NONE ? 0 : address->port;
		find(set, field, value, canonical_address(&prefix, value), &matches);
	}
	return matches.count;
}

void set_rule(const struct set *set, uint32_t rule, struct set_rule *out)
{
	const uint8_t *at = set->rules + SET_RULE_SIZE * (size_t)rule;
	uint32_t text = load_le32_at(at + SET_RULE_TEXT);

	out->sid = load_le32_at(at + SET_RULE_SID);
	out->rev = load_le32_at(at + SET_RULE_REV);
	out->severity = at[SET_RULE_SEVERITY];
	out->action = at[SET_RULE_ACTION];
	out->from = at[SET_RULE_FROM];
	out->quarantine_s = load_le32_at(at + SET_RULE_QUARANTINE);
	out->expires_day = load_le32_at(at + SET_RULE_EXPIRES);
	out->message = (const char *)set->texts + load_le32_at(set->text_index + 4 * (size_t)text);
	out->message_length = (uint16_t)strlen(out->message);
	out->reference = out->message + out->message_length + 1;
	out->reference_length = (uint16_t)strlen(out->reference);
	out->class_name = out->reference + out->reference_length + 1;
	out->class_length = (uint16_t)strlen(out->class_name);
}

uint32_t set_rule_count(const struct set *set)
{
	return set->rule_count;
}

uint64_t set_value_count(const struct set *set)
{
	return set->blob == NULL ? 0 : load_le32_at(set->blob + SET_AT_VALUE_COUNT);
}

uint32_t set_field_value_count(const struct set *set, enum field field)
{
	return set->blob == NULL ?
		       0 :
		       load_le32_at(set->blob + SET_AT_FIELD_COUNTS + 4 * (size_t)field);
}

uint64_t set_lookup_bytes(const struct set *set)
{
	return 8 * (uint64_t)set->filter_words + SET_BUCKET_SIZE * (uint64_t)set->bucket_count;
}

const uint8_t *set_digest(const struct set *set)
{
	return set->blob == NULL ? NULL : set->blob + SET_AT_DIGEST;
}

bool set_key_inside(const struct set *set)
{
	return set->blob != NULL &&
	       (load_le32_at(set->blob + SET_AT_FLAGS) & SET_FLAG_KEY_INSIDE) != 0;
}

bool set_rule_expired(const struct set_rule *rule, uint64_t unix_seconds)
{
	return rule->expires_day != 0 && unix_seconds / 86400 > rule->expires_day;
}

uint32_t set_count_expired(const struct set *set, uint64_t unix_seconds)
{
	uint32_t expired = 0;

	for (uint32_t i = 0; i < set->rule_count; i++) {
		const uint8_t *rule = set->rules + SET_RULE_SIZE * (size_t)i;
		uint32_t day = load_le32_at(rule + SET_RULE_EXPIRES);

		expired += day != 0 && unix_seconds / 86400 > day;
	}
	return expired;
}
