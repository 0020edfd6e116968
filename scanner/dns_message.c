/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The message parser of dns_message.h. Every length is checked before it is
 * used; nothing is followed, so the work is linear in the message's size.
 */
#include "scanner/dns_message.h"

#include "scanner/hash/words.h"

#define RECORD_BYTES_MIN 11u /* root name, type, class, TTL, length of data */

#define FLAGS_OF_RESPONSES 0x028fu /* TC, RA and the response code; NOTIFY sets AA */
#define FLAG_TRUNCATED 0x0200u
#define FLAG_RESERVED 0x0040u

enum { OPCODE_UNASSIGNED = 3, OPCODE_UPDATE = 5, OPCODE_DSO = 6 };
enum { CLASS_CHAOS = 3, CLASS_HESIOD = 4, CLASS_NONE = 254, CLASS_ANY = 255 };

/* --- names ---------------------------------------------------------------------------- */

/* A compression pointer is the end of a name. It has to point back; it is not followed. */
static bool is_pointer(const uint8_t *bytes, size_t length, size_t at)
{
	if (bytes[at] < 0xc0 || at + 1 >= length) {
		return false;
	}
	size_t target = load_be16(bytes + at) & 0x3fffu;

	return target >= DNS_HEADER_BYTES && target < at;
}

/* Where the name at `at` ends, 0 when it is none. `compressed`: it may end with a pointer. */
static size_t name_end(const uint8_t *bytes, size_t length, size_t at, bool compressed)
{
	size_t start = at;

	while (at < length && at - start < DNS_NAME_MAX) {
		uint8_t label = bytes[at];

		if (label == 0) {
			return at + 1;
		}
		if (label > DNS_LABEL_MAX) {
			return compressed && is_pointer(bytes, length, at) ? at + 2 : 0;
		}
		at += 1u + label;
	}
	return 0;
}

bool dns_byte_is_graphic(uint8_t byte)
{
	return byte > 0x20 && byte < 0x7f;
}

static bool name_is_graphic(const uint8_t *name)
{
	for (size_t at = 0; name[at] != 0; at += 1u + name[at]) {
		for (size_t i = 1; i <= name[at]; i++) {
			if (!dns_byte_is_graphic(name[at + i])) {
				return false;
			}
		}
	}
	return true;
}

size_t dns_name_write(const uint8_t *name, bool for_people, uint8_t out[static DNS_TEXT_MAX])
{
	size_t n = 0;

	for (size_t at = 0; name[at] != 0; at += 1u + name[at]) {
		if (n != 0) {
			out[n++] = '.';
		}
		for (size_t i = 1; i <= name[at]; i++) {
			uint8_t byte = name[at + i];

			if (byte == '.' ||
			    (for_people && (!dns_byte_is_graphic(byte) || byte == '\\'))) {
				out[n++] = '\\';
				out[n++] = (uint8_t)('0' + byte / 100);
				out[n++] = (uint8_t)('0' + byte / 10 % 10);
				out[n++] = (uint8_t)('0' + byte % 10);
			} else {
				out[n++] = byte;
			}
		}
	}
	if (n == 0) {
		out[n++] = '.';
	}
	return n;
}

/* One label of a dotted address: one to three digits, up to 255. */
static bool is_octet_label(const uint8_t *label)
{
	unsigned value = 0;

	for (size_t i = 1; i <= label[0]; i++) {
		if (label[i] < '0' || label[i] > '9') {
			return false;
		}
		value = value * 10 + (label[i] - '0');
	}
	return label[0] >= 1 && label[0] <= 3 && value <= 255;
}

/* Ebury's names: six or more lower-case hex digits (the enciphered password), then the four
 * labels of an IPv4 address, and nothing else. */
static bool name_is_secret(const uint8_t *name)
{
	size_t at = 1u + name[0];

	if (name[0] < 6) {
		return false;
	}
	for (size_t i = 1; i <= name[0]; i++) {
		if ((name[i] < '0' || name[i] > '9') && (name[i] < 'a' || name[i] > 'f')) {
			return false;
		}
	}
	for (int octet = 0; octet < 4; octet++) {
		if (!is_octet_label(name + at)) {
			return false;
		}
		at += 1u + name[at];
	}
	return name[at] == 0;
}

/* --- messages ------------------------------------------------------------------------- */

void dns_header_read(struct dns_header *header, const uint8_t *bytes)
{
	header->id = load_be16(bytes);
	header->flags = load_be16(bytes + 2);
	header->questions = load_be16(bytes + 4);
	header->records =
		(uint32_t)load_be16(bytes + 6) + load_be16(bytes + 8) + load_be16(bytes + 10);
}

bool dns_flags_plausible(uint16_t flags, bool strict)
{
	unsigned opcode = flags >> 11 & 15u;

	if (opcode == OPCODE_UNASSIGNED || opcode > OPCODE_DSO) {
		return false;
	}
	if (!strict) {
		return true;
	}
	return opcode != OPCODE_DSO && (flags & FLAG_RESERVED) == 0 &&
	       ((flags & DNS_FLAG_RESPONSE) != 0 || (flags & FLAGS_OF_RESPONSES) == 0);
}

bool dns_counts_plausible(const struct dns_header *header, size_t length, bool strict)
{
	bool query = (header->flags & DNS_FLAG_RESPONSE) == 0;
	bool update = (header->flags >> 11 & 15u) == OPCODE_UPDATE;

	if (header->questions > DNS_QUESTIONS_MAX || (strict && header->questions != 1)) {
		return false;
	}
	/* a strict query adds OPT, TSIG or SIG(0), and an SOA for NOTIFY and IXFR */
	if (strict && query && !update && header->records > 3) {
		return false;
	}
	/* of a truncated response servers have been seen to leave the counts as they were */
	size_t records = (header->flags & FLAG_TRUNCATED) != 0 && !query ? 0 : header->records;

	return DNS_HEADER_BYTES + header->questions * DNS_QUESTION_BYTES_MIN +
		       records * RECORD_BYTES_MIN <=
	       length;
}

bool dns_question_plausible(const struct dns_question *question)
{
	uint16_t class = question->class, type = question->type;

	/* assigned types lie below 512, but for TA and DLV, and those for private use */
	return (class == DNS_CLASS_IN || class == CLASS_CHAOS || class == CLASS_HESIOD ||
		class == CLASS_NONE || class == CLASS_ANY) &&
	       type != 0 &&
	       (type < 512 || type == 32768 || type == 32769 || (type >= 65280 && type <= 65534)) &&
	       name_is_graphic(question->name);
}

void dns_question_read(struct dns_question *question, const struct dns_header *header,
		       const uint8_t *name, size_t name_length)
{
	*question = (struct dns_question){
		.id = header->id,
		.flags = header->flags,
		.type = load_be16(name + name_length),
		.class = load_be16(name + name_length + 2),
		.name = name,
		.secret = name_is_secret(name),
	};
}

/* Where the records end, 0 when they do not end within the message. */
static size_t records_end(const struct dns_header *header, const uint8_t *bytes, size_t length,
			  size_t at)
{
	for (uint32_t i = 0; i < header->records; i++) {
		at = name_end(bytes, length, at, true);
		if (at == 0 || length - at < RECORD_BYTES_MIN - 1) {
			return 0;
		}
		size_t data = load_be16(bytes + at + 8);

		at += RECORD_BYTES_MIN - 1;
		if (data > length - at) {
			return 0;
		}
		at += data;
	}
	return at;
}

bool dns_message_parse(struct dns_message *message, const uint8_t *bytes, size_t length,
		       bool strict)
{
	struct dns_header *header = &message->header;
	size_t at = DNS_HEADER_BYTES;

	if (length < DNS_HEADER_BYTES) {
		return false;
	}
	dns_header_read(header, bytes);
	if (!dns_flags_plausible(header->flags, strict) ||
	    !dns_counts_plausible(header, length, strict)) {
		return false;
	}
	for (unsigned i = 0; i < header->questions; i++) {
		size_t end = name_end(bytes, length, at, false);

		if (end == 0 || length - end < DNS_QUESTION_BYTES_MIN - 1) {
			return false;
		}
		dns_question_read(&message->questions[i], header, bytes + at, end - at);
		if (strict && !dns_question_plausible(&message->questions[i])) {
			return false;
		}
		at = end + DNS_QUESTION_BYTES_MIN - 1;
	}
	size_t end = records_end(header, bytes, length, at);

	if (end == 0) {
		return !strict && (header->flags & DNS_FLAG_RESPONSE) != 0 &&
		       (header->flags & FLAG_TRUNCATED) != 0;
	}
	/* Some senders pad. A bare header with something behind it is not a message, though. */
	return end == length || (!strict && end > DNS_HEADER_BYTES);
}
