/* SPDX-License-Identifier: BSD-2-Clause */
/* The command of flash.h: an existing file is changed, a missing one is made, all erased. */
#define _POSIX_C_SOURCE 200809L
#include "tools/flash/flash.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scanner/set.h"
#include "scanner/set_format.h"
#include "tools/sig/file.h"
#include "tools/sig/memory.h"

#define FLASH_BYTES (64u << 20)
#define BLOCK_BYTES (256u << 10)
#define ERASED 0xff

static int usage(const char *problem)
{
	fprintf(stderr, "portreeve-tool: %s\nusage:\n%s", problem, FLASH_USAGE);
	return 2;
}

static bool is_good_set(const char *path, const struct blob *blob)
{
	struct set set;
	enum set_error error = set_check(&set, blob->bytes, blob->size);

	if (error != SET_OK) {
		fprintf(stderr, "portreeve-tool: %s: %s\n", path, set_error_text(error));
	} else if (!set_key_inside(&set)) {
		fprintf(stderr,
			"portreeve-tool: %s: its key is outside, and flash holds none: compile it "
			"without --key-outside\n",
			path);
		error = SET_ERROR_KEY_MISSING;
	} else if (blob->size > FLASH_BYTES) {
		fprintf(stderr, "portreeve-tool: %s: %zu bytes, more than the flash has (%u)\n",
			path, blob->size, FLASH_BYTES);
		error = SET_ERROR_SIZE;
	}
	return error == SET_OK;
}

static struct blob flash_read(const char *path)
{
	struct blob flash = { NULL, FLASH_BYTES };

	if (access(path, F_OK) == 0) {
		flash = blob_read(path);
		if (flash.bytes != NULL && flash.size != FLASH_BYTES) {
			fprintf(stderr, "portreeve-tool: %s: %zu bytes, expected a flash of %u\n",
				path, flash.size, FLASH_BYTES);
			free(flash.bytes);
			flash.bytes = NULL;
		}
	} else {
		flash.bytes = memory_zeroed(FLASH_BYTES, 1);
		memset(flash.bytes, ERASED, FLASH_BYTES);
	}
	return flash;
}

static int flash_write(const char *path, const char *set_path)
{
	struct blob set = blob_read(set_path);

	if (set.bytes == NULL || !is_good_set(set_path, &set)) {
		free(set.bytes);
		return 1;
	}
	struct blob flash = flash_read(path);
	bool written = false;

	if (flash.bytes != NULL) {
		size_t blocks = (set.size + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;

		memset(flash.bytes, ERASED, blocks);
		memcpy(flash.bytes, set.bytes, set.size);
		written = blob_write(path, &flash);
	}
	free(flash.bytes);
	free(set.bytes);
	return written ? 0 : 1;
}

int flash(int count, char **arguments)
{
	if (count == 4 && strcmp(arguments[0], "write") == 0 &&
	    strcmp(arguments[2], "--signatures") == 0) {
		return flash_write(arguments[1], arguments[3]);
	}
	return usage("expected flash write FLASH --signatures SET");
}
