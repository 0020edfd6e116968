/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/entropy.h on Linux: getrandom(2), which waits once after boot until the kernel's pool is
 * initialised. It may be interrupted by a signal, and gives less than asked when that happens in
 * the middle of a long request; both only mean to go on.
 */
#define _DEFAULT_SOURCE

#include "hal/entropy.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>

int entropy_fill(void *out, size_t length_bytes)
{
	uint8_t *next = out;

	while (length_bytes > 0) {
		ssize_t got = getrandom(next, length_bytes, 0);

		if (got < 0) {
			if (errno == EINTR) {
				continue;
			}
			return -errno;
		}
		next += got;
		length_bytes -= (size_t)got;
	}
	return 0;
}
