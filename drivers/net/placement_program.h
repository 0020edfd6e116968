/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which data core a frame goes to, as a piece of an eBPF program: by the address of the end that is
 * behind the inside port. So both ways of a flow, its fragments, what ICMP tells it, and all
 * other flows of that server meet at one data core, whatever queue they come by. What is not IP, or
 * wraps IP in something other than tags, goes to core 0.
 */
#ifndef DRIVERS_NET_PLACEMENT_PROGRAM_H
#define DRIVERS_NET_PLACEMENT_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "drivers/net/handover_program.h"
#include "hal/linux/bpf_code.h"

#define PLACEMENT_INSTRUCTIONS_MAX 80u
#define PLACEMENT_FACTOR 0x9e3779b97f4a7c15u /* 2^64 by the golden ratio: neighbours part */

struct placement_program {
	unsigned cores; /* ≥ 2 */
	unsigned side; /* enum port_side: where the program's frames come in */
	enum handover_context context;
	bool behind_header; /* a socket buffer's data begin there: for a group of packet sockets */
	unsigned r_context; /* which of registers 6…9 has the program's context, */
	unsigned r_core; /* and which gets the number, < cores */
};

/* A program that answers the number for frames of that side, as a group of packet sockets asks for
 * it: its descriptor or −errno. */
int placement_load(unsigned cores, unsigned side);
/* Uses registers 0…5 and the stack down to −24. */
void placement_program(struct bpf_code *code, const struct placement_program *program);

#endif
