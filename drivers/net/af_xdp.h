/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A network interface of Linux as a port, by AF_XDP sockets: its frames come into memory that the
 * kernel and this program share, and leave from there. One memory (UMEM) serves both ports, so that
 * a frame moves from one port's ring to the other's by reference. Where the interface's driver can
 * do it the device itself reads and writes there (zero-copy); else the kernel copies.
 *
 * Each data core has a socket at every receive queue of the interface, and gets there what belongs
 * to it (placement_program.h). The sockets of a queue have their buffers from the same ring, into
 * which one data core at a time puts some: so a buffer may go on with another core. One that stands
 * still can keep half of a queue's buffers from the others, not all. What leaves,
 * leaves by one transmit queue of the core's own, whatever queue it came by: so a flow keeps its
 * order when its frames change queues.
 *
 * Frames that the kernel has finished alone pass: none with an open checksum, none that has to be
 * cut up, none whose tag the hardware took out. af_xdp_program.h says which frames come.
 *
 * While the interface does not send (it is switched off, or gone), what is to leave by it is
 * dropped, counted (PORT_FAULT_UNSENT) and holds back nobody. What lay in the transmit ring when
 * that was found out is withdrawn and does not come out late: it is counted, and its buffers come
 * back, with the first frame that can be sent again. Only what a device had already taken may still
 * leave then.
 *
 * The kernel is not trusted to be right: a place outside the memory or an impossible length is
 * counted and not used, as hal/port.h has it; there is no device to be reset.
 */
#ifndef DRIVERS_NET_AF_XDP_H
#define DRIVERS_NET_AF_XDP_H

#include <stdatomic.h>
#include <stddef.h>

#include "drivers/net/xdp_ring.h"
#include "hal/cores.h"
#include "hal/interface.h"
#include "hal/port.h"

#define AF_XDP_PORTS 2
#define AF_XDP_QUEUES_MAX 8u
/* Of a port, powers of two; its queues and data cores share them. What comes while a data core is
 * elsewhere has to find room here. */
#define AF_XDP_RECEIVE_SLOTS 4096u
#define AF_XDP_TRANSMIT_SLOTS 512u /* of each data core */
#define AF_XDP_BUFFERS(cores)                                                                 \
	((cores) * (AF_XDP_PORTS * (AF_XDP_RECEIVE_SLOTS / (cores) + AF_XDP_TRANSMIT_SLOTS) + \
		    PORT_BURST_MAX))
/* A buffer with all around it; the kernel has frames begin at ABI_XDP_HEADROOM. */
#define AF_XDP_CHUNK_BYTES_MIN 2048u
#define AF_XDP_CHUNK_BYTES_MAX 4096u
#define AF_XDP_RINGS 4

/* What both ports' frames are in. */
struct af_xdp_memory {
	struct port_memory part[CORES_DATA_MAX]; /* with which each data core begins */
	unsigned cores;
	uint8_t *start;
	size_t bytes;
	uint32_t chunk_bytes; /* a power of two */
};

/* One of a socket's rings as it is mapped. */
struct af_xdp_mapping {
	void *memory;
	size_t bytes;
};

/* What the sockets of a queue share; the first data core's has it mapped. */
struct af_xdp_shared {
	_Alignas(64) atomic_bool busy; /* a data core puts buffers in */
	_Atomic uint32_t lent; /* buffers here, in the rings for reception, or with the kernel */
	uint32_t slots;
	struct xdp_ring fill, completion;
};

struct af_xdp_queue {
	int socket; /* −1: none */
	int watch; /* its place among what the data core sleeps on; −1: none */
	struct xdp_ring receive;
	struct af_xdp_shared *shared;
	struct af_xdp_mapping mapped[AF_XDP_RINGS];
	struct abi_xdp_statistics counted;
};

struct af_xdp {
	struct port port; /* first: the data plane knows only this */
	struct interface interface;
	const struct af_xdp_memory *memory;
	unsigned core; /* data core */
	struct af_xdp_queue queue[AF_XDP_QUEUES_MAX];
	unsigned queue_count;
	unsigned queue_next; /* to be looked at first */
	struct xdp_ring transmit, completion; /* of the queue of the core's number */
	bool zero_copy;
	bool unsent; /* the kernel has to be asked to send */
	bool stopped; /* it does not send: what comes is dropped */
	uint32_t sending; /* buffers in the two rings, or with the kernel */
	uint32_t withdrawn; /* of them in the transmit ring when it stopped, at most */
	uint64_t refused_before; /* frames it had refused then */
	uint8_t *dropped[AF_XDP_TRANSMIT_SLOTS + PORT_BURST_MAX]; /* to be reclaimed: a stack */
	unsigned dropped_count;
	const _Atomic uint64_t *passed; /* frames that went past the scanner; NULL: none do */
	uint64_t passed_seen;
};

struct af_xdp_pair {
	struct af_xdp_memory memory;
	struct af_xdp_shared shared[AF_XDP_PORTS][AF_XDP_QUEUES_MAX];
	struct af_xdp port[AF_XDP_PORTS][CORES_DATA_MAX];
};

/* Whether there is a buffer for the frames of such an interface. */
bool af_xdp_fits(const struct interface *interface);

/* Opens both for `pair->memory.cores` data cores, not more than either has queues to receive and
 * queues to send, of the first at most AF_XDP_QUEUES_MAX; zero-copy if that is wanted and both
 * interfaces' drivers have it. No frame comes before a program of the kernel's sends it to the
 * sockets. 0, or −errno of the call that failed, and `*failed`: for which one. */
int af_xdp_open(struct af_xdp_pair *pair,
		const struct interface *const interfaces[static AF_XDP_PORTS], bool zero_copy,
		unsigned *failed);
void af_xdp_close(struct af_xdp_pair *pair);
/* From now on `passed` counts the frames that the program did not send here, and that went to the
 * other port by another way. When it has moved, those that still wait in the rings are older: they
 * are dropped. NULL: nothing of that any more. */
void af_xdp_mind(struct af_xdp *xdp, const _Atomic uint64_t *passed);
/* Asks the kernel how many frames found no room since the last call: PORT_FAULT_OVERRUN, and how
 * many it refused to send: PORT_FAULT_UNSENT. */
void af_xdp_count(struct af_xdp *xdp);

/* Each queue's own, of a port with so many. */
static inline uint32_t af_xdp_queue_slots(unsigned queues)
{
	uint32_t slots = AF_XDP_RECEIVE_SLOTS;

	while (slots * queues > AF_XDP_RECEIVE_SLOTS) {
		slots /= 2; /* a ring has a power of two */
	}
	return slots;
}

/* The parts of memory that data cores begin with. */
void af_xdp_part(struct af_xdp_memory *memory);
/* The port alone: whoever calls it gives it its rings, af_xdp_open() those of the kernel. */
void af_xdp_init(struct af_xdp *xdp, const struct af_xdp_memory *memory,
		 const struct interface *interface, unsigned queues, unsigned core);

#endif
