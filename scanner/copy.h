/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies of a few words, as names, addresses and words of a language are: without a
 * call, and without looking for a start that is aligned.
 */
#ifndef SCANNER_COPY_H
#define SCANNER_COPY_H

#include <stddef.h>
#include <string.h>

#define COPY_SHORT_MAX 256

/* memcpy(). Words at the end may overlap those before: no length needs a loop of its own. */
static inline void copy_short(void *restrict to, const void *restrict from, size_t length)
{
	char *out = to;
	const char *in = from;

	if (__builtin_constant_p(length) || length > COPY_SHORT_MAX) {
		memcpy(out, in, length);
	} else if (length > 32) {
		/* compilers make memcpy() again of a loop of single words */
		for (size_t at = 0; at < length - 32; at += 32) {
			memcpy(out + at, in + at, 16);
			memcpy(out + at + 16, in + at + 16, 16);
		}
		memcpy(out + length - 32, in + length - 32, 16);
		memcpy(out + length - 16, in + length - 16, 16);
	} else if (length >= 16) {
		memcpy(out, in, 16);
		memcpy(out + length - 16, in + length - 16, 16);
	} else if (length >= 8) {
		memcpy(out, in, 8);
		memcpy(out + length - 8, in + length - 8, 8);
	} else if (length >= 4) {
		memcpy(out, in, 4);
		memcpy(out + length - 4, in + length - 4, 4);
	} else if (length >= 2) {
		memcpy(out, in, 2);
		memcpy(out + length - 2, in + length - 2, 2);
	} else if (length == 1) {
		*out = *in;
	}
}

#endif
