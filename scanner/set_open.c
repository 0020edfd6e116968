/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening a signature set: every count, reference and text of a blob that may come
 * from anywhere is checked once, in one pass over each section, so that set.c can
 * look values up without checks. See set.h and, for the bytes, set_format.h.
 */
#include "scanner/set.h"

#include <string.h>

#include "scanner/hash/sha256.h"
#include "scanner/hash/words.h"
#include "scanner/letter.h"
#include "scanner/set_format.h"

void set_compute_digest(const uint8_t *blob, uint64_t size, uint8_t out[static SET_DIGEST_SIZE])
{
	const size_t behind = SET_AT_DIGEST + SET_DIGEST_SIZE;
	struct sha256 hash;

	sha256_init(&hash);
	sha256_update(&hash, blob, SET_AT_DIGEST);
	sha256_update(&hash, blob + behind, (size_t)size - behind);
	sha256_final(&hash, out);
}

struct siphash_128 set_key_check(const struct siphash_key *key)
{
	return siphash_128_suffix(key, SET_KEY_CHECK, sizeof(SET_KEY_CHECK) - 1,
				  SET_KEY_CHECK_SUFFIX);
}

/* The place behind `count` elements of `size` at `at`, for the next section. Counts are 32 bits
 * and sizes at most 64, so that seven sections stay far below 2^64. */
static uint64_t behind(uint64_t at, uint32_t count, uint32_t size)
{
	return (at + (uint64_t)count * size + SET_ALIGNMENT - 1) & ~(uint64_t)(SET_ALIGNMENT - 1);
}

void set_layout_place(struct set_layout *layout)
{
	layout->filter = SET_HEADER_SIZE;
	layout->buckets = behind(layout->filter, layout->filter_words, 8);
	layout->lists = behind(layout->buckets, layout->bucket_count, SET_BUCKET_SIZE);
	layout->prefixes = behind(layout->lists, layout->list_words, 4);
	layout->rules = behind(layout->prefixes, layout->prefix_count, SET_PREFIX_SIZE);
	layout->text_index = behind(layout->rules, layout->rule_count, SET_RULE_SIZE);
	/* One more than there are texts, which may be 2^32. */
	layout->texts = behind(layout->text_index + 4, layout->text_count, 4);
	layout->size = behind(layout->texts, layout->text_bytes, 1);
}

static enum set_error check_frame(const uint8_t *blob, size_t size)
{
	uint8_t digest[SET_DIGEST_SIZE];

	if ((uintptr_t)blob % SET_ALIGNMENT != 0) {
		return SET_ERROR_ALIGNMENT;
	}
	if (size < SET_HEADER_SIZE) {
		return SET_ERROR_SHORT;
	}
	if (memcmp(blob + SET_AT_MAGIC, SET_MAGIC, sizeof(SET_MAGIC) - 1) != 0) {
		return SET_ERROR_MAGIC;
	}
	if (load_le32_at(blob + SET_AT_VERSION) != SET_VERSION) {
		return SET_ERROR_VERSION;
	}
	if (load_le64_at(blob + SET_AT_SIZE) != size) {
		return SET_ERROR_SIZE;
	}
	set_compute_digest(blob, size, digest);
	if (memcmp(blob + SET_AT_DIGEST, digest, sizeof(digest)) != 0) {
		return SET_ERROR_DIGEST;
	}
	if ((load_le32_at(blob + SET_AT_FLAGS) & ~SET_FLAG_KEY_INSIDE) != 0 ||
	    load_le64_at(blob + SET_AT_RESERVED) != 0) {
		return SET_ERROR_FLAGS;
	}
	return SET_OK;
}

static enum set_error read_layout(const uint8_t *blob, struct set_layout *layout)
{
	layout->filter_words = load_le32_at(blob + SET_AT_FILTER_WORDS);
	layout->bucket_count = load_le32_at(blob + SET_AT_BUCKET_COUNT);
	layout->list_words = load_le32_at(blob + SET_AT_LIST_WORDS);
	layout->prefix_count = load_le32_at(blob + SET_AT_PREFIX_COUNT);
	layout->rule_count = load_le32_at(blob + SET_AT_RULE_COUNT);
	layout->text_count = load_le32_at(blob + SET_AT_TEXT_COUNT);
	layout->text_bytes = load_le32_at(blob + SET_AT_TEXT_BYTES);
	set_layout_place(layout);
	if (layout->filter_words == 0 || layout->bucket_count == 0 ||
	    layout->size != load_le64_at(blob + SET_AT_SIZE)) {
		return SET_ERROR_LAYOUT;
	}
	return SET_OK;
}

/* Field counts add up to the number of values; label counts stand where domains are. */
static enum set_error check_fields(struct set *set)
{
	const uint8_t *labels = set->blob + SET_AT_LABELS;
	uint64_t total = 0;

	for (uint32_t i = 0; i < SET_FIELD_SLOTS; i++) {
		uint32_t count = load_le32_at(set->blob + SET_AT_FIELD_COUNTS + 4 * (size_t)i);

		if (count > 0 && i >= FIELD_COUNT) {
			return SET_ERROR_FIELDS;
		}
		total += count;
		set->fields |= (uint64_t)(count > 0) << i;
	}
	for (uint32_t i = 0; i < FIELD_COUNT; i++) {
		int slot = set_label_slot((enum field)i);

		if (slot < 0) {
			continue;
		}
		set->labels[slot] = load_le64_at(labels + 8 * slot);
		if ((set->labels[slot] & 1) != 0 ||
		    (set->labels[slot] != 0) != set_has(set, (enum field)i)) {
			return SET_ERROR_FIELDS;
		}
	}
	for (size_t i = SET_DOMAIN_FIELDS; i < SET_LABEL_SLOTS; i++) {
		if (load_le64_at(labels + 8 * i) != 0) {
			return SET_ERROR_FIELDS;
		}
	}
	return total == set_value_count(set) ? SET_OK : SET_ERROR_FIELDS;
}

static bool reference_holds(const struct set *set, const struct set_layout *layout,
			    uint32_t reference)
{
	uint32_t at = reference & ~SET_REFERENCE_LIST, count;

	if ((reference & SET_REFERENCE_LIST) == 0) {
		return reference < layout->rule_count;
	}
	if (at >= layout->list_words) {
		return false;
	}
	count = load_le32_at(set->lists + 4 * (size_t)at);
	if (count == 0 || count > SET_MATCH_MAX || count >= layout->list_words - at) {
		return false;
	}
	for (uint32_t i = 1; i <= count; i++) {
		if (load_le32_at(set->lists + 4 * (size_t)(at + i)) >= layout->rule_count) {
			return false;
		}
	}
	return true;
}

/* An empty entry is all zero but for its reference, and so cannot be mistaken for a value: set.c
 * compares hashes only, and takes the reference it then finds for an answer. */
static enum set_error check_buckets(const struct set *set, const struct set_layout *layout)
{
	const uint8_t *entry = set->buckets;
	const uint8_t *end = entry + SET_BUCKET_SIZE * (size_t)layout->bucket_count;
	uint64_t values = 0;

	for (; entry != end; entry += SET_ENTRY_SIZE) {
		uint32_t reference = load_le32_at(entry + SET_ENTRY_REFERENCE);

		if (reference == SET_REFERENCE_EMPTY) {
			if (load_le64_at(entry) != 0 || load_le32_at(entry + 8) != 0) {
				return SET_ERROR_BUCKETS;
			}
			continue;
		}
		if (!reference_holds(set, layout, reference)) {
			return SET_ERROR_BUCKETS;
		}
		values++;
	}
	return values == set_value_count(set) ? SET_OK : SET_ERROR_BUCKETS;
}

static bool prefix_holds(const struct set *set, const uint8_t *prefix)
{
	uint8_t field = prefix[0], family = prefix[1], length = prefix[2], selector = prefix[3];
	uint8_t bits = family == 4 ? 32 : 128;

	return (field == FIELD_IP_SRC || field == FIELD_IP_DST) &&
	       set_has(set, (enum field)field) && (family == 4 || family == 6) && length > 0 &&
	       length <= bits && (selector == SET_PORT_NONE || length == bits) &&
	       (selector <= SET_PORT_ANY_PROTOCOL || selector == 6 || selector == 17);
}

_Static_assert(FIELD_IP_SRC == 0 && FIELD_IP_DST == 1, "they index prefix_range");

/* Strictly ascending ranks bound their number, however many a hostile header announces. */
static enum set_error check_prefixes(struct set *set, const struct set_layout *layout)
{
	uint32_t before = 0;

	for (uint32_t i = 0; i < layout->prefix_count; i++) {
		const uint8_t *prefix = set->prefixes + SET_PREFIX_SIZE * (size_t)i;
		uint32_t rank = set_prefix_rank(prefix);

		if (!prefix_holds(set, prefix) || (i > 0 && rank <= before)) {
			return SET_ERROR_PREFIXES;
		}
		before = rank;
		if (set->prefix_range[prefix[0]][prefix[1] == 6].count++ == 0) {
			set->prefix_range[prefix[0]][prefix[1] == 6].first = (uint16_t)i;
		}
	}
	return SET_OK;
}

static enum set_error check_rules(const struct set *set, const struct set_layout *layout)
{
	uint32_t before = 0;

	for (uint32_t i = 0; i < layout->rule_count; i++) {
		const uint8_t *rule = set->rules + SET_RULE_SIZE * (size_t)i;
		uint32_t sid = load_le32_at(rule + SET_RULE_SID);
		uint32_t quarantine_s = load_le32_at(rule + SET_RULE_QUARANTINE);
		bool quarantine = rule[SET_RULE_ACTION] == SET_ACTION_QUARANTINE;

		if (sid <= before || sid > SET_SID_MAX || rule[SET_RULE_SEVERITY] < 1 ||
		    rule[SET_RULE_SEVERITY] > 4 || rule[SET_RULE_ACTION] > SET_ACTION_QUARANTINE ||
		    rule[SET_RULE_FROM] > SET_FROM_OUTSIDE || rule[SET_RULE_RESERVED] != 0 ||
		    (quarantine_s != 0) != quarantine || quarantine_s > SET_QUARANTINE_MAX ||
		    load_le32_at(rule + SET_RULE_TEXT) >= layout->text_count) {
			return SET_ERROR_RULES;
		}
		before = sid;
	}
	return SET_OK;
}

/* One string at `at`: UTF-8 without control characters, terminated before `end`. Returns its
 * length, or -1. */
static int text_length(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *start = at;

	while (at < end && *at != 0) {
		uint32_t letter = 0;
		size_t used = letter_decode(at, (size_t)(end - at), &letter);

		if (used == 0 || letter < 0x20 || (letter >= 0x7f && letter < 0xa0)) {
			return -1;
		}
		at += used;
	}
	return at == end || at - start > SET_TEXT_MAX ? -1 : (int)(at - start);
}

static enum set_error check_texts(const struct set *set, const struct set_layout *layout)
{
	uint32_t at = load_le32_at(set->text_index);

	if (at != 0) {
		return SET_ERROR_TEXTS;
	}
	for (uint32_t i = 0; i < layout->text_count; i++) {
		uint32_t end = load_le32_at(set->text_index + 4 * ((size_t)i + 1));

		if (end <= at || end > layout->text_bytes) {
			return SET_ERROR_TEXTS;
		}
		for (int part = 0; part < 3; part++) {
			int length = text_length(set->texts + at, set->texts + end);

			if (length < 0) {
				return SET_ERROR_TEXTS;
			}
			at += (uint32_t)length + 1;
		}
		if (at != end) {
			return SET_ERROR_TEXTS;
		}
	}
	return at == layout->text_bytes ? SET_OK : SET_ERROR_TEXTS;
}

static enum set_error take_key(struct set *set, const uint8_t key[SET_KEY_SIZE])
{
	static const uint8_t zero[SET_KEY_SIZE];
	const uint8_t *inside = set->blob + SET_AT_KEY, *check = set->blob + SET_AT_KEY_CHECK;
	struct siphash_128 expected;

	if (!set_key_inside(set)) {
		if (memcmp(inside, zero, SET_KEY_SIZE) != 0) {
			return SET_ERROR_FLAGS;
		}
		if (key == NULL) {
			return SET_ERROR_KEY_MISSING;
		}
	}
	set->key = siphash_key(key != NULL ? key : inside);
	expected = set_key_check(&set->key);
	if (load_le64_at(check) != expected.word[0] ||
	    load_le64_at(check + 8) != expected.word[1]) {
		return SET_ERROR_KEY_WRONG;
	}
	return SET_OK;
}

static void place(struct set *set, const struct set_layout *layout)
{
	set->filter = set->blob + layout->filter;
	set->buckets = set->blob + layout->buckets;
	set->lists = set->blob + layout->lists;
	set->prefixes = set->blob + layout->prefixes;
	set->rules = set->blob + layout->rules;
	set->text_index = set->blob + layout->text_index;
	set->texts = set->blob + layout->texts;
	set->filter_words = layout->filter_words;
	set->bucket_count = layout->bucket_count;
	set->rule_count = layout->rule_count;
}

enum set_error set_check(struct set *set, const void *blob, size_t size)
{
	struct set_layout layout;
	enum set_error error = check_frame(blob, size);

	memset(set, 0, sizeof(*set));
	if (error == SET_OK) {
		set->blob = blob;
		error = read_layout(blob, &layout);
	}
	if (error == SET_OK) {
		place(set, &layout);
		error = check_fields(set);
	}
	if (error == SET_OK) {
		error = check_buckets(set, &layout);
	}
	if (error == SET_OK) {
		error = check_prefixes(set, &layout);
	}
	if (error == SET_OK) {
		error = check_rules(set, &layout);
	}
	if (error == SET_OK) {
		error = check_texts(set, &layout);
	}
	return error;
}

enum set_error set_open(struct set *set, const void *blob, size_t size,
			const uint8_t key[SET_KEY_SIZE])
{
	enum set_error error = set_check(set, blob, size);

	if (error == SET_OK) {
		error = take_key(set, key);
	}
	if (error != SET_OK) {
		memset(set, 0, sizeof(*set));
	}
	return error;
}

const char *set_error_text(enum set_error error)
{
	static const char *const texts[SET_ERROR_COUNT] = {
		[SET_OK] = "no error",
		[SET_ERROR_ALIGNMENT] = "the set does not lie at a multiple of 64 bytes",
		[SET_ERROR_SHORT] = "too short for a signature set",
		[SET_ERROR_MAGIC] = "not a signature set",
		[SET_ERROR_VERSION] = "a version of the set format that this program does not know",
		[SET_ERROR_SIZE] = "cut short, or something follows the set",
		[SET_ERROR_DIGEST] = "damaged: the digest does not match the content",
		[SET_ERROR_FLAGS] = "unknown flags in the header",
		[SET_ERROR_LAYOUT] = "the sections do not fill the set",
		[SET_ERROR_FIELDS] = "the table of fields does not add up",
		[SET_ERROR_BUCKETS] = "a value without a rule, or not as many values as announced",
		[SET_ERROR_PREFIXES] = "an impossible address prefix",
		[SET_ERROR_RULES] = "an impossible rule",
		[SET_ERROR_TEXTS] = "a text that is not clean UTF-8 or has no end",
		[SET_ERROR_KEY_MISSING] = "compiled with --key-outside, and no key was given",
		[SET_ERROR_KEY_WRONG] = "the key given is not the one the set was compiled with",
	};

	return (unsigned int)error < SET_ERROR_COUNT ? texts[error] : "unknown error";
}
