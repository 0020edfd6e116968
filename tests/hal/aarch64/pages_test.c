/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/aarch64/pages.h: runs of pages are zero and nobody else's, come back in parts, and
 * an address that is not of the heap frees nothing.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hal/aarch64/layout.h"
#include "hal/aarch64/pages.h"
#include "tests/model/image.h"

#define PAGES ((IMAGE_POOL - IMAGE_HEAP) / PAGE_BYTES)
#define RUNS 64u

static uintptr_t heap(size_t page)
{
	return (uintptr_t)model_image + IMAGE_HEAP + page * PAGE_BYTES;
}

static void map_the_whole_heap_page_by_page(void **state)
{
	(void)state;
	memset(model_image, 0xa5, IMAGE_END);
	for (size_t i = 0; i < PAGES; i++) {
		assert_int_equal(pages_map(1), heap(i));
		for (size_t j = 0; j < PAGE_BYTES; j++) {
			assert_int_equal(((const uint8_t *)heap(i))[j], 0);
		}
	}
	assert_int_equal(pages_map(1), 0);
	assert_int_equal(model_image[IMAGE_POOL], 0xa5);
	assert_int_equal(pages_unmap(heap(0), PAGES * PAGE_BYTES), 0);
}

static void map_impossible_sizes_is_none(void **state)
{
	(void)state;
	assert_int_equal(pages_map(0), 0);
	assert_int_equal(pages_map(PAGES * PAGE_BYTES + 1), 0);
	assert_int_equal(pages_map(SIZE_MAX), 0);
	uintptr_t all = pages_map(PAGES * PAGE_BYTES);

	assert_int_equal(all, heap(0));
	assert_int_equal(pages_unmap(all, PAGES * PAGE_BYTES), 0);
}

static void unmap_a_part_frees_just_that(void **state)
{
	(void)state;
	assert_int_equal(pages_map(PAGES * PAGE_BYTES), heap(0));
	assert_int_equal(pages_unmap(heap(10), 3 * PAGE_BYTES), 0);
	assert_int_equal(pages_unmap(heap(14), 1), 0);
	assert_int_equal(pages_map(4 * PAGE_BYTES), 0);
	assert_int_equal(pages_map(3 * PAGE_BYTES), heap(10));
	assert_int_equal(pages_map(1), heap(14));
	assert_int_equal(pages_map(1), 0);
	assert_int_equal(pages_unmap(heap(0), PAGES * PAGE_BYTES), 0);
}

static void unmap_what_is_not_of_the_heap_is_einval(void **state)
{
	(void)state;
	assert_int_equal(pages_map(PAGES * PAGE_BYTES), heap(0));
	assert_int_equal(pages_unmap(heap(1) + 8, 1), -EINVAL);
	assert_int_equal(pages_unmap(heap(0) - PAGE_BYTES, PAGE_BYTES), -EINVAL);
	assert_int_equal(pages_unmap(heap(PAGES), 1), -EINVAL);
	assert_int_equal(pages_unmap(heap(PAGES - 1), PAGE_BYTES + 1), -EINVAL);
	assert_int_equal(pages_unmap(heap(1), SIZE_MAX), -EINVAL);
	assert_int_equal(pages_unmap(0, PAGE_BYTES), -EINVAL);
	assert_int_equal(pages_unmap(UINTPTR_MAX - PAGE_BYTES + 1, PAGE_BYTES), -EINVAL);
	assert_int_equal(pages_map(1), 0); /* nothing was freed */
	assert_int_equal(pages_unmap(heap(0), PAGES * PAGE_BYTES), 0);
}

/* Runs of 1 to 16 pages come and go in an order that is drawn: no two ever share a page. */
static void map_and_unmap_at_random_never_overlaps(void **state)
{
	static struct {
		uintptr_t address;
		size_t bytes;
	} runs[RUNS];
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		seed = seed * 1664525 + 1013904223;
		unsigned i = seed >> 16 & (RUNS - 1);
		uint8_t *first = (uint8_t *)runs[i].address;

		if (runs[i].address != 0) {
			assert_int_equal(first[0], i + 1);
			assert_int_equal(first[runs[i].bytes - 1], i + 1);
			assert_int_equal(pages_unmap(runs[i].address, runs[i].bytes), 0);
			runs[i].address = 0;
			continue;
		}
		runs[i].bytes = 2 + (seed >> 8) % (16 * PAGE_BYTES - 1);
		runs[i].address = pages_map(runs[i].bytes);
		first = (uint8_t *)runs[i].address;
		if (first != NULL) {
			assert_int_equal(first[0] | first[runs[i].bytes - 1], 0);
			first[0] = first[runs[i].bytes - 1] = (uint8_t)(i + 1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(map_the_whole_heap_page_by_page),
		cmocka_unit_test(map_impossible_sizes_is_none),
		cmocka_unit_test(unmap_a_part_frees_just_that),
		cmocka_unit_test(unmap_what_is_not_of_the_heap_is_einval),
		cmocka_unit_test(map_and_unmap_at_random_never_overlaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
