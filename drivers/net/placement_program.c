/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instructions of placement_program.h. The register that gets the core has, until then, the
 * place of the next EtherType.
 */
#include "drivers/net/placement_program.h"

#define S_TYPE (-24)
#define S_ADDRESS (-16)

#define TYPE_AT 12
#define TYPE_BYTES 2
#define TAG_BYTES 4
#define TAGS 2
#define IPV4_SOURCE 12
#define IPV4_BYTES 4
#define IPV6_SOURCE 8
#define IPV6_BYTES 16
#define BUFFER_TYPE 16 /* of struct __sk_buff */

/* Where a piece of the frame goes, and the program, if there is none. */
struct target {
	int stack;
	int32_t bytes;
	unsigned none; /* a label */
};

/* `bytes` from the register's place and `from` on go to `stack`; goes to `none` if they are not
 * there. */
static void load(struct bpf_code *code, const struct placement_program *program, int32_t from,
		 const struct target *target)
{
	bool xdp = program->context == HANDOVER_XDP;

	bpf_do_register(code, BPF_MOVE, 1, program->r_context);
	bpf_do_register(code, BPF_MOVE, 2, program->r_core);
	bpf_do(code, BPF_ADD, 2, from);
	bpf_do_register(code, BPF_MOVE, 3, BPF_STACK);
	bpf_do(code, BPF_ADD, 3, target->stack);
	bpf_do(code, BPF_MOVE, 4, target->bytes);
	bpf_call(code, xdp ? BPF_XDP_LOAD_BYTES : BPF_LOAD_BYTES);
	bpf_if(code, BPF_NOT_EQUAL, 0, 0, target->none);
}

/* Register 1: the EtherType at the register's place. */
static void load_type(struct bpf_code *code, const struct placement_program *program, unsigned none)
{
	load(code, program, 0, &(struct target){ S_TYPE, TYPE_BYTES, none });
	bpf_load(code, BPF_HALF, 1, BPF_STACK, S_TYPE);
	bpf_from_network(code, 1, 16);
}

/* Register 1: what comes next, with no tag before it. The kernel has a socket buffer's first type,
 * and has pulled it out of the frame where the data begin behind it. */
static void find_type(struct bpf_code *code, const struct placement_program *program, unsigned none)
{
	unsigned found = bpf_new_label(code);

	bpf_do(code, BPF_MOVE, program->r_core, program->behind_header ? -TYPE_BYTES : TYPE_AT);
	if (program->context == HANDOVER_XDP) {
		load_type(code, program, none);
	} else {
		bpf_load(code, BPF_WORD, 1, program->r_context, BUFFER_TYPE);
		bpf_from_network(code, 1, 16);
	}
	for (unsigned tags = 0; tags < TAGS; tags++) {
		unsigned tag = bpf_new_label(code);

		bpf_if(code, BPF_EQUAL, 1, 0x8100, tag);
		bpf_if(code, BPF_NOT_EQUAL, 1, 0x88a8, found);
		bpf_label(code, tag);
		bpf_do(code, BPF_ADD, program->r_core, TAG_BYTES);
		load_type(code, program, none);
	}
	bpf_label(code, found);
}

/* Register 0: the number of an address of which register 1 has a word. */
static void scale(struct bpf_code *code, const struct placement_program *program)
{
	bpf_do_register(code, BPF_MULTIPLY, 1, 2);
	bpf_do(code, BPF_SHIFT_RIGHT, 1, 32);
	bpf_do(code, BPF_MULTIPLY, 1, (int32_t)program->cores);
	bpf_do(code, BPF_SHIFT_RIGHT, 1, 32);
	bpf_do_register(code, BPF_MOVE, program->r_core, 1);
}

void placement_program(struct bpf_code *code, const struct placement_program *program)
{
	/* what comes from inside is sent by, what comes from outside is sent to the inside end */
	const int32_t skip = program->side == 0 ? 0 : 1;
	unsigned none = bpf_new_label(code), ipv4 = bpf_new_label(code);
	unsigned known = bpf_new_label(code), end = bpf_new_label(code);

	find_type(code, program, none);
	bpf_if(code, BPF_EQUAL, 1, 0x0800, ipv4);
	bpf_if(code, BPF_NOT_EQUAL, 1, 0x86dd, none);
	load(code, program, TYPE_BYTES + IPV6_SOURCE + skip * IPV6_BYTES,
	     &(struct target){ S_ADDRESS, IPV6_BYTES, none });
	bpf_set_64(code, 2, PLACEMENT_FACTOR);
	bpf_load(code, BPF_DOUBLE, 1, BPF_STACK, S_ADDRESS);
	bpf_load(code, BPF_DOUBLE, 3, BPF_STACK, S_ADDRESS + 8);
	bpf_do_register(code, BPF_MULTIPLY, 1, 2);
	bpf_do_register(code, BPF_XOR, 1, 3);
	bpf_jump(code, known);
	bpf_label(code, ipv4);
	load(code, program, TYPE_BYTES + IPV4_SOURCE + skip * IPV4_BYTES,
	     &(struct target){ S_ADDRESS, IPV4_BYTES, none });
	bpf_set_64(code, 2, PLACEMENT_FACTOR);
	bpf_load(code, BPF_WORD, 1, BPF_STACK, S_ADDRESS);
	bpf_label(code, known);
	scale(code, program);
	bpf_jump(code, end);
	bpf_label(code, none);
	bpf_do(code, BPF_MOVE, program->r_core, 0);
	bpf_label(code, end);
}

int placement_load(unsigned cores, unsigned side)
{
	const struct placement_program program = { .cores = cores,
						   .side = side,
						   .context = HANDOVER_SOCKET_BUFFER,
						   .behind_header = true,
						   .r_context = 6,
						   .r_core = 7 };
	struct bpf_instruction out[PLACEMENT_INSTRUCTIONS_MAX];
	struct bpf_code code;

	bpf_begin(&code, out, PLACEMENT_INSTRUCTIONS_MAX);
	bpf_do_register(&code, BPF_MOVE, program.r_context, 1);
	placement_program(&code, &program);
	bpf_do_register(&code, BPF_MOVE, 0, program.r_core);
	bpf_exit(&code);
	return bpf_program_load(BPF_PROGRAM_SOCKET_FILTER, out, bpf_end(&code), "portreeve");
}
