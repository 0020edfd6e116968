/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine of bpf.h: the classes and operations that bpf_code.h has, and no others. */
#include "tests/model/bpf.h"

#include <stdlib.h>
#include <string.h>

#include "hal/linux/bpf_code.h"

#define STEPS_MAX 4096u
#define EXCHANGE 0xe1
#define FAULT ((uint64_t)-14) /* −EFAULT */

struct machine {
	struct model_bpf *model;
	uint64_t r[11];
};

static void must(int condition)
{
	if (!condition) {
		abort();
	}
}

static int lies_in(uint64_t at, size_t bytes, const void *memory, size_t size)
{
	uint64_t start = (uintptr_t)memory;

	return at >= start && bytes <= size && at - start <= size - bytes;
}

/* Where a program may read and write; only read, its context. */
static uint8_t *memory_at(const struct machine *machine, uint64_t at, size_t bytes, int writes)
{
	struct model_bpf *model = machine->model;
	int allowed = lies_in(at, bytes, model->stack, sizeof(model->stack)) ||
		      (!writes && lies_in(at, bytes, &model->buffer, sizeof(model->buffer)));

	for (unsigned i = 0; i < model->map_count; i++) {
		const struct model_bpf_map *map = &model->maps[i];

		allowed = allowed ||
			  lies_in(at, bytes, map->values, (size_t)map->value_bytes * map->count);
	}
	must(allowed);
	return (uint8_t *)(uintptr_t)at;
}

static size_t size_of(uint8_t code)
{
	switch (code & 0x18) {
	case BPF_BYTE:
		return 1;
	case BPF_HALF:
		return 2;
	case BPF_WORD:
		return 4;
	default:
		return 8;
	}
}

static uint64_t load(const uint8_t *from, size_t size)
{
	uint8_t byte;
	uint16_t half;
	uint32_t word;
	uint64_t all;

	switch (size) {
	case 1:
		memcpy(&byte, from, 1);
		return byte;
	case 2:
		memcpy(&half, from, 2);
		return half;
	case 4:
		memcpy(&word, from, 4);
		return word;
	default:
		memcpy(&all, from, 8);
		return all;
	}
}

static void store(uint8_t *to, size_t size, uint64_t value)
{
	uint8_t byte = (uint8_t)value;
	uint16_t half = (uint16_t)value;
	uint32_t word = (uint32_t)value;

	memcpy(to,
	       size == 1 ? (void *)&byte :
	       size == 2 ? (void *)&half :
	       size == 4 ? (void *)&word :
			   (void *)&value,
	       size);
}

static uint64_t look_up(struct machine *machine)
{
	struct model_bpf *model = machine->model;

	model->lookups++;
	must(machine->r[1] < model->map_count);
	const struct model_bpf_map *map = &model->maps[machine->r[1]];
	uint64_t key = load(memory_at(machine, machine->r[2], 4, 0), 4);

	return key < map->count ? (uintptr_t)map->values + key * map->value_bytes : 0;
}

static uint64_t load_bytes(struct machine *machine)
{
	struct model_bpf *model = machine->model;
	uint64_t from = machine->r[2], bytes = machine->r[4];

	must(machine->r[1] == (uintptr_t)&model->buffer && bytes != 0);
	uint8_t *to = memory_at(machine, machine->r[3], bytes, 1);

	if (from > model->buffer.length || bytes > model->buffer.length - from) {
		memset(to, 0, bytes);
		return FAULT;
	}
	memcpy(to, model->frame + from, bytes);
	return 0;
}

static void call(struct machine *machine, int32_t function)
{
	uint64_t result = 0;

	switch (function) {
	case BPF_MAP_LOOKUP:
		result = look_up(machine);
		break;
	case BPF_LOAD_BYTES:
	case BPF_XDP_LOAD_BYTES:
		result = load_bytes(machine);
		break;
	case BPF_XDP_LENGTH:
		result = machine->model->buffer.length;
		break;
	case BPF_TIME:
	case BPF_TIME_COARSE:
		result = machine->model->time_ns;
		break;
	default:
		abort();
	}
	machine->r[0] = result;
	for (unsigned i = 1; i <= 5; i++) {
		machine->r[i] = 0xdeadbeefdeadbeef; /* the kernel's, from here on */
	}
}

static uint64_t from_network(uint64_t value, int32_t bits)
{
	uint64_t result = 0;
	uint8_t bytes[8];

	memcpy(bytes, &value, sizeof(bytes)); /* as it was loaded */
	for (int i = 0; i < bits / 8; i++) {
		result = result << 8 | bytes[i];
	}
	return result;
}

static void compute(struct machine *machine, const struct bpf_instruction *at)
{
	uint64_t *to = &machine->r[at->registers & 15];
	uint64_t operand = (at->code & 8) != 0 ? machine->r[at->registers >> 4] :
						 (uint64_t)(int64_t)at->immediate;

	switch (at->code & 0xf0) {
	case BPF_ADD:
		*to += operand;
		break;
	case BPF_SUBTRACT:
		*to -= operand;
		break;
	case BPF_MULTIPLY:
		*to *= operand;
		break;
	case BPF_OR:
		*to |= operand;
		break;
	case BPF_AND:
		*to &= operand;
		break;
	case BPF_SHIFT_LEFT:
		*to <<= operand;
		break;
	case BPF_SHIFT_RIGHT:
		*to >>= operand;
		break;
	case BPF_XOR:
		*to ^= operand;
		break;
	case BPF_MOVE:
		*to = operand;
		break;
	default:
		abort();
	}
}

static int holds(const struct machine *machine, const struct bpf_instruction *at)
{
	uint64_t left = machine->r[at->registers & 15];
	uint64_t right = (at->code & 8) != 0 ? machine->r[at->registers >> 4] :
					       (uint64_t)(int64_t)at->immediate;

	switch (at->code & 0xf0) {
	case 0: /* always */
		return 1;
	case BPF_EQUAL:
		return left == right;
	case BPF_ABOVE:
		return left > right;
	case BPF_ANY_BIT:
		return (left & right) != 0;
	case BPF_NOT_EQUAL:
		return left != right;
	case BPF_ABOVE_SIGNED:
		return (int64_t)left > (int64_t)right;
	case BPF_BELOW:
		return left < right;
	default:
		abort();
	}
}

/* The two instructions that set 64 bits. */
static void set_64(struct machine *machine, const struct bpf_instruction *at)
{
	uint64_t *to = &machine->r[at->registers & 15];
	uint32_t low = (uint32_t)at[0].immediate, high = (uint32_t)at[1].immediate;

	switch (at->registers >> 4) {
	case 0:
		*to = (uint64_t)high << 32 | low;
		break;
	case 1: /* a map */
		*to = low;
		break;
	case 2: /* an address in its first value */
		must(low < machine->model->map_count);
		*to = (uintptr_t)machine->model->maps[low].values + high;
		break;
	default:
		abort();
	}
}

static void move_memory(struct machine *machine, const struct bpf_instruction *at)
{
	uint64_t *to = &machine->r[at->registers & 15], *from = &machine->r[at->registers >> 4];
	uint64_t place = ((at->code & 7) == 1 ? *from : *to) + (uint64_t)(int64_t)at->offset;
	size_t size = size_of(at->code);

	if ((at->code & 7) == 1) {
		uint8_t *memory = memory_at(machine, place, size, 0);

		if (memory == machine->model->watched) {
			machine->model->meanwhile();
		}
		*to = load(memory, size);
		return;
	}
	uint8_t *memory = memory_at(machine, place, size, 1);
	uint64_t value = (at->code & 7) == 2 ? (uint64_t)(int64_t)at->immediate : *from;

	if (memory == machine->model->written) {
		machine->model->before();
	}
	if ((at->code & 0xe0) == 0xc0) {
		uint64_t was = load(memory, size);

		must(at->immediate == 0 || at->immediate == EXCHANGE);
		*from = at->immediate == EXCHANGE ? was : *from;
		value = at->immediate == EXCHANGE ? value : was + value;
	}
	store(memory, size, value);
}

uint64_t model_bpf_run(struct model_bpf *model, const struct bpf_instruction *program,
		       uint32_t count)
{
	struct machine machine = { .model = model };

	memset(model->stack, 0xa5, sizeof(model->stack));
	model->lookups = 0;
	machine.r[1] = (uintptr_t)&model->buffer;
	machine.r[BPF_STACK] = (uintptr_t)model->stack + sizeof(model->stack);
	for (uint32_t at = 0, steps = 0; at < count && steps < STEPS_MAX; at++, steps++) {
		const struct bpf_instruction *instruction = &program[at];

		switch (instruction->code) {
		case 0x95: /* exit */
			return machine.r[0];
		case 0x85:
			call(&machine, instruction->immediate);
			break;
		case 0x18:
			set_64(&machine, instruction);
			at++;
			break;
		case 0xdc:
			machine.r[instruction->registers & 15] = from_network(
				machine.r[instruction->registers & 15], instruction->immediate);
			break;
		default:
			if ((instruction->code & 7) == 7) {
				compute(&machine, instruction);
			} else if ((instruction->code & 7) == 5) {
				at += holds(&machine, instruction) ? (uint16_t)instruction->offset :
								     0u;
			} else {
				move_memory(&machine, instruction);
			}
		}
	}
	abort(); /* without an end */
}
