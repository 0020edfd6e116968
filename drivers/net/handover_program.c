/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instructions of handover_program.h, in the order in which they run: the frame's head is
 * copied to the stack, tags are taken off, the tuple is put together, its bucket is found, and the
 * entry is held to its generation and age. Register 9 has the frame's length as far as it is left,
 * then the entry.
 */
#include "drivers/net/handover_program.h"

#include <stddef.h>

#include "hal/handover.h"

/* The stack; the head lies so that what follows an Ethernet header is aligned. */
#define S_INDEX (-4)
#define S_FLAGS (-16) /* of TCP, */
#define S_TIME S_FLAGS /* then the time */
#define S_LENGTH (-24) /* of the frame, with all tags */
#define S_KEY (-72)
#define S_HEAD (-150)
#define S_BOTTOM (-152)

#define HEAD_BYTES 74 /* Ethernet, IPv6 and TCP as far as its flags */
#define HEADERS4_BYTES 34 /* Ethernet and IPv4 */
#define HEADERS6_BYTES 54
#define IPV4_BYTES 20
#define TCP_BYTES 20
#define UDP_BYTES 8
#define OTHER_BYTES 8
#define TAG_BYTES 4

#define PROTOCOL_ICMP 1
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_ESP 50
#define PROTOCOL_ICMPV6 58
#define TCP_FIN_RST 0x05
#define TCP_SYN 0x02
#define VXLAN_PORT 4789
#define FRAGMENT 0x3fff /* more fragments, and where this one lies */
#define TAG_ID 0x0fff
#define NO_TAG 0xffff

/* Of struct __sk_buff */
#define BUFFER_LENGTH 0
#define BUFFER_TAGGED 20
#define BUFFER_TAG 24

#define HEAD(offset) (S_HEAD + (offset))
#define KEY(field) (S_KEY + (int)offsetof(struct handover_key, field))
#define ENTRY(field) ((int)offsetof(struct handover_entry, field))

/* A number of 16 bits as it is loaded from a frame. */
static int32_t on_wire(uint16_t value)
{
	const uint8_t bytes[2] = { (uint8_t)(value >> 8), (uint8_t)value };
	uint16_t loaded;

	memcpy(&loaded, bytes, sizeof(loaded));
	return loaded;
}

static void load_head(struct bpf_code *code, const struct handover_program *program, int32_t from,
		      unsigned miss)
{
	unsigned short_one = bpf_new_label(code);

	bpf_do_register(code, BPF_MOVE, 4, 9);
	bpf_if(code, BPF_BELOW, 4, HEADERS4_BYTES + UDP_BYTES, miss);
	bpf_if(code, BPF_BELOW, 4, HEAD_BYTES, short_one);
	bpf_do(code, BPF_MOVE, 4, HEAD_BYTES);
	bpf_label(code, short_one);
	bpf_do_register(code, BPF_MOVE, 1, program->r_context);
	bpf_do(code, BPF_MOVE, 2, from);
	bpf_do_register(code, BPF_MOVE, 3, BPF_STACK);
	bpf_do(code, BPF_ADD, 3, S_HEAD);
	bpf_call(code, program->context == HANDOVER_XDP ? BPF_XDP_LOAD_BYTES : BPF_LOAD_BYTES);
	bpf_if(code, BPF_NOT_EQUAL, 0, 0, miss);
}

static void begin(struct bpf_code *code, const struct handover_program *program)
{
	unsigned untagged = bpf_new_label(code);

	for (int at = S_BOTTOM; at < S_LENGTH; at += 8) {
		bpf_store_value(code, BPF_DOUBLE, BPF_STACK, at, 0);
	}
	bpf_store_value(code, BPF_WORD, BPF_STACK, KEY(vlan), -1);
	bpf_store_value(code, BPF_BYTE, BPF_STACK, KEY(port), program->port);
	if (program->context == HANDOVER_XDP) {
		bpf_do_register(code, BPF_MOVE, 1, program->r_context);
		bpf_call(code, BPF_XDP_LENGTH);
		bpf_do_register(code, BPF_MOVE, 9, 0);
		bpf_store(code, BPF_DOUBLE, BPF_STACK, S_LENGTH, 9);
		return;
	}
	bpf_load(code, BPF_WORD, 9, program->r_context, BUFFER_LENGTH);
	bpf_store(code, BPF_DOUBLE, BPF_STACK, S_LENGTH, 9);
	bpf_load(code, BPF_WORD, 1, program->r_context, BUFFER_TAGGED);
	bpf_if(code, BPF_EQUAL, 1, 0, untagged);
	bpf_load(code, BPF_WORD, 1, program->r_context, BUFFER_TAG);
	bpf_do(code, BPF_AND, 1, TAG_ID);
	bpf_store(code, BPF_HALF, BPF_STACK, KEY(vlan[0]), 1);
	bpf_do_register(code, BPF_MOVE, 1, 9);
	bpf_do(code, BPF_ADD, 1, TAG_BYTES);
	bpf_store(code, BPF_DOUBLE, BPF_STACK, S_LENGTH, 1);
	bpf_label(code, untagged);
}

/* If a tag comes next: its id goes into the key, and the head is what is behind it. */
static void take_tag(struct bpf_code *code, const struct handover_program *program, int32_t from,
		     unsigned miss)
{
	unsigned tag = bpf_new_label(code), none = bpf_new_label(code);
	unsigned inner = bpf_new_label(code), taken = bpf_new_label(code);

	bpf_load(code, BPF_HALF, 1, BPF_STACK, HEAD(12));
	bpf_if(code, BPF_EQUAL, 1, on_wire(0x8100), tag);
	bpf_if(code, BPF_NOT_EQUAL, 1, on_wire(0x88a8), none);
	bpf_label(code, tag);
	bpf_load(code, BPF_HALF, 1, BPF_STACK, HEAD(14));
	bpf_from_network(code, 1, 16);
	bpf_do(code, BPF_AND, 1, TAG_ID);
	bpf_load(code, BPF_HALF, 2, BPF_STACK, KEY(vlan[0]));
	bpf_if(code, BPF_NOT_EQUAL, 2, NO_TAG, inner);
	bpf_store(code, BPF_HALF, BPF_STACK, KEY(vlan[0]), 1);
	bpf_jump(code, taken);
	bpf_label(code, inner);
	bpf_store(code, BPF_HALF, BPF_STACK, KEY(vlan[1]), 1);
	bpf_label(code, taken);
	bpf_do(code, BPF_SUBTRACT, 9, TAG_BYTES);
	load_head(code, program, from, miss);
	bpf_label(code, none);
}

/* What both versions of IP leave to read_transport(): register 5 the length behind the header, 4
 * the protocol, 3 and 2 TCP's flags and header length, 1 and 0 UDP's length and port, as they would
 * be. */
static void load_transport(struct bpf_code *code, int protocol, int header)
{
	bpf_load(code, BPF_WORD, 1, BPF_STACK, HEAD(header));
	bpf_store(code, BPF_WORD, BPF_STACK, KEY(source_port), 1);
	bpf_load(code, BPF_BYTE, 4, BPF_STACK, HEAD(protocol));
	bpf_load(code, BPF_BYTE, 3, BPF_STACK, HEAD(header + 13));
	bpf_load(code, BPF_BYTE, 2, BPF_STACK, HEAD(header + 12));
	bpf_load(code, BPF_HALF, 1, BPF_STACK, HEAD(header + 4));
	bpf_load(code, BPF_HALF, 0, BPF_STACK, HEAD(header + 2));
}

static void read_ipv4(struct bpf_code *code, unsigned miss)
{
	bpf_load(code, BPF_BYTE, 1, BPF_STACK, HEAD(14));
	bpf_if(code, BPF_NOT_EQUAL, 1, 0x45, miss);
	bpf_load(code, BPF_HALF, 1, BPF_STACK, HEAD(20));
	bpf_if(code, BPF_ANY_BIT, 1, on_wire(FRAGMENT), miss);
	bpf_load(code, BPF_HALF, 5, BPF_STACK, HEAD(16));
	bpf_from_network(code, 5, 16);
	bpf_do(code, BPF_SUBTRACT, 5, IPV4_BYTES);
	bpf_do(code, BPF_SUBTRACT, 9, HEADERS4_BYTES);
	bpf_if_register(code, BPF_ABOVE, 5, 9, miss);
	bpf_store_value(code, BPF_BYTE, BPF_STACK, KEY(family), 4);
	bpf_load(code, BPF_WORD, 1, BPF_STACK, HEAD(26));
	bpf_store(code, BPF_WORD, BPF_STACK, KEY(source), 1);
	bpf_load(code, BPF_WORD, 1, BPF_STACK, HEAD(30));
	bpf_store(code, BPF_WORD, BPF_STACK, KEY(destination), 1);
	load_transport(code, 23, HEADERS4_BYTES);
}

static void read_ipv6(struct bpf_code *code, unsigned miss)
{
	bpf_if(code, BPF_BELOW, 9, HEADERS6_BYTES + UDP_BYTES, miss);
	bpf_load(code, BPF_BYTE, 1, BPF_STACK, HEAD(14));
	bpf_do(code, BPF_SHIFT_RIGHT, 1, 4);
	bpf_if(code, BPF_NOT_EQUAL, 1, 6, miss);
	bpf_load(code, BPF_HALF, 5, BPF_STACK, HEAD(18));
	bpf_from_network(code, 5, 16);
	bpf_do(code, BPF_SUBTRACT, 9, HEADERS6_BYTES);
	bpf_if_register(code, BPF_ABOVE, 5, 9, miss);
	bpf_store_value(code, BPF_BYTE, BPF_STACK, KEY(family), 6);
	for (int at = 0; at < 32; at += 8) {
		bpf_load(code, BPF_DOUBLE, 1, BPF_STACK, HEAD(22) + at);
		bpf_store(code, BPF_DOUBLE, BPF_STACK, KEY(source) + at, 1);
	}
	load_transport(code, 20, HEADERS6_BYTES);
}

static void read_transport(struct bpf_code *code, unsigned miss)
{
	static const int portless[] = { PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_ESP };
	unsigned udp = bpf_new_label(code), tcp = bpf_new_label(code);
	unsigned other = bpf_new_label(code), done = bpf_new_label(code);

	bpf_store(code, BPF_BYTE, BPF_STACK, KEY(protocol), 4);
	bpf_store_value(code, BPF_DOUBLE, BPF_STACK, S_FLAGS, 0);
	bpf_if(code, BPF_EQUAL, 4, PROTOCOL_TCP, tcp);
	bpf_if(code, BPF_EQUAL, 4, PROTOCOL_UDP, udp);
	for (unsigned i = 0; i < sizeof(portless) / sizeof(portless[0]); i++) {
		bpf_if(code, BPF_EQUAL, 4, portless[i], other);
	}
	bpf_jump(code, miss); /* it may wrap a frame */
	bpf_label(code, other);
	bpf_if(code, BPF_BELOW, 5, OTHER_BYTES, miss);
	bpf_store_value(code, BPF_WORD, BPF_STACK, KEY(source_port), 0);
	bpf_jump(code, done);
	bpf_label(code, tcp);
	bpf_if(code, BPF_BELOW, 5, TCP_BYTES, miss);
	bpf_do(code, BPF_SHIFT_RIGHT, 2, 2);
	bpf_do(code, BPF_AND, 2, 0x3c);
	bpf_if(code, BPF_BELOW, 2, TCP_BYTES, miss);
	bpf_if_register(code, BPF_ABOVE, 2, 5, miss);
	bpf_if(code, BPF_ANY_BIT, 3, TCP_FIN_RST, miss);
	bpf_store(code, BPF_DOUBLE, BPF_STACK, S_FLAGS, 3);
	bpf_jump(code, done);
	bpf_label(code, udp);
	bpf_from_network(code, 1, 16);
	bpf_if(code, BPF_BELOW, 1, UDP_BYTES, miss);
	bpf_if_register(code, BPF_ABOVE, 1, 5, miss);
	bpf_if(code, BPF_EQUAL, 0, on_wire(VXLAN_PORT), miss); /* it wraps a frame */
	bpf_label(code, done);
}

/* Register 0: the bucket. handover_hash() reckons the same. */
static void find_bucket(struct bpf_code *code, const struct handover_program *program,
			unsigned miss)
{
	bpf_set_64(code, 2, program->multiplier);
	bpf_do(code, BPF_MOVE, 1, 0);
	for (unsigned i = 0; i < HANDOVER_KEY_WORDS; i++) {
		bpf_load(code, BPF_DOUBLE, 3, BPF_STACK, S_KEY + (int)i * 8);
		bpf_do_register(code, BPF_XOR, 1, 3);
		bpf_do_register(code, BPF_MULTIPLY, 1, 2);
		bpf_do_register(code, BPF_MOVE, 3, 1);
		bpf_do(code, BPF_SHIFT_RIGHT, 3, HANDOVER_FOLD);
		bpf_do_register(code, BPF_XOR, 1, 3);
	}
	bpf_do(code, BPF_SHIFT_RIGHT, 1, 64 - (int32_t)program->bucket_bits);
	if (program->r_core != 0) {
		bpf_do_register(code, BPF_MOVE, 2, program->r_core);
		bpf_do(code, BPF_SHIFT_LEFT, 2, (int32_t)program->bucket_bits);
		bpf_do_register(code, BPF_ADD, 1, 2);
	}
	bpf_store(code, BPF_WORD, BPF_STACK, S_INDEX, 1);
	bpf_do_register(code, BPF_MOVE, 2, BPF_STACK);
	bpf_do(code, BPF_ADD, 2, S_INDEX);
	bpf_set_map(code, 1, program->map);
	bpf_call(code, BPF_MAP_LOOKUP);
	bpf_if(code, BPF_EQUAL, 0, 0, miss);
}

/*
 * Register 9: the entry, 3: its generation and turn. The ports' word is compared first, as it
 * differs most.
 *
 * A key is that of one flow if generation and turn were the same before and after it was read. Who
 * rewrites it sets the generation to 0 before, and behind it another turn and the generation, all
 * in this order (firmware/handover.c); here each load depends on the one before. So who reads a
 * word of the next key finds the word that was changed before it.
 */
static void find_entry(struct bpf_code *code, unsigned miss)
{
	static const int words[HANDOVER_KEY_WORDS] = { 32, 0, 16, 8, 24, 40 };
	unsigned found = bpf_new_label(code);

	for (unsigned way = 0; way < HANDOVER_WAYS; way++) {
		unsigned next = bpf_new_label(code);

		bpf_load(code, BPF_DOUBLE, 3, 0, ENTRY(generation));
		bpf_depend(code, 4, 3, 0);
		bpf_do(code, BPF_MOVE, 5, 0);
		for (unsigned i = 0; i < HANDOVER_KEY_WORDS; i++) {
			bpf_load(code, BPF_DOUBLE, 1, 4, words[i]);
			bpf_load(code, BPF_DOUBLE, 2, BPF_STACK, S_KEY + words[i]);
			bpf_do_register(code, BPF_XOR, 5, 1);
			bpf_if_register(code, BPF_NOT_EQUAL, 1, 2, next);
		}
		bpf_jump(code, found);
		bpf_label(code, next);
		bpf_do(code, BPF_ADD, 0, sizeof(struct handover_entry));
	}
	bpf_jump(code, miss);
	bpf_label(code, found);
	bpf_depend(code, 9, 5, 0);
	bpf_load(code, BPF_DOUBLE, 1, 9, ENTRY(generation));
	bpf_if_register(code, BPF_NOT_EQUAL, 1, 3, miss);
}

static void use_entry(struct bpf_code *code, const struct handover_program *program, unsigned miss)
{
	unsigned holds = bpf_new_label(code);

	bpf_do(code, BPF_SHIFT_LEFT, 3, 32); /* the generation alone */
	bpf_do(code, BPF_SHIFT_RIGHT, 3, 32);
	bpf_if(code, BPF_EQUAL, 3, 0, miss);
	bpf_load(code, BPF_WORD, 2, program->r_control, program->generation);
	bpf_if_register(code, BPF_NOT_EQUAL, 3, 2, miss);
	bpf_load(code, BPF_DOUBLE, 1, BPF_STACK, S_FLAGS);
	bpf_do(code, BPF_AND, 1, TCP_SYN);
	bpf_if(code, BPF_EQUAL, 1, 0, holds);
	bpf_store_value(code, BPF_WORD, 9, ENTRY(generation), 0);
	bpf_jump(code, miss);
	bpf_label(code, holds);
	bpf_call(code, BPF_TIME_COARSE);
	bpf_load(code, BPF_DOUBLE, 1, 9, ENTRY(last_ns));
	bpf_do_register(code, BPF_MOVE, 2, 0);
	bpf_do_register(code, BPF_SUBTRACT, 2, 1);
	bpf_if(code, BPF_ABOVE_SIGNED, 2, HANDOVER_IDLE_NS, miss);
	bpf_load(code, BPF_DOUBLE, 1, program->r_control, program->until_ns);
	bpf_if_register(code, BPF_ABOVE, 0, 1, miss);
	bpf_store(code, BPF_DOUBLE, BPF_STACK, S_TIME, 0);
}

void handover_program_count(struct bpf_code *code)
{
	bpf_load(code, BPF_DOUBLE, 1, BPF_STACK, S_TIME);
	bpf_store(code, BPF_DOUBLE, 9, ENTRY(last_ns), 1);
	bpf_do(code, BPF_MOVE, 1, 1);
	bpf_atomic_add(code, 9, ENTRY(frames), 1);
	bpf_load(code, BPF_DOUBLE, 1, BPF_STACK, S_LENGTH);
	bpf_atomic_add(code, 9, ENTRY(bytes), 1);
}

void handover_program(struct bpf_code *code, const struct handover_program *program, unsigned hit,
		      unsigned miss)
{
	unsigned ipv4 = bpf_new_label(code), transport = bpf_new_label(code);

	begin(code, program);
	load_head(code, program, 0, miss);
	take_tag(code, program, TAG_BYTES, miss);
	if (program->context == HANDOVER_XDP) {
		take_tag(code, program, 2 * TAG_BYTES, miss);
	}
	bpf_load(code, BPF_HALF, 1, BPF_STACK, HEAD(12));
	bpf_if(code, BPF_EQUAL, 1, on_wire(0x0800), ipv4);
	bpf_if(code, BPF_NOT_EQUAL, 1, on_wire(0x86dd), miss);
	read_ipv6(code, miss);
	bpf_jump(code, transport);
	bpf_label(code, ipv4);
	read_ipv4(code, miss);
	bpf_label(code, transport);
	read_transport(code, miss);
	find_bucket(code, program, miss);
	find_entry(code, miss);
	use_entry(code, program, miss);
	bpf_jump(code, hit);
}
