/* SPDX-License-Identifier: BSD-2-Clause */
/* prefix.h, with the reader of addresses that signatures have. */
#include "firmware/prefix.h"

#include <string.h>

#include "scanner/address.h"

const char *prefix_parse(const char *text, struct scanner_prefix *prefix)
{
	struct canonical_prefix read;
	int error = address_read((const uint8_t *)text, strlen(text), &read);

	if (error != 0) {
		return canonical_error_text(error);
	}
	if (read.port != 0 || read.protocol != 0) {
		return "a network has no port";
	}
	*prefix = (struct scanner_prefix){ .family = read.family, .bits = read.length };
	memcpy(prefix->address, read.bytes, sizeof(prefix->address));
	return NULL;
}
