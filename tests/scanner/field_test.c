/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields and shapes: every one has a name, no two share one where that would be
 * ambiguous, and the numbers that stand in signature sets have not moved.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/field.h"

static void field_name_every_field_has_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < FIELD_COUNT; i++) {
		assert_non_null(field_name((enum field)i));
		for (int j = 0; j < i; j++) {
			assert_string_not_equal(field_name((enum field)i),
						field_name((enum field)j));
		}
	}
}

/* Hashes in sets are separated by these numbers: whoever changes one must raise SET_VERSION. */
static void field_numbers_are_those_of_set_version_1(void **state)
{
	(void)state;
	assert_int_equal(FIELD_IP_SRC, 0);
	assert_int_equal(FIELD_SSH_CLIENT_IDENT, 2);
	assert_int_equal(FIELD_SSH_SERVER_IDENT, 7);
	assert_int_equal(FIELD_SSH_HOSTKEY_SHA256, 12);
	assert_int_equal(FIELD_SMTP_HELO, 13);
	assert_int_equal(FIELD_SMTP_HEADER, 22);
	assert_int_equal(FIELD_SMTP_SHAPE, 27);
	assert_int_equal(FIELD_DNS_QUERY, 28);
	assert_int_equal(FIELD_TLS_JA4, 32);
	assert_int_equal(FIELD_COUNT, 33);
}

static void field_kind_domains_are_five(void **state)
{
	int domains = 0;

	(void)state;
	for (int i = 0; i < FIELD_COUNT; i++) {
		domains += field_kind((enum field)i) == FIELD_KIND_DOMAIN;
	}
	assert_int_equal(domains, 5);
	assert_int_equal(field_kind(FIELD_SMTP_HELO), FIELD_KIND_DOMAIN);
	assert_int_equal(field_kind(FIELD_IP_SRC), FIELD_KIND_ADDRESS);
	assert_int_equal(field_kind(FIELD_DNS_SHAPE), FIELD_KIND_SHAPE);
	assert_int_equal(field_kind(FIELD_SMTP_BOUNDARY_SHAPE), FIELD_KIND_EXACT);
}

static void shape_name_every_shape_has_its_own_and_a_field(void **state)
{
	(void)state;
	for (int i = 0; i < SHAPE_COUNT; i++) {
		int fields = 0;

		assert_non_null(shape_name((enum shape)i));
		for (int j = 0; j < i; j++) {
			assert_string_not_equal(shape_name((enum shape)i),
						shape_name((enum shape)j));
		}
		for (int j = 0; j < FIELD_COUNT; j++) {
			fields += shape_of((enum field)j, (enum shape)i);
		}
		assert_true(fields > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(field_name_every_field_has_its_own),
		cmocka_unit_test(field_numbers_are_those_of_set_version_1),
		cmocka_unit_test(field_kind_domains_are_five),
		cmocka_unit_test(shape_name_every_shape_has_its_own_and_a_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
