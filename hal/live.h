/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an appliance that is a program has to open before the other contracts hold: its cores are
 * threads, its serial line is a terminal, its data ports are interfaces of the operating system.
 * For boards that have one. Core 0, but for what says otherwise.
 */
#ifndef HAL_LIVE_H
#define HAL_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal/handover.h"
#include "hal/bypass.h"
#include "hal/interface.h"
#include "hal/port.h"

/* Before threads are made: a fault of management's is the end of that core alone from here on. 0 or
 * −errno. */
int cores_init(void);
/* Ends the thread of this core, which is off then; not core 0's. */
_Noreturn void core_end(void);
/* This core waits for so long, whatever happens meanwhile; a little longer where others have its
 * processor. */
void core_wait(uint64_t ns);
/* Others that want this core's processor have their turn. */
void core_yield(void);
/* How many processors this program may run on, ≥ 1. */
unsigned cores_processors(void);

/* hal/serial.h's line: the terminal, if standard input and output are one, whose lines then are
 * taken key by key; else a pseudo terminal that the link `path` leads to from now on, and standard
 * output goes there. `*output`: where that went before. 0 or −errno. */
int serial_open(const char *path, int *output);
/* Whether it is the terminal. */
bool serial_is_terminal(void);
/* Puts the terminal back, or takes the link away. Any core, also at the very end. */
void serial_close(void);

/* By what frames are moved: AF_XDP where it can do all that is needed; packet sockets can
 * everywhere. */
enum live_driver { LIVE_AUTO, LIVE_XDP, LIVE_PACKET };

struct live_config {
	enum live_driver driver;
	unsigned data_cores; /* ≤ live_data_cores(): frames are shared out to so many */
	struct bypass_config bypass;
	uint32_t handover_bits; /* of struct handover_area; 0: no flow is handed over */
};

/* How many data cores two interfaces can keep busy: one for each pair of their queues, as far as
 * there are processors, and queues to send by. Always ≥ 1. */
unsigned live_data_cores(const struct interface *inside, const struct interface *outside);
/* Opens both ports for that many, and puts a bridge into the kernel that goes on without this
 * program, hal/bypass.h's. All that concerns one address behind the inside port goes by the same
 * data core. No frame comes yet. 0, or −errno and in `error` which one and why, as a clause. */
int live_ports_open(const struct interface *inside, const struct interface *outside,
		    const struct live_config *config, char *error, size_t size);
/* A data core's part of a port, `side` being enum port_side. */
struct port *live_port(unsigned data_core, unsigned side);
/* What they are driven by and why, as a clause. */
const char *live_ports_driver(void);
/* All memory that the program has now is there from now on, and stays: first use of a huge page
 * takes the system longer than frames may wait. What it refuses comes as it is used. Tens of
 * milliseconds. */
void live_keep_memory(void);
/* What that bridge forwards of a data core's frames while that runs; NULL: nothing. */
const struct handover_area *live_handover(unsigned data_core);
/* By the data core itself: frames come to it from now on. */
void live_ports_begin(unsigned data_core);
/* By the data core itself, after each round over its ports: its scanner is alive. */
void live_ports_turn(unsigned data_core);
/* By the data core itself, a few times a second: has its ports count what their interfaces lost. */
void live_ports_look(unsigned data_core);
/* What the kernel's bridge knows of a data core, which may hang. Any core. */
struct live_progress {
	uint64_t turns; /* rounds that the core has made */
	uint64_t missed; /* its frames that were bridged past it, or dropped by a closed one */
};
struct live_progress live_progress(unsigned data_core);
/* By the data core itself: no more frames come to it than those that wait, the kernel's bridge has
 * them from now on. */
void live_ports_leave(unsigned data_core);
/* All data cores have left. */
void live_ports_close(void);
/* Takes the bridge out of the kernel. 0, −ENOENT: there is none, or −errno. */
int live_bridge_remove(const struct interface *inside, const struct interface *outside);

#endif
