/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files as the tool needs them. What goes wrong is said on standard error.
 */
#ifndef TOOLS_SIG_FILE_H
#define TOOLS_SIG_FILE_H

#include <stdbool.h>

#include "tools/sig/build.h"

/* A whole file at a multiple of SET_ALIGNMENT; no bytes when it cannot be read. */
struct blob blob_read(const char *path);
/* Replaces `path` in one step, so that it holds the old content or all of the new one. */
bool blob_write(const char *path, const struct blob *blob);
/* A file of exactly SET_KEY_SIZE bytes. */
bool file_read_key(const char *path, uint8_t key[static SET_KEY_SIZE]);

#endif
