/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An Ethernet port as the data plane drives it: bursts of frames by reference. A buffer
 * belongs to whoever holds its address: the data plane lends buffers for reception
 * (refill), gets them back with a frame in them (receive), lends them to the other
 * port for transmission, and gets them back from there (reclaim). A frame is never
 * copied, padded or trimmed.
 *
 * A buffer is PORT_BUFFER_BYTES long and aligned to 64, but for ports that bring buffers
 * along; its address as used here is where its frame begins, PORT_HEADROOM bytes after
 * its start. The headroom belongs to the driver that received; who makes a frame zeroes
 * it. Data core only.
 */
#ifndef HAL_PORT_H
#define HAL_PORT_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#define PORT_BURST_MAX 32
#define PORT_HEADROOM 64
#define PORT_FRAME_MIN 14 /* an Ethernet header */
#define PORT_FRAME_MAX 9280 /* 9,216 and two tags, and what a cache line rounds it up to */
#define PORT_BUFFER_BYTES (PORT_HEADROOM + PORT_FRAME_MAX)
#define PORT_BUFFER_ALIGNMENT 64

static_assert(PORT_BUFFER_BYTES % PORT_BUFFER_ALIGNMENT == 0, "buffers lie side by side");

struct port_frame {
	uint8_t *data; /* the buffer */
	uint32_t length; /* PORT_FRAME_MIN … PORT_FRAME_MAX, without the frame check sequence */
};

/*
 * What can be wrong with a port's device, as X-macro of (identifier, name, text). A device is not
 * trusted to be right: what it says is checked before it is used. A frame of an impossible length
 * is not taken, and its buffer lent again. After the others the device is reset and started anew
 * while the data core is idle; meanwhile the port takes nothing and has no room.
 */
#define PORT_FAULT_LIST(X)                                                                    \
	X(PORT_FAULT_SHORT, "short", "frames shorter than an Ethernet header, not taken")     \
	X(PORT_FAULT_LONG, "long", "frames said to be longer than their buffer, not taken")   \
	X(PORT_FAULT_BUFFER, "wrong-buffer", "the device returned a buffer that it had not")  \
	X(PORT_FAULT_INDEX, "wrong-index", "the device returned more buffers than it had")    \
	X(PORT_FAULT_RESET, "needs-reset", "the device met an error and asked to be reset")   \
	X(PORT_FAULT_REFUSED, "no-start", "the device did not start anew; it is tried again") \
	X(PORT_FAULT_LOST, "lost", "frames to be sent that the device had when it was reset") \
	X(PORT_FAULT_OVERRUN, "overrun", "frames that came while the device had no room")     \
	X(PORT_FAULT_UNSENT, "unsent", "frames to be sent that the device did not take")      \
	X(PORT_FAULT_STALLED, "scanner-stalled",                                              \
	  "frames bridged uninspected past a stalled scanner")                                \
	X(PORT_FAULT_UNSERVED, "unserved-queue",                                              \
	  "frames bridged uninspected, of a receive queue that came since the start")         \
	X(PORT_FAULT_CLOSED, "fail-closed",                                                   \
	  "frames dropped while no scanner took them, as --fail closed has it")               \
	X(PORT_FAULT_STALE, "stale",                                                          \
	  "frames that waited for the scanner while it was stalled, dropped")

#define PORT_FAULT_ENUM(id, name, text) id,
enum port_fault { PORT_FAULT_LIST(PORT_FAULT_ENUM) PORT_FAULTS };
#undef PORT_FAULT_ENUM

struct port;

struct port_ops {
	/* Up to `max` ≤ PORT_BURST_MAX frames that have come, oldest first; their number. */
	unsigned (*receive)(struct port *port, struct port_frame *frames, unsigned max);
	/* Lends buffers for reception: how many were taken, the first of them. */
	unsigned (*refill)(struct port *port, uint8_t *const *buffers, unsigned count);
	/* Sends frames in order: how many were taken, the first of them. */
	unsigned (*transmit)(struct port *port, const struct port_frame *frames, unsigned count);
	/* Up to `max` buffers whose frames are sent, in any order; their number. */
	unsigned (*reclaim)(struct port *port, uint8_t **buffers, unsigned max);
	/* Has the port wake the data core when a frame comes. False: one is there already, or a
	 * buffer can be reclaimed that was asked for: do not sleep. Until disarm(). */
	bool (*arm)(struct port *port);
	void (*disarm)(struct port *port);
	/* Whether the far end is there, as far as the device is in order. */
	bool (*link_up)(const struct port *port);
};

/* Buffers that a driver brings along, as its device reaches no other memory: side by side, each
 * with room for a frame and its headroom. */
struct port_memory {
	uint8_t *first; /* the first one's frame */
	uint32_t stride; /* bytes from one to the next */
	uint32_t count; /* as many as the slots of both ports, and a burst */
	uint32_t most; /* that a plane may come to hold, where several share their ports; or 0 */
};

/* What every port has; a driver's own structure begins with it. */
struct port {
	const struct port_ops *ops; /* others while its device is out of order */
	const char *name;
	uint32_t receive_slots; /* buffers that can be lent for reception at once */
	uint32_t transmit_slots; /* frames that can be lent for transmission */
	uint32_t receive_room; /* how many more may be lent now: all other slots hold one */
	uint32_t transmit_room;
	uint32_t frame_max; /* longest frame it may bring; 0: PORT_FRAME_MAX */
	const struct port_memory *memory; /* the same of both ports; NULL: takes any buffers */
	/* Of the burst last received, by place: the transport checksum is left for whoever puts the
	 * frame on a wire. NULL: it never is. */
	const bool *checksum_partial;
	uint64_t faults[PORT_FAULTS];
};

#endif
