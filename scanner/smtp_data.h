/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes between DATA and its end (RFC 5321 sections 4.1.1.4 and 4.5.2): takes
 * stuffed dots out and finds the end, which is <CRLF>.<CRLF> and nothing else.
 * What some servers take for it ("<LF>.<LF>", "<CRLF>.<CR><CRLF>" …, the means of
 * SMTP smuggling) is told, and read on. In place; called by smtp.c.
 */
#ifndef SCANNER_SMTP_DATA_H
#define SCANNER_SMTP_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct smtp_data {
	uint8_t before[2]; /* the bytes before, as sent */
	uint8_t dot; /* enum dot of smtp_data.c */
};

struct smtp_piece {
	const uint8_t *bytes; /* of the message; within the input, or constant */
	size_t length;
	bool end; /* the message has ended behind it */
	bool lookalike;
};

/* DATA was accepted: its own line end counts for the first line. */
void smtp_data_begin(struct smtp_data *data);
/* The next part of the message, as long as can be. Returns how many of the `length` > 0 bytes were
 * used, which may be none: call again until all are, or `end`. */
size_t smtp_data_next(struct smtp_data *data, const uint8_t *bytes, size_t length,
		      struct smtp_piece *piece);

#endif
