/* SPDX-License-Identifier: BSD-2-Clause */
/* The sums over data cores: every number of each is in them, and who asks waits for the last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/account.h"
#include "hal/clock.h"
#include "hal/cores.h"
#include "tests/scanner/rig.h"

#define CORES 3u

static struct rig rigs[CORES];
static struct dataplane planes[CORES];
static struct dataplane_shared shared[CORES];
static struct port ports[CORES][SCANNER_PORTS];
static unsigned woken, looks;
static bool silent; /* nobody answers */

struct clock_monotonic clock_monotonic_now(void)
{
	return (struct clock_monotonic){ .ns = looks * 1000000ull };
}

void core_wake(enum core core)
{
	assert_int_equal(core, planes[woken].core);
	woken++;
}

/* One data core answers a look. */
void core_sleep_until(unsigned long long deadline_ns)
{
	assert_int_equal(woken, CORES);
	assert_true(deadline_ns > looks * 1000000ull);
	if (silent) {
		looks++;
		return;
	}
	assert_true(looks < CORES);
	unsigned answers = CORES - 1 - looks++; /* the last one first */

	planes[answers].account.events_lost = 1 + answers;
	planes[answers].account.buffers = 10;
	planes[answers].account.buffers_free = 20;
	/* what another one had lent came back to it */
	planes[answers].account.buffers_receiving[PORT_OUTSIDE] = (uint32_t)-10;
	planes[answers].account.scanner.port[PORT_INSIDE].rx = 100 + answers;
	planes[answers].account.scanner.copied_bytes = 7;
	atomic_store(&shared[answers].asked, 0);
}

static int set_up(void **state)
{
	(void)state;
	woken = looks = 0;
	silent = false;
	for (unsigned i = 0; i < CORES; i++) {
		rig_open(&rigs[i], NULL);
		atomic_store(&shared[i].asked, 0);
		planes[i] = (struct dataplane){ .core = core_of_data(i),
						.scanner = rigs[i].scanner,
						.shared = &shared[i],
						.port = { &ports[i][0], &ports[i][1] } };
		if (i != 0) {
			planes[i - 1].next = &planes[i];
		}
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CORES; i++) {
		rig_close(&rigs[i]);
	}
	return 0;
}

static void account_counters_and_gauges_of_all_data_cores_are_summed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CORES; i++) {
		struct connection connection;
		struct wire wire;

		connection_init(&connection, 4, 10 + i, 1, 4000);
		for (unsigned sent = 0; sent <= i; sent++) {
			connection_send(&connection, &wire, TO_RESPONDER, TCP_SYN, "");
			connection.next[TO_RESPONDER]--;
			rig_frame(&rigs[i], wire_data(&wire), wire_length(&wire), PORT_OUTSIDE);
		}
	}
	const struct scanner_counters sum = account_counters(&planes[0]);

	assert_int_equal(sum.port[PORT_OUTSIDE].rx, 1 + 2 + 3);
	assert_int_equal(sum.port[PORT_OUTSIDE].fate[FATE_FORWARDED], 1 + 2 + 3);
	assert_int_equal(sum.port[PORT_INSIDE].rx, 0);
	assert_int_equal(sum.flows, CORES);
	assert_int_equal(account_gauges(&planes[0]).half_open, CORES);
	assert_int_equal(account_gauges(&planes[0]).blocks_free,
			 CORES * rigs[0].config.stream_blocks);
}

static void account_faults_waits_and_losses_of_all_data_cores_are_summed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CORES; i++) {
		ports[i][PORT_INSIDE].faults[PORT_FAULT_STALE] = 1 + i;
		planes[i].counters.held_back[PORT_OUTSIDE] = 10 + i;
		atomic_store(&scanner_events(rigs[i].scanner)->lost, 100 + i);
	}
	assert_int_equal(account_fault(&planes[0], PORT_INSIDE, PORT_FAULT_STALE), 6);
	assert_int_equal(account_fault(&planes[0], PORT_OUTSIDE, PORT_FAULT_STALE), 0);
	assert_int_equal(account_held_back(&planes[0], PORT_OUTSIDE), 33);
	assert_int_equal(account_events_lost(&planes[0]), 303);
}

static void account_ask_waits_for_every_data_core(void **state)
{
	(void)state;
	struct dataplane_account sum;

	assert_true(account_ask(&planes[0], &sum));
	assert_int_equal(looks, CORES);
	assert_int_equal(sum.events_lost, 1 + 2 + 3);
	assert_int_equal(sum.scanner.port[PORT_INSIDE].rx, 303);
	assert_int_equal(sum.scanner.copied_bytes, 21);
	assert_int_equal(sum.buffers, 30);
	assert_int_equal(sum.buffers_free + sum.buffers_receiving[PORT_OUTSIDE], 30);
}

static void account_ask_of_a_data_core_that_makes_no_round_ends(void **state)
{
	struct dataplane_account sum;

	(void)state;
	silent = true;
	assert_false(account_ask(&planes[0], &sum));
	assert_in_range(looks, 100, 2000);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(account_counters_and_gauges_of_all_data_cores_are_summed),
		CASE(account_faults_waits_and_losses_of_all_data_cores_are_summed),
		CASE(account_ask_waits_for_every_data_core),
		CASE(account_ask_of_a_data_core_that_makes_no_round_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
