/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data plane: moves frames between the two data ports by reference, past the
 * scanner, in bursts. One core does nothing else. The way of a frame:
 *
 *   port.receive → scanner_burst → other port.transmit → (sent) port.reclaim → port.refill
 *
 * No byte is copied, no frame is changed; what does not leave is dropped for a named
 * reason (scanner/reason.h). When the other port's ring is full, frames are left where
 * they are, in the receive ring: that is counted, and is the only back-pressure.
 * Flows that are finished come by here no more where something below can forward them
 * by itself (handover.h).
 *
 * Data core only, but for struct dataplane_shared. Board-independent.
 *
 * A board may have several data cores, each with a plane of its own: ports, scanner, buffers. All
 * that concerns one server goes by the same one. The planes know of each other by `next` alone,
 * which is for management.
 */
#ifndef FIRMWARE_DATAPLANE_H
#define FIRMWARE_DATAPLANE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "firmware/handover.h"
#include "hal/cores.h"
#include "hal/port.h"
#include "scanner/scanner.h"

/* What management may ask of the data core, in dataplane_shared.asked. */
enum dataplane_ask {
	ASK_ACCOUNT = 1, /* dataplane.account, as it stands between two rounds */
	ASK_END_FLOWS = 2 /* all flows, with the events that they still owe */
};

/* What a data core and management tell each other; in memory that both may write. */
struct dataplane_shared {
	_Atomic uint32_t asked; /* (m) sets bits of enum dataplane_ask; (d) clears what is done */
	_Atomic(const struct scanner_policy *) wanted; /* (m) to be published; (d) takes it: NULL */
	_Atomic uint32_t published; /* (d) policies taken so far */
	_Atomic uint32_t event_tail; /* (m) of the event ring */
	_Atomic uint32_t management_progress; /* (m) the first core's: up at least once a second */
	_Atomic bool management_sleeps; /* (m) it wants to be woken for events */
};

/* What the data plane counts beside the scanner's own counters. Read-only for others. */
struct dataplane_counters {
	uint64_t bursts;
	uint64_t sleeps;
	uint64_t held_back[SCANNER_PORTS]; /* times frames of that port had to wait for room */
	uint64_t starved[SCANNER_PORTS]; /* times no buffer was left to lend to that port */
	uint64_t injection_lost; /* resets for which there was no room */
	uint64_t management_stopped; /* times its core was found dead or without progress */
};

/* Everything that is counted, at one instant. */
struct dataplane_account {
	struct scanner_counters scanner;
	struct scanner_gauges gauges;
	struct dataplane_counters counters;
	uint64_t events_lost;
	uint64_t handed_refused; /* ways of flows that found no room to be handed over */
	uint32_t handed; /* that are handed over */
	uint32_t buffers; /* all there are: those free, and those lent */
	uint32_t buffers_free;
	uint32_t buffers_receiving[SCANNER_PORTS]; /* lent to the ports */
	uint32_t buffers_sending[SCANNER_PORTS];
};

struct dataplane {
	struct dataplane *next; /* another data core's; NULL: no more */
	enum core core;
	struct port *port[SCANNER_PORTS]; /* by enum port_side */
	struct scanner *scanner;
	struct dataplane_shared *shared;
	struct handover *handover; /* NULL: nothing else forwards. Set after dataplane_init() */
	bool crediting; /* for an account that is asked for */
	struct dataplane_counters counters;
	struct frame frames[SCANNER_PORTS][PORT_BURST_MAX]; /* the burst at hand; .port stays */
	uint8_t **free; /* buffers that nobody holds: a stack */
	uint32_t free_count;
	uint32_t buffers; /* all there are */
	struct dataplane_account account; /* when it was last asked for */
};

/* A buffer for ports that bring frames of up to `frame_max` bytes: its bytes. */
static inline size_t dataplane_buffer(uint32_t frame_max)
{
	size_t bytes = PORT_HEADROOM + (frame_max > PORT_FRAME_MAX ? frame_max : PORT_FRAME_MAX);

	return (bytes + PORT_BUFFER_ALIGNMENT - 1) / PORT_BUFFER_ALIGNMENT * PORT_BUFFER_ALIGNMENT;
}

/* What dataplane_init() takes for ports that bring no buffers along, with so many slots in all,
 * receiving and transmitting. */
static inline size_t dataplane_memory(uint32_t slots, uint32_t frame_max)
{
	return (slots + PORT_BURST_MAX) * (dataplane_buffer(frame_max) + sizeof(uint8_t *));
}

/* Takes ports, scanner and buffers (as many as the rings of both ports hold, and a burst), the
 * ports' own if they bring some. 0, or −ENOMEM. */
int dataplane_init(struct dataplane *plane, struct port *const ports[static SCANNER_PORTS],
		   struct scanner *scanner, struct dataplane_shared *shared);
/* One round over both ports. Returns the number of frames that moved. */
unsigned dataplane_round(struct dataplane *plane);
/* A few times a second, where flows are handed over; the rounds go on with it. */
void dataplane_look(struct dataplane *plane);
/* Nothing is there to do: asks the ports to wake this core. False: something came meanwhile. */
bool dataplane_arm(struct dataplane *plane);
void dataplane_disarm(struct dataplane *plane);

#endif
