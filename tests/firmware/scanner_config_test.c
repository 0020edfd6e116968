/* SPDX-License-Identifier: BSD-2-Clause */
/* The share of one of several scanners: together they take no more than one, and each can start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/scanner_config.h"
#include "hal/cores.h"
#include "hal/entropy.h"

int entropy_fill(void *out, size_t length)
{
	memset(out, 1, length);
	return 0;
}

static void share_of_any_number_holds_and_takes_no_more_together_than_one(void **state)
{
	struct scanner_config whole;

	(void)state;
	assert_int_equal(scanner_config_build(&whole), 0);
	for (unsigned scanners = 1; scanners <= CORES_DATA_MAX; scanners++) {
		struct scanner_config share = whole;

		scanner_config_share(&share, scanners, 0);
		assert_in_range(share.flows_ipv4 * scanners, whole.flows_ipv4 - scanners + 1,
				whole.flows_ipv4);
		assert_true(share.event_ring_bytes * scanners <= whole.event_ring_bytes);
		assert_true(share.event_ring_bytes * scanners * 2 > whole.event_ring_bytes);
		assert_int_equal(share.retain_bytes, whole.retain_bytes); /* of a flow */
		assert_int_not_equal(scanner_size(&share), 0);
		/* but for what each needs whatever it shares */
		assert_true(scanner_size(&share) * scanners <=
			    scanner_size(&whole) + scanners * 1572864u);
	}
}

static void share_of_the_smallest_configuration_starts(void **state)
{
	struct scanner_config smallest;

	(void)state;
	assert_int_equal(scanner_config_build(&smallest), 0);
	/* the lower ends of Kconfig's ranges */
	smallest.flows_ipv4 = smallest.flows_ipv6 = 1024;
	smallest.flows_half_open = 256;
	smallest.flows_inspected = 32;
	smallest.stream_blocks = 64;
	smallest.event_ring_bytes = 524288;
	smallest.quarantine_max = 0;
	smallest.login_pairs = 8;
	smallest.behaviour.servers = 0;
	scanner_config_share(&smallest, CORES_DATA_MAX, 0);
	assert_int_not_equal(scanner_size(&smallest), 0);
}

static void share_of_fewer_than_scanners_leaves_one_each(void **state)
{
	struct scanner_config config;

	(void)state;
	assert_int_equal(scanner_config_build(&config), 0);
	config.behaviour.servers = CORES_DATA_MAX - 1;
	scanner_config_share(&config, CORES_DATA_MAX, 0);
	assert_int_equal(config.behaviour.servers, 1); /* 0 would be none at all */
	assert_int_not_equal(scanner_size(&config), 0);
}

static void share_of_quarantine_is_as_many_servers_together_as_one_would_take(void **state)
{
	(void)state;
	for (uint32_t servers = 0; servers <= 2 * CORES_DATA_MAX + 1; servers++) {
		for (unsigned scanners = 1; scanners <= CORES_DATA_MAX; scanners++) {
			uint32_t together = 0;

			for (unsigned i = 0; i < scanners; i++) {
				struct scanner_config share;

				assert_int_equal(scanner_config_build(&share), 0);
				share.quarantine_max = servers;
				scanner_config_share(&share, scanners, i);
				together += share.quarantine_max;
			}
			assert_int_equal(together, servers);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(share_of_any_number_holds_and_takes_no_more_together_than_one),
		cmocka_unit_test(share_of_the_smallest_configuration_starts),
		cmocka_unit_test(share_of_quarantine_is_as_many_servers_together_as_one_would_take),
		cmocka_unit_test(share_of_fewer_than_scanners_leaves_one_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
