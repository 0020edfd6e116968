/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoder of quoted_printable.h: what stands between two "=" is copied as it is. */
#include "scanner/quoted_printable.h"

#include <string.h>

enum state {
	PLAIN,
	EQUALS, /* behind "=" */
	DIGIT, /* behind "=H" */
	LINE_END /* behind "=", CR: up to the LF */
};

/* The byte behind "=". */
static size_t take_escape(struct quoted_printable *state, uint8_t byte, uint8_t *out)
{
	state->state = PLAIN;
	if (byte == '\n') {
		return 0;
	}
	if (byte == '\r') {
		state->state = LINE_END;
		return 0;
	}
	if (quoted_printable_digit(byte) != 0xff) {
		state->state = DIGIT;
		state->digit = byte;
		return 0;
	}
	out[0] = '=';
	out[1] = byte;
	return byte == '=' ? 1 : 2;
}

/* The byte behind "=H". It may begin another escape. */
static size_t take_digit(struct quoted_printable *state, uint8_t byte, uint8_t *out)
{
	uint8_t value = quoted_printable_digit(byte);

	if (value != 0xff) {
		state->state = PLAIN;
		out[0] = (uint8_t)(quoted_printable_digit(state->digit) << 4 | value);
		return 1;
	}
	out[0] = '=';
	out[1] = state->digit;
	state->state = byte == '=' ? EQUALS : PLAIN;
	out[2] = byte;
	return byte == '=' ? 2 : 3;
}

static size_t copy_plain(struct quoted_printable *state, const uint8_t **in, const uint8_t *end,
			 uint8_t *out)
{
	const uint8_t *equals = memchr(*in, '=', (size_t)(end - *in));
	size_t length = (size_t)((equals != NULL ? equals : end) - *in);

	memcpy(out, *in, length);
	*in += length;
	if (equals != NULL) {
		(*in)++;
		state->state = EQUALS;
	}
	return length;
}

size_t quoted_printable_decode(struct quoted_printable *state, const uint8_t *in, size_t length,
			       uint8_t *out)
{
	const uint8_t *end = in + length;
	uint8_t *start = out;

	while (in != end) {
		switch (state->state) {
		case PLAIN:
			out += copy_plain(state, &in, end, out);
			break;
		case EQUALS:
			out += take_escape(state, *in++, out);
			break;
		case DIGIT:
			out += take_digit(state, *in++, out);
			break;
		default:
			state->state = *in++ == '\n' ? PLAIN : LINE_END;
			break;
		}
	}
	return (size_t)(out - start);
}

size_t quoted_printable_end(struct quoted_printable *state, uint8_t *out)
{
	if (state->state != DIGIT) {
		return 0;
	}
	out[0] = '=';
	out[1] = state->digit;
	return 2;
}
