/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An Ethernet port as the data plane drives it: bursts of frames by reference. A buffer
 * belongs to whoever holds its address: the data plane lends buffers for reception
 * (refill), gets them back with a frame in them (receive), lends them to the other
 * port for transmission, and gets them back from there (reclaim). A frame is never
 * copied, padded or trimmed.
 *
 * A buffer is PORT_BUFFER_BYTES long and aligned to 64; its address as used here is
 * where its frame begins, PORT_HEADROOM bytes after its start. The headroom belongs to
 * the driver. Data core only.
 */
#ifndef HAL_PORT_H
#define HAL_PORT_H

#include <stdbool.h>
#include <stdint.h>

#define PORT_BURST_MAX 32
#define PORT_HEADROOM 64
#define PORT_FRAME_MAX 9248 /* 9,216 and two tags, and what a cache line rounds it up to */
#define PORT_BUFFER_BYTES (PORT_HEADROOM + PORT_FRAME_MAX)

struct port_frame {
	uint8_t *data; /* the buffer */
	uint32_t length; /* 14 … PORT_FRAME_MAX, without the frame check sequence */
};

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
	/* Whether the far end is there. */
	bool (*link_up)(const struct port *port);
};

/* What every port has; a driver's own structure begins with it. */
struct port {
	const struct port_ops *ops;
	const char *name;
	uint32_t receive_slots; /* buffers that can be lent for reception at once */
	uint32_t transmit_slots; /* frames that can be lent for transmission */
	uint32_t receive_room; /* how many more may be lent now; the driver counts */
	uint32_t transmit_room;
};

#endif
