/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * firmware/capture_pcapng.c: byte orders, sections, resolutions and offsets of time,
 * every kind of packet block, and every length that lies.
 */
#include "tests/firmware/capture_build.h"

/* ---- pcapng ---- */

static void burst_pcapng_in_either_order_gives_frames(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		start(state);
		big_endian = i == 1;
		put_section();
		put_interface_resolution(NANOSECONDS);
		put_enhanced(1, 0, 1780308000000000001, 61);
		put_enhanced(2, 0, 1780308000000000002, 0);
		assert_int_equal(read_all(), CAPTURE_END);
		assert_int_equal(seen_count, 2);
		assert_frame(0, 1, 1780308000000000001, 61);
		assert_frame(1, 2, 1780308000000000002, 0);
	}
}

static void burst_pcapng_each_resolution_gives_time(void **state)
{
	static const struct {
		uint8_t resolution;
		uint64_t ticks;
		uint64_t time_ns;
	} kinds[] = {
		{ 0, 1780308000, 1780308000000000000 },
		{ 3, 1780308000123, 1780308000123000000 },
		{ 6, 1780308000123456, 1780308000123456000 },
		{ 9, 1780308000123456789, 1780308000123456789 },
		{ 12, 1780308123456789123, 1780308123456789 },
		{ 19, UINT64_MAX, 1844674407 },
		{ 0, UINT64_MAX, INT64_MAX },
		{ 6, UINT64_MAX, INT64_MAX },
		{ 9, UINT64_MAX, INT64_MAX },
		{ 0x80, 1780308000, 1780308000000000000 },
		{ 0x81, 3, 1500000000 },
		{ 0x80 | 10, 1780308000ull << 10 | 512, 1780308000500000000 },
		{ 0x80 | 20, 5ull << 20 | 1, 5000000953 },
		{ 0x80 | 32, 1780308000ull << 32 | 0x40000000, 1780308000250000000 },
		{ 0x80 | 63, 3ull << 62, 1500000000 },
		{ 0x80, UINT64_MAX, INT64_MAX },
		{ 0x80 | 4, UINT64_MAX, INT64_MAX },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		start(state);
		put_section();
		put_interface_resolution(kinds[i].resolution);
		put_enhanced(1, 0, kinds[i].ticks, 20);
		assert_int_equal(read_all(), CAPTURE_END);
		assert_frame(0, 1, kinds[i].time_ns, 20);
	}
}

static void open_pcapng_impossible_resolution_is_unsupported(void **state)
{
	static const struct {
		uint8_t resolution;
		const char *text;
	} kinds[] = {
		{ 20, "10^-20" }, { 127, "10^-127" }, { 0x80 | 64, "2^-64" }, { 255, "2^-127" }
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		start(state);
		put_section();
		put_interface_resolution(kinds[i].resolution);
		put_enhanced(1, 0, 1, 20);
		assert_int_equal(read_all(), CAPTURE_UNSUPPORTED);
		assert_error_has(kinds[i].text);
	}
}

static void burst_pcapng_time_offset_is_added(void **state)
{
	static const struct {
		int64_t offset_s;
		uint64_t time_ns;
	} kinds[] = { { 5, 6000000000 },	{ -1, 0 },	  { -2, 0 },
		      { INT64_MAX, INT64_MAX }, { INT64_MIN, 0 }, { 0, 1000000000 } };

	for (unsigned i = 0; i < 12; i++) {
		start(state);
		big_endian = i >= 6;
		put_section();
		size_t block = begin_interface(ETHERNET, 0);

		put_u16(14);
		put_u16(8);
		put_u64_parts((uint64_t)kinds[i % 6].offset_s);
		end_block(block); /* the end of options may be left out */
		put_enhanced(1, 0, 1000000, 20);
		assert_int_equal(read_all(), CAPTURE_END);
		assert_frame(0, 1, kinds[i % 6].time_ns, 20);
	}
}

static void burst_pcapng_sections_have_own_order_and_interfaces(void **state)
{
	(void)state;
	put_section();
	put_interface_resolution(MICROSECONDS);
	put_interface_resolution(NANOSECONDS);
	put_enhanced(1, 0, 1000000, 20);
	put_enhanced(2, 1, 1000000, 21);
	big_endian = true;
	put_section();
	put_interface_resolution(NANOSECONDS);
	put_enhanced(3, 0, 1000000, 22);
	put_enhanced(4, 1, 1000000, 23); /* not described in this section */
	assert_int_equal(read_all(), CAPTURE_DAMAGED);
	assert_int_equal(seen_count, 3);
	assert_frame(0, 1, NS_PER_S, 20);
	assert_frame(1, 2, 1000000, 21);
	assert_frame(2, 3, 1000000, 22);
	assert_error_has("interface that was not described");
}

static void burst_pcapng_simple_packet_takes_time_before_and_snap_length(void **state)
{
	(void)state;
	put_section();
	end_block(begin_interface(ETHERNET, 40));
	put_simple(1, 33, 33);
	put_enhanced(2, 0, 7, 20);
	put_simple(3, 1514, 40);
	put_simple(4, 41, 39); /* 40 of data are promised, 39 and a padding byte are there */
	put_simple(5, 41, 36);
	assert_int_equal(read_all(), CAPTURE_DAMAGED);
	assert_int_equal(seen_count, 4);
	assert_frame(0, 1, 0, 33);
	assert_frame(1, 2, 7000, 20);
	assert_frame(2, 3, 7000, 40);
	assert_int_equal(seen[2].wire_length, 1514);
	assert_error_has("claims a longer packet");
}

static void burst_pcapng_simple_packet_without_interface_is_damaged(void **state)
{
	(void)state;
	put_section();
	put_simple(1, 33, 33);
	assert_int_equal(read_all(), CAPTURE_DAMAGED);
}

static void burst_pcapng_obsolete_packet_reads(void **state)
{
	(void)state;
	put_section();
	put_interface(ETHERNET);
	put_interface(ETHERNET);
	size_t block = begin_block(2);

	put_u16(1); /* interface */
	put_u16(9); /* drops */
	put_u32(0);
	put_u32(5000000);
	put_u32(30);
	put_u32(60);
	put_data(1, 30);
	end_block(block);
	assert_int_equal(read_all(), CAPTURE_END);
	assert_frame(0, 1, 5 * NS_PER_S, 30);
	assert_int_equal(seen[0].wire_length, 60);
}

static void burst_pcapng_unknown_blocks_are_passed_over(void **state)
{
	(void)state;
	put_section();
	put_interface(ETHERNET);
	for (unsigned i = 0; i < 3; i++) {
		static const uint32_t sizes[] = { 0, 1000, 700000 };
		size_t block = begin_block(0xbad);

		put_data(9, sizes[i]);
		end_block(block);
		put_enhanced(i, 0, i, 20 + i);
	}
	assert_int_equal(read_all(), CAPTURE_END);
	assert_int_equal(seen_count, 3);
	assert_frame(2, 2, 2000, 22);
	for (size_t cut = 99991; cut < 700000; cut += 99991) { /* inside the one that is skipped */
		content_length -= 99991;
		assert_int_equal(read_all(), CAPTURE_TRUNCATED);
		assert_int_equal(seen_count, 2);
	}
}

static void burst_pcapng_impossible_block_length_is_damaged(void **state)
{
	static const uint32_t lengths[] = { 0, 4, 8, 11, 13, 49, 50, 51, 0xfffffffc, 0xffffffff };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		start(state);
		put_section();
		put_interface(ETHERNET);
		put_enhanced(1, 0, 1, 20);
		size_t at = content_length;

		put_enhanced(2, 0, 1, 20);
		set_u32(at + 4, lengths[i]);
		assert_int_equal(read_all(), CAPTURE_DAMAGED);
		assert_int_equal(seen_count, 1);
		char text[32];

		snprintf(text, sizeof(text), "the block at byte %zu ", at);
		assert_error_has(text);
	}
}

static void burst_pcapng_other_length_at_end_is_damaged(void **state)
{
	(void)state;
	put_section();
	put_interface(ETHERNET);
	put_enhanced(1, 0, 1, 20);
	set_u32(content_length - 4, 48);
	assert_int_equal(read_all(), CAPTURE_DAMAGED);
	assert_error_has("another length");
}

static void burst_pcapng_every_captured_length_is_checked(void **state)
{
	(void)state;
	put_section();
	put_interface(ETHERNET);
	size_t at = content_length;

	put_enhanced(1, 0, 1, 20); /* 20 bytes lie in it, padded to 20 */
	for (uint32_t length = 0; length < 300; length++) {
		set_u32(at + 20, length);
		assert_int_equal(read_all(), length <= 20 ? CAPTURE_END : CAPTURE_DAMAGED);
	}
	set_u32(at + 20, UINT32_MAX);
	assert_int_equal(read_all(), CAPTURE_DAMAGED);
}

static void burst_pcapng_blocks_too_short_are_damaged(void **state)
{
	static const struct {
		uint32_t type;
		uint32_t least;
	} kinds[] = { { SECTION, 28 }, { 1, 20 }, { 2, 32 }, { 3, 16 }, { 6, 32 } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		for (uint32_t length = 12; length <= kinds[i].least; length += 4) {
			start(state);
			put_section();
			put_interface(ETHERNET);
			size_t block = begin_block(kinds[i].type);

			if (kinds[i].type == SECTION && length > 12) {
				put_u32(0x1a2b3c4d);
				put("\1\0\0\0\0\0\0\0\0\0\0\0", length - 16);
			} else {
				put("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", length - 12);
			}
			end_block(block);
			/* as long as it must be, an interface of link type 0 is no error yet */
			assert_int_equal(read_all(),
					 length < kinds[i].least ? CAPTURE_DAMAGED : CAPTURE_END);
		}
	}
}

static void open_pcapng_option_over_end_is_damaged(void **state)
{
	(void)state;
	put_section();
	size_t block = begin_interface(ETHERNET, 0);

	put_u16(9);
	put_u16(5);
	put("\6\0\0\0", 4);
	end_block(block);
	put_enhanced(1, 0, 1, 20);
	assert_int_equal(read_all(), CAPTURE_DAMAGED);
	assert_error_has("option that runs over");
}

static void burst_pcapng_other_link_type_is_named_when_used(void **state)
{
	(void)state;
	put_section();
	put_interface(ETHERNET);
	put_interface(276);
	put_enhanced(1, 0, 1, 20);
	assert_int_equal(read_all(), CAPTURE_END);
	put_enhanced(2, 1, 1, 20);
	put_enhanced(3, 0, 1, 20);
	assert_int_equal(read_all(), CAPTURE_UNSUPPORTED);
	assert_int_equal(seen_count, 1);
	assert_error_has("276 (Linux SLL2)");
}

static void open_pcapng_too_many_interfaces_is_unsupported(void **state)
{
	(void)state;
	put_section();
	for (unsigned i = 0; i < CAPTURE_INTERFACES_MAX; i++) {
		put_interface(ETHERNET);
	}
	put_enhanced(1, CAPTURE_INTERFACES_MAX - 1, 1, 20);
	assert_int_equal(read_all(), CAPTURE_END);
	put_interface(ETHERNET);
	assert_int_equal(read_all(), CAPTURE_UNSUPPORTED);
	assert_error_has("more than 256 interfaces");
}

static void burst_pcapng_largest_block_reads_larger_is_damaged(void **state)
{
	(void)state;
	put_section();
	put_interface(ETHERNET);
	for (unsigned i = 0; i < 3; i++) {
		put_enhanced(i, 0, i, CAPTURE_FRAME_MAX);
	}
	assert_int_equal(read_all(), CAPTURE_END);
	assert_frame(2, 2, 2000, CAPTURE_FRAME_MAX);
	put_enhanced(3, 0, 3, CAPTURE_FRAME_MAX + 1);
	assert_int_equal(read_all(), CAPTURE_DAMAGED);
	assert_int_equal(seen_count, 3);
}

static void burst_pcapng_other_version_is_unsupported(void **state)
{
	(void)state;
	put_section();
	content[12] = 2;
	assert_int_equal(read_all(), CAPTURE_UNSUPPORTED);
	assert_error_has("pcapng version 2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(burst_pcapng_in_either_order_gives_frames, start),
		cmocka_unit_test_setup(burst_pcapng_each_resolution_gives_time, start),
		cmocka_unit_test_setup(open_pcapng_impossible_resolution_is_unsupported, start),
		cmocka_unit_test_setup(burst_pcapng_time_offset_is_added, start),
		cmocka_unit_test_setup(burst_pcapng_sections_have_own_order_and_interfaces, start),
		cmocka_unit_test_setup(burst_pcapng_simple_packet_takes_time_before_and_snap_length,
				       start),
		cmocka_unit_test_setup(burst_pcapng_simple_packet_without_interface_is_damaged,
				       start),
		cmocka_unit_test_setup(burst_pcapng_obsolete_packet_reads, start),
		cmocka_unit_test_setup(burst_pcapng_unknown_blocks_are_passed_over, start),
		cmocka_unit_test_setup(burst_pcapng_impossible_block_length_is_damaged, start),
		cmocka_unit_test_setup(burst_pcapng_other_length_at_end_is_damaged, start),
		cmocka_unit_test_setup(burst_pcapng_every_captured_length_is_checked, start),
		cmocka_unit_test_setup(burst_pcapng_blocks_too_short_are_damaged, start),
		cmocka_unit_test_setup(open_pcapng_option_over_end_is_damaged, start),
		cmocka_unit_test_setup(burst_pcapng_other_link_type_is_named_when_used, start),
		cmocka_unit_test_setup(open_pcapng_too_many_interfaces_is_unsupported, start),
		cmocka_unit_test_setup(burst_pcapng_largest_block_reads_larger_is_damaged, start),
		cmocka_unit_test_setup(burst_pcapng_other_version_is_unsupported, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
