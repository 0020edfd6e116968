/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A signature set from a file into memory of its own (a file could change under
 * the data core), checked and opened. Management core.
 */
#ifndef FIRMWARE_SET_FILE_H
#define FIRMWARE_SET_FILE_H

#include <stdbool.h>

#include "scanner/set.h"

#define SET_FILE_ERROR_BYTES 256

struct set_file {
	struct set set; /* a view of blob */
	void *blob; /* owned */
	char error[SET_FILE_ERROR_BYTES]; /* one sentence, with the file's name */
};

/* Loads the set in `path`; `key_path` names the 16 raw bytes of its key, NULL when the key is
 * inside. False: see error; nothing is held then. */
bool set_file_load(struct set_file *file, const char *path, const char *key_path);
void set_file_free(struct set_file *file);

#endif
