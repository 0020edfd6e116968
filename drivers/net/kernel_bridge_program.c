/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instructions of kernel_bridge.h's programs, written with hal/linux/bpf_code.h: nothing has to
 * be compiled for or found in the kernel, which refuses a program that could leave its memory or
 * not end.
 */
#include "drivers/net/kernel_bridge.h"

#include <assert.h>
#include <stddef.h>

#include "hal/linux/bpf_code.h"

/* Registers that keep what they hold. */
enum { R_CONTEXT = 6, R_CORE = 7, R_CONTROL = 8, R_WORD = 9 /* and handover_program()'s */ };

#define NS_IN_MS 1000000ull
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

#define CORE_SHIFT 7
#define CONTROL(field) ((int)offsetof(struct kernel_bridge_core, field))
#define SIDE(number, field)                                                   \
	(CONTROL(side) + (int)((number) * sizeof(struct kernel_bridge_side) + \
			       offsetof(struct kernel_bridge_side, field)))

static_assert(sizeof(struct kernel_bridge_core) == 1u << CORE_SHIFT, "found by a shift");

struct lookup {
	unsigned side;
	enum handover_context context;
	unsigned hit, miss; /* labels */
};

static void set_core(struct bpf_code *code, const struct kernel_bridge *bridge, unsigned core)
{
	bpf_do(code, BPF_MOVE, R_CORE, (int32_t)core);
	bpf_set_address(code, R_CONTROL, bridge->control_map,
			core * sizeof(struct kernel_bridge_core));
}

/* The data core that the frame belongs to. */
static void find_core(struct bpf_code *code, const struct kernel_bridge *bridge, unsigned side,
		      enum handover_context context)
{
	const struct placement_program program = {
		.cores = bridge->config.data_cores,
		.side = side,
		.context = context,
		.r_context = R_CONTEXT,
		.r_core = R_CORE,
	};

	if (program.cores == 1) {
		set_core(code, bridge, 0);
		return;
	}
	placement_program(code, &program);
	bpf_set_address(code, R_CONTROL, bridge->control_map, 0);
	bpf_do_register(code, BPF_MOVE, 1, R_CORE);
	bpf_do(code, BPF_SHIFT_LEFT, 1, CORE_SHIFT);
	bpf_do_register(code, BPF_ADD, R_CONTROL, 1);
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

/*
 * Goes to `dead` unless the scanner gets on. Frames of the same port come in on other processors,
 * too: the stamp is there before it says of which progress (the exchange orders both, the load of
 * the stamp depends on the other one), and one that is later than this frame's time is no age.
 */
static void look_for_progress(struct bpf_code *code, const struct kernel_bridge *bridge,
			      unsigned side, unsigned dead)
{
	const uint64_t heartbeat_ns = bridge->config.heartbeat_ms * NS_IN_MS;
	unsigned alive = bpf_new_label(code);
	unsigned same_count = bpf_new_label(code);

	bpf_call(code, BPF_TIME);
	bpf_load(code, BPF_DOUBLE, 1, R_CONTROL, CONTROL(progress));
	bpf_load(code, BPF_DOUBLE, 2, R_CONTROL, SIDE(side, progress_seen));
	bpf_if_register(code, BPF_EQUAL, 1, 2, same_count);
	bpf_store(code, BPF_DOUBLE, R_CONTROL, SIDE(side, since_ns), 0);
	bpf_atomic_exchange(code, R_CONTROL, SIDE(side, progress_seen), 1);
	bpf_jump(code, alive);
	bpf_label(code, same_count); /* as at the frame before: since when? */
	bpf_depend(code, 3, 2, R_CONTROL);
	bpf_load(code, BPF_DOUBLE, 2, 3, SIDE(side, since_ns));
	bpf_do_register(code, BPF_SUBTRACT, 0, 2);
	bpf_set_64(code, 1, heartbeat_ns);
	bpf_if_register(code, BPF_ABOVE_SIGNED, 0, 1, dead);
	bpf_label(code, alive);
}

static void look_for_flow(struct bpf_code *code, const struct kernel_bridge *bridge,
			  const struct lookup *lookup)
{
	const struct handover_program program = {
		.map = bridge->handover_map,
		.bucket_bits = bridge->handover[0].bucket_bits,
		.multiplier = bridge->handover[0].multiplier,
		.port = (uint8_t)lookup->side,
		.context = lookup->context,
		.r_context = R_CONTEXT,
		.r_core = bridge->config.data_cores == 1 ? 0 : R_CORE,
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
kernel_bridge_program_filter(const struct kernel_bridge *bridge, unsigned core, unsigned side,
			     struct bpf_instruction out[static KERNEL_BRIDGE_INSTRUCTIONS_MAX])
{
	struct bpf_code code;

	bpf_begin(&code, out, KERNEL_BRIDGE_INSTRUCTIONS_MAX);
	unsigned leave_word = bpf_new_label(&code);
	unsigned answer = bpf_new_label(&code), not_taken = bpf_new_label(&code);

	bpf_do_register(&code, BPF_MOVE, R_CONTEXT, 1);
	set_core(&code, bridge, core);
	bpf_do(&code, BPF_MOVE, R_WORD, KERNEL_BRIDGE_NOT_TAKEN);
	look_for_scanner(&code, leave_word);
	if (bridge->handover[0].buckets != NULL) {
		take_flow(&code, bridge, side, leave_word);
		bpf_do(&code, BPF_MOVE, R_WORD, KERNEL_BRIDGE_NOT_TAKEN);
	}
	look_for_progress(&code, bridge, side, leave_word);
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
	unsigned dead = bpf_new_label(&code), sent = bpf_new_label(&code);

	bpf_do_register(&code, BPF_MOVE, R_CONTEXT, 1);
	find_core(&code, bridge, side, HANDOVER_XDP);
	look_for_scanner(&code, dead);
	if (bridge->handover[0].buckets != NULL) {
		send_flow(&code, bridge, side);
	}
	look_for_progress(&code, bridge, side, dead);
	bpf_load(&code, BPF_WORD, 2, R_CONTEXT, CONTEXT_QUEUE);
	bpf_do(&code, BPF_MULTIPLY, 2, CORES_DATA_MAX);
	bpf_do_register(&code, BPF_ADD, 2, R_CORE);
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

static void stop_frame(struct bpf_code *code, unsigned side)
{
	bpf_do(code, BPF_MOVE, 1, 1);
	bpf_atomic_add(code, R_CONTROL, SIDE(side, dropped), 1);
	bpf_return(code, VERDICT_DROP);
}

static void count_frame(struct bpf_code *code, unsigned side)
{
	unsigned unserved = bpf_new_label(code), counted = bpf_new_label(code);

	bpf_do(code, BPF_MOVE, 1, 1);
	bpf_if(code, BPF_EQUAL, R_WORD, META_UNSERVED, unserved);
	bpf_atomic_add(code, R_CONTROL, SIDE(side, frames), 1);
	bpf_jump(code, counted);
	bpf_label(code, unserved);
	bpf_atomic_add(code, R_CONTROL, SIDE(side, unserved), 1);
	bpf_label(code, counted);
	bpf_load(code, BPF_WORD, 1, R_CONTEXT, CONTEXT_LENGTH);
	bpf_atomic_add(code, R_CONTROL, SIDE(side, bytes), 1);
}

uint32_t
kernel_bridge_program_ingress(const struct kernel_bridge *bridge, unsigned side,
			      uint32_t to_interface,
			      struct bpf_instruction out[static KERNEL_BRIDGE_INSTRUCTIONS_MAX])
{
	struct bpf_code code;

	bpf_begin(&code, out, KERNEL_BRIDGE_INSTRUCTIONS_MAX);
	unsigned not_taken = bpf_new_label(&code), no_scanner = bpf_new_label(&code);
	unsigned pass = bpf_new_label(&code);

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
	find_core(&code, bridge, side, HANDOVER_SOCKET_BUFFER);
	if (bridge->config.closed) {
		stop_frame(&code, side);
	} else {
		count_frame(&code, side);
	}
	bpf_label(&code, pass);
	redirect(&code, to_interface);
	return bpf_end(&code);
}
