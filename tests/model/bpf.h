/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs an eBPF program (RFC 9669) as the kernel would, for tests on machines whose kernel would not
 * and for what it does not show: the instructions that hal/linux/bpf_code.h writes, over one frame,
 * with models of the functions that they call. Every access is held to the memory that the program
 * may use; what the kernel's verifier would refuse aborts, so that fuzz targets can use it, too.
 */
#ifndef TESTS_MODEL_BPF_H
#define TESTS_MODEL_BPF_H

#include <stddef.h>
#include <stdint.h>

#include "hal/linux/bpf.h"

#define MODEL_BPF_STACK_BYTES 512u

/* A map's values one after the other. Its descriptor in the program is its place in `maps`. */
struct model_bpf_map {
	void *values;
	uint32_t value_bytes, count;
};

/* What a socket buffer's program sees of it, as far as it is read: struct __sk_buff. */
struct model_bpf_buffer {
	uint32_t length;
	uint32_t unread[3];
	uint32_t type; /* EtherType, as on the wire */
	uint32_t tagged;
	uint32_t tag;
	uint32_t tag_type;
};

struct model_bpf {
	const uint8_t *frame; /* without the tag that stands in `buffer` */
	struct model_bpf_buffer buffer; /* the program's context, also where it is XDP's */
	const struct model_bpf_map *maps;
	unsigned map_count;
	const void *watched; /* before each load from there, */
	void (*meanwhile)(void); /* this is what another processor does */
	const void *written; /* before each store there, */
	void (*before)(void); /* this is what another one sees */
	uint64_t time_ns;
	uint8_t stack[MODEL_BPF_STACK_BYTES]; /* as the program left it */
	unsigned lookups; /* calls of map lookup */
};

/* Its result. */
uint64_t model_bpf_run(struct model_bpf *model, const struct bpf_instruction *program,
		       uint32_t count);

#endif
