/* SPDX-License-Identifier: BSD-2-Clause */
/* The questions of netlink.h: a socket each, as they are few. */
#define _GNU_SOURCE

#include "hal/linux/netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hal/linux/abi.h"

static ptrdiff_t check(const uint8_t *answer, size_t length)
{
	struct abi_message message;
	int32_t error;

	if (length < sizeof(message) + sizeof(error)) {
		return -EIO;
	}
	memcpy(&message, answer, sizeof(message));
	memcpy(&error, answer + sizeof(message), sizeof(error));
	return message.type == ABI_NLMSG_ERROR ? error : (ptrdiff_t)length;
}

ptrdiff_t netlink_ask(const void *message, size_t length, uint8_t *answer, size_t size)
{
	int netlink = socket(ABI_AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (netlink < 0) {
		return -errno;
	}
	ptrdiff_t got = send(netlink, message, length, 0);

	if (got >= 0) {
		got = recv(netlink, answer, size, 0);
	}
	got = got < 0 ? -errno : check(answer, (size_t)got);
	close(netlink);
	return got;
}

struct netlink_walk netlink_attributes(const uint8_t *data, size_t length, size_t header)
{
	return (struct netlink_walk){ .next = data + (header < length ? header : length),
				      .end = data + length };
}

bool netlink_next(struct netlink_walk *walk)
{
	struct abi_attribute attribute;
	size_t left = (size_t)(walk->end - walk->next);

	if (left < sizeof(attribute)) {
		return false;
	}
	memcpy(&attribute, walk->next, sizeof(attribute));
	if (attribute.length < sizeof(attribute) || attribute.length > left) {
		return false;
	}
	walk->type = attribute.type & (uint16_t)~ABI_NLA_F_NESTED;
	walk->at = walk->next + sizeof(attribute);
	walk->length = attribute.length - sizeof(attribute);
	size_t step = ABI_ALIGN(attribute.length);

	walk->next += step < left ? step : left;
	return true;
}

uint32_t netlink_number(const struct netlink_walk *walk)
{
	uint32_t number = 0;

	if (walk->length >= sizeof(number)) {
		memcpy(&number, walk->at, sizeof(number));
	}
	return number;
}
