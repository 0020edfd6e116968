/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/interface.h on Linux: rtnetlink(7) for what an interface is, ioctls (netdevice(7), ethtool's)
 * and /proc/sys/net for its settings. All of the network namespace that the program is in.
 */
#define _GNU_SOURCE

#include "hal/interface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hal/linux/abi.h"
#include "hal/linux/netlink.h"

#define FEATURES_MAX 1024
#define OFFLOADS_MAX 32
#define PATH_BYTES 80

/* ---- what it is ---- */

static void take_attribute(struct interface *interface, const struct netlink_walk *walk,
			   bool *elsewhere)
{
	switch (walk->type) {
	case ABI_IFLA_MTU:
		interface->mtu = netlink_number(walk);
		break;
	case ABI_IFLA_LINK:
		interface->peer = netlink_number(walk);
		break;
	case ABI_IFLA_MASTER:
		interface->master = netlink_number(walk);
		break;
	case ABI_IFLA_NUM_TX_QUEUES:
		interface->transmit_queues = netlink_number(walk);
		break;
	case ABI_IFLA_NUM_RX_QUEUES:
		interface->queues = netlink_number(walk);
		break;
	case ABI_IFLA_LINK_NETNSID:
		*elsewhere = true;
		break;
	case ABI_IFLA_PARENT_DEV_NAME:
		interface->hardware = true;
		break;
	default:
		break;
	}
}

static int read_answer(struct interface *interface, const uint8_t *answer, size_t length)
{
	struct abi_message message;
	struct abi_link link;
	bool elsewhere = false;

	if (length < sizeof(message) + sizeof(link)) {
		return -EIO;
	}
	memcpy(&message, answer, sizeof(message));
	if (message.type != ABI_RTM_NEWLINK) {
		return -EIO;
	}
	memcpy(&link, answer + sizeof(message), sizeof(link));
	interface->index = (uint32_t)link.index;
	interface->ethernet = link.type == ARPHRD_ETHER;
	struct netlink_walk walk =
		netlink_attributes(answer, length, sizeof(message) + sizeof(link));

	while (netlink_next(&walk)) {
		take_attribute(interface, &walk, &elsewhere);
	}
	if (elsewhere) {
		interface->peer = 0; /* a number of another namespace */
	}
	return 0;
}

int interface_find(struct interface *interface, const char *name)
{
	struct {
		struct abi_message message;
		struct abi_link link;
		struct abi_attribute attribute;
		char name[INTERFACE_NAME_BYTES];
	} question = {
		.message = { .length = sizeof(question),
			     .type = ABI_RTM_GETLINK,
			     .flags = ABI_NLM_F_REQUEST },
		.attribute = { .length = sizeof(struct abi_attribute) + INTERFACE_NAME_BYTES,
			       .type = ABI_IFLA_IFNAME },
	};

	*interface = (struct interface){ .index = 0 };
	if (strlen(name) >= sizeof(interface->name)) {
		return -ENODEV;
	}
	memcpy(interface->name, name, strlen(name));
	memcpy(question.name, interface->name, sizeof(question.name));
	uint8_t *answer = malloc(NETLINK_ANSWER_BYTES);

	if (answer == NULL) {
		return -ENOMEM;
	}
	ptrdiff_t got = netlink_ask(&question, sizeof(question), answer, NETLINK_ANSWER_BYTES);
	int result = got < 0 ? (int)got : read_answer(interface, answer, (size_t)got);

	free(answer);
	return result;
}

static bool is_link_local(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *six = (const void *)address;

		return IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr);
	}
	const struct sockaddr_in *four = (const void *)address;

	return ntohl(four->sin_addr.s_addr) >> 16 == 0xa9fe; /* 169.254/16, RFC 3927 */
}

static void write_address(const struct sockaddr *address, char *out, size_t size)
{
	const struct sockaddr_in *four = (const void *)address;
	const struct sockaddr_in6 *six = (const void *)address;
	const void *bytes = address->sa_family == AF_INET ? (const void *)&four->sin_addr :
							    (const void *)&six->sin6_addr;

	inet_ntop(address->sa_family, bytes, out, (socklen_t)size);
}

bool interface_address(const struct interface *interface, char *out, size_t size)
{
	struct ifaddrs *all = NULL;
	bool found = false;

	if (getifaddrs(&all) != 0) {
		return false;
	}
	for (const struct ifaddrs *one = all; one != NULL && !found; one = one->ifa_next) {
		const struct sockaddr *address = one->ifa_addr;

		if (strcmp(one->ifa_name, interface->name) == 0 && address != NULL &&
		    (address->sa_family == AF_INET || address->sa_family == AF_INET6) &&
		    !is_link_local(address)) {
			write_address(address, out, size);
			found = true;
		}
	}
	freeifaddrs(all);
	return found;
}

/* ---- settings ---- */

static int open_control(void)
{
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return control < 0 ? -errno : control;
}

static struct ifreq request_for(const struct interface *interface)
{
	struct ifreq request = { .ifr_flags = 0 };

	memcpy(request.ifr_name, interface->name, sizeof(interface->name));
	return request;
}

static int read_flags(int control, const struct interface *interface, unsigned *flags)
{
	struct ifreq request = request_for(interface);

	if (ioctl(control, SIOCGIFFLAGS, &request) != 0) {
		return -errno;
	}
	*flags = (uint16_t)request.ifr_flags;
	return 0;
}

static int ethtool(int control, const struct interface *interface, void *command)
{
	struct ifreq request = request_for(interface);

	request.ifr_data = command;
	return ioctl(control, ABI_SIOCETHTOOL, &request) != 0 ? -errno : 0;
}

/* By ethtool, as the flag IFF_RUNNING follows a lost link up to a second late. */
bool interface_link_up(const struct interface *interface)
{
	struct abi_number link = { .command = ABI_ETHTOOL_GLINK };
	int control = open_control();

	if (control < 0) {
		return false;
	}
	int error = ethtool(control, interface, &link);

	close(control);
	return error == 0 && link.value != 0;
}

/* False: that cannot be told. */
static bool read_channels(const struct interface *interface, struct abi_channels *channels)
{
	int control = open_control();

	if (control < 0) {
		return false;
	}
	*channels = (struct abi_channels){ .command = ABI_ETHTOOL_GCHANNELS };
	int error = ethtool(control, interface, channels);

	close(control);
	return error == 0;
}

uint32_t interface_queues(const struct interface *interface)
{
	struct abi_channels channels;

	return read_channels(interface, &channels) ? channels.receive + channels.combined :
						     interface->queues;
}

uint32_t interface_transmit_queues(const struct interface *interface)
{
	struct abi_channels channels;

	return read_channels(interface, &channels) ? channels.transmit + channels.combined :
						     interface->transmit_queues;
}

/* The interface's features by number: their names, and how many there are. */
struct features {
	uint32_t count;
	struct {
		uint32_t command, set, count;
		char name[FEATURES_MAX][ABI_STRING_BYTES];
	} names;
	struct {
		uint32_t command, blocks;
		struct abi_feature block[FEATURES_MAX / 32];
	} state;
};

static int read_features(int control, const struct interface *interface, struct features *features)
{
	struct {
		uint32_t command, reserved;
		uint64_t sets;
		uint32_t count;
	} info = { .command = ABI_ETHTOOL_GSSET_INFO, .sets = 1u << ABI_ETH_SS_FEATURES };
	int error = ethtool(control, interface, &info);

	if (error != 0 || info.sets == 0 || info.count > FEATURES_MAX) {
		return error != 0 ? error : -EOPNOTSUPP;
	}
	features->count = info.count;
	features->names.command = ABI_ETHTOOL_GSTRINGS;
	features->names.set = ABI_ETH_SS_FEATURES;
	features->names.count = info.count;
	features->state.command = ABI_ETHTOOL_GFEATURES;
	features->state.blocks = (info.count + 31) / 32;
	error = ethtool(control, interface, &features->names);
	return error != 0 ? error : ethtool(control, interface, &features->state);
}

#define OFFLOAD_NAME(name) name,
static const char *const offload_names[] = { INTERFACE_OFFLOADS(OFFLOAD_NAME) };
#undef OFFLOAD_NAME

#define OFFLOAD_COUNT (sizeof(offload_names) / sizeof(offload_names[0]))

static_assert(OFFLOAD_COUNT <= OFFLOADS_MAX, "bits of interface_settings.offloads");

/* The feature's number, or its count when this kernel has none of that name. */
static uint32_t find_feature(const struct features *features, const char *name)
{
	uint32_t i = 0;

	while (i < features->count &&
	       strncmp(features->names.name[i], name, ABI_STRING_BYTES) != 0) {
		i++;
	}
	return i;
}

static uint32_t offloads_on(const struct features *features)
{
	uint32_t on = 0;

	for (unsigned i = 0; i < OFFLOAD_COUNT; i++) {
		uint32_t at = find_feature(features, offload_names[i]);

		if (at < features->count &&
		    (features->state.block[at / 32].active >> at % 32 & 1) != 0) {
			on |= 1u << i;
		}
	}
	return on;
}

static void read_offloads(int control, const struct interface *interface, uint32_t *on)
{
	struct features *features = calloc(1, sizeof(*features));

	*on = 0;
	if (features != NULL && read_features(control, interface, features) == 0) {
		*on = offloads_on(features);
	}
	free(features);
}

static int write_offloads(int control, const struct interface *interface, uint32_t from,
			  uint32_t to)
{
	struct {
		uint32_t command, blocks;
		struct abi_feature_change block[FEATURES_MAX / 32];
	} change = { .command = ABI_ETHTOOL_SFEATURES };
	struct features *features = calloc(1, sizeof(*features));
	int error = features == NULL ? -ENOMEM : read_features(control, interface, features);

	for (unsigned i = 0; error == 0 && i < OFFLOAD_COUNT; i++) {
		uint32_t at = find_feature(features, offload_names[i]);
		uint32_t bit = 1u << at % 32;

		if (((from ^ to) >> i & 1) == 0 || at >= features->count ||
		    (features->state.block[at / 32].available & bit) == 0) {
			continue;
		}
		change.block[at / 32].valid |= bit;
		change.block[at / 32].requested |= (to >> i & 1) != 0 ? bit : 0;
	}
	if (error == 0) {
		change.blocks = features->state.blocks;
		error = ethtool(control, interface, &change);
	}
	free(features);
	return error;
}

static void read_rings(int control, const struct interface *interface,
		       struct interface_settings *now)
{
	struct abi_rings rings = { .command = ABI_ETHTOOL_GRINGPARAM };

	if (ethtool(control, interface, &rings) == 0) {
		now->receive_ring = rings.receive;
		now->receive_ring_max = rings.receive_max;
	}
}

static int write_rings(int control, const struct interface *interface, uint32_t receive)
{
	struct abi_rings rings = { .command = ABI_ETHTOOL_GRINGPARAM };
	int error = ethtool(control, interface, &rings);

	rings.command = ABI_ETHTOOL_SRINGPARAM;
	rings.receive = receive;
	return error != 0 ? error : ethtool(control, interface, &rings);
}

static int open_ipv6(const struct interface *interface, int flags)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", interface->name);
	int descriptor = open(path, flags | O_CLOEXEC);

	return descriptor < 0 ? -errno : descriptor;
}

/* A kernel without IPv6 has no such file: then it is off. */
static bool read_ipv6(const struct interface *interface)
{
	int descriptor = open_ipv6(interface, O_RDONLY);
	char text = '1';

	if (descriptor < 0) {
		return false;
	}
	if (read(descriptor, &text, 1) != 1) {
		text = '1';
	}
	close(descriptor);
	return text == '0';
}

static int write_ipv6(const struct interface *interface, bool on)
{
	int descriptor = open_ipv6(interface, O_WRONLY);

	if (descriptor < 0) {
		return descriptor;
	}
	int error = write(descriptor, on ? "0" : "1", 1) != 1 ? -errno : 0;

	close(descriptor);
	return error;
}

int interface_settings_read(const struct interface *interface, struct interface_settings *now)
{
	unsigned flags = 0;
	int control = open_control();

	*now = (struct interface_settings){ .up = false };
	if (control < 0) {
		return control;
	}
	int error = read_flags(control, interface, &flags);

	if (error == 0) {
		now->up = (flags & IFF_UP) != 0;
		now->promiscuous = (flags & IFF_PROMISC) != 0;
		now->arp = (flags & IFF_NOARP) == 0;
		now->ipv6 = read_ipv6(interface);
		read_offloads(control, interface, &now->offloads);
		read_rings(control, interface, now);
	}
	close(control);
	return error;
}

static int write_flags(int control, const struct interface *interface,
		       const struct interface_settings *wanted)
{
	struct ifreq request = request_for(interface);
	unsigned flags;
	int error = read_flags(control, interface, &flags);

	if (error != 0) {
		return error;
	}
	flags &= ~(unsigned)(IFF_UP | IFF_PROMISC | IFF_NOARP);
	flags |= (wanted->up ? IFF_UP : 0u) | (wanted->promiscuous ? IFF_PROMISC : 0u) |
		 (wanted->arp ? 0u : (unsigned)IFF_NOARP);
	request.ifr_flags = (short)flags;
	return ioctl(control, SIOCSIFFLAGS, &request) != 0 ? -errno : 0;
}

int interface_settings_write(const struct interface *interface,
			     const struct interface_settings *wanted)
{
	struct interface_settings now;
	int error = interface_settings_read(interface, &now);
	int control = error != 0 ? error : open_control();

	if (control < 0) {
		return control;
	}
	if (now.ipv6 && !wanted->ipv6) {
		error = write_ipv6(interface, false); /* before it goes up and speaks */
	}
	if (now.offloads != wanted->offloads) {
		/* what cannot be changed shows in the frames, and those are carried as they are */
		write_offloads(control, interface, now.offloads, wanted->offloads);
	}
	if (wanted->receive_ring != 0 && now.receive_ring != wanted->receive_ring) {
		write_rings(control, interface, wanted->receive_ring);
	}
	if (error == 0) {
		error = write_flags(control, interface, wanted);
	}
	if (error == 0 && wanted->ipv6 && !now.ipv6) {
		error = write_ipv6(interface, true);
	}
	close(control);
	return error;
}

int interface_switch(const struct interface *interface, bool on)
{
	struct ifreq request = request_for(interface);
	unsigned flags;
	int control = open_control();
	int error = control < 0 ? control : read_flags(control, interface, &flags);

	if (error == 0) {
		request.ifr_flags = (short)(on ? flags | IFF_UP : flags & ~(unsigned)IFF_UP);
		error = ioctl(control, SIOCSIFFLAGS, &request) != 0 ? -errno : 0;
	}
	if (control >= 0) {
		close(control);
	}
	return error;
}
