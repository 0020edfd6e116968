/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's programs that choose a data core, on the machine of tests/model/bpf.h: all that
 * concerns a server behind the inside port meets at one, and servers part. That the kernel takes
 * them, and that frames come to where they say, shows tests/system/test_live_cores.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/net/placement_program.h"
#include "scanner/scanner.h"
#include "tests/model/bpf.h"
#include "tests/scanner/frames.h"

#define INSTRUCTIONS (PLACEMENT_INSTRUCTIONS_MAX + 8)
#define PROTOCOL_GRE 47

#define HEADER_BYTES 14u
#define TYPE_AT 12

/* Where a program runs. */
struct run {
	enum handover_context context;
	bool behind_header;
};

static struct wire wire;

/* The core that a program chooses for the frame at hand. */
static unsigned core_in(unsigned cores, unsigned side, const struct run *run)
{
	const struct placement_program program = { .cores = cores,
						   .side = side,
						   .context = run->context,
						   .behind_header = run->behind_header,
						   .r_context = 6,
						   .r_core = 7 };
	const uint32_t skipped = run->behind_header ? HEADER_BYTES : 0;
	uint16_t type;
	struct bpf_instruction out[INSTRUCTIONS];
	struct bpf_code code;
	uint8_t *copy = malloc(wire_length(&wire)); /* its ends are watched */

	assert_non_null(copy);
	memcpy(copy, wire_data(&wire), wire_length(&wire));
	bpf_begin(&code, out, INSTRUCTIONS);
	bpf_do_register(&code, BPF_MOVE, program.r_context, 1);
	placement_program(&code, &program);
	bpf_do_register(&code, BPF_MOVE, 0, program.r_core);
	bpf_exit(&code);
	memcpy(&type, copy + TYPE_AT, sizeof(type));
	struct model_bpf bpf = { .frame = copy + skipped,
				 .buffer = { .length = wire_length(&wire) - skipped,
					     .type = type } };
	uint64_t core = model_bpf_run(&bpf, out, bpf_end(&code));

	free(copy);
	assert_true(core < cores);
	return (unsigned)core;
}

/* The same wherever the program runs. */
static unsigned core_of(unsigned cores, unsigned side)
{
	unsigned core = core_in(cores, side, &(struct run){ HANDOVER_SOCKET_BUFFER, false });

	assert_int_equal(core_in(cores, side, &(struct run){ HANDOVER_SOCKET_BUFFER, true }), core);
	assert_int_equal(core_in(cores, side, &(struct run){ HANDOVER_XDP, false }), core);
	return core;
}

static struct ends ends_of(uint8_t family, uint32_t server, uint32_t peer, unsigned side)
{
	struct ends ends = { .family = family };
	const uint8_t inside4[] = { 10, 0, (uint8_t)(server >> 8), (uint8_t)server };
	const uint8_t outside4[] = { 203, 0, (uint8_t)(peer >> 8), (uint8_t)peer };
	const uint8_t inside6[16] = { 0xfd, 0, [14] = (uint8_t)(server >> 8), (uint8_t)server };
	const uint8_t outside6[16] = { 0x20, 1, [8] = (uint8_t)(peer >> 8), (uint8_t)peer };
	const uint8_t *inside = family == 4 ? inside4 : inside6;
	const uint8_t *outside = family == 4 ? outside4 : outside6;
	size_t bytes = family == 4 ? 4 : 16;

	memcpy(ends.source, side == PORT_INSIDE ? inside : outside, bytes);
	memcpy(ends.destination, side == PORT_INSIDE ? outside : inside, bytes);
	return ends;
}

static void put(const struct ends *ends, uint8_t protocol, unsigned tags)
{
	uint16_t type = wire_type(ends->family);

	wire_begin(&wire, "a payload", 9);
	if (protocol == PROTOCOL_UDP) {
		wire_udp(&wire, 4000, 4001);
	} else if (protocol == PROTOCOL_TCP) {
		wire_tcp(&wire, &(struct tcp_header){ .source_port = 4000, .flags = TCP_ACK });
	}
	wire_ip(&wire, ends, protocol);
	for (unsigned i = 0; i < tags; i++) {
		wire_tag(&wire, (uint16_t)(5 + i), type);
		type = WIRE_VLAN;
	}
	wire_ethernet(&wire, type);
}

static void all_frames_of_a_server_meet_whatever_they_are_and_whichever_way_they_go(void **state)
{
	static const uint8_t protocols[] = { PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_GRE };

	(void)state;
	for (unsigned i = 0; i < 2u * 3 * 3 * 2 * 7; i++) {
		uint8_t family = i % 2 == 0 ? 4 : 6, protocol = protocols[i / 2 % 3];
		unsigned tags = i / 6 % 3, side = i / 18 % 2, cores = 2 + i / 36;

		for (uint32_t server = 1; server < 20; server++) {
			const struct ends plain = ends_of(family, server, 1, PORT_INSIDE);
			const struct ends other = ends_of(family, server, 1000 + i, side);

			put(&plain, PROTOCOL_TCP, 0);
			unsigned core = core_of(cores, PORT_INSIDE);

			put(&other, protocol, tags);
			assert_int_equal(core_of(cores, side), core);
		}
	}
}

static void servers_of_one_network_are_spread(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2 * 7; i++) {
		unsigned count[8] = { 0 }, cores = 2 + i / 2;

		for (uint32_t server = 1; server <= 254; server++) {
			const struct ends ends =
				ends_of(i % 2 == 0 ? 4 : 6, server, 1, PORT_OUTSIDE);

			put(&ends, PROTOCOL_UDP, 0);
			count[core_of(cores, PORT_OUTSIDE)]++;
		}
		for (unsigned core = 0; core < cores; core++) {
			assert_in_range(count[core], 254 / cores / 2, 254 / cores * 2);
		}
	}
}

static void what_is_not_ip_or_cut_short_goes_to_the_first(void **state)
{
	const struct ends ends = ends_of(6, 77, 1, PORT_INSIDE);

	(void)state;
	wire_begin(&wire, "an arp packet of some length, and more of it", 44);
	wire_ethernet(&wire, 0x0806);
	assert_int_equal(core_of(8, PORT_INSIDE), 0);
	put(&ends, PROTOCOL_TCP, 2);
	assert_int_not_equal(core_of(8, PORT_INSIDE), 0);
	for (wire.end = wire.start + 14 + 8 + 23; wire_length(&wire) >= 14; wire.end--) {
		assert_int_equal(core_of(8, PORT_INSIDE), 0);
	}
	put(&ends, PROTOCOL_TCP, 3); /* as far as tags are read */
	assert_int_equal(core_of(8, PORT_INSIDE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			all_frames_of_a_server_meet_whatever_they_are_and_whichever_way_they_go),
		cmocka_unit_test(servers_of_one_network_are_spread),
		cmocka_unit_test(what_is_not_ip_or_cut_short_goes_to_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
