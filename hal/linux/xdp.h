/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * XDP programs at interfaces, by rtnetlink(7): the first to see a frame that came. An interface
 * holds its program, whoever put it there, until it is detached. Every call returns 0, or what it
 * says, or −errno.
 */
#ifndef HAL_LINUX_XDP_H
#define HAL_LINUX_XDP_H

#include <stdint.h>

enum xdp_mode {
	XDP_GENERIC = 1 << 1, /* the kernel runs it, for any interface */
	XDP_NATIVE = 1 << 2 /* the interface's driver runs it */
};

/* `instead_of`: the descriptor of the one that it takes the place of at once, −1: none may be
 * there. */
int xdp_attach(uint32_t interface, enum xdp_mode mode, int program, int instead_of);
/* The descriptor of the program of that name there, and its mode; −ENOENT: there is none, −EEXIST:
 * it has another name. */
int xdp_find(uint32_t interface, const char *name, enum xdp_mode *mode);
int xdp_detach(uint32_t interface, enum xdp_mode mode, int program);

#endif
