/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/links.h on Linux: rtnetlink(7)'s notifications of links. Only that something came is of
 * interest, as what came is old by the time it is read, and may have been lost.
 */
#define _GNU_SOURCE

#include "hal/links.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hal/linux/abi.h"
#include "hal/linux/cores.h"

#define NOTES_MAX 64 /* read at once: whoever makes them faster does not hold management up */

static int netlink = -1;
static int watch; /* its place among what management sleeps on; 0: none */

int links_watch(void)
{
	const struct abi_netlink_address address = { .family = ABI_AF_NETLINK,
						     .groups = ABI_RTMGRP_LINK };

	netlink = socket(ABI_AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (netlink < 0) {
		return -errno;
	}
	if (bind(netlink, (const struct sockaddr *)(const void *)&address, sizeof(address)) != 0) {
		int error = -errno;

		links_unwatch();
		return error;
	}
	watch = cores_watch(CORE_MANAGEMENT, netlink, POLLIN);
	return 0;
}

bool links_changed(void)
{
	uint8_t byte;
	bool came = false;

	for (unsigned i = 0; i < NOTES_MAX; i++) {
		/* an error other than that nothing waits tells of notes that were lost */
		if (recv(netlink, &byte, sizeof(byte), 0) < 0 && errno == EAGAIN) {
			break;
		}
		came = true;
	}
	return came;
}

void links_unwatch(void)
{
	if (watch > 0) {
		cores_unwatch(CORE_MANAGEMENT, watch);
	}
	if (netlink >= 0) {
		close(netlink);
	}
	netlink = -1;
	watch = 0;
}
