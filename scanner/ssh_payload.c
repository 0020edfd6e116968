/* SPDX-License-Identifier: BSD-2-Clause */
/* Strings in a message that lies in pool blocks: see ssh_payload.h. */
#include "scanner/ssh_payload.h"

#include "scanner/hash/words.h"

bool ssh_payload_string(const struct ssh_payload *payload, uint16_t end, uint16_t *at,
			struct ssh_range *string)
{
	uint8_t prefix[4];

	if (end - *at < (int)sizeof(prefix) ||
	    text_copy(payload->pool, payload->text, *at, prefix, sizeof(prefix)) < sizeof(prefix)) {
		return false;
	}
	uint32_t length = load_be32(prefix);

	if (length > end - *at - sizeof(prefix)) {
		return false;
	}
	string->at = (uint16_t)(*at + sizeof(prefix));
	string->length = (uint16_t)length;
	*at = (uint16_t)(string->at + length);
	return true;
}

uint16_t ssh_payload_piece(const struct ssh_payload *payload, struct ssh_range *range,
			   const uint8_t **bytes)
{
	uint32_t index = payload->text->first;
	uint32_t offset = range->at;

	if (range->length == 0) {
		return 0;
	}
	/* The range is within the text, so the walk ends at a block. */
	const struct block *block = pool_block(payload->pool, index);

	while (offset >= block->length) {
		offset -= block->length;
		block = pool_block(payload->pool, block->next);
	}
	uint32_t together = block->length - offset;
	uint16_t length = together < range->length ? (uint16_t)together : range->length;

	*bytes = block->data + offset;
	range->at = (uint16_t)(range->at + length);
	range->length = (uint16_t)(range->length - length);
	return length;
}
