/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes eBPF instructions (RFC 9669), so that nothing has to be compiled for the kernel: a program
 * is put down in the order in which it runs, jumps go to labels. What it may do is the kernel's to
 * say, which checks it when it is loaded (hal/linux/bpf.h).
 *
 * Registers: 0 results, 1…5 arguments, 6…9 kept over calls, 10 the stack's end. A jump is only ever
 * taken forward.
 */
#ifndef HAL_LINUX_BPF_CODE_H
#define HAL_LINUX_BPF_CODE_H

#include <stddef.h>
#include <stdint.h>

#include "hal/linux/bpf.h"

#define BPF_LABELS_MAX 48u
#define BPF_STACK 10u /* the register */

enum bpf_size { BPF_WORD = 0x00, BPF_HALF = 0x08, BPF_BYTE = 0x10, BPF_DOUBLE = 0x18 };

/* Of 64 bits, with an immediate or with a register. */
enum bpf_operation {
	BPF_ADD = 0x00,
	BPF_SUBTRACT = 0x10,
	BPF_MULTIPLY = 0x20,
	BPF_OR = 0x40,
	BPF_AND = 0x50,
	BPF_SHIFT_LEFT = 0x60,
	BPF_SHIFT_RIGHT = 0x70,
	BPF_XOR = 0xa0,
	BPF_MOVE = 0xb0
};

/* Of 64 bits; the immediate is sign-extended. */
enum bpf_condition {
	BPF_EQUAL = 0x10,
	BPF_ABOVE = 0x20,
	BPF_ANY_BIT = 0x40,
	BPF_NOT_EQUAL = 0x50,
	BPF_ABOVE_SIGNED = 0x60,
	BPF_BELOW = 0xa0
};

/* Functions of the kernel: include/uapi/linux/bpf.h. */
enum bpf_function {
	BPF_MAP_LOOKUP = 1,
	BPF_TIME = 5, /* CLOCK_MONOTONIC in ns */
	BPF_REDIRECT = 23,
	BPF_LOAD_BYTES = 26, /* of a socket buffer */
	BPF_REDIRECT_MAP = 51,
	BPF_XDP_ADJUST_META = 54,
	BPF_TIME_COARSE = 160,
	BPF_XDP_LENGTH = 188,
	BPF_XDP_LOAD_BYTES = 189
};

struct bpf_code {
	struct bpf_instruction *out;
	uint32_t count, max;
	uint32_t labels;
	uint32_t at[BPF_LABELS_MAX]; /* where each label stands; 0: nowhere yet */
};

/* The program goes to `out`, which has room for `max` instructions; asserted. */
void bpf_begin(struct bpf_code *code, struct bpf_instruction *out, uint32_t max);
/* Every jump has found its label: asserted. The number of instructions. */
uint32_t bpf_end(struct bpf_code *code);

/* A label that stands nowhere yet; there are BPF_LABELS_MAX, asserted. */
unsigned bpf_new_label(struct bpf_code *code);
/* What jumps to `label` goes on here. */
void bpf_label(struct bpf_code *code, unsigned label);
void bpf_jump(struct bpf_code *code, unsigned label);
void bpf_if(struct bpf_code *code, enum bpf_condition condition, unsigned left, int32_t right,
	    unsigned label);
void bpf_if_register(struct bpf_code *code, enum bpf_condition condition, unsigned left,
		     unsigned right, unsigned label);

void bpf_do(struct bpf_code *code, enum bpf_operation operation, unsigned to, int32_t immediate);
void bpf_do_register(struct bpf_code *code, enum bpf_operation operation, unsigned to,
		     unsigned from);
/* From network byte order. `bits`: 16, 32 or 64. */
void bpf_from_network(struct bpf_code *code, unsigned to, int32_t bits);

/* to = *(from + offset) */
void bpf_load(struct bpf_code *code, enum bpf_size size, unsigned to, unsigned from, int offset);
/* *(to + offset) = from */
void bpf_store(struct bpf_code *code, enum bpf_size size, unsigned to, int offset, unsigned from);
void bpf_store_value(struct bpf_code *code, enum bpf_size size, unsigned to, int offset,
		     int32_t value);
/* *(to + offset) += from, of 64 bits, in one step */
void bpf_atomic_add(struct bpf_code *code, unsigned to, int offset, unsigned from);
/* *(to + offset) = from, and from = what was there, of 64 bits, in one step; what is before and
 * behind it stays there */
void bpf_atomic_exchange(struct bpf_code *code, unsigned to, int offset, unsigned from);
/* to = address, in a way that depends on what `loaded` was loaded with, which orders a load from
 * there behind that one: AArch64 keeps to that although nothing of it is left. */
void bpf_depend(struct bpf_code *code, unsigned to, unsigned loaded, unsigned address);

void bpf_set_64(struct bpf_code *code, unsigned to, uint64_t value);
/* A map for a function of the kernel, and an address in an array's first value. */
void bpf_set_map(struct bpf_code *code, unsigned to, int map);
void bpf_set_address(struct bpf_code *code, unsigned to, int map, size_t offset);

void bpf_call(struct bpf_code *code, enum bpf_function function);
/* The program's end, with this result. */
void bpf_return(struct bpf_code *code, int32_t result);
/* The same with what is in register 0. */
void bpf_exit(struct bpf_code *code);

#endif
