/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random bytes fit for keys: the flow table's hash, a signature set's key. Taken at start and when
 * a table is re-keyed, never per packet. Any core may call it; shortly after the board's start it
 * may wait until enough is gathered.
 */
#ifndef HAL_ENTROPY_H
#define HAL_ENTROPY_H

#include <stddef.h>

/*
 * Fills length_bytes bytes at out. Returns 0, or -errno and out holds nothing usable: there is no
 * safe substitute, and the caller must not go on without a key.
 */
int entropy_fill(void *out, size_t length_bytes);

#endif
