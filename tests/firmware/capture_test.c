/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * firmware/capture.c and capture_pcap.c: pcap in every variant, both formats cut at
 * every byte and read in pieces of every size, and what is no capture at all.
 */
#include "tests/firmware/capture_build.h"

/* ---- pcap ---- */

static void burst_pcap_of_each_magic_gives_frames(void **state)
{
	static const struct {
		uint32_t magic;
		uint64_t unit_ns;
	} kinds[] = { { 0xa1b2c3d4, 1000 }, { 0xa1b23c4d, 1 } };

	for (unsigned i = 0; i < 4; i++) {
		start(state);
		big_endian = i >= 2;
		put_pcap_header(kinds[i % 2].magic, ETHERNET);
		put_pcap_packet(1, 1780308000, 999999, 60);
		put_pcap_packet(2, 4294967295, 1, 1514);
		put_pcap_packet(3, 0, 0, 0);
		assert_int_equal(read_all(), CAPTURE_END);
		assert_int_equal(seen_count, 3);
		assert_frame(0, 1, 1780308000 * NS_PER_S + 999999 * kinds[i % 2].unit_ns, 60);
		assert_frame(1, 2, 4294967295 * NS_PER_S + kinds[i % 2].unit_ns, 1514);
		assert_frame(2, 3, 0, 0);
		assert_int_equal(capture_position(&capture), content_length);
	}
}

static void burst_pcap_cut_frame_keeps_wire_length(void **state)
{
	(void)state;
	put_pcap_header(0xa1b2c3d4, ETHERNET);
	put_u32(1);
	put_u32(0);
	put_u32(60);
	put_u32(1514);
	put_data(0, 60);
	put_u32(1);
	put_u32(0);
	put_u32(60);
	put_u32(20); /* less on the wire than captured cannot be */
	put_data(0, 60);
	assert_int_equal(read_all(), CAPTURE_END);
	assert_int_equal(seen[0].wire_length, 1514);
	assert_int_equal(seen[1].wire_length, 60);
}

static void open_pcap_with_frame_check_sequence_bits_reads(void **state)
{
	(void)state;
	put_pcap_header(0xa1b2c3d4, 0x24000001);
	put_pcap_packet(1, 1, 0, 64);
	assert_int_equal(read_all(), CAPTURE_END);
	assert_frame(0, 1, NS_PER_S, 64);
}

static void burst_pcap_largest_frame_reads_larger_is_damaged(void **state)
{
	(void)state;
	put_pcap_header(0xa1b2c3d4, ETHERNET);
	for (unsigned i = 0; i < 5; i++) {
		put_pcap_packet(i, i, 0, CAPTURE_FRAME_MAX);
	}
	put_pcap_packet(5, 5, 0, CAPTURE_FRAME_MAX + 1);
	assert_int_equal(read_all(), CAPTURE_DAMAGED);
	assert_int_equal(seen_count, 5);
	for (unsigned i = 0; i < 5; i++) {
		assert_frame(i, i, i * NS_PER_S, CAPTURE_FRAME_MAX);
	}
	assert_error_has("the packet at byte 1310824 claims 262145 bytes");
	assert_error_has("5 packets were read");
}

static void open_pcap_of_other_link_type_names_it(void **state)
{
	static const struct {
		uint32_t type;
		const char *text;
	} kinds[] = { { 113, "113 (Linux SLL)" },
		      { 276, "276 (Linux SLL2)" },
		      { 101, "101 (raw IP)" },
		      { 0, "0 (BSD loopback)" },
		      { 4711, "4711 (unknown)" } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		start(state);
		put_pcap_header(0xa1b2c3d4, kinds[i].type);
		put_pcap_packet(0, 0, 0, 60);
		assert_int_equal(read_all(), CAPTURE_UNSUPPORTED);
		assert_error_has(kinds[i].text);
	}
}

static void open_pcap_of_other_version_is_unsupported(void **state)
{
	(void)state;
	put_pcap_header(0xa1b2c3d4, ETHERNET);
	content[4] = 3;
	assert_int_equal(read_all(), CAPTURE_UNSUPPORTED);
	assert_error_has("pcap version 3.4");
}

/* ---- both: cut anywhere, read in any pieces ---- */

static size_t boundaries[64];
static size_t boundary_count;

static void mark(void)
{
	boundaries[boundary_count++] = content_length;
}

static void build_small_pcap(void)
{
	boundary_count = 0;
	put_pcap_header(0xa1b2c3d4, ETHERNET);
	mark();
	for (unsigned i = 0; i < 4; i++) {
		put_pcap_packet(i, 100 + i, 0, 14 + i);
		mark();
	}
}

/* Marks the end of the interface and of each packet; other blocks lie before packets. */
static size_t build_small_pcapng(void)
{
	boundary_count = 0;
	put_section();
	size_t first = content_length;

	put_interface(ETHERNET);
	mark();
	put_enhanced(0, 0, 1000, 14);
	mark();
	size_t block = begin_block(5);

	put_data(0, 20);
	end_block(block);
	put_enhanced(1, 0, 2000, 15);
	mark();
	put_simple(2, 33, 33);
	mark();
	return first;
}

static size_t packets_before(size_t length)
{
	size_t count = 0;

	while (count + 1 < boundary_count && boundaries[count + 1] <= length) {
		count++;
	}
	return count;
}

static bool is_boundary(size_t length)
{
	for (size_t i = 0; i < boundary_count; i++) {
		if (boundaries[i] == length) {
			return true;
		}
	}
	return false;
}

static void burst_pcap_cut_at_every_byte_gives_whole_packets(void **state)
{
	(void)state;
	build_small_pcap();
	size_t whole = content_length;

	for (size_t cut = 4; cut <= whole; cut++) {
		content_length = cut;
		enum capture_status status = read_all();

		assert_int_equal(status, is_boundary(cut) ? CAPTURE_END : CAPTURE_TRUNCATED);
		assert_int_equal(seen_count, packets_before(cut));
		if (status == CAPTURE_TRUNCATED) {
			char at[32];

			snprintf(at, sizeof(at), "ends at byte %zu ", cut);
			assert_error_has(at);
			snprintf(at, sizeof(at), "; %zu packets were read", seen_count);
			assert_error_has(at);
		}
	}
}

static void burst_pcapng_cut_at_every_byte_gives_whole_packets(void **state)
{
	(void)state;
	size_t section_end = build_small_pcapng();
	size_t whole = content_length;

	for (size_t cut = 4; cut <= whole; cut++) {
		content_length = cut;
		enum capture_status status = read_all();
		/* one block, the statistics, ends where no packet does */
		bool between = is_boundary(cut) || cut == section_end ||
			       cut == boundaries[1] + 12 + 20;

		assert_int_equal(status, between ? CAPTURE_END : CAPTURE_TRUNCATED);
		assert_int_equal(seen_count, packets_before(cut));
	}
}

static void burst_any_piece_and_burst_size_gives_same_frames(void **state)
{
	for (unsigned kind = 0; kind < 2; kind++) {
		start(state);
		if (kind == 0) {
			build_small_pcap();
		} else {
			build_small_pcapng();
		}
		assert_int_equal(read_all(), CAPTURE_END);
		size_t count = seen_count;
		uint32_t sums[8];

		for (size_t i = 0; i < count; i++) {
			sums[i] = seen[i].sum;
		}
		for (piece_max = 1; piece_max < 40; piece_max++) {
			for (unsigned burst = 1; burst < 6; burst++) {
				assert_int_equal(read_all_bursts(burst), CAPTURE_END);
				assert_int_equal(seen_count, count);
				for (size_t i = 0; i < count; i++) {
					assert_int_equal(seen[i].sum, sums[i]);
				}
			}
		}
	}
}

/* More than the buffer holds, so that bursts end short and records cross refills. */
static void burst_large_file_frames_stay_valid_within_burst(void **state)
{
	(void)state;
	put_pcap_header(0xa1b2c3d4, ETHERNET);
	for (unsigned i = 0; i < 400; i++) {
		put_pcap_packet(i, i, 0, 1 + i * 7919 % 9000);
	}
	assert_true(content_length > 3 * CAPTURE_BUFFER_BYTES);
	assert_int_equal(read_all(), CAPTURE_END);
	assert_int_equal(seen_count, 400);
	for (unsigned i = 0; i < 400; i++) {
		assert_frame(i, i, i * NS_PER_S, 1 + i * 7919 % 9000);
	}
}

/* The scanner's work depends a little on where bursts end: the same capture, the same ends. */
static void burst_large_file_in_any_pieces_ends_alike(void **state)
{
	(void)state;
	put_pcap_header(0xa1b2c3d4, ETHERNET);
	for (unsigned i = 0; i < 400; i++) {
		put_pcap_packet(i, i, 0, 1 + i * 7919 % 9000);
	}
	assert_int_equal(read_all(), CAPTURE_END);
	uint32_t expected = burst_sum;

	for (piece_max = 1000; piece_max < 700000; piece_max = piece_max * 3 + 1) {
		assert_int_equal(read_all(), CAPTURE_END);
		assert_int_equal(burst_sum, expected);
		assert_int_equal(seen_count, 400);
	}
}

static void burst_idle_pipe_gives_what_there_is_and_pauses(void **state)
{
	(void)state;
	put_pcap_header(0xa1b2c3d4, ETHERNET);
	for (unsigned i = 0; i < 6; i++) {
		put_pcap_packet(i, i, 0, 84);
	}
	piece_max = 24 + 200; /* two packets with the header's 24 bytes, then some more */
	idle = true;
	assert_int_equal(read_all(), CAPTURE_END);
	assert_int_equal(seen_count, 6);
	for (unsigned i = 0; i < 6; i++) {
		assert_frame(i, i, i * NS_PER_S, 84);
	}
	assert_int_equal(pauses, 3); /* before the second piece, the third and the end */
}

static void burst_read_error_ends_with_systems_words(void **state)
{
	(void)state;
	put_pcap_header(0xa1b2c3d4, ETHERNET);
	put_pcap_packet(0, 0, 0, 60);
	put_pcap_packet(1, 0, 0, 60);
	piece_max = 50;
	error_at = 120;
	assert_int_equal(read_all(), CAPTURE_UNREADABLE);
	assert_int_equal(seen_count, 1);
	assert_error_has("cannot be read: ");
}

static void open_missing_file_ends_with_systems_words(void **state)
{
	(void)state;
	open_error = -ENOENT;
	assert_int_equal(read_all(), CAPTURE_UNREADABLE);
	assert_error_has(strerror(ENOENT));
}

/* ---- what is no capture ---- */

static void open_stranger_says_what_it_is(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *text;
	} kinds[] = {
		{ "", 0, "is empty" },
		{ "Dear operator,\nhello", 20, "(begins with \"Dear operator,\")" },
		{ "#!", 2, "(begins with 23 21)" },
		{ "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2", 17, "(begins with 7f 45 4c 46 02 01" },
		{ "\x1f\x8b\x08\0", 4, "gzip" },
		{ "\x28\xb5\x2f\xfd", 4, "zstd" },
		{ "\xfd\x37zXZ\0", 6, "xz" },
		{ "BZh", 3, "bzip2" },
		{ "snoop\0\0\0\0\0\0\2", 12, "editcap" },
		{ "\x0a\x0d\x0d\x0a\x1c\0\0\0abcd", 12, "without its byte order" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		start(state);
		put(kinds[i].bytes, kinds[i].length);
		assert_int_equal(read_all(), CAPTURE_NOT_A_CAPTURE);
		assert_error_has(kinds[i].text);
	}
}

static void open_only_a_magic_is_cut_off(void **state)
{
	(void)state;
	put("\x0a\x0d\x0d\x0a", 4);
	assert_int_equal(read_all(), CAPTURE_TRUNCATED);
	assert_error_has("0 packets were read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(burst_pcap_of_each_magic_gives_frames, start),
		cmocka_unit_test_setup(burst_pcap_cut_frame_keeps_wire_length, start),
		cmocka_unit_test_setup(open_pcap_with_frame_check_sequence_bits_reads, start),
		cmocka_unit_test_setup(burst_pcap_largest_frame_reads_larger_is_damaged, start),
		cmocka_unit_test_setup(open_pcap_of_other_link_type_names_it, start),
		cmocka_unit_test_setup(open_pcap_of_other_version_is_unsupported, start),
		cmocka_unit_test_setup(burst_pcap_cut_at_every_byte_gives_whole_packets, start),
		cmocka_unit_test_setup(burst_pcapng_cut_at_every_byte_gives_whole_packets, start),
		cmocka_unit_test_setup(burst_any_piece_and_burst_size_gives_same_frames, start),
		cmocka_unit_test_setup(burst_large_file_frames_stay_valid_within_burst, start),
		cmocka_unit_test_setup(burst_large_file_in_any_pieces_ends_alike, start),
		cmocka_unit_test_setup(burst_idle_pipe_gives_what_there_is_and_pauses, start),
		cmocka_unit_test_setup(burst_read_error_ends_with_systems_words, start),
		cmocka_unit_test_setup(open_missing_file_ends_with_systems_words, start),
		cmocka_unit_test_setup(open_stranger_says_what_it_is, start),
		cmocka_unit_test_setup(open_only_a_magic_is_cut_off, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
