/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one written canonical form of every field's value. The appliance brings what
 * it saw on the wire into this form, the signature compiler what an operator wrote,
 * with this same code; equal values then hash alike. docs/signatures.md describes
 * the forms for operators.
 *
 * Any core may call; no state. Bounded: time linear in the length (names with
 * non-ASCII letters: quadratic in a label, of which no more than 63 bytes count).
 *
 *   ident, software      the bytes, without the line's CR and LF
 *   hassh, ja3, sha256   lower-case hexadecimal of the hash's length
 *   ja4                  lower case, 36 characters
 *   hostkey              43 base64 characters; "SHA256:" and "=" are cut
 *   domains, HELO        lower case, no trailing dot, labels of letters beyond ASCII as
 *                        A-labels. Wire names may hold any byte: what has no A-label stays
 *                        as it is, so that a parent of an odd name still matches
 *   mail addresses       brackets and source route cut, local part unquoted, all lower case;
 *                        the null sender <> is the empty value
 *   mail local parts     unquoted, lower case
 *   mechanism            upper case
 *   banner               the text after 220, white space at both ends cut
 *   header               lower-case name, '\0', value with folding and runs of white space
 *                        made one space and none at the ends
 *   header order         lower-case names joined by ',', runs of "received" collapsed
 *   boundary shape       as canonical_boundary_shape() writes it
 *   attachment name      lower case, white space at both ends cut
 *   shapes               the shape's name
 *   addresses            the text of a signature (ADDR, ADDR/LEN, ADDR:PORT/tcp …) as the bytes
 *                        of canonical_address(); the appliance calls set_match_address() instead
 *
 * Lower case covers ASCII and the common Latin, Greek, Cyrillic and Armenian letters (letter.h);
 * bytes that are not UTF-8 stay.
 */
#ifndef SCANNER_CANONICAL_H
#define SCANNER_CANONICAL_H

#include "scanner/field.h"

/* The longest canonical value, and the size that every output buffer has. */
#define CANONICAL_MAX 1024

enum canonical_error {
	CANONICAL_EMPTY = -1, /* nothing left after trimming */
	CANONICAL_TOO_LONG = -2,
	CANONICAL_BYTE = -3, /* a byte that values of this field cannot hold */
	CANONICAL_HEX = -4, /* not that many hexadecimal digits */
	CANONICAL_BASE64 = -5,
	CANONICAL_JA4 = -6,
	CANONICAL_MAIL = -7, /* brackets, quotes or route that do not close */
	CANONICAL_HEADER = -8, /* no '\0' between name and value, or no valid name */
	CANONICAL_BOUNDARY = -9, /* not a boundary shape: "9", "A" and "a" followed by a length */
	CANONICAL_SHAPE = -10, /* not one of this field's shapes */
	CANONICAL_ADDRESS = -11, /* no IPv4 or IPv6 address */
	CANONICAL_PREFIX = -12, /* prefix length not within 1 to 32 or 128 */
	CANONICAL_HOST_BITS = -13, /* bits are set beyond the prefix length */
	CANONICAL_PORT = -14 /* port not within 1 to 65535, or a protocol besides tcp and udp */
};
#define CANONICAL_ERROR_MIN CANONICAL_PORT

/* The canonical form of `in` for field `f` in `out`, which may not overlap `in`. Returns its
 * length ≥ 0, or a negative enum canonical_error: a value without a canonical form matches no
 * signature. */
int canonical(enum field f, const uint8_t *in, size_t length, uint8_t out[static CANONICAL_MAX]);

/* "not 32 hexadecimal digits" …; for a value of canonical() below zero. */
const char *canonical_error_text(int error);

/* Of a canonical mail address: the length of its local part. When it is less than `length`, an
 * '@' and the domain, canonical too, follow it. */
size_t canonical_mail_local(const uint8_t *address, size_t length);

/* The shape of a MIME boundary as it stands in a header, without quotes: each run of digits,
 * upper-case, lower-case letters becomes '9', 'A', 'a' followed by the run's length, other bytes
 * stay. Returns the length or CANONICAL_EMPTY, CANONICAL_TOO_LONG. */
int canonical_boundary_shape(const uint8_t *in, size_t length, uint8_t out[static CANONICAL_MAX]);

/* An address, prefix or address and port as hashed. */
struct canonical_prefix {
	uint8_t family; /* 4 or 6 */
	uint8_t length; /* bits, 1 to 32 or 128; the whole address when there is a port */
	uint8_t protocol; /* 6, 17, or 0: any */
	uint16_t port; /* 0: any */
	uint8_t bytes[16]; /* network order; bits beyond `length` are ignored */
};
#define CANONICAL_ADDRESS_MAX 21

/* Writes the hashed form and returns its length (9 or 21). */
size_t canonical_address(const struct canonical_prefix *prefix,
			 uint8_t out[static CANONICAL_ADDRESS_MAX]);

#endif
