/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The port of af_packet.h. Frames are copied out of the ring's slots, as the plane's buffers have to
 * outlive a slot. (TPACKET_V3 hands over whole blocks, which adds a millisecond to a lone frame's
 * way.) sendmmsg(2) sends a burst a call; a ring to send from would have its slots free again while
 * virtual links still read from them.
 */
#define _GNU_SOURCE

#include "drivers/net/af_packet.h"

#include <errno.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hal/linux/cores.h"

#define ETHERTYPE_ALL 3 /* ETH_P_ALL */
#define ETHERTYPE_VLAN 0x8100
#define ADDRESSES_BYTES 12u
#define TAG_BYTES 4u
#define HEADER_BYTES sizeof(struct abi_vnet_header)
/* Frames too long for a slot that the kernel may hold while the data core is elsewhere. */
#define QUEUE_BYTES (32 << 20)
#define SEND_BYTES (4 << 20)

static struct af_packet *packet_of(struct port *port)
{
	return (struct af_packet *)(void *)port;
}

/* ---- transmission ---- */

/* musl's sendmmsg() makes a call for each message, as the kernel has longs where struct msghdr has
 * an int and padding. All padding is zero here, so that both read the same. */
static int send_burst(struct af_packet *packet, unsigned count)
{
	return (int)syscall(SYS_sendmmsg, packet->socket, packet->messages, count, MSG_DONTWAIT);
}

static bool must_wait(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* Up to `count` waiting frames from the oldest on, without wrapping; how many are done with. */
static unsigned send_some(struct af_packet *packet, unsigned count)
{
	const struct port_frame *frames = packet->waiting + packet->waiting_first;

	for (unsigned i = 0; i < count; i++) {
		packet->vectors[i] = (struct iovec){
			.iov_base = frames[i].data - HEADER_BYTES,
			.iov_len = HEADER_BYTES + frames[i].length,
		};
		packet->messages[i].msg_hdr =
			(struct msghdr){ .msg_iov = &packet->vectors[i], .msg_iovlen = 1 };
	}
	int sent = send_burst(packet, count);

	if (sent < 0 && !must_wait()) {
		/* that the interface went down is told once, also when it is up again */
		sent = send_burst(packet, count);
	}
	if (sent >= 0) {
		return (unsigned)sent;
	}
	if (must_wait()) {
		return 0;
	}
	/* the oldest one alone: it is too long, or the link is down or its queue full */
	packet->port.faults[PORT_FAULT_UNSENT]++;
	return 1;
}

static void send_waiting(struct af_packet *packet)
{
	while (packet->waiting_count != 0) {
		unsigned count = AF_PACKET_SLOTS - packet->waiting_first;

		count = count < packet->waiting_count ? count : packet->waiting_count;
		count = count < PORT_BURST_MAX ? count : PORT_BURST_MAX;
		unsigned sent = send_some(packet, count);

		if (sent == 0) {
			return;
		}
		for (unsigned i = 0; i < sent; i++) {
			packet->sent[packet->sent_count++] =
				packet->waiting[packet->waiting_first + i].data;
		}
		packet->waiting_first = (packet->waiting_first + sent) % AF_PACKET_SLOTS;
		packet->waiting_count -= sent;
	}
}

static unsigned packet_transmit(struct port *port, const struct port_frame *frames, unsigned count)
{
	struct af_packet *packet = packet_of(port);

	count = count < port->transmit_room ? count : port->transmit_room;
	for (unsigned i = 0; i < count; i++) {
		unsigned at = packet->waiting_first + packet->waiting_count++;

		packet->waiting[at % AF_PACKET_SLOTS] = frames[i];
	}
	port->transmit_room -= count;
	send_waiting(packet);
	return count;
}

static unsigned packet_reclaim(struct port *port, uint8_t **buffers, unsigned max)
{
	struct af_packet *packet = packet_of(port);

	send_waiting(packet);
	unsigned count = packet->sent_count < max ? packet->sent_count : max;

	for (unsigned i = 0; i < count; i++) {
		buffers[i] = packet->sent[--packet->sent_count];
	}
	port->transmit_room += count;
	return count;
}

/* ---- reception ---- */

static void put_tag(struct port_frame *frame, const struct abi_packet_slot *slot, uint32_t status)
{
	uint16_t type = (status & ABI_TP_STATUS_VLAN_TPID_VALID) != 0 ? slot->vlan_tpid :
									ETHERTYPE_VLAN;
	uint8_t *at = frame->data + ADDRESSES_BYTES;
	struct abi_vnet_header header;

	memmove(at + TAG_BYTES, at, frame->length - ADDRESSES_BYTES);
	at[0] = (uint8_t)(type >> 8);
	at[1] = (uint8_t)type;
	at[2] = (uint8_t)(slot->vlan_tci >> 8);
	at[3] = (uint8_t)slot->vlan_tci;
	frame->length += TAG_BYTES;
	memcpy(&header, frame->data - HEADER_BYTES, sizeof(header));
	if ((header.flags & ABI_VNET_NEEDS_CHECKSUM) != 0) {
		header.checksum_start = (uint16_t)(header.checksum_start + TAG_BYTES);
	}
	if (header.segments != ABI_VNET_NO_SEGMENTS) {
		header.header_length = (uint16_t)(header.header_length + TAG_BYTES);
	}
	memcpy(frame->data - HEADER_BYTES, &header, sizeof(header));
}

/* What is at the head of the socket's queue: its whole length, or < 0. It is gone after any error
 * but that of the interface, also when `size` is below HEADER_BYTES. */
static ssize_t take_head(const struct af_packet *packet, void *to, size_t size)
{
	ssize_t length = recv(packet->socket, to, size, MSG_DONTWAIT | MSG_TRUNC);

	if (length < 0 && errno == ENETDOWN) {
		length = recv(packet->socket, to, size, MSG_DONTWAIT | MSG_TRUNC); /* likewise */
	}
	return length;
}

/* The frame there, into `frame->data`. */
static bool take_queued(struct af_packet *packet, struct port_frame *frame)
{
	const size_t room = HEADER_BYTES + AF_PACKET_FRAME_MAX - TAG_BYTES;
	ssize_t length = take_head(packet, frame->data - HEADER_BYTES, room);

	if (length < 0) {
		packet->port.faults[PORT_FAULT_BUFFER]++;
		return false;
	}
	if ((size_t)length < HEADER_BYTES + PORT_FRAME_MIN) {
		packet->port.faults[PORT_FAULT_SHORT]++;
		return false;
	}
	if ((size_t)length > room) {
		packet->port.faults[PORT_FAULT_LONG]++;
		return false;
	}
	frame->length = (uint32_t)length - (uint32_t)HEADER_BYTES;
	return true;
}

/* The frame in a slot, likewise. */
static bool take_slot(struct af_packet *packet, const struct abi_packet_slot *slot,
		      struct port_frame *frame)
{
	uint32_t length = slot->captured, at = slot->mac;

	if (length != slot->length) { /* the queue had no room for all of it */
		packet->port.faults[PORT_FAULT_OVERRUN]++;
		return false;
	}
	if (length < PORT_FRAME_MIN) {
		packet->port.faults[PORT_FAULT_SHORT]++;
		return false;
	}
	if (at < sizeof(*slot) + HEADER_BYTES || at + length > packet->ring.slot_bytes) {
		packet->port.faults[PORT_FAULT_BUFFER]++;
		return false;
	}
	memcpy(frame->data - HEADER_BYTES, (const uint8_t *)slot + at - HEADER_BYTES,
	       HEADER_BYTES + length);
	frame->length = length;
	return true;
}

/* False: the frame cannot be passed on. */
static bool take(struct af_packet *packet, const struct abi_packet_slot *slot,
		 struct port_frame *frame)
{
	uint32_t status = atomic_load_explicit(&slot->status, memory_order_relaxed);
	bool queued = (status & ABI_TP_STATUS_COPY) != 0;

	if (!(queued ? take_queued(packet, frame) : take_slot(packet, slot, frame))) {
		return false;
	}
	if ((status & ABI_TP_STATUS_VLAN_VALID) != 0) {
		put_tag(frame, slot, status);
	}
	return true;
}

/* The scanner was stalled, and is not any more: what came before it was found out is late now. */
static __attribute__((noinline)) void drop_stale(struct af_packet *packet, uint64_t passed)
{
	struct abi_packet_slot *slot;
	uint8_t head[HEADER_BYTES];

	packet->port.faults[PORT_FAULT_STALLED] += passed - packet->passed_seen;
	packet->passed_seen = passed;
	while ((slot = packet_ring_oldest(&packet->ring)) != NULL) {
		if ((atomic_load_explicit(&slot->status, memory_order_relaxed) &
		     ABI_TP_STATUS_COPY) != 0) {
			take_head(packet, head, sizeof(head));
		}
		packet_ring_release(&packet->ring, slot);
		packet->port.faults[PORT_FAULT_STALE]++;
	}
}

static void look_for_stall(struct af_packet *packet)
{
	uint64_t passed = packet->passed == NULL ?
				  packet->passed_seen :
				  atomic_load_explicit(packet->passed, memory_order_acquire);

	if (__builtin_expect(passed != packet->passed_seen, 0)) {
		drop_stale(packet, passed);
	}
}

static unsigned packet_receive(struct port *port, struct port_frame *frames, unsigned max)
{
	struct af_packet *packet = packet_of(port);
	struct abi_packet_slot *slot;
	unsigned taken = 0;

	look_for_stall(packet);
	send_waiting(packet); /* also when only this direction is busy */
	while (taken < max && packet->lent_count != 0 &&
	       (slot = packet_ring_oldest(&packet->ring)) != NULL) {
		struct port_frame *frame = &frames[taken];

		frame->data = packet->lent[packet->lent_count - 1];
		if (take(packet, slot, frame)) {
			const uint8_t *header = frame->data - HEADER_BYTES;

			packet->checksum_partial[taken++] = (*header & ABI_VNET_NEEDS_CHECKSUM) !=
							    0;
			packet->lent_count--;
		}
		packet_ring_release(&packet->ring, slot);
	}
	port->receive_room += taken;
	return taken;
}

static unsigned packet_refill(struct port *port, uint8_t *const *buffers, unsigned count)
{
	struct af_packet *packet = packet_of(port);

	count = count < port->receive_room ? count : port->receive_room;
	memcpy(packet->lent + packet->lent_count, buffers, count * sizeof(*buffers));
	packet->lent_count += count;
	port->receive_room -= count;
	return count;
}

/* ---- waiting ---- */

/* The socket stays ready while a slot is filled, so none is missed by looking first. */
static bool packet_arm(struct port *port)
{
	struct af_packet *packet = packet_of(port);
	int error;
	socklen_t size = sizeof(error);

	/* that the interface went down is taken note of, and wakes this core no more */
	getsockopt(packet->socket, SOL_SOCKET, SO_ERROR, &error, &size);
	cores_watch_change(packet->core, packet->watch,
			   packet->waiting_count != 0 ? POLLIN | POLLOUT : POLLIN);
	return packet_ring_oldest(&packet->ring) == NULL;
}

static void packet_disarm(struct port *port)
{
	(void)port; /* it is only looked at while the core sleeps */
}

static bool packet_link_up(const struct port *port)
{
	return interface_link_up(&((const struct af_packet *)(const void *)port)->interface);
}

static const struct port_ops ops = {
	.receive = packet_receive,
	.refill = packet_refill,
	.transmit = packet_transmit,
	.reclaim = packet_reclaim,
	.arm = packet_arm,
	.disarm = packet_disarm,
	.link_up = packet_link_up,
};

void af_packet_count(struct af_packet *packet)
{
	struct abi_packet_statistics statistics;
	socklen_t size = sizeof(statistics);

	/* the kernel counts from zero again with each call */
	if (getsockopt(packet->socket, SOL_PACKET, ABI_PACKET_STATISTICS, &statistics, &size) ==
	    0) {
		packet->port.faults[PORT_FAULT_OVERRUN] += statistics.drops;
	}
}

static int set(const struct af_packet *packet, int level, int option, int value)
{
	return setsockopt(packet->socket, level, option, &value, sizeof(value)) != 0 ? -errno : 0;
}

static int close_off(struct af_packet *packet)
{
	struct abi_filter_step none = { .code = ABI_FILTER_RETURN, .value = 0 };
	const struct abi_filter program = { .length = 1, .steps = &none };

	packet->closed = true;
	return setsockopt(packet->socket, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program)) != 0 ?
		       -errno :
		       0;
}

void af_packet_begin(struct af_packet *packet)
{
	if (packet->closed) {
		set(packet, SOL_SOCKET, SO_DETACH_FILTER, 0);
		packet->closed = false;
	}
}

int af_packet_share(struct af_packet *const *packets, unsigned count, int program)
{
	uint32_t kind = ABI_PACKET_FANOUT_EBPF | ABI_PACKET_FANOUT_IGNORE_OUTGOING, group;
	socklen_t size = sizeof(group);
	int error = set(packets[0], ABI_SOL_PACKET, ABI_PACKET_FANOUT,
			(int)(kind | ABI_PACKET_FANOUT_UNIQUE));

	if (error == 0) {
		error = set(packets[0], ABI_SOL_PACKET, ABI_PACKET_FANOUT_DATA, program);
	}
	if (error == 0 &&
	    getsockopt(packets[0]->socket, ABI_SOL_PACKET, ABI_PACKET_FANOUT, &group, &size) != 0) {
		error = -errno;
	}
	for (unsigned i = 1; error == 0 && i < count; i++) {
		error = set(packets[i], ABI_SOL_PACKET, ABI_PACKET_FANOUT,
			    (int)(kind | (group & 0xffff)));
	}
	return error;
}

static int prepare(struct af_packet *packet, int filter, size_t ring_bytes)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE_ALL),
		.sll_ifindex = (int)packet->interface.index,
	};
	int error = set(packet, ABI_SOL_PACKET, ABI_PACKET_VNET_HDR, 1);

	if (error == 0) {
		error = set(packet, ABI_SOL_PACKET, ABI_PACKET_IGNORE_OUTGOING, 1);
	}
	if (error == 0) {
		error = set(packet, SOL_SOCKET, SO_RCVBUFFORCE, QUEUE_BYTES);
	}
	if (error == 0) {
		error = packet_ring_open(&packet->ring, packet->socket, packet->interface.mtu,
					 ring_bytes);
	}
	if (error == 0) {
		error = set(packet, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BYTES);
	}
	if (error == 0) {
		error = filter >= 0 ? set(packet, SOL_SOCKET, SO_ATTACH_BPF, filter) :
				      close_off(packet);
	}
	/* last: from here on frames come */
	if (error == 0 &&
	    bind(packet->socket, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		error = -errno;
	}
	return error;
}

void af_packet_mind(struct af_packet *packet, const _Atomic uint64_t *passed)
{
	packet->passed = passed;
	if (passed != NULL) {
		packet->passed_seen = atomic_load_explicit(passed, memory_order_acquire);
	}
}

void af_packet_init(struct af_packet *packet, const struct interface *interface, enum core core)
{
	*packet = (struct af_packet){
		.port = { .ops = &ops,
			  .receive_slots = AF_PACKET_SLOTS,
			  .transmit_slots = AF_PACKET_SLOTS,
			  .receive_room = AF_PACKET_SLOTS,
			  .transmit_room = AF_PACKET_SLOTS,
			  .frame_max = AF_PACKET_FRAME_MAX },
		.interface = *interface,
		.core = core,
		.socket = -1,
	};
	packet->port.name = packet->interface.name;
	packet->port.checksum_partial = packet->checksum_partial;
}

int af_packet_open(struct af_packet *packet, const struct interface *interface, enum core core,
		   int filter, size_t ring_bytes)
{
	af_packet_init(packet, interface, core);
	/* protocol 0: nothing comes before bind() says from which interface */
	packet->socket = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (packet->socket < 0) {
		return -errno;
	}
	int error = prepare(packet, filter, ring_bytes);

	if (error == 0) {
		packet->watch = cores_watch(core, packet->socket, POLLIN);
		error = packet->watch < 0 ? packet->watch : 0;
	}
	if (error != 0) {
		packet_ring_close(&packet->ring);
		close(packet->socket);
	}
	return error;
}

void af_packet_close(struct af_packet *packet)
{
	cores_unwatch(packet->core, packet->watch);
	packet_ring_close(&packet->ring);
	close(packet->socket);
}
