/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing a signature set; see build.h and, for the bytes, scanner/set_format.h.
 */
#include "tools/sig/build.h"

#include <stdlib.h>
#include <string.h>

#include "scanner/hash/words.h"
#include "scanner/set_format.h"
#include "tools/sig/cuckoo.h"
#include "tools/sig/memory.h"

/* 10.4 bits of filter a value: 1.24 MiB a million. */
#define FILTER_WORDS(values) ((13 * (values) + 79) / 80)

struct builder {
	const struct collection *collection;
	struct siphash_128 *hashes; /* of the distinct values, ascending */
	uint32_t *references; /* of each of them */
	uint32_t *field_counts; /* SET_FIELD_SLOTS */
	uint64_t labels[SET_LABEL_SLOTS];
	size_t value_count;
	struct intern lists; /* a count and that many rule numbers, little-endian */
	uint32_t *list_at; /* where each list will stand, in words */
	size_t list_capacity;
	struct intern prefixes;
	uint32_t *text_order; /* text numbers in the order of the rules that first use them */
	uint32_t *text_number; /* of each text: its place in that order */
	size_t text_count;
	struct cuckoo cuckoo;
	struct set_layout layout;
	uint8_t *out;
};

/* The reference to the rules of `count` values that are equal. */
static uint32_t refer(struct builder *b, const struct collected_value *values, size_t count)
{
	uint8_t list[4 * (SET_MATCH_MAX + 1)];
	size_t before = b->lists.count;
	uint32_t number;

	if (count == 1) {
		return values[0].rule;
	}
	store_le32(list, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		store_le32(list + 4 * (i + 1), values[i].rule);
	}
	b->list_at = memory_grow(b->list_at, before, &b->list_capacity, sizeof(*b->list_at));
	b->list_at[before] = (uint32_t)(b->lists.bytes_used / 4);
	number = intern(&b->lists, list, 4 * (count + 1));
	return SET_REFERENCE_LIST | b->list_at[number];
}

static void note_prefix(struct builder *b, enum field field, const uint8_t *bytes)
{
	uint8_t protocol = bytes[2];
	bool port = bytes[3] != 0 || bytes[4] != 0;
	uint8_t prefix[SET_PREFIX_SIZE] = { (uint8_t)field, bytes[0], bytes[1],
					    protocol != 0 ? protocol :
					    port	  ? SET_PORT_ANY_PROTOCOL :
							    SET_PORT_NONE };

	intern(&b->prefixes, prefix, sizeof(prefix));
}

static void note_value(struct builder *b, const struct collected_value *value)
{
	const uint8_t *bytes = collected_bytes(b->collection, value);
	enum field field = (enum field)value->field;

	b->field_counts[field]++;
	if (field_kind(field) == FIELD_KIND_ADDRESS) {
		note_prefix(b, field, bytes);
	} else if (set_label_slot(field) >= 0) {
		b->labels[set_label_slot(field)] |= (uint64_t)1
						    << value_label_count(bytes, value->length);
	}
}

static bool equal_hash(const struct collected_value *a, const struct collected_value *b)
{
	return a->hash.word[0] == b->hash.word[0] && a->hash.word[1] == b->hash.word[1];
}

static void report_crowded(const struct collected_value *value, struct report *report)
{
	struct place place = { value->file, value->line, 0 };

	report_error(report, &place,
		     "too many SIDs name this value or what it belongs to, expected fewer than %d",
		     SET_MATCH_MAX);
}

static bool gather_values(struct builder *b, struct report *report)
{
	const struct collected_value *values = b->collection->values;
	size_t count = b->collection->value_count, end;

	for (size_t i = 0; i < count; i = end) {
		for (end = i + 1; end < count && equal_hash(&values[i], &values[end]); end++) {
		}
		if (end - i >= SET_MATCH_MAX) {
			report_crowded(&values[i], report);
			return false;
		}
		b->hashes[b->value_count] = values[i].hash;
		b->references[b->value_count++] = refer(b, values + i, end - i);
		note_value(b, &values[i]);
	}
	return true;
}

/* Numbers texts anew by the SIDs that use them, so that the order of lines leaves no trace. */
static void order_texts(struct builder *b)
{
	const struct collection *c = b->collection;

	memset(b->text_number, 0xff, c->texts.count * sizeof(*b->text_number));
	for (size_t i = 0; i < c->rule_count; i++) {
		uint32_t text = c->rules[i].text;

		if (b->text_number[text] == UINT32_MAX) {
			b->text_number[text] = (uint32_t)b->text_count;
			b->text_order[b->text_count++] = text;
		}
	}
}

static void write_filter(const struct builder *b)
{
	for (size_t i = 0; i < b->value_count; i++) {
		uint32_t index = set_filter_index(&b->hashes[i], b->layout.filter_words);
		uint8_t *word = b->out + b->layout.filter + 8 * (size_t)index;

		store_le64(word, load_le64(word) | set_filter_bits(&b->hashes[i]));
	}
}

static void write_buckets(const struct builder *b)
{
	uint8_t *entry = b->out + b->layout.buckets;
	size_t slots = (size_t)b->layout.bucket_count * SET_BUCKET_ENTRIES;

	for (size_t i = 0; i < slots; i++, entry += SET_ENTRY_SIZE) {
		uint32_t number = b->cuckoo.slots[i];

		if (number == CUCKOO_EMPTY) {
			store_le32(entry + SET_ENTRY_REFERENCE, SET_REFERENCE_EMPTY);
			continue;
		}
		store_le64(entry, b->hashes[number].word[0]);
		store_le32(entry + 8, (uint32_t)b->hashes[number].word[1]);
		store_le32(entry + SET_ENTRY_REFERENCE, b->references[number]);
	}
}

static int by_rank(const void *a, const void *b)
{
	uint32_t x = set_prefix_rank(a), y = set_prefix_rank(b);

	return (x > y) - (x < y);
}

static void write_prefixes(const struct builder *b)
{
	uint8_t *out = b->out + b->layout.prefixes;

	if (b->prefixes.count > 0) {
		memcpy(out, b->prefixes.bytes, b->prefixes.bytes_used);
		qsort(out, b->prefixes.count, SET_PREFIX_SIZE, by_rank);
	}
}

static void write_rules(const struct builder *b)
{
	uint8_t *out = b->out + b->layout.rules;

	for (size_t i = 0; i < b->collection->rule_count; i++, out += SET_RULE_SIZE) {
		const struct collected_rule *rule = &b->collection->rules[i];

		store_le32(out + SET_RULE_SID, rule->sid);
		store_le32(out + SET_RULE_REV, rule->rev);
		store_le32(out + SET_RULE_TEXT, b->text_number[rule->text]);
		store_le32(out + SET_RULE_QUARANTINE, rule->quarantine_s);
		store_le32(out + SET_RULE_EXPIRES, rule->expires_day);
		out[SET_RULE_SEVERITY] = rule->severity;
		out[SET_RULE_ACTION] = rule->action;
		out[SET_RULE_FROM] = rule->from;
	}
}

static void write_texts(const struct builder *b)
{
	uint8_t *index = b->out + b->layout.text_index;
	uint32_t at = 0;

	for (size_t i = 0; i < b->text_count; i++) {
		size_t length;
		const uint8_t *text =
			intern_string(&b->collection->texts, b->text_order[i], &length);

		store_le32(index + 4 * i, at);
		memcpy(b->out + b->layout.texts + at, text, length);
		at += (uint32_t)length;
	}
	store_le32(index + 4 * b->text_count, at);
}

static void write_header(const struct builder *b, const uint8_t *key)
{
	struct siphash_128 check = set_key_check(&b->collection->key);
	uint8_t *out = b->out;

	memcpy(out + SET_AT_MAGIC, SET_MAGIC, sizeof(SET_MAGIC) - 1);
	store_le32(out + SET_AT_VERSION, SET_VERSION);
	store_le64(out + SET_AT_SIZE, b->layout.size);
	if (key != NULL) {
		store_le32(out + SET_AT_FLAGS, SET_FLAG_KEY_INSIDE);
		memcpy(out + SET_AT_KEY, key, SET_KEY_SIZE);
	}
	store_le64(out + SET_AT_KEY_CHECK, check.word[0]);
	store_le64(out + SET_AT_KEY_CHECK + 8, check.word[1]);
	store_le32(out + SET_AT_VALUE_COUNT, (uint32_t)b->value_count);
	store_le32(out + SET_AT_FILTER_WORDS, b->layout.filter_words);
	store_le32(out + SET_AT_BUCKET_COUNT, b->layout.bucket_count);
	store_le32(out + SET_AT_LIST_WORDS, b->layout.list_words);
	store_le32(out + SET_AT_PREFIX_COUNT, b->layout.prefix_count);
	store_le32(out + SET_AT_RULE_COUNT, b->layout.rule_count);
	store_le32(out + SET_AT_TEXT_COUNT, b->layout.text_count);
	store_le32(out + SET_AT_TEXT_BYTES, b->layout.text_bytes);
	for (size_t i = 0; i < SET_FIELD_SLOTS; i++) {
		store_le32(out + SET_AT_FIELD_COUNTS + 4 * i, b->field_counts[i]);
	}
	for (size_t i = 0; i < SET_LABEL_SLOTS; i++) {
		store_le64(out + SET_AT_LABELS + 8 * i, b->labels[i]);
	}
	set_compute_digest(out, b->layout.size, out + SET_AT_DIGEST);
}

static void write_all(struct builder *b, const uint8_t *key)
{
	b->cuckoo = cuckoo_place(b->hashes, b->value_count);
	b->layout = (struct set_layout){
		.filter_words = (uint32_t)FILTER_WORDS(b->value_count) + (b->value_count == 0),
		.bucket_count = b->cuckoo.bucket_count,
		.list_words = (uint32_t)(b->lists.bytes_used / 4),
		.prefix_count = (uint32_t)b->prefixes.count,
		.rule_count = (uint32_t)b->collection->rule_count,
		.text_count = (uint32_t)b->text_count,
		.text_bytes = (uint32_t)b->collection->texts.bytes_used,
	};
	set_layout_place(&b->layout);
	b->out = memory_zeroed(b->layout.size, 1);
	write_filter(b);
	write_buckets(b);
	if (b->lists.bytes_used > 0) {
		memcpy(b->out + b->layout.lists, b->lists.bytes, b->lists.bytes_used);
	}
	write_prefixes(b);
	write_rules(b);
	write_texts(b);
	write_header(b, key);
}

/* 32-bit counts and references with a bit to spare. */
static bool fits(const struct collection *c, struct report *report)
{
	const size_t max = SET_SID_MAX;
	struct place place = { "set", 0, 0 };

	if (c->value_count < max / 2 && c->texts.bytes_used < max) {
		return true;
	}
	report_error(report, &place,
		     "too many signatures, expected fewer than 2^30 and 2 GiB of texts");
	return false;
}

struct blob build_set(const struct collection *collection, const uint8_t *key,
		      struct report *report)
{
	size_t values = collection->value_count, texts = collection->texts.count;
	struct builder b = { .collection = collection };

	if (!fits(collection, report)) {
		return (struct blob){ NULL, 0 };
	}
	b.hashes = memory_zeroed(values, sizeof(*b.hashes));
	b.references = memory_zeroed(values, sizeof(*b.references));
	b.field_counts = memory_zeroed(SET_FIELD_SLOTS, sizeof(*b.field_counts));
	b.text_order = memory_zeroed(texts, sizeof(*b.text_order));
	b.text_number = memory_zeroed(texts, sizeof(*b.text_number));
	if (gather_values(&b, report)) {
		order_texts(&b);
		write_all(&b, key);
	}
	free(b.hashes);
	free(b.references);
	free(b.field_counts);
	free(b.list_at);
	free(b.text_order);
	free(b.text_number);
	free(b.cuckoo.slots);
	intern_free(&b.lists);
	intern_free(&b.prefixes);
	return (struct blob){ b.out, b.layout.size };
}

static size_t look_up(const struct set *set, const struct collected_value *value,
		      const uint8_t *bytes, uint32_t rules[static SET_MATCH_MAX])
{
	enum field field = (enum field)value->field;
	struct set_address address = { 0 };

	if (field_kind(field) != FIELD_KIND_ADDRESS) {
		return set_match(set, field, bytes, value->length, rules);
	}
	address.family = bytes[0];
	address.protocol = bytes[2];
	address.port = (uint16_t)(bytes[3] << 8 | bytes[4]);
	memcpy(address.bytes, bytes + 5, value->length - 5u);
	return set_match_address(set, field, &address, rules);
}

static bool contains(const uint32_t *rules, size_t count, uint32_t rule)
{
	while (count > 0 && rules[count - 1] != rule) {
		count--;
	}
	return count > 0;
}

bool build_verify(const struct collection *collection, const struct blob *blob,
		  const uint8_t key[static SET_KEY_SIZE], struct report *report)
{
	struct set set;
	enum set_error error = set_open(&set, blob->bytes, blob->size, key);
	struct place place = { "set", 0, 0 };

	if (error != SET_OK) {
		report_error(report, &place, "the finished set does not open: %s",
			     set_error_text(error));
		return false;
	}
	for (size_t i = 0; i < collection->value_count; i++) {
		const struct collected_value *value = &collection->values[i];
		uint32_t rules[SET_MATCH_MAX];
		size_t count = look_up(&set, value, collected_bytes(collection, value), rules);

		if (count == SET_MATCH_MAX) {
			report_crowded(value, report);
			return false;
		}
		if (!contains(rules, count, value->rule)) {
			place = (struct place){ value->file, value->line, 0 };
			report_error(report, &place, "the finished set does not find this value");
			return false;
		}
	}
	return true;
}
