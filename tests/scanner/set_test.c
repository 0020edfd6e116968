/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signature set: what is in a compiled set is found and nothing else. What a
 * set must not be is set_open_test.c's.
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
#include "scanner/set.h"
#include "tests/scanner/set_stage.h"

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

#define MANY 100000

static struct blob many;

/* Values 0 to MANY - 1 go in the set, MANY to 2 MANY - 1 do not. */
static size_t many_value(char *out, size_t room, uint32_t number)
{
	static const struct siphash_key key = { { 1, 2 } };
	uint64_t random = siphash(&key, &number, sizeof(number));

	return (size_t)snprintf(out, room, "u%llx@m%u.example", (unsigned long long)random,
				number % 1000);
}

static int compile_many(void **state)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	assert_non_null(out);
	for (uint32_t i = 0; i < MANY; i++) {
		char value[64];

		many_value(value, sizeof(value), i);
		fprintf(out, "%u low alert smtp.rcpt_to %s\n", 1 + i % 777, value);
	}
	fclose(out);
	many = compile_text(text, length, false, stderr);
	free(text);
	return many.bytes == NULL;
}

static int free_many(void **state)
{
	(void)state;
	free(many.bytes);
	return 0;
}

static void set_match_many_values_finds_all_and_no_others(void **state)
{
	struct set set;

	(void)state;
	assert_int_equal(set_open(&set, many.bytes, many.size, NULL), SET_OK);
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
}

static void set_lookup_bytes_of_many_values_stay_within_bounds(void **state)
{
	struct set set;

	(void)state;
	assert_int_equal(set_open(&set, many.bytes, many.size, NULL), SET_OK);
	/* A tenth of what a million may take: 24 MiB, of which the filter 1.25 MiB. */
	assert_true(set_lookup_bytes(&set) <= 24 * 1024 * 1024 / 10);
	assert_true(8 * (uint64_t)set.filter_words <= 5 * 1024 * 1024 / 4 / 10);
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
	};

	const struct CMUnitTest many_tests[] = {
		cmocka_unit_test(set_match_many_values_finds_all_and_no_others),
		cmocka_unit_test(set_lookup_bytes_of_many_values_stay_within_bounds),
	};

	return cmocka_run_group_tests(tests, compile_signatures, free_signatures) +
	       cmocka_run_group_tests(many_tests, compile_many, free_many);
}
