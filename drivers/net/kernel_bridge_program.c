/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instructions of kernel_bridge.h's programs, written with hal/linux/bpf_code.h: nothing has to
 * be compiled for or found in the kernel, which refuses a program that could leave its memory or
 * not end.
 */
#include "drivers/net/kernel_bridge.h"

#include <stddef.h>

#include "hal/linux/bpf_code.h"

/* Registers that keep what they hold. */
enum { R_CONTEXT = 6, R_SIDE = 7, R_CONTROL = 8, R_WORD = 9 /* and handover_program()'s */ };

#define STACK_KEY (-4)
#define VERDICT_DROP 2 /* of a program at an interface */
#define TAKE_ALL (-1) /* of a socket filter: bytes */
#define TAKE_NONE 0
#define CONTEXT_LENGTH 0 /* the frame's length is the first word */
#define CONTEXT_QUEUE 16 /* of struct xdp_md */
#define XDP_GOES_ON 2 /* XDP_PASS */
#define XDP_IS_SENT 4 /* XDP_REDIRECT */

/* Where what stands before a frame begins, and where that ends. */
#define XDP_META 8
#define XDP_DATA 0
#define BUFFER_META 140
#define BUFFER_DATA 76
#define META_BYTES 4
/* The word in it. */
#define META_HANDED 0x52545044
#define META_UNSERVED 0x52545045

#define CONTROL(field) ((int)offsetof(struct kernel_bridge_control, field))
#define SIDE(field) ((int)offsetof(struct kernel_bridge_side, field))

struct lookup {
	unsigned side;
	enum handover_context context;
	unsigned hit, miss; /* labels */
};

static void set_control(struct bpf_code *code, const struct kernel_bridge *bridge, unsigned side)
{
	bpf_set_address(code, R_CONTROL, bridge->control_map, 0);
	bpf_set_address(code, R_SIDE, bridge->control_map,
			offsetof(struct kernel_bridge_control, side) +
				side * sizeof(struct kernel_bridge_side));
}

/* Register 0: where this CPU has its word about the port, or 0. */
static void find_word(struct bpf_code *code, const struct kernel_bridge *bridge, unsigned side)
{
	bpf_store_value(code, BPF_WORD, BPF_STACK, STACK_KEY, (int32_t)side);
	bpf_do_register(code, BPF_MOVE, 2, BPF_STACK);
	bpf_do(code, BPF_ADD, 2, STACK_KEY);
	bpf_set_map(code, 1, bridge->words_map);
	bpf_call(code, BPF_MAP_LOOKUP);
}

/* Goes to `dead` unless a scanner is there. */
static void look_for_scanner(struct bpf_code *code, unsigned dead)
{
	bpf_load(code, BPF_WORD, 1, R_CONTROL, CONTROL(active));
	bpf_do(code, BPF_AND, 1, KERNEL_BRIDGE_THREAD);
	bpf_if(code, BPF_EQUAL, 1, 0, dead);
}

/* Goes to `dead` unless the scanner gets on. */
static void look_for_progress(struct bpf_code *code, unsigned alive, unsigned dead)
{
	unsigned same_count = bpf_new_label(code);

	bpf_call(code, BPF_TIME);
	bpf_load(code, BPF_DOUBLE, 1, R_CONTROL, CONTROL(progress));
	bpf_load(code, BPF_DOUBLE, 2, R_SIDE, SIDE(progress_seen));
	bpf_if_register(code, BPF_EQUAL, 1, 2, same_count);
	bpf_store(code, BPF_DOUBLE, R_SIDE, SIDE(progress_seen), 1);
	bpf_store(code, BPF_DOUBLE, R_SIDE, SIDE(since_ns), 0);
	bpf_jump(code, alive);
	bpf_label(code, same_count); /* as at the frame before: since when? */
	bpf_load(code, BPF_DOUBLE, 2, R_SIDE, SIDE(since_ns));
	bpf_do_register(code, BPF_SUBTRACT, 0, 2);
	bpf_load(code, BPF_DOUBLE, 1, R_CONTROL, CONTROL(heartbeat_ns));
	bpf_if_register(code, BPF_ABOVE, 0, 1, dead);
}

static void look_for_flow(struct bpf_code *code, const struct kernel_bridge *bridge,
			  const struct lookup *lookup)
{
	const struct handover_program program = {
		.map = bridge->handover_map,
		.bucket_bits = bridge->handover.bucket_bits,
		.multiplier = bridge->handover.multiplier,
		.port = (uint8_t)lookup->side,
		.context = lookup->context,
		.r_context = R_CONTEXT,
		.r_control = R_CONTROL,
		.generation = CONTROL(generation),
		.until_ns = CONTROL(until_ns),
	};

	handover_program(code, &program, lookup->hit, lookup->miss);
	bpf_label(code, lookup->hit);
}

/* Goes to `leave_word`, with the word, if the frame's flow was handed over. */
static void take_flow(struct bpf_code *code, const struct kernel_bridge *bridge, unsigned side,
		      unsigned leave_word)
{
	const struct lookup lookup = { .side = side,
				       .context = HANDOVER_SOCKET_BUFFER,
				       .hit = bpf_new_label(code),
				       .miss = bpf_new_label(code) };

	look_for_flow(code, bridge, &lookup);
	handover_program_count(code);
	bpf_do(code, BPF_MOVE, R_WORD, KERNEL_BRIDGE_HANDED);
	bpf_jump(code, leave_word);
	bpf_label(code, lookup.miss);
}

uint32_t
kernel_bridge_program_filter(const struct kernel_bridge *bridge, unsigned side,
			     struct bpf_instruction out[static KERNEL_BRIDGE_INSTRUCTIONS_MAX])
{
	struct bpf_code code;

	bpf_begin(&code, out, KERNEL_BRIDGE_INSTRUCTIONS_MAX);
	unsigned alive = bpf_new_label(&code), leave_word = bpf_new_label(&code);
	unsigned answer = bpf_new_label(&code), not_taken = bpf_new_label(&code);

	bpf_do_register(&code, BPF_MOVE, R_CONTEXT, 1);
	set_control(&code, bridge, side);
	bpf_do(&code, BPF_MOVE, R_WORD, KERNEL_BRIDGE_NOT_TAKEN);
	look_for_scanner(&code, leave_word);
	if (bridge->handover.buckets != NULL) {
		take_flow(&code, bridge, side, leave_word);
		bpf_do(&code, BPF_MOVE, R_WORD, KERNEL_BRIDGE_NOT_TAKEN);
	}
	look_for_progress(&code, alive, leave_word);
	bpf_label(&code, alive);
	bpf_do(&code, BPF_MOVE, R_WORD, KERNEL_BRIDGE_TAKEN);
	bpf_label(&code, leave_word);
	find_word(&code, bridge, side);
	bpf_if(&code, BPF_EQUAL, 0, 0, answer); /* never: the kernel wants it asked */
	bpf_store(&code, BPF_DOUBLE, 0, 0, R_WORD);
	bpf_label(&code, answer);
	bpf_if(&code, BPF_NOT_EQUAL, R_WORD, KERNEL_BRIDGE_TAKEN, not_taken);
	bpf_return(&code, TAKE_ALL);
	bpf_label(&code, not_taken);
	bpf_return(&code, TAKE_NONE);
	return bpf_end(&code);
}

/* Register 1: the word's place in a frame's metadata; goes to `none` when there is no room. */
static void find_meta(struct bpf_code *code, int meta, int data, unsigned none)
{
	bpf_load(code, BPF_WORD, 1, R_CONTEXT, meta);
	bpf_load(code, BPF_WORD, 2, R_CONTEXT, data);
	bpf_do_register(code, BPF_MOVE, 3, 1);
	bpf_do(code, BPF_ADD, 3, META_BYTES);
	bpf_if_register(code, BPF_ABOVE, 3, 2, none);
}

/* Has the word stand before the frame; goes to `none` where a device keeps no metadata. */
static void leave_meta(struct bpf_code *code, int32_t word, unsigned none)
{
	bpf_do_register(code, BPF_MOVE, 1, R_CONTEXT);
	bpf_do(code, BPF_MOVE, 2, -META_BYTES);
	bpf_call(code, BPF_XDP_ADJUST_META);
	bpf_if(code, BPF_NOT_EQUAL, 0, 0, none);
	find_meta(code, XDP_META, XDP_DATA, none);
	bpf_store_value(code, BPF_WORD, 1, 0, word);
}

/* Ends the program if the frame's flow was handed over. A device that keeps no metadata leaves all
 * flows to the scanner. */
static void send_flow(struct bpf_code *code, const struct kernel_bridge *bridge, unsigned side)
{
	const struct lookup lookup = { .side = side,
				       .context = HANDOVER_XDP,
				       .hit = bpf_new_label(code),
				       .miss = bpf_new_label(code) };

	look_for_flow(code, bridge, &lookup);
	leave_meta(code, META_HANDED, lookup.miss);
	handover_program_count(code);
	bpf_return(code, XDP_GOES_ON);
	bpf_label(code, lookup.miss);
}

/* A frame that the sockets take does not get any further, nor to the bridge. One whose queue has no
 * socket does, and that tells of no stall. */
uint32_t
kernel_bridge_program_xdp(const struct kernel_bridge *bridge, unsigned side, int sockets,
			  struct bpf_instruction out[static KERNEL_BRIDGE_INSTRUCTIONS_MAX])
{
	struct bpf_code code;

	bpf_begin(&code, out, KERNEL_BRIDGE_INSTRUCTIONS_MAX);
	unsigned alive = bpf_new_label(&code), dead = bpf_new_label(&code);
	unsigned sent = bpf_new_label(&code);

	bpf_do_register(&code, BPF_MOVE, R_CONTEXT, 1);
	set_control(&code, bridge, side);
	look_for_scanner(&code, dead);
	if (bridge->handover.buckets != NULL) {
		send_flow(&code, bridge, side);
	}
	look_for_progress(&code, alive, dead);
	bpf_label(&code, alive);
	bpf_load(&code, BPF_WORD, 2, R_CONTEXT, CONTEXT_QUEUE);
	bpf_set_map(&code, 1, sockets);
	bpf_do(&code, BPF_MOVE, 3, XDP_GOES_ON); /* if that queue has no socket any more */
	bpf_call(&code, BPF_REDIRECT_MAP);
	bpf_if(&code, BPF_EQUAL, 0, XDP_IS_SENT, sent);
	leave_meta(&code, META_UNSERVED, dead);
	bpf_label(&code, dead);
	bpf_return(&code, XDP_GOES_ON);
	bpf_label(&code, sent);
	bpf_exit(&code);
	return bpf_end(&code);
}

static void redirect(struct bpf_code *code, uint32_t to_interface)
{
	bpf_do(code, BPF_MOVE, 1, (int32_t)to_interface);
	bpf_do(code, BPF_MOVE, 2, 0);
	bpf_call(code, BPF_REDIRECT);
	bpf_exit(code);
}

uint32_t
kernel_bridge_program_ingress(const struct kernel_bridge *bridge, unsigned side,
			      uint32_t to_interface,
			      struct bpf_instruction out[static KERNEL_BRIDGE_INSTRUCTIONS_MAX])
{
	struct bpf_code code;

	bpf_begin(&code, out, KERNEL_BRIDGE_INSTRUCTIONS_MAX);
	unsigned not_taken = bpf_new_label(&code), no_scanner = bpf_new_label(&code);
	unsigned open = bpf_new_label(&code), pass = bpf_new_label(&code);
	unsigned unserved = bpf_new_label(&code), counted = bpf_new_label(&code);

	bpf_do_register(&code, BPF_MOVE, R_CONTEXT, 1);
	bpf_do(&code, BPF_MOVE, R_WORD, 0);
	find_word(&code, bridge, side);
	bpf_if(&code, BPF_EQUAL, 0, 0, no_scanner);
	bpf_load(&code, BPF_DOUBLE, 1, 0, 0);
	bpf_store_value(&code, BPF_DOUBLE, 0, 0, KERNEL_BRIDGE_NO_WORD);
	bpf_if(&code, BPF_NOT_EQUAL, 1, KERNEL_BRIDGE_TAKEN, not_taken);
	bpf_return(&code, VERDICT_DROP); /* the scanner has its own reference */
	bpf_label(&code, not_taken);
	bpf_if(&code, BPF_EQUAL, 1, KERNEL_BRIDGE_HANDED, pass);
	find_meta(&code, BUFFER_META, BUFFER_DATA, no_scanner);
	bpf_load(&code, BPF_WORD, R_WORD, 1, 0);
	bpf_if(&code, BPF_EQUAL, R_WORD, META_HANDED, pass);
	bpf_label(&code, no_scanner);
	set_control(&code, bridge, side);
	bpf_do(&code, BPF_MOVE, 2, 1);
	bpf_load(&code, BPF_WORD, 1, R_CONTROL, CONTROL(closed));
	bpf_if(&code, BPF_EQUAL, 1, 0, open);
	bpf_atomic_add(&code, R_SIDE, SIDE(dropped), 2);
	bpf_return(&code, VERDICT_DROP);
	bpf_label(&code, open);
	bpf_if(&code, BPF_EQUAL, R_WORD, META_UNSERVED, unserved);
	bpf_atomic_add(&code, R_SIDE, SIDE(frames), 2);
	bpf_jump(&code, counted);
	bpf_label(&code, unserved);
	bpf_atomic_add(&code, R_SIDE, SIDE(unserved), 2);
	bpf_label(&code, counted);
	bpf_load(&code, BPF_WORD, 1, R_CONTEXT, CONTEXT_LENGTH);
	bpf_atomic_add(&code, R_SIDE, SIDE(bytes), 1);
	bpf_label(&code, pass);
	redirect(&code, to_interface);
	return bpf_end(&code);
}
