/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening a signature set: a blob that is damaged, cut or made to deceive is refused
 * by name, or harmless; a key that is missing or wrong is noticed.
 */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/hash/words.h"
#include "scanner/set.h"
#include "scanner/set_format.h"
#include "tests/scanner/set_stage.h"

/* Aligned memory of exactly this size: a read beyond it is seen by the address sanitizer. */
static uint8_t *exactly(size_t size)
{
	void *memory;

	assert_int_equal(posix_memalign(&memory, SET_ALIGNMENT, size), 0);
	return memory;
}

static void set_open_key_outside_needs_that_key(void **state)
{
	struct blob blob = compile_text(signatures, sizeof(signatures) - 1, true, stderr);
	uint8_t wrong[SET_KEY_SIZE];
	uint32_t rules[SET_MATCH_MAX];
	struct set set;

	(void)state;
	assert_int_equal(set_open(&set, blob.bytes, blob.size, NULL), SET_ERROR_KEY_MISSING);
	assert_false(set_has(&set, FIELD_IP_DST));
	for (size_t bit = 0; bit < 8 * SET_KEY_SIZE; bit++) {
		memcpy(wrong, compile_text_key, SET_KEY_SIZE);
		wrong[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(set_open(&set, blob.bytes, blob.size, wrong), SET_ERROR_KEY_WRONG);
	}
	assert_int_equal(set_open(&set, blob.bytes, blob.size, compile_text_key), SET_OK);
	assert_false(set_key_inside(&set));
	assert_int_equal(
		set_match(&set, FIELD_DNS_QUERY, (const uint8_t *)"evil.example", 12, rules), 1);
	/* The key itself is nowhere in it. */
	for (size_t i = 0; i + SET_KEY_SIZE <= blob.size; i++) {
		assert_true(memcmp(blob.bytes + i, compile_text_key, SET_KEY_SIZE) != 0);
	}
	free(blob.bytes);
}

static void set_open_key_inside_and_given_must_agree(void **state)
{
	static const uint8_t other[SET_KEY_SIZE] = "another key";
	struct set set;

	(void)state;
	assert_int_equal(set_open(&set, compiled.bytes, compiled.size, compile_text_key), SET_OK);
	assert_true(set_key_inside(&set));
	assert_int_equal(set_open(&set, compiled.bytes, compiled.size, other), SET_ERROR_KEY_WRONG);
}

static void set_open_unaligned_is_refused(void **state)
{
	uint8_t *memory = exactly(compiled.size + SET_ALIGNMENT);
	struct set set;

	(void)state;
	for (size_t shift = 1; shift < SET_ALIGNMENT; shift++) {
		memcpy(memory + shift, compiled.bytes, compiled.size);
		assert_int_equal(set_open(&set, memory + shift, compiled.size, NULL),
				 SET_ERROR_ALIGNMENT);
	}
	free(memory);
}

static void set_open_every_flipped_bit_is_refused(void **state)
{
	struct set set;

	(void)state;
	for (size_t bit = 0; bit < 8 * compiled.size; bit++) {
		enum set_error error;

		compiled.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		error = set_open(&set, compiled.bytes, compiled.size, NULL);
		compiled.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(error, bit / 8 < 8  ? SET_ERROR_MAGIC :
					bit / 8 < 12 ? SET_ERROR_VERSION :
					bit / 8 < 16 ? SET_ERROR_DIGEST :
					bit / 8 < 24 ? SET_ERROR_SIZE :
						       SET_ERROR_DIGEST);
	}
}

static void set_open_every_truncation_is_refused(void **state)
{
	struct set set;

	(void)state;
	for (size_t size = 0; size < compiled.size; size++) {
		uint8_t *memory = exactly(size);
		enum set_error error;

		memcpy(memory, compiled.bytes, size);
		error = set_open(&set, memory, size, NULL);
		free(memory);
		assert_int_equal(error, size < SET_HEADER_SIZE ? SET_ERROR_SHORT : SET_ERROR_SIZE);
	}
}

/* A copy of the compiled set to be changed, and its sections. */
static struct set_layout copy_set(struct blob *copy)
{
	struct set_layout layout;

	copy->size = compiled.size;
	copy->bytes = exactly(copy->size);
	memcpy(copy->bytes, compiled.bytes, copy->size);
	layout.filter_words = load_le32(copy->bytes + SET_AT_FILTER_WORDS);
	layout.bucket_count = load_le32(copy->bytes + SET_AT_BUCKET_COUNT);
	layout.list_words = load_le32(copy->bytes + SET_AT_LIST_WORDS);
	layout.prefix_count = load_le32(copy->bytes + SET_AT_PREFIX_COUNT);
	layout.rule_count = load_le32(copy->bytes + SET_AT_RULE_COUNT);
	layout.text_count = load_le32(copy->bytes + SET_AT_TEXT_COUNT);
	layout.text_bytes = load_le32(copy->bytes + SET_AT_TEXT_BYTES);
	set_layout_place(&layout);
	assert_int_equal(layout.size, copy->size);
	return layout;
}

static enum set_error open_changed(struct blob *copy, struct set *set)
{
	set_compute_digest(copy->bytes, copy->size, copy->bytes + SET_AT_DIGEST);
	return set_open(set, copy->bytes, copy->size, NULL);
}

/* Who changes a set can also make its digest fit: 32 bits that then must not stand at a place. */
struct fault {
	size_t at;
	uint32_t value;
	enum set_error error;
};

static void check_faults(struct blob *copy, const struct fault *faults, size_t count)
{
	struct set set;

	for (size_t i = 0; i < count; i++) {
		uint8_t before[4];
		enum set_error error;

		memcpy(before, copy->bytes + faults[i].at, 4);
		store_le32(copy->bytes + faults[i].at, faults[i].value);
		error = open_changed(copy, &set);
		memcpy(copy->bytes + faults[i].at, before, 4);
		if (error != faults[i].error) {
			fail_msg("fault %zu: '%s' instead of '%s'", i, set_error_text(error),
				 set_error_text(faults[i].error));
		}
	}
	assert_int_equal(open_changed(copy, &set), SET_OK);
	free(copy->bytes);
}

#define CHECK_FAULTS(copy, faults) check_faults(copy, faults, sizeof(faults) / sizeof((faults)[0]))

static void set_open_impossible_header_is_refused(void **state)
{
	struct blob copy;
	struct set_layout at = copy_set(&copy);
	const struct fault faults[] = {
		{ SET_AT_FLAGS, 2, SET_ERROR_FLAGS },
		{ SET_AT_FLAGS, 0, SET_ERROR_FLAGS }, /* a key that is not supposed to be there */
		{ SET_AT_RESERVED, 1, SET_ERROR_FLAGS },
		{ SET_AT_RESERVED + 4, 1, SET_ERROR_FLAGS },
		{ SET_AT_KEY, 0, SET_ERROR_KEY_WRONG },
		{ SET_AT_VALUE_COUNT, 14, SET_ERROR_FIELDS },
		{ SET_AT_FILTER_WORDS, 0, SET_ERROR_LAYOUT },
		{ SET_AT_FILTER_WORDS, 0xffffffff, SET_ERROR_LAYOUT },
		{ SET_AT_BUCKET_COUNT, 0, SET_ERROR_LAYOUT },
		{ SET_AT_BUCKET_COUNT, at.bucket_count + 1, SET_ERROR_LAYOUT },
		{ SET_AT_LIST_WORDS, 0xffffffff, SET_ERROR_LAYOUT },
		{ SET_AT_PREFIX_COUNT, 0xffffffff, SET_ERROR_LAYOUT },
		{ SET_AT_RULE_COUNT, 0xffffffff, SET_ERROR_LAYOUT },
		{ SET_AT_TEXT_COUNT, 0xffffffff, SET_ERROR_LAYOUT },
		{ SET_AT_TEXT_BYTES, 0xffffffff, SET_ERROR_LAYOUT },
		/* Within the same padding the layout holds; the content does not. */
		{ SET_AT_TEXT_BYTES, at.text_bytes - 1, SET_ERROR_TEXTS },
		{ SET_AT_TEXT_BYTES, at.text_bytes + 1, SET_ERROR_TEXTS },
		{ SET_AT_TEXT_COUNT, at.text_count - 1, SET_ERROR_RULES },
		{ SET_AT_PREFIX_COUNT, at.prefix_count + 1, SET_ERROR_PREFIXES },
		{ SET_AT_RULE_COUNT, at.rule_count - 1, SET_ERROR_BUCKETS },
		{ SET_AT_LIST_WORDS, at.list_words - 1, SET_ERROR_BUCKETS },
		{ SET_AT_FIELD_COUNTS + 4 * FIELD_COUNT, 1, SET_ERROR_FIELDS },
		{ SET_AT_FIELD_COUNTS + 4 * FIELD_DNS_QUERY, 0, SET_ERROR_FIELDS },
		{ SET_AT_LABELS + 8 * 3, 0, SET_ERROR_FIELDS },
		{ SET_AT_LABELS + 8 * 3, 1, SET_ERROR_FIELDS }, /* names of no label */
		{ SET_AT_LABELS, 2, SET_ERROR_FIELDS }, /* a field without values */
		{ SET_AT_LABELS + 8 * SET_DOMAIN_FIELDS, 2, SET_ERROR_FIELDS },
	};

	(void)state;
	CHECK_FAULTS(&copy, faults);
}

/* Where the reference of some value with several rules stands. */
static size_t find_list_reference(const struct blob *blob, const struct set_layout *at)
{
	for (size_t i = at->buckets; i < at->lists; i += SET_ENTRY_SIZE) {
		uint32_t reference = load_le32(blob->bytes + i + SET_ENTRY_REFERENCE);

		if (reference != SET_REFERENCE_EMPTY && (reference & SET_REFERENCE_LIST) != 0) {
			return i + SET_ENTRY_REFERENCE;
		}
	}
	fail_msg("no value has several rules");
	return 0;
}

static void set_open_impossible_reference_is_refused(void **state)
{
	struct blob copy;
	struct set_layout at = copy_set(&copy);
	size_t list = find_list_reference(&copy, &at);
	const struct fault faults[] = {
		{ list, at.rule_count, SET_ERROR_BUCKETS },
		{ list, SET_REFERENCE_LIST | at.list_words, SET_ERROR_BUCKETS },
		{ list, SET_REFERENCE_LIST | (at.list_words - 1), SET_ERROR_BUCKETS },
		{ list, 0xfffffffe, SET_ERROR_BUCKETS },
		{ list, SET_REFERENCE_EMPTY, SET_ERROR_BUCKETS }, /* empty, but with a hash */
		{ at.lists, 0, SET_ERROR_BUCKETS },
		{ at.lists, 3, SET_ERROR_BUCKETS },
		{ at.lists, SET_MATCH_MAX + 1, SET_ERROR_BUCKETS },
		{ at.lists, 0xffffffff, SET_ERROR_BUCKETS },
		{ at.lists + 4, at.rule_count, SET_ERROR_BUCKETS },
	};

	(void)state;
	CHECK_FAULTS(&copy, faults);
}

static void set_open_impossible_prefix_is_refused(void **state)
{
	struct blob copy;
	struct set_layout at = copy_set(&copy);
	const struct fault faults[] = {
		{ at.prefixes, 0x00200401, SET_ERROR_PREFIXES }, /* ip.dst before ip.src */
		{ at.prefixes + 4, 0x06200401, SET_ERROR_PREFIXES }, /* the same again */
		{ at.prefixes + 4, 0x00200502, SET_ERROR_PREFIXES }, /* family 5, field 2 */
		{ at.prefixes + 4, 0x00210401, SET_ERROR_PREFIXES }, /* 33 bits */
		{ at.prefixes + 4, 0x00000401, SET_ERROR_PREFIXES }, /* 0 bits */
		{ at.prefixes + 4, 0x07200401, SET_ERROR_PREFIXES }, /* protocol 7 */
		{ at.prefixes + 4, 0x06180401, SET_ERROR_PREFIXES }, /* a port on a prefix */
	};

	(void)state;
	CHECK_FAULTS(&copy, faults);
}

static void set_open_impossible_rule_is_refused(void **state)
{
	struct blob copy;
	struct set_layout at = copy_set(&copy);
	const struct fault faults[] = {
		{ at.rules + SET_RULE_SID, 0, SET_ERROR_RULES },
		{ at.rules + SET_RULE_SID, 0x80000000, SET_ERROR_RULES },
		{ at.rules + SET_RULE_SID, 11, SET_ERROR_RULES }, /* as the next one's */
		{ at.rules + SET_RULE_TEXT, at.text_count, SET_ERROR_RULES },
		{ at.rules + SET_RULE_QUARANTINE, 0, SET_ERROR_RULES },
		{ at.rules + SET_RULE_QUARANTINE, SET_QUARANTINE_MAX + 1, SET_ERROR_RULES },
		{ at.rules + SET_RULE_SEVERITY, 0x00000300, SET_ERROR_RULES },
		{ at.rules + SET_RULE_SEVERITY, 0x00000305, SET_ERROR_RULES },
		{ at.rules + SET_RULE_SEVERITY, 0x00000401, SET_ERROR_RULES },
		{ at.rules + SET_RULE_SEVERITY, 0x00030301, SET_ERROR_RULES },
		{ at.rules + SET_RULE_SEVERITY, 0x01000301, SET_ERROR_RULES },
	};

	(void)state;
	CHECK_FAULTS(&copy, faults);
}

static void set_open_impossible_text_is_refused(void **state)
{
	struct blob copy;
	struct set_layout at = copy_set(&copy);
	const struct fault faults[] = {
		{ at.text_index, 1, SET_ERROR_TEXTS },
		{ at.text_index + 4, 0, SET_ERROR_TEXTS },
		{ at.text_index + 4, at.text_bytes + 1, SET_ERROR_TEXTS },
		{ at.text_index + 4, 0xffffffff, SET_ERROR_TEXTS },
		{ at.texts, 0x0a646461, SET_ERROR_TEXTS }, /* a line feed */
		{ at.texts, 0x80646461, SET_ERROR_TEXTS }, /* not UTF-8 */
		{ at.texts, 0x00646461, SET_ERROR_TEXTS }, /* four strings */
	};

	(void)state;
	CHECK_FAULTS(&copy, faults);
}

static void check_found(const struct set *set, const uint32_t *rules, size_t count)
{
	assert_true(count <= SET_MATCH_MAX);
	for (size_t i = 0; i < count; i++) {
		struct set_rule rule;

		assert_true(rules[i] < set_rule_count(set));
		set_rule(set, rules[i], &rule);
		assert_in_range(rule.sid, 1, SET_SID_MAX);
	}
}

/* Every lookup there is, on values in the set and on others. */
static void look_everything_up(const struct set *set)
{
	static const char *const values[] = { "a.b.evil.example", "u@evil.example", "x", "" };
	uint32_t rules[SET_MATCH_MAX];
	struct set_address address = { .protocol = 6, .port = 25, .bytes = { 192, 0, 2, 1 } };

	for (int field = 0; field < FIELD_COUNT; field++) {
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			size_t count = set_match(set, (enum field)field, (const uint8_t *)values[i],
						 strlen(values[i]), rules);

			check_found(set, rules, count);
		}
	}
	for (address.family = 4; address.family <= 6; address.family += 2) {
		check_found(set, rules, set_match_address(set, FIELD_IP_SRC, &address, rules));
		check_found(set, rules, set_match_address(set, FIELD_IP_DST, &address, rules));
	}
	for (uint32_t i = 0; i < set_rule_count(set); i++) {
		struct set_rule rule;

		set_rule(set, i, &rule);
		assert_true(strlen(rule.class_name) <= SET_TEXT_MAX);
	}
	set_count_expired(set, 1814400000);
}

static void set_open_random_changes_with_right_digest_are_harmless(void **state)
{
	uint64_t random = 1;
	size_t opened = 0, rounds = 30000;

	(void)state;
	for (size_t round = 0; round < rounds; round++) {
		struct blob copy;
		struct set set;

		copy_set(&copy);
		for (size_t changes = 0; changes <= round % 4; changes++) {
			random = random * 6364136223846793005 + 1442695040888963407;
			copy.bytes[SET_AT_KEY + (random >> 32) % (copy.size - SET_AT_KEY)] =
				(uint8_t)(random >> 24);
		}
		if (open_changed(&copy, &set) == SET_OK) {
			opened++;
			look_everything_up(&set);
		}
		free(copy.bytes);
	}
	assert_in_range(opened, 1, rounds - 1);
}

static void set_error_text_every_error_has_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < SET_ERROR_COUNT; i++) {
		for (int j = 0; j < i; j++) {
			assert_string_not_equal(set_error_text((enum set_error)i),
						set_error_text((enum set_error)j));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_open_key_outside_needs_that_key),
		cmocka_unit_test(set_open_key_inside_and_given_must_agree),
		cmocka_unit_test(set_open_unaligned_is_refused),
		cmocka_unit_test(set_open_every_flipped_bit_is_refused),
		cmocka_unit_test(set_open_every_truncation_is_refused),
		cmocka_unit_test(set_open_impossible_header_is_refused),
		cmocka_unit_test(set_open_impossible_reference_is_refused),
		cmocka_unit_test(set_open_impossible_prefix_is_refused),
		cmocka_unit_test(set_open_impossible_rule_is_refused),
		cmocka_unit_test(set_open_impossible_text_is_refused),
		cmocka_unit_test(set_open_random_changes_with_right_digest_are_harmless),
		cmocka_unit_test(set_error_text_every_error_has_its_own),
	};

	return cmocka_run_group_tests(tests, compile_signatures, free_signatures);
}
