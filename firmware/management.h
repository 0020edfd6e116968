/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Management: the program of the second core. Takes events off the ring and prints
 * them on the serial line, brings the signature set from flash to the data plane, and
 * answers the console. May hang, crash or be flooded: forwarding does not notice.
 */
#ifndef FIRMWARE_MANAGEMENT_H
#define FIRMWARE_MANAGEMENT_H

#include "firmware/dataplane.h"

/* Starts it on a core of its own. 0, or −errno. `plane` is read only from there on. */
int management_start(struct dataplane *plane);

#endif
