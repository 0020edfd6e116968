/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The swap of the signature set: the data core gets a whole set, the one before is kept
 * until it has, and what flash holds that is no set changes nothing. The data core is
 * the test, which answers while management waits for it.
 */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/flash_set.h"
#include "firmware/signatures.h"
#include "hal/clock.h"
#include "hal/cores.h"
#include "tests/tools/compile_text.h"

#define ONE "1 high alert dns.query a.example\n"
#define TWO ONE "2 low alert dns.query b.example\n"
#define FLASH_BYTES 65536u

static _Alignas(64) uint8_t bytes[FLASH_BYTES];
static struct flash flash = { .bytes = bytes, .size_bytes = FLASH_BYTES };
static bool has_flash;
static struct dataplane_shared shared;
static struct dataplane plane = { .shared = &shared };
static struct dataplane_shared second_shared; /* another data core's, where a test has it */
static struct dataplane second_plane = { .core = CORE_COUNT, .shared = &second_shared };
static struct signatures signatures;
static const struct scanner_policy *in_use; /* by the data core */
static const void *freed_too_early; /* the set that may not be gone yet */
static uint64_t now_ns, wall_ns;
static unsigned woken, sleeps, rounds_before; /* looks until the data core takes it */
static unsigned second_rounds_before;

static bool from_flash(struct loaded_set *next, _Atomic uint32_t *progress)
{
	return flash_set_load(next, has_flash ? &flash : NULL, progress);
}

struct clock_monotonic clock_monotonic_now(void)
{
	return (struct clock_monotonic){ .ns = now_ns };
}

struct clock_wall clock_wall_now(void)
{
	return (struct clock_wall){ .ns = wall_ns };
}

void core_wake(enum core core)
{
	assert_true(core == CORE_DATA || core == second_plane.core);
	/* there is something to wake it for */
	assert_non_null(atomic_load(core == CORE_DATA ? &shared.wanted : &second_shared.wanted));
	woken++;
}

static void take(struct dataplane_shared *core)
{
	in_use = atomic_load(&core->wanted);
	atomic_store(&core->wanted, NULL);
	atomic_fetch_add(&core->published, 1);
}

/* Meanwhile the data core may still match against the set that it has. */
void core_sleep_until(unsigned long long deadline_ns)
{
	assert_true(deadline_ns - now_ns <= 1000000);
	now_ns = deadline_ns;
	if (in_use != NULL && freed_too_early != NULL) {
		(void)*(const volatile uint8_t *)freed_too_early; /* the sanitizer knows */
	}
	if (sleeps == rounds_before) {
		take(&shared);
	}
	if (plane.next != NULL && sleeps == second_rounds_before) {
		take(&second_shared);
	}
	sleeps++;
}

static void put(const char *text)
{
	struct blob blob = compile_text(text, strlen(text), false, stderr);

	assert_true(blob.size <= FLASH_BYTES);
	memset(bytes, 0xff, FLASH_BYTES);
	memcpy(bytes, blob.bytes, blob.size);
	free(blob.bytes);
}

static void load(void)
{
	sleeps = 0;
	freed_too_early = signatures.loaded.blob;
	signatures_load(&signatures);
}

static int set_up(void **state)
{
	(void)state;
	memset(&shared, 0, sizeof(shared));
	has_flash = true;
	in_use = NULL;
	memset(&second_shared, 0, sizeof(second_shared));
	plane.next = NULL;
	woken = rounds_before = second_rounds_before = 0;
	wall_ns = CLOCK_PLAUSIBLE_NS + 1;
	put(ONE);
	signatures_init(&signatures, &plane, from_flash, false);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(signatures.loaded.blob);
	return 0;
}

static void load_first_set_is_published_whole(void **state)
{
	(void)state;
	load();
	assert_int_equal(woken, 1);
	assert_ptr_equal(in_use, &signatures.policy);
	assert_ptr_equal(in_use->set, &signatures.loaded.set);
	assert_int_equal(set_rule_count(in_use->set), 1);
	assert_true(in_use->clock_trusted);
	assert_false(in_use->enforcing);
	assert_true(atomic_load(&shared.management_progress) > 0);
}

static void load_while_the_data_core_is_busy_waits_for_it(void **state)
{
	(void)state;
	rounds_before = 500;
	load();
	assert_int_equal(sleeps, 501);
	assert_true(atomic_load(&shared.management_progress) >=
		    501); /* it is not stopped for that */
	assert_int_equal(atomic_load(&shared.published), 1);
}

static void load_with_two_data_cores_keeps_the_set_before_until_both_have_the_new_one(void **state)
{
	(void)state;
	plane.next = &second_plane;
	load();
	assert_int_equal(woken, 2);
	for (unsigned i = 0; i < 2; i++) {
		rounds_before = i == 0 ? 3 : 20;
		second_rounds_before = i == 0 ? 20 : 3;
		put(TWO);
		load();
		assert_int_equal(sleeps, 21);
		assert_int_equal(atomic_load(&shared.published), i + 2);
		assert_int_equal(atomic_load(&second_shared.published), i + 2);
	}
}

static void load_another_set_keeps_the_one_before_until_it_is_taken(void **state)
{
	(void)state;
	load();
	rounds_before = 20;
	put(TWO);
	load();
	assert_int_equal(set_rule_count(in_use->set), 2);
	assert_int_equal(atomic_load(&shared.published), 2);
}

static void load_what_is_no_set_changes_nothing(void **state)
{
	(void)state;
	load();
	const void *blob = signatures.loaded.blob;

	memset(bytes, 0xff, FLASH_BYTES);
	load();
	memset(bytes, 0x11, FLASH_BYTES);
	load();
	has_flash = false;
	load();
	assert_ptr_equal(signatures.loaded.blob, blob);
	assert_int_equal(set_rule_count(in_use->set), 1);
	assert_int_equal(atomic_load(&shared.published), 1);
	assert_int_equal(woken, 1);
}

static void load_enforcing_publishes_that(void **state)
{
	(void)state;
	signatures_init(&signatures, &plane, from_flash, true);
	load();
	assert_true(in_use->enforcing);
}

static void load_of_none_while_enforcing_enforces_all_the_same(void **state)
{
	(void)state;
	signatures_init(&signatures, &plane, from_flash, true);
	has_flash = false;
	load();
	assert_non_null(in_use);
	assert_true(in_use->enforcing);
	assert_null(in_use->set);
}

static void load_without_a_clock_says_that_nothing_expires(void **state)
{
	(void)state;
	wall_ns = CLOCK_PLAUSIBLE_NS;
	load();
	assert_false(in_use->clock_trusted);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(load_first_set_is_published_whole),
		CASE(load_of_none_while_enforcing_enforces_all_the_same),
		CASE(load_while_the_data_core_is_busy_waits_for_it),
		CASE(load_with_two_data_cores_keeps_the_set_before_until_both_have_the_new_one),
		CASE(load_another_set_keeps_the_one_before_until_it_is_taken),
		CASE(load_what_is_no_set_changes_nothing),
		CASE(load_enforcing_publishes_that),
		CASE(load_without_a_clock_says_that_nothing_expires),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
