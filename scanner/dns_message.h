/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS messages (RFC 1035 section 4) as bytes: header, questions, whether the
 * records fit, and names as text. Pure functions of what they are given, for
 * dns.c alone; tested through it.
 *
 * `strict` asks for more than a parse: nothing but the content says that this is
 * DNS, so what real clients and servers do not send is refused.
 */
#ifndef SCANNER_DNS_MESSAGE_H
#define SCANNER_DNS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_HEADER_BYTES 12u
#define DNS_QUESTION_BYTES_MIN 5u /* root name, type, class */
#define DNS_LABEL_MAX 63u
#define DNS_NAME_MAX 255u /* on the wire, section 2.3.4 */
/* The longest name as text: 250 bytes in four labels, each written \DDD, and three dots. */
#define DNS_TEXT_MAX 1003u
/* A query of more questions than this is no DNS (RFC 9619 allows one). */
#define DNS_QUESTIONS_MAX 4u

#define DNS_FLAG_RESPONSE 0x8000u
#define DNS_CLASS_IN 1u
#define DNS_TYPE_MX 15u

struct dns_header {
	uint16_t id;
	uint16_t flags;
	uint16_t questions;
	uint32_t records; /* answer, authority and additional */
};

struct dns_question {
	uint16_t id;
	uint16_t flags;
	uint16_t type;
	uint16_t class;
	const uint8_t *name; /* on the wire, root label included */
	bool secret; /* its first label is Ebury's and carries a password */
	bool ebury; /* the whole message is the shape ebury-exfil; set by dns.c */
};

struct dns_message {
	struct dns_header header;
	struct dns_question questions[DNS_QUESTIONS_MAX];
};

/* A whole message. Questions point into `bytes`. Names in questions are not compressed. What is
 * cut within its records is accepted from a server that says so, what is padded from anybody,
 * neither when strict. */
bool dns_message_parse(struct dns_message *message, const uint8_t *bytes, size_t length,
		       bool strict);

/* Its parts, for a message that arrives in pieces. */
void dns_header_read(struct dns_header *header, const uint8_t *bytes);
bool dns_flags_plausible(uint16_t flags, bool strict);
/* `length`: the whole message's. */
bool dns_counts_plausible(const struct dns_header *header, size_t length, bool strict);
/* `name` is known to be one and to be followed by type and class. */
void dns_question_read(struct dns_question *question, const struct dns_header *header,
		       const uint8_t *name, size_t name_length);
bool dns_question_plausible(const struct dns_question *question);

/* Writes a name as dotted text and returns its length; the root is ".". A dot inside a label is
 * written \046 in any case; for people all that could be mistaken is written \DDD, else bytes stay
 * as they are. */
size_t dns_name_write(const uint8_t *name, bool for_people, uint8_t out[static DNS_TEXT_MAX]);
bool dns_byte_is_graphic(uint8_t byte);

#endif
