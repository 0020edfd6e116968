/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Punycode's encoder, written from RFC 3492 sections 3 and 6.3. A label has at most
 * 63 letters, so that no sum comes near 2^32: (0x10ffff + 1) × 64 < 2^27.
 */
#include "scanner/punycode.h"

#include <stdbool.h>
#include <string.h>

/* RFC 3492 section 5. */
enum {
	BASE = 36,
	T_MIN = 1,
	T_MAX = 26,
	SKEW = 38,
	DAMP = 700,
	INITIAL_BIAS = 72,
	INITIAL_N = 128
};

struct label {
	uint8_t *bytes;
	size_t length;
	bool full; /* sticky: something found no room */
};

static void put(struct label *label, uint8_t byte)
{
	if (label->length == PUNYCODE_LABEL_MAX) {
		label->full = true;
		return;
	}
	label->bytes[label->length++] = byte;
}

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE) {
		delta /= BASE - T_MIN;
	}
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

/* A delta as a variable-length integer: digits a to z are 0 to 25, 0 to 9 are 26 to 35. */
static void put_delta(struct label *label, uint32_t delta, uint32_t bias)
{
	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
		uint32_t digit = delta < t ? delta : t + (delta - t) % (BASE - t);

		put(label, (uint8_t)(digit < 26 ? 'a' + digit : '0' + digit - 26));
		if (delta < t) {
			return;
		}
		delta = (delta - t) / (BASE - t);
	}
}

/* The smallest letter not below `least`, or UINT32_MAX. */
static uint32_t next_letter(const uint32_t *letters, size_t count, uint32_t least)
{
	uint32_t next = UINT32_MAX;

	for (size_t i = 0; i < count; i++) {
		if (letters[i] >= least && letters[i] < next) {
			next = letters[i];
		}
	}
	return next;
}

size_t punycode_label(const uint32_t *letters, size_t count, uint8_t out[static PUNYCODE_LABEL_MAX])
{
	struct label label = { out, 4, false };
	uint32_t n = INITIAL_N, delta = 0, bias = INITIAL_BIAS, handled, basic;

	if (count == 0 || count > PUNYCODE_LABEL_MAX) {
		return 0;
	}
	memcpy(out, "xn--", 4);
	for (size_t i = 0; i < count; i++) {
		if (letters[i] < INITIAL_N) {
			put(&label, (uint8_t)letters[i]);
		}
	}
	basic = (uint32_t)label.length - 4;
	if (basic > 0) {
		put(&label, '-');
	}
	for (handled = basic; handled < count && !label.full; n++) {
		uint32_t next = next_letter(letters, count, n);

		delta += (next - n) * (handled + 1);
		n = next;
		for (size_t i = 0; i < count; i++) {
			if (letters[i] < n) {
				delta++;
			} else if (letters[i] == n) {
				put_delta(&label, delta, bias);
				bias = adapt(delta, handled + 1, handled == basic);
				delta = 0;
				handled++;
			}
		}
		delta++;
	}
	return label.full ? 0 : label.length;
}
