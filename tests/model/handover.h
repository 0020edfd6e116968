/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's part of a hand-over with all that it uses, on the machine of bpf.h: the instructions
 * of drivers/net/handover_program.h for both contexts, their maps, and a frame put into them as the
 * kernel does. Says "passed" or not, and by what tuple the frame was looked up.
 */
#ifndef TESTS_MODEL_HANDOVER_H
#define TESTS_MODEL_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "drivers/net/handover_program.h"
#include "hal/handover.h"
#include "tests/model/bpf.h"

#define MODEL_HANDOVER_BITS 4u
#define MODEL_HANDOVER_INSTRUCTIONS (16 + HANDOVER_INSTRUCTIONS_MAX)

struct model_handover {
	struct handover_bucket buckets[1u << MODEL_HANDOVER_BITS];
	struct {
		uint64_t before;
		_Atomic uint32_t generation;
		uint32_t pad;
		_Atomic uint64_t until_ns;
	} control;
	struct handover_area area; /* of the above */
	/* by enum handover_context */
	struct bpf_instruction program[2][MODEL_HANDOVER_INSTRUCTIONS];
	uint32_t count[2];
	uint64_t now_ns;
	const void *watched; /* as in struct model_bpf */
	void (*meanwhile)(void);
	struct handover_key key; /* of the last frame, if it was looked up */
	bool looked_up;
};

void model_handover_init(struct model_handover *model, uint8_t port);
/* Whether the kernel would pass the frame on by itself. */
bool model_handover_frame(struct model_handover *model, enum handover_context context,
			  const uint8_t *frame, uint32_t length);
/* Aborts unless both programs look the frame up by the tuple that the scanner's decode() finds, if
 * they look it up; and unless they do where it is plain. */
void model_handover_agree(struct model_handover *model, const uint8_t *frame, uint32_t length);

#endif
