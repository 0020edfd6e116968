/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading and replacing files; see file.h.
 */
#define _POSIX_C_SOURCE 200809L
#include "tools/sig/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/sig/memory.h"

static void complain(const char *path, const char *what)
{
	fprintf(stderr, "portreeve-tool: %s: %s\n", path, what);
}

struct blob blob_read(const char *path)
{
	struct blob blob = { NULL, 0 };
	FILE *file = fopen(path, "rb");
	struct stat status;

	if (file == NULL || fstat(fileno(file), &status) != 0) {
		complain(path, strerror(errno));
	} else if (!S_ISREG(status.st_mode)) {
		complain(path, "not a file");
	} else {
		blob.bytes = memory_zeroed((size_t)status.st_size, 1);
		blob.size = fread(blob.bytes, 1, (size_t)status.st_size, file);
		if (ferror(file)) {
			complain(path, strerror(errno));
			free(blob.bytes);
			blob.bytes = NULL;
		}
	}
	if (file != NULL) {
		fclose(file);
	}
	return blob;
}

bool file_read_key(const char *path, uint8_t key[static SET_KEY_SIZE])
{
	FILE *file = fopen(path, "rb");
	uint8_t bytes[SET_KEY_SIZE + 1];
	size_t length;

	if (file == NULL) {
		complain(path, strerror(errno));
		return false;
	}
	length = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	if (length != SET_KEY_SIZE) {
		complain(path, "not a key, expected exactly 16 bytes");
		return false;
	}
	memcpy(key, bytes, SET_KEY_SIZE);
	return true;
}

static bool write_all(int fd, const struct blob *blob)
{
	mode_t mask = umask(0);
	size_t done = 0;

	umask(mask);
	while (done < blob->size) {
		ssize_t wrote = write(fd, blob->bytes + done, blob->size - done);

		if (wrote < 0 && errno != EINTR) {
			return false;
		}
		done += wrote > 0 ? (size_t)wrote : 0;
	}
	return fchmod(fd, 0666 & ~mask) == 0 && fsync(fd) == 0;
}

bool blob_write(const char *path, const struct blob *blob)
{
	static const char suffix[] = ".XXXXXX";
	size_t length = strlen(path);
	char *temporary = memory_zeroed(length + sizeof(suffix), 1);
	bool written = false;
	int fd;

	memcpy(temporary, path, length);
	memcpy(temporary + length, suffix, sizeof(suffix));
	fd = mkstemp(temporary);
	if (fd >= 0) {
		written = write_all(fd, blob);
		written = close(fd) == 0 && written;
		written = written && rename(temporary, path) == 0;
	}
	if (!written) {
		complain(path, strerror(errno));
		if (fd >= 0) {
			unlink(temporary);
		}
	}
	free(temporary);
	return written;
}
