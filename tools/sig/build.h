/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A collection to the bytes of a signature set (scanner/set_format.h). The result
 * is a function of the collection alone: its order is that of SIDs and hashes.
 */
#ifndef TOOLS_SIG_BUILD_H
#define TOOLS_SIG_BUILD_H

#include "tools/sig/collect.h"

struct blob {
	uint8_t *bytes; /* at a multiple of SET_ALIGNMENT; free() */
	size_t size;
};

/* `collection` sorted. `key` is left out of the set when NULL. Returns no bytes when something
 * does not fit the format, which is reported. */
struct blob build_set(const struct collection *collection, const uint8_t *key,
		      struct report *report);

/* Looks every value of the collection up in the finished set, as the appliance will. False when
 * one lacks its rule or has more than a lookup reports, which is reported. */
bool build_verify(const struct collection *collection, const struct blob *blob,
		  const uint8_t key[static SET_KEY_SIZE], struct report *report);

#endif
