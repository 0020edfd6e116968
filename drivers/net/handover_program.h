/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's part of hal/handover.h, as a piece of an eBPF program: finds a frame's entry and
 * counts it there. The frame is read as the scanner's glance.h and decode.c read it: what is found
 * here is what is found under the same tuple there.
 */
#ifndef DRIVERS_NET_HANDOVER_PROGRAM_H
#define DRIVERS_NET_HANDOVER_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "hal/linux/bpf_code.h"

#define HANDOVER_INSTRUCTIONS_MAX 384u

/* Where the program runs. */
enum handover_context {
	HANDOVER_SOCKET_BUFFER, /* a socket filter, or at an interface: the outer tag is beside */
	HANDOVER_XDP /* tags are in the frame */
};

struct handover_program {
	int map; /* of struct handover_bucket, as many for each data core */
	uint32_t bucket_bits; /* of one data core's */
	uint64_t multiplier;
	uint8_t port; /* enum port_side */
	enum handover_context context;
	unsigned r_context; /* which of registers 6…8 has the program's context, */
	unsigned r_core; /* which has the data core's number; 0: there is but one */
	unsigned r_control; /* and which has an address from which at */
	int generation; /* bytes the generation in force is found, */
	int until_ns; /* and at which the time until when entries hold */
};

/* Goes to label `hit` when the frame is to be forwarded, else to `miss`. Uses registers 0…5 and 9,
 * and the stack down to −152. */
void handover_program(struct bpf_code *code, const struct handover_program *program, unsigned hit,
		      unsigned miss);
/* Behind `hit`, where register 9 and the stack are as they were: counts the frame, which will be
 * forwarded. */
void handover_program_count(struct bpf_code *code);

#endif
