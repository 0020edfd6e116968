/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signature set: what is in a compiled set is found and nothing else, and a
 * blob that is damaged or made to deceive is refused, or harmless.
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

#include "scanner/canonical.h"
#include "scanner/hash/words.h"
#include "scanner/set.h"
#include "scanner/set_format.h"
#include "tests/tools/compile_text.h"

static const char signatures[] =
	"10 critical quarantine=2h ip.dst 192.0.2.1 msg=\"address\" ref=\"a report\" class=c rev=3\n"
	"11 high drop ip.dst 192.0.2.1:25/tcp\n"
	"12 medium reject ip.dst 192.0.2.1:25 expires=2027-06-30 from=inside\n"
	"13 low alert ip.dst 192.0.2.0/24\n"
	"14 low alert ip.dst 192.0.0.0/16\n"
	"15 low alert ip.src 2001:db8::/33\n"
	"16 low alert ip.src [2001:db8::1]:53/udp\n"
	"20 high drop dns.query evil.example msg=\"domain\"\n"
	"21 high alert dns.query a.b.evil.example\n"
	"20 high drop dns.query b.evil.example msg=\"domain\"\n"
	"22 high alert tls.sni evil.example\n"
	"30 low alert smtp.rcpt_to u@evil.example\n"
	"31 low alert smtp.rcpt_to u@evil.example\n"
	"32 low alert smtp.header.x-mailer \"The Bat!\" from=outside\n"
	"33 low alert ssh.client.ident.shape ebury-hex\n"
	"34 low alert smtp.shape php-eval\n";

static struct blob compiled;

/* Aligned memory of exactly this size: a read beyond it is seen by the address sanitizer. */
static uint8_t *exactly(size_t size)
{
	void *memory;

	assert_int_equal(posix_memalign(&memory, SET_ALIGNMENT, size), 0);
	return memory;
}

static int compile_signatures(void **state)
{
	(void)state;
	compiled = compile_text(signatures, sizeof(signatures) - 1, false, stderr);
	return compiled.bytes == NULL;
}

static int free_signatures(void **state)
{
	(void)state;
	free(compiled.bytes);
	return 0;
}

static struct set open_signatures(void)
{
	struct set set;

	assert_int_equal(set_open(&set, compiled.bytes, compiled.size, NULL), SET_OK);
	return set;
}

/* The SIDs found, in order, as text: "20 21". */
static const char *sids(const struct set *set, const uint32_t *rules, size_t count)
{
	static char text[SET_MATCH_MAX * 11 + 1];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		struct set_rule rule;

		set_rule(set, rules[i], &rule);
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u", i > 0 ? " " : "",
					 rule.sid);
	}
	return text;
}

static const char *match(const struct set *set, enum field field, const char *value)
{
	uint32_t rules[SET_MATCH_MAX];
	uint8_t form[CANONICAL_MAX];
	int length = canonical(field, (const uint8_t *)value, strlen(value), form);

	assert_true(length >= 0);
	return sids(set, rules, set_match(set, field, form, (size_t)length, rules));
}

static const char *match_address(const struct set *set, enum field field, const char *text,
				 uint8_t protocol, uint16_t port)
{
	struct set_address address = { .protocol = protocol, .port = port };
	uint32_t rules[SET_MATCH_MAX];
	uint8_t form[CANONICAL_MAX];

	assert_true(canonical(field, (const uint8_t *)text, strlen(text), form) > 0);
	address.family = form[0];
	memcpy(address.bytes, form + 5, form[0] == 4 ? 4 : 16);
	return sids(set, rules, set_match_address(set, field, &address, rules));
}

static void set_match_domain_finds_name_and_parents(void **state)
{
	struct set set = open_signatures();

	(void)state;
	assert_string_equal(match(&set, FIELD_DNS_QUERY, "evil.example"), "20");
	assert_string_equal(match(&set, FIELD_DNS_QUERY, "www.EVIL.example."), "20");
	/* The longest name first, each rule once. */
	assert_string_equal(match(&set, FIELD_DNS_QUERY, "a.b.evil.example"), "21 20");
	assert_string_equal(match(&set, FIELD_DNS_QUERY, "x.y.z.a.b.evil.example"), "21 20");
	assert_string_equal(match(&set, FIELD_DNS_QUERY, "\xff*.evil.example"), "20");
	assert_string_equal(match(&set, FIELD_DNS_QUERY, "..evil.example"), "20");
	assert_string_equal(match(&set, FIELD_DNS_QUERY, "notevil.example"), "");
	assert_string_equal(match(&set, FIELD_DNS_QUERY, "evil.example.com"), "");
	assert_string_equal(match(&set, FIELD_DNS_QUERY, "example"), "");
	assert_string_equal(match(&set, FIELD_TLS_SNI, "www.evil.example"), "22");
	assert_string_equal(match(&set, FIELD_SMTP_HELO, "evil.example"), "");
}

static void set_match_domain_with_many_labels_is_found(void **state)
{
	struct set set = open_signatures();
	char name[300] = "";

	(void)state;
	for (int i = 0; i < 120; i++) {
		strcat(name, "x.");
	}
	strcat(name, "evil.example");
	assert_string_equal(match(&set, FIELD_DNS_QUERY, name), "20");
}

static void set_match_value_with_several_rules_finds_all(void **state)
{
	struct set set = open_signatures();

	(void)state;
	assert_string_equal(match(&set, FIELD_SMTP_RCPT_TO, "<U@evil.example>"), "30 31");
	assert_string_equal(match(&set, FIELD_SMTP_RCPT_TO, "x@evil.example"), "");
	assert_string_equal(match(&set, FIELD_SSH_CLIENT_IDENT_SHAPE, "ebury-hex"), "33");
	assert_string_equal(match(&set, FIELD_SSH_CLIENT_IDENT_SHAPE, "ebury-base64"), "");
}

/* A value belongs to its field: the same bytes in another one are another value. */
static void set_match_other_field_finds_nothing(void **state)
{
	static const char text[] = "1 low alert ssh.client.hassh 51cba57125523ce4b9db67714a90bf6e\n"
				   "2 low alert tls.ja3 0a07365cc01fa9fc82608ba4019af499\n";
	struct blob blob = compile_text(text, sizeof(text) - 1, false, stderr);
	struct set set;

	(void)state;
	assert_int_equal(set_open(&set, blob.bytes, blob.size, NULL), SET_OK);
	assert_string_equal(match(&set, FIELD_SSH_CLIENT_HASSH, "51cba57125523ce4b9db67714a90bf6e"),
			    "1");
	assert_string_equal(match(&set, FIELD_TLS_JA3, "51cba57125523ce4b9db67714a90bf6e"), "");
	assert_true(set_has(&set, FIELD_TLS_JA3));
	assert_false(set_has(&set, FIELD_TLS_JA4));
	assert_false(set_has(&set, FIELD_SSH_SERVER_HASSH));
	free(blob.bytes);
}

static void set_match_header_name_belongs_to_value(void **state)
{
	struct set set = open_signatures();
	uint32_t rules[SET_MATCH_MAX];

	(void)state;
	assert_int_equal(set_match(&set, FIELD_SMTP_HEADER, (const uint8_t *)"x-mailer\0The Bat!",
				   17, rules),
			 1);
	assert_int_equal(set_match(&set, FIELD_SMTP_HEADER, (const uint8_t *)"x-mailex\0The Bat!",
				   17, rules),
			 0);
}

static void set_match_address_finds_ports_and_prefixes_longest_first(void **state)
{
	struct set set = open_signatures();

	(void)state;
	assert_string_equal(match_address(&set, FIELD_IP_DST, "192.0.2.1", 6, 25),
			    "11 12 10 13 14");
	assert_string_equal(match_address(&set, FIELD_IP_DST, "192.0.2.1", 17, 25), "12 10 13 14");
	assert_string_equal(match_address(&set, FIELD_IP_DST, "192.0.2.1", 6, 26), "10 13 14");
	assert_string_equal(match_address(&set, FIELD_IP_DST, "192.0.2.1", 1, 0), "10 13 14");
	assert_string_equal(match_address(&set, FIELD_IP_DST, "192.0.2.2", 6, 25), "13 14");
	assert_string_equal(match_address(&set, FIELD_IP_DST, "192.0.255.1", 6, 25), "14");
	assert_string_equal(match_address(&set, FIELD_IP_DST, "192.1.2.1", 6, 25), "");
	assert_string_equal(match_address(&set, FIELD_IP_SRC, "192.0.2.1", 6, 25), "");
	assert_string_equal(match_address(&set, FIELD_IP_SRC, "2001:db8::1", 17, 53), "16 15");
	assert_string_equal(match_address(&set, FIELD_IP_SRC, "2001:db8::1", 6, 53), "15");
	assert_string_equal(match_address(&set, FIELD_IP_SRC, "2001:db8:7fff::1", 6, 53), "15");
	assert_string_equal(match_address(&set, FIELD_IP_SRC, "2001:db8:8000::1", 6, 53), "");
	assert_string_equal(match_address(&set, FIELD_IP_DST, "2001:db8::1", 17, 53), "");
}

static void set_rule_tells_what_the_line_said(void **state)
{
	struct set set = open_signatures();
	struct set_rule rule;

	(void)state;
	assert_int_equal(set_rule_count(&set), 15);
	assert_int_equal(set_value_count(&set), 15);
	assert_int_equal(set_field_value_count(&set, FIELD_DNS_QUERY), 3);
	set_rule(&set, 0, &rule);
	assert_int_equal(rule.sid, 10);
	assert_int_equal(rule.rev, 3);
	assert_int_equal(rule.severity, 1);
	assert_int_equal(rule.action, SET_ACTION_QUARANTINE);
	assert_int_equal(rule.quarantine_s, 7200);
	assert_int_equal(rule.from, SET_FROM_ANY);
	assert_int_equal(rule.expires_day, 0);
	assert_string_equal(rule.message, "address");
	assert_int_equal(rule.message_length, 7);
	assert_string_equal(rule.reference, "a report");
	assert_int_equal(rule.reference_length, 8);
	assert_string_equal(rule.class_name, "c");
	assert_int_equal(rule.class_length, 1);
	set_rule(&set, 2, &rule);
	assert_int_equal(rule.sid, 12);
	assert_int_equal(rule.rev, 1);
	assert_int_equal(rule.severity, 3);
	assert_int_equal(rule.action, SET_ACTION_REJECT);
	assert_int_equal(rule.quarantine_s, 0);
	assert_int_equal(rule.from, SET_FROM_INSIDE);
	assert_int_equal(rule.expires_day, 20999);
	assert_string_equal(rule.message, "");
	assert_string_equal(rule.reference, "");
	assert_string_equal(rule.class_name, "");
}

static void set_rule_expired_after_last_day_in_utc(void **state)
{
	struct set set = open_signatures();
	struct set_rule rule;

	(void)state;
	set_rule(&set, 2, &rule);
	assert_false(set_rule_expired(&rule, 0));
	assert_false(set_rule_expired(&rule, 1814399999)); /* 2027-06-30T23:59:59Z */
	assert_true(set_rule_expired(&rule, 1814400000));
	assert_int_equal(set_count_expired(&set, 1814399999), 0);
	assert_int_equal(set_count_expired(&set, 1814400000), 1);
	set_rule(&set, 0, &rule);
	assert_false(set_rule_expired(&rule, UINT64_MAX));
}

static void set_zero_view_matches_nothing(void **state)
{
	struct set set;
	uint32_t rules[SET_MATCH_MAX];
	struct set_address address = { .family = 4 };

	(void)state;
	assert_int_equal(set_open(&set, compiled.bytes, 0, NULL), SET_ERROR_SHORT);
	for (int i = 0; i < FIELD_COUNT; i++) {
		assert_false(set_has(&set, (enum field)i));
		assert_int_equal(set_match(&set, (enum field)i, (const uint8_t *)"x", 1, rules), 0);
	}
	assert_int_equal(set_match_address(&set, FIELD_IP_DST, &address, rules), 0);
	assert_int_equal(set_rule_count(&set), 0);
	assert_int_equal(set_value_count(&set), 0);
	assert_int_equal(set_field_value_count(&set, FIELD_DNS_QUERY), 0);
	assert_int_equal(set_lookup_bytes(&set), 0);
	assert_int_equal(set_count_expired(&set, UINT64_MAX), 0);
	assert_null(set_digest(&set));
	assert_false(set_key_inside(&set));
}

static void set_open_empty_set_matches_nothing(void **state)
{
	struct blob blob = compile_text("# nothing", 9, false, stderr);
	struct set set;

	(void)state;
	assert_int_equal(set_open(&set, blob.bytes, blob.size, NULL), SET_OK);
	assert_int_equal(set_value_count(&set), 0);
	assert_string_equal(match(&set, FIELD_DNS_QUERY, "evil.example"), "");
	assert_string_equal(match_address(&set, FIELD_IP_DST, "192.0.2.1", 6, 25), "");
	free(blob.bytes);
}

static void set_open_key_outside_needs_that_key(void **state)
{
	struct blob blob = compile_text(signatures, sizeof(signatures) - 1, true, stderr);
	uint8_t wrong[SET_KEY_SIZE];
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
	assert_string_equal(match(&set, FIELD_DNS_QUERY, "evil.example"), "20");
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

/* Who changes a set can also make its digest fit. What then must not stand in it, place by place. */
static void set_open_impossible_content_is_refused(void **state)
{
	struct blob copy;
	struct set_layout at = copy_set(&copy);
	size_t list = 0;
	struct set set;

	(void)state;
	for (size_t i = at.buckets; i < at.lists; i += SET_ENTRY_SIZE) {
		uint32_t reference = load_le32(copy.bytes + i + SET_ENTRY_REFERENCE);

		if (reference != SET_REFERENCE_EMPTY && (reference & SET_REFERENCE_LIST) != 0) {
			list = i + SET_ENTRY_REFERENCE;
		}
	}
	assert_true(list > 0);
	const struct {
		size_t at;
		uint32_t value;
		enum set_error error;
	} faults[] = {
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
		{ at.prefixes, 0x00200401, SET_ERROR_PREFIXES }, /* ip.dst before ip.src */
		{ at.prefixes + 4, 0x06200401, SET_ERROR_PREFIXES }, /* the same again */
		{ at.prefixes + 4, 0x00200502, SET_ERROR_PREFIXES }, /* family 5, field 2 */
		{ at.prefixes + 4, 0x00210401, SET_ERROR_PREFIXES }, /* 33 bits */
		{ at.prefixes + 4, 0x00000401, SET_ERROR_PREFIXES }, /* 0 bits */
		{ at.prefixes + 4, 0x07200401, SET_ERROR_PREFIXES }, /* protocol 7 */
		{ at.prefixes + 4, 0x06180401, SET_ERROR_PREFIXES }, /* a port on a prefix */
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
		{ at.text_index, 1, SET_ERROR_TEXTS },
		{ at.text_index + 4, 0, SET_ERROR_TEXTS },
		{ at.text_index + 4, at.text_bytes + 1, SET_ERROR_TEXTS },
		{ at.text_index + 4, 0xffffffff, SET_ERROR_TEXTS },
		{ at.texts, 0x0a646461, SET_ERROR_TEXTS }, /* a line feed */
		{ at.texts, 0x80646461, SET_ERROR_TEXTS }, /* not UTF-8 */
		{ at.texts, 0x00646461, SET_ERROR_TEXTS }, /* four strings */
	};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		uint8_t before[4];
		enum set_error error;

		memcpy(before, copy.bytes + faults[i].at, 4);
		store_le32(copy.bytes + faults[i].at, faults[i].value);
		error = open_changed(&copy, &set);
		memcpy(copy.bytes + faults[i].at, before, 4);
		if (error != faults[i].error) {
			fail_msg("fault %zu: '%s' instead of '%s'", i, set_error_text(error),
				 set_error_text(faults[i].error));
		}
	}
	assert_int_equal(open_changed(&copy, &set), SET_OK);
	free(copy.bytes);
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

			assert_true(count <= SET_MATCH_MAX);
			sids(set, rules, count);
		}
	}
	for (address.family = 4; address.family <= 6; address.family += 2) {
		sids(set, rules, set_match_address(set, FIELD_IP_SRC, &address, rules));
		sids(set, rules, set_match_address(set, FIELD_IP_DST, &address, rules));
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

#define MANY 100000

/* Values 0 to MANY - 1 go in the set, MANY to 2 MANY - 1 do not. */
static size_t many_value(char *out, size_t room, uint32_t number)
{
	static const struct siphash_key key = { { 1, 2 } };
	uint64_t random = siphash(&key, &number, sizeof(number));

	return (size_t)snprintf(out, room, "u%llx@m%u.example", (unsigned long long)random,
				number % 1000);
}

static struct blob compile_many(void)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	struct blob blob;

	assert_non_null(out);
	for (uint32_t i = 0; i < MANY; i++) {
		char value[64];

		many_value(value, sizeof(value), i);
		fprintf(out, "%u low alert smtp.rcpt_to %s\n", 1 + i % 777, value);
	}
	fclose(out);
	blob = compile_text(text, length, false, stderr);
	free(text);
	return blob;
}

static void set_match_many_values_finds_all_and_no_others(void **state)
{
	struct blob blob = compile_many();
	struct set set;

	(void)state;
	assert_int_equal(set_open(&set, blob.bytes, blob.size, NULL), SET_OK);
	assert_int_equal(set_value_count(&set), MANY);
	assert_int_equal(set_rule_count(&set), 777);
	for (uint32_t i = 0; i < 2 * MANY; i++) {
		char value[64];
		uint32_t rules[SET_MATCH_MAX];
		size_t length = many_value(value, sizeof(value), i);
		size_t count =
			set_match(&set, FIELD_SMTP_RCPT_TO, (const uint8_t *)value, length, rules);

		assert_int_equal(count, i < MANY);
		if (i < MANY) {
			assert_int_equal(rules[0], i % 777);
		}
	}
	free(blob.bytes);
}

static void set_size_stays_within_its_bounds(void **state)
{
	struct blob blob = compile_many();
	struct set set;

	(void)state;
	assert_int_equal(set_open(&set, blob.bytes, blob.size, NULL), SET_OK);
	/* A tenth of what a million may take: 24 MiB, of which the filter 1.25 MiB. */
	assert_true(set_lookup_bytes(&set) <= 24 * 1024 * 1024 / 10);
	assert_true(8 * (uint64_t)set.filter_words <= 5 * 1024 * 1024 / 4 / 10);
	free(blob.bytes);
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
		cmocka_unit_test(set_match_domain_finds_name_and_parents),
		cmocka_unit_test(set_match_domain_with_many_labels_is_found),
		cmocka_unit_test(set_match_value_with_several_rules_finds_all),
		cmocka_unit_test(set_match_other_field_finds_nothing),
		cmocka_unit_test(set_match_header_name_belongs_to_value),
		cmocka_unit_test(set_match_address_finds_ports_and_prefixes_longest_first),
		cmocka_unit_test(set_rule_tells_what_the_line_said),
		cmocka_unit_test(set_rule_expired_after_last_day_in_utc),
		cmocka_unit_test(set_zero_view_matches_nothing),
		cmocka_unit_test(set_open_empty_set_matches_nothing),
		cmocka_unit_test(set_open_key_outside_needs_that_key),
		cmocka_unit_test(set_open_key_inside_and_given_must_agree),
		cmocka_unit_test(set_open_unaligned_is_refused),
		cmocka_unit_test(set_open_every_flipped_bit_is_refused),
		cmocka_unit_test(set_open_every_truncation_is_refused),
		cmocka_unit_test(set_open_impossible_content_is_refused),
		cmocka_unit_test(set_open_random_changes_with_right_digest_are_harmless),
		cmocka_unit_test(set_match_many_values_finds_all_and_no_others),
		cmocka_unit_test(set_size_stays_within_its_bounds),
		cmocka_unit_test(set_error_text_every_error_has_its_own),
	};

	return cmocka_run_group_tests(tests, compile_signatures, free_signatures);
}
