/* SPDX-License-Identifier: BSD-2-Clause */
/* EVE's `fileinfo` object: an attachment of a mail. Of its content only the hash is known. */
#include "firmware/eve_part.h"

#include <string.h>

#include "scanner/hex.h"

/* As sha256sum prints it. */
static void put_sha256(struct json *json, const uint8_t digest[static 32])
{
	uint8_t hex[64];

	hex_write(hex, digest, 32);
	json_text(json, "sha256", hex, sizeof(hex));
}

void eve_file(struct json *json, const struct event *event)
{
	const struct event_attribute *attribute = event_find(event, ATTRIBUTE_FILE);
	const struct event_attribute *name = event_find(event, ATTRIBUTE_FILE_NAME);
	struct event_file file;

	if (attribute == NULL) {
		return;
	}
	memcpy(&file, attribute->data, sizeof(file));
	json_object_begin(json, "fileinfo");
	if (name != NULL) {
		eve_attribute(json, "filename", name);
	}
	json_string(json, "state", file.state == FILE_STATE_CLOSED ? "CLOSED" : "TRUNCATED");
	if (file.hashed) {
		put_sha256(json, file.sha256);
	}
	json_number(json, "size", file.size);
	json_number(json, "tx_id", event->tx_id);
	json_object_end(json);
}
