/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instructions of bypass.h's two programs, assembled here (RFC 9669): nothing has to be
 * compiled for or found in the kernel. Registers: 0 results, 1…5 arguments, 6…9 kept over calls,
 * 10 the stack's end. Jumps are written as numbers of instructions and checked by the kernel, which
 * refuses a program that could leave its memory or not end.
 */
#include "drivers/net/bypass.h"

#include <stddef.h>

enum call { CALL_MAP_LOOKUP = 1, CALL_KTIME = 5, CALL_REDIRECT = 23 };

#define CODE_LOAD_64 0x18 /* of two instructions */
#define CODE_LOAD_WORD 0x61
#define CODE_LOAD_DOUBLE 0x79
#define CODE_STORE_WORD 0x62 /* an immediate */
#define CODE_STORE_DOUBLE 0x7a
#define CODE_STORE_REGISTER 0x7b
#define CODE_ATOMIC_ADD 0xdb
#define CODE_SET 0xb7
#define CODE_COPY 0xbf
#define CODE_ADD 0x07
#define CODE_SUBTRACT 0x1f
#define CODE_JUMP 0x05
#define CODE_IF_EQUAL 0x15 /* to an immediate */
#define CODE_IF_NOT_EQUAL 0x55
#define CODE_IF_SAME 0x1d /* as another register */
#define CODE_IF_ABOVE 0x2d
#define CODE_CALL 0x85
#define CODE_EXIT 0x95

#define LOAD_MAP 1 /* CODE_LOAD_64's source: a map's descriptor */
#define LOAD_VALUE 2 /* an address in a map's first value */
#define STACK_KEY (-4)
#define VERDICT_DROP 2 /* of a program at an interface */
#define TAKE_ALL (-1) /* of a socket filter: bytes */
#define TAKE_NONE 0

struct writer {
	struct bpf_instruction *at;
};

static void put(struct writer *writer, uint8_t code, unsigned registers, int offset, int immediate)
{
	*writer->at++ = (struct bpf_instruction){ .code = code,
						  .registers = (uint8_t)registers,
						  .offset = (int16_t)offset,
						  .immediate = immediate };
}

static unsigned pair(unsigned to, unsigned from)
{
	return to | from << 4;
}

static void load_64(struct writer *writer, unsigned to, unsigned kind, int map, size_t offset)
{
	put(writer, CODE_LOAD_64, pair(to, kind), 0, map);
	put(writer, 0, 0, 0, (int)offset);
}

static size_t offset_of_side(unsigned side)
{
	return offsetof(struct bypass_control, side) + side * sizeof(struct bypass_side);
}

/* Register 0: where this CPU has its word about the port, or 0. */
static void find_word(struct writer *writer, const struct bypass *bypass, unsigned side)
{
	put(writer, CODE_STORE_WORD, 10, STACK_KEY, (int)side);
	put(writer, CODE_COPY, pair(2, 10), 0, 0);
	put(writer, CODE_ADD, 2, 0, STACK_KEY);
	load_64(writer, 1, LOAD_MAP, bypass->words_map, 0);
	put(writer, CODE_CALL, 0, 0, CALL_MAP_LOOKUP);
}

#define CONTROL(field) ((int)offsetof(struct bypass_control, field))
#define SIDE(field) ((int)offsetof(struct bypass_side, field))

uint32_t bypass_program_filter(const struct bypass *bypass, unsigned side,
			       struct bpf_instruction out[static BYPASS_INSTRUCTIONS_MAX])
{
	struct writer writer = { out };
	struct writer *w = &writer;

	load_64(w, 6, LOAD_VALUE, bypass->control_map, 0);
	load_64(w, 7, LOAD_VALUE, bypass->control_map, offset_of_side(side));
	put(w, CODE_SET, 8, 0, BYPASS_NOT_TAKEN);
	put(w, CODE_LOAD_WORD, pair(1, 6), CONTROL(active), 0);
	put(w, CODE_IF_EQUAL, 1, 12, 0); /* no scanner: leave word */
	put(w, CODE_CALL, 0, 0, CALL_KTIME);
	put(w, CODE_LOAD_DOUBLE, pair(1, 6), CONTROL(progress), 0);
	put(w, CODE_LOAD_DOUBLE, pair(2, 7), SIDE(progress_seen), 0);
	put(w, CODE_IF_SAME, pair(1, 2), 3, 0);
	put(w, CODE_STORE_REGISTER, pair(7, 1), SIDE(progress_seen), 0);
	put(w, CODE_STORE_REGISTER, pair(7, 0), SIDE(since_ns), 0);
	put(w, CODE_JUMP, 0, 4, 0); /* take it */
	/* the same count as at the frame before: since when? */
	put(w, CODE_LOAD_DOUBLE, pair(2, 7), SIDE(since_ns), 0);
	put(w, CODE_SUBTRACT, pair(0, 2), 0, 0);
	put(w, CODE_LOAD_DOUBLE, pair(1, 6), CONTROL(heartbeat_ns), 0);
	put(w, CODE_IF_ABOVE, pair(0, 1), 1, 0); /* leave word */
	put(w, CODE_SET, 8, 0, BYPASS_TAKEN);
	find_word(w, bypass, side);
	put(w, CODE_IF_EQUAL, 0, 3, 0); /* never: the kernel wants it asked */
	put(w, CODE_STORE_REGISTER, pair(0, 8), 0, 0);
	put(w, CODE_SET, 0, 0, TAKE_ALL);
	put(w, CODE_IF_EQUAL, 8, 1, BYPASS_TAKEN);
	put(w, CODE_SET, 0, 0, TAKE_NONE);
	put(w, CODE_EXIT, 0, 0, 0);
	return (uint32_t)(writer.at - out);
}

uint32_t bypass_program_ingress(const struct bypass *bypass, unsigned side, uint32_t to_interface,
				struct bpf_instruction out[static BYPASS_INSTRUCTIONS_MAX])
{
	struct writer writer = { out };
	struct writer *w = &writer;

	put(w, CODE_COPY, pair(6, 1), 0, 0); /* the frame's context; its first word is the length */
	find_word(w, bypass, side);
	put(w, CODE_IF_EQUAL, 0, 5, 0);
	put(w, CODE_LOAD_DOUBLE, pair(1, 0), 0, 0);
	put(w, CODE_STORE_DOUBLE, 0, 0, BYPASS_NO_WORD);
	put(w, CODE_IF_NOT_EQUAL, 1, 2, BYPASS_TAKEN);
	put(w, CODE_SET, 0, 0, VERDICT_DROP); /* the scanner has its own reference */
	put(w, CODE_EXIT, 0, 0, 0);
	load_64(w, 8, LOAD_VALUE, bypass->control_map, 0);
	load_64(w, 7, LOAD_VALUE, bypass->control_map, offset_of_side(side));
	put(w, CODE_SET, 2, 0, 1);
	put(w, CODE_LOAD_WORD, pair(1, 8), CONTROL(closed), 0);
	put(w, CODE_IF_EQUAL, 1, 3, 0);
	put(w, CODE_ATOMIC_ADD, pair(7, 2), SIDE(dropped), 0);
	put(w, CODE_SET, 0, 0, VERDICT_DROP);
	put(w, CODE_EXIT, 0, 0, 0);
	put(w, CODE_ATOMIC_ADD, pair(7, 2), SIDE(frames), 0);
	put(w, CODE_LOAD_WORD, pair(1, 6), 0, 0);
	put(w, CODE_ATOMIC_ADD, pair(7, 1), SIDE(bytes), 0);
	put(w, CODE_SET, 1, 0, (int)to_interface);
	put(w, CODE_SET, 2, 0, 0);
	put(w, CODE_CALL, 0, 0, CALL_REDIRECT);
	put(w, CODE_EXIT, 0, 0, 0);
	return (uint32_t)(writer.at - out);
}
