/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers for byte strings: equal strings get the same number, counted from 0 in
 * the order they were first seen. Holds texts, rule lists, SIDs.
 */
#ifndef TOOLS_SIG_INTERN_H
#define TOOLS_SIG_INTERN_H

#include <stddef.h>
#include <stdint.h>

struct intern {
	uint8_t *bytes; /* all strings, one after the other */
	size_t bytes_used, bytes_capacity;
	size_t *ends; /* of each string in `bytes` */
	size_t count, ends_capacity;
	uint32_t *slots; /* open addressing: a string's number + 1, or 0 */
	size_t slot_count; /* a power of two, or 0 */
};

/* All zero is an empty one. The number of the string, which is `count` before the call when the
 * string is new. */
uint32_t intern(struct intern *intern, const void *string, size_t length);
const uint8_t *intern_string(const struct intern *intern, uint32_t number, size_t *length);
void intern_free(struct intern *intern);

#endif
