/* SPDX-License-Identifier: BSD-2-Clause */
/* What is remembered equals what is computed, also where places are shared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/community_memory.h"

static struct community_memory memory;

static void assert_agrees(const struct event_tuple *tuple)
{
	char computed[COMMUNITY_ID_LENGTH];

	community_id(tuple, computed);
	assert_memory_equal(community_recall(&memory, tuple), computed, sizeof(computed));
}

static struct event_tuple numbered(uint32_t number)
{
	struct event_tuple tuple = {
		.family = number % 3 == 0 ? 6 : 4,
		.protocol = 6,
		.vlan = { VLAN_NONE, VLAN_NONE },
		.source_port = (uint16_t)(1024 + number),
		.destination_port = 25,
		.source = { 10, 0, 0, 1 },
		.destination = { 192, 0, 2, (uint8_t)(number >> 16) },
	};

	return tuple;
}

static void recall_known_or_not_is_the_computed_id(void **state)
{
	(void)state;
	memset(&memory, 0, sizeof(memory));
	for (uint32_t round = 0; round < 2; round++) {
		/* more than there are places: many share one */
		for (uint32_t i = 0; i < 3 * COMMUNITY_PLACES; i++) {
			struct event_tuple tuple = numbered(i);

			assert_agrees(&tuple);
			assert_agrees(&tuple);
		}
	}
}

static void recall_any_other_bit_is_another_flow(void **state)
{
	struct event_tuple tuple = numbered(3);

	(void)state;
	assert_agrees(&tuple);
	for (size_t bit = 8; bit < 8 * sizeof(tuple); bit++) { /* not of the family */
		struct event_tuple other = tuple;

		((uint8_t *)&other)[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_agrees(&other);
		assert_agrees(&tuple);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recall_known_or_not_is_the_computed_id),
		cmocka_unit_test(recall_any_other_bit_is_another_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
