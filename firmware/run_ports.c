/* SPDX-License-Identifier: BSD-2-Clause */
/* The checks and settings of run_ports.h. */
#include "firmware/run_ports.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hal/state.h"

#define RECORD_NAME "interfaces"
#define RECORD_BYTES 512
#define ADDRESS_BYTES 64

/* A line for each interface, written and read with these. */
#define RECORD_WRITE "%s %" PRIu32 " %d %d %d %d %" PRIu32 " %" PRIu32 "\n"
#define RECORD_READ "%15s %" SCNu32 " %d %d %d %d %" SCNu32 " %" SCNu32
#define RECORD_FIELDS 8

struct complaint {
	char *text;
	size_t size;
};

static bool refuse(const struct complaint *complaint, const char *sentence, ...)
	__attribute__((format(printf, 2, 3)));

static bool refuse(const struct complaint *complaint, const char *sentence, ...)
{
	va_list values;

	va_start(values, sentence);
	vsnprintf(complaint->text, complaint->size, sentence, values);
	va_end(values);
	return false;
}

static bool check_alone(const struct interface *interface, bool force,
			const struct complaint *complaint)
{
	const char *name = interface->name;
	char address[ADDRESS_BYTES];

	if (!interface->ethernet) {
		return refuse(complaint, "%s is no Ethernet interface", name);
	}
	if (force) {
		return true;
	}
	if (interface->master != 0) {
		return refuse(complaint,
			      "%s is a member of a bridge or bond, which would forward its frames, "
			      "too: take it out ('ip link set %s nomaster'), or give --force",
			      name, name);
	}
	if (interface_address(interface, address, sizeof(address))) {
		return refuse(complaint,
			      "%s has the address %s: the host would no longer be reached there. "
			      "Remove it ('ip address flush dev %s'), or give --force",
			      name, address, name);
	}
	return true;
}

static bool check_pair(const struct run_ports *ports, bool force, const struct complaint *complaint)
{
	const struct interface *inside = &ports->interface[PORT_INSIDE];
	const struct interface *outside = &ports->interface[PORT_OUTSIDE];

	if (inside->index == outside->index) {
		return refuse(complaint,
			      "--inside and --outside are both %s: a bridge needs two interfaces",
			      inside->name);
	}
	if (inside->peer == outside->index) {
		return refuse(complaint,
			      "%s and %s are the two ends of one link: what leaves one comes in at "
			      "the other, for good",
			      inside->name, outside->name);
	}
	if (inside->mtu != outside->mtu && !force) {
		return refuse(complaint,
			      "%s takes packets of %" PRIu32 " bytes, %s of %" PRIu32
			      ": longer ones would be lost on the way. Make them alike ('ip link "
			      "set %s mtu %" PRIu32 "'), or give --force",
			      inside->name, inside->mtu, outside->name, outside->mtu,
			      inside->mtu < outside->mtu ? inside->name : outside->name,
			      inside->mtu < outside->mtu ? outside->mtu : inside->mtu);
	}
	return true;
}

bool run_state_open(const char *folder, char *error, size_t size)
{
	const struct complaint complaint = { error, size };
	int result = state_open(folder);

	return result == 0 ||
	       refuse(&complaint, "the folder %s of --state cannot be taken: %s", folder,
		      result == -EBUSY ? "another portreeve runs with it" : strerror(-result));
}

static bool find(struct interface *interface, const char *name, const struct complaint *complaint)
{
	int result = interface_find(interface, name);

	return result == 0 ||
	       refuse(complaint, "interface %s cannot be taken: %s%s", name, strerror(-result),
		      result == -ENODEV ? " ('ip link' lists what there is)" : "");
}

bool run_ports_find(struct run_ports *ports, const struct run_options *options, char *error,
		    size_t size)
{
	const struct complaint complaint = { error, size };

	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		struct interface *interface = &ports->interface[side];

		if (!find(interface, options->interface[side], &complaint) ||
		    !check_alone(interface, options->force, &complaint)) {
			return false;
		}
	}
	return check_pair(ports, options->force, &complaint);
}

/* What a program that was killed had found: its own settings are on the interface still. */
static void recall(struct run_ports *ports)
{
	char record[RECORD_BYTES];
	ptrdiff_t length = state_read(RECORD_NAME, record, sizeof(record) - 1);

	if (length < 0) {
		return;
	}
	record[length] = '\0';
	for (const char *line = record; *line != '\0'; line += strcspn(line, "\n") + 1) {
		struct interface_settings was = { .up = false };
		char name[INTERFACE_NAME_BYTES];
		int up, promiscuous, arp, ipv6;
		uint32_t index;

		if (sscanf(line, RECORD_READ, name, &index, &up, &promiscuous, &arp, &ipv6,
			   &was.offloads, &was.receive_ring) != RECORD_FIELDS) {
			return;
		}
		was.up = up != 0;
		was.promiscuous = promiscuous != 0;
		was.arp = arp != 0;
		was.ipv6 = ipv6 != 0;
		for (unsigned side = 0; side < SCANNER_PORTS; side++) {
			const struct interface *interface = &ports->interface[side];

			if (interface->index == index && strcmp(interface->name, name) == 0) {
				was.receive_ring_max = ports->before[side].receive_ring_max;
				ports->before[side] = was;
			}
		}
		if (line[strcspn(line, "\n")] == '\0') {
			return;
		}
	}
}

static int write_down(const struct run_ports *ports)
{
	char record[RECORD_BYTES];
	size_t length = 0;

	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		const struct interface *interface = &ports->interface[side];
		const struct interface_settings *was = &ports->before[side];

		length += (size_t)snprintf(record + length, sizeof(record) - length, RECORD_WRITE,
					   interface->name, interface->index, was->up,
					   was->promiscuous, was->arp, was->ipv6, was->offloads,
					   was->receive_ring);
	}
	return state_write(RECORD_NAME, record, length);
}

static int take_one(const struct run_ports *ports, unsigned side)
{
	const struct interface_settings *was = &ports->before[side];
	const struct interface_settings wanted = {
		.up = true,
		.promiscuous = true,
		.receive_ring = was->receive_ring_max > was->receive_ring ? was->receive_ring_max :
									    was->receive_ring,
	};

	return interface_settings_write(&ports->interface[side], &wanted);
}

static bool read_settings(struct run_ports *ports, const struct complaint *complaint)
{
	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		int result = interface_settings_read(&ports->interface[side], &ports->before[side]);

		if (result != 0) {
			return refuse(complaint, "the settings of %s cannot be read: %s",
				      ports->interface[side].name, strerror(-result));
		}
	}
	return true;
}

bool run_ports_recall(struct run_ports *ports, const struct run_options *options, char *error,
		      size_t size)
{
	const struct complaint complaint = { error, size };

	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		if (!find(&ports->interface[side], options->interface[side], &complaint)) {
			return false;
		}
	}
	if (!read_settings(ports, &complaint)) {
		return false;
	}
	recall(ports);
	return true;
}

bool run_ports_take(struct run_ports *ports, char *error, size_t size)
{
	const struct complaint complaint = { error, size };

	if (!read_settings(ports, &complaint)) {
		return false;
	}
	recall(ports);
	int result = write_down(ports);

	if (result != 0) {
		return refuse(&complaint, "cannot write to the folder of --state: %s",
			      strerror(-result));
	}
	for (unsigned side = 0; result == 0 && side < SCANNER_PORTS; side++) {
		result = take_one(ports, side);
		if (result != 0) {
			refuse(&complaint, "%s cannot be set up: %s%s", ports->interface[side].name,
			       strerror(-result),
			       result == -EPERM ? " (it takes root, or CAP_NET_ADMIN)" : "");
		}
	}
	if (result != 0) {
		run_ports_give_back(ports);
	}
	return result == 0;
}

void run_ports_give_back(const struct run_ports *ports)
{
	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		/* an interface that is gone has nothing to be put back */
		interface_settings_write(&ports->interface[side], &ports->before[side]);
	}
	state_remove(RECORD_NAME);
}
