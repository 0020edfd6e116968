/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * set_open() on any bytes, with size, key check and digest made to fit, as who wants
 * to deceive it can do; and when it accepts them, every lookup there is.
 */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/hash/words.h"
#include "scanner/set.h"
#include "scanner/set_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void make_fit(uint8_t *blob, size_t size)
{
	struct siphash_key key;
	struct siphash_128 check;

	if (size < SET_HEADER_SIZE) {
		return;
	}
	key = siphash_key(blob + SET_AT_KEY);
	check = set_key_check(&key);
	store_le64(blob + SET_AT_SIZE, size);
	store_le64(blob + SET_AT_KEY_CHECK, check.word[0]);
	store_le64(blob + SET_AT_KEY_CHECK + 8, check.word[1]);
	set_compute_digest(blob, size, blob + SET_AT_DIGEST);
}

static void check_rules(const struct set *set, const uint32_t *rules, size_t count)
{
	assert(count <= SET_MATCH_MAX);
	for (size_t i = 0; i < count; i++) {
		assert(rules[i] < set_rule_count(set));
	}
}

/* Values made of the input's own bytes. */
static void look_up(const struct set *set, const uint8_t *data, size_t size)
{
	uint32_t rules[SET_MATCH_MAX];

	for (int field = 0; field < FIELD_COUNT; field++) {
		for (size_t length = 0; length < 40 && length <= size; length += 13) {
			check_rules(set, rules,
				    set_match(set, (enum field)field, data, length, rules));
		}
	}
	for (size_t at = 0; at + 20 <= size && at < 400; at += 20) {
		struct set_address address = {
			(uint8_t)(4 + 2 * (data[at] & 1)), data[at + 1], data[at + 2], { 0 }
		};

		memcpy(address.bytes, data + at + 4, 16);
		check_rules(set, rules, set_match_address(set, FIELD_IP_SRC, &address, rules));
		check_rules(set, rules, set_match_address(set, FIELD_IP_DST, &address, rules));
	}
}

static void read_rules(const struct set *set)
{
	for (uint32_t i = 0; i < set_rule_count(set); i++) {
		struct set_rule rule;

		set_rule(set, i, &rule);
		assert(rule.sid > 0 && rule.severity >= 1 && rule.severity <= 4);
		assert(rule.action <= SET_ACTION_QUARANTINE && rule.from <= SET_FROM_OUTSIDE);
		assert(rule.message[rule.message_length] == '\0');
		assert(rule.reference[rule.reference_length] == '\0');
		assert(rule.class_name[rule.class_length] == '\0');
	}
	assert(set_count_expired(set, UINT64_MAX) <= set_rule_count(set));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *blob;
	struct set set;

	if (posix_memalign(&blob, SET_ALIGNMENT, size + (size == 0)) != 0) {
		return 0;
	}
	memcpy(blob, data, size);
	make_fit(blob, size);
	if (set_open(&set, blob, size, NULL) == SET_OK) {
		read_rules(&set);
		look_up(&set, data, size);
	} else {
		assert(set.blob == NULL && set.fields == 0);
	}
	free(blob);
	return 0;
}
