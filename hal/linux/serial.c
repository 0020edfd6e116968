/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/serial.h on Linux: the terminal or a pseudo terminal. Output that nobody takes is given up
 * after a short while, as on a line without a reader: the program never waits for a person.
 */
#define _GNU_SOURCE

#include "hal/serial.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "hal/linux/cores.h"
#include "hal/live.h"

#define PATIENCE_MS 100
#define NAME_BYTES 64

static struct {
	bool open, terminal, ended;
	int input, output;
	int far; /* the pseudo terminal's other end, kept so that it never hangs up */
	struct termios before;
	char link[PATH_MAX];
	uint32_t faults[SERIAL_FAULTS];
	int watch; /* its place among what management sleeps on */
} line;

static int open_terminal(void)
{
	struct termios keys;

	if (tcgetattr(STDIN_FILENO, &line.before) != 0) {
		return -errno;
	}
	keys = line.before;
	keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	keys.c_iflag &= ~(tcflag_t)(IXON | ICRNL); /* Ctrl-S may not stop the alerts */
	line.input = STDIN_FILENO;
	line.output = STDOUT_FILENO;
	line.terminal = true;
	return tcsetattr(STDIN_FILENO, TCSANOW, &keys) != 0 ? -errno : 0;
}

static void make_raw(int descriptor)
{
	struct termios raw;

	if (tcgetattr(descriptor, &raw) == 0) {
		cfmakeraw(&raw);
		tcsetattr(descriptor, TCSANOW, &raw);
	}
}

static int open_pseudo(const char *path, int *output)
{
	char name[NAME_BYTES];
	int near = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	if (near < 0) {
		return -errno;
	}
	if (grantpt(near) != 0 || unlockpt(near) != 0 || ptsname_r(near, name, sizeof(name)) != 0 ||
	    (line.far = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) {
		int error = -errno;

		close(near);
		return error;
	}
	make_raw(line.far);
	if (path != NULL && strlen(path) < sizeof(line.link)) {
		strcpy(line.link, path);
		unlink(path);
		if (symlink(name, path) != 0) {
			line.link[0] = '\0'; /* it goes without: the log still has everything */
		}
	}
	*output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	dup2(near, STDOUT_FILENO);
	line.input = near;
	line.output = near;
	return 0;
}

int serial_open(const char *path, int *output)
{
	bool terminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
	int error = terminal ? open_terminal() : open_pseudo(path, output);

	if (terminal) {
		*output = STDOUT_FILENO;
	}
	line.open = error == 0;
	if (line.open) {
		line.watch = cores_watch(CORE_MANAGEMENT, line.input, POLLIN);
	}
	return error;
}

bool serial_is_terminal(void)
{
	return line.terminal;
}

void serial_close(void)
{
	if (!line.open) {
		return;
	}
	line.open = false;
	if (line.terminal) {
		tcsetattr(STDIN_FILENO, TCSANOW, &line.before);
	} else if (line.link[0] != '\0') {
		unlink(line.link);
	}
}

const uint32_t *serial_faults(void)
{
	return line.faults;
}

static bool is_ready(int descriptor, short events, int timeout_ms)
{
	struct pollfd wanted = { .fd = descriptor, .events = events };

	return poll(&wanted, 1, timeout_ms) > 0;
}

void serial_write(const void *bytes, size_t length)
{
	const uint8_t *next = bytes;

	while (length > 0 && line.open) {
		ssize_t put = is_ready(line.output, POLLOUT, line.terminal ? PATIENCE_MS : 0) ?
				      write(line.output, next, length) :
				      -1;

		if (put < 0) {
			line.faults[SERIAL_FAULT_UNSENT] += (uint32_t)length;
			return;
		}
		next += put;
		length -= (size_t)put;
	}
}

size_t serial_offer(const void *bytes, size_t length)
{
	ssize_t put = line.open && is_ready(line.output, POLLOUT, 0) ?
			      write(line.output, bytes, length) :
			      -1;

	/* what is not taken now is given up: nobody may be there to take it ever */
	return put > 0 ? (size_t)put : length;
}

size_t serial_read(void *out, size_t length)
{
	if (!line.open || line.ended || !is_ready(line.input, POLLIN, 0)) {
		return 0;
	}
	ssize_t got = read(line.input, out, length);

	if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) {
		line.ended = true; /* the person has left */
		cores_unwatch(CORE_MANAGEMENT, line.watch);
	}
	return got > 0 ? (size_t)got : 0;
}
