/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The portable searches of scan.h, which also finish what is shorter than a vector,
 * and the choice of the body that the others get.
 */
#include "scanner/scan_body.h"

#include <string.h>

static size_t byte_in(const uint8_t *bytes, size_t length, uint8_t byte)
{
	size_t i = 0;

	while (i < length && bytes[i] != byte) {
		i++;
	}
	return i;
}

static size_t behind_line_end(const uint8_t *bytes, size_t length, uint8_t byte, uint8_t previous)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == byte && scan_ends_line(previous)) {
			return i;
		}
		previous = bytes[i];
	}
	return length;
}

static bool is_letter(uint8_t byte)
{
	return (uint8_t)((byte | 0x20) - 'a') < 26 || (uint8_t)(byte - '/') <= '9' - '/' ||
	       byte == '+';
}

static size_t base64(const uint8_t *bytes, size_t length, size_t *letters)
{
	size_t i = 0;

	for (; i < length && bytes[i] != '='; i++) {
		*letters += is_letter(bytes[i]);
	}
	return i;
}

uint64_t scan_sum_portable(const uint8_t *bytes, size_t length)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < length; i += 32) {
		for (size_t k = 0; k < 32; k += 8) {
			uint64_t word;

			memcpy(&word, bytes + i + k, 8);
			sum += word;
			sum += sum < word; /* what is carried out comes in again below */
		}
	}
	return sum;
}

const struct scan_body scan_portable = { byte_in, behind_line_end, base64, base64_groups,
					 scan_sum_portable };

static const struct scan_body *body = &scan_baseline;

void scan_select(bool cpu_has_avx2)
{
	body = scan_best(cpu_has_avx2);
}

size_t scan_byte(const uint8_t *bytes, size_t length, uint8_t byte)
{
	return body->byte(bytes, length, byte);
}

size_t scan_behind_line_end(const uint8_t *bytes, size_t length, uint8_t byte, uint8_t previous)
{
	return body->behind_line_end(bytes, length, byte, previous);
}

size_t scan_base64(const uint8_t *bytes, size_t length, size_t *letters)
{
	return body->base64(bytes, length, letters);
}

size_t scan_base64_groups(const uint8_t *bytes, size_t length, uint8_t *out)
{
	return body->groups(bytes, length, out);
}

uint64_t scan_sum(const uint8_t *bytes, size_t length)
{
	return body->sum(bytes, length);
}
