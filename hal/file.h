/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files and streams of boards that have them: captures, signature sets and
 * exported events of the replay program. Blocking calls: for the management core
 * and for programs without a data core, never between rx and tx.
 *
 * Every call that can fail returns 0 or −errno, or a count where it says so.
 * Interrupted calls are repeated, but opening and reading give −EINTR when the program is to end
 * (hal/stop.h).
 */
#ifndef HAL_FILE_H
#define HAL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which file it is, whatever name it was reached by. */
struct file_identity {
	uint64_t device;
	uint64_t number;
	bool regular; /* has a size, keeps what is written; not a pipe, terminal or device */
	uint64_t size_bytes; /* 0 unless regular */
};

struct file {
	int descriptor;
	struct file_identity identity;
};

/* Looks at what `path` names without opening it; "-" is standard input. A folder is −EISDIR. */
int file_identify(const char *path, struct file_identity *identity);

/* Opens for reading; "-" is standard input. A folder is −EISDIR. */
int file_open(struct file *file, const char *path);
/* Opens for writing, made anew or emptied; "-" is standard output (not emptied). */
int file_create(struct file *file, const char *path);
/* The same, but what is in it stays, and what is written goes behind it. */
int file_append(struct file *file, const char *path);
/* Errors that the system kept back until now (a full disk, a remote file) show here: check it
 * after writing. */
int file_close(struct file *file);

/* Up to `length` bytes; less than asked is no sign of the end, only 0 is. At most PTRDIFF_MAX. */
ptrdiff_t file_read(const struct file *file, void *out, size_t length);
/* Whether a read would return at once; waits for that up to `timeout_ms`. Regular files always. */
bool file_ready(const struct file *file, unsigned timeout_ms);
/* All of it. −EPIPE when nobody reads (file_keep_broken_pipes first, else it ends the program). */
int file_write(const struct file *file, const void *bytes, size_t length);

/* Makes writing to a pipe without reader an error, not the end of the program. */
void file_keep_broken_pipes(void);
/* Whether standard error goes to a person's terminal. */
bool file_error_is_terminal(void);

#endif
