/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions to the kernel by rtnetlink(7), and the attributes of what it answers. Any core.
 */
#ifndef HAL_LINUX_NETLINK_H
#define HAL_LINUX_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETLINK_ANSWER_BYTES 32768

/* Attributes that stand one behind the other; `at` is one's data once netlink_next() said so. */
struct netlink_walk {
	const uint8_t *next, *end;
	const uint8_t *at;
	size_t length;
	uint16_t type;
};

/* Sends a message that begins with its header, and has its first answer put to `answer`. The
 * answer's length; 0: done, with nothing to tell; −errno. */
ptrdiff_t netlink_ask(const void *message, size_t length, uint8_t *answer, size_t size);

/* Of `length` bytes; `header` of them come before the attributes. */
struct netlink_walk netlink_attributes(const uint8_t *data, size_t length, size_t header);
/* The next one; false: there is none. */
bool netlink_next(struct netlink_walk *walk);
/* The attribute's data as a number; 0 if it is too short for one. */
uint32_t netlink_number(const struct netlink_walk *walk);

#endif
