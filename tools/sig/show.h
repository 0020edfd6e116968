/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sig show`: what can be told about a compiled set.
 */
#ifndef TOOLS_SIG_SHOW_H
#define TOOLS_SIG_SHOW_H

/* Prints to standard output. The values are not in a set, only their number; a key that is
 * outside is not needed. Returns the exit status, 0 or 1. */
int show(const char *path);

#endif
