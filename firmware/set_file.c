/* SPDX-License-Identifier: BSD-2-Clause */
/* Loading of set_file.h. */
#include "firmware/set_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hal/file.h"

/* Far above a million values with texts; below, a mistaken file is refused before it is read. */
#define SET_BYTES_MAX (1ull << 30)

static bool refuse(struct set_file *file, const char *sentence, ...)
	__attribute__((format(printf, 2, 3)));

static bool refuse(struct set_file *file, const char *sentence, ...)
{
	va_list arguments;

	va_start(arguments, sentence);
	vsnprintf(file->error, sizeof(file->error), sentence, arguments);
	va_end(arguments);
	return false;
}

/* Reads up to `length` bytes; returns how many there were, or −errno. */
static ptrdiff_t read_up_to(const struct file *file, uint8_t *out, size_t length)
{
	size_t filled = 0;

	while (filled < length) {
		ptrdiff_t got = file_read(file, out + filled, length - filled);

		if (got < 0) {
			return got;
		}
		if (got == 0) {
			break;
		}
		filled += (size_t)got;
	}
	return (ptrdiff_t)filled;
}

static bool read_key(struct set_file *file, const char *path, uint8_t key[SET_KEY_SIZE])
{
	uint8_t bytes[SET_KEY_SIZE + 1];
	struct file source;
	int error = file_open(&source, path);

	if (error != 0) {
		return refuse(file, "cannot read the key %s: %s", path, strerror(-error));
	}
	ptrdiff_t got = read_up_to(&source, bytes, sizeof(bytes));

	file_close(&source);
	if (got < 0) {
		return refuse(file, "cannot read the key %s: %s", path, strerror((int)-got));
	}
	if (got != SET_KEY_SIZE) {
		return refuse(file, "%s is no key: a key is %d raw bytes, this has %s", path,
			      SET_KEY_SIZE, got > SET_KEY_SIZE ? "more" : "less");
	}
	memcpy(key, bytes, SET_KEY_SIZE);
	return true;
}

static bool read_blob(struct set_file *file, const char *path, const struct file *source)
{
	uint64_t size = source->identity.size_bytes;

	if (!source->identity.regular || size > SET_BYTES_MAX) {
		return refuse(file, "%s is no signature set: %s", path,
			      source->identity.regular ? "it is too large" : "not a regular file");
	}
	size_t aligned = ((size_t)size / SET_ALIGNMENT + 1) * SET_ALIGNMENT;

	file->blob = aligned_alloc(SET_ALIGNMENT, aligned);
	if (file->blob == NULL) {
		return refuse(file, "no memory for the signature set %s", path);
	}
	ptrdiff_t got = read_up_to(source, file->blob, (size_t)size);

	if (got < 0) {
		return refuse(file, "cannot read the signature set %s: %s", path,
			      strerror((int)-got));
	}
	if ((uint64_t)got != size) {
		return refuse(file, "the signature set %s became shorter while it was read", path);
	}
	return true;
}

static bool open_blob(struct set_file *file, const char *path, const struct file *source,
		      const char *key_path)
{
	uint8_t key[SET_KEY_SIZE];

	if (!read_blob(file, path, source) ||
	    (key_path != NULL && !read_key(file, key_path, key))) {
		return false;
	}
	enum set_error error = set_open(&file->set, file->blob, (size_t)source->identity.size_bytes,
					key_path == NULL ? NULL : key);

	if (error != SET_OK) {
		return refuse(file, "%s cannot be used: %s%s", path, set_error_text(error),
			      error == SET_ERROR_KEY_MISSING ? " (--hash-key FILE names it)" : "");
	}
	return true;
}

bool set_file_load(struct set_file *file, const char *path, const char *key_path)
{
	struct file source;

	memset(file, 0, sizeof(*file));
	int error = file_open(&source, path);

	if (error != 0) {
		return refuse(file, "cannot read the signature set %s: %s", path, strerror(-error));
	}
	bool opened = open_blob(file, path, &source, key_path);

	file_close(&source);
	if (!opened) {
		set_file_free(file);
	}
	return opened;
}

void set_file_free(struct set_file *file)
{
	free(file->blob);
	file->blob = NULL;
	memset(&file->set, 0, sizeof(file->set));
}
