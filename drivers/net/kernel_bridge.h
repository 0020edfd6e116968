/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bridge that stays in the kernel: two programs of ours at the ports' interfaces, where frames
 * come in, which pass a frame on to the other port themselves when no scanner takes it. They
 * belong to the interfaces, not to this program: killed, stopped or being replaced, traffic goes
 * on. kernel_bridge_program.c has their instructions.
 *
 * Whether a scanner takes a frame is decided once a frame, by a filter on the scanner's own packet
 * socket, which runs right before ours on the same CPU and leaves word there: "taken", and ours
 * ends the frame's way through the host; "not taken", or no word as there is no socket any more,
 * and ours passes it on. So no frame is passed on twice, and none is lost to a dead scanner.
 *
 * The filter takes frames while the scanner is alive: it counts `progress` up each time it goes
 * round. The first frame after a count is stamped; when that stamp grows older than the heartbeat
 * and the count still stands, the scanner is stalled. One that sleeps for want of frames is alive.
 *
 * Before that, while a scanner is there, the filter looks for the frame's flow among those handed
 * over (hal/handover.h): then its word is "handed", and ours passes it on. With AF_XDP the program
 * there does so, and its word stands in the frame's metadata, as frames may come in between.
 *
 * Several data cores share the frames out (placement_program.h). Each is alive or stalled, and has
 * handed over what it has, by itself: what belongs to one that hangs is bridged past it, and the
 * others go on.
 */
#ifndef DRIVERS_NET_KERNEL_BRIDGE_H
#define DRIVERS_NET_KERNEL_BRIDGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "drivers/net/placement_program.h"
#include "hal/cores.h"
#include "hal/handover.h"
#include "hal/interface.h"
#include "hal/linux/bpf.h"

#define KERNEL_BRIDGE_SIDES 2
#define KERNEL_BRIDGE_NAME "portreeve"
#define KERNEL_BRIDGE_INSTRUCTIONS_MAX (60 + PLACEMENT_INSTRUCTIONS_MAX + HANDOVER_INSTRUCTIONS_MAX)
#define KERNEL_BRIDGE_THREAD 0x3fffffff /* the part of `active` that death clears (futex(2)) */

/* Of one data core and port; (k) the kernel's programs write it. */
struct kernel_bridge_side {
	uint64_t progress_seen; /* (k) */
	uint64_t since_ns; /* (k) when it was seen first, CLOCK_MONOTONIC */
	_Atomic uint64_t frames; /* (k) passed on past the scanner */
	_Atomic uint64_t bytes; /* (k) */
	_Atomic uint64_t dropped; /* (k) not passed on: fail closed */
	_Atomic uint64_t unserved; /* (k) passed on, as their receive queue has no socket */
};

/* What the kernel's programs and a data core share; (s) its scanner writes it. */
struct kernel_bridge_core {
	_Atomic uint64_t progress; /* (s) */
	_Atomic uint64_t until_ns; /* (s) when what was handed over ends to hold */
	_Atomic uint32_t generation; /* (s) of that */
	_Atomic uint32_t active; /* (s) the thread that takes frames; (k) that it has died */
	struct kernel_bridge_side side[KERNEL_BRIDGE_SIDES];
	uint64_t pad; /* to a power of two, and a cache line of its own */
};

struct kernel_bridge_control {
	struct kernel_bridge_core core[CORES_DATA_MAX];
	uint64_t closed; /* (s) without a scanner nothing passes */
};

enum kernel_bridge_word {
	KERNEL_BRIDGE_NO_WORD,
	KERNEL_BRIDGE_TAKEN,
	KERNEL_BRIDGE_NOT_TAKEN,
	KERNEL_BRIDGE_HANDED
};

struct kernel_bridge_config {
	uint32_t heartbeat_ms;
	bool closed; /* without a scanner nothing passes */
	uint32_t handover_bits; /* 2^bits buckets of flows handed over; 0: none are */
	unsigned data_cores;
};

struct kernel_bridge {
	struct kernel_bridge_control *control; /* NULL: there is none */
	int control_map, words_map, handover_map;
	struct kernel_bridge_config config;
	struct handover_area handover[CORES_DATA_MAX]; /* .buckets NULL: no flow is handed over */
	uint64_t frames_before[KERNEL_BRIDGE_SIDES]; /* passed on while no scanner ran */
	bool was_there; /* it took the place of one, or could not */
	bool was_closed; /* which lets nothing pass */
};

/* Puts it at both interfaces, in place of one that is there, without a frame lost; no scanner is
 * active yet. 0, or −errno: nothing has changed then, and with `was_there` one goes on there that
 * would pass on again what anybody else does; −EINVAL: this kernel is too old. */
int kernel_bridge_install(struct kernel_bridge *bridge,
			  const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES],
			  const struct kernel_bridge_config *config);
/* The data core takes frames from now on, until kernel_bridge_leave(), or until the calling thread
 * dies: the kernel notes that before it takes the program apart. Once for each. */
void kernel_bridge_begin(struct kernel_bridge *bridge, unsigned core);
void kernel_bridge_leave(struct kernel_bridge *bridge, unsigned core);
/* The filter for a data core's packet socket at a port: its descriptor or −errno. */
int kernel_bridge_filter(const struct kernel_bridge *bridge, unsigned core, unsigned side);
/* Lets go of it; the interfaces keep it. */
void kernel_bridge_close(struct kernel_bridge *bridge);
/* Takes it away from the interfaces. 0; −ENOENT: neither has one. */
int kernel_bridge_remove(const struct interface *const interfaces[static KERNEL_BRIDGE_SIDES]);

/* The programs' instructions, written to `out`: their number. */
uint32_t
kernel_bridge_program_filter(const struct kernel_bridge *bridge, unsigned core, unsigned side,
			     struct bpf_instruction out[static KERNEL_BRIDGE_INSTRUCTIONS_MAX]);
/* For AF_XDP: frames that a scanner takes go to `sockets`, a map of them by queue *
 * CORES_DATA_MAX + data core. */
uint32_t
kernel_bridge_program_xdp(const struct kernel_bridge *bridge, unsigned side, int sockets,
			  struct bpf_instruction out[static KERNEL_BRIDGE_INSTRUCTIONS_MAX]);
uint32_t
kernel_bridge_program_ingress(const struct kernel_bridge *bridge, unsigned side,
			      uint32_t to_interface,
			      struct bpf_instruction out[static KERNEL_BRIDGE_INSTRUCTIONS_MAX]);

#endif
