/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses, prefixes and ports in text; see address.h. The text is read through a
 * cursor whose failed state is sticky.
 */
#include "scanner/address.h"

#include <string.h>

struct cursor {
	const uint8_t *at, *end;
	bool failed;
};

static bool take(struct cursor *in, char byte)
{
	if (in->at == in->end || *in->at != (uint8_t)byte) {
		return false;
	}
	in->at++;
	return true;
}

/* A decimal number without leading zeroes, at most `max` ≤ 65535. */
static uint32_t decimal(struct cursor *in, uint32_t max)
{
	const uint8_t *start = in->at;
	uint32_t value = 0;

	while (in->at < in->end && *in->at >= '0' && *in->at <= '9' && value <= max) {
		value = value * 10 + (uint32_t)(*in->at++ - '0');
	}
	if (in->at == start || value > max || (*start == '0' && in->at - start > 1)) {
		in->failed = true;
	}
	return value;
}

static void ipv4(struct cursor *in, uint8_t out[static 4])
{
	for (size_t i = 0; i < 4; i++) {
		if (i > 0 && !take(in, '.')) {
			in->failed = true;
		}
		out[i] = (uint8_t)decimal(in, 255);
	}
}

static int hex_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9' ? byte - '0' :
	       byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 :
	       byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 :
					    -1;
}

/* One group of at most four hexadecimal digits; false when there is none. */
static bool group(struct cursor *in, uint8_t out[static 2])
{
	const uint8_t *start = in->at;
	uint32_t value = 0;

	while (in->at < in->end && in->at - start < 4 && hex_digit(*in->at) >= 0) {
		value = value << 4 | (uint32_t)hex_digit(*in->at++);
	}
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
	return in->at > start;
}

/* Groups up to where the address ends or "::" stands. Returns the bytes written to `out`; the
 * last four may be an IPv4 address, where `room` allows. */
static size_t groups(struct cursor *in, uint8_t *out, size_t room)
{
	size_t used = 0;

	while (used < room) {
		const uint8_t *start = in->at;

		if (!group(in, out + used)) {
			in->failed = in->failed || used > 0; /* a single ':' before it */
			return used;
		}
		if (in->at < in->end && *in->at == '.') {
			in->at = start;
			if (room - used < 4) {
				in->failed = true;
				return used;
			}
			ipv4(in, out + used);
			in->failed = in->failed || (in->at < in->end && *in->at == ':');
			return used + 4;
		}
		used += 2;
		if (used == room || (in->end - in->at >= 2 && in->at[1] == ':') || !take(in, ':')) {
			return used;
		}
	}
	return used;
}

static void ipv6(struct cursor *in, uint8_t out[static 16])
{
	uint8_t after[16];
	size_t used = groups(in, out, 16), rest;

	if (used == 16) {
		return;
	}
	if (!take(in, ':') || !take(in, ':')) {
		in->failed = true;
		return;
	}
	/* "::" stands for at least one group. */
	rest = groups(in, after, 14 - (used < 14 ? used : 14));
	memset(out + used, 0, 16 - used);
	memcpy(out + 16 - rest, after, rest);
}

static bool host_bits(const struct canonical_prefix *prefix)
{
	uint8_t kept[CANONICAL_ADDRESS_MAX];
	size_t size = canonical_address(prefix, kept);

	return memcmp(kept + 5, prefix->bytes, size - 5) != 0;
}

static int port(struct cursor *in, struct canonical_prefix *out)
{
	uint32_t number = decimal(in, 65535);

	out->port = (uint16_t)number;
	if (take(in, '/')) {
		size_t rest = (size_t)(in->end - in->at);

		if (rest == 3 && memcmp(in->at, "tcp", 3) == 0) {
			out->protocol = 6;
		} else if (rest == 3 && memcmp(in->at, "udp", 3) == 0) {
			out->protocol = 17;
		} else {
			return CANONICAL_PORT;
		}
		in->at = in->end;
	}
	return in->failed || in->at != in->end || number == 0 ? CANONICAL_PORT : 0;
}

int address_read(const uint8_t *in, size_t length, struct canonical_prefix *out)
{
	struct cursor cursor = { in, in + length, false };
	bool bracket = take(&cursor, '[');
	const uint8_t *colon = memchr(in, ':', length);
	bool v6 = bracket || (colon != NULL &&
			      memchr(colon + 1, ':', length - (size_t)(colon - in) - 1) != NULL);

	memset(out, 0, sizeof(*out));
	out->family = v6 ? 6 : 4;
	out->length = v6 ? 128 : 32;
	if (v6) {
		ipv6(&cursor, out->bytes);
	} else {
		ipv4(&cursor, out->bytes);
	}
	if (bracket && !take(&cursor, ']')) {
		cursor.failed = true;
	}
	if (cursor.failed) {
		return CANONICAL_ADDRESS;
	}
	if (cursor.at == cursor.end) {
		return bracket ? CANONICAL_PORT : 0;
	}
	if ((bracket || !v6) && take(&cursor, ':')) {
		return port(&cursor, out);
	}
	if (!bracket && take(&cursor, '/')) {
		out->length = (uint8_t)decimal(&cursor, out->length);
		if (cursor.failed || cursor.at != cursor.end || out->length == 0) {
			return CANONICAL_PREFIX;
		}
		return host_bits(out) ? CANONICAL_HOST_BITS : 0;
	}
	return CANONICAL_ADDRESS;
}
