/* SPDX-License-Identifier: BSD-2-Clause */
/* hal/state.h on Linux: files in a folder, written beside their place and renamed into it. */
#define _DEFAULT_SOURCE

#include "hal/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hal/file.h"

#define NEW_NAME "new" /* what a record is called while it is written */

static int folder = -1; /* locked while it is open */

int state_open(const char *path)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST) {
		return -errno;
	}
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0) {
		return -errno;
	}
	if (flock(folder, LOCK_EX | LOCK_NB) != 0) {
		int error = errno == EWOULDBLOCK ? -EBUSY : -errno;

		state_close();
		return error;
	}
	return 0;
}

void state_close(void)
{
	close(folder);
	folder = -1;
}

ptrdiff_t state_read(const char *name, void *out, size_t size)
{
	int descriptor = openat(folder, name, O_RDONLY | O_CLOEXEC);

	if (descriptor < 0) {
		return -errno;
	}
	ssize_t got = read(descriptor, out, size);
	ptrdiff_t result = got < 0 ? -errno : got;

	close(descriptor);
	return result;
}

int state_write(const char *name, const void *bytes, size_t length)
{
	struct file file = { .descriptor = openat(folder, NEW_NAME,
						  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) };

	if (file.descriptor < 0) {
		return -errno;
	}
	int error = file_write(&file, bytes, length);

	if (error == 0 && fsync(file.descriptor) != 0) {
		error = -errno;
	}
	int closed = file_close(&file);

	if (error == 0) {
		error = closed;
	}
	if (error == 0 && renameat(folder, NEW_NAME, folder, name) != 0) {
		error = -errno;
	}
	return error;
}

int state_remove(const char *name)
{
	return unlinkat(folder, name, 0) != 0 ? -errno : 0;
}
