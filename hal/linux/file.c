/* SPDX-License-Identifier: BSD-2-Clause */
/* hal/file.h on Linux: file descriptors. */
#define _POSIX_C_SOURCE 200809L

#include "hal/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hal/stop.h"

static bool is_dash(const char *path)
{
	return strcmp(path, "-") == 0;
}

static int identity_from(const struct stat *status, struct file_identity *identity)
{
	if (S_ISDIR(status->st_mode)) {
		return -EISDIR;
	}
	identity->device = status->st_dev;
	identity->number = status->st_ino;
	identity->regular = S_ISREG(status->st_mode);
	identity->size_bytes = identity->regular ? (uint64_t)status->st_size : 0;
	return 0;
}

int file_identify(const char *path, struct file_identity *identity)
{
	struct stat status;
	int result = is_dash(path) ? fstat(STDIN_FILENO, &status) : stat(path, &status);

	return result != 0 ? -errno : identity_from(&status, identity);
}

static int attach(struct file *file, int descriptor)
{
	struct stat status;
	int result = fstat(descriptor, &status) != 0 ? -errno :
						       identity_from(&status, &file->identity);

	file->descriptor = descriptor;
	if (result != 0) {
		file_close(file);
	}
	return result;
}

static int open_retrying(const char *path, int flags)
{
	int descriptor;

	do { /* a FIFO's open waits for its other end, so a signal can interrupt it */
		descriptor = open(path, flags | O_CLOEXEC | O_NOCTTY, 0666);
	} while (descriptor < 0 && errno == EINTR && stop_signal() == 0);
	return descriptor < 0 ? -errno : descriptor;
}

int file_open(struct file *file, const char *path)
{
	int descriptor = is_dash(path) ? STDIN_FILENO : open_retrying(path, O_RDONLY);

	return descriptor < 0 ? descriptor : attach(file, descriptor);
}

int file_create(struct file *file, const char *path)
{
	int descriptor = is_dash(path) ? STDOUT_FILENO :
					 open_retrying(path, O_WRONLY | O_CREAT | O_TRUNC);

	return descriptor < 0 ? descriptor : attach(file, descriptor);
}

int file_append(struct file *file, const char *path)
{
	int descriptor = is_dash(path) ? STDOUT_FILENO :
					 open_retrying(path, O_WRONLY | O_CREAT | O_APPEND);

	return descriptor < 0 ? descriptor : attach(file, descriptor);
}

int file_close(struct file *file)
{
	int result = close(file->descriptor) != 0 ? -errno : 0;

	file->descriptor = -1;
	/* Linux has closed it all the same, and lost nothing */
	return result == -EINTR ? 0 : result;
}

ptrdiff_t file_read(const struct file *file, void *out, size_t length)
{
	ssize_t got;

	do {
		got = read(file->descriptor, out, length);
	} while (got < 0 && errno == EINTR && stop_signal() == 0);
	return got < 0 ? -errno : got;
}

bool file_ready(const struct file *file, unsigned timeout_ms)
{
	struct pollfd wanted = { .fd = file->descriptor, .events = POLLIN };

	/* a signal or an error ends the wait: reading tells what it is about */
	return file->identity.regular || poll(&wanted, 1, (int)timeout_ms) != 0;
}

int file_write(const struct file *file, const void *bytes, size_t length)
{
	const uint8_t *next = bytes;

	while (length > 0) {
		ssize_t put = write(file->descriptor, next, length);

		if (put < 0 && errno != EINTR) {
			return -errno;
		}
		if (put > 0) {
			next += put;
			length -= (size_t)put;
		}
	}
	return 0;
}

void file_keep_broken_pipes(void)
{
	signal(SIGPIPE, SIG_IGN);
}

bool file_error_is_terminal(void)
{
	return isatty(STDERR_FILENO) == 1;
}
