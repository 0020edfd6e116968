/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A folder for what outlives the program: small records by name, each replaced whole or not at all.
 * One program at a time has it. For boards with files; data core before it forwards, and at the
 * end. Every call returns 0 or −errno unless it says otherwise.
 */
#ifndef HAL_STATE_H
#define HAL_STATE_H

#include <stddef.h>

/* Makes the folder if it is not there (not those above it). −EBUSY: another program has it. */
int state_open(const char *folder);
void state_close(void);
/* The length of what was written under `name`, at most `size` bytes of it in `out`; −ENOENT. */
ptrdiff_t state_read(const char *name, void *out, size_t size);
int state_write(const char *name, const void *bytes, size_t length);
int state_remove(const char *name);

#endif
