/* SPDX-License-Identifier: BSD-2-Clause */
/* The encodings of bpf_code.h: RFC 9669, sections 3 to 5. */
#include "hal/linux/bpf_code.h"

#include <assert.h>

/* An instruction's class, in the three lowest bits of its code. */
enum class { LOAD = 0, LOAD_MEMORY = 1, STORE_VALUE = 2, STORE = 3, JUMP = 5, ALU_64 = 7 };

#define REGISTER_SOURCE 0x08
#define MEMORY 0x60
#define ATOMIC 0xc0
#define EXCHANGE 0xe1 /* an atomic instruction's immediate */
#define TO_BIG_ENDIAN (0xd0 | REGISTER_SOURCE | 4)
#define JUMP_ALWAYS 0x00
#define CALL 0x80
#define EXIT 0x90
#define LOAD_64 ((unsigned)LOAD | BPF_DOUBLE)
#define SOURCE_MAP 1 /* of LOAD_64: a map's descriptor */
#define SOURCE_ADDRESS 2 /* an address in a map's first value */

static struct bpf_instruction *put(struct bpf_code *code, unsigned opcode, unsigned to,
				   unsigned from)
{
	assert(code->count < code->max);
	struct bpf_instruction *at = &code->out[code->count++];

	*at = (struct bpf_instruction){ .code = (uint8_t)opcode,
					.registers = (uint8_t)(to | from << 4) };
	return at;
}

void bpf_begin(struct bpf_code *code, struct bpf_instruction *out, uint32_t max)
{
	*code = (struct bpf_code){ .out = out, .max = max };
}

static int is_jump(const struct bpf_instruction *at)
{
	return (at->code & 7) == JUMP && (at->code & 0xf0) != CALL && (at->code & 0xf0) != EXIT;
}

uint32_t bpf_end(struct bpf_code *code)
{
	for (uint32_t i = 0; i < code->count; i++) {
		struct bpf_instruction *at = &code->out[i];

		if (is_jump(at)) { /* its offset is the label so far */
			uint32_t target = code->at[at->offset];

			assert(target > i);
			at->offset = (int16_t)(target - i - 1);
		}
	}
	return code->count;
}

unsigned bpf_new_label(struct bpf_code *code)
{
	assert(code->labels < BPF_LABELS_MAX);
	return code->labels++;
}

void bpf_label(struct bpf_code *code, unsigned label)
{
	assert(label < code->labels && code->at[label] == 0);
	code->at[label] = code->count;
}

static struct bpf_instruction *put_jump(struct bpf_code *code, unsigned opcode, unsigned left,
					unsigned right, unsigned label)
{
	struct bpf_instruction *at = put(code, opcode | JUMP, left, right);

	assert(label < code->labels);
	at->offset = (int16_t)label;
	return at;
}

void bpf_jump(struct bpf_code *code, unsigned label)
{
	put_jump(code, JUMP_ALWAYS, 0, 0, label);
}

void bpf_if(struct bpf_code *code, enum bpf_condition condition, unsigned left, int32_t right,
	    unsigned label)
{
	put_jump(code, condition, left, 0, label)->immediate = right;
}

void bpf_if_register(struct bpf_code *code, enum bpf_condition condition, unsigned left,
		     unsigned right, unsigned label)
{
	put_jump(code, (unsigned)condition | REGISTER_SOURCE, left, right, label);
}

void bpf_do(struct bpf_code *code, enum bpf_operation operation, unsigned to, int32_t immediate)
{
	put(code, (unsigned)operation | ALU_64, to, 0)->immediate = immediate;
}

void bpf_do_register(struct bpf_code *code, enum bpf_operation operation, unsigned to,
		     unsigned from)
{
	put(code, (unsigned)operation | REGISTER_SOURCE | ALU_64, to, from);
}

void bpf_from_network(struct bpf_code *code, unsigned to, int32_t bits)
{
	put(code, TO_BIG_ENDIAN, to, 0)->immediate = bits;
}

void bpf_load(struct bpf_code *code, enum bpf_size size, unsigned to, unsigned from, int offset)
{
	put(code, MEMORY | (unsigned)size | LOAD_MEMORY, to, from)->offset = (int16_t)offset;
}

void bpf_store(struct bpf_code *code, enum bpf_size size, unsigned to, int offset, unsigned from)
{
	put(code, MEMORY | (unsigned)size | STORE, to, from)->offset = (int16_t)offset;
}

void bpf_store_value(struct bpf_code *code, enum bpf_size size, unsigned to, int offset,
		     int32_t value)
{
	struct bpf_instruction *at = put(code, MEMORY | (unsigned)size | STORE_VALUE, to, 0);

	at->offset = (int16_t)offset;
	at->immediate = value;
}

void bpf_atomic_add(struct bpf_code *code, unsigned to, int offset, unsigned from)
{
	put(code, (unsigned)ATOMIC | BPF_DOUBLE | STORE, to, from)->offset = (int16_t)offset;
}

void bpf_atomic_exchange(struct bpf_code *code, unsigned to, int offset, unsigned from)
{
	bpf_atomic_add(code, to, offset, from);
	code->out[code->count - 1].immediate = EXCHANGE;
}

void bpf_depend(struct bpf_code *code, unsigned to, unsigned loaded, unsigned address)
{
	bpf_do_register(code, BPF_MOVE, to, loaded);
	bpf_do(code, BPF_AND, to, 0);
	bpf_do_register(code, BPF_ADD, to, address);
}

static void load_64(struct bpf_code *code, unsigned to, unsigned source, uint64_t value)
{
	put(code, LOAD_64, to, source)->immediate = (int32_t)(uint32_t)value;
	put(code, 0, 0, 0)->immediate = (int32_t)(uint32_t)(value >> 32);
}

void bpf_set_64(struct bpf_code *code, unsigned to, uint64_t value)
{
	load_64(code, to, 0, value);
}

void bpf_set_map(struct bpf_code *code, unsigned to, int map)
{
	load_64(code, to, SOURCE_MAP, (uint32_t)map);
}

void bpf_set_address(struct bpf_code *code, unsigned to, int map, size_t offset)
{
	load_64(code, to, SOURCE_ADDRESS, (uint32_t)map | (uint64_t)offset << 32);
}

void bpf_call(struct bpf_code *code, enum bpf_function function)
{
	put(code, CALL | JUMP, 0, 0)->immediate = (int32_t)function;
}

void bpf_return(struct bpf_code *code, int32_t result)
{
	bpf_do(code, BPF_MOVE, 0, result);
	bpf_exit(code);
}

void bpf_exit(struct bpf_code *code)
{
	put(code, EXIT | JUMP, 0, 0);
}
