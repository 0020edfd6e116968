/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A network interface of Linux as a port, by a packet socket (packet(7)): frames are copied from
 * the kernel's ring (packet_ring.h) into the buffers that the data plane lends, and written in
 * bursts from them. Works with every interface. Frames of virtual links come as large as their
 * sender made them, with what is left to do to them (PACKET_VNET_HDR): that is carried along in the
 * headroom and handed on unchanged.
 *
 * The kernel takes the outer VLAN tag out of a frame before a packet socket gets it; it is put back
 * where it was.
 */
#ifndef DRIVERS_NET_AF_PACKET_H
#define DRIVERS_NET_AF_PACKET_H

#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "drivers/net/packet_ring.h"
#include "hal/cores.h"
#include "hal/interface.h"
#include "hal/linux/abi.h"
#include "hal/port.h"

/* 64 KiB of IP, an Ethernet header and two tags, and what a cache line rounds it up to */
#define AF_PACKET_FRAME_MAX 65600u
/* Few, so that the buffers in use stay in the cache: the kernel's ring does the buffering. */
#define AF_PACKET_SLOTS 64u
/* Of an interface's rings, all data cores' together. */
#define AF_PACKET_RING_BYTES (8u << 20)

struct af_packet {
	struct port port; /* first: the data plane knows only this */
	struct interface interface;
	enum core core;
	int socket;
	struct packet_ring ring;
	bool closed; /* no frame is taken yet: there is no filter that says which */
	const _Atomic uint64_t *passed; /* frames that went past the scanner; NULL: none do */
	uint64_t passed_seen;
	int watch; /* its place among what its core sleeps on */
	uint8_t *lent[AF_PACKET_SLOTS]; /* for reception: a stack */
	unsigned lent_count;
	struct port_frame waiting[AF_PACKET_SLOTS]; /* to be sent, oldest first */
	unsigned waiting_first, waiting_count;
	uint8_t *sent[AF_PACKET_SLOTS]; /* to be reclaimed: a stack */
	unsigned sent_count;
	bool checksum_partial[PORT_BURST_MAX];
	struct mmsghdr messages[PORT_BURST_MAX];
	struct iovec vectors[PORT_BURST_MAX];
};

/* The port alone: whoever calls it gives it its socket and ring, af_packet_open() those of the
 * kernel. */
void af_packet_init(struct af_packet *packet, const struct interface *interface, enum core core);
/* For a data core. `filter`: a program that says which frames are taken, −1: all from
 * af_packet_begin() on. 0, or −errno of the call that failed. */
int af_packet_open(struct af_packet *packet, const struct interface *interface, enum core core,
		   int filter, size_t ring_bytes);
/* Shares the interface's frames out to `count` sockets of it, by what `program` says of a frame.
 * Before any takes one. 0, or −errno. */
int af_packet_share(struct af_packet *const *packets, unsigned count, int program);
void af_packet_begin(struct af_packet *packet);
/* From now on `passed` counts the frames that the filter did not take, and that went to the other
 * port by another way. When it has moved, those that still wait in the socket are older: they are
 * dropped. NULL: nothing of that any more. */
void af_packet_mind(struct af_packet *packet, const _Atomic uint64_t *passed);
void af_packet_close(struct af_packet *packet);
/* Asks the kernel how many frames found no room since the last call: PORT_FAULT_OVERRUN. */
void af_packet_count(struct af_packet *packet);

#endif
