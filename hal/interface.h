/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network interfaces of an operating system, before the appliance takes two of them as its ports:
 * what they are, and the settings of theirs that a bridge depends on. For boards that have one.
 * Every call returns 0 or −errno unless it says otherwise.
 */
#ifndef HAL_INTERFACE_H
#define HAL_INTERFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INTERFACE_NAME_BYTES 16 /* with its end */

struct interface {
	char name[INTERFACE_NAME_BYTES];
	uint32_t index;
	uint32_t mtu;
	uint32_t master; /* index of the bridge or bond that it is a member of; 0: none */
	uint32_t peer; /* index of a virtual link's other end in this namespace; 0: none */
	uint32_t queues; /* that it can have for reception */
	uint32_t transmit_queues;
	bool ethernet; /* not the loopback, a tunnel… */
	bool hardware; /* a device is behind it, as far as the system tells (Linux 5.14) */
};

/* −ENODEV: there is none of that name. */
int interface_find(struct interface *interface, const char *name);
/* Writes an address of it that is not link-local as text. Returns whether there is one. */
bool interface_address(const struct interface *interface, char *out, size_t size);
/* Whether the far end is there. */
bool interface_link_up(const struct interface *interface);
/* The queues that it has for reception now. */
uint32_t interface_queues(const struct interface *interface);
uint32_t interface_transmit_queues(const struct interface *interface);

/* What the interface's offloads are called by ethtool; bit i of `offloads` is the i-th. */
#define INTERFACE_OFFLOADS(X)      \
	X("rx-gro")                \
	X("rx-gro-hw")             \
	X("rx-gro-list")           \
	X("rx-lro")                \
	X("rx-udp-gro-forwarding") \
	X("rx-vlan-hw-parse")      \
	X("rx-vlan-stag-hw-parse")

struct interface_settings {
	bool up;
	bool promiscuous; /* takes frames for others */
	bool arp; /* answers for its addresses */
	bool ipv6; /* the host has IPv6 there, and so an address */
	uint32_t offloads; /* that merge frames or take tags out of them, and are on */
	uint32_t receive_ring; /* slots; 0: cannot be told */
	uint32_t receive_ring_max; /* only read */
};

int interface_settings_read(const struct interface *interface, struct interface_settings *now);
/* Changes what differs, IPv6 off first and on last. What the interface cannot do is left as it
 * is. */
int interface_settings_write(const struct interface *interface,
			     const struct interface_settings *wanted);
/* Switches the interface alone on or off, whose far end sees its link come or go. */
int interface_switch(const struct interface *interface, bool on);

#endif
